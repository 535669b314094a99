/* SPDX-License-Identifier: MIT */
#include "dfn-live-peer.h"

#include <math.h>

#define S 1000000.0

/* A promise kept or broken moves the score by this share of the way. */
#define KEPT_GAIN 0.1
#define BROKEN_GAIN 0.3
/* What it starts with, and drifts back to with this time constant. */
#define NEUTRAL_SCORE 0.7
#define SCORE_MEMORY (60 * S)
/* The same of the trust that it passes on what it is given. */
#define TRUST_GAIN 0.3
#define FIRST_TRUST 0.6
#define TRUST_MEMORY (90 * S)
#define EXCHANGE_MEMORY (20 * S)
#define WAIT_GAIN 0.15
#define TALK_BURST_SECONDS 2
#define DEFAULT_RTT_US 100000

void
dfn_live_peer_init (DfnLivePeer *self, gint64 now_us, guint64 id)
{
  *self = (DfnLivePeer){
    .id = id,
    .is_used = TRUE,
    .added_us = now_us,
    .rtt_us = DEFAULT_RTT_US,
    .tracks = G_MAXUINT64,
    .score = NEUTRAL_SCORE,
    .score_us = now_us,
    .trust = FIRST_TRUST,
    .trust_us = now_us,
    .decayed_us = now_us,
    .talk = -1,
    .talk_us = now_us,
  };
}

gboolean
dfn_live_peer_may_speak (DfnLivePeer *self, gint64 now_us, double per_second)
{
  double most = per_second * TALK_BURST_SECONDS;

  if (self->talk < 0)
    self->talk = most;
  self->talk = MIN (most, self->talk + (double) (now_us - self->talk_us) / S * per_second);
  self->talk_us = now_us;
  if (self->talk < 1)
    return FALSE;
  self->talk -= 1;
  return TRUE;
}

double
dfn_live_peer_get_score (DfnLivePeer *self, gint64 now_us)
{
  double age = (double) (now_us - self->score_us);

  if (age > SCORE_MEMORY / 100)
    {
      self->score = NEUTRAL_SCORE + (self->score - NEUTRAL_SCORE) * exp (-age / SCORE_MEMORY);
      self->score_us = now_us;
    }
  return self->score;
}

double
dfn_live_peer_get_trust (DfnLivePeer *self, gint64 now_us)
{
  double age = (double) (now_us - self->trust_us);

  if (age > TRUST_MEMORY / 100)
    {
      self->trust = FIRST_TRUST + (self->trust - FIRST_TRUST) * exp (-age / TRUST_MEMORY);
      self->trust_us = now_us;
    }
  return self->trust;
}

void
dfn_live_peer_showed (DfnLivePeer *self, gint64 now_us, double likely)
{
  double trust = dfn_live_peer_get_trust (self, now_us);

  self->trust = trust + MAX (TRUST_GAIN, 1.0 / (2 + self->n_judged)) * (likely - trust);
  self->n_judged++;
}

void
dfn_live_peer_kept (DfnLivePeer *self, gint64 now_us, gint64 wait_us)
{
  double difference = (double) wait_us - self->wait_us;

  self->score = dfn_live_peer_get_score (self, now_us) * (1 - KEPT_GAIN) + KEPT_GAIN;
  if (self->wait_us > 0)
    {
      self->wait_us += WAIT_GAIN * difference;
      self->wait_dev_us += WAIT_GAIN * (fabs (difference) - self->wait_dev_us);
    }
  else
    {
      self->wait_us = (double) MAX (wait_us, 1);
      self->wait_dev_us = self->wait_us / 2;
    }
}

void
dfn_live_peer_flowed (DfnLivePeer *self, gint64 flow_us)
{
  if (self->flow_us > 0)
    self->flow_us += WAIT_GAIN * ((double) flow_us - self->flow_us);
  else
    self->flow_us = (double) MAX (flow_us, 1);
}

void
dfn_live_peer_broke (DfnLivePeer *self, gint64 now_us)
{
  self->score = dfn_live_peer_get_score (self, now_us) * (1 - BROKEN_GAIN);
  self->n_broken++;
}

void
dfn_live_peer_decay (DfnLivePeer *self, gint64 now_us)
{
  double age = (double) (now_us - self->decayed_us), factor;

  if (age < EXCHANGE_MEMORY / 100)
    return;
  factor = exp (-age / EXCHANGE_MEMORY);
  self->received *= factor;
  self->decayed_us = now_us;
}

gint64
dfn_live_peer_get_late_us (const DfnLivePeer *self, guint32 size, gint64 slot_us, guint64 uplink)
{
  gint64 least = self->rtt_us * 3 / 2 + slot_us;
  gint64 most = 20 * slot_us + self->rtt_us;

  if (self->wait_us > 0)
    return CLAMP ((gint64) (self->wait_us + 3 * self->wait_dev_us), least, most);
  return CLAMP (self->rtt_us * 2 + (gint64) (3 * size * S / MAX ((double) uplink, 1)) + slot_us,
                least, most);
}
