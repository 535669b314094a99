/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "rate-trace.h"

G_BEGIN_DECLS

/**
 * LinkSettings:
 * @rate: bytes a second; INFINITY: unlimited; 0: nothing passes and the queue fills
 * @trace: (nullable): a recorded rate that takes @rate's place
 * @delay_ns: propagation delay
 * @jitter_ns: up to so much more, evenly distributed; it alone never changes the order of packets
 * @loss: the share of packets lost after they used their part of the rate, 0 to 1
 * @burst: the mean number of packets in a run of losses; 1: independent losses
 * @reorder: the share of packets that are held back by @hold_ns while later ones pass, 0 to 1
 * @hold_ns: how long those are held back
 * @queue_ns: the queue's limit as time at the nominal rate, used when @queue_bytes is 0
 * @queue_bytes: the queue's limit in bytes; 0: @queue_ns counts
 */
typedef struct {
  double rate;
  RateTrace *trace;
  guint64 delay_ns;
  guint64 jitter_ns;
  double loss;
  double burst;
  double reorder;
  guint64 hold_ns;
  guint64 queue_ns;
  guint64 queue_bytes;
} LinkSettings;

void link_settings_init (LinkSettings *self);
void link_settings_clear (LinkSettings *self);
void link_settings_copy (LinkSettings *self, const LinkSettings *from);

/**
 * link_settings_set:
 * @key: `rate`, `trace`, `delay`, `jitter`, `loss`, `burst`, `reorder`, `hold` or `queue`
 * @value: rate: `50mbit`, `2mbyte`, `0`, `unlimited`; trace: a file, or `none`; times: `20ms`,
 *   `50us`, `1s`; shares: `1%` or `0.01`; burst: packets; queue: `100ms` or `64kB`
 * @error: return location for a %G_OPTION_ERROR_BAD_VALUE, or a %G_FILE_ERROR for a trace
 *
 * Returns: %TRUE when set; else the settings are as they were
 */
gboolean link_settings_set (LinkSettings *self, const char *key, const char *value, GError **error);

G_END_DECLS
