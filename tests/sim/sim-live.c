/* SPDX-License-Identifier: MIT */
#include "sim-live-private.h"

#include <math.h>
#include <string.h>
#include <time.h>

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
replace_share (Sim *sim, double share)
{
  guint n = (guint) (share * sim->settings.n_viewers + 0.5);

  for (guint i = 0; i < n; i++)
    sim_live_replace_member (sim, 1 + sim_random_below (&sim->random, sim->settings.n_viewers));
}

static void
churn (Sim *sim)
{
  replace_share (sim, sim->settings.churn);
  sim_network_set_timer (sim->network, 0, sim_network_get_now (sim->network) + CHURN_US,
                         TIMER_CHURN);
}

static void
join (Sim *sim, guint32 node)
{
  gint64 now_us = sim_network_get_now (sim->network);

  sim_live_start_member (sim, node);
  sim_network_set_timer (sim->network, node, now_us + CONNECT_US, TIMER_CONNECT);
  sim_network_set_timer (sim->network, node, now_us, TIMER_WAKE);
  if (sim->members[node].is_flooder)
    sim_network_set_timer (sim->network, node, now_us + S, TIMER_FLOOD);
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
        sim_live_say_alone (sim, node, member->neighbours[i], &action);
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
      sim_live_notice_lost (sim, node, (guint32) (cookie >> 8));
      break;
    case TIMER_DEATH:
      replace_share (sim, sim->settings.dead);
      break;
    case TIMER_JOIN:
      join (sim, (guint32) (cookie >> 8));
      break;
    case TIMER_CONNECT:
      sim_live_find_neighbours (sim, node, sim->settings.degree);
      break;
    case TIMER_FLOOD:
      flood (sim, node);
      break;
    }
  sim_live_drain (sim, node);
}

static const SimNetworkFuncs funcs = {
  .begun = sim_live_on_begun,
  .left = sim_live_on_left,
  .arrived = sim_live_on_arrived,
  .datagram = sim_live_on_datagram,
  .timer = on_timer,
};

static void
begin (Sim *sim)
{
  guint n_first = sim->settings.join_ms > 0 ? 1 : sim->n_members;

  for (guint i = 0; i < n_first; i++)
    sim_live_start_member (sim, i);
  for (guint i = 0; i < n_first; i++)
    sim_live_find_neighbours (sim, i, sim->settings.degree / 2);
  for (guint i = 0; i < n_first; i++)
    sim_live_find_neighbours (sim, i, MIN (sim->settings.degree, sim->settings.n_viewers));
  for (guint i = n_first; i < sim->n_members; i++)
    sim_network_set_timer (sim->network, 0, (gint64) (i * sim->settings.join_ms * 1000),
                           (guint64) i << 8 | TIMER_JOIN);
  for (guint i = 0; i < n_first; i++)
    {
      sim_network_set_timer (sim->network, i, 0, TIMER_WAKE);
      if (sim->members[i].is_flooder)
        sim_network_set_timer (sim->network, i, S, TIMER_FLOOD);
    }
  sim_network_set_timer (sim->network, 0, sim->slot_us, TIMER_CHUNK);
  if (sim->settings.dead > 0)
    sim_network_set_timer (sim->network, 0, sim->end_us / 2, TIMER_DEATH);
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
  sim_live_choose_kinds (sim);
  sim_live_set_rate (sim);
  sim->warm_us = 5 * S;
  sim->end_us = (gint64) (settings->seconds * S);
  begin (sim);
  sim_network_run (sim->network, sim->end_us / 10);
  result->memory_early = sim_live_count_memory (sim);
  sim_network_run (sim->network, sim->warm_us);
  sim->busy_at_warm = sim_live_count_busy (sim);
  sim_network_run (sim->network, sim->end_us);
  sim->busy_at_end = sim_live_count_busy (sim);
  sim_network_run (sim->network, sim->end_us + sim->buffer_us);
  result->memory_late = sim_live_count_memory (sim);
  sim_live_sum_up (sim);
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
