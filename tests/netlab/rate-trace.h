/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RateTrace:
 *
 * A recorded bandwidth: a rate in bytes a second from each sample's time until the next sample's.
 * After its end it starts again. Immutable and reference-counted.
 */
typedef struct _RateTrace RateTrace;

/**
 * rate_trace_parse:
 * @text: a sample a line, `SECONDS MBIT_PER_SECOND`, in order of time; the first time is taken as 0
 * @error: return location for a %G_FILE_ERROR_INVAL
 *
 * Returns: (transfer full) (nullable): the trace; %NULL when a line is malformed or no sample lets
 *   anything pass
 */
RateTrace *rate_trace_parse (const char *text, GError **error);

/**
 * rate_trace_load:
 * @path: a file as rate_trace_parse() reads
 */
RateTrace *rate_trace_load (const char *path, GError **error);
RateTrace *rate_trace_ref (RateTrace *self);
void rate_trace_unref (RateTrace *self);

/**
 * rate_trace_at:
 * @elapsed_ns: time since the trace began to be played, possibly many rounds
 * @until_ns: (out): when, on the same clock, the next sample begins
 *
 * Returns: the rate in bytes a second
 */
double rate_trace_at (const RateTrace *self, guint64 elapsed_ns, guint64 *until_ns);

/**
 * rate_trace_mean:
 *
 * Returns: the mean rate over one round in bytes a second, always above 0
 */
double rate_trace_mean (const RateTrace *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RateTrace, rate_trace_unref)

G_END_DECLS
