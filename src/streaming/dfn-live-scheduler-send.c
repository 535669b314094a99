/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

#include <string.h>

#define S 1000000.0
/* Bytes on the link for each byte of a chunk, about. */
#define LINK_SHARE 1.05
/* An uplink that is not known yet. */
#define DEFAULT_UPLINK 500000.0
/* The next chunk is given to the network this long before the last one has left. */
#define SEND_AHEAD_US 10000
#define MAX_SENDING 2

static double
get_uplink (DfnLiveScheduler *self)
{
  return self->config.uplink > 0 ? (double) self->config.uplink : DEFAULT_UPLINK;
}

static gint64
get_send_us (DfnLiveScheduler *self, guint32 size)
{
  return (gint64) (size * LINK_SHARE * S / get_uplink (self));
}

static DfnLiveOut *
find_out (DfnLiveScheduler *self, guint8 place, DfnChunkId id)
{
  for (guint i = 0; i < self->n_outs; i++)
    for (guint j = 0; self->outs[i].peer == place && j < self->outs[i].n_ids; j++)
      if (self->outs[i].ids[j].track == id.track && self->outs[i].ids[j].sequence == id.sequence)
        return &self->outs[i];
  return NULL;
}

static void
count_out (DfnLiveScheduler *self, const DfnLiveOut *out, guint by)
{
  switch (out->state)
    {
    case DFN_LIVE_OUT_OFFERED:
      self->n_offered += by;
      break;
    case DFN_LIVE_OUT_READY:
      self->n_ready += by;
      break;
    case DFN_LIVE_OUT_SENDING:
      self->n_sending += by;
      break;
    }
}

static void
set_state (DfnLiveScheduler *self, DfnLiveOut *out, DfnLiveOutState state)
{
  count_out (self, out, (guint) -1);
  out->state = state;
  count_out (self, out, 1);
}

static DfnLiveOut *
add_out (DfnLiveScheduler *self,
         gint64 now_us,
         guint8 place,
         DfnChunkId id,
         const DfnLiveEntry *entry,
         DfnLiveOutState state)
{
  DfnLiveOut *out;

  if (self->n_outs == DFN_LIVE_MAX_OUT)
    return NULL;
  out = &self->outs[self->n_outs++];
  *out = (DfnLiveOut){ .state = state,
                       .peer = place,
                       .n_ids = 1,
                       .ids = { id },
                       .size = entry->size,
                       .since_us = now_us };
  count_out (self, out, 1);
  self->peers[place].n_offered++;
  return out;
}

/* The order of the others stays as it is: those that wait are sent in it. */
static void
remove_out (DfnLiveScheduler *self, DfnLiveOut *out)
{
  guint place = (guint) (out - self->outs);

  count_out (self, out, (guint) -1);
  self->peers[out->peer].n_offered--;
  self->n_outs--;
  memmove (out, out + 1, (self->n_outs - place) * sizeof *out);
  self->has_nothing_to_offer = FALSE;
}

void
dfn_live_scheduler_drop_outs (DfnLiveScheduler *self, guint8 place)
{
  for (guint i = self->n_outs; i > 0; i--)
    if (self->outs[i - 1].peer == place)
      remove_out (self, &self->outs[i - 1]);
  if (self->n_sending == 0)
    self->busy_until_us = 0;
}

/* Sets the scheduling deadline of a chunk that has just come: a young one is urgent, so that its
 * copies double; one that has been under way for long has many copies already. */
void
dfn_live_scheduler_began_to_have (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry)
{
  gint64 age_us = MAX (0, now_us - entry->captured_us);

  entry->order_us = now_us + 2 * self->config.slot_us + (gint64) (1 * (double) age_us);
  if (self->config.is_source)
    self->copies_budget = MIN (self->copies_budget + 0.7, 8);
  self->has_nothing_to_offer = FALSE;
}

static void
count_copy (DfnLiveScheduler *self, DfnLiveEntry *entry, int by)
{
  entry->n_copies += (guint) by;
  entry->order_us +=
      by * (gint64) ((self->config.is_source ? 10 : 2) * (double) self->config.slot_us);
}

static gint64
get_order (DfnLiveScheduler *self, const DfnLiveEntry *entry)
{
  guint n = (guint) __builtin_popcountll (self->used);
  guint n_have = (guint) __builtin_popcountll (self->used & (entry->have | entry->offered));

  return n_have < 0.25 * n ? entry->order_us - (gint64) 1e12 : entry->order_us;
}

/* Who can be offered a chunk now. */
static guint64
get_candidates (DfnLiveScheduler *self, guint32 track, const DfnLiveEntry *entry)
{
  guint64 candidates = self->used & ~entry->have & ~entry->offered;

  for (guint64 left = candidates; left != 0; left &= left - 1)
    {
      const DfnLivePeer *peer = &self->peers[__builtin_ctzll (left)];

      if ((peer->tracks >> track & 1) == 0 || peer->n_offered >= (guint) 2)
        candidates &= ~(left & -left);
    }
  return candidates;
}

/* How much good a copy does there: what it can pass on, as far as it shows. */
static double
get_weight (DfnLiveScheduler *self, gint64 now_us, DfnLivePeer *peer)
{
  double uplink = peer->uplink > 0 ? (double) peer->uplink : get_uplink (self);

  uplink = MIN (uplink, 4 * get_uplink (self) + 1e6);
  return uplink * dfn_live_peer_get_score (peer, now_us)
         * (0.5 + (1 - 0.5) * dfn_live_scheduler_random (self));
}

static guint8
choose_peer (DfnLiveScheduler *self, gint64 now_us, guint64 candidates, const DfnLiveEntry *entry)
{
  gboolean is_early = (double) (now_us - entry->captured_us) < 4 * (double) self->config.slot_us;
  guint8 best = DFN_LIVE_NOBODY;
  double best_value = -G_MAXDOUBLE;

  for (guint64 left = candidates; left != 0; left &= left - 1)
    {
      guint8 place = (guint8) __builtin_ctzll (left);
      DfnLivePeer *peer = &self->peers[place];
      double value = is_early ? get_weight (self, now_us, peer)
                              : dfn_live_scheduler_random (self) * 3 - peer->n_known;

      if (value > best_value)
        {
          best_value = value;
          best = place;
        }
    }
  return best;
}

/* The source gives each chunk once, and again as far as its budget goes: viewers do the rest. More
 * only when two slots after a copy fewer than two others have shown it, or when time gets short. */
static gboolean
may_copy (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  gint64 age_us = now_us - entry->captured_us;

  if (!self->config.is_source || entry->n_copies == 0)
    return TRUE;
  if (entry->n_copies == 1 && self->copies_budget >= 1)
    return TRUE;
  if (age_us > self->config.buffer_us * 2 / 5)
    return TRUE;
  return age_us > 3 * self->config.slot_us * entry->n_copies
         && (guint) __builtin_popcountll (entry->have) < entry->n_copies + 2;
}

/* The chunk with the earliest scheduling deadline that somebody lacks. */
static DfnLiveEntry *
choose_chunk (DfnLiveScheduler *self, gint64 now_us, guint32 *track_number, guint64 *candidates)
{
  DfnLiveEntry *best = NULL;
  gint64 best_key = 0;

  for (guint64 left = self->tracks_wanted; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);
          guint64 found;
          gint64 key;

          if (entry == NULL || entry->state != DFN_LIVE_STATE_HERE)
            continue;
          key = get_order (self, entry);
          if ((best != NULL && key >= best_key)
              || (self->used & ~entry->have & ~entry->offered) == 0
              || !may_copy (self, now_us, entry))
            continue;
          found = get_candidates (self, track->number, entry);
          if (found == 0)
            continue;
          best = entry;
          best_key = key;
          *track_number = track->number;
          *candidates = found;
        }
    }
  return best;
}

/* What is on its way out or will be, in time of the uplink. */
static double
get_backlog_us (DfnLiveScheduler *self, gint64 now_us)
{
  double backlog_us = (double) MAX (0, self->busy_until_us - now_us);

  for (guint i = 0; i < self->n_outs; i++)
    {
      const DfnLiveOut *out = &self->outs[i];
      double share = out->state == DFN_LIVE_OUT_READY     ? 1
                     : out->state == DFN_LIVE_OUT_OFFERED ? self->accept_ratio
                                                          : 0;

      backlog_us += share * (double) get_send_us (self, out->size);
    }
  return backlog_us;
}

/* Chunk @i of an offer is not going there after all. */
static void
take_back (DfnLiveScheduler *self, DfnLiveOut *out, guint i)
{
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, out->ids[i]);

  if (entry == NULL)
    return;
  entry->offered &= ~(G_GUINT64_CONSTANT (1) << out->peer);
  if (!out->is_request && i == 0)
    count_copy (self, entry, -1);
}

static void
drop_out (DfnLiveScheduler *self, DfnLiveOut *out)
{
  for (guint i = 0; i < out->n_ids; i++)
    take_back (self, out, i);
  remove_out (self, out);
}

static void
expire_offers (DfnLiveScheduler *self, gint64 now_us)
{
  for (guint i = self->n_outs; i > 0; i--)
    {
      DfnLiveOut *out = &self->outs[i - 1];
      DfnLivePeer *peer = &self->peers[out->peer];

      if (out->state != DFN_LIVE_OUT_OFFERED || now_us < out->since_us + 3 * peer->rtt_us + 50000)
        continue;
      dfn_live_peer_broke (peer, now_us);
      drop_out (self, out);
    }
}

static void
note_offered (DfnLiveScheduler *self, const DfnLiveOut *out, DfnLiveEntry *entry)
{
  entry->offered |= G_GUINT64_CONSTANT (1) << out->peer;
  entry->told |= G_GUINT64_CONSTANT (1) << out->peer;
}

/* Other chunks that the receiver may take instead, in the order of their scheduling deadlines. */
static void
add_choice (DfnLiveScheduler *self, DfnLiveOut *out)
{
  DfnLiveTrack *track = self->tracks[out->ids[0].track];
  guint64 bit = G_GUINT64_CONSTANT (1) << out->peer;

  while (out->n_ids < (guint) 6)
    {
      DfnLiveEntry *best = NULL;

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);

          if (entry != NULL && entry->state == DFN_LIVE_STATE_HERE
              && ((entry->have | entry->offered) & bit) == 0
              && (best == NULL || get_order (self, entry) < get_order (self, best)))
            best = entry;
        }
      if (best == NULL)
        return;
      note_offered (self, out, best);
      out->ids[out->n_ids++] = (DfnChunkId){ track->number, best->sequence };
    }
}

gboolean
dfn_live_scheduler_next_offer (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action)
{
  guint64 candidates = 0;
  guint32 track = 0;
  DfnLiveEntry *entry;
  DfnLiveOut *out;
  guint8 place;
  double backlog_us, horizon_us;

  self->next_offer_us = G_MAXINT64;
  if (self->n_offered > 0)
    expire_offers (self, now_us);
  if (self->has_nothing_to_offer || self->n_outs >= DFN_LIVE_MAX_OUT - 8 || self->n_offered >= 4)
    return FALSE;
  backlog_us = get_backlog_us (self, now_us);
  horizon_us = 0.08 * S + 1 * (double) get_send_us (self, self->config.chunk_size);
  if (backlog_us > horizon_us)
    {
      self->next_offer_us = now_us + (gint64) (backlog_us - horizon_us) + 1;
      return FALSE;
    }
  entry = choose_chunk (self, now_us, &track, &candidates);
  if (entry == NULL)
    {
      self->has_nothing_to_offer = TRUE;
      return FALSE;
    }
  place = choose_peer (self, now_us, candidates, entry);
  if (self->config.is_source && entry->n_copies == 1)
    self->copies_budget -= 1;
  out = add_out (self, now_us, place, (DfnChunkId){ track, entry->sequence }, entry,
                 DFN_LIVE_OUT_OFFERED);
  note_offered (self, out, entry);
  count_copy (self, entry, 1);
  if (!self->config.is_source)
    add_choice (self, out);
  self->stats.n_offers++;
  for (guint i = 1; i < out->n_ids; i++)
    dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_OFFER, place, out->ids[i],
                              dfn_live_scheduler_find (self, out->ids[i])->size);
  *action = (DfnLiveAction){ .type = DFN_LIVE_ACTION_OFFER,
                             .peer = self->peers[place].id,
                             .id = out->ids[0],
                             .size = out->size };
  return TRUE;
}

void
dfn_live_scheduler_take_answer (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id, gboolean accepted)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);
  DfnLiveOut *out = from != NULL ? find_out (self, place, id) : NULL;

  if (out == NULL || entry == NULL || out->state != DFN_LIVE_OUT_OFFERED)
    {
      self->stats.n_ignored++;
      return;
    }
  self->accept_ratio += 0.02 * ((accepted ? 1 : 0) - self->accept_ratio);
  self->has_nothing_to_offer = FALSE;
  for (guint i = 0; i < out->n_ids; i++)
    {
      DfnLiveEntry *other = dfn_live_scheduler_find (self, out->ids[i]);

      if (accepted && other == entry)
        break;
      if (other != NULL)
        dfn_live_scheduler_note_has (self, other, place);
    }
  if (!accepted)
    {
      drop_out (self, out);
      return;
    }
  self->stats.n_offers_accepted++;
  for (guint i = 0; i < out->n_ids; i++)
    take_back (self, out, i);
  out->ids[0] = id;
  out->n_ids = 1;
  out->size = entry->size;
  note_offered (self, out, entry);
  count_copy (self, entry, 1);
  set_state (self, out, DFN_LIVE_OUT_READY);
}

void
dfn_live_scheduler_take_request (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);
  DfnLiveOut *out;

  if (from == NULL)
    return;
  out = find_out (self, place, id);
  if (out == NULL)
    {
      if (entry == NULL || entry->state != DFN_LIVE_STATE_HERE || from->n_offered >= 4
          || self->n_ready >= (guint) 2
          || !dfn_live_peer_may_speak (from, now_us, 4 * S / (double) self->config.slot_us)
          || (out = add_out (self, now_us, place, id, entry, DFN_LIVE_OUT_READY)) == NULL)
        {
          dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_REFUSE, place, id, 0);
          return;
        }
      entry->offered |= G_GUINT64_CONSTANT (1) << place;
    }
  if (out->state == DFN_LIVE_OUT_OFFERED)
    dfn_live_scheduler_take_answer (self, now_us, peer, id, TRUE);
  if (out->state == DFN_LIVE_OUT_READY)
    out->is_request = TRUE;
}

void
dfn_live_scheduler_take_cancel (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);
  DfnLiveOut *out;
  DfnLiveClaim *claim;

  if (from == NULL)
    return;
  out = find_out (self, place, id);
  if (out != NULL)
    {
      if (out->state == DFN_LIVE_OUT_SENDING)
        dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_ABORT, place, id, 0);
      if (entry != NULL)
        dfn_live_scheduler_note_has (self, entry, place);
      drop_out (self, out);
    }
  claim = entry != NULL ? dfn_live_entry_get_claim (entry, place) : NULL;
  if (claim != NULL)
    {
      claim->peer = DFN_LIVE_NOBODY;
      from->n_claims--;
      self->next_pull_us = now_us;
    }
}

/* Requests first, they are short of time; then in the order in which they were wanted. */
static DfnLiveOut *
choose_ready (DfnLiveScheduler *self)
{
  DfnLiveOut *first = NULL;

  for (guint i = 0; i < self->n_outs; i++)
    {
      DfnLiveOut *out = &self->outs[i];

      if (out->state != DFN_LIVE_OUT_READY)
        continue;
      if (out->is_request)
        return out;
      if (first == NULL)
        first = out;
    }
  return first;
}

gboolean
dfn_live_scheduler_next_send (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action)
{
  DfnLiveOut *out;
  DfnLiveEntry *entry;

  while (self->n_ready > 0)
    {
      if (self->n_sending >= MAX_SENDING
          || (self->n_sending > 0 && self->busy_until_us > now_us + SEND_AHEAD_US))
        return FALSE;
      out = choose_ready (self);
      entry = dfn_live_scheduler_find (self, out->ids[0]);
      if (entry == NULL || dfn_live_scheduler_get_due_us (self, entry) < now_us)
        {
          dfn_live_scheduler_reply (
              self, out->is_request ? DFN_LIVE_ACTION_REFUSE : DFN_LIVE_ACTION_ABORT, out->peer,
              out->ids[0], 0);
          drop_out (self, out);
          continue;
        }
      set_state (self, out, DFN_LIVE_OUT_SENDING);
      self->busy_until_us = MAX (self->busy_until_us, now_us) + get_send_us (self, out->size);
      self->stats.n_sent++;
      *action = (DfnLiveAction){ .type = DFN_LIVE_ACTION_SEND,
                                 .peer = self->peers[out->peer].id,
                                 .id = out->ids[0],
                                 .size = out->size,
                                 .deadline_us = dfn_live_scheduler_get_due_us (self, entry) };
      return TRUE;
    }
  return FALSE;
}

void
dfn_live_scheduler_sent (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id)
{
  guint8 place;
  DfnLivePeer *to = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveOut *out = to != NULL ? find_out (self, place, id) : NULL;
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);

  if (out == NULL || out->state != DFN_LIVE_OUT_SENDING)
    return;
  if (entry != NULL)
    {
      dfn_live_scheduler_note_has (self, entry, place);
      entry->told |= G_GUINT64_CONSTANT (1) << place;
    }
  to->n_sent++;
  dfn_live_peer_decay (to, now_us);
  to->given += 1;
  remove_out (self, out);
  self->busy_until_us = now_us;
  for (guint i = 0; i < self->n_outs; i++)
    if (self->outs[i].state == DFN_LIVE_OUT_SENDING)
      self->busy_until_us += get_send_us (self, self->outs[i].size);
}

gint64
dfn_live_scheduler_get_send_wakeup (DfnLiveScheduler *self, gint64 now_us)
{
  gint64 wakeup_us = self->next_offer_us;

  if (self->n_ready > 0 && self->n_sending == 1)
    wakeup_us = MIN (wakeup_us, MAX (now_us + 1, self->busy_until_us - SEND_AHEAD_US));
  for (guint i = 0; i < self->n_outs; i++)
    if (self->outs[i].state == DFN_LIVE_OUT_OFFERED)
      wakeup_us = MIN (wakeup_us,
                       self->outs[i].since_us + 3 * self->peers[self->outs[i].peer].rtt_us + 50001);
  return wakeup_us;
}
