/* SPDX-License-Identifier: MIT */
#pragma once

/* Shared by dfn-peer.c (life, control messages), dfn-peer-requests.c and dfn-peer-push.c, nobody
 * else. */

#include "dfn-peer.h"

G_BEGIN_DECLS

/* One stream of the peer's or ours, whatever it turns out to be. */
typedef struct {
  gint64 id;
  DfnWireReader *reader;
  gboolean is_control;

  /* A request of ours. */
  DfnPeerResponseFunc func;
  gpointer user_data;
  gsize expected_size;
  gboolean has_header;
  Dfn__ContentResponse__Status status;
  gboolean is_answered;
  GBytes *data;   /* the payload, of @expected_size; NULL until its first byte is here */
  guint8 *buffer; /* where @data is, and its first @received bytes are written */
  gsize received;
  GBytes *proof;
  Dfn__StreamChunk *live; /* its header, of an answer or of a push of the peer's */
  gint64 first_byte_us;

  /* A request of the peer's. */
  guint8 content[DFN_WIRE_CONTENT_SIZE];
  guint32 track;
  guint32 chunk;
  gboolean has_request;
  gboolean is_waiting;  /* for the send queue to have room */
  gboolean is_provided; /* the provider works on it */

  /* A push of the peer's; nothing is held of one that was refused. */
  gboolean is_push;
  gboolean is_refused;

  /* A chunk of ours, pushed or as an answer. */
  gboolean is_sending; /* in @sending */
  DfnPeerPushFunc push_func;
  gpointer push_data;
} DfnPeerStream;

struct _DfnPeer {
  GObject parent_instance;

  DfnQuic *quic;
  GError *error;
  GHashTable *streams; /* id: owned DfnPeerStream */
  gint64 control;      /* our control stream, -1 before */
  gboolean is_server;
  gboolean is_ready;  /* requests may be sent */
  gboolean has_hello; /* the peer's first message came */

  DfnPeerProviderFunc provider;
  gpointer provider_data;
  DfnPeerActivityFunc activity;
  gpointer activity_data;
  const DfnPeerPushHandler *push_handler;
  gpointer push_handler_data;
  DfnPeerTakenBackFunc taken_back;
  gpointer taken_back_data;
  DfnPeerSentFunc sent;
  gpointer sent_data;
  GQueue waiting; /* of DfnPeerStream, the peer's requests in the order they came */
  GQueue sending; /* of DfnPeerStream with a chunk that is not in packets yet */
  guint n_provided;

  gint64 heartbeat_sent_us;
  guint64 heartbeat_nonce;
  DfnPeerStats stats;
};

/* The statistics as properties. */
void dfn_peer_install_properties (GObjectClass *klass);
DfnPeerStream *dfn_peer_add_stream (DfnPeer *self, gint64 id);
void dfn_peer_stream_free (DfnPeerStream *stream);
/* Takes @frame, one with a request in it, which opens the peer's stream @stream. */
void
dfn_peer_take_request (DfnPeer *self, DfnPeerStream *stream, const Dfn__ContentRequest *request);
/* Takes bytes of the answer to a request of ours, whose stream may be gone afterwards. Returns
 * FALSE with an error if they break the protocol. */
gboolean dfn_peer_take_response (DfnPeer *self,
                                 DfnPeerStream *stream,
                                 const guint8 *data,
                                 gsize length,
                                 gboolean fin,
                                 GError **error);
/* Takes @frame, with the header of a chunk that the peer pushes on its stream @stream. */
void dfn_peer_take_push (DfnPeer *self, DfnPeerStream *stream, Dfn__Frame *frame);
/* Takes bytes of its payload; the stream may be gone afterwards. Returns FALSE with an error if
 * they break the protocol. */
gboolean dfn_peer_take_push_data (DfnPeer *self,
                                  DfnPeerStream *stream,
                                  const guint8 *data,
                                  gsize length,
                                  gboolean fin,
                                  GError **error);
/* Sends a chunk as the rest of a stream, and notes when it has gone. */
void dfn_peer_send_chunk (DfnPeer *self, DfnPeerStream *stream, GBytes *frame, GBytes *data);
/* Tells of the chunks whose last byte is in a packet now. */
void dfn_peer_notice_sent (DfnPeer *self);
/* A stream goes: tells what that means for its push, ours or the peer's. */
void dfn_peer_end_push (DfnPeer *self, DfnPeerStream *stream);
/* Collects the payload of @stream. */
void dfn_peer_take_payload (DfnPeerStream *stream, const guint8 *data, gsize length);
/* Ends a stream, telling its requester that nothing came. */
void dfn_peer_drop_stream (DfnPeer *self, gint64 id);
/* Hands waiting requests to the provider while the send queue is short. */
void dfn_peer_provide (DfnPeer *self);

G_END_DECLS
