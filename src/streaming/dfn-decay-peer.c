/* SPDX-License-Identifier: MIT */
#include "dfn-decay-peer.h"

#include <math.h>

/* The constants are chosen by one half of recorded traces; doc/benchmarks.md has the other's table.
 * How much the newest answer weighs where there are many. */
#define GAIN 0.1
/* The time in which samples lose half of their weight. */
#define SAMPLE_HALF_LIFE_US (10 * G_USEC_PER_SEC)
/* The prior weighs as much as that many samples, and what a peer says of itself as much as this
 * share of one, which leaves a single own sample twice its weight. */
#define PRIOR_WEIGHT 0.5
#define CLAIM_WEIGHT 0.5
/* A claim is believed to lie within this factor of what peers are like. */
#define CLAIM_RANGE 3.0
#define FAILURE_HALF_LIFE_US (2 * G_USEC_PER_SEC)
/* By which share a peer is expected to take longer for each failure. */
#define FAILURE_COST 0.5
/* Who has been silent for longer than expected is likely to stay so for this many times the excess:
 * how long uplinks stall has a heavy tail. */
#define STALL_FACTOR 6.0

typedef struct {
  guint64 chunk;
  guint64 bytes;
  gint64 asked_us;
} Request;

static double
to_seconds (gint64 us)
{
  return (double) us / G_USEC_PER_SEC;
}

static double
halve (double value, gint64 age_us, gint64 half_life_us)
{
  return value * exp2 (-(double) MAX (age_us, 0) / (double) half_life_us);
}

DfnDecayPeer *
dfn_decay_peer_new (guint64 id, gint64 now_us)
{
  DfnDecayPeer *self = g_new0 (DfnDecayPeer, 1);

  self->id = id;
  self->requests = g_array_new (FALSE, FALSE, sizeof (Request));
  self->progress_us = self->sample_us = self->failure_us = now_us;
  return self;
}

void
dfn_decay_peer_free (DfnDecayPeer *self)
{
  g_array_unref (self->requests);
  g_free (self);
}

void
dfn_decay_peer_ask (DfnDecayPeer *self, gint64 now_us, guint64 chunk, guint64 bytes)
{
  Request request = { .chunk = chunk, .bytes = bytes, .asked_us = now_us };

  if (self->requests->len >= DFN_PEER_RANKER_MAX_REQUESTS)
    return;
  g_array_append_val (self->requests, request);
  self->outstanding_bytes += bytes;
}

static gboolean
take_request (DfnDecayPeer *self, guint64 chunk, Request *request)
{
  for (guint i = 0; i < self->requests->len; i++)
    {
      *request = g_array_index (self->requests, Request, i);
      if (request->chunk != chunk)
        continue;
      g_array_remove_index (self->requests, i);
      self->outstanding_bytes -= request->bytes;
      return TRUE;
    }
  return FALSE;
}

/* The peer says how long a byte takes; what it says is clipped to what is likely. */
static double
get_claimed_pace (const DfnDecayPeer *self, const DfnDecayPrior *prior)
{
  double pace = 1 / self->claims.rate;

  return CLAMP (pace, prior->pace / CLAIM_RANGE, prior->pace * CLAIM_RANGE);
}

static double
get_pace (const DfnDecayPeer *self, gint64 now_us, const DfnDecayPrior *prior)
{
  double own = halve (self->weight, now_us - self->sample_us, SAMPLE_HALF_LIFE_US);
  double sum = own * self->pace + PRIOR_WEIGHT * prior->pace;
  double weight = own + PRIOR_WEIGHT;
  double claim = self->samples > 0 ? CLAIM_WEIGHT * MIN (own, 1) : CLAIM_WEIGHT;

  if (self->claims.rate > 0)
    {
      sum += claim * get_claimed_pace (self, prior);
      weight += claim;
    }
  return sum / weight;
}

static double
get_latency (const DfnDecayPeer *self, const DfnDecayPrior *prior)
{
  return self->rtt > 0 ? self->rtt : prior->latency;
}

static void
add_sample (DfnDecayPeer *self, gint64 now_us, double pace, double delivery)
{
  double own = halve (self->weight, now_us - self->sample_us, SAMPLE_HALF_LIFE_US);
  double gain = MAX (GAIN, 1 / (own + 1));

  self->pace += gain * (pace - self->pace);
  self->delivery += gain * (delivery - self->delivery);
  self->weight = own + 1;
  self->sample_us = now_us;
}

/* How long the peer had nothing else of ours to do than @request. */
static double
get_service (const DfnDecayPeer *self, gint64 now_us, const Request *request)
{
  return to_seconds (now_us - MAX (request->asked_us, self->progress_us));
}

gboolean
dfn_decay_peer_answer (
    DfnDecayPeer *self, gint64 now_us, guint64 chunk, const DfnDecayPrior *prior, double *pace)
{
  Request request;
  double service;

  if (!take_request (self, chunk, &request) || request.bytes == 0)
    return FALSE;
  service = get_service (self, now_us, &request);
  /* The path's latency passes once where requests follow each other without a break. */
  if (request.asked_us >= self->progress_us)
    service -= get_latency (self, prior);
  *pace = MAX (service, 1e-6) / (double) request.bytes;
  add_sample (self, now_us, *pace, to_seconds (now_us - request.asked_us));
  self->samples++;
  self->progress_us = now_us;
  return TRUE;
}

void
dfn_decay_peer_fail (DfnDecayPeer *self,
                     gint64 now_us,
                     guint64 chunk,
                     DfnPeerOutcome outcome,
                     const DfnDecayPrior *prior)
{
  Request request;
  double pace;

  if (!take_request (self, chunk, &request) || request.bytes == 0)
    return;
  pace = get_service (self, now_us, &request) / (double) request.bytes;
  /* It would have taken longer than this, which is something to learn if it is long. */
  if (pace > get_pace (self, now_us, prior))
    add_sample (self, now_us, pace, to_seconds (now_us - request.asked_us));
  if (outcome == DFN_PEER_OUTCOME_CANCELLED)
    return;
  self->failures = halve (self->failures, now_us - self->failure_us, FAILURE_HALF_LIFE_US) + 1;
  self->failure_us = now_us;
}

double
dfn_decay_peer_expect (const DfnDecayPeer *self,
                       gint64 now_us,
                       guint64 bytes,
                       const DfnDecayPrior *prior)
{
  double pace = get_pace (self, now_us, prior);
  double seconds = get_latency (self, prior) + pace * (double) (self->outstanding_bytes + bytes);
  double failures = halve (self->failures, now_us - self->failure_us, FAILURE_HALF_LIFE_US);

  if (self->requests->len > 0)
    {
      const Request *oldest = &g_array_index (self->requests, Request, 0);
      double waited = get_service (self, now_us, oldest);
      double expected = get_latency (self, prior) + pace * (double) oldest->bytes;

      seconds += STALL_FACTOR * MAX (waited - expected, 0);
    }
  return seconds * (1 + FAILURE_COST * failures);
}

void
dfn_decay_peer_measure (const DfnDecayPeer *self, gint64 now_us, DfnPeerMeasurements *measurements)
{
  *measurements = (DfnPeerMeasurements){
    .delivery_us = (gint64) (self->delivery * G_USEC_PER_SEC),
    .rate = self->pace > 0 ? 1 / self->pace : 0,
    .samples = self->samples,
    .age_us = self->samples > 0 ? now_us - self->progress_us : -1,
    .outstanding = self->requests->len,
    .outstanding_bytes = self->outstanding_bytes,
    .failures = halve (self->failures, now_us - self->failure_us, FAILURE_HALF_LIFE_US),
    .rtt_us = (gint64) (self->rtt * G_USEC_PER_SEC),
    .loss = self->loss,
  };
  if (self->requests->len > 0)
    measurements->oldest_us = now_us - g_array_index (self->requests, Request, 0).asked_us;
}
