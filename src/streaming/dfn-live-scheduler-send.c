/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

#include <string.h>

#define S 1000000.0
/* Bytes on the link for each byte of a chunk, about. */
#define LINK_SHARE 1.05
/* An uplink that is not known yet. */
#define DEFAULT_UPLINK 500000.0
/* The next chunk is given to the network this long before the last one has left. */
#define SEND_AHEAD_US 5000
#define MAX_SENDING 2
/* Offers are made while less than this is left to send, and not more are open or accepted than
 * STOCK and what is sent in STOCK_US: an uplink must not idle because an offer was declined, but
 * what is decided late is decided better. */
#define OFFER_AHEAD_US 180000
#define STOCK 2
#define STOCK_US 30000
#define MAX_OFFERED 6
/* At most so many requests wait; each peer may make some a slot. They go before what was offered,
 * as they are short of time: where every uplink is full, they would find room nowhere otherwise. */
#define MAX_WAITING_FOR_REQUEST 2
#define REQUESTS_A_SLOT 4
/* Room among what is under way that offers leave for requests. */
#define OUTS_RESERVED 8
/* An offer is lost when it was not answered in three round trips and this. */
#define ANSWER_GRACE_US 50000
#define FORGOTTEN_US 2000000

double
dfn_live_scheduler_get_uplink (DfnLiveScheduler *self)
{
  return self->config.uplink > 0 ? (double) self->config.uplink : DEFAULT_UPLINK;
}

gint64
dfn_live_scheduler_get_send_us (DfnLiveScheduler *self, guint32 size)
{
  return (gint64) (size * LINK_SHARE * S / dfn_live_scheduler_get_uplink (self));
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
count_out (DfnLiveScheduler *self, const DfnLiveOut *out, int by)
{
  switch (out->state)
    {
    case DFN_LIVE_OUT_OFFERED:
      self->n_offered += (guint) by;
      break;
    case DFN_LIVE_OUT_READY:
      self->n_ready += (guint) by;
      break;
    case DFN_LIVE_OUT_SENDING:
      self->n_sending += (guint) by;
      break;
    }
}

static void
set_state (DfnLiveScheduler *self, DfnLiveOut *out, DfnLiveOutState state)
{
  count_out (self, out, -1);
  out->state = state;
  count_out (self, out, 1);
}

static void
note_offered (const DfnLiveOut *out, DfnLiveEntry *entry)
{
  entry->offered |= G_GUINT64_CONSTANT (1) << out->peer;
  entry->told |= G_GUINT64_CONSTANT (1) << out->peer;
}

static DfnLiveOut *
add_out (DfnLiveScheduler *self,
         gint64 now_us,
         guint8 place,
         DfnChunkId id,
         DfnLiveEntry *entry,
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
  note_offered (out, entry);
  count_out (self, out, 1);
  self->peers[place].n_outs++;
  return out;
}

/* The order of the others stays as it is. */
static void
remove_out (DfnLiveScheduler *self, DfnLiveOut *out)
{
  guint place = (guint) (out - self->outs);

  count_out (self, out, -1);
  self->peers[out->peer].n_outs--;
  self->n_outs--;
  memmove (out, out + 1, (self->n_outs - place) * sizeof *out);
  self->has_nothing_to_offer = self->has_nothing_young = FALSE;
}

/* What was to go there is not going: another may be offered it. */
static void
drop_out (DfnLiveScheduler *self, DfnLiveOut *out)
{
  for (guint i = 0; i < out->n_ids; i++)
    {
      DfnLiveEntry *entry = dfn_live_scheduler_find (self, out->ids[i]);

      if (entry == NULL)
        continue;
      entry->offered &= ~(G_GUINT64_CONSTANT (1) << out->peer);
      if (!out->is_request && i == 0)
        dfn_live_scheduler_count_copy (self, entry, -1);
    }
  remove_out (self, out);
}

/* How long what the network has takes to leave. */
static void
count_busy (DfnLiveScheduler *self, gint64 now_us)
{
  self->busy_until_us = now_us;
  for (guint i = 0; i < self->n_outs; i++)
    if (self->outs[i].state == DFN_LIVE_OUT_SENDING)
      self->busy_until_us += dfn_live_scheduler_get_send_us (self, self->outs[i].size);
}

void
dfn_live_scheduler_drop_outs (DfnLiveScheduler *self, gint64 now_us, guint8 place)
{
  for (guint i = self->n_outs; i > 0; i--)
    if (self->outs[i - 1].peer == place)
      drop_out (self, &self->outs[i - 1]);
  count_busy (self, now_us);
}

/* What is on its way out or will be, in time of the uplink. */
static gint64
get_backlog_us (DfnLiveScheduler *self, gint64 now_us)
{
  gint64 backlog_us = MAX (0, self->busy_until_us - now_us);

  for (guint i = 0; i < self->n_outs; i++)
    if (self->outs[i].state != DFN_LIVE_OUT_SENDING)
      backlog_us += dfn_live_scheduler_get_send_us (self, self->outs[i].size);
  return backlog_us;
}

static gint64
get_answer_due_us (DfnLiveScheduler *self, const DfnLiveOut *out)
{
  return out->since_us + 3 * self->peers[out->peer].rtt_us + ANSWER_GRACE_US;
}

/* Also what the network was given and does not speak of any more: its chunk is over by then. */
static void
expire_offers (DfnLiveScheduler *self, gint64 now_us)
{
  for (guint i = self->n_outs; i > 0; i--)
    {
      DfnLiveOut *out = &self->outs[i - 1];

      if (out->state == DFN_LIVE_OUT_SENDING
          && now_us > out->since_us + self->config.buffer_us + FORGOTTEN_US)
        {
          drop_out (self, out);
          count_busy (self, now_us);
          continue;
        }
      if (out->state != DFN_LIVE_OUT_OFFERED || now_us < get_answer_due_us (self, out))
        continue;
      dfn_live_peer_broke (&self->peers[out->peer], now_us);
      drop_out (self, out);
    }
}

/* Whether the uplink needs another offer now; if it will later, notes when. */
static gboolean
needs_offer (DfnLiveScheduler *self, gint64 now_us)
{
  gint64 chunk_us = MAX (1, dfn_live_scheduler_get_send_us (self, self->config.chunk_size));
  gint64 backlog_us = get_backlog_us (self, now_us);

  if (self->n_outs >= DFN_LIVE_MAX_OUT - OUTS_RESERVED || self->n_offered >= MAX_OFFERED
      || self->n_offered + self->n_ready >= STOCK + (STOCK_US + chunk_us - 1) / chunk_us)
    return FALSE;
  if (backlog_us <= OFFER_AHEAD_US)
    return TRUE;
  self->next_offer_us = now_us + backlog_us - OFFER_AHEAD_US;
  return FALSE;
}

/* An offer names other chunks, too: the receiver picks the one that it wants most, so that hardly
 * any offer is in vain. They cost ten bytes each, another offer a round trip. */
static void
add_choice (DfnLiveScheduler *self, gint64 now_us, DfnLiveOut *out)
{
  while (out->n_ids < DFN_LIVE_OFFER_CHOICE)
    {
      guint32 track = out->ids[0].track;
      DfnLiveEntry *other = dfn_live_scheduler_choose_other (self, now_us, track, out->peer);

      if (other == NULL)
        return;
      note_offered (out, other);
      out->ids[out->n_ids++] = (DfnChunkId){ track, other->sequence };
      dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_OFFER, out->peer, out->ids[out->n_ids - 1],
                                other->size);
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

  self->next_offer_us = G_MAXINT64;
  if (now_us >= self->next_coming_us)
    {
      self->next_coming_us = G_MAXINT64;
      self->has_nothing_to_offer = FALSE;
    }
  expire_offers (self, now_us);
  if (self->has_nothing_to_offer || !needs_offer (self, now_us))
    return FALSE;
  entry = dfn_live_scheduler_choose_chunk (self, now_us, FALSE, &track, &candidates);
  if (entry == NULL)
    {
      self->has_nothing_to_offer = TRUE;
      return FALSE;
    }
  place = dfn_live_scheduler_choose_peer (self, now_us, track, candidates, entry);
  out = add_out (self, now_us, place, (DfnChunkId){ track, entry->sequence }, entry,
                 DFN_LIVE_OUT_OFFERED);
  dfn_live_scheduler_count_copy (self, entry, 1);
  self->stats.n_offers++;
  *action = (DfnLiveAction){ .type = DFN_LIVE_ACTION_OFFER,
                             .peer = self->peers[place].id,
                             .id = out->ids[0],
                             .size = out->size };
  add_choice (self, now_us, out);
  return TRUE;
}

/* All of an offer that was declined is there or promised by another. */
static void
note_declined (DfnLiveScheduler *self, const DfnLiveOut *out)
{
  for (guint i = 0; i < out->n_ids; i++)
    {
      DfnLiveEntry *entry = dfn_live_scheduler_find (self, out->ids[i]);

      if (entry != NULL)
        dfn_live_scheduler_note_has (self, entry, out->peer);
    }
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
  if (!accepted)
    note_declined (self, out);
  drop_out (self, out);
  if (!accepted)
    return;
  self->stats.n_offers_accepted++;
  add_out (self, now_us, place, id, entry, DFN_LIVE_OUT_READY);
  dfn_live_scheduler_count_copy (self, entry, 1);
}

static guint
count_requests (DfnLiveScheduler *self, gint64 now_us, gboolean of_givers)
{
  guint n = 0;

  for (guint i = 0; i < self->n_outs; i++)
    n += self->outs[i].is_request && self->outs[i].state == DFN_LIVE_OUT_READY
         && dfn_live_scheduler_is_giver (self, now_us, self->outs[i].peer) == of_givers;
  return n;
}

/* Those who give find room whatever others ask for. */
static gboolean
has_room_for_request (DfnLiveScheduler *self, gint64 now_us, guint8 place)
{
  gboolean is_giver = dfn_live_scheduler_is_giver (self, now_us, place);

  return self->peers[place].n_outs < REQUESTS_A_SLOT
         && count_requests (self, now_us, is_giver) < MAX_WAITING_FOR_REQUEST;
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
  if (out != NULL && out->state == DFN_LIVE_OUT_OFFERED)
    {
      dfn_live_scheduler_take_answer (self, now_us, peer, id, TRUE);
      out = find_out (self, place, id);
    }
  if (out != NULL)
    {
      out->is_request |= out->state == DFN_LIVE_OUT_READY;
      return;
    }
  if (entry == NULL || entry->state != DFN_LIVE_STATE_HERE
      || !has_room_for_request (self, now_us, place)
      || !dfn_live_peer_may_speak (from, now_us,
                                   REQUESTS_A_SLOT * S / (double) self->config.slot_us)
      || (out = add_out (self, now_us, place, id, entry, DFN_LIVE_OUT_READY)) == NULL)
    dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_REFUSE, place, id, 0);
  else
    {
      out->is_request = TRUE;
      self->extra_copies -= 1; /* what is asked for is not given besides */
    }
}

void
dfn_live_scheduler_cancel_out (DfnLiveScheduler *self, gint64 now_us, guint8 place, DfnChunkId id)
{
  DfnLiveOut *out = find_out (self, place, id);
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);

  if (out == NULL)
    return;
  if (out->state == DFN_LIVE_OUT_SENDING)
    dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_ABORT, place, id, 0);
  if (entry != NULL)
    dfn_live_scheduler_note_has (self, entry, place);
  drop_out (self, out);
  count_busy (self, now_us);
}

/* Requests first, they are short of time, but for the source's, whose new chunks are asked for by
 * nobody yet; then as their scheduling deadlines say. What was accepted
 * before it was here waits. */
static DfnLiveOut *
choose_ready (DfnLiveScheduler *self)
{
  DfnLiveOut *best = NULL;
  gint64 best_order = 0;

  for (guint i = 0; i < self->n_outs; i++)
    {
      DfnLiveOut *out = &self->outs[i];
      DfnLiveEntry *entry;
      gint64 order;

      if (out->state != DFN_LIVE_OUT_READY)
        continue;
      entry = dfn_live_scheduler_find (self, out->ids[0]);
      if (entry != NULL && dfn_live_scheduler_is_coming (entry))
        continue;
      if ((out->is_request && !self->config.is_source) || entry == NULL)
        return out;
      order = dfn_live_scheduler_get_order (self, entry);
      if (best == NULL || order < best_order)
        {
          best = out;
          best_order = order;
        }
    }
  return best;
}

/* A chunk so young that hardly anybody can have it is pushed at once: asking costs a round trip,
 * and these first copies decide when the last one is there. */
static DfnLiveOut *
choose_unasked (DfnLiveScheduler *self, gint64 now_us)
{
  guint64 candidates = 0;
  guint32 track = 0;
  DfnLiveEntry *entry;
  guint8 place;

  if (self->has_nothing_young || self->n_outs >= DFN_LIVE_MAX_OUT - OUTS_RESERVED)
    return NULL;
  entry = dfn_live_scheduler_choose_chunk (self, now_us, TRUE, &track, &candidates);
  if (entry == NULL)
    {
      self->has_nothing_young = TRUE;
      return NULL;
    }
  place = dfn_live_scheduler_choose_peer (self, now_us, track, candidates, entry);
  dfn_live_scheduler_count_copy (self, entry, 1);
  return add_out (self, now_us, place, (DfnChunkId){ track, entry->sequence }, entry,
                  DFN_LIVE_OUT_READY);
}

/* Whether what was promised can still be kept: it is here, and comes in time. */
static gboolean
can_send (DfnLiveScheduler *self, gint64 now_us, const DfnLiveOut *out, const DfnLiveEntry *entry)
{
  return entry != NULL && entry->state == DFN_LIVE_STATE_HERE
         && dfn_live_scheduler_get_due_us (self, entry)
                >= now_us + dfn_live_scheduler_get_send_us (self, out->size);
}

gboolean
dfn_live_scheduler_next_send (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action)
{
  while (self->n_sending == 0
         || (self->n_sending < MAX_SENDING && self->busy_until_us <= now_us + SEND_AHEAD_US))
    {
      DfnLiveOut *out = choose_unasked (self, now_us);
      DfnLiveEntry *entry;

      if (out == NULL)
        out = choose_ready (self);
      if (out == NULL)
        return FALSE;
      entry = dfn_live_scheduler_find (self, out->ids[0]);
      *action = (DfnLiveAction){ .peer = self->peers[out->peer].id, .id = out->ids[0] };
      if (!can_send (self, now_us, out, entry))
        {
          action->type = out->is_request ? DFN_LIVE_ACTION_REFUSE : DFN_LIVE_ACTION_ABORT;
          drop_out (self, out);
          return TRUE;
        }
      out->size = entry->size;
      set_state (self, out, DFN_LIVE_OUT_SENDING);
      out->since_us = now_us;
      self->busy_until_us =
          MAX (self->busy_until_us, now_us) + dfn_live_scheduler_get_send_us (self, out->size);
      self->stats.n_sent++;
      action->type = DFN_LIVE_ACTION_SEND;
      action->size = out->size;
      action->deadline_us = dfn_live_scheduler_get_due_us (self, entry);
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
      dfn_live_scheduler_note_given (self, now_us, entry, place, out->is_request);
    }
  to->n_sent++;
  remove_out (self, out);
  count_busy (self, now_us);
}

gint64
dfn_live_scheduler_get_send_wakeup (DfnLiveScheduler *self, gint64 now_us)
{
  gint64 wakeup_us = self->next_offer_us;

  if (self->next_coming_us > now_us)
    wakeup_us = MIN (wakeup_us, self->next_coming_us);
  if ((self->n_ready > 0 || !self->has_nothing_young) && self->n_sending == 1
      && self->busy_until_us - SEND_AHEAD_US > now_us)
    wakeup_us = MIN (wakeup_us, self->busy_until_us - SEND_AHEAD_US);
  for (guint i = 0; i < self->n_outs; i++)
    if (self->outs[i].state == DFN_LIVE_OUT_OFFERED)
      wakeup_us = MIN (wakeup_us, get_answer_due_us (self, &self->outs[i]));
  return wakeup_us;
}
