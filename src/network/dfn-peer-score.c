/* SPDX-License-Identifier: MIT */
#include "dfn-peer-score.h"

#include <math.h>

/* So many bytes, decayed, are service enough for a full score. */
#define FULL_SERVICE (8.0 * 1024 * 1024)
/* Giving counts whole; taking, which costs us, counts as a reason to stay but less. */
#define TAKEN_WEIGHT 0.25
/* A claim kept for each so many bytes given: a peer that serves a lot may break a few. */
#define BYTES_A_CLAIM (256.0 * 1024)
/* Before a share of broken claims says anything. */
#define CLAIMS_PRIOR 8.0
#define EXCESS_WEIGHT 2.0
/* What was before is a reason to prefer another, not to let nobody in. */
#define MAX_REMEMBERED 0.5
#define DEGRADED_BELOW (-0.15)
#define DROPPED_BELOW (-0.6)
/* Above this a peer's slowness costs it; at twice that it costs half a point. */
#define SLOW_US (2.0 * G_USEC_PER_SEC)
#define LATENCY_WEIGHT 0.125

void
dfn_peer_score_init (DfnPeerScore *self, gint64 now_us, double remembered)
{
  *self = (DfnPeerScore){
    .remembered = CLAMP (remembered, -MAX_REMEMBERED, MAX_REMEMBERED),
    .since_us = now_us,
    .last_us = now_us,
    .useful_us = now_us,
  };
}

static double
fade (gint64 from_us, gint64 to_us)
{
  return to_us > from_us ? exp2 (-(double) (to_us - from_us) / (double) DFN_PEER_SCORE_HALF_LIFE_US)
                         : 1;
}

static void
decay (DfnPeerScore *self, gint64 now_us)
{
  double factor = fade (self->last_us, now_us);

  self->given *= factor;
  self->taken *= factor;
  self->broken *= factor;
  self->kept *= factor;
  self->remembered *= factor;
  self->last_us = MAX (self->last_us, now_us);
}

void
dfn_peer_score_gave (DfnPeerScore *self, gint64 now_us, guint64 bytes)
{
  decay (self, now_us);
  self->given += (double) bytes;
  self->kept += (double) bytes / BYTES_A_CLAIM;
  self->useful_us = MAX (self->useful_us, now_us);
}

void
dfn_peer_score_took (DfnPeerScore *self, gint64 now_us, guint64 bytes)
{
  decay (self, now_us);
  self->taken += (double) bytes;
  self->useful_us = MAX (self->useful_us, now_us);
}

void
dfn_peer_score_latency (DfnPeerScore *self, gint64 now_us, gint64 latency_us)
{
  decay (self, now_us);
  self->latency_us += LATENCY_WEIGHT * ((double) MAX (latency_us, 0) - self->latency_us);
}

void
dfn_peer_score_fault (DfnPeerScore *self, gint64 now_us, DfnPeerFault fault)
{
  decay (self, now_us);
  switch (fault)
    {
    case DFN_PEER_FAULT_INVALID_CHUNK:
      self->n_invalid++;
      break;
    case DFN_PEER_FAULT_BROKEN_CLAIM:
    case DFN_PEER_FAULT_SILENCE:
      self->broken += 1;
      break;
    case DFN_PEER_FAULT_EXCESS:
      self->broken += EXCESS_WEIGHT;
      break;
    }
}

double
dfn_peer_score_get (const DfnPeerScore *self, gint64 now_us)
{
  double factor = fade (self->last_us, now_us);
  double service = (self->given + TAKEN_WEIGHT * self->taken) * factor;
  double broken = self->broken * factor;
  double reliability = broken / (broken + self->kept * factor + CLAIMS_PRIOR);
  double slowness = CLAMP (self->latency_us / SLOW_US - 1, 0, 1) * 0.5;

  if (self->n_invalid > 0)
    return -1;
  return CLAMP (service / (service + FULL_SERVICE / 4) + self->remembered * factor - 2 * reliability
                    - slowness,
                -1, 1);
}

DfnPeerStanding
dfn_peer_score_get_standing (const DfnPeerScore *self, gint64 now_us)
{
  double score = dfn_peer_score_get (self, now_us);

  if (self->n_invalid > 0)
    return DFN_PEER_STANDING_BAN;
  if (score < DROPPED_BELOW)
    return DFN_PEER_STANDING_DROP;
  return score < DEGRADED_BELOW ? DFN_PEER_STANDING_DEGRADED : DFN_PEER_STANDING_GOOD;
}

gint64
dfn_peer_score_get_idle_us (const DfnPeerScore *self, gint64 now_us)
{
  return MAX (now_us - self->useful_us, 0);
}
