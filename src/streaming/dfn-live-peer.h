/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-window.h"

G_BEGIN_DECLS

/*
 * What the live scheduler knows of one peer. Places in its table are numbers below
 * DFN_LIVE_SCHEDULER_MAX_PEERS; sets of peers are bits by place.
 */
typedef struct {
  guint64 id;
  gboolean is_used;
  gboolean is_banned;
  gboolean is_source; /* makes the chunks: it hears who has what, and is offered nothing */
  gint64 added_us;
  gint64 rtt_us;
  guint64 path_rate; /* bytes/s, 0 if unknown */
  guint64 uplink;    /* bytes/s that it claims, 0 if it claims nothing */
  guint64 tracks;
  double score; /* of what it promised, how much it kept: 0 to 1 */
  gint64 score_us;
  double trust; /* that it passes on what it alone was given: 0 to 1 */
  gint64 trust_us;
  guint n_judged;     /* chunks by which that was judged */
  double wait_us;     /* from our word to the chunk's arrival, smoothed, 0 while unknown */
  double wait_dev_us; /* mean deviation of that */
  double flow_us;     /* from a chunk's first bytes to its last, smoothed, 0 while unknown */
  double received;    /* chunks it gave us, decayed */
  gint64 decayed_us;  /* when that was last made smaller */
  double talk;        /* how much more it may say now */
  gint64 talk_us;
  guint n_claims;   /* of ours that it is to keep */
  guint n_outs;     /* what we offered, are to send or send it */
  gint64 untold_us; /* since when it waits to be told what we have, 0 if for nothing */
  guint64 n_received;
  guint64 n_sent;
  guint64 n_broken;
} DfnLivePeer;

void dfn_live_peer_init (DfnLivePeer *self, gint64 now_us, guint64 id);

/** dfn_live_peer_may_speak: whether it may say one more thing that costs us work; @per_second of
 * them are allowed in the long run */
gboolean dfn_live_peer_may_speak (DfnLivePeer *self, gint64 now_us, double per_second);

/** dfn_live_peer_get_score: as of now; it drifts back to the middle, so that nobody is bad forever
 */
double dfn_live_peer_get_score (DfnLivePeer *self, gint64 now_us);

/** dfn_live_peer_get_trust: as of now; it drifts back to where it began, so that everybody is tried
 * again */
double dfn_live_peer_get_trust (DfnLivePeer *self, gint64 now_us);
/** dfn_live_peer_showed: how likely it is, 0 to 1, that it passed on a chunk that it was given */
void dfn_live_peer_showed (DfnLivePeer *self, gint64 now_us, double likely);

void dfn_live_peer_kept (DfnLivePeer *self, gint64 now_us, gint64 wait_us);
/** dfn_live_peer_flowed: a chunk's bytes took @flow_us to come */
void dfn_live_peer_flowed (DfnLivePeer *self, gint64 flow_us);
void dfn_live_peer_broke (DfnLivePeer *self, gint64 now_us);

/** dfn_live_peer_decay: makes what it gave count less as it ages */
void dfn_live_peer_decay (DfnLivePeer *self, gint64 now_us);

/** dfn_live_peer_get_late_us: from our word on, when a chunk of @size counts as late */
gint64
dfn_live_peer_get_late_us (const DfnLivePeer *self, guint32 size, gint64 slot_us, guint64 uplink);

G_END_DECLS
