/* SPDX-License-Identifier: MIT */
#include "sim-live-private.h"

/* Batches of what one member says to another at one time. */
static Batch *
batch_at (Sim *sim, guint32 index)
{
  return &g_array_index (sim->batches, Batch, index);
}

static guint32
open_batch (Sim *sim, guint32 to)
{
  guint32 index = sim->free_batches;

  if (index == NONE)
    {
      index = sim->batches->len;
      g_array_set_size (sim->batches, index + 1);
    }
  else
    sim->free_batches = batch_at (sim, index)->next_free;
  batch_at (sim, index)->n = 0;
  batch_at (sim, index)->bytes = UPDATE_BASE;
  batch_at (sim, index)->to = to;
  return index;
}

static void
free_batch (Sim *sim, guint32 index)
{
  batch_at (sim, index)->next_free = sim->free_batches;
  sim->free_batches = index;
}

/* What it adds to a LiveUpdate, as packed by protobuf with 2-byte sequences. */
static guint
item_bytes (const DfnLiveAction *action)
{
  switch (action->type)
    {
    case DFN_LIVE_ACTION_HAVE:
      return 7 + (64 - (guint) __builtin_clzll (action->have) + 7) / 8;
    case DFN_LIVE_ACTION_OFFER:
      return 9;
    case DFN_LIVE_ACTION_ACCEPT:
    case DFN_LIVE_ACTION_DECLINE:
    case DFN_LIVE_ACTION_CANCEL:
    case DFN_LIVE_ACTION_ABORT:
      return 5;
    case DFN_LIVE_ACTION_REQUEST:
      return 48;
    case DFN_LIVE_ACTION_REFUSE:
      return 8;
    case DFN_LIVE_ACTION_SEND:
      return 0;
    }
  return 0;
}

static void
say (Sim *sim, guint32 from, guint32 to, const DfnLiveAction *action)
{
  guint i;
  Batch *batch;
  guint32 index;

  for (i = 0; i < sim->n_open; i++)
    if (batch_at (sim, sim->open[i])->to == to && batch_at (sim, sim->open[i])->n < BATCH_ITEMS)
      break;
  if (i == sim->n_open)
    {
      g_assert (sim->n_open < G_N_ELEMENTS (sim->open));
      index = open_batch (sim, to);
      sim->open[sim->n_open++] = index;
    }
  batch = batch_at (sim, sim->open[i]);
  batch->items[batch->n++] = (Item){ .type = (guint8) action->type,
                                     .track = (guint8) action->id.track,
                                     .sequence = action->id.sequence,
                                     .size = action->size,
                                     .have = action->have };
  batch->bytes += item_bytes (action);
}

void
sim_live_say_alone (Sim *sim, guint32 from, guint32 to, const DfnLiveAction *action)
{
  guint32 index = open_batch (sim, to);
  Batch *batch = batch_at (sim, index);

  batch->items[batch->n++] = (Item){ .type = (guint8) action->type,
                                     .track = (guint8) action->id.track,
                                     .sequence = action->id.sequence };
  sim_network_send_datagram (sim->network, from, to, item_bytes (action), TRUE, index);
}

static guint64
make_cookie (DfnChunkId id, guint32 to)
{
  return (guint64) to << 38 | (guint64) id.track << 32 | id.sequence;
}

static DfnChunkId
cookie_chunk (guint64 cookie)
{
  return (DfnChunkId){ (guint32) (cookie >> 32) & 63, (guint32) cookie };
}

static void
forget_send (Member *member, guint64 cookie)
{
  for (guint i = 0; i < member->n_sends; i++)
    if (member->sends[i].cookie == cookie)
      {
        member->sends[i] = member->sends[--member->n_sends];
        return;
      }
}

static void
abort_send (Sim *sim, guint32 node, guint32 to, DfnChunkId id)
{
  Member *member = &sim->members[node];
  guint64 cookie = make_cookie (id, to);

  for (guint i = 0; i < member->n_sends; i++)
    if (member->sends[i].cookie == cookie)
      {
        sim_network_abort (sim->network, member->sends[i].handle, node, cookie);
        forget_send (member, cookie);
        return;
      }
}

static void
begin_send (Sim *sim, guint32 node, guint32 to, const DfnLiveAction *action)
{
  Member *member = &sim->members[node];
  guint64 cookie = make_cookie (action->id, to);
  guint32 handle;

  if (member->is_claimer || member->is_free_rider)
    {
      dfn_live_scheduler_sent (member->scheduler, sim_network_get_now (sim->network), action->peer,
                               action->id);
      return;
    }
  handle = sim_network_send (sim->network, node, to, action->size + CHUNK_HEADER,
                             action->deadline_us, cookie);
  /* An uplink that its own flood blocks sends nothing, and its scheduler forgets what it had sent.
   */
  if (member->n_sends == G_N_ELEMENTS (member->sends))
    abort_send (sim, node, (guint32) (member->sends[0].cookie >> 38),
                cookie_chunk (member->sends[0].cookie));
  member->sends[member->n_sends].handle = handle;
  member->sends[member->n_sends++].cookie = cookie;
}

static void
act (Sim *sim, guint32 node, const DfnLiveAction *action)
{
  guint32 to = (guint32) action->peer;

  switch (action->type)
    {
    case DFN_LIVE_ACTION_SEND:
      begin_send (sim, node, to, action);
      break;
    case DFN_LIVE_ACTION_REQUEST:
    case DFN_LIVE_ACTION_REFUSE:
      sim_live_say_alone (sim, node, to, action);
      break;
    case DFN_LIVE_ACTION_OFFER:
      if (!sim->members[node].is_free_rider)
        say (sim, node, to, action);
      break;
    case DFN_LIVE_ACTION_ABORT:
      abort_send (sim, node, to, action->id);
      say (sim, node, to, action);
      break;
    case DFN_LIVE_ACTION_HAVE:
    case DFN_LIVE_ACTION_ACCEPT:
    case DFN_LIVE_ACTION_DECLINE:
    case DFN_LIVE_ACTION_CANCEL:
      say (sim, node, to, action);
      break;
    }
}

void
sim_live_drain (Sim *sim, guint32 node)
{
  Member *member = &sim->members[node];
  gint64 now_us = sim_network_get_now (sim->network), wake_us;
  DfnLiveAction action;
  guint n = 0;

  sim->n_open = 0;
  while (dfn_live_scheduler_next (member->scheduler, now_us, &action))
    {
      g_assert (n++ < 10000);
      act (sim, node, &action);
    }
  for (guint i = 0; i < sim->n_open; i++)
    {
      Batch *batch = batch_at (sim, sim->open[i]);

      sim_network_send_datagram (sim->network, node, batch->to, batch->bytes, FALSE, sim->open[i]);
    }
  wake_us = dfn_live_scheduler_get_wakeup (member->scheduler, now_us);
  if (wake_us < member->wake_us || member->wake_us <= now_us)
    {
      member->wake_us = wake_us;
      if (wake_us < G_MAXINT64)
        sim_network_set_timer (sim->network, node, wake_us, TIMER_WAKE);
    }
}

void
sim_live_on_left (gpointer user, guint32 from, guint64 cookie)
{
  Sim *sim = user;
  Member *member = &sim->members[from];
  guint32 to = (guint32) (cookie >> 38);

  forget_send (member, cookie);
  /* For a moment somebody who is gone and who came in its place are both neighbours. */
  for (guint i = 0; i < member->n_neighbours; i++)
    if (member->neighbours[i] == to)
      dfn_live_scheduler_sent (member->scheduler, sim_network_get_now (sim->network),
                               (guint64) member->lives[i] << 32 | to, cookie_chunk (cookie));
  sim_live_drain (sim, from);
}

static void
hear (Sim *sim, guint32 to, guint64 peer, const Item *item)
{
  DfnLiveScheduler *scheduler = sim->members[to].scheduler;
  gint64 now_us = sim_network_get_now (sim->network);
  DfnChunkId id = { item->track, item->sequence };

  switch ((DfnLiveActionType) item->type)
    {
    case DFN_LIVE_ACTION_HAVE:
      dfn_live_scheduler_take_have (scheduler, now_us, peer, id, item->have);
      break;
    case DFN_LIVE_ACTION_OFFER:
      dfn_live_scheduler_take_offer (scheduler, now_us, peer, id, item->size);
      break;
    case DFN_LIVE_ACTION_ACCEPT:
      dfn_live_scheduler_take_answer (scheduler, now_us, peer, id, TRUE);
      break;
    case DFN_LIVE_ACTION_DECLINE:
      dfn_live_scheduler_take_answer (scheduler, now_us, peer, id, FALSE);
      break;
    case DFN_LIVE_ACTION_REQUEST:
      if (!sim->members[to].is_free_rider)
        dfn_live_scheduler_take_request (scheduler, now_us, peer, id);
      break;
    case DFN_LIVE_ACTION_REFUSE:
      dfn_live_scheduler_failed (scheduler, now_us, peer, id, DFN_LIVE_FAILURE_REFUSED);
      break;
    case DFN_LIVE_ACTION_CANCEL:
    case DFN_LIVE_ACTION_ABORT:
      dfn_live_scheduler_take_cancel (scheduler, now_us, peer, id);
      break;
    case DFN_LIVE_ACTION_SEND:
      g_assert_not_reached ();
    }
}

void
sim_live_on_datagram (
    gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie, gboolean is_lost)
{
  Sim *sim = user;
  guint32 index = (guint32) cookie;

  if (!is_lost)
    {
      for (guint i = 0; i < batch_at (sim, index)->n; i++)
        hear (sim, to, (guint64) from_life << 32 | from, &batch_at (sim, index)->items[i]);
      free_batch (sim, index);
      sim_live_drain (sim, to);
      return;
    }
  free_batch (sim, index);
}

void
sim_live_on_arrived (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie)
{
  Sim *sim = user;
  Member *member = &sim->members[to];
  DfnChunkId id = cookie_chunk (cookie);
  const Chunk *chunk = &g_array_index (sim->chunks, Chunk, id.sequence);
  gint64 now_us = sim_network_get_now (sim->network);
  guint64 peer = (guint64) from_life << 32 | from;

  if (sim->members[from].is_polluter)
    dfn_live_scheduler_failed (member->scheduler, now_us, peer, id, DFN_LIVE_FAILURE_INVALID);
  else
    sim_live_count_arrival (sim, to, chunk,
                            dfn_live_scheduler_received (member->scheduler, now_us, peer, id,
                                                         chunk->size, chunk->captured_us));
  sim_live_drain (sim, to);
}

void
sim_live_on_begun (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie)
{
  Sim *sim = user;
  guint64 peer = (guint64) from_life << 32 | from;
  DfnLiveAction stop = { .type = DFN_LIVE_ACTION_CANCEL,
                         .peer = peer,
                         .id = cookie_chunk (cookie) };

  if (!dfn_live_scheduler_wants (sim->members[to].scheduler, sim_network_get_now (sim->network),
                                 peer, cookie_chunk (cookie)))
    sim_live_say_alone (sim, to, from, &stop);
  sim_live_drain (sim, to);
}
