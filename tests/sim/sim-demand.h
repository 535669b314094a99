/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A swarm around one recorded file, in one process: every peer has a DfnFetchPlan and a
 * DfnUploadQueue, the ones that real peers have, and between them are uplinks, downlinks and round
 * trips. Pieces of chunks queue at the sender's uplink, chunk after chunk, and again at the
 * receiver's downlink. Headers are left out on both sides of what is
 * compared; control messages take their part of the uplink. Fixed seeds, times in microseconds.
 */

#define SIM_DEMAND_MS 1000
#define SIM_DEMAND_S 1000000
#define SIM_DEMAND_MBIT (1e6 / 8)

/**
 * SimDemandKind:
 * @SIM_DEMAND_GOOD: gives what it has
 * @SIM_DEMAND_RIDER: takes, says that it has nothing and gives nothing
 * @SIM_DEMAND_LEECH: takes, says what it has and never answers
 * @SIM_DEMAND_LIAR: says that it has everything and never answers; wants nothing
 * @SIM_DEMAND_POLLUTER: says what it has and answers with chunks that do not prove
 */
typedef enum {
  SIM_DEMAND_GOOD,
  SIM_DEMAND_RIDER,
  SIM_DEMAND_LEECH,
  SIM_DEMAND_LIAR,
  SIM_DEMAND_POLLUTER,
} SimDemandKind;

/**
 * SimDemandConfig:
 * @n_viewers: beside the source, which is peer 0
 * @size: of the file, in bytes, a multiple of its chunks' size
 * @chunk_size: the bytes of a chunk, or 0 for what is chosen for such a file
 * @source_up: bytes/s
 * @up: bytes/s, the mean of the viewers
 * @spread: the fastest viewer's uplink over the slowest's; 1 for all the same
 * @down: bytes/s of everybody
 * @rtt_us: between any two; each pair has between half and one and a half of it
 * @n_outbound: links that a viewer makes when it arrives
 * @most_links: when it takes no more
 * @source_degree: links of the source
 * @arrival_us: between two viewers' arrivals; 0 for all at once
 * @source_leaves_us: when the source goes; 0 for never
 * @leave: whether viewers go when they have everything
 * @n_seeds: viewers, the first, who have everything from the start
 * @percent: how many of each kind there are among the viewers; the rest is good
 * @knows_uplink: whether peers know their uplinks' rates
 * @limit_us: when to give up
 */
typedef struct {
  guint n_viewers;
  guint64 size;
  guint32 chunk_size;
  double source_up;
  double up;
  double spread;
  double down;
  gint64 rtt_us;
  guint n_outbound;
  guint most_links;
  guint source_degree;
  gint64 arrival_us;
  gint64 source_leaves_us;
  gboolean leave;
  guint n_seeds;
  guint percent[SIM_DEMAND_POLLUTER + 1];
  gboolean knows_uplink;
  gint64 limit_us;
  guint32 seed;
} SimDemandConfig;

/**
 * SimDemandResult:
 * @n_wanting: good viewers, who are all that the figures speak of
 * @n_done: how many of them got everything
 * @last_us: when the last one had it
 * @mean_us: from arrival to that, on the average
 * @rider_mean_us: the same of free riders who finished
 * @bound_us: when the last one could have had it at best; see sim_demand_bound()
 * @source_copies: what the source sent, in files
 * @once_us: when the source had sent every chunk once
 * @duplicates: bytes that came twice or for nothing, of all that came
 * @control: bytes of control messages, of all bytes
 * @used: bytes that left uplinks of good peers, of what they could until the last was done
 */
typedef struct {
  guint n_wanting;
  guint n_done;
  gint64 last_us;
  double mean_us;
  double rider_mean_us;
  gint64 bound_us;
  double source_copies;
  gint64 once_us;
  double duplicates;
  double control;
  double used;
  guint64 n_moved;
  guint64 n_hedges;
  guint64 n_requests;
} SimDemandResult;

/** sim_demand_run: plays one history */
void sim_demand_run (const SimDemandConfig *config, SimDemandResult *result);

G_END_DECLS
