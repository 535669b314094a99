/* SPDX-License-Identifier: MIT */
#include "dfn-live-window.h"

#include <string.h>

/* How quickly the time from chunk to chunk is learned. */
#define INTERVAL_GAIN 0.05

DfnLiveTrack *
dfn_live_track_new (guint32 number, gint64 slot_us)
{
  DfnLiveTrack *self = g_new0 (DfnLiveTrack, 1);

  self->number = number;
  self->interval_us = (double) slot_us;
  return self;
}

void
dfn_live_track_free (DfnLiveTrack *self)
{
  g_free (self);
}

static DfnLiveEntry *
entry_at (DfnLiveTrack *self, guint64 sequence)
{
  return &self->entries[sequence % DFN_LIVE_WINDOW_SIZE];
}

DfnLiveEntry *
dfn_live_track_find (DfnLiveTrack *self, guint64 sequence)
{
  DfnLiveEntry *entry = entry_at (self, sequence);

  if (sequence >= self->end || entry->state == DFN_LIVE_STATE_UNUSED
      || entry->sequence != (guint32) sequence)
    return NULL;
  return entry;
}

static gint64
estimate_captured (DfnLiveTrack *self, gint64 now_us, guint64 sequence)
{
  double ahead = (double) sequence - (double) self->newest;

  if (!self->is_anchored)
    return now_us;
  return self->newest_captured_us + (gint64) (ahead * self->interval_us);
}

static void
begin_entry (DfnLiveEntry *entry, guint64 sequence, gint64 captured_us)
{
  memset (entry, 0, sizeof *entry);
  entry->sequence = (guint32) sequence;
  entry->state = DFN_LIVE_STATE_MISSING;
  entry->captured_us = captured_us;
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    entry->claims[i].peer = DFN_LIVE_NOBODY;
}

/* The window lies around @sequence from now on, and nothing is known of it. */
static void
reset (DfnLiveTrack *self, guint64 sequence)
{
  memset (self->entries, 0, sizeof self->entries);
  self->begin = sequence >= DFN_LIVE_WINDOW_SIZE / 2 ? sequence - DFN_LIVE_WINDOW_SIZE / 2 : 0;
  self->end = self->begin;
  self->is_started = FALSE;
  self->n_resets++;
}

/* Moves the end to one past @sequence; what falls out at the other side is forgotten. */
static void
extend (DfnLiveTrack *self, gint64 now_us, guint64 sequence)
{
  if (self->end == 0 || sequence - self->end >= DFN_LIVE_WINDOW_SIZE)
    reset (self, sequence);
  for (guint64 i = self->end; i <= sequence; i++)
    begin_entry (entry_at (self, i), i, estimate_captured (self, now_us, i));
  self->end = sequence + 1;
  if (self->end > DFN_LIVE_WINDOW_SIZE)
    self->begin = MAX (self->begin, self->end - DFN_LIVE_WINDOW_SIZE);
}

DfnLiveEntry *
dfn_live_track_touch (DfnLiveTrack *self, gint64 now_us, guint64 sequence)
{
  if (sequence > G_MAXUINT32
      || (self->is_anchored && sequence > self->newest + DFN_LIVE_WINDOW_AHEAD))
    return NULL;
  /* Nobody is believed more than another until a chunk tells who is right. */
  if (!self->is_anchored && self->end > 0
      && (sequence < self->begin || sequence >= self->end + DFN_LIVE_WINDOW_AHEAD))
    reset (self, sequence);
  if (sequence >= self->end)
    extend (self, now_us, sequence);
  return dfn_live_track_find (self, sequence);
}

/* What was guessed about chunks that are not here, guessed again. */
static void
estimate_again (DfnLiveTrack *self)
{
  for (guint64 i = self->begin; i < self->end; i++)
    {
      DfnLiveEntry *entry = dfn_live_track_find (self, i);

      if (entry != NULL && entry->state == DFN_LIVE_STATE_MISSING)
        entry->captured_us = estimate_captured (self, 0, i);
    }
}

DfnLiveEntry *
dfn_live_track_anchor (DfnLiveTrack *self, guint64 sequence, gint64 captured_us)
{
  gboolean was_anchored = self->is_anchored;
  DfnLiveEntry *entry;

  if (was_anchored && sequence > self->newest)
    {
      double interval =
          (double) (captured_us - self->newest_captured_us) / (double) (sequence - self->newest);

      if (interval > 0)
        self->interval_us += INTERVAL_GAIN * (interval - self->interval_us);
    }
  /* An edge that only unverified words had put far away comes back. */
  if (!was_anchored && (sequence >= self->end || self->end > sequence + DFN_LIVE_WINDOW_SIZE))
    reset (self, sequence);
  if (!was_anchored || sequence > self->newest)
    {
      self->newest = sequence;
      self->newest_captured_us = captured_us;
      self->is_anchored = TRUE;
    }
  if (sequence >= self->end)
    extend (self, captured_us, sequence);
  if (!was_anchored)
    estimate_again (self);
  entry = dfn_live_track_find (self, sequence);
  if (entry != NULL && entry->state != DFN_LIVE_STATE_HERE)
    entry->captured_us = captured_us;
  return entry;
}

void
dfn_live_track_begin_at (DfnLiveTrack *self, guint64 sequence)
{
  if (self->is_started)
    return;
  self->start = sequence;
  self->is_started = TRUE;
}

DfnLiveClaim *
dfn_live_entry_get_claim (DfnLiveEntry *self, guint8 peer)
{
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    if (self->claims[i].peer == peer)
      return &self->claims[i];
  return NULL;
}

gboolean
dfn_live_entry_add_claim (
    DfnLiveEntry *self, guint8 peer, gboolean is_request, gint64 now_us, gint64 late_us)
{
  DfnLiveClaim *claim = dfn_live_entry_get_claim (self, DFN_LIVE_NOBODY);

  if (claim == NULL)
    return FALSE;
  *claim = (DfnLiveClaim){
    .peer = peer, .is_request = is_request, .since_us = now_us, .late_us = late_us
  };
  return TRUE;
}

guint
dfn_live_entry_count_claims (const DfnLiveEntry *self, gint64 now_us, guint *n_good)
{
  guint n = 0;

  *n_good = 0;
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    if (self->claims[i].peer != DFN_LIVE_NOBODY)
      {
        n++;
        *n_good += now_us < self->claims[i].late_us;
      }
  return n;
}

gboolean
dfn_live_entry_drop_trial (DfnLiveEntry *self, guint8 peer)
{
  for (guint i = 0; i < self->n_trials; i++)
    if (self->trials[i].peer == peer)
      {
        self->n_trials--;
        memmove (&self->trials[i], &self->trials[i + 1],
                 (self->n_trials - i) * sizeof self->trials[0]);
        return TRUE;
      }
  return FALSE;
}
