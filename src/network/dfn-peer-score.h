/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnPeerFault:
 * @DFN_PEER_FAULT_INVALID_CHUNK: what it gave does not prove; nobody honest passes such a thing on
 * @DFN_PEER_FAULT_BROKEN_CLAIM: it said it had or would send something and did not; it may have
 *   had bad luck
 * @DFN_PEER_FAULT_SILENCE: it did not answer in time
 * @DFN_PEER_FAULT_EXCESS: it sent more than it is allowed
 */
typedef enum {
  DFN_PEER_FAULT_INVALID_CHUNK,
  DFN_PEER_FAULT_BROKEN_CLAIM,
  DFN_PEER_FAULT_SILENCE,
  DFN_PEER_FAULT_EXCESS,
} DfnPeerFault;

/**
 * DfnPeerStanding:
 * @DFN_PEER_STANDING_GOOD: nothing against it
 * @DFN_PEER_STANDING_DEGRADED: it is asked less and replaced first
 * @DFN_PEER_STANDING_DROP: it is of no use now
 * @DFN_PEER_STANDING_BAN: it is proven bad and not let in again for a while
 */
typedef enum {
  DFN_PEER_STANDING_GOOD,
  DFN_PEER_STANDING_DEGRADED,
  DFN_PEER_STANDING_DROP,
  DFN_PEER_STANDING_BAN,
} DfnPeerStanding;

/** DFN_PEER_SCORE_HALF_LIFE_US: after so long, half of what a peer did is forgotten */
#define DFN_PEER_SCORE_HALF_LIFE_US (5 * 60 * (gint64) G_USEC_PER_SEC)

/**
 * DfnPeerScore:
 *
 * What one peer has done for us and to us, each with a half-life. Plain memory with no clock of
 * its own: times are microseconds of any clock that does not run backwards.
 */
typedef struct {
  /*< private >*/
  double given;
  double taken;
  double broken;
  double kept;
  guint n_invalid;
  double latency_us;
  double remembered;
  gint64 since_us;
  gint64 last_us;
  gint64 useful_us;
} DfnPeerScore;

/**
 * dfn_peer_score_init:
 * @remembered: what an earlier connection ended with, -1 to 1, of which a part counts; 0 for a
 *   stranger
 */
void dfn_peer_score_init (DfnPeerScore *self, gint64 now_us, double remembered);

/* The peer gave us @bytes that proved. */
void dfn_peer_score_gave (DfnPeerScore *self, gint64 now_us, guint64 bytes);
/* The peer took @bytes from us: what we are for, and a reason to keep it. */
void dfn_peer_score_took (DfnPeerScore *self, gint64 now_us, guint64 bytes);
/* How long it took from asking to having, microseconds. */
void dfn_peer_score_latency (DfnPeerScore *self, gint64 now_us, gint64 latency_us);
void dfn_peer_score_fault (DfnPeerScore *self, gint64 now_us, DfnPeerFault fault);

/**
 * dfn_peer_score_get:
 *
 * Returns: -1 (proven bad) to 1 (has served well for long); 0 for a stranger
 */
double dfn_peer_score_get (const DfnPeerScore *self, gint64 now_us);
DfnPeerStanding dfn_peer_score_get_standing (const DfnPeerScore *self, gint64 now_us);

/**
 * dfn_peer_score_get_idle_us:
 *
 * Returns: for how long nothing useful passed in either direction, microseconds
 */
gint64 dfn_peer_score_get_idle_us (const DfnPeerScore *self, gint64 now_us);

G_END_DECLS
