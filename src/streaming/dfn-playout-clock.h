/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-playout.h"

G_BEGIN_DECLS

/* The pure arithmetic of a playout's time: measuring how late chunks come, and moving the delay. */

/**
 * DfnPlayoutClock:
 * @offset_us: the smallest difference between arrival and capture in the last one to two windows
 * @has_offset: whether anything has come
 * @peak_us: how late chunks came lately: rises by a slot with each that was later, falls slowly
 * @target_us: the delay that is aimed at
 * @delay_us: the present one
 * @rate: how fast the stream's time passes
 * @is_playing: from dfn_playout_clock_anchor() to dfn_playout_clock_stop(); otherwise the delay is
 *   the target
 *
 * Plain data; all zero but for dfn_playout_clock_init().
 */
typedef struct {
  const DfnPlayoutConfig *config;
  gint64 offset_us;
  gboolean has_offset;
  gint64 window_min_us; /* the smallest difference in the present window */
  gint64 window_end_us;
  gint64 first_us; /* when the first chunk came */
  gint64 peak_us;
  gint64 measured_us; /* when */
  gint64 target_us;
  gint64 delay_us;
  double rate;
  gint64 moved_us; /* when the delay was moved last; 0 while it must not be */
  gboolean is_playing;
} DfnPlayoutClock;

void dfn_playout_clock_init (DfnPlayoutClock *self, const DfnPlayoutConfig *config);

/* A chunk captured at @captured_us came at @now_us. */
void dfn_playout_clock_measure (DfnPlayoutClock *self, gint64 now_us, gint64 captured_us);

/* A chunk was not here when it was due: it would have needed longer, at least. */
void dfn_playout_clock_missed (DfnPlayoutClock *self, gint64 now_us);

/* Moves the delay by what has passed since the last call. */
void dfn_playout_clock_move (DfnPlayoutClock *self, gint64 now_us, gboolean may_adapt);

/* Returns: when a chunk captured at @captured_us is due */
gint64 dfn_playout_clock_due (const DfnPlayoutClock *self, gint64 captured_us);

/* Makes a chunk captured at @captured_us due at @now_us. */
void dfn_playout_clock_anchor (DfnPlayoutClock *self, gint64 now_us, gint64 captured_us);

/* Playing begins anew, at the target. */
void dfn_playout_clock_stop (DfnPlayoutClock *self);

G_END_DECLS
