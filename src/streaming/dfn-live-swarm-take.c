/* SPDX-License-Identifier: MIT */
#include "dfn-live-swarm-private.h"

/* What comes from peers */

static void
take_have (DfnLiveSwarm *self, gint64 now_us, guint64 member, const Dfn__HaveRange *range)
{
  for (gsize at = 0; at < range->bitmap.len; at += 8)
    {
      guint64 have = 0;

      for (guint i = 0; i < 64 && at + i / 8 < range->bitmap.len; i++)
        if ((range->bitmap.data[at + i / 8] & 0x80 >> i % 8) != 0)
          have |= G_GUINT64_CONSTANT (1) << i;
      if (have != 0)
        dfn_live_scheduler_take_have (self->scheduler, now_us, member,
                                      (DfnChunkId){ range->track, range->first + (guint32) at * 8 },
                                      have);
    }
}

static DfnChunkId
id_of (const Dfn__ChunkRef *ref)
{
  return (DfnChunkId){ ref->track, ref->sequence };
}

void
dfn_live_swarm_take_update (DfnLiveTalk *talk, const Dfn__LiveUpdate *update, gpointer user_data)
{
  DfnLiveSwarm *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  guint64 member = dfn_live_swarm_find_member (self, talk)->id;

  if (self->scheduler == NULL || update->epoch != (self->manifest->epoch & 0x7f))
    return;
  self->edge_heard_us = MAX (self->edge_heard_us, (gint64) update->edge_us);
  dfn_live_scheduler_set_peer_uplink (self->scheduler, member, (guint64) update->uplink * 1024);
  for (gsize i = 0; i < update->n_have; i++)
    take_have (self, now_us, member, update->have[i]);
  for (gsize i = 0; i < update->n_cancelled; i++)
    dfn_live_scheduler_take_cancel (self->scheduler, now_us, member, id_of (update->cancelled[i]));
  for (gsize i = 0; i < update->n_offers; i++)
    dfn_live_scheduler_take_offer (self->scheduler, now_us, member, id_of (update->offers[i]),
                                   update->offers[i]->size);
  for (gsize i = 0; i < update->n_accepted; i++)
    dfn_live_scheduler_take_answer (self->scheduler, now_us, member, id_of (update->accepted[i]),
                                    TRUE);
  for (gsize i = 0; i < update->n_declined; i++)
    dfn_live_scheduler_take_answer (self->scheduler, now_us, member, id_of (update->declined[i]),
                                    FALSE);
  dfn_live_swarm_wake (self);
}

gboolean
dfn_live_swarm_wants (DfnLiveTalk *talk, const DfnLiveHeader *header, gpointer user_data)
{
  DfnLiveSwarm *self = user_data;
  DfnChunkId id = { header->track, header->sequence };

  if (self->scheduler == NULL || self->is_source || header->epoch != self->manifest->epoch
      || !dfn_live_header_check (header, NULL))
    return FALSE;
  if (dfn_live_scheduler_wants (self->scheduler, g_get_monotonic_time (),
                                dfn_live_swarm_find_member (self, talk)->id, id))
    return TRUE;
  /* It is stopped, but its bytes have been sent, or nearly so. */
  self->stats.chunks_duplicate++;
  return FALSE;
}

static void
refuse_chunk (DfnLiveSwarm *self, DfnLiveTalk *talk, DfnChunkId id)
{
  g_autoptr (DfnPeer) peer = g_object_ref (dfn_live_talk_get_peer (talk));

  self->stats.chunks_invalid++;
  dfn_live_swarm_take_past_failure (self, dfn_live_swarm_find_member (self, talk), id,
                                    DFN_LIVE_FAILURE_INVALID);
  dfn_live_requests_ended (self->requests, g_get_monotonic_time (),
                           dfn_live_swarm_find_member (self, talk)->id, id,
                           DFN_PEER_OUTCOME_INVALID);
  dfn_live_scheduler_failed (self->scheduler, g_get_monotonic_time (),
                             dfn_live_swarm_find_member (self, talk)->id, id,
                             DFN_LIVE_FAILURE_INVALID);
  dfn_live_swarm_wake (self);
  g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_MISBEHAVED], 0, peer);
}

void
dfn_live_swarm_take_chunk (DfnLiveTalk *talk,
                           DfnChunkId id,
                           const DfnLiveHeader *header,
                           GBytes *payload,
                           gpointer user_data)
{
  DfnLiveSwarm *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (DfnPeer) peer = g_object_ref (dfn_live_talk_get_peer (talk));
  g_autoptr (DfnLiveChunk) chunk = NULL;
  DfnLiveMember *from = dfn_live_swarm_find_member (self, talk);
  guint64 member = from->id;

  if (header->epoch != self->manifest->epoch)
    {
      /* From before its sender, or we, heard of the new one: nobody's fault. */
      dfn_live_requests_ended (self->requests, now_us, member, id, DFN_PEER_OUTCOME_REFUSED);
      dfn_live_swarm_take_past_failure (self, from, id, DFN_LIVE_FAILURE_REFUSED);
      dfn_live_scheduler_failed (self->scheduler, now_us, member, id, DFN_LIVE_FAILURE_REFUSED);
      return;
    }
  if (header->track == id.track && header->sequence == id.sequence)
    chunk = dfn_live_chunk_verify (self->id, self->manifest->key, self->manifest->epoch, header,
                                   payload, NULL);
  if (chunk == NULL)
    {
      refuse_chunk (self, talk, id);
      return;
    }
  dfn_live_requests_ended (self->requests, now_us, member, id, DFN_PEER_OUTCOME_DELIVERED);
  if (self->stats.first_chunk_us == 0)
    {
      self->stats.first_chunk_us = now_us;
      g_debug ("join: the first chunk is here and proved");
    }
  self->stats.bytes_received += header->size;
  if (dfn_live_swarm_take_past (self, now_us, from, chunk))
    {
      self->stats.chunks_received++;
      dfn_live_swarm_wake (self);
      g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_GAVE], 0, peer,
                     header->size);
      return;
    }
  dfn_delay_record_add (&self->delays, g_get_real_time () - header->captured_us);
  if (!dfn_live_store_has (self->store, id.track, id.sequence))
    {
      self->stats.chunks_received++;
      dfn_live_swarm_keep (self, now_us, chunk);
      g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_RECEIVED], 0, chunk, peer);
    }
  else
    self->stats.chunks_duplicate++;
  dfn_live_scheduler_received (self->scheduler, now_us, member, id, header->size,
                               dfn_live_swarm_to_local (self, now_us, header->captured_us));
  dfn_live_swarm_wake (self);
  g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_GAVE], 0, peer, header->size);
}

static DfnPeerOutcome
get_outcome (DfnLiveFailure failure)
{
  switch (failure)
    {
    case DFN_LIVE_FAILURE_REFUSED:
    case DFN_LIVE_FAILURE_BUSY:
      return DFN_PEER_OUTCOME_REFUSED;
    case DFN_LIVE_FAILURE_BROKEN:
      return DFN_PEER_OUTCOME_GONE;
    case DFN_LIVE_FAILURE_INVALID:
      break;
    }
  return DFN_PEER_OUTCOME_INVALID;
}

void
dfn_live_swarm_take_failure (DfnLiveTalk *talk,
                             DfnChunkId id,
                             DfnLiveFailure failure,
                             gpointer user_data)
{
  DfnLiveSwarm *self = user_data;
  g_autoptr (DfnPeer) peer = g_object_ref (dfn_live_talk_get_peer (talk));

  dfn_live_requests_ended (self->requests, g_get_monotonic_time (),
                           dfn_live_swarm_find_member (self, talk)->id, id, get_outcome (failure));
  if (!dfn_live_swarm_take_past_failure (self, dfn_live_swarm_find_member (self, talk), id,
                                         failure))
    dfn_live_scheduler_failed (self->scheduler, g_get_monotonic_time (),
                               dfn_live_swarm_find_member (self, talk)->id, id, failure);
  dfn_live_swarm_wake (self);
  if (failure == DFN_LIVE_FAILURE_BROKEN)
    g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_BROKE], 0, peer);
}
