/* SPDX-License-Identifier: MIT */
#include "sim-live-private.h"

/* A viewer's account of the chunks between two times. */
void
sim_live_judge (Sim *sim, guint32 node, gint64 until_us)
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

void
sim_live_count_arrival (Sim *sim, guint32 node, const Chunk *chunk, gboolean is_new)
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

gsize
sim_live_count_memory (Sim *sim)
{
  gsize bytes = 0;

  for (guint i = 0; i < sim->n_members; i++)
    {
      DfnLiveStats stats;

      if (sim->members[i].scheduler == NULL)
        continue; /* it has not come yet */
      dfn_live_scheduler_get_stats (sim->members[i].scheduler, &stats);
      bytes += stats.n_bytes;
    }
  return bytes;
}

double
sim_live_count_busy (Sim *sim)
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

void
sim_live_sum_up (Sim *sim)
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
      sim_live_judge (sim, i, sim->end_us);
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
