/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_DELAY_RECORD_SIZE: how many of the last delays are remembered */
#define DFN_DELAY_RECORD_SIZE 512

/**
 * DfnDelayRecord:
 *
 * The last delays of something, for their median and 99th percentile. Plain data, first all zero.
 */
typedef struct {
  gint64 delays_us[DFN_DELAY_RECORD_SIZE];
  guint n;
  guint next;
} DfnDelayRecord;

void dfn_delay_record_add (DfnDelayRecord *self, gint64 delay_us);

/* Sets both to 0 when there is nothing. */
void dfn_delay_record_get (const DfnDelayRecord *self, gint64 *p50_us, gint64 *p99_us);

G_END_DECLS
