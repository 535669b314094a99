/* SPDX-License-Identifier: MIT */
#include "dfn-quic-private.h"

#include "dfn-random.h"
#include "dfn-timer.h"

#include <netinet/in.h>
#include <string.h>

#define CID_SIZE 8
#define IDLE_TIMEOUT (10 * NGTCP2_SECONDS)
#define KEEP_ALIVE (3 * NGTCP2_SECONDS)
#define HANDSHAKE_TIMEOUT (20 * NGTCP2_SECONDS)
#define STREAM_WINDOW (1024 * 1024)
#define MAX_STREAM_WINDOW (8 * 1024 * 1024)
#define CONNECTION_WINDOW (4 * 1024 * 1024)
#define MAX_CONNECTION_WINDOW (24 * 1024 * 1024)
#define MAX_QUEUED_DATAGRAMS 64
/* An estimate that only serves until the first measurement; peers of a home link are nearer than
 * the 333 ms of RFC 9002. */
#define INITIAL_RTT (100 * NGTCP2_MILLISECONDS)

G_DEFINE_FINAL_TYPE (DfnQuic, dfn_quic, G_TYPE_OBJECT)

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
set_state (DfnQuic *self, DfnQuicState state)
{
  if (state <= self->state)
    return;
  self->state = state;
  if (self->handler->state_changed != NULL)
    self->handler->state_changed (self, self->user_data);
}

/* ngtcp2's callbacks */

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

static int
on_handshake_completed (ngtcp2_conn *conn, void *user_data)
{
  DfnQuic *self = user_data;

  set_state (self, self->is_server ? DFN_QUIC_STATE_ACCEPTED : DFN_QUIC_STATE_ESTABLISHED);
  return 0;
}

static int
on_handshake_confirmed (ngtcp2_conn *conn, void *user_data)
{
  set_state (user_data, DFN_QUIC_STATE_ACCEPTED);
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

  if (self->handler->datagram != NULL && !self->close_wanted)
    self->handler->datagram (self, data, length, self->user_data);
  return 0;
}

/* Drops what a stream has not sent. ngtcp2 may still point at what it has sent, so the stream
 * itself stays until it is closed. */
static void
abandon_stream (DfnQuic *self, gint64 id)
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

static void
add_stream (DfnQuic *self, gint64 id, gint64 priority)
{
  g_hash_table_insert (self->streams, GSIZE_TO_POINTER (id), dfn_quic_stream_new (id, priority));
}

static int
on_stream_open (ngtcp2_conn *conn, gint64 id, void *user_data)
{
  add_stream (user_data, id, 0);
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

  abandon_stream (self, stream);
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
  .handshake_completed = on_handshake_completed,
  .handshake_confirmed = on_handshake_confirmed,
  .recv_stream_data = on_recv_stream_data,
  .recv_datagram = on_recv_datagram,
  .stream_open = on_stream_open,
  .stream_close = on_stream_close,
  .acked_stream_data_offset = on_acked,
  .extend_max_stream_data = on_extend_max_stream_data,
};

/* Life */

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

  ngtcp2_transport_params_default (params);
  params->initial_max_stream_data_bidi_local = STREAM_WINDOW;
  params->initial_max_stream_data_bidi_remote = STREAM_WINDOW;
  params->initial_max_data = CONNECTION_WINDOW;
  params->initial_max_streams_bidi = DFN_QUIC_MAX_PEER_STREAMS;
  params->max_idle_timeout = IDLE_TIMEOUT;
  params->max_datagram_frame_size = DFN_QUIC_MAX_DATAGRAM + 16;
  params->disable_active_migration = 1;
}

static void
start_conn (DfnQuic *self, const guint8 *initial, gsize length)
{
  ngtcp2_settings settings;
  ngtcp2_transport_params params;
  ngtcp2_cid scid = { .datalen = CID_SIZE };
  ngtcp2_cid dcid = { .datalen = CID_SIZE };
  ngtcp2_pkt_hd header;
  int result;

  get_settings (&settings, &params);
  dfn_random_bytes (scid.data, CID_SIZE);
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
      dfn_random_bytes (dcid.data, CID_SIZE);
      result =
          ngtcp2_conn_client_new (&self->conn, &dcid, &scid, dfn_quic_get_path (),
                                  NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params, NULL, self);
    }
  if (result != 0)
    g_error ("ngtcp2 cannot start a connection: %s", ngtcp2_strerror (result));
  dfn_quic_tls_attach (self->tls, self->conn);
  ngtcp2_conn_set_keep_alive_timeout (self->conn, KEEP_ALIVE);
}

static void
set_timer (DfnQuic *self, gint64 when_us)
{
  self->timer_us = when_us;
  dfn_timer_source_set (self->timer, when_us);
}

void
dfn_quic_finish (DfnQuic *self, GError *error)
{
  if (self->state == DFN_QUIC_STATE_CLOSED)
    {
      g_clear_error (&error);
      return;
    }
  if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  g_clear_error (&error);
  if (self->error == NULL)
    self->error = g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED,
                                       "The connection was closed");
  set_timer (self, -1);
  self->write_wanted = FALSE;
  set_state (self, DFN_QUIC_STATE_CLOSED);
}

/* A deadline moves back with almost every packet, and setting a timer costs more than a packet
 * does; so one that is set too early is left to fire, which finds nothing to do and sets the right
 * one. */
void
dfn_quic_arm_timer (DfnQuic *self)
{
  ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry (self->conn);
  gint64 when_us = expiry == G_MAXUINT64 ? -1 : (gint64) (expiry / NGTCP2_MICROSECONDS) + 1;

  if (when_us < 0 || (self->timer_us >= 0 && self->timer_us <= when_us))
    return;
  set_timer (self, when_us);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);
  ngtcp2_tstamp now = dfn_quic_now ();
  int result;

  self->timer_us = -1;
  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return G_SOURCE_CONTINUE;
  if (ngtcp2_conn_get_expiry (self->conn) > now)
    {
      dfn_quic_arm_timer (self);
      return G_SOURCE_CONTINUE;
    }
  self->depth++;
  result = ngtcp2_conn_handle_expiry (self->conn, now);
  self->depth--;
  if (result != 0)
    dfn_quic_fail (self, result);
  else
    dfn_quic_write (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_writer (gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);

  self->write_wanted = FALSE;
  dfn_quic_write (self);
  return G_SOURCE_CONTINUE;
}

void
dfn_quic_schedule_write (DfnQuic *self)
{
  if (self->state != DFN_QUIC_STATE_CLOSED)
    self->write_wanted = TRUE;
}

static void
on_peer_closed (DfnQuic *self)
{
  self->peer_code = dfn_quic_compat_get_peer_code (self->conn);
  if (self->peer_code >= 0)
    dfn_quic_finish (self, g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED,
                                                "The peer closed the connection"));
  else
    dfn_quic_finish (self, g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED,
                                                "The peer refused the connection"));
}

/* A server's first packet was no start of a handshake, damaged or forged: the peer's own one may
 * still come, and must find this side as it was before. */
static void
forget_conn (DfnQuic *self)
{
  ngtcp2_conn_del (g_steal_pointer (&self->conn));
  dfn_quic_tls_free (self->tls);
  self->tls = dfn_quic_tls_new (self->identity, self->is_server, self->peer_key);
}

static void
on_packet (const guint8 *data, gsize length, gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);
  ngtcp2_pkt_info info = { 0 };
  int result;

  if (self->state == DFN_QUIC_STATE_CLOSED)
    return;
  if (self->conn == NULL)
    start_conn (self, data, length);
  if (self->conn == NULL)
    return;
  self->bytes_received += length;
  self->packets_received++;
  self->depth++;
  result =
      ngtcp2_conn_read_pkt (self->conn, dfn_quic_get_path (), &info, data, length, dfn_quic_now ());
  self->depth--;
  if (result == NGTCP2_ERR_DRAINING)
    on_peer_closed (self);
  else if (self->is_server && (result == NGTCP2_ERR_DROP_CONN || result == NGTCP2_ERR_RETRY))
    forget_conn (self);
  else if (result != 0 && result != NGTCP2_ERR_DISCARD_PKT)
    dfn_quic_fail (self, result);
  else if (self->close_wanted)
    dfn_quic_write (self); /* now: the owner may have let go of us */
  else
    dfn_quic_schedule_write (self);
}

static void
on_link_ready (gpointer user_data)
{
  DfnQuic *self = user_data;

  self->blocked = FALSE;
  dfn_quic_schedule_write (self);
}

static void
on_link_state_changed (DfnLink *link, DfnQuic *self)
{
  switch (dfn_link_get_state (link))
    {
    case DFN_LINK_STATE_CONNECTED:
      dfn_quic_schedule_write (self);
      break;
    case DFN_LINK_STATE_FAILED:
    case DFN_LINK_STATE_CONNECTING:
      /* The connection outlives its link for as long as QUIC's idle timeout: another one may take
       * its place. */
      break;
    }
}

static void
drop_link (DfnQuic *self)
{
  if (self->link == NULL)
    return;
  dfn_link_set_receiver (self->link, NULL, NULL, NULL);
  g_clear_signal_handler (&self->link_handler, self->link);
  g_clear_object (&self->link);
}

static void
dfn_quic_dispose (GObject *object)
{
  DfnQuic *self = DFN_QUIC (object);

  drop_link (self);
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  if (self->writer != NULL)
    g_source_destroy (self->writer);
  g_clear_pointer (&self->timer, g_source_unref);
  g_clear_pointer (&self->writer, g_source_unref);
  G_OBJECT_CLASS (dfn_quic_parent_class)->dispose (object);
}

static void
dfn_quic_finalize (GObject *object)
{
  DfnQuic *self = DFN_QUIC (object);

  ngtcp2_conn_del (self->conn);
  g_clear_pointer (&self->tls, dfn_quic_tls_free);
  g_clear_object (&self->identity);
  g_clear_error (&self->error);
  g_hash_table_unref (self->stalled);
  g_sequence_free (self->pending);
  g_hash_table_unref (self->streams);
  g_queue_clear_full (&self->datagrams, (GDestroyNotify) g_bytes_unref);
  g_free (self->batch);
  G_OBJECT_CLASS (dfn_quic_parent_class)->finalize (object);
}

static void
dfn_quic_class_init (DfnQuicClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_quic_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_quic_finalize;
}

/* Whether a write is wanted is asked for, not told: g_source_set_ready_time() would wake the
 * context with a system call for each packet, though it is always its own thread that wants to
 * write. */
typedef struct {
  GSource source;
  DfnQuic *quic; /* weak: it destroys the source in its dispose */
} WriterSource;

static gboolean
prepare_writer (GSource *source, gint *timeout)
{
  *timeout = -1;
  return ((WriterSource *) source)->quic->write_wanted;
}

static gboolean
check_writer (GSource *source)
{
  return ((WriterSource *) source)->quic->write_wanted;
}

static gboolean
dispatch_writer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs writer_funcs = {
  .prepare = prepare_writer,
  .check = check_writer,
  .dispatch = dispatch_writer,
};

static void
dfn_quic_init (DfnQuic *self)
{
  GMainContext *context = g_main_context_get_thread_default ();

  self->peer_code = -1;
  self->streams = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) dfn_quic_stream_free);
  self->pending = g_sequence_new (NULL);
  self->stalled = g_hash_table_new (NULL, NULL);
  self->batch = g_malloc (DFN_LINK_BATCH_SIZE);
  g_queue_init (&self->datagrams);

  self->timer_us = -1;
  self->timer = dfn_timer_source_new ();
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, context);

  /* After everything that the sockets hold, before real idle work. */
  self->writer = g_source_new (&writer_funcs, sizeof (WriterSource));
  ((WriterSource *) self->writer)->quic = self;
  g_source_set_priority (self->writer, G_PRIORITY_DEFAULT + 1);
  g_source_set_callback (self->writer, on_writer, self, NULL);
  g_source_set_static_name (self->writer, "dfn-quic-writer");
  g_source_attach (self->writer, context);
}

DfnQuic *
dfn_quic_new (DfnLink *link,
              gboolean is_server,
              DfnQuicIdentity *identity,
              const guint8 peer_key[DFN_QUIC_KEY_SIZE],
              const DfnQuicHandler *handler,
              gpointer user_data)
{
  DfnQuic *self = g_object_new (DFN_TYPE_QUIC, NULL);

  self->is_server = is_server;
  self->identity = g_object_ref (identity);
  memcpy (self->peer_key, peer_key, sizeof self->peer_key);
  self->handler = handler;
  self->user_data = user_data;
  self->tls = dfn_quic_tls_new (identity, is_server, peer_key);
  dfn_quic_set_link (self, link);
  if (!is_server)
    start_conn (self, NULL, 0);
  dfn_quic_schedule_write (self);
  return self;
}

void
dfn_quic_set_link (DfnQuic *self, DfnLink *link)
{
  g_return_if_fail (DFN_IS_QUIC (self));

  drop_link (self);
  self->link = g_object_ref (link);
  self->blocked = FALSE;
  self->batch_length = 0;
  dfn_link_set_receiver (link, on_packet, on_link_ready, self);
  self->link_handler =
      g_signal_connect (link, "state-changed", G_CALLBACK (on_link_state_changed), self);
  dfn_quic_schedule_write (self);
}

/* Use */

DfnQuicState
dfn_quic_get_state (DfnQuic *self)
{
  return self->state;
}

const GError *
dfn_quic_get_error (DfnQuic *self)
{
  return self->error;
}

gint64
dfn_quic_get_peer_code (DfnQuic *self)
{
  return self->peer_code;
}

gint64
dfn_quic_open_stream (DfnQuic *self, gint64 priority)
{
  gint64 id = -1;

  if (self->state == DFN_QUIC_STATE_HANDSHAKE || self->state == DFN_QUIC_STATE_CLOSED
      || self->close_wanted || ngtcp2_conn_open_bidi_stream (self->conn, &id, NULL) != 0)
    return -1;
  add_stream (self, id, priority);
  return id;
}

gboolean
dfn_quic_is_own_stream (DfnQuic *self, gint64 id)
{
  /* RFC 9000 section 2.1: the lowest bit names the side that opened it. */
  return (id & 1) == (self->is_server ? 1 : 0);
}

void
dfn_quic_set_priority (DfnQuic *self, gint64 id, gint64 priority)
{
  DfnQuicStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));
  GSequenceIter *iter;

  if (stream == NULL)
    return;
  iter = g_sequence_lookup (self->pending, stream, dfn_quic_stream_compare, NULL);
  dfn_quic_stream_set_priority (stream, priority);
  if (iter != NULL)
    g_sequence_sort_changed (iter, dfn_quic_stream_compare, NULL);
}

gboolean
dfn_quic_send (DfnQuic *self, gint64 id, GBytes *bytes, gboolean fin)
{
  DfnQuicStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));
  gboolean was_pending;

  if (stream == NULL || dfn_quic_stream_is_ended (stream) || self->state == DFN_QUIC_STATE_CLOSED)
    return FALSE;
  was_pending = dfn_quic_stream_is_pending (stream);
  dfn_quic_stream_append (stream, bytes, fin);
  self->unsent += bytes != NULL ? g_bytes_get_size (bytes) : 0;
  if (!was_pending && dfn_quic_stream_is_pending (stream))
    g_sequence_insert_sorted (self->pending, stream, dfn_quic_stream_compare, NULL);
  dfn_quic_schedule_write (self);
  return TRUE;
}

void
dfn_quic_reset_stream (DfnQuic *self, gint64 id, guint64 code)
{
  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return;
  abandon_stream (self, id);
  dfn_quic_compat_reset_stream (self->conn, id, code);
  dfn_quic_schedule_write (self);
}

void
dfn_quic_stop_stream (DfnQuic *self, gint64 id, guint64 code)
{
  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return;
  dfn_quic_compat_stop_stream (self->conn, id, code);
  dfn_quic_schedule_write (self);
}

gboolean
dfn_quic_send_datagram (DfnQuic *self, GBytes *bytes)
{
  if (self->state == DFN_QUIC_STATE_HANDSHAKE || self->state == DFN_QUIC_STATE_CLOSED
      || g_bytes_get_size (bytes) == 0 || g_bytes_get_size (bytes) > DFN_QUIC_MAX_DATAGRAM
      || self->datagrams.length >= MAX_QUEUED_DATAGRAMS)
    return FALSE;
  g_queue_push_tail (&self->datagrams, g_bytes_ref (bytes));
  dfn_quic_schedule_write (self);
  return TRUE;
}

gsize
dfn_quic_get_unsent (DfnQuic *self)
{
  return self->unsent;
}

void
dfn_quic_get_stats (DfnQuic *self, DfnQuicStats *stats)
{
  DfnQuicConnInfo info = { 0 };
  guint64 payload = self->stream_bytes_sent + self->datagram_bytes_sent;

  if (self->conn != NULL)
    dfn_quic_compat_get_info (self->conn, &info);
  *stats = (DfnQuicStats){
    .rtt_us = (gint64) (info.smoothed_rtt / NGTCP2_MICROSECONDS),
    .min_rtt_us = (gint64) (info.min_rtt / NGTCP2_MICROSECONDS),
    .rtt_var_us = (gint64) (info.rttvar / NGTCP2_MICROSECONDS),
    .congestion_window = info.cwnd,
    .bytes_in_flight = info.bytes_in_flight,
    .bytes_sent = self->bytes_sent,
    .bytes_received = self->bytes_received,
    .packets_sent = self->packets_sent,
    .packets_received = self->packets_received,
    .stream_bytes_sent = self->stream_bytes_sent,
    .stream_bytes_acked = self->stream_bytes_acked,
    .overhead = self->bytes_sent > payload
                    ? (double) (self->bytes_sent - payload) / (double) self->bytes_sent
                    : 0,
  };
}

void
dfn_quic_close (DfnQuic *self, guint64 code, GError *error)
{
  /* The first reason counts, also while it waits to be told. */
  if (self->state == DFN_QUIC_STATE_CLOSED || self->close_wanted)
    {
      g_clear_error (&error);
      return;
    }
  if (self->error == NULL)
    self->error = g_steal_pointer (&error);
  g_clear_error (&error);
  if (self->conn == NULL)
    {
      dfn_quic_finish (self, NULL);
      return;
    }
  self->close_wanted = TRUE;
  self->close_code = code;
  if (self->depth > 0)
    dfn_quic_schedule_write (self);
  else
    dfn_quic_write (self);
}

void
dfn_quic_detach (DfnQuic *self)
{
  static const DfnQuicHandler nobody;

  self->handler = &nobody;
  self->user_data = NULL;
}
