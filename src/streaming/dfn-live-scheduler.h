/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_LIVE_SCHEDULER_MAX_PEERS: the most peers that one scheduler deals with */
#define DFN_LIVE_SCHEDULER_MAX_PEERS 64
/** DFN_LIVE_SCHEDULER_MAX_TRACKS: tracks are numbered below this */
#define DFN_LIVE_SCHEDULER_MAX_TRACKS 64
/** DFN_LIVE_SCHEDULER_MAX_CHUNK: the most bytes of a chunk; a key frame is cut into several */
#define DFN_LIVE_SCHEDULER_MAX_CHUNK 65536
/** DFN_LIVE_SCHEDULER_HAVE_BITS: sequences that one HAVE action speaks of */
#define DFN_LIVE_SCHEDULER_HAVE_BITS 64

/**
 * DfnLiveScheduler:
 *
 * Decides, for one member of a live swarm, which chunk is offered and sent to which peer, which
 * offers are taken, and what is asked of whom when it does not come by itself. It has no clock, no
 * sockets and no randomness of its own: the caller says what happened and what time it is, in
 * microseconds of any clock that never runs backwards, and does what it is told:
 *
 *     after anything happened, or when dfn_live_scheduler_get_wakeup() is reached:
 *       while dfn_live_scheduler_next(): do what it says
 *       send what it said to each peer as one LiveUpdate a peer
 *
 * Time of capture is in the same clock: the caller maps the broadcaster's clock to it.
 *
 * A chunk goes its way in four steps: the sender offers it, the receiver accepts one such offer at
 * a time and declines others, the sender sends, and the receiver tells those for whom it matters
 * that it has it. The next offer travels while the present chunk is being sent. What has not come
 * by itself when its time gets short is requested.
 */
typedef struct _DfnLiveScheduler DfnLiveScheduler;

/** DfnChunkId: which chunk of the present epoch; a restarted stream gets a new scheduler */
typedef struct {
  guint32 track;
  guint32 sequence;
} DfnChunkId;

/**
 * DfnLiveSchedulerConfig:
 * @slot_us: nominal duration of a chunk, at least 1000
 * @buffer_us: a chunk is of use until its time of capture plus this
 * @chunk_size: nominal bytes of a chunk
 * @uplink: bytes/s that the swarm may use of our uplink; 0 while unknown
 * @is_source: whether every chunk is made here
 * @seed: for what is decided by chance
 */
typedef struct {
  gint64 slot_us;
  gint64 buffer_us;
  guint32 chunk_size;
  guint64 uplink;
  gboolean is_source;
  guint64 seed;
} DfnLiveSchedulerConfig;

/**
 * DfnLiveActionType:
 * @DFN_LIVE_ACTION_HAVE: tell @peer that we have the chunks of @have
 * @DFN_LIVE_ACTION_OFFER: offer chunk @id of @size bytes to @peer
 * @DFN_LIVE_ACTION_ACCEPT: accept @peer's offer of @id
 * @DFN_LIVE_ACTION_DECLINE: decline @peer's offer of @id
 * @DFN_LIVE_ACTION_SEND: push @id to @peer, or answer its request with it, before what has a later
 *   @deadline_us; then call dfn_live_scheduler_sent()
 * @DFN_LIVE_ACTION_REFUSE: answer @peer's request for @id with "busy" or "not found"
 * @DFN_LIVE_ACTION_REQUEST: request @id from @peer
 * @DFN_LIVE_ACTION_CANCEL: what @peer sends us of @id, accepted or requested, is not wanted any
 *   more: tell it so, and stop the stream if it has begun
 * @DFN_LIVE_ACTION_ABORT: what we send or offered @peer of @id is not to be sent: reset the stream
 * if it has begun, take the offer back if not; dfn_live_scheduler_sent() is not called for it
 */
typedef enum {
  DFN_LIVE_ACTION_HAVE,
  DFN_LIVE_ACTION_OFFER,
  DFN_LIVE_ACTION_ACCEPT,
  DFN_LIVE_ACTION_DECLINE,
  DFN_LIVE_ACTION_SEND,
  DFN_LIVE_ACTION_REFUSE,
  DFN_LIVE_ACTION_REQUEST,
  DFN_LIVE_ACTION_CANCEL,
  DFN_LIVE_ACTION_ABORT,
} DfnLiveActionType;

/**
 * DfnLiveAction:
 * @id: the chunk; for HAVE the track, and the sequence of the least significant bit of @have
 * @have: bit n: sequence @id.sequence + n
 * @deadline_us: order among sends of all peers
 */
typedef struct {
  DfnLiveActionType type;
  guint64 peer;
  DfnChunkId id;
  guint32 size;
  guint64 have;
  gint64 deadline_us;
} DfnLiveAction;

/**
 * DfnLiveFailure:
 * @DFN_LIVE_FAILURE_REFUSED: the peer does not have it
 * @DFN_LIVE_FAILURE_BUSY: the peer does too much for us or others already
 * @DFN_LIVE_FAILURE_BROKEN: the stream was reset, or ended early
 * @DFN_LIVE_FAILURE_INVALID: what came does not verify: the peer is never used again
 */
typedef enum {
  DFN_LIVE_FAILURE_REFUSED,
  DFN_LIVE_FAILURE_BUSY,
  DFN_LIVE_FAILURE_BROKEN,
  DFN_LIVE_FAILURE_INVALID,
} DfnLiveFailure;

/**
 * DfnLiveStats:
 * @n_received: chunks received, each once
 * @n_duplicates: chunks that came although they were here
 * @n_missed: chunks that were not here when they were due
 * @n_sent: chunks given to the network
 * @n_repairs: requests because a chunk was late
 * @n_hedges: requests to a second peer because the first was late
 * @n_broken: accepted offers and requests that did not bring the chunk in time
 * @n_ignored: things said by peers that made no sense, or were too many
 * @n_bytes: memory that the scheduler holds
 */
typedef struct {
  guint n_peers;
  guint64 n_received;
  guint64 n_duplicates;
  guint64 n_missed;
  guint64 n_sent;
  guint64 n_offers;
  guint64 n_offers_accepted;
  guint64 n_offers_got;
  guint64 n_repairs;
  guint64 n_hedges;
  guint64 n_broken;
  guint64 n_ignored;
  gsize n_bytes;
} DfnLiveStats;

/**
 * DfnLivePeerStats:
 * @score: 0 to 1: how much it keeps of what it promises
 * @is_banned: it served what did not verify, and is not used
 */
typedef struct {
  guint64 n_received;
  guint64 n_sent;
  guint64 n_broken;
  double score;
  gint64 rtt_us;
  gboolean is_banned;
} DfnLivePeerStats;

/** dfn_live_scheduler_new: (transfer full): without peers, and with track 0 wanted */
DfnLiveScheduler *dfn_live_scheduler_new (const DfnLiveSchedulerConfig *config);
void dfn_live_scheduler_free (DfnLiveScheduler *self);

/** dfn_live_scheduler_set_tracks: bit n of @tracks: whether track n is wanted here */
void dfn_live_scheduler_set_tracks (DfnLiveScheduler *self, guint64 tracks);

/** dfn_live_scheduler_set_uplink: bytes/s, as in #DfnLiveSchedulerConfig */
void dfn_live_scheduler_set_uplink (DfnLiveScheduler *self, guint64 bytes_per_second);

/** dfn_live_scheduler_set_buffer: a new @buffer_us, for instance because playout adapted */
void dfn_live_scheduler_set_buffer (DfnLiveScheduler *self, gint64 buffer_us);

/**
 * dfn_live_scheduler_add_peer:
 * @peer: a number of the caller's, not in use
 *
 * It is told at once what we have.
 *
 * Returns: %FALSE if there are %DFN_LIVE_SCHEDULER_MAX_PEERS already
 */
gboolean dfn_live_scheduler_add_peer (DfnLiveScheduler *self, gint64 now_us, guint64 peer);

/** dfn_live_scheduler_remove_peer: it is gone, with all that was under way from and to it */
void dfn_live_scheduler_remove_peer (DfnLiveScheduler *self, gint64 now_us, guint64 peer);

/** dfn_live_scheduler_set_peer_path: @rtt_us as measured now; @rate in bytes/s, 0 if unknown, of
 * the path between us */
void dfn_live_scheduler_set_peer_path (DfnLiveScheduler *self,
                                       guint64 peer,
                                       gint64 rtt_us,
                                       guint64 rate);

/** dfn_live_scheduler_set_peer_uplink: bytes/s that @peer says it can give; only ever a hint */
void
dfn_live_scheduler_set_peer_uplink (DfnLiveScheduler *self, guint64 peer, guint64 bytes_per_second);

/** dfn_live_scheduler_set_peer_source: @peer makes the chunks: it is offered none, and told of all
 * that are here, from which it learns who passes on what it gives */
void dfn_live_scheduler_set_peer_source (DfnLiveScheduler *self, guint64 peer);

/** dfn_live_scheduler_set_peer_tracks: bit n of @tracks: whether @peer wants track n; first all */
void dfn_live_scheduler_set_peer_tracks (DfnLiveScheduler *self, guint64 peer, guint64 tracks);

/**
 * dfn_live_scheduler_add_chunk:
 * @size: 1 to %DFN_LIVE_SCHEDULER_MAX_CHUNK
 *
 * We have this chunk, verified, from nobody: it was made here, or read from a store.
 *
 * Returns: %FALSE if it is too old, or was here already
 */
gboolean dfn_live_scheduler_add_chunk (
    DfnLiveScheduler *self, gint64 now_us, DfnChunkId id, guint32 size, gint64 captured_us);

/**
 * dfn_live_scheduler_wants:
 *
 * @peer begins to push a chunk, which we may have accepted or not: a chunk that hardly anybody has
 * is pushed without an offer.
 *
 * Returns: whether it is of use; if not, its stream is to be stopped before its bytes are read
 */
gboolean
dfn_live_scheduler_wants (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id);

/**
 * dfn_live_scheduler_received:
 *
 * A chunk arrived whole from @peer, pushed or requested, and is verified.
 *
 * Returns: whether it was missing
 */
gboolean dfn_live_scheduler_received (DfnLiveScheduler *self,
                                      gint64 now_us,
                                      guint64 peer,
                                      DfnChunkId id,
                                      guint32 size,
                                      gint64 captured_us);

/** dfn_live_scheduler_failed: what @peer was to give us of @id is not coming, or was no good */
void dfn_live_scheduler_failed (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id, DfnLiveFailure failure);

/** dfn_live_scheduler_sent: the last byte of a SEND has left for @peer; our uplink is free for the
 * next. Also if its stream failed or was stopped by @peer. */
void dfn_live_scheduler_sent (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id);

/* What peers say. Any number of any values is safe: what makes no sense, or is too much, is counted
 * and ignored. */

/** dfn_live_scheduler_take_have: @peer has chunk @first + n for each bit n of @have */
void dfn_live_scheduler_take_have (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId first, guint64 have);

/** dfn_live_scheduler_take_offer: @peer offers @id; an ACCEPT or DECLINE follows unless it is a
 * flood */
void dfn_live_scheduler_take_offer (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id, guint32 size);

/** dfn_live_scheduler_take_answer: @peer accepted or declined our offer of @id */
void dfn_live_scheduler_take_answer (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id, gboolean accepted);

/** dfn_live_scheduler_take_request: @peer requests @id; a SEND or a REFUSE follows, perhaps later
 */
void dfn_live_scheduler_take_request (DfnLiveScheduler *self,
                                      gint64 now_us,
                                      guint64 peer,
                                      DfnChunkId id);

/** dfn_live_scheduler_take_cancel: @peer takes back its offer of @id, or its acceptance of ours */
void
dfn_live_scheduler_take_cancel (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id);

/**
 * dfn_live_scheduler_next:
 * @action: (out): what to do
 *
 * Returns: %TRUE if there is something to do now
 */
gboolean dfn_live_scheduler_next (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action);

/**
 * dfn_live_scheduler_get_wakeup:
 *
 * Returns: when, after @now_us, dfn_live_scheduler_next() may have something even if nothing
 * happens until then; %G_MAXINT64 if never. To be asked after it had nothing more.
 */
gint64 dfn_live_scheduler_get_wakeup (DfnLiveScheduler *self, gint64 now_us);

/** dfn_live_scheduler_has: whether @id is here and not too old to be given */
gboolean dfn_live_scheduler_has (DfnLiveScheduler *self, DfnChunkId id);

/**
 * dfn_live_scheduler_cares:
 *
 * Returns: whether it sees to it that @id comes; not what was before the place where it began, or
 *   is too old by now
 */
gboolean dfn_live_scheduler_cares (DfnLiveScheduler *self, DfnChunkId id);

void dfn_live_scheduler_get_stats (DfnLiveScheduler *self, DfnLiveStats *stats);

/** dfn_live_scheduler_get_peer_stats: %FALSE if @peer is not there */
gboolean
dfn_live_scheduler_get_peer_stats (DfnLiveScheduler *self, guint64 peer, DfnLivePeerStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveScheduler, dfn_live_scheduler_free)

G_END_DECLS
