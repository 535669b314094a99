/* SPDX-License-Identifier: MIT */
#include "dfn-live-past.h"

/* So close to the wanted time is good enough. */
#define CLOSE_US G_USEC_PER_SEC
/* Halving an hour of small chunks takes 17; the pace finds it in three or four. */
#define MAX_PROBES 24
/* A stream without a pace is halved as well. */
#define MAX_GUESSES 6

typedef struct {
  gint64 sequence; /* -1 for before the first */
  gint64 captured_us;
  gboolean is_known; /* whether the chunk is there */
} Bound;

struct _DfnLivePast {
  gint64 wanted_us;
  gint64 pace_us;
  Bound below; /* too old, or missing as all before it is */
  Bound above; /* too young */
  gboolean has_found;
  gboolean is_halving; /* the last one was missing: where the window ends is nobody's guess */
  guint n_probes;
};

DfnLivePast *
dfn_live_past_new (gint64 wanted_us, guint32 sequence, gint64 captured_us, gint64 pace_us)
{
  DfnLivePast *self = g_new0 (DfnLivePast, 1);

  self->wanted_us = wanted_us;
  self->pace_us = MAX (pace_us, 1);
  self->below.sequence = -1;
  self->above = (Bound){ sequence, captured_us, TRUE };
  return self;
}

void
dfn_live_past_free (DfnLivePast *self)
{
  g_free (self);
}

gboolean
dfn_live_past_get_probe (DfnLivePast *self, guint32 *sequence)
{
  gint64 span = self->above.sequence - self->below.sequence;
  gint64 guess;

  if (span <= 1 || self->n_probes >= MAX_PROBES
      || self->above.captured_us - self->wanted_us <= CLOSE_US
      || (self->below.is_known && self->wanted_us - self->below.captured_us <= CLOSE_US))
    return FALSE;
  if (self->is_halving || self->n_probes >= MAX_GUESSES)
    guess = self->below.sequence + span / 2;
  else
    guess = self->above.sequence - (self->above.captured_us - self->wanted_us) / self->pace_us;
  *sequence = (guint32) CLAMP (guess, self->below.sequence + 1, self->above.sequence - 1);
  return TRUE;
}

void
dfn_live_past_found (DfnLivePast *self, guint32 sequence, gint64 captured_us)
{
  Bound bound = { sequence, captured_us, TRUE };
  gint64 n = self->above.sequence - sequence;

  if (sequence <= self->below.sequence || n <= 0)
    return;
  self->n_probes++;
  self->has_found = TRUE;
  self->is_halving = FALSE;
  /* Nearer to the wanted time its pace is known best; clocks that jump are no pace. */
  if (self->above.captured_us > captured_us)
    self->pace_us = MAX ((self->above.captured_us - captured_us) / n, 1);
  if (captured_us <= self->wanted_us)
    self->below = bound;
  else
    self->above = bound;
}

void
dfn_live_past_missing (DfnLivePast *self, guint32 sequence)
{
  if (sequence <= self->below.sequence || sequence >= self->above.sequence)
    return;
  self->n_probes++;
  self->is_halving = TRUE;
  self->below = (Bound){ .sequence = sequence };
}

gboolean
dfn_live_past_get_place (DfnLivePast *self, guint32 *sequence, gint64 *captured_us)
{
  const Bound *best = &self->above;

  if (self->below.is_known
      && self->wanted_us - self->below.captured_us <= self->above.captured_us - self->wanted_us)
    best = &self->below;
  *sequence = (guint32) best->sequence;
  *captured_us = best->captured_us;
  return self->has_found;
}
