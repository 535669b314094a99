/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"
#include "dfn-peer-ranker.h"

G_BEGIN_DECLS

/** DFN_FETCH_PLAN_MAX_PEERS: the most providers that are asked at once */
#define DFN_FETCH_PLAN_MAX_PEERS 128
/** DFN_FETCH_PLAN_MAX_REQUESTS: the most requests at one peer, which lets 192 wait */
#define DFN_FETCH_PLAN_MAX_REQUESTS 160
/* Bytes asked of one peer at once: at the start, and the bounds of what is learned. */
#define DFN_FETCH_PLAN_FIRST_WINDOW (2 * 1024 * 1024)
#define DFN_FETCH_PLAN_MIN_WINDOW (1 * 1024 * 1024)
#define DFN_FETCH_PLAN_MAX_WINDOW (32 * 1024 * 1024)

/**
 * DfnFetchPlan:
 *
 * Decides which chunk of a recorded file is asked of which peer, and when. It has no clock, no
 * sockets and no randomness: the caller says what happened and what time it is, in microseconds of
 * any clock that never runs backwards, and does what it is told:
 *
 *     after anything happened, or when dfn_fetch_plan_get_wakeup() is reached:
 *       while dfn_fetch_plan_next_abandoned(): cancel that request at that peer
 *       while dfn_fetch_plan_next(): send that request to that peer
 *
 * Each chunk goes to the peer that promises it soonest among those with room in their window;
 * chunks are taken in order from the playhead, then from the beginning. The window of a peer is
 * what its link holds twice over, learned from its answers, so that links stay full and little
 * waits in line. Nothing is asked twice while it may still come, with one exception: when nothing
 * else is left to ask, a request that is late is asked of a second peer, too.
 */
typedef struct _DfnFetchPlan DfnFetchPlan;

/**
 * DfnFetchFailure:
 * @DFN_FETCH_FAILURE_REFUSED: the peer cannot give this chunk now; ask elsewhere, or later. After
 *   many in a row the peer is left alone for a while
 * @DFN_FETCH_FAILURE_HARD: the peer did something wrong; ask it for nothing before a back-off that
 *   doubles each time
 */
typedef enum {
  DFN_FETCH_FAILURE_REFUSED,
  DFN_FETCH_FAILURE_HARD,
} DfnFetchFailure;

/**
 * DfnFetchStats:
 * @n_missing: chunks that are not here, asked for or not
 * @n_outstanding: requests under way
 * @rate: bytes/s of all peers together, as learned
 * @n_duplicates: chunks that came although they were here already
 */
typedef struct {
  guint n_peers;
  guint32 n_missing;
  guint n_outstanding;
  double rate;
  guint64 n_requests;
  guint64 n_received;
  guint64 n_duplicates;
  guint64 n_hedges;
  guint64 n_moved;
  guint64 n_timeouts;
  guint64 n_failures;
} DfnFetchStats;

/**
 * DfnFetchPeerStats:
 * @rate: bytes/s, 0 while unknown
 * @response_us: smoothed time from request to chunk, 0 while unknown
 * @window: bytes that may be asked of it at once
 * @outstanding: bytes that are
 * @is_stalled: whether it has been silent for a timeout
 */
typedef struct {
  double rate;
  gint64 response_us;
  gsize window;
  gsize outstanding;
  guint64 n_received;
  guint64 n_timeouts;
  guint64 n_failures;
  gboolean is_stalled;
} DfnFetchPeerStats;

/**
 * DfnFetchChoice:
 * @policy: (transfer none): what decided: the ranker's name, "hedge" or "relief"
 * @probability: how probable the choice was
 * @n_candidates: among how many peers
 * @is_hedge: whether the chunk is under way from another peer, too
 */
typedef struct {
  const char *policy;
  double probability;
  guint n_candidates;
  gboolean is_hedge;
} DfnFetchChoice;

/**
 * dfn_fetch_plan_new:
 * @size: bytes of the file, 1 to %DFN_MANIFEST_MAX_SIZE
 * @chunk_size: of every chunk but the last, as in dfn_manifest_new()
 * @present: (nullable): chunks that are here already
 * @seed: decides between equals
 *
 * Returns: (transfer full): a plan for the others
 */
DfnFetchPlan *
dfn_fetch_plan_new (guint64 size, guint32 chunk_size, const DfnBitmap *present, guint32 seed);
void dfn_fetch_plan_free (DfnFetchPlan *self);

/**
 * dfn_fetch_plan_add_peer:
 * @peer: a number of the caller's, not in use
 * @has: (nullable): the chunks it has, or %NULL for all
 *
 * Returns: %FALSE if there are %DFN_FETCH_PLAN_MAX_PEERS already
 */
gboolean
dfn_fetch_plan_add_peer (DfnFetchPlan *self, gint64 now_us, guint64 peer, const DfnBitmap *has);

/** dfn_fetch_plan_remove_peer: what was asked of it is asked of others first */
void dfn_fetch_plan_remove_peer (DfnFetchPlan *self, guint64 peer);

/** dfn_fetch_plan_set_peer_chunks: a new map of what @peer has, as in dfn_fetch_plan_add_peer() */
void dfn_fetch_plan_set_peer_chunks (DfnFetchPlan *self, guint64 peer, const DfnBitmap *has);

/** dfn_fetch_plan_add_peer_chunk: @peer has chunk @index, too; numbers out of range do nothing */
void dfn_fetch_plan_add_peer_chunk (DfnFetchPlan *self, guint64 peer, guint32 index);

/** dfn_fetch_plan_peer_is_idle: @peer says that it has nothing to send: what waits elsewhere may be
 * asked of it */
void dfn_fetch_plan_peer_is_idle (DfnFetchPlan *self, gint64 now_us, guint64 peer);

/**
 * dfn_fetch_plan_set_playhead:
 * @index: the chunk that is played
 * @n_ahead: how many chunks, from it on, come first and in order; 0 for none
 *
 * After a jump what was asked for elsewhere and has not begun to arrive is called off.
 */
void dfn_fetch_plan_set_playhead (DfnFetchPlan *self, guint32 index, guint32 n_ahead);

/**
 * dfn_fetch_plan_next:
 * @peer: (out): whom to ask
 * @index: (out): for which chunk
 *
 * The request counts as sent with this call.
 *
 * Returns: %TRUE if there is something to ask for now
 */
gboolean dfn_fetch_plan_next (DfnFetchPlan *self, gint64 now_us, guint64 *peer, guint32 *index);

/* Of the last request that dfn_fetch_plan_next() told. */
void dfn_fetch_plan_get_choice (DfnFetchPlan *self, DfnFetchChoice *choice);

/**
 * dfn_fetch_plan_get_ranker:
 *
 * Returns: (transfer none): what chooses between peers that have room; it hears of every request by
 *   the plan, and of paths and claims by the caller
 */
DfnPeerRanker *dfn_fetch_plan_get_ranker (DfnFetchPlan *self);

/**
 * dfn_fetch_plan_next_abandoned:
 * @peer: (out): who was asked
 * @index: (out): for which chunk
 *
 * A request that timed out, or whose chunk came from elsewhere. What arrives for it nevertheless is
 * still welcome to dfn_fetch_plan_received().
 *
 * Returns: %TRUE if there is one
 */
gboolean
dfn_fetch_plan_next_abandoned (DfnFetchPlan *self, gint64 now_us, guint64 *peer, guint32 *index);

/* Of the last request that dfn_fetch_plan_next_abandoned() told: timed out or cancelled. */
DfnPeerOutcome dfn_fetch_plan_get_abandoned_outcome (DfnFetchPlan *self);

/**
 * dfn_fetch_plan_get_wakeup:
 *
 * To be asked after dfn_fetch_plan_next_abandoned() and dfn_fetch_plan_next() had nothing more.
 *
 * Returns: when, after @now_us, one of them may have something even if nothing happens until then;
 *   %G_MAXINT64 if never
 */
gint64 dfn_fetch_plan_get_wakeup (DfnFetchPlan *self, gint64 now_us);

/** dfn_fetch_plan_active: bytes of chunk @index arrived from @peer, so it is not silent */
void dfn_fetch_plan_active (DfnFetchPlan *self, gint64 now_us, guint64 peer, guint32 index);

/**
 * dfn_fetch_plan_received:
 *
 * Chunk @index arrived whole from @peer, which may be gone by now.
 *
 * Returns: whether it was missing
 */
gboolean dfn_fetch_plan_received (DfnFetchPlan *self, gint64 now_us, guint64 peer, guint32 index);

/**
 * dfn_fetch_plan_failed:
 *
 * Chunk @index did not come from @peer, or what came was no good.
 */
void dfn_fetch_plan_failed (
    DfnFetchPlan *self, gint64 now_us, guint64 peer, guint32 index, DfnFetchFailure failure);

/**
 * dfn_fetch_plan_lost:
 *
 * Chunk @index, which counts as received, is missing after all: it did not prove, or could not be
 * stored.
 */
void dfn_fetch_plan_lost (DfnFetchPlan *self, guint32 index);

/** dfn_fetch_plan_is_done: whether no chunk is missing */
gboolean dfn_fetch_plan_is_done (DfnFetchPlan *self);

void dfn_fetch_plan_get_stats (DfnFetchPlan *self, DfnFetchStats *stats);

/** dfn_fetch_plan_get_peer_stats: returns %FALSE if @peer is not there */
gboolean dfn_fetch_plan_get_peer_stats (DfnFetchPlan *self, guint64 peer, DfnFetchPeerStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnFetchPlan, dfn_fetch_plan_free)

G_END_DECLS
