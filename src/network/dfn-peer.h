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
 */

/**
 * DfnPeerResponse:
 * @status: %DFN__CONTENT_RESPONSE__STATUS__OK with the rest set
 * @data: (nullable) (transfer none): the chunk, of the size that was asked for; not yet verified
 * @proof: (nullable) (transfer none): its audit path, a multiple of 32 bytes
 * @first_byte_us: when the first byte of the response came, on the monotonic clock
 * @received_us: when the last one came
 */
typedef struct {
  Dfn__ContentResponse__Status status;
  GBytes *data;
  GBytes *proof;
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
 *
 * Called when the peer wants a chunk and its send queue is short enough to take one.
 */
typedef void (*DfnPeerProviderFunc) (
    DfnPeer *peer, gint64 request, const guint8 *content, guint32 chunk, gpointer user_data);

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
 * DfnPeerActivityFunc:
 *
 * Called when bytes of an answer arrive, so that a slow peer is not taken for a silent one.
 */
typedef void (*DfnPeerActivityFunc) (DfnPeer *peer, gpointer user_data);

/* @func: (nullable): hears of every piece of an answer */
void dfn_peer_set_activity (DfnPeer *self, DfnPeerActivityFunc func, gpointer user_data);

/* Takes a request back; its function will not be called. */
void dfn_peer_cancel (DfnPeer *self, gint64 request);

/**
 * dfn_peer_set_provider:
 * @func: (nullable): answers the peer's requests; without one they are answered NOT_FOUND
 */
void dfn_peer_set_provider (DfnPeer *self, DfnPeerProviderFunc func, gpointer user_data);

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
 * @chunks_received: answers with a chunk
 * @chunks_sent: chunks given to the connection
 * @frames_ignored: kinds of message that this version does not know
 * @heartbeat_rtt_us: the last heartbeat's round trip in microseconds, 0 before the first
 */
typedef struct {
  guint64 chunks_received;
  guint64 chunks_sent;
  guint64 frames_ignored;
  gint64 heartbeat_rtt_us;
} DfnPeerStats;

void dfn_peer_get_stats (DfnPeer *self, DfnPeerStats *stats);

G_END_DECLS
