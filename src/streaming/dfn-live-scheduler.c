/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

#include <string.h>

#define S 1000000

DfnLiveScheduler *
dfn_live_scheduler_new (const DfnLiveSchedulerConfig *config)
{
  DfnLiveScheduler *self;

  g_return_val_if_fail (config->slot_us >= 1000 && config->buffer_us > config->slot_us, NULL);
  g_return_val_if_fail (config->chunk_size > 0, NULL);

  self = g_new0 (DfnLiveScheduler, 1);
  self->config = *config;
  self->random = config->seed * 2 + 1;
  self->next_tell_us = self->next_pull_us = self->next_offer_us = self->next_coming_us = G_MAXINT64;
  self->next_judge_us = G_MAXINT64;
  self->stats.n_bytes = sizeof *self;
  dfn_live_scheduler_set_tracks (self, 1);
  return self;
}

void
dfn_live_scheduler_free (DfnLiveScheduler *self)
{
  for (guint i = 0; i < DFN_LIVE_SCHEDULER_MAX_TRACKS; i++)
    g_clear_pointer (&self->tracks[i], dfn_live_track_free);
  g_free (self);
}

void
dfn_live_scheduler_set_tracks (DfnLiveScheduler *self, guint64 tracks)
{
  self->tracks_wanted = tracks;
  for (guint i = 0; i < DFN_LIVE_SCHEDULER_MAX_TRACKS; i++)
    {
      gboolean is_wanted = (tracks >> i & 1) != 0;

      if (is_wanted && self->tracks[i] == NULL)
        {
          self->tracks[i] = dfn_live_track_new (i, self->config.slot_us);
          self->stats.n_bytes += sizeof (DfnLiveTrack);
        }
    }
}

void
dfn_live_scheduler_set_uplink (DfnLiveScheduler *self, guint64 bytes_per_second)
{
  self->config.uplink = bytes_per_second;
}

void
dfn_live_scheduler_set_buffer (DfnLiveScheduler *self, gint64 buffer_us)
{
  g_return_if_fail (buffer_us > self->config.slot_us);

  self->config.buffer_us = buffer_us;
}

DfnLivePeer *
dfn_live_scheduler_find_peer (DfnLiveScheduler *self, guint64 id, guint8 *place)
{
  for (guint64 left = self->used; left != 0; left &= left - 1)
    {
      guint i = (guint) __builtin_ctzll (left);

      if (self->peers[i].id == id)
        {
          *place = (guint8) i;
          return &self->peers[i];
        }
    }
  return NULL;
}

DfnLiveTrack *
dfn_live_scheduler_get_track (DfnLiveScheduler *self, guint32 number)
{
  if (number >= DFN_LIVE_SCHEDULER_MAX_TRACKS || (self->tracks_wanted >> number & 1) == 0)
    return NULL;
  return self->tracks[number];
}

DfnLiveEntry *
dfn_live_scheduler_find (DfnLiveScheduler *self, DfnChunkId id)
{
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, id.track);

  return track != NULL ? dfn_live_track_find (track, id.sequence) : NULL;
}

/* xorshift64* */
double
dfn_live_scheduler_random (DfnLiveScheduler *self)
{
  guint64 x = self->random;

  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  self->random = x;
  return (double) ((x * G_GUINT64_CONSTANT (0x2545f4914f6cdd1d)) >> 11) / 9007199254740992.0;
}

gint64
dfn_live_scheduler_get_due_us (DfnLiveScheduler *self, const DfnLiveEntry *entry)
{
  return entry->captured_us + self->config.buffer_us;
}

void
dfn_live_scheduler_reply (
    DfnLiveScheduler *self, DfnLiveActionType type, guint8 place, DfnChunkId id, guint32 size)
{
  guint at = (self->replies_first + self->n_replies) % DFN_LIVE_MAX_REPLIES;

  if (self->n_replies == DFN_LIVE_MAX_REPLIES)
    {
      self->stats.n_ignored++;
      return;
    }
  self->replies[at] =
      (DfnLiveAction){ .type = type, .peer = self->peers[place].id, .id = id, .size = size };
  self->n_replies++;
}

void
dfn_live_scheduler_note_has (DfnLiveScheduler *self, DfnLiveEntry *entry, guint8 place)
{
  entry->have |= G_GUINT64_CONSTANT (1) << place;
}

/* What is counted of peers, counted again after a window forgot what it held. */
static void
count_again (DfnLiveScheduler *self)
{
  for (guint i = 0; i < DFN_LIVE_SCHEDULER_MAX_PEERS; i++)
    self->peers[i].n_claims = 0;
  for (guint64 left = self->tracks_wanted; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);

          for (guint j = 0; entry != NULL && j < DFN_LIVE_MAX_CLAIMS; j++)
            if (entry->claims[j].peer != DFN_LIVE_NOBODY)
              self->peers[entry->claims[j].peer].n_claims++;
        }
    }
}

DfnLiveEntry *
dfn_live_scheduler_touch (DfnLiveScheduler *self,
                          DfnLiveTrack *track,
                          gint64 now_us,
                          guint64 sequence)
{
  guint n_resets = track->n_resets;
  DfnLiveEntry *entry = dfn_live_track_touch (track, now_us, sequence);

  if (track->n_resets != n_resets)
    count_again (self);
  return entry;
}

DfnLiveEntry *
dfn_live_scheduler_anchor (DfnLiveScheduler *self,
                           DfnLiveTrack *track,
                           guint64 sequence,
                           gint64 captured_us)
{
  guint n_resets = track->n_resets;
  DfnLiveEntry *entry = dfn_live_track_anchor (track, sequence, captured_us);

  if (track->n_resets != n_resets)
    count_again (self);
  return entry;
}

gboolean
dfn_live_scheduler_add_peer (DfnLiveScheduler *self, gint64 now_us, guint64 peer)
{
  guint8 place;

  g_return_val_if_fail (dfn_live_scheduler_find_peer (self, peer, &place) == NULL, FALSE);

  for (place = 0; place < DFN_LIVE_SCHEDULER_MAX_PEERS; place++)
    if (!self->peers[place].is_used)
      break;
  if (place == DFN_LIVE_SCHEDULER_MAX_PEERS)
    return FALSE;
  dfn_live_peer_init (&self->peers[place], now_us, peer);
  self->used |= G_GUINT64_CONSTANT (1) << place;
  self->peers[place].untold_us = now_us;
  self->next_tell_us = now_us;
  self->has_nothing_to_offer = self->has_nothing_young = FALSE;
  self->stats.n_peers++;
  return TRUE;
}

/* Takes the peer out of all that is remembered by place, so that another may have it. */
static void
forget_place (DfnLiveScheduler *self, gint64 now_us, guint8 place)
{
  guint64 others = ~(G_GUINT64_CONSTANT (1) << place);
  guint n = self->n_replies;

  dfn_live_scheduler_drop_outs (self, now_us, place);
  dfn_live_scheduler_drop_claims (self, now_us, place);
  for (guint i = 0; i < DFN_LIVE_SCHEDULER_MAX_TRACKS; i++)
    for (guint j = 0; self->tracks[i] != NULL && j < DFN_LIVE_WINDOW_SIZE; j++)
      {
        DfnLiveEntry *entry = &self->tracks[i]->entries[j];

        entry->have &= others;
        entry->told &= others;
        entry->offered &= others;
        entry->refused &= others;
        dfn_live_scheduler_forget_trials (self, entry, place);
      }
  for (; n > 0; n--)
    {
      DfnLiveAction action = self->replies[self->replies_first];

      self->replies_first = (self->replies_first + 1) % DFN_LIVE_MAX_REPLIES;
      self->n_replies--;
      if (action.peer != self->peers[place].id)
        {
          self->replies[(self->replies_first + self->n_replies) % DFN_LIVE_MAX_REPLIES] = action;
          self->n_replies++;
        }
    }
  self->used &= others;
  self->touched &= others;
  self->liars &= others;
  self->has_nothing_to_offer = self->has_nothing_young = FALSE;
}

void
dfn_live_scheduler_remove_peer (DfnLiveScheduler *self, gint64 now_us, guint64 peer)
{
  for (guint8 place = 0; place < DFN_LIVE_SCHEDULER_MAX_PEERS; place++)
    if (self->peers[place].is_used && self->peers[place].id == peer)
      {
        forget_place (self, now_us, place);
        self->peers[place].is_used = FALSE;
        self->stats.n_peers--;
        return;
      }
}

void
dfn_live_scheduler_set_peer_path (DfnLiveScheduler *self, guint64 peer, gint64 rtt_us, guint64 rate)
{
  guint8 place;
  DfnLivePeer *known = dfn_live_scheduler_find_peer (self, peer, &place);

  if (known == NULL)
    return;
  known->rtt_us = CLAMP (rtt_us, 1, 10 * S);
  known->path_rate = rate;
}

void
dfn_live_scheduler_set_peer_source (DfnLiveScheduler *self, guint64 peer)
{
  guint8 place;
  DfnLivePeer *known = dfn_live_scheduler_find_peer (self, peer, &place);

  if (known != NULL)
    known->is_source = TRUE;
}

void
dfn_live_scheduler_set_peer_uplink (DfnLiveScheduler *self, guint64 peer, guint64 bytes_per_second)
{
  guint8 place;
  DfnLivePeer *known = dfn_live_scheduler_find_peer (self, peer, &place);

  if (known != NULL)
    known->uplink = bytes_per_second;
}

void
dfn_live_scheduler_set_peer_tracks (DfnLiveScheduler *self, guint64 peer, guint64 tracks)
{
  guint8 place;
  DfnLivePeer *known = dfn_live_scheduler_find_peer (self, peer, &place);

  if (known != NULL)
    known->tracks = tracks;
}

gboolean
dfn_live_scheduler_add_chunk (
    DfnLiveScheduler *self, gint64 now_us, DfnChunkId id, guint32 size, gint64 captured_us)
{
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, id.track);
  DfnLiveEntry *entry;

  g_return_val_if_fail (size > 0 && size <= DFN_LIVE_SCHEDULER_MAX_CHUNK, FALSE);

  if (track == NULL)
    return FALSE;
  entry = dfn_live_scheduler_anchor (self, track, id.sequence, captured_us);
  if (entry == NULL || entry->state == DFN_LIVE_STATE_HERE)
    return FALSE;
  dfn_live_track_begin_at (track, id.sequence);
  entry->size = size;
  entry->received_us = now_us;
  entry->state = DFN_LIVE_STATE_HERE;
  dfn_live_scheduler_began_to_have (self, now_us, entry);
  dfn_live_scheduler_mark_untold (self, now_us, entry);
  return TRUE;
}

/* Chunks whose time is over: no longer offered, and missed if they are not here. */
static void
expire (DfnLiveScheduler *self, gint64 now_us)
{
  for (guint64 left = self->tracks_wanted; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      while (track->begin < track->end)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, track->begin);

          if (entry != NULL && dfn_live_scheduler_get_due_us (self, entry) > now_us)
            break;
          if (entry != NULL && entry->state == DFN_LIVE_STATE_MISSING)
            {
              self->stats.n_missed += track->is_started && track->begin >= track->start;
              entry->state = DFN_LIVE_STATE_MISSED;
            }
          track->begin++;
        }
    }
}

static gint64
get_expiry_us (DfnLiveScheduler *self)
{
  gint64 wakeup_us = G_MAXINT64;

  for (guint64 left = self->tracks_wanted; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];
      DfnLiveEntry *entry =
          track->begin < track->end ? dfn_live_track_find (track, track->begin) : NULL;

      if (entry != NULL)
        wakeup_us = MIN (wakeup_us, dfn_live_scheduler_get_due_us (self, entry));
    }
  return wakeup_us;
}

static gboolean
next_reply (DfnLiveScheduler *self, DfnLiveAction *action)
{
  if (self->n_replies == 0)
    return FALSE;
  *action = self->replies[self->replies_first];
  self->replies_first = (self->replies_first + 1) % DFN_LIVE_MAX_REPLIES;
  self->n_replies--;
  return TRUE;
}

gboolean
dfn_live_scheduler_next (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action)
{
  guint8 place;

  memset (action, 0, sizeof *action);
  dfn_live_scheduler_judge (self, now_us);
  if (self->n_offers > 0)
    dfn_live_scheduler_answer_offers (self, now_us);
  if (next_reply (self, action) || dfn_live_scheduler_next_send (self, now_us, action)
      || dfn_live_scheduler_next_offer (self, now_us, action)
      || dfn_live_scheduler_next_request (self, now_us, action))
    {
      if (action->type != DFN_LIVE_ACTION_SEND && action->type != DFN_LIVE_ACTION_REQUEST
          && action->type != DFN_LIVE_ACTION_REFUSE
          && dfn_live_scheduler_find_peer (self, action->peer, &place) != NULL)
        self->touched |= G_GUINT64_CONSTANT (1) << place;
      return TRUE;
    }
  expire (self, now_us);
  return dfn_live_scheduler_next_have (self, now_us, action);
}

gint64
dfn_live_scheduler_get_wakeup (DfnLiveScheduler *self, gint64 now_us)
{
  gint64 wakeup_us = MIN (self->next_tell_us, self->next_pull_us);

  wakeup_us = MIN (wakeup_us, self->next_judge_us);
  wakeup_us = MIN (wakeup_us, dfn_live_scheduler_get_send_wakeup (self, now_us));
  wakeup_us = MIN (wakeup_us, get_expiry_us (self));
  return MAX (wakeup_us, now_us + 1);
}

gboolean
dfn_live_scheduler_has (DfnLiveScheduler *self, DfnChunkId id)
{
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);

  return entry != NULL && entry->state == DFN_LIVE_STATE_HERE;
}

gboolean
dfn_live_scheduler_cares (DfnLiveScheduler *self, DfnChunkId id)
{
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, id.track);

  return track != NULL && id.sequence >= MAX (track->start, track->begin);
}

void
dfn_live_scheduler_get_stats (DfnLiveScheduler *self, DfnLiveStats *stats)
{
  *stats = self->stats;
}

gboolean
dfn_live_scheduler_get_peer_stats (DfnLiveScheduler *self, guint64 peer, DfnLivePeerStats *stats)
{
  for (guint i = 0; i < DFN_LIVE_SCHEDULER_MAX_PEERS; i++)
    {
      const DfnLivePeer *known = &self->peers[i];

      if (!known->is_used || known->id != peer)
        continue;
      *stats = (DfnLivePeerStats){ .n_received = known->n_received,
                                   .n_sent = known->n_sent,
                                   .n_broken = known->n_broken,
                                   .score = known->score,
                                   .rtt_us = known->rtt_us,
                                   .is_banned = known->is_banned };
      return TRUE;
    }
  return FALSE;
}
