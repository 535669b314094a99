/* SPDX-License-Identifier: MIT */
#include "sim-live.h"

#include "dfn-live-scheduler.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define S 1000000
#define CHUNK_HEADER 170 /* the signed header before a chunk's payload */
#define UPDATE_BASE 6    /* Frame and LiveUpdate without content */
#define DETECT_US (2 * S)
#define CONNECT_US 250000
#define CHURN_US (5 * S)
#define MAX_NEIGHBOURS 24
#define N_DELAYS 20000 /* bins of a millisecond */

const SimLiveSettings sim_live_defaults = {
  .n_viewers = 500,
  .seconds = 30,
  .load = 0.97,
  .uplink = 4.17e6 / 8,
  .spread = 11,
  .source = 2,
  .downlink = 5,
  .degree = 16,
  .slot_ms = 100,
  .key = 6,
  .way_ms = 25,
  .seed = 1,
};

typedef enum {
  TIMER_WAKE,
  TIMER_CHUNK,
  TIMER_CHURN,
  TIMER_LOST, /* a neighbour's silence was noticed */
  TIMER_CONNECT,
  TIMER_FLOOD,
} TimerKind;

typedef struct {
  guint8 type; /* DfnLiveActionType */
  guint8 track;
  guint32 sequence;
  guint32 size;
  guint64 have;
} Item;

#define BATCH_ITEMS 24
typedef struct {
  guint32 next_free;
  guint32 to;
  guint n;
  guint bytes;
  Item items[BATCH_ITEMS];
} Batch;

typedef struct {
  DfnLiveScheduler *scheduler;
  guint64 uplink;
  gboolean is_free_rider, is_polluter, is_claimer, is_flooder, is_liar;
  guint n_neighbours;
  guint32 neighbours[MAX_NEIGHBOURS];
  guint32 lives[MAX_NEIGHBOURS];
  gint64 wake_us;
  gint64 joined_us;
  GArray *in_time; /* gint64: when the chunks that came in time were captured */
  struct {
    guint32 handle;
    guint64 cookie;
  } sends[4];
  guint n_sends;
} Member;

typedef struct {
  gint64 captured_us;
  guint32 size;
} Chunk;

typedef struct {
  SimLiveSettings settings;
  SimLiveResult *result;
  SimNetwork *network;
  SimRandom random;
  guint n_members;
  Member *members;
  GArray *chunks;  /* Chunk */
  GArray *batches; /* Batch */
  guint32 free_batches;
  guint32 open[MAX_NEIGHBOURS + 8]; /* batches of the present round */
  guint n_open;
  gint64 slot_us, buffer_us, end_us, warm_us;
  double busy_at_end, busy_at_warm;
  guint64 chunk_size;
  guint32 delays[N_DELAYS];
  guint64 n_delays, max_delay;
  guint64 n_arrived, n_duplicates;
  guint64 n_stalled, n_judged;
  DfnLiveStats totals;
} Sim;

#define NONE G_MAXUINT32

static guint64
peer_id (Sim *sim, guint32 node)
{
  return (guint64) sim_network_get_life (sim->network, node) << 32 | node;
}

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

static void
say_alone (Sim *sim, guint32 from, guint32 to, const DfnLiveAction *action)
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

static void drain (Sim *sim, guint32 node);

static void
begin_send (Sim *sim, guint32 node, guint32 to, const DfnLiveAction *action)
{
  Member *member = &sim->members[node];
  guint64 cookie = make_cookie (action->id, to);
  guint32 handle;

  if (member->is_claimer)
    {
      dfn_live_scheduler_sent (member->scheduler, sim_network_get_now (sim->network), action->peer,
                               action->id);
      return;
    }
  handle = sim_network_send (sim->network, node, to, action->size + CHUNK_HEADER,
                             action->deadline_us, cookie);
  g_assert (member->n_sends < G_N_ELEMENTS (member->sends));
  member->sends[member->n_sends].handle = handle;
  member->sends[member->n_sends++].cookie = cookie;
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
      say_alone (sim, node, to, action);
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

static void
drain (Sim *sim, guint32 node)
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

static gboolean
is_neighbour (Member *member, guint32 other)
{
  for (guint i = 0; i < member->n_neighbours; i++)
    if (member->neighbours[i] == other)
      return TRUE;
  return FALSE;
}

static void
add_neighbour (Sim *sim, guint32 node, guint32 other)
{
  Member *member = &sim->members[node];
  guint64 id = peer_id (sim, other);
  gint64 now_us = sim_network_get_now (sim->network);
  const Member *peer = &sim->members[other];

  member->lives[member->n_neighbours] = sim_network_get_life (sim->network, other);
  member->neighbours[member->n_neighbours++] = other;
  dfn_live_scheduler_add_peer (member->scheduler, now_us, id);
  dfn_live_scheduler_set_peer_path (member->scheduler, id,
                                    2 * sim_network_get_one_way_us (sim->network, node, other), 0);
  dfn_live_scheduler_set_peer_uplink (
      member->scheduler, id,
      peer->is_liar || peer->is_free_rider ? (guint64) (10 * sim->settings.uplink) : peer->uplink);
}

static gboolean
connect_members (Sim *sim, guint32 a, guint32 b, guint most)
{
  if (a == b || !sim_network_is_alive (sim->network, a) || !sim_network_is_alive (sim->network, b)
      || sim->members[a].n_neighbours >= most || sim->members[b].n_neighbours >= most
      || is_neighbour (&sim->members[a], b))
    return FALSE;
  add_neighbour (sim, a, b);
  add_neighbour (sim, b, a);
  return TRUE;
}

static void
find_neighbours (Sim *sim, guint32 node, guint wanted)
{
  for (guint tries = 0; sim->members[node].n_neighbours < wanted && tries < 200; tries++)
    connect_members (sim, node, sim_random_below (&sim->random, sim->n_members),
                     sim->settings.degree + 4);
}

static void
lose_neighbour (Sim *sim, guint32 node, guint place)
{
  Member *member = &sim->members[node];
  guint64 id = (guint64) member->lives[place] << 32 | member->neighbours[place];

  dfn_live_scheduler_remove_peer (member->scheduler, sim_network_get_now (sim->network), id);
  member->n_neighbours--;
  member->neighbours[place] = member->neighbours[member->n_neighbours];
  member->lives[place] = member->lives[member->n_neighbours];
}

static void
start_member (Sim *sim, guint32 node)
{
  Member *member = &sim->members[node];
  double angle = 2 * G_PI * sim_random_unit (&sim->random);
  double radius = sqrt (sim_random_unit (&sim->random)) * sim->settings.way_ms * 1000 * 0.66;
  SimNodeSettings settings = {
    .uplink = member->uplink,
    .downlink =
        (guint64) (sim->settings.downlink * MAX ((double) member->uplink, sim->result->link_rate)),
    .x = radius * cos (angle),
    .y = radius * sin (angle),
    .access_us = (gint64) (sim->settings.way_ms * 1000 * 0.2)
  };
  DfnLiveSchedulerConfig config = { .slot_us = sim->slot_us,
                                    .buffer_us = sim->buffer_us,
                                    .chunk_size = (guint32) sim->chunk_size,
                                    .uplink = member->uplink,
                                    .is_source = node == 0,
                                    .seed = sim_random_next (&sim->random) };

  sim_network_start_node (sim->network, node, &settings);
  member->scheduler = dfn_live_scheduler_new (&config);
  member->n_neighbours = 0;
  member->n_sends = 0;
  if (member->in_time == NULL)
    member->in_time = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_set_size (member->in_time, 0);
  member->wake_us = G_MAXINT64;
  member->joined_us = sim_network_get_now (sim->network);
}

/* A viewer's account of the chunks between two times. */
static void
judge (Sim *sim, guint32 node, gint64 until_us)
{
  Member *member = &sim->members[node];
  gint64 from_us =
      MAX (sim->warm_us, member->joined_us > 0 ? member->joined_us + sim->buffer_us : 0);
  guint64 expected = 0, n_in_time = 0;
  DfnLiveStats stats;

  dfn_live_scheduler_get_stats (member->scheduler, &stats);
  sim->totals.n_offers += stats.n_offers;
  sim->totals.n_offers_accepted += stats.n_offers_accepted;
  sim->totals.n_repairs += stats.n_repairs;
  sim->totals.n_hedges += stats.n_hedges;
  sim->totals.n_broken += stats.n_broken;
  sim->totals.n_received += stats.n_received;
  for (guint i = 0; i < sim->chunks->len; i++)
    {
      gint64 captured_us = g_array_index (sim->chunks, Chunk, i).captured_us;

      expected += captured_us >= from_us && captured_us < until_us;
    }
  if (node == 0 || member->is_free_rider || member->is_polluter || member->is_claimer
      || member->is_flooder)
    return;
  sim->result->n_chunks += expected;
  sim->n_judged++;
  for (guint i = 0; i < member->in_time->len; i++)
    n_in_time += g_array_index (member->in_time, gint64, i) < until_us;
  g_assert (n_in_time <= expected);
  sim->n_stalled += n_in_time < expected;
  sim->result->missed += (double) (expected - n_in_time);
}

static void
replace_member (Sim *sim, guint32 node)
{
  Member *member = &sim->members[node];
  gint64 now_us = sim_network_get_now (sim->network);

  for (guint i = 0; i < member->n_neighbours; i++)
    if (sim_network_is_alive (sim->network, member->neighbours[i])
        && sim_network_get_life (sim->network, member->neighbours[i]) == member->lives[i])
      sim_network_set_timer (sim->network, member->neighbours[i], now_us + DETECT_US,
                             (guint64) node << 8 | TIMER_LOST);
  judge (sim, node, now_us - sim->buffer_us);
  dfn_live_scheduler_free (member->scheduler);
  member->scheduler = NULL;
  sim_network_stop_node (sim->network, node);
  start_member (sim, node);
  sim_network_set_timer (sim->network, node, now_us + CONNECT_US, TIMER_CONNECT);
}

/* Neighbours whose life is another are gone. */
static void
notice_lost (Sim *sim, guint32 node, guint32 lost)
{
  Member *member = &sim->members[node];

  for (guint i = member->n_neighbours; i > 0; i--)
    if (member->neighbours[i - 1] == lost
        && (!sim_network_is_alive (sim->network, lost)
            || member->lives[i - 1] != sim_network_get_life (sim->network, lost)))
      lose_neighbour (sim, node, i - 1);
  find_neighbours (sim, node, sim->settings.degree - 4);
}

static void
make_chunk (Sim *sim, guint64 size)
{
  Chunk chunk = { .captured_us = sim_network_get_now (sim->network), .size = (guint32) size };
  DfnChunkId id = { 0, sim->chunks->len };

  g_array_append_val (sim->chunks, chunk);
  dfn_live_scheduler_add_chunk (sim->members[0].scheduler, chunk.captured_us, id, chunk.size,
                                chunk.captured_us);
}

/* What was captured in a slot. The first slot of each second has the key frame and is cut. */
static void
make_slot (Sim *sim, guint64 number)
{
  guint per_gop = (guint) (S / sim->slot_us);
  double frames = 30 * (double) sim->slot_us / S; /* a slot */
  double gop = 30 + sim->settings.key - 1;
  double share = (number % per_gop == 0 ? frames + sim->settings.key - 1 : frames) / gop;
  double bytes = share * sim->result->rate;
  guint n = (guint) ceil (bytes / (double) sim->chunk_size - 0.05);

  n = MAX (n, 1);
  for (guint i = 0; i < n; i++)
    make_chunk (sim, (guint64) (bytes / n));
  if (sim_network_get_now (sim->network) < sim->end_us)
    sim_network_set_timer (sim->network, 0, (gint64) (number + 2) * sim->slot_us,
                           (guint64) (number + 1) << 8 | TIMER_CHUNK);
}

static void
churn (Sim *sim)
{
  guint n = (guint) (sim->settings.churn * sim->settings.n_viewers + 0.5);

  for (guint i = 0; i < n; i++)
    replace_member (sim, 1 + sim_random_below (&sim->random, sim->settings.n_viewers));
  sim_network_set_timer (sim->network, 0, sim_network_get_now (sim->network) + CHURN_US,
                         TIMER_CHURN);
}

static void
flood (Sim *sim, guint32 node)
{
  Member *member = &sim->members[node];
  guint32 edge = sim->chunks->len;

  for (guint i = 0; i < member->n_neighbours; i++)
    for (guint j = 0; j < 5; j++)
      {
        DfnLiveAction action = { .type = DFN_LIVE_ACTION_OFFER, .size = 1000 };

        action.id.sequence = j == 0 ? (guint32) sim_random_next (&sim->random)
                                    : edge + sim_random_below (&sim->random, 20) - 10;
        if (j == 1)
          {
            action.type = DFN_LIVE_ACTION_HAVE;
            action.have = G_MAXUINT64;
          }
        say_alone (sim, node, member->neighbours[i], &action);
      }
  sim_network_set_timer (sim->network, node, sim_network_get_now (sim->network) + 20000,
                         TIMER_FLOOD);
}

static void
on_timer (gpointer user, guint32 node, guint64 cookie)
{
  Sim *sim = user;

  switch ((TimerKind) (cookie & 255))
    {
    case TIMER_WAKE:
      if (sim_network_get_now (sim->network) < sim->members[node].wake_us)
        return;
      break;
    case TIMER_CHUNK:
      make_slot (sim, cookie >> 8);
      break;
    case TIMER_CHURN:
      churn (sim);
      break;
    case TIMER_LOST:
      notice_lost (sim, node, (guint32) (cookie >> 8));
      break;
    case TIMER_CONNECT:
      find_neighbours (sim, node, sim->settings.degree);
      break;
    case TIMER_FLOOD:
      flood (sim, node);
      break;
    }
  drain (sim, node);
}

static void
on_left (gpointer user, guint32 from, guint64 cookie)
{
  Sim *sim = user;
  Member *member = &sim->members[from];
  guint32 to = (guint32) (cookie >> 38);
  guint64 id = to;

  forget_send (member, cookie);
  for (guint i = 0; i < member->n_neighbours; i++)
    if (member->neighbours[i] == to)
      id |= (guint64) member->lives[i] << 32;
  dfn_live_scheduler_sent (member->scheduler, sim_network_get_now (sim->network), id,
                           cookie_chunk (cookie));
  drain (sim, from);
}

static void
count_arrival (Sim *sim, guint32 node, const Chunk *chunk, gboolean is_new)
{
  Member *member = &sim->members[node];
  gint64 delay_us = sim_network_get_now (sim->network) - chunk->captured_us;
  gint64 from_us =
      MAX (sim->warm_us, member->joined_us > 0 ? member->joined_us + sim->buffer_us : 0);

  if (node == 0 || chunk->captured_us < from_us || chunk->captured_us >= sim->end_us)
    return;
  sim->n_arrived++;
  if (!is_new)
    {
      sim->n_duplicates++;
      return;
    }
  if (member->is_free_rider)
    return;
  sim->delays[MIN (N_DELAYS - 1, delay_us / 1000)]++;
  sim->n_delays++;
  sim->max_delay = MAX (sim->max_delay, (guint64) delay_us);
  if (delay_us <= sim->buffer_us)
    g_array_append_val (member->in_time, chunk->captured_us);
}

static void
on_arrived (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie)
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
    count_arrival (sim, to, chunk,
                   dfn_live_scheduler_received (member->scheduler, now_us, peer, id, chunk->size,
                                                chunk->captured_us));
  drain (sim, to);
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

static void
on_datagram (
    gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie, gboolean is_lost)
{
  Sim *sim = user;
  guint32 index = (guint32) cookie;

  if (!is_lost)
    {
      for (guint i = 0; i < batch_at (sim, index)->n; i++)
        hear (sim, to, (guint64) from_life << 32 | from, &batch_at (sim, index)->items[i]);
      free_batch (sim, index);
      drain (sim, to);
      return;
    }
  free_batch (sim, index);
}

static void
on_begun (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie)
{
  Sim *sim = user;
  guint64 peer = (guint64) from_life << 32 | from;
  DfnLiveAction stop = { .type = DFN_LIVE_ACTION_CANCEL,
                         .peer = peer,
                         .id = cookie_chunk (cookie) };

  if (!dfn_live_scheduler_wants (sim->members[to].scheduler, sim_network_get_now (sim->network),
                                 peer, cookie_chunk (cookie)))
    say_alone (sim, to, from, &stop);
  drain (sim, to);
}

static const SimNetworkFuncs funcs = {
  .begun = on_begun,
  .left = on_left,
  .arrived = on_arrived,
  .datagram = on_datagram,
  .timer = on_timer,
};

/* The rate whose bytes on the link are the wanted share of what the uplinks can carry. */
static void
set_rate (Sim *sim)
{
  const SimLiveSettings *settings = &sim->settings;
  SimLiveResult *result = sim->result;
  double sum = 0, n = settings->n_viewers, overhead = 1.05, link_rate = 0;

  for (guint i = 1; i < sim->n_members; i++)
    sum += sim->members[i].is_free_rider || sim->members[i].is_claimer
                   || sim->members[i].is_polluter || sim->members[i].is_flooder
               ? 0
               : (double) sim->members[i].uplink;
  for (guint i = 0; i < 20; i++)
    {
      double slots = (double) S / (double) sim->slot_us, chunk, frames = 30 / slots;
      double gop = 30 + settings->key - 1;

      link_rate = settings->rate > 0
                      ? settings->rate * overhead
                      : settings->load * sum / (n - settings->source * settings->load);
      result->rate = link_rate / overhead;
      sim->chunk_size = (guint64) MIN (result->rate / slots, 65536);
      chunk = result->rate * frames / gop;
      chunk /= MAX (1, ceil (chunk / (double) sim->chunk_size - 0.05));
      overhead = (double) sim_network_link_bytes ((guint64) chunk + CHUNK_HEADER) / chunk;
    }
  result->link_rate = link_rate;
  sim->members[0].uplink = (guint64) (settings->source * link_rate);
  result->limit =
      MIN ((double) sim->members[0].uplink, ((double) sim->members[0].uplink + sum) / n);
  result->header_share = 1 - 1 / overhead;
}

static void
choose_kinds (Sim *sim)
{
  const SimLiveSettings *settings = &sim->settings;
  double low = settings->spread > 1
                   ? settings->uplink * log (settings->spread) / (settings->spread - 1)
                   : settings->uplink;

  for (guint i = 1; i < sim->n_members; i++)
    {
      Member *member = &sim->members[i];
      /* Evenly over the range, so that seeds do not differ in the sum. */
      double place = ((double) (i - 1) + 0.5) / settings->n_viewers;
      double kind = sim_random_unit (&sim->random);

      member->uplink = (guint64) (low * pow (settings->spread, place));
      member->is_free_rider = kind < settings->free_riders;
      kind -= settings->free_riders;
      member->is_polluter = kind >= 0 && kind < settings->polluters;
      kind -= settings->polluters;
      member->is_claimer = kind >= 0 && kind < settings->claimers;
      kind -= settings->claimers;
      member->is_flooder = kind >= 0 && kind < settings->flooders;
      kind -= settings->flooders;
      member->is_liar = kind >= 0 && kind < settings->liars;
    }
}

static gsize
count_memory (Sim *sim)
{
  gsize bytes = 0;

  for (guint i = 0; i < sim->n_members; i++)
    {
      DfnLiveStats stats;

      dfn_live_scheduler_get_stats (sim->members[i].scheduler, &stats);
      bytes += stats.n_bytes;
    }
  return bytes;
}

static double
count_busy (Sim *sim)
{
  double busy = 0;

  for (guint i = 0; i < sim->n_members; i++)
    busy += (double) sim_network_get_traffic (sim->network, i)->busy_us
            * (double) sim->members[i].uplink;
  return busy;
}

static double
percentile (Sim *sim, double share)
{
  guint64 left = (guint64) ((double) sim->n_delays * share);

  for (guint i = 0; i < N_DELAYS; i++)
    {
      if (left < sim->delays[i])
        return (i + 1) * 1000.0;
      left -= sim->delays[i];
    }
  return N_DELAYS * 1000.0;
}

static void
sum_up (Sim *sim)
{
  SimLiveResult *result = sim->result;
  SimTraffic sum = { 0 };
  double all, jain = 0, jain_squares = 0, source = 0, uplinks = 0;

  for (guint i = 0; i < sim->n_members; i++)
    {
      const SimTraffic *traffic = sim_network_get_traffic (sim->network, i);
      double upload =
          (double) (traffic->payload + traffic->header) / (double) sim->members[i].uplink;

      sum.payload += traffic->payload;
      sum.header += traffic->header;
      sum.retransmitted += traffic->retransmitted;
      sum.wasted += traffic->wasted;
      sum.control += traffic->control;
      sum.acks += traffic->acks;
      if (i == 0)
        source = (double) traffic->payload;
      else
        {
          jain += upload;
          jain_squares += upload * upload;
        }
      judge (sim, i, sim->end_us);
    }
  all =
      (double) (sum.payload + sum.header + sum.retransmitted + sum.wasted + sum.control + sum.acks);
  result->missed /= MAX (1, (double) result->n_chunks);
  result->stalled = (double) sim->n_stalled / MAX (1, (double) sim->n_judged);
  result->p50_us = percentile (sim, 0.5);
  result->p99_us = percentile (sim, 0.99);
  result->max_us = (double) sim->max_delay;
  result->duplicates = (double) sim->n_duplicates / MAX (1, (double) sim->n_arrived);
  result->control = (double) sum.control / all;
  result->acks = (double) sum.acks / all;
  result->wasted = (double) (sum.wasted + sum.retransmitted) / all;
  result->source_copies = source / ((double) sim->end_us / S * result->rate);
  result->fairness = jain * jain / (sim->settings.n_viewers * jain_squares);
  for (guint i = 0; i < sim->n_members; i++)
    uplinks += (double) sim->members[i].uplink;
  result->utilization =
      (sim->busy_at_end - sim->busy_at_warm) / ((double) (sim->end_us - sim->warm_us) * uplinks);
  result->accepted =
      (double) sim->totals.n_offers_accepted / MAX (1, (double) sim->totals.n_offers);
  result->repairs = (double) (sim->totals.n_repairs + sim->totals.n_hedges)
                    / MAX (1, (double) sim->totals.n_received);
  result->n_events = sim_network_get_n_events (sim->network);
}

static void
begin (Sim *sim)
{
  for (guint i = 0; i < sim->n_members; i++)
    start_member (sim, i);
  for (guint i = 0; i < sim->n_members; i++)
    find_neighbours (sim, i, sim->settings.degree / 2);
  for (guint i = 0; i < sim->n_members; i++)
    find_neighbours (sim, i, MIN (sim->settings.degree, sim->settings.n_viewers));
  for (guint i = 0; i < sim->n_members; i++)
    {
      sim_network_set_timer (sim->network, i, 0, TIMER_WAKE);
      if (sim->members[i].is_flooder)
        sim_network_set_timer (sim->network, i, S, TIMER_FLOOD);
    }
  sim_network_set_timer (sim->network, 0, sim->slot_us, TIMER_CHUNK);
  if (sim->settings.churn > 0)
    sim_network_set_timer (sim->network, 0, CHURN_US, TIMER_CHURN);
}

void
sim_live_run (const SimLiveSettings *settings, SimLiveResult *result)
{
  Sim *sim = g_new0 (Sim, 1);
  clock_t begun = clock ();

  memset (result, 0, sizeof *result);
  sim->settings = *settings;
  sim->result = result;
  sim->n_members = settings->n_viewers + 1;
  sim->members = g_new0 (Member, sim->n_members);
  sim->network = sim_network_new (sim->n_members, settings->seed, &funcs, sim);
  sim->chunks = g_array_new (FALSE, FALSE, sizeof (Chunk));
  sim->batches = g_array_new (FALSE, FALSE, sizeof (Batch));
  sim->free_batches = NONE;
  sim_random_init (&sim->random, settings->seed + 1000);
  sim_network_set_weather (sim->network, settings->loss, settings->jitter_ms * 1000);
  sim->slot_us = (gint64) (settings->slot_ms * 1000);
  result->hops = ceil (log2 (settings->n_viewers));
  result->target_us = 1.4 * result->hops * (settings->slot_ms + settings->way_ms) * 1000;
  sim->buffer_us = settings->buffer_ms > 0 ? (gint64) (settings->buffer_ms * 1000)
                                           : (gint64) (result->target_us * 2.5 / 1.4);
  choose_kinds (sim);
  set_rate (sim);
  sim->warm_us = 5 * S;
  sim->end_us = (gint64) (settings->seconds * S);
  begin (sim);
  sim_network_run (sim->network, sim->end_us / 10);
  result->memory_early = count_memory (sim);
  sim_network_run (sim->network, sim->warm_us);
  sim->busy_at_warm = count_busy (sim);
  sim_network_run (sim->network, sim->end_us);
  sim->busy_at_end = count_busy (sim);
  sim_network_run (sim->network, sim->end_us + sim->buffer_us);
  result->memory_late = count_memory (sim);
  sum_up (sim);
  result->cpu_seconds = (double) (clock () - begun) / CLOCKS_PER_SEC;
  for (guint i = 0; i < sim->n_members; i++)
    {
      dfn_live_scheduler_free (sim->members[i].scheduler);
      g_array_unref (sim->members[i].in_time);
    }
  sim_network_free (sim->network);
  g_array_unref (sim->chunks);
  g_array_unref (sim->batches);
  g_free (sim->members);
  g_free (sim);
}
