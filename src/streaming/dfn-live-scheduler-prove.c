/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

#include <math.h>

/*
 * The source gives each chunk to one or two, and everything hangs on whether these pass it on. No
 * one gives the source anything, but its neighbours tell it what they have. A chunk that others
 * have than those whom it gave it was passed on; one that stays with them was not.
 */

/* A chunk was passed on when so many tell of it that did not have it from us: what one says, those
 * who had it might have agreed on. */
#define WITNESSES 2
/* At most so long is waited for them, as a share of the buffer: it must do for another try. How
 * long it takes is smoothed; what takes so many mean deviations more was not passed on. */
#define MOST_PATIENCE 0.3
#define FIRST_PATIENCE_SLOTS 11
#define PATIENCE_DEVIATIONS 4
#define SHOWN_GAIN 0.1
/* Who has not yet shown that he passes on has so long until another is given it, too. */
#define HEDGE_SLOTS 4
#define HEDGE_COPIES 2
#define PROVEN_TRUST 0.7
/* Below the first nothing is given but now and then; from the second on all are equal, as all are
 * needed. */
#define NO_TRUST 0.25
#define ENOUGH_TRUST 0.55
#define LEAST_STANDING 0.02
/* How likely a copy is taken at least to have caused what was seen at a time that does not fit. */
#define LEAST_LIKELY 0.02
/* What is given again waits for what is given first, as otherwise all would be late: new chunks
 * have so many slots before it. */
#define AGAIN_SLOTS 10
/* Who was given a chunk so late cannot be blamed if nobody wants it any more. */
#define BLAME_SLOTS 8

static gboolean
is_passed_on (DfnLiveScheduler *self, guint32 track, const DfnLiveEntry *entry)
{
  guint64 others = self->used & ~self->liars & ~entry->given;

  for (guint64 left = others; left != 0; left &= left - 1)
    if ((self->peers[__builtin_ctzll (left)].tracks >> track & 1) == 0)
      others &= ~(left & -left);
  return __builtin_popcountll (others & entry->have)
         >= MIN (WITNESSES, __builtin_popcountll (others));
}

static gint64
get_patience_us (DfnLiveScheduler *self)
{
  double most = MOST_PATIENCE * (double) self->config.buffer_us;

  if (self->shown_us <= 0)
    return (gint64) MIN (most, FIRST_PATIENCE_SLOTS * (double) self->config.slot_us);
  return (gint64) MIN (most, MAX (self->shown_us + PATIENCE_DEVIATIONS * self->shown_dev_us,
                                  2 * HEDGE_SLOTS * (double) self->config.slot_us));
}

void
dfn_live_scheduler_note_given (
    DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry, guint8 place, gboolean is_request)
{
  if (!self->config.is_source)
    return;
  entry->given |= G_GUINT64_CONSTANT (1) << place;
  if (is_request || entry->is_shown || entry->n_trials == DFN_LIVE_MAX_TRIALS)
    return;
  entry->trials[entry->n_trials++] = (DfnLiveTrial){ .peer = place, .since_us = now_us };
  self->next_judge_us = now_us;
}

void
dfn_live_scheduler_forget_trials (DfnLiveScheduler *self, DfnLiveEntry *entry, guint8 place)
{
  entry->given &= ~(G_GUINT64_CONSTANT (1) << place);
  if (dfn_live_entry_drop_trial (entry, place) && entry->n_trials == 0 && !entry->is_shown)
    entry->n_vain = entry->n_copies;
}

void
dfn_live_scheduler_note_shown (DfnLiveScheduler *self,
                               gint64 now_us,
                               const DfnLiveEntry *entry,
                               guint8 place)
{
  if (!self->config.is_source)
    return;
  /* There is no such chunk yet. */
  if (entry->state != DFN_LIVE_STATE_HERE)
    self->liars |= G_GUINT64_CONSTANT (1) << place;
  if (entry->n_trials > 0)
    self->next_judge_us = MIN (self->next_judge_us, now_us);
}

/* How well it fits that a copy given so long ago is seen elsewhere now (Laplace's distribution). */
static double
get_likelihood (DfnLiveScheduler *self, double age_us)
{
  if (self->shown_us <= 0)
    return 1;
  return LEAST_LIKELY
         + exp (-fabs (age_us - self->shown_us)
                / MAX (self->shown_dev_us, (double) self->config.slot_us / 2));
}

/* Of several who had it any may have passed it on. Who did so first decides when it is seen: that
 * tells how likely it is of each (Bayes). */
static double
credit (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  double first[DFN_LIVE_MAX_TRIALS], trust[DFN_LIVE_MAX_TRIALS], sum = 0, before = 0, nobody = 1;
  double age_us = 0;

  for (guint i = 0; i < entry->n_trials; i++)
    {
      trust[i] = dfn_live_peer_get_trust (&self->peers[entry->trials[i].peer], now_us);
      first[i] =
          nobody * trust[i] * get_likelihood (self, (double) (now_us - entry->trials[i].since_us));
      nobody *= 1 - trust[i];
      sum += first[i];
    }
  for (guint i = 0; i < entry->n_trials && sum > 0; i++)
    {
      dfn_live_peer_showed (&self->peers[entry->trials[i].peer], now_us,
                            (before * trust[i] + first[i]) / sum);
      before += first[i];
      age_us += first[i] / sum * (double) (now_us - entry->trials[i].since_us);
    }
  return age_us;
}

static void
note_shown_after (DfnLiveScheduler *self, double shown_us)
{
  if (self->shown_us <= 0)
    {
      self->shown_us = MAX (shown_us, 1);
      self->shown_dev_us = self->shown_us / 2;
      return;
    }
  self->shown_dev_us += SHOWN_GAIN * (fabs (shown_us - self->shown_us) - self->shown_dev_us);
  self->shown_us += SHOWN_GAIN * (shown_us - self->shown_us);
}

/* What some were given and kept is given to others. */
static void
give_again (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry)
{
  for (guint i = 0; i < entry->n_trials; i++)
    if (entry->trials[i].since_us - entry->captured_us < BLAME_SLOTS * self->config.slot_us)
      dfn_live_peer_showed (&self->peers[entry->trials[i].peer], now_us, 0);
  entry->n_trials = 0;
  entry->n_vain = entry->n_copies;
  entry->order_us = now_us + AGAIN_SLOTS * self->config.slot_us;
  self->has_nothing_to_offer = self->has_nothing_young = FALSE;
}

static gboolean
is_in_good_hands (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  for (guint i = 0; i < entry->n_trials; i++)
    if (dfn_live_peer_get_trust (&self->peers[entry->trials[i].peer], now_us) >= PROVEN_TRUST)
      return TRUE;
  return FALSE;
}

static void
judge_chunk (DfnLiveScheduler *self, gint64 now_us, guint32 track, DfnLiveEntry *entry)
{
  gint64 hedge_us = (gint64) (HEDGE_SLOTS * (double) self->config.slot_us), until_us;

  if (entry->is_shown || entry->given == 0 || entry->state != DFN_LIVE_STATE_HERE)
    return;
  if (is_passed_on (self, track, entry))
    {
      if (entry->n_trials > 0)
        note_shown_after (self, credit (self, now_us, entry));
      entry->n_trials = 0;
      entry->is_shown = TRUE;
      return;
    }
  if (entry->n_trials == 0)
    return;
  until_us = entry->trials[0].since_us + get_patience_us (self);
  hedge_us += entry->trials[entry->n_trials - 1].since_us;
  if (now_us >= until_us)
    {
      give_again (self, now_us, entry);
      return;
    }
  self->next_judge_us = MIN (self->next_judge_us, until_us);
  if (now_us >= hedge_us)
    self->has_nothing_to_offer = self->has_nothing_young = FALSE;
  else
    self->next_judge_us = MIN (self->next_judge_us, hedge_us);
}

void
dfn_live_scheduler_judge (DfnLiveScheduler *self, gint64 now_us)
{
  if (now_us < self->next_judge_us)
    return;
  self->next_judge_us = G_MAXINT64;
  for (guint64 left = self->config.is_source ? self->tracks_wanted : 0; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);

          if (entry != NULL)
            judge_chunk (self, now_us, track->number, entry);
        }
    }
}

static guint
count_hopeful (const DfnLiveEntry *entry)
{
  return entry->n_copies > entry->n_vain ? entry->n_copies - entry->n_vain : 0;
}

gboolean
dfn_live_scheduler_needs_copy (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  guint n = count_hopeful (entry);

  if (entry->is_shown || n >= HEDGE_COPIES)
    return FALSE;
  return n == 0
         || (entry->n_trials == n && !is_in_good_hands (self, now_us, entry)
             && (double) (now_us - entry->trials[n - 1].since_us)
                    >= HEDGE_SLOTS * (double) self->config.slot_us);
}

gboolean
dfn_live_scheduler_may_have_copy (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  return count_hopeful (entry) <= 1 && self->extra_copies >= 1
         && (entry->is_shown || is_in_good_hands (self, now_us, entry));
}

double
dfn_live_scheduler_get_standing (DfnLiveScheduler *self,
                                 gint64 now_us,
                                 DfnLivePeer *peer,
                                 const DfnLiveEntry *entry)
{
  double trust = dfn_live_peer_get_trust (peer, now_us);

  /* A second time it goes where it is safest. */
  if (entry != NULL
      && (entry->n_vain > 0
          || (entry->n_trials > 0 && !entry->is_shown && !is_in_good_hands (self, now_us, entry))))
    return trust * trust * trust;
  return CLAMP ((trust - NO_TRUST) / (ENOUGH_TRUST - NO_TRUST), LEAST_STANDING, 1);
}
