/* SPDX-License-Identifier: MIT */
#pragma once

#include "rate-trace.h"

G_BEGIN_DECLS

/**
 * RankerTracesHalf:
 * @RANKER_TRACES_TUNE: what constants are chosen by
 * @RANKER_TRACES_REPORT: what is reported
 *
 * Cuts of one recording are always in the same half.
 */
typedef enum {
  RANKER_TRACES_TUNE,
  RANKER_TRACES_REPORT,
} RankerTracesHalf;

/**
 * ranker_traces_make:
 *
 * Traces from a generator: rates that wander around their mean, with steps and short outages.
 *
 * Returns: (transfer full) (element-type RateTrace): @n of them
 */
GPtrArray *ranker_traces_make (guint n, guint64 seed);

/**
 * ranker_traces_load:
 * @root: a folder of folders of files as rate_trace_load() reads them
 *
 * Returns: (transfer full) (element-type RateTrace): those of @half that are usable, in an order
 *   that stays
 */
GPtrArray *ranker_traces_load (const char *root, RankerTracesHalf half);

G_END_DECLS
