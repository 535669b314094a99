/* SPDX-License-Identifier: MIT */
#include "dfn-playout-clock.h"

#include <math.h>

/* Two clocks drift by less than 100 parts per million: 3 ms in this time. */
#define WINDOW_US (30 * G_USEC_PER_SEC)
/* The peak falls to a third in this time. */
#define DECAY_US (120.0 * G_USEC_PER_SEC)
/* What nobody hears or sees. */
#define MAX_RATE_CHANGE 0.04
/* What was captured before, or hardly after, the first chunk came says nothing: there were no
 * connections yet that could have brought it sooner. */
#define SETTLING_US (2 * G_USEC_PER_SEC)
/* Below this the delay is as it should be. */
#define TOLERANCE_US 20000
/* A little more than the latest ones needed. Every rise is one that a reader sees, as time then
 * passes more slowly. */
#define MARGIN_SLOTS 2

void
dfn_playout_clock_init (DfnPlayoutClock *self, const DfnPlayoutConfig *config)
{
  *self = (DfnPlayoutClock){
    .config = config,
    .target_us = config->start_target_us,
    .delay_us = config->start_target_us,
    /* As if chunks had been as late as the first target allows for. */
    .peak_us = MAX (config->start_target_us - MARGIN_SLOTS * config->slot_us, 0),
    .rate = 1,
  };
}

/* The smallest difference of this window and the last one: an old one is forgotten, so that a
 * broadcaster's clock that runs slow does not make everything look late for ever. */
static void
note_offset (DfnPlayoutClock *self, gint64 now_us, gint64 difference)
{
  gint64 before = self->offset_us;

  if (!self->has_offset)
    {
      self->has_offset = TRUE;
      self->offset_us = self->window_min_us = difference;
      self->window_end_us = now_us + WINDOW_US;
      return;
    }
  if (now_us >= self->window_end_us)
    {
      self->offset_us = MIN (self->window_min_us, difference);
      self->window_min_us = difference;
      self->window_end_us = now_us + WINDOW_US;
    }
  self->window_min_us = MIN (self->window_min_us, difference);
  self->offset_us = MIN (self->offset_us, difference);
  /* What is being played keeps its time; only how that time is split is another now. */
  if (self->is_playing)
    self->delay_us += before - self->offset_us;
}

/* One chunk alone makes it rise by a slot at most: the delay follows more slowly than more come,
 * and what was late alone is no reason to be late with everything else. */
static void
set_peak (DfnPlayoutClock *self, gint64 peak_us)
{
  self->peak_us = MIN (peak_us, self->peak_us + self->config->slot_us);
  self->target_us = CLAMP (peak_us + MARGIN_SLOTS * self->config->slot_us,
                           self->config->min_target_us, self->config->max_target_us);
  if (!self->is_playing)
    self->delay_us = self->target_us;
}

void
dfn_playout_clock_measure (DfnPlayoutClock *self, gint64 now_us, gint64 captured_us)
{
  gint64 late;
  double fallen;

  if (!self->has_offset)
    self->measured_us = self->first_us = now_us;
  note_offset (self, now_us, now_us - captured_us);
  late = captured_us + self->offset_us >= self->first_us + SETTLING_US
             ? now_us - captured_us - self->offset_us
             : 0;
  fallen = (double) self->peak_us * exp (-(double) (now_us - self->measured_us) / DECAY_US);
  self->measured_us = now_us;
  set_peak (self, MAX (late, (gint64) fallen));
}

void
dfn_playout_clock_missed (DfnPlayoutClock *self, gint64 now_us)
{
  if (now_us >= self->first_us + SETTLING_US + self->delay_us)
    set_peak (self, MAX (self->peak_us, MIN (self->delay_us, self->config->max_target_us)));
}

void
dfn_playout_clock_move (DfnPlayoutClock *self, gint64 now_us, gboolean may_adapt)
{
  gint64 passed = self->moved_us > 0 ? now_us - self->moved_us : 0;
  gint64 missing = self->target_us - self->delay_us;
  gint64 step;

  self->moved_us = now_us;
  self->rate = 1;
  if (!may_adapt || ABS (missing) < TOLERANCE_US)
    return;
  step = (gint64) (MAX_RATE_CHANGE * (double) passed);
  self->rate = missing > 0 ? 1 - MAX_RATE_CHANGE : 1 + MAX_RATE_CHANGE;
  self->delay_us += CLAMP (missing, -step, step);
}

gint64
dfn_playout_clock_due (const DfnPlayoutClock *self, gint64 captured_us)
{
  return captured_us + self->offset_us + self->delay_us;
}

void
dfn_playout_clock_anchor (DfnPlayoutClock *self, gint64 now_us, gint64 captured_us)
{
  self->is_playing = TRUE;
  self->delay_us = now_us - captured_us - self->offset_us;
  self->moved_us = now_us;
}

void
dfn_playout_clock_stop (DfnPlayoutClock *self)
{
  self->is_playing = FALSE;
  self->delay_us = self->target_us;
}
