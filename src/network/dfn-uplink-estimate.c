/* SPDX-License-Identifier: MIT */
#include "dfn-uplink-estimate.h"

#include <string.h>

/* A rate is measured over as many ticks: long enough for the acknowledgements of slow links. */
#define RATE_TICKS 10
/* What few paths see together may be the queue of their other ends, as in a swarm in which all give
 * and only two are given to at a time. So for a while such a queue takes less of the rate. */
#define FEW_PATHS 4
#define FEW_FLOOR 0.80
#define FEW_PATIENCE_US (500 * 1000)
/* TCP's queue is short for a moment now and then, too. */
#define RELAXED_US (100 * 1000)
/* The first guess at the capacity is over a longer time. */
#define FIRST_TICKS 20
/* Less than so many bytes, as they are sent before the first content, tell no rate, and a longer
 * way need not be their queue. */
#define FIRST_BYTES 200000
/* Whether too much is lost shows over a longer time. */
#define OVERLOAD_TICKS 50
#define N_TOTALS 64
/* After such a pause nothing is known of the time before. */
#define PAUSE_TICKS 8
/* The rate is settled so often, and a surplus or shortage of the queue made good in such a time. */
#define STEP_TICKS 5
#define CORRECT_US 600000.0
#define MAX_GROWTH 0.25
#define MAX_SHRINKING (-0.25)
/* Beyond what the delay asks for, once a round trip while the queue is out of control. */
#define BACK_OFF 0.85
/* As long as the queue is that short, growth doubles after each such time. */
#define BOOST_US (500 * 1000)
#define MAX_BOOST 16
/* Who holds back for so long without any effect has company; who sees a short queue for so long
 * has none any more. */
#define COMPETING_US (1500 * 1000)
#define ALONE_US (2000 * 1000)
/* Emptying the queue for a moment. */
#define DRAIN_INTERVAL_US (10 * G_USEC_PER_SEC)
#define EARLY_DRAIN_US (3 * G_USEC_PER_SEC)
#define DRAIN_SHARE 0.5
#define DRAIN_MARGIN_US 40000
/* A delay that stays within so little for so long may be the length of a path, not a queue. It is
 * if it does not become so much shorter when less is sent for a moment. */
#define CONSTANT_US (5 * G_USEC_PER_SEC)
#define CONSTANT_SPREAD_US 10000
#define TRIAL_US (250 * 1000)
#define TRIAL_FALL_US 2500
#define TRIAL_SHARE 0.2
/* A queue that was there before the first packet cannot be seen, until less is sent for a moment:
 * so soon after the start, and so often afterwards. */
#define FIRST_LOOK_US (2 * G_USEC_PER_SEC)
#define LOOK_INTERVAL_US (30 * G_USEC_PER_SEC)
#define LOOK_MARGIN_US (60 * 1000)
/* As long as it becomes shorter than it ever was, less is sent a little longer. */
#define LONGER_US (80 * 1000)
#define MAX_DRAIN_US (600 * 1000)
/* Stream bytes to link bytes. */
#define OVERHEAD 1.06
/* At the floor, less than this coming through may mean that the floor is too high. It was if a
 * lower one empties the queue within such a time; otherwise somebody else fills it. */
#define OVERLOAD 0.88
#define VERDICT_US (3 * G_USEC_PER_SEC)
#define QUIET_US (800 * 1000)
/* The capacity is the mean of what was taken while there was a queue, in so many steps. */
#define MEAN_STEP 0.1
#define MEAN_STEPS 15
/* Beyond what chance adds to a short measurement, so that its peaks do not count. */
#define CLEARLY_MORE 1.08
#define MIN_RATE 16000.0
#define IDLE_US (3 * G_USEC_PER_SEC)

typedef struct {
  guint64 sent;
  guint64 resolved; /* acknowledged or given up */
  guint64 acked;    /* stream bytes */
  gint64 waited_us;
  gint64 when_us;
} Totals;

struct _DfnUplinkEstimate {
  DfnUplinkPaths *paths;
  Totals total;
  Totals totals[N_TOTALS];
  guint n_totals;
  guint newest;
  guint tick;
  gint64 ticked_us;
  gint64 sent_us; /* the last time that something was */

  double rate;      /* 0: not limited */
  double look_rate; /* while we look for a queue that was there before us */
  double capacity;
  DfnUplinkDelay delay;
  gint64 target_us;

  gboolean is_waiting;
  gint64 waiting_since_us;

  gint64 hot_since_us; /* -1: it is not */
  gint64 verdict_us;   /* when it is known whether the floor was too high; 0: that is no question */
  gboolean was_judged; /* since somebody else came */
  double old_capacity;
  double first_rate;     /* the most that was acknowledged while the queue was long at first */
  gboolean is_confirmed; /* whether the capacity was measured while the queue was under control */
  double mean_taken;     /* while there was a queue under control */
  guint n_taken;
  gint64 backed_off_us;
  gint64 calm_since_us;  /* -1 */
  gint64 tense_since_us; /* since when the queue is longer than wanted; -1 */
  gboolean is_competing;

  gboolean is_early;     /* whether the next drain comes before its time */
  gint64 drained_us;     /* when the last drain began */
  gint64 drain_until_us; /* tokens are scarce until then */
  gint64 settled_us;     /* what is measured before then is not true */
  gint64 shortest_us;    /* queue since the last drain */
  gboolean was_hot;      /* since the last drain */

  gint64 constant_since_us;
  gint64 constant_low_us;
  gint64 constant_high_us;
  gint64 trial_until_us; /* 0: none is going on */
  gint64 trial_low_us;
};

DfnUplinkEstimate *
dfn_uplink_estimate_new (void)
{
  DfnUplinkEstimate *self = g_new0 (DfnUplinkEstimate, 1);

  self->paths = dfn_uplink_paths_new ();
  self->delay.queue_us = self->delay.fresh_queue_us = -1;
  self->hot_since_us = self->calm_since_us = self->tense_since_us = -1;
  self->shortest_us = G_MAXINT64;
  self->ticked_us = self->sent_us = G_MININT64 / 2;
  self->drained_us = -1;
  return self;
}

void
dfn_uplink_estimate_free (DfnUplinkEstimate *self)
{
  dfn_uplink_paths_free (self->paths);
  g_free (self);
}

DfnUplinkPath *
dfn_uplink_estimate_add (DfnUplinkEstimate *self)
{
  return dfn_uplink_paths_add (self->paths);
}

void
dfn_uplink_estimate_remove (DfnUplinkEstimate *self, DfnUplinkPath *path)
{
  dfn_uplink_paths_remove (self->paths, path);
}

/* Less is sent, and a path turns out to be shorter than it was known to be. */
static void
prolong_drain (DfnUplinkEstimate *self, gint64 now_us)
{
  gint64 until_us = MIN (now_us + LONGER_US, self->drained_us + MAX_DRAIN_US);

  if (now_us >= self->drain_until_us || until_us <= self->drain_until_us)
    return;
  self->settled_us += until_us - self->drain_until_us;
  self->drain_until_us = until_us;
}

guint64
dfn_uplink_estimate_report (DfnUplinkEstimate *self,
                            DfnUplinkPath *path,
                            gint64 now_us,
                            const DfnUplinkReport *report)
{
  guint64 resolved = report->sent - MIN (report->sent, report->in_flight);
  guint64 sent = report->sent - path->sent;

  if (sent > 0)
    self->sent_us = now_us;
  self->total.sent += sent;
  self->total.acked += report->acked - path->acked;
  path->sent = report->sent;
  path->acked = report->acked;
  dfn_uplink_path_note_content (path, now_us);
  if (resolved > path->resolved)
    {
      self->total.resolved += resolved - path->resolved;
      path->resolved = resolved;
    }
  if (report->rtt_us >= 0 && dfn_uplink_paths_sample (self->paths, path, now_us, report->rtt_us))
    prolong_drain (self, now_us);
  return sent;
}

void
dfn_uplink_estimate_set_waiting (DfnUplinkEstimate *self, gint64 now_us, gboolean waiting)
{
  if (self->is_waiting)
    self->total.waited_us += now_us - self->waiting_since_us;
  self->is_waiting = waiting;
  self->waiting_since_us = now_us;
}

/* What happened in the last so many ticks. */
static Totals
look_back (const DfnUplinkEstimate *self, guint n_ticks)
{
  const Totals *now = &self->totals[self->newest];
  guint back = MIN (n_ticks, self->n_totals - 1);
  const Totals *then = &self->totals[(self->newest + N_TOTALS - back) % N_TOTALS];

  return (Totals){
    .sent = now->sent - then->sent,
    .resolved = now->resolved - then->resolved,
    .acked = now->acked - then->acked,
    .waited_us = now->waited_us - then->waited_us,
    .when_us = MAX (now->when_us - then->when_us, 1),
  };
}

static double
per_second (guint64 bytes, const Totals *span)
{
  return (double) bytes * G_USEC_PER_SEC / (double) span->when_us;
}

/* Every path is longer than it was: somebody's change of network, or of the weather. */
static void
accept_delay (DfnUplinkEstimate *self, gint64 now_us)
{
  dfn_uplink_paths_accept (self->paths, now_us);
  self->delay.queue_us = 0;
  self->hot_since_us = -1;
  self->is_competing = FALSE;
}

static void
watch_trial (DfnUplinkEstimate *self, gint64 now_us)
{
  self->trial_low_us = MIN (self->trial_low_us, self->delay.fresh_queue_us);
  if (now_us < self->trial_until_us)
    return;
  self->trial_until_us = 0;
  self->constant_since_us = now_us;
  if (self->constant_low_us - self->trial_low_us < TRIAL_FALL_US)
    accept_delay (self, now_us);
}

/* A queue of others goes up and down, and becomes shorter when less is sent. */
static void
watch_constancy (DfnUplinkEstimate *self, gint64 now_us)
{
  gint64 low = MIN (self->constant_low_us, self->delay.queue_us);
  gint64 high = MAX (self->constant_high_us, self->delay.queue_us);

  if (self->trial_until_us > 0)
    {
      watch_trial (self, now_us);
      return;
    }
  if (self->hot_since_us < 0 || high - low > CONSTANT_SPREAD_US)
    {
      self->constant_since_us = now_us;
      self->constant_low_us = self->constant_high_us = self->delay.queue_us;
      return;
    }
  self->constant_low_us = low;
  self->constant_high_us = high;
  if (now_us - self->constant_since_us < CONSTANT_US)
    return;
  self->drain_until_us = now_us + TRIAL_US;
  self->trial_until_us = self->settled_us =
      self->drain_until_us + self->delay.rtt_us + RATE_TICKS * DFN_UPLINK_TICK_US;
  self->trial_low_us = self->delay.queue_us;
}

static gint64
hot_of (const DfnUplinkEstimate *self)
{
  return self->target_us + DFN_UPLINK_RISE_US;
}

static double
floor_of (const DfnUplinkEstimate *self)
{
  gboolean is_doubtful = self->delay.n_fresh <= FEW_PATHS && self->tense_since_us >= 0
                         && self->ticked_us - self->tense_since_us < FEW_PATIENCE_US
                         && self->verdict_us == 0 && !self->is_competing;

  if (is_doubtful)
    return MAX (FEW_FLOOR * self->capacity * (self->is_confirmed ? 1 : 0.9), MIN_RATE);
  /* The first guess at the capacity may be twice of it. */
  return MAX (DFN_UPLINK_FLOOR * self->capacity * (self->is_confirmed ? 1 : 0.5), MIN_RATE);
}

static double
acked_rate (const Totals *span)
{
  return MIN (per_second (span->acked, span) * OVERHEAD, per_second (span->resolved, span));
}

/* The queue has come out of control, or is under control again. */
static void
watch_heat (DfnUplinkEstimate *self, gint64 now_us)
{
  Totals span = look_back (self, FIRST_TICKS);
  gboolean is_pinned =
      self->delay.queue_us > self->target_us && self->rate < 1.02 * floor_of (self);

  if (self->delay.queue_us > hot_of (self) || is_pinned)
    {
      if (self->hot_since_us < 0)
        {
          self->hot_since_us = now_us;
          /* At first each link's own congestion control has just backed off. */
          if (!self->is_confirmed)
            self->backed_off_us = now_us;
          self->n_taken = 0;
        }
      if (!self->is_confirmed && now_us - self->hot_since_us >= span.when_us / 2)
        self->first_rate = MAX (self->first_rate, acked_rate (&span));
      self->was_hot = TRUE;
      if (now_us - self->hot_since_us >= COMPETING_US)
        self->is_competing = TRUE;
    }
  else if (self->hot_since_us >= 0 && self->delay.queue_us <= self->target_us)
    {
      /* What was taken for the capacity at first was the rise of the rate beyond it. */
      if (!self->is_confirmed && self->first_rate > 0)
        self->capacity = MIN (self->capacity, self->first_rate);
      self->hot_since_us = -1;
      self->drained_us = MIN (self->drained_us, now_us - DRAIN_INTERVAL_US + EARLY_DRAIN_US);
      self->is_early = TRUE;
    }
  if (self->delay.queue_us > self->target_us)
    {
      self->calm_since_us = -1;
      self->tense_since_us = self->tense_since_us < 0 ? now_us : self->tense_since_us;
    }
  else
    {
      self->calm_since_us = self->calm_since_us < 0 ? now_us : self->calm_since_us;
      if (now_us - self->calm_since_us >= RELAXED_US)
        self->tense_since_us = -1;
    }
  if (self->calm_since_us >= 0 && now_us - self->calm_since_us >= ALONE_US)
    self->is_competing = self->was_judged = FALSE;
}

/* Whether a lower floor has emptied the queue. For a moment others may have done so, as BBR does to
 * see its round-trip time. */
static void
judge (DfnUplinkEstimate *self, gint64 now_us)
{
  if (self->calm_since_us >= 0 && now_us - self->calm_since_us >= QUIET_US)
    {
      self->verdict_us = 0;
      self->is_competing = FALSE;
    }
  else if (now_us >= self->verdict_us)
    {
      self->verdict_us = 0;
      self->was_judged = self->is_competing = TRUE;
      self->capacity = self->old_capacity;
    }
}

/* What is sent at the floor gets lost and the queue stays: there is less to have a share of. */
static void
watch_overload (DfnUplinkEstimate *self, gint64 now_us)
{
  Totals span = look_back (self, OVERLOAD_TICKS);

  if (self->verdict_us > 0)
    {
      judge (self, now_us);
      return;
    }
  if (self->was_judged || self->hot_since_us < 0 || now_us - self->hot_since_us < span.when_us
      || self->rate > 1.02 * floor_of (self) || span.waited_us * 2 < span.when_us)
    return;
  if (acked_rate (&span) < OVERLOAD * per_second (span.sent, &span))
    {
      self->old_capacity = self->capacity;
      self->capacity = MAX (acked_rate (&span), MIN_RATE);
      self->verdict_us = now_us + VERDICT_US;
    }
}

static double
growth (const DfnUplinkEstimate *self, gint64 now_us)
{
  double wanted = (double) (self->target_us - self->delay.queue_us) / CORRECT_US;
  gint64 calm_us;

  if (wanted <= 0 || self->delay.queue_us > DFN_UPLINK_CALM_US || self->calm_since_us < 0
      || self->verdict_us > 0)
    return CLAMP (wanted, MAX_SHRINKING, MAX_GROWTH);
  calm_us = now_us - self->calm_since_us;
  return MIN (wanted * (double) MIN (1 << MIN (calm_us / BOOST_US, 8), MAX_BOOST), MAX_GROWTH);
}

/* The first sign of a queue: from here on there is a rate. */
static void
begin_limiting (DfnUplinkEstimate *self, gint64 now_us)
{
  Totals last = look_back (self, RATE_TICKS / 3);
  Totals span = look_back (self, RATE_TICKS);

  self->rate = MAX (per_second (last.resolved, &last), per_second (span.resolved, &span));
  self->rate = MAX (self->rate, MIN_RATE);
  self->capacity = self->rate;
  self->drained_us = now_us - DRAIN_INTERVAL_US + EARLY_DRAIN_US;
  self->is_early = TRUE;
  self->settled_us = 0;
}

static void
learn_capacity (DfnUplinkEstimate *self, double taken, gboolean is_limited)
{
  if (self->hot_since_us >= 0 || self->verdict_us > 0)
    return;
  if (taken > CLEARLY_MORE * self->capacity && self->delay.queue_us < self->target_us)
    self->capacity = taken;
  if (!is_limited || self->delay.queue_us < DFN_UPLINK_CALM_US)
    return;
  self->mean_taken += (taken - self->mean_taken) * (self->n_taken == 0 ? 1 : MEAN_STEP);
  self->n_taken++;
}

/* Settles the rate for the next step. */
static void
settle (DfnUplinkEstimate *self, gint64 now_us)
{
  Totals span = look_back (self, RATE_TICKS);
  double taken = per_second (span.resolved, &span);
  gboolean is_limited = span.waited_us * 3 > span.when_us;
  double factor = 1 + growth (self, now_us);
  double rate;

  learn_capacity (self, taken, is_limited);
  if (self->delay.queue_us <= self->target_us)
    {
      /* Who has nothing to send learns nothing. */
      if (is_limited)
        self->rate = MAX (self->rate, taken * factor);
      return;
    }
  rate = (is_limited ? MIN (taken, self->rate) : self->rate) * factor;
  if (self->hot_since_us >= 0
      && now_us - self->backed_off_us >= self->delay.rtt_us + STEP_TICKS * DFN_UPLINK_TICK_US)
    {
      self->backed_off_us = now_us;
      rate *= BACK_OFF;
    }
  self->rate = MAX (rate, floor_of (self));
}

/* Empties the queue for a moment where it never was empty by itself. */
static void
drain (DfnUplinkEstimate *self, gint64 now_us)
{
  gboolean is_early;

  if (now_us - self->drained_us < DRAIN_INTERVAL_US || self->hot_since_us >= 0
      || self->is_competing)
    return;
  if (!self->is_confirmed && self->n_taken < MEAN_STEPS)
    return; /* in a moment the capacity is known, too */
  is_early = self->is_early;
  self->is_early = FALSE;
  if (!self->was_hot && !is_early)
    dfn_uplink_paths_rotate (self->paths);
  if (self->n_taken >= MEAN_STEPS)
    {
      self->capacity = self->mean_taken;
      self->is_confirmed = TRUE;
    }
  self->n_taken = 0;
  self->was_hot = FALSE;
  self->drained_us = now_us;
  /* An early look is for the capacity, and for paths that have not seen the queue empty. */
  if (self->shortest_us > DFN_UPLINK_CALM_US / 2 && (!is_early || !self->delay.are_all_sure))
    {
      self->drain_until_us =
          now_us + (gint64) ((double) self->delay.queue_us / (1 - DRAIN_SHARE)) + DRAIN_MARGIN_US;
      self->settled_us =
          self->drain_until_us + self->delay.rtt_us + RATE_TICKS * DFN_UPLINK_TICK_US;
    }
  self->shortest_us = G_MAXINT64;
}

/* Nothing limits us; is that because the queue was there before us? One that is no longer than the
 * way itself does not matter. */
static void
look_for_queue (DfnUplinkEstimate *self, gint64 now_us)
{
  Totals span = look_back (self, RATE_TICKS);

  if (self->drained_us < 0)
    self->drained_us = now_us - LOOK_INTERVAL_US + FIRST_LOOK_US;
  if (self->delay.rtt_us <= hot_of (self) || now_us - self->drained_us < LOOK_INTERVAL_US)
    return;
  self->drained_us = now_us;
  self->drain_until_us = now_us + self->delay.rtt_us + LOOK_MARGIN_US;
  self->look_rate = MAX (per_second (span.resolved, &span), MIN_RATE);
}

static void
begin_tick (DfnUplinkEstimate *self, gint64 now_us)
{
  dfn_uplink_estimate_set_waiting (self, now_us, self->is_waiting);
  self->total.when_us = now_us;
  self->newest = (self->newest + 1) % N_TOTALS;
  self->totals[self->newest] = self->total;
  self->n_totals = MIN (self->n_totals + 1, N_TOTALS);
}

void
dfn_uplink_estimate_tick (DfnUplinkEstimate *self, gint64 now_us)
{
  if (now_us - self->ticked_us < DFN_UPLINK_TICK_US)
    return;
  if (now_us - self->ticked_us > PAUSE_TICKS * DFN_UPLINK_TICK_US)
    self->n_totals = 0; /* there was a pause: what was before says nothing */
  self->ticked_us = now_us;
  begin_tick (self, now_us);
  dfn_uplink_paths_tick (self->paths, now_us, &self->delay);
  self->target_us = DFN_UPLINK_TARGET_US + DFN_UPLINK_FEW_US / MAX (self->delay.n_fresh, 1);
  if (self->delay.queue_us >= 0 && self->n_totals > 1)
    {
      Totals span = look_back (self, RATE_TICKS);

      self->shortest_us = MIN (self->shortest_us, self->delay.queue_us);
      if (self->rate <= 0)
        {
          if (self->n_totals > RATE_TICKS)
            self->capacity = MAX (self->capacity, per_second (span.resolved, &span));
          if (self->delay.queue_us > self->target_us && self->total.sent >= FIRST_BYTES)
            begin_limiting (self, now_us);
          else
            look_for_queue (self, now_us);
        }
      else
        {
          watch_heat (self, now_us);
          watch_constancy (self, now_us);
          watch_overload (self, now_us);
          drain (self, now_us);
          if (self->tick % STEP_TICKS == 0 && now_us >= self->settled_us)
            settle (self, now_us);
        }
    }
  self->tick++;
}

gboolean
dfn_uplink_estimate_is_idle (const DfnUplinkEstimate *self, gint64 now_us)
{
  return now_us - self->sent_us > IDLE_US;
}

double
dfn_uplink_estimate_get_rate (const DfnUplinkEstimate *self)
{
  if (self->ticked_us >= self->drain_until_us)
    return self->rate;
  return (self->trial_until_us > 0 ? TRIAL_SHARE : DRAIN_SHARE)
         * (self->rate > 0 ? self->rate : self->look_rate);
}

double
dfn_uplink_estimate_get_capacity (const DfnUplinkEstimate *self)
{
  return self->capacity;
}

gint64
dfn_uplink_estimate_get_queue_delay (const DfnUplinkEstimate *self)
{
  return MAX (self->delay.queue_us, 0);
}

gboolean
dfn_uplink_estimate_is_competing (const DfnUplinkEstimate *self)
{
  return self->is_competing;
}
