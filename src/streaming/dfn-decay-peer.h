/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer-ranker.h"

G_BEGIN_DECLS

/* What a DfnDecayRanker knows of one peer. Only for it and its tests. */

/* What peers are like on average: stands in for what is not known of one of them. */
typedef struct {
  double pace;    /* seconds a byte */
  double latency; /* seconds */
} DfnDecayPrior;

typedef struct {
  guint64 id;
  GArray *requests; /* Request, the oldest first */
  guint64 outstanding_bytes;
  gint64 progress_us; /* when it last answered anything */

  double pace;     /* seconds a byte, while something is asked of it */
  double weight;   /* decayed number of samples behind it, at sample_us */
  double delivery; /* seconds from request to last byte */
  gint64 sample_us;
  guint64 samples;

  double failures; /* decayed, at failure_us */
  gint64 failure_us;

  double rtt; /* seconds, 0 while unknown */
  double loss;
  DfnPeerClaims claims;
} DfnDecayPeer;

DfnDecayPeer *dfn_decay_peer_new (guint64 id, gint64 now_us);
void dfn_decay_peer_free (DfnDecayPeer *self);

void dfn_decay_peer_ask (DfnDecayPeer *self, gint64 now_us, guint64 chunk, guint64 bytes);

/**
 * dfn_decay_peer_answer:
 * @pace: (out): what this answer shows, in seconds a byte
 *
 * Returns: %FALSE if that was not asked of it, or shows nothing
 */
gboolean dfn_decay_peer_answer (
    DfnDecayPeer *self, gint64 now_us, guint64 chunk, const DfnDecayPrior *prior, double *pace);
void dfn_decay_peer_fail (DfnDecayPeer *self,
                          gint64 now_us,
                          guint64 chunk,
                          DfnPeerOutcome outcome,
                          const DfnDecayPrior *prior);

/* Seconds until @bytes more would be here. */
double dfn_decay_peer_expect (const DfnDecayPeer *self,
                              gint64 now_us,
                              guint64 bytes,
                              const DfnDecayPrior *prior);
void
dfn_decay_peer_measure (const DfnDecayPeer *self, gint64 now_us, DfnPeerMeasurements *measurements);

G_END_DECLS
