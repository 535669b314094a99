/* SPDX-License-Identifier: MIT */
#include "dfn-quic-private.h"

#include "dfn-random.h"

#include <netinet/in.h>

/* Of the first packet of a client, whose keys come from it (RFC 9001 section 5.2). From then on
 * there is none, as every connection has a link of its own: 8 bytes less in each packet. */
#define FIRST_CID_SIZE 8
#define IDLE_TIMEOUT (10 * NGTCP2_SECONDS)
#define KEEP_ALIVE (3 * NGTCP2_SECONDS)
#define HANDSHAKE_TIMEOUT (20 * NGTCP2_SECONDS)
#define STREAM_WINDOW (1024 * 1024)
#define MAX_STREAM_WINDOW (8 * 1024 * 1024)
#define CONNECTION_WINDOW (4 * 1024 * 1024)
#define MAX_CONNECTION_WINDOW (24 * 1024 * 1024)
/* An estimate that only serves until the first measurement; peers of a home link are nearer than
 * the 333 ms of RFC 9002. */
#define INITIAL_RTT (100 * NGTCP2_MILLISECONDS)

/* The link below moves between addresses as it likes; QUIC sees one that never changes. */
ngtcp2_path *
dfn_quic_get_path (void)
{
  static struct sockaddr_in address = { .sin_family = AF_INET };
  static ngtcp2_path path = {
    .local = { .addr = (struct sockaddr *) &address, .addrlen = sizeof address },
    .remote = { .addr = (struct sockaddr *) &address, .addrlen = sizeof address },
  };

  return &path;
}

static void
on_rand (guint8 *out, size_t length, const ngtcp2_rand_ctx *context)
{
  dfn_random_bytes (out, length);
}

static int
on_new_connection_id (ngtcp2_conn *conn, ngtcp2_cid *cid, guint8 *token, size_t length, void *data)
{
  dfn_random_bytes (cid->data, length);
  cid->datalen = length;
  dfn_random_bytes (token, NGTCP2_STATELESS_RESET_TOKENLEN);
  return 0;
}

/* With its first answer a server can send data already, a round trip before it may count on the
 * peer. Not from in here: TLS is in the middle of it. */
static int
on_tx_key (ngtcp2_conn *conn, DfnQuicLevel level, void *user_data)
{
  DfnQuic *self = user_data;

  if (self->is_server && level == DFN_QUIC_LEVEL_DATA)
    self->can_send = TRUE;
  return 0;
}

static int
on_handshake_completed (ngtcp2_conn *conn, void *user_data)
{
  DfnQuic *self = user_data;

  dfn_quic_set_state (self, self->is_server ? DFN_QUIC_STATE_ACCEPTED : DFN_QUIC_STATE_ESTABLISHED);
  return 0;
}

static int
on_handshake_confirmed (ngtcp2_conn *conn, void *user_data)
{
  dfn_quic_set_state (user_data, DFN_QUIC_STATE_ACCEPTED);
  return 0;
}

static int
on_recv_stream_data (ngtcp2_conn *conn,
                     guint32 flags,
                     gint64 stream,
                     guint64 offset,
                     const guint8 *data,
                     size_t length,
                     void *user_data,
                     void *stream_user_data)
{
  DfnQuic *self = user_data;

  self->has_heard = TRUE;
  ngtcp2_conn_extend_max_stream_offset (conn, stream, length);
  ngtcp2_conn_extend_max_offset (conn, length);
  /* One packet holds several frames: what follows a reason to close is not heard any more. */
  if (self->handler->stream_data != NULL && !self->close_wanted)
    self->handler->stream_data (self, stream, data, length,
                                (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0, self->user_data);
  return 0;
}

static int
on_recv_datagram (
    ngtcp2_conn *conn, guint32 flags, const guint8 *data, size_t length, void *user_data)
{
  DfnQuic *self = user_data;

  self->has_heard = TRUE;
  if (self->handler->datagram != NULL && !self->close_wanted)
    self->handler->datagram (self, data, length, self->user_data);
  return 0;
}

void
dfn_quic_abandon_stream (DfnQuic *self, gint64 id)
{
  DfnQuicStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));
  GSequenceIter *iter;

  if (stream == NULL)
    return;
  iter = g_sequence_lookup (self->pending, stream, dfn_quic_stream_compare, NULL);
  if (iter != NULL)
    g_sequence_remove (iter);
  g_hash_table_remove (self->stalled, stream);
  self->unsent -= dfn_quic_stream_abandon (stream);
}

void
dfn_quic_add_stream (DfnQuic *self, gint64 id, gint64 priority)
{
  g_hash_table_insert (self->streams, GSIZE_TO_POINTER (id), dfn_quic_stream_new (id, priority));
}

static int
on_stream_open (ngtcp2_conn *conn, gint64 id, void *user_data)
{
  dfn_quic_add_stream (user_data, id, 0);
  return 0;
}

static int
on_stream_close (ngtcp2_conn *conn,
                 guint32 flags,
                 gint64 stream,
                 guint64 code,
                 void *user_data,
                 void *stream_user_data)
{
  DfnQuic *self = user_data;
  gboolean was_reset = (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) != 0;

  dfn_quic_abandon_stream (self, stream);
  g_hash_table_remove (self->streams, GSIZE_TO_POINTER (stream));
  if (!ngtcp2_conn_is_local_stream (conn, stream))
    ngtcp2_conn_extend_max_streams_bidi (conn, 1);
  if (self->handler->stream_closed != NULL)
    self->handler->stream_closed (self, stream, was_reset ? (gint64) code : -1, self->user_data);
  return 0;
}

static int
on_acked (ngtcp2_conn *conn,
          gint64 id,
          guint64 offset,
          guint64 length,
          void *user_data,
          void *stream_user_data)
{
  DfnQuic *self = user_data;
  DfnQuicStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));

  self->stream_bytes_acked += length;
  if (stream != NULL)
    dfn_quic_stream_acked (stream, offset + length);
  return 0;
}

static int
on_extend_max_stream_data (
    ngtcp2_conn *conn, gint64 id, guint64 max_data, void *user_data, void *stream_user_data)
{
  DfnQuic *self = user_data;
  DfnQuicStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));

  if (stream != NULL && g_hash_table_remove (self->stalled, stream))
    g_sequence_insert_sorted (self->pending, stream, dfn_quic_stream_compare, NULL);
  return 0;
}

static const ngtcp2_callbacks callbacks = {
  .client_initial = ngtcp2_crypto_client_initial_cb,
  .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
  .recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb,
  .encrypt = ngtcp2_crypto_encrypt_cb,
  .decrypt = ngtcp2_crypto_decrypt_cb,
  .hp_mask = ngtcp2_crypto_hp_mask_cb,
  .recv_retry = ngtcp2_crypto_recv_retry_cb,
  .update_key = ngtcp2_crypto_update_key_cb,
  .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,
  .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,
  .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,
  .version_negotiation = ngtcp2_crypto_version_negotiation_cb,
  .rand = on_rand,
  .get_new_connection_id = on_new_connection_id,
  .recv_tx_key = on_tx_key,
  .handshake_completed = on_handshake_completed,
  .handshake_confirmed = on_handshake_confirmed,
  .recv_stream_data = on_recv_stream_data,
  .recv_datagram = on_recv_datagram,
  .stream_open = on_stream_open,
  .stream_close = on_stream_close,
  .acked_stream_data_offset = on_acked,
  .extend_max_stream_data = on_extend_max_stream_data,
};

static void
get_settings (ngtcp2_settings *settings, ngtcp2_transport_params *params)
{
  ngtcp2_settings_default (settings);
  settings->initial_ts = dfn_quic_now ();
  settings->cc_algo = DFN_QUIC_CC_ALGO;
  settings->initial_rtt = INITIAL_RTT;
  settings->handshake_timeout = HANDSHAKE_TIMEOUT;
  settings->max_window = MAX_CONNECTION_WINDOW;
  settings->max_stream_window = MAX_STREAM_WINDOW;
  settings->max_tx_udp_payload_size = 1452;
  settings->ack_thresh = DFN_ACK_HOLD_PACKETS;

  ngtcp2_transport_params_default (params);
  params->initial_max_stream_data_bidi_local = STREAM_WINDOW;
  params->initial_max_stream_data_bidi_remote = STREAM_WINDOW;
  params->initial_max_data = CONNECTION_WINDOW;
  params->initial_max_streams_bidi = DFN_QUIC_MAX_PEER_STREAMS;
  params->max_idle_timeout = IDLE_TIMEOUT;
  params->max_ack_delay = DFN_ACK_HOLD_TOLD_MS * NGTCP2_MILLISECONDS;
  params->max_datagram_frame_size = DFN_QUIC_MAX_DATAGRAM + 16;
  params->disable_active_migration = 1;
}

void
dfn_quic_start_conn (DfnQuic *self, const guint8 *initial, gsize length)
{
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid scid = { 0 };
  ngtcp2_cid dcid = { .datalen = FIRST_CID_SIZE };
  ngtcp2_pkt_hd header;
  int result;

  get_settings (&settings, &params);
  if (self->is_server)
    {
      if (ngtcp2_accept (&header, initial, length) != 0)
        return;
      dfn_quic_compat_server_params (&params, &header.dcid);
      result = ngtcp2_conn_server_new (&self->conn, &header.scid, &scid, dfn_quic_get_path (),
                                       header.version, &callbacks, &settings, &params, NULL, self);
    }
  else
    {
      dfn_random_bytes (dcid.data, FIRST_CID_SIZE);
      result =
          ngtcp2_conn_client_new (&self->conn, &dcid, &scid, dfn_quic_get_path (),
                                  NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params, NULL, self);
    }
  if (result != 0)
    g_error ("ngtcp2 cannot start a connection: %s", ngtcp2_strerror (result));
  dfn_quic_tls_attach (self->tls, self->conn);
  ngtcp2_conn_set_keep_alive_timeout (self->conn, KEEP_ALIVE);
}
