/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/** DFN_PEER_RANKER_MAX_PEERS: the most peers that one ranker knows */
#define DFN_PEER_RANKER_MAX_PEERS 1024
/** DFN_PEER_RANKER_MAX_REQUESTS: the most requests to one peer that are followed at once */
#define DFN_PEER_RANKER_MAX_REQUESTS 256

#define DFN_TYPE_PEER_RANKER (dfn_peer_ranker_get_type ())
G_DECLARE_INTERFACE (DfnPeerRanker, dfn_peer_ranker, DFN, PEER_RANKER, GObject)

/**
 * DfnPeerRanker:
 *
 * Learns from the requests of one swarm how soon each peer delivers, and says whom to ask. It has
 * no clock, no socket and no randomness of its own: time is an argument, in microseconds of any
 * clock that never runs backwards, and an implementation gets a seed when it is made. Peers and
 * chunks are numbers of the caller's. Whatever concerns a peer or a request that it does not know
 * does nothing.
 *
 *     dfn_peer_ranker_add_peer (ranker, now_us, id)
 *     place = dfn_peer_ranker_choose (ranker, now_us, peers, n, bytes, &probability)
 *     dfn_peer_ranker_asked (ranker, now_us, peers[place], chunk, bytes)
 *     … dfn_peer_ranker_answered() or dfn_peer_ranker_failed()
 */

/**
 * DfnPeerOutcome:
 * @DFN_PEER_OUTCOME_DELIVERED: the chunk came whole
 * @DFN_PEER_OUTCOME_REFUSED: the peer answered that it cannot give it now
 * @DFN_PEER_OUTCOME_TIMED_OUT: it did not come in time, and was given up
 * @DFN_PEER_OUTCOME_CANCELLED: it is not wanted any more; nobody's fault, but the time that it was
 *   waited for counts
 * @DFN_PEER_OUTCOME_GONE: the connection ended
 * @DFN_PEER_OUTCOME_INVALID: what came does not prove
 *
 * What became of a request. The numbers are written to the request log and stay.
 */
typedef enum {
  DFN_PEER_OUTCOME_DELIVERED = 0,
  DFN_PEER_OUTCOME_REFUSED = 1,
  DFN_PEER_OUTCOME_TIMED_OUT = 2,
  DFN_PEER_OUTCOME_CANCELLED = 3,
  DFN_PEER_OUTCOME_GONE = 4,
  DFN_PEER_OUTCOME_INVALID = 5,
} DfnPeerOutcome;

/**
 * DfnPeerClaims:
 * @rate: bytes/s that it says it can give to one more; 0 if it says nothing of it
 * @queue_bytes: bytes that it says wait in its send queue
 *
 * What a peer says of itself. It is clipped, and only stands in for measurements while there are
 * few of them.
 */
typedef struct {
  double rate;
  guint64 queue_bytes;
} DfnPeerClaims;

/**
 * DfnPeerMeasurements:
 * @delivery_us: smoothed time from request to last byte; 0 while unknown
 * @rate: smoothed bytes/s while something is asked of it; 0 while unknown
 * @samples: answers that this is learned from
 * @age_us: since the last answer; -1 before the first
 * @outstanding: requests without an answer
 * @outstanding_bytes: their bytes
 * @oldest_us: how long the oldest of them has waited, 0 if there is none
 * @failures: failed requests, decayed
 * @rtt_us: round trip; 0 while unknown
 * @loss: share of packets lost, 0 to 1
 *
 * What this side has measured of a peer by some moment.
 */
typedef struct {
  gint64 delivery_us;
  double rate;
  guint64 samples;
  gint64 age_us;
  guint outstanding;
  guint64 outstanding_bytes;
  gint64 oldest_us;
  double failures;
  gint64 rtt_us;
  double loss;
} DfnPeerMeasurements;

/**
 * DfnPeerRankerInterface:
 * @get_policy: a name for the rule and its version, as the request log keeps it
 *
 * The others are described with their functions.
 */
struct _DfnPeerRankerInterface {
  GTypeInterface parent_iface;

  const char *(*get_policy) (DfnPeerRanker *self);
  gboolean (*add_peer) (DfnPeerRanker *self, gint64 now_us, guint64 peer);
  void (*remove_peer) (DfnPeerRanker *self, guint64 peer);
  void (*set_path) (DfnPeerRanker *self, guint64 peer, gint64 rtt_us, double loss);
  void (*claims) (DfnPeerRanker *self, gint64 now_us, guint64 peer, const DfnPeerClaims *claims);
  void (*asked) (DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, guint64 bytes);
  void (*answered) (
      DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, gint64 first_byte_us);
  void (*failed) (
      DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, DfnPeerOutcome outcome);
  double (*expect) (DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 bytes);
  guint (*choose) (DfnPeerRanker *self,
                   gint64 now_us,
                   const guint64 *peers,
                   guint n,
                   guint64 bytes,
                   double *probability);
  gboolean (*measure) (DfnPeerRanker *self,
                       gint64 now_us,
                       guint64 peer,
                       DfnPeerMeasurements *measurements);
};

const char *dfn_peer_ranker_get_policy (DfnPeerRanker *self);

/**
 * dfn_peer_ranker_add_peer:
 * @peer: a number that is not in use
 *
 * Returns: %FALSE if there are %DFN_PEER_RANKER_MAX_PEERS already, or @peer is one of them
 */
gboolean dfn_peer_ranker_add_peer (DfnPeerRanker *self, gint64 now_us, guint64 peer);

/* Forgets a peer, and what was asked of it. */
void dfn_peer_ranker_remove_peer (DfnPeerRanker *self, guint64 peer);

/**
 * dfn_peer_ranker_set_path:
 * @rtt_us: the connection's smoothed round trip; 0 for unknown
 * @loss: the share of packets that it lost, 0 to 1
 */
void dfn_peer_ranker_set_path (DfnPeerRanker *self, guint64 peer, gint64 rtt_us, double loss);

/** dfn_peer_ranker_claims: @peer says of itself; the newest @claims hold */
void dfn_peer_ranker_claims (DfnPeerRanker *self,
                             gint64 now_us,
                             guint64 peer,
                             const DfnPeerClaims *claims);

/**
 * dfn_peer_ranker_asked:
 * @chunk: names the request to @peer, at which no other one for the same chunk is under way
 * @bytes: the size of the answer
 */
void dfn_peer_ranker_asked (
    DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, guint64 bytes);

/**
 * dfn_peer_ranker_answered:
 * @now_us: when the last byte came
 * @first_byte_us: when the first one came; 0 for unknown
 */
void dfn_peer_ranker_answered (
    DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, gint64 first_byte_us);

/**
 * dfn_peer_ranker_failed:
 * @outcome: anything but %DFN_PEER_OUTCOME_DELIVERED
 */
void dfn_peer_ranker_failed (
    DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, DfnPeerOutcome outcome);

/**
 * dfn_peer_ranker_expect:
 * @bytes: the size of one more request
 *
 * What is asked of the peer already comes first, and how long the oldest of it has been waited for
 * says how it goes there.
 *
 * Returns: seconds until its last byte would be here; %G_MAXDOUBLE for a peer that is not known
 */
double dfn_peer_ranker_expect (DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 bytes);

/**
 * dfn_peer_ranker_choose:
 * @peers: (array length=n): who could be asked, at least one
 * @bytes: for a chunk of this size
 * @probability: (out) (optional): how probable this choice was among @peers, above 0
 *
 * Now and then a choice explores instead of taking the peer that promises most, so that what is
 * known of the others does not grow old.
 *
 * Returns: the place of the chosen one in @peers
 */
guint dfn_peer_ranker_choose (DfnPeerRanker *self,
                              gint64 now_us,
                              const guint64 *peers,
                              guint n,
                              guint64 bytes,
                              double *probability);

/**
 * dfn_peer_ranker_measure:
 * @measurements: (out caller-allocates): what is known of @peer
 *
 * Returns: %FALSE if @peer is not known
 */
gboolean dfn_peer_ranker_measure (DfnPeerRanker *self,
                                  gint64 now_us,
                                  guint64 peer,
                                  DfnPeerMeasurements *measurements);

G_END_DECLS
