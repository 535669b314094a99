/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"

G_BEGIN_DECLS

/** DFN_UPLOAD_QUEUE_MAX_PEERS: the most peers whose requests are kept */
#define DFN_UPLOAD_QUEUE_MAX_PEERS 128
/** DFN_UPLOAD_QUEUE_MAX_REQUESTS: the most requests of one peer that are kept */
#define DFN_UPLOAD_QUEUE_MAX_REQUESTS 192
/** DFN_UPLOAD_QUEUE_MAX_TOLD: the most peers that are told at once that nothing is left to send: as
 * many requests keep an uplink busy until others come, and more would only wait here */
#define DFN_UPLOAD_QUEUE_MAX_TOLD 5

/**
 * DfnUploadQueue:
 *
 * Decides which of the requests that peers have made for chunks of one file is served next. It has
 * no clock and no sockets: the caller says what happened and what time it is, in microseconds of
 * any clock that never runs backwards, and does what dfn_upload_queue_next() says until it says
 * nothing more.
 *
 * A request is a reservation; requests wait here and not in send queues. Few chunks are under way
 * at once, as many as the uplink needs to be full: a chunk that goes out alone is whole at the
 * other side, and passed on from there, in a fraction of the time. Of those that wait, the chunk
 * that the fewest peers have goes first, so that every chunk is out once before one goes out
 * twice. Peers who take and never give come after all others, but for one chunk in 32.
 */
typedef struct _DfnUploadQueue DfnUploadQueue;

/**
 * DfnUploadQueueStats:
 * @n_waiting: requests that wait
 * @n_under_way: chunks given to connections and not sent yet
 * @n_served: chunks that left
 * @n_first_copies: how many of them no other peer had at that time
 * @n_idlers: peers who take and do not give
 */
typedef struct {
  guint n_peers;
  guint n_waiting;
  guint n_under_way;
  guint64 n_served;
  guint64 n_first_copies;
  guint n_idlers;
} DfnUploadQueueStats;

/**
 * dfn_upload_queue_new:
 * @n_chunks: of the file
 * @chunk_size: the bytes of every chunk but the last
 *
 * Returns: (transfer full): a queue without peers
 */
DfnUploadQueue *dfn_upload_queue_new (guint32 n_chunks, guint32 chunk_size);
void dfn_upload_queue_free (DfnUploadQueue *self);

/**
 * dfn_upload_queue_set_uplink:
 * @rate: bytes/s that leave this computer when all goes well; 0 while unknown
 */
void dfn_upload_queue_set_uplink (DfnUploadQueue *self, double rate);

/**
 * dfn_upload_queue_add_peer:
 * @peer: a number of the caller's, not in use
 *
 * Returns: %FALSE if there are %DFN_UPLOAD_QUEUE_MAX_PEERS already
 */
gboolean dfn_upload_queue_add_peer (DfnUploadQueue *self, gint64 now_us, guint64 peer);
void dfn_upload_queue_remove_peer (DfnUploadQueue *self, guint64 peer);

/** dfn_upload_queue_peer_has: @peer says that it has chunk @index; out of range does nothing */
void dfn_upload_queue_peer_has (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint32 index);

/** dfn_upload_queue_peer_has_all: @peer says that it has every chunk */
void dfn_upload_queue_peer_has_all (DfnUploadQueue *self, guint64 peer);

/** dfn_upload_queue_asked: this side asked @peer for a chunk */
void dfn_upload_queue_asked (DfnUploadQueue *self, gint64 now_us, guint64 peer);

/** dfn_upload_queue_credit: @peer gave this side @bytes that proved */
void dfn_upload_queue_credit (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint64 bytes);

/**
 * dfn_upload_queue_request:
 * @index: a chunk that this side has, below the number of chunks
 *
 * Returns: %FALSE if @peer has %DFN_UPLOAD_QUEUE_MAX_REQUESTS waiting, or this one already
 */
gboolean
dfn_upload_queue_request (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint32 index);

/** dfn_upload_queue_cancel: @peer takes a request back, waiting or under way */
void dfn_upload_queue_cancel (DfnUploadQueue *self, guint64 peer, guint32 index);

/**
 * dfn_upload_queue_next:
 * @peer: (out): whom to send to
 * @index: (out): which chunk
 *
 * The chunk counts as under way with this call, until dfn_upload_queue_sent() or
 * dfn_upload_queue_cancel().
 *
 * Returns: %TRUE if something is to be sent now
 */
gboolean dfn_upload_queue_next (DfnUploadQueue *self, gint64 now_us, guint64 *peer, guint32 *index);

/**
 * dfn_upload_queue_take_idle:
 * @peers: (out caller-allocates): room for %DFN_UPLOAD_QUEUE_MAX_TOLD
 *
 * Whom to tell that this side has nothing to send any more, so that requests that wait elsewhere
 * come here: a few, in turn, of those that lack chunks. Once each time that it runs out, and not
 * too often.
 *
 * Returns: how many
 */
guint dfn_upload_queue_take_idle (DfnUploadQueue *self, gint64 now_us, guint64 *peers);

/** dfn_upload_queue_sent: the last byte of chunk @index for @peer has left */
void dfn_upload_queue_sent (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint32 index);

/**
 * dfn_upload_queue_get_wakeup:
 *
 * Returns: when, after @now_us, dfn_upload_queue_next() may have something even if nothing
 *   happens until then; %G_MAXINT64 if never
 */
gint64 dfn_upload_queue_get_wakeup (DfnUploadQueue *self, gint64 now_us);

void dfn_upload_queue_get_stats (DfnUploadQueue *self, DfnUploadQueueStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnUploadQueue, dfn_upload_queue_free)

G_END_DECLS
