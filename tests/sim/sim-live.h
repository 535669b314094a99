/* SPDX-License-Identifier: MIT */
#pragma once

#include "sim-network.h"

G_BEGIN_DECLS

/*
 * A live swarm on a simulated network: each member runs the real DfnLiveScheduler. Member 0 is the
 * source.
 */

typedef struct {
  guint n_viewers;
  double seconds;  /* of the stream */
  double load;     /* link bytes of the stream as a share of the fluid limit */
  double rate;     /* bytes/s of the stream; if not 0, instead of load */
  double uplink;   /* bytes/s: mean of the viewers' */
  double spread;   /* of the viewers' uplinks: the fastest has this times what the slowest has */
  double source;   /* the source's uplink as a multiple of the stream's rate */
  double downlink; /* as a multiple of the larger of the viewer's uplink and the stream's rate */
  guint degree;    /* links of a member, about */
  double slot_ms;
  double buffer_ms; /* 0 for twice the delay limit */
  double key;       /* bytes of a key frame, in multiples of another frame */
  double way_ms;    /* mean one-way delay */
  double loss;      /* share of packets */
  double jitter_ms;
  double churn;       /* share of viewers replaced each 5 s */
  double join_ms;     /* between two viewers that come; 0: all are there at first.
                       * The last one has to come before the end */
  double free_riders; /* share of viewers that give nothing */
  double polluters;   /* share of viewers that give garbage */
  double claimers;    /* share of viewers that offer what they never send */
  double flooders;    /* share of viewers that offer and claim all kinds of things */
  double liars;       /* share of viewers that claim ten times their uplink */
  double dead;        /* share of viewers that vanish at half-time, for others */
  guint64 seed;
} SimLiveSettings;

typedef struct {
  double rate;      /* bytes/s of payload */
  double link_rate; /* bytes/s on the link */
  double limit;     /* fluid limit, bytes/s on the link */
  double header_share;
  guint64 n_chunks; /* that were expected at viewers */
  double missed;    /* share of these not here in time */
  double stalled;   /* share of viewers that missed any */
  double p50_us, p99_us, max_us;
  double target_us;  /* 1.4 x ceil(log2 N) x (slot + one way) */
  double hops;       /* ceil(log2 N) */
  double duplicates; /* share of chunks that came twice */
  double control;    /* share of all bytes: offers, answers, haves, requests */
  double acks;       /* share of all bytes */
  double wasted;     /* share of all bytes: stopped half-way, sent to nobody, sent again */
  double source_copies;
  double fairness;    /* Jain's index of upload relative to uplink */
  double utilization; /* share of all uplinks' time */
  double accepted;    /* share of offers */
  double repairs;     /* a chunk */
  double cpu_seconds;
  guint64 n_events;
  gsize memory_early, memory_late; /* bytes of all schedulers at a tenth, and at the end */
} SimLiveResult;

extern const SimLiveSettings sim_live_defaults;

void sim_live_run (const SimLiveSettings *settings, SimLiveResult *result);

G_END_DECLS
