/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-quic.h"
#include "dfn-wire.h"

G_BEGIN_DECLS

#define DFN_TYPE_PEER (dfn_peer_get_type ())
G_DECLARE_FINAL_TYPE (DfnPeer, dfn_peer, DFN, PEER, GObject)

/**
 * DfnPeer:
 *
 * Another program at the far end of a #DfnQuic, and the conversation of wire.proto with it: what
 * it has, what it asks for, what it answers. It lives in the thread-default main context of its
 * creation.
 *
 * Its statistics are properties to be read whenever they are wanted; no signal tells of them:
 * - `rtt-us` (gint64): smoothed round trip in microseconds, 0 while unknown
 * - `rate-in`, `rate-out` (double): bytes per second of the last seconds, with headers
 * - `bytes-in`, `bytes-out` (guint64): all bytes so far, with headers
 * - `loss` (double): about the share of what was sent that was lost, 0 to 1
 * - `chunks-taken`, `chunks-given` (guint64): chunks that came from it, and went to it
 * - `control-bytes` (guint64): bytes sent to it that are not chunks: messages, without headers
 */

/**
 * DfnPeerResponse:
 * @status: %DFN__CONTENT_RESPONSE__STATUS__OK with the rest set
 * @data: (nullable) (transfer none): the chunk, of the size that was asked for; not yet verified
 * @proof: (nullable) (transfer none): its audit path, a multiple of 32 bytes
 * @live: (nullable) (transfer none): the header of a live chunk, instead of a proof
 * @first_byte_us: when the first byte of the response came, on the monotonic clock
 * @received_us: when the last one came
 */
typedef struct {
  Dfn__ContentResponse__Status status;
  GBytes *data;
  GBytes *proof;
  const Dfn__StreamChunk *live;
  gint64 first_byte_us;
  gint64 received_us;
} DfnPeerResponse;

/**
 * DfnPeerResponseFunc:
 * @response: (nullable): the answer; %NULL if none will come because the peer gave the request up
 *   or is gone
 *
 * Called once a request, unless it is cancelled.
 */
typedef void (*DfnPeerResponseFunc) (DfnPeer *peer,
                                     gint64 request,
                                     const DfnPeerResponse *response,
                                     gpointer user_data);

/**
 * DfnPeerProviderFunc:
 * @request: to be answered with dfn_peer_respond(), at once or later
 * @content: %DFN_WIRE_CONTENT_SIZE bytes
 * @track: of a live stream; 0 for a file
 * @chunk: of a file, or the sequence of a live chunk
 *
 * Called when the peer wants a chunk and its send queue is short enough to take one.
 */
typedef void (*DfnPeerProviderFunc) (DfnPeer *peer,
                                     gint64 request,
                                     const guint8 *content,
                                     guint32 track,
                                     guint32 chunk,
                                     gpointer user_data);

/**
 * DfnPeerPushOutcome:
 * @DFN_PEER_PUSH_SENT: its last byte is in a packet; the next one may be chosen
 * @DFN_PEER_PUSH_REFUSED: the peer does not want it
 * @DFN_PEER_PUSH_LOST: the connection ended before
 */
typedef enum {
  DFN_PEER_PUSH_SENT,
  DFN_PEER_PUSH_REFUSED,
  DFN_PEER_PUSH_LOST,
} DfnPeerPushOutcome;

/* Called once a push, unless it is cancelled. */
typedef void (*DfnPeerPushFunc) (DfnPeer *peer,
                                 gint64 push,
                                 DfnPeerPushOutcome outcome,
                                 gpointer user_data);

/**
 * DfnPeerPushHandler:
 * @begin: the peer begins to push a chunk; %FALSE to refuse it, before anything is held of it
 * @complete: one that was begun is here, of the size that @header says; not yet verified
 * @lost: one that was begun will not come
 *
 * What the receiver of pushed chunks hears; each is set. @header is valid during the call.
 */
typedef struct {
  gboolean (*begin) (DfnPeer *peer,
                     gint64 push,
                     const Dfn__StreamChunk *header,
                     gpointer user_data);
  void (*complete) (DfnPeer *peer,
                    gint64 push,
                    const Dfn__StreamChunk *header,
                    GBytes *payload,
                    gpointer user_data);
  void (*lost) (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, gpointer user_data);
} DfnPeerPushHandler;

/* Called when the last byte of the chunk that answers @request is in a packet. */
typedef void (*DfnPeerSentFunc) (DfnPeer *peer, gint64 request, gpointer user_data);

/**
 * dfn_peer_new:
 * @link: the path to it
 * @is_server: the side that answered the offer
 * @identity: whom this side is in this run
 * @peer_key: the key from the peer's offer or answer
 *
 * Returns: (transfer full): a peer to whom a connection is being made
 */
DfnPeer *dfn_peer_new (DfnLink *link,
                       gboolean is_server,
                       DfnQuicIdentity *identity,
                       const guint8 peer_key[DFN_QUIC_KEY_SIZE]);

DfnQuic *dfn_peer_get_quic (DfnPeer *self);

/**
 * dfn_peer_get_error:
 *
 * Returns: (transfer none) (nullable): why it is closed
 */
const GError *dfn_peer_get_error (DfnPeer *self);

/**
 * dfn_peer_request:
 * @content: %DFN_WIRE_CONTENT_SIZE bytes
 * @size: the bytes that the chunk must have, at most %DFN_WIRE_MAX_CHUNK; another size is a
 *   breach of the protocol and closes the connection
 * @func: gets the answer
 *
 * Asks for a chunk. It may be called as soon as the connection is established.
 *
 * Returns: the request, or -1 if the peer takes no more now
 */
gint64 dfn_peer_request (DfnPeer *self,
                         const guint8 *content,
                         guint32 chunk,
                         gsize size,
                         DfnPeerResponseFunc func,
                         gpointer user_data);

/**
 * dfn_peer_request_live:
 * @content: %DFN_WIRE_CONTENT_SIZE bytes
 * @func: gets the answer, with a header, of the size that the header says
 *
 * Asks for a chunk of a live stream, otherwise as dfn_peer_request().
 */
gint64 dfn_peer_request_live (DfnPeer *self,
                              const guint8 *content,
                              guint32 track,
                              guint32 sequence,
                              DfnPeerResponseFunc func,
                              gpointer user_data);

/**
 * DfnPeerActivityFunc:
 *
 * Called when bytes of the answer to @request arrive, so that a slow peer is not taken for a silent
 * one, nor an answer on its way for one that waits.
 */
typedef void (*DfnPeerActivityFunc) (DfnPeer *peer, gint64 request, gpointer user_data);

/* @func: (nullable): hears of every piece of an answer */
void dfn_peer_set_activity (DfnPeer *self, DfnPeerActivityFunc func, gpointer user_data);

/* Takes a request back; its function will not be called. */
void dfn_peer_cancel (DfnPeer *self, gint64 request);

/**
 * dfn_peer_set_provider:
 * @func: (nullable): answers the peer's requests; without one they are answered NOT_FOUND
 */
void dfn_peer_set_provider (DfnPeer *self, DfnPeerProviderFunc func, gpointer user_data);

/* Called when the peer takes back a request that was handed to the provider and of which the answer
 * has not left yet. */
typedef void (*DfnPeerTakenBackFunc) (DfnPeer *peer, gint64 request, gpointer user_data);

/**
 * dfn_peer_set_taken_back:
 * @func: (nullable): hears what the peer takes back
 *
 * With such a function the provider gets every request as soon as it comes, and keeps those that
 * it does not answer at once; at most %DFN_QUIC_MAX_PEER_STREAMS are open at a time.
 */
void dfn_peer_set_taken_back (DfnPeer *self, DfnPeerTakenBackFunc func, gpointer user_data);

/**
 * dfn_peer_respond:
 * @request: from the provider function; one that has gone in the meantime is passed over
 * @status: the answer
 * @data: (nullable) (transfer none): the chunk if @status is OK
 * @proof: (nullable) (transfer none): its audit path
 */
void dfn_peer_respond (DfnPeer *self,
                       gint64 request,
                       Dfn__ContentResponse__Status status,
                       GBytes *data,
                       GBytes *proof);

/**
 * dfn_peer_respond_live:
 * @request: from the provider function; one that has gone in the meantime is passed over
 * @header: what describes @data
 * @data: (transfer none): the chunk
 * @priority: as for dfn_quic_open_stream(): the chunk's deadline
 *
 * Returns: %FALSE if the request has gone
 */
gboolean dfn_peer_respond_live (
    DfnPeer *self, gint64 request, const Dfn__StreamChunk *header, GBytes *data, gint64 priority);

/* @func: (nullable): hears when an answer with a chunk has left the send queue */
void dfn_peer_set_sent (DfnPeer *self, DfnPeerSentFunc func, gpointer user_data);

/**
 * dfn_peer_push:
 * @header: what describes @payload; its limits are the caller's duty
 * @payload: (nullable) (transfer none): the chunk; %NULL for an empty last one
 * @priority: as for dfn_quic_open_stream(): the chunk's deadline
 * @func: (nullable): hears what came of it
 *
 * Gives the peer a live chunk that it has not asked for (it has accepted an offer).
 *
 * Returns: the push, or -1 if the peer takes no more streams now
 */
gint64 dfn_peer_push (DfnPeer *self,
                      const Dfn__StreamChunk *header,
                      GBytes *payload,
                      gint64 priority,
                      DfnPeerPushFunc func,
                      gpointer user_data);

/* Takes a push back, or stops one that the peer makes; no function is called for it any more. */
void dfn_peer_cancel_push (DfnPeer *self, gint64 push);

/**
 * dfn_peer_set_push_handler:
 * @handler: (nullable) (transfer none): static functions; without, every push is refused
 */
void
dfn_peer_set_push_handler (DfnPeer *self, const DfnPeerPushHandler *handler, gpointer user_data);

/**
 * dfn_peer_send_frame:
 * @frame: a message whose limits are the caller's duty
 *
 * Sends it on the control stream, in order and without loss. Nothing happens once the connection
 * is over, or before it is established.
 */
void dfn_peer_send_frame (DfnPeer *self, const Dfn__Frame *frame);

/**
 * dfn_peer_send_datagram:
 * @frame: a message of at most %DFN_QUIC_MAX_DATAGRAM bytes
 *
 * Sends it at once; it may be lost or overtaken.
 *
 * Returns: %FALSE if it is too long or cannot be sent now
 */
gboolean dfn_peer_send_datagram (DfnPeer *self, const Dfn__Frame *frame);

/**
 * dfn_peer_send_have:
 * @have: what this side gives; its limits are the caller's duty
 */
void dfn_peer_send_have (DfnPeer *self, const Dfn__Have *have);

/* Asks for a sign of life; the round trip shows in the statistics. */
void dfn_peer_send_heartbeat (DfnPeer *self);

/**
 * dfn_peer_close:
 * @reason: told to the peer
 * @error: (nullable) (transfer full): why, for this side; %NULL for %DFN_NETWORK_ERROR_CLOSED
 */
void dfn_peer_close (DfnPeer *self, Dfn__CloseReason reason, GError *error);

/**
 * DfnPeerStats:
 * @chunks_received: answers with a chunk, and pushed chunks
 * @chunks_sent: chunks given to the connection
 * @chunk_bytes_received: their bytes
 * @chunk_bytes_sent: their bytes
 * @control_bytes_sent: bytes of messages, chunks apart
 * @frames_ignored: kinds of message that this version does not know
 * @heartbeat_rtt_us: the last heartbeat's round trip in microseconds, 0 before the first
 */
typedef struct {
  guint64 chunks_received;
  guint64 chunks_sent;
  guint64 chunk_bytes_received;
  guint64 chunk_bytes_sent;
  guint64 control_bytes_sent;
  guint64 frames_ignored;
  gint64 heartbeat_rtt_us;
} DfnPeerStats;

void dfn_peer_get_stats (DfnPeer *self, DfnPeerStats *stats);

G_END_DECLS
