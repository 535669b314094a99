/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_RATE_METER_SLOTS: the seconds that a rate is taken over */
#define DFN_RATE_METER_SLOTS 4

/**
 * DfnRateMeter:
 *
 * Bytes per second over the last few seconds. Plain memory, all zero to begin with; time is an
 * argument, in microseconds of any clock that does not run backwards.
 */
typedef struct {
  /*< private >*/
  guint64 bytes[DFN_RATE_METER_SLOTS + 1];
  gint64 first_us;
  gint64 now_s;
} DfnRateMeter;

void dfn_rate_meter_add (DfnRateMeter *self, guint64 bytes, gint64 now_us);

/**
 * dfn_rate_meter_get:
 *
 * Returns: bytes per second over the last %DFN_RATE_METER_SLOTS seconds, or since the first bytes
 *   if that is less
 */
double dfn_rate_meter_get (DfnRateMeter *self, gint64 now_us);

G_END_DECLS
