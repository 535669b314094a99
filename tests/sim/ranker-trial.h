/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer-ranker.h"
#include "ranker-traces.h"

G_BEGIN_DECLS

/**
 * RankerTrialSettings:
 * @n_providers: peers that give, each with the uplink of one trace
 * @n_requesters: peers that ask, each with a ranker of its own
 * @degree: how many providers each requester knows
 * @slowest: mean bytes/s of the slowest uplink; traces are scaled to it
 * @spread: how many times that the fastest has
 * @load: what is asked for, as a share of what all uplinks carry on average, 0 to 1
 * @chunk: bytes of a chunk
 * @deadline_us: after that long without its last byte a chunk is late, and given up
 * @duration_us: how long chunks are asked for
 * @warmup_us: what is asked for before counts for nothing
 */
typedef struct {
  guint n_providers;
  guint n_requesters;
  guint degree;
  double slowest;
  double spread;
  double load;
  guint64 chunk;
  gint64 deadline_us;
  gint64 duration_us;
  gint64 warmup_us;
} RankerTrialSettings;

/**
 * RankerTrialResult:
 * @n_chunks: how many were asked for
 * @n_late: how many of them did not come in time
 * @delivery_us: the sum of the times of those that did
 */
typedef struct {
  guint64 n_chunks;
  guint64 n_late;
  gint64 delivery_us;
} RankerTrialResult;

/* Makes a requester's ranker. */
typedef DfnPeerRanker *(*RankerTrialMake) (guint64 seed, gconstpointer data);

extern const RankerTrialSettings ranker_trial_defaults;

/**
 * ranker_trial_run:
 * @traces: (element-type RateTrace): uplinks are drawn from these
 * @seed: decides who knows whom, traces, round trips; the same for whatever ranker
 * @result: (inout): added to
 *
 * Plays a trial: each requester asks for a chunk after the other at a constant rate, each from one
 * provider, who gives its uplink to its requesters in turn, a chunk at a time.
 */
void ranker_trial_run (const RankerTrialSettings *settings,
                       GPtrArray *traces,
                       guint64 seed,
                       RankerTrialMake make,
                       gconstpointer data,
                       RankerTrialResult *result);

G_END_DECLS
