/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-chunk.h"
#include "dfn-live-scheduler.h"
#include "dfn-peer.h"

G_BEGIN_DECLS

/**
 * DfnLiveTalk:
 *
 * The conversation about one live stream with one peer: turns what a #DfnLiveScheduler wants into
 * messages, and what the peer says into calls of its owner. It knows which stream carries which
 * chunk and nothing of what is good to do.
 */
typedef struct _DfnLiveTalk DfnLiveTalk;

/**
 * DfnLiveTalkHandler:
 * @update: the peer tells what changed
 * @wants: whether a chunk whose header is @header, which begins to come, is wanted
 * @chunk: one came, not yet verified, which was to be @id
 * @failed: what was to come as @id does not come
 * @request: the peer asks for a chunk; to be answered with dfn_live_talk_send() or
 *   dfn_live_talk_refuse()
 * @sent: what dfn_live_talk_send() was told to send has left; %FALSE if it is not wanted or lost
 * @withdrawn: the peer gave up its request before it was answered
 *
 * Each is set.
 */
typedef struct {
  void (*update) (DfnLiveTalk *talk, const Dfn__LiveUpdate *update, gpointer user_data);
  gboolean (*wants) (DfnLiveTalk *talk, const DfnLiveHeader *header, gpointer user_data);
  void (*chunk) (DfnLiveTalk *talk,
                 DfnChunkId id,
                 const DfnLiveHeader *header,
                 GBytes *payload,
                 gpointer user_data);
  void (*failed) (DfnLiveTalk *talk, DfnChunkId id, DfnLiveFailure failure, gpointer user_data);
  void (*request) (DfnLiveTalk *talk, DfnChunkId id, gpointer user_data);
  void (*sent) (DfnLiveTalk *talk, DfnChunkId id, gboolean has_left, gpointer user_data);
  void (*withdrawn) (DfnLiveTalk *talk, DfnChunkId id, gpointer user_data);
} DfnLiveTalkHandler;

/* @content: the stream's id. Returns: (transfer full): a conversation with @peer */
DfnLiveTalk *dfn_live_talk_new (DfnPeer *peer,
                                const guint8 content[DFN_LIVE_STREAM_ID_SIZE],
                                const DfnLiveTalkHandler *handler,
                                gpointer user_data);
void dfn_live_talk_free (DfnLiveTalk *self);

/* Returns: (transfer none): whom it is with */
DfnPeer *dfn_live_talk_get_peer (DfnLiveTalk *self);

/* Gives up whatever is under way, in both directions; nothing is reported of it. */
void dfn_live_talk_reset (DfnLiveTalk *self);

/* What is to be told goes out with dfn_live_talk_flush(), all in one. */
void dfn_live_talk_say (DfnLiveTalk *self, const DfnLiveAction *action);

/**
 * dfn_live_talk_flush:
 * @epoch: what it is about
 * @edge_us: capture time of the newest chunk known
 * @uplink: bytes/s that we can give, as we think
 */
void dfn_live_talk_flush (DfnLiveTalk *self, guint64 epoch, gint64 edge_us, guint64 uplink);

/**
 * dfn_live_talk_send:
 * @deadline_us: the order among all that is sent
 *
 * Pushes a chunk, or answers the peer's request with it.
 *
 * Returns: %FALSE if it cannot be sent now
 */
gboolean dfn_live_talk_send (DfnLiveTalk *self, const DfnLiveChunk *chunk, gint64 deadline_us);

/* Answers the peer's request for @id with "busy", or "not found". */
void dfn_live_talk_refuse (DfnLiveTalk *self, DfnChunkId id, gboolean is_busy);

/* Asks for a chunk. Returns: %FALSE if the peer takes no request now */
gboolean dfn_live_talk_request (DfnLiveTalk *self, DfnChunkId id);

/* Stops what comes, or goes out, as @id. Returns: whether there was a stream for it */
gboolean dfn_live_talk_stop_coming (DfnLiveTalk *self, DfnChunkId id);
gboolean dfn_live_talk_stop_going (DfnLiveTalk *self, DfnChunkId id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveTalk, dfn_live_talk_free)

G_END_DECLS
