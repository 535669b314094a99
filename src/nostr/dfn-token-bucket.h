/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnTokenBucket:
 *
 * A rate limit that allows bursts: holds up to @burst tokens and gains @rate of them a second.
 * Plain memory with no clock of its own; initialised by dfn_token_bucket_init().
 */
typedef struct {
  /*< private >*/
  double rate;
  double burst;
  double tokens;
  gint64 last_us;
} DfnTokenBucket;

/**
 * dfn_token_bucket_init:
 * @rate: tokens gained each second
 * @burst: the most tokens held, and the number at the start
 * @now_us: the present on any monotonic clock, microseconds
 */
void dfn_token_bucket_init (DfnTokenBucket *self, double rate, double burst, gint64 now_us);

/**
 * dfn_token_bucket_take:
 * @amount: tokens wanted
 * @now_us: the present on the same clock
 *
 * Returns: %TRUE if @amount tokens were there and were taken; else %FALSE and none is taken
 */
gboolean dfn_token_bucket_take (DfnTokenBucket *self, double amount, gint64 now_us);

/**
 * dfn_token_bucket_charge:
 * @amount: tokens already used up
 * @now_us: the present on the same clock
 *
 * Takes tokens for work whose cost is known only afterwards; the bucket may go below zero.
 */
void dfn_token_bucket_charge (DfnTokenBucket *self, double amount, gint64 now_us);

G_END_DECLS
