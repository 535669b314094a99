/* SPDX-License-Identifier: MIT */
#include "dfn-quic-private.h"

#include "dfn-source.h"
#include "dfn-timer.h"

#include <string.h>

#define MAX_QUEUED_DATAGRAMS 64

/* How long a connection whose link has failed waits for another one. */
#define LINK_PATIENCE_MS 5000
/* With fewer bytes sent, what was sent again says nothing of the path. */
#define LEAST_FOR_LOSS (256 * 1024)

G_DEFINE_FINAL_TYPE (DfnQuic, dfn_quic, G_TYPE_OBJECT)

void
dfn_quic_set_state (DfnQuic *self, DfnQuicState state)
{
  if (state <= self->state)
    return;
  self->state = state;
  if (self->handler->state_changed != NULL)
    self->handler->state_changed (self, self->user_data);
}

/* Life */

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
  dfn_timer_source_set (self->timer, -1);
  dfn_source_clear (&self->link_wait);
  g_clear_pointer (&self->uplink, dfn_uplink_client_free);
  self->write_wanted = FALSE;
  dfn_quic_set_state (self, DFN_QUIC_STATE_CLOSED);
}

void
dfn_quic_arm_timer (DfnQuic *self)
{
  ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry (self->conn);
  DfnQuicConnInfo info;

  dfn_quic_compat_get_info (self->conn, &info);
  expiry = dfn_ack_hold_get_expiry (&self->hold, expiry, info.smoothed_rtt);
  dfn_timer_source_set (self->timer,
                        expiry == G_MAXUINT64 ? -1 : (gint64) (expiry / NGTCP2_MICROSECONDS) + 1);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);
  int result;

  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return G_SOURCE_CONTINUE;
  self->depth++;
  result = ngtcp2_conn_handle_expiry (self->conn, dfn_quic_now ());
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
  self->can_send = FALSE;
  dfn_quic_tls_free (self->tls);
  self->tls = dfn_quic_tls_new (self->identity, self->is_server, self->peer_key);
}

/* Whether what came needs no write pass: all that could go out is an acknowledgement that may wait.
 * What the peer acknowledges may say that something was lost, or make room for more. */
static gboolean
may_wait (DfnQuic *self, const DfnQuicConnInfo *before, const DfnQuicConnInfo *after)
{
  return self->state == DFN_QUIC_STATE_ACCEPTED && g_sequence_is_empty (self->pending)
         && g_queue_is_empty (&self->datagrams) && before->bytes_in_flight == after->bytes_in_flight
         && dfn_ack_hold_may_wait (&self->hold);
}

static void
on_packet (const guint8 *data, gsize length, gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);
  ngtcp2_pkt_info info = { 0 };
  DfnQuicConnInfo before, after;
  ngtcp2_tstamp now;
  int result;

  if (self->state == DFN_QUIC_STATE_CLOSED)
    return;
  if (self->conn == NULL)
    dfn_quic_start_conn (self, data, length);
  if (self->conn == NULL)
    return;
  now = dfn_quic_now ();
  self->bytes_received += length;
  dfn_rate_meter_add (&self->meter_in, length, (gint64) (now / NGTCP2_MICROSECONDS));
  self->packets_received++;
  dfn_quic_compat_get_info (self->conn, &before);
  self->has_heard = FALSE;
  self->depth++;
  result = ngtcp2_conn_read_pkt (self->conn, dfn_quic_get_path (), &info, data, length, now);
  self->depth--;
  dfn_ack_hold_received (&self->hold, now, self->has_heard);
  if (result == NGTCP2_ERR_DRAINING)
    on_peer_closed (self);
  else if (self->is_server && (result == NGTCP2_ERR_DROP_CONN || result == NGTCP2_ERR_RETRY))
    forget_conn (self);
  else if (result != 0 && result != NGTCP2_ERR_DISCARD_PKT)
    dfn_quic_fail (self, result);
  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return;
  if (self->can_send)
    dfn_quic_set_state (self, DFN_QUIC_STATE_ESTABLISHED);
  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return;
  dfn_quic_compat_get_info (self->conn, &after);
  dfn_quic_report_packet (self, &before, &after);
  if (self->close_wanted)
    dfn_quic_write (self); /* now: the owner may have let go of us */
  else if (may_wait (self, &before, &after))
    dfn_quic_arm_timer (self);
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

static gboolean
on_link_lost (gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);

  dfn_source_clear (&self->link_wait);
  dfn_quic_fail (self, NGTCP2_ERR_IDLE_CLOSE);
  return G_SOURCE_REMOVE;
}

/* The connection outlives its link for a while: another one may take its place. Not for ever: the
 * peer may still be heard, so that QUIC's own idle timeout never comes. */
static void
wait_for_link (DfnQuic *self)
{
  if (self->link_wait != NULL || self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL)
    return;
  self->link_wait = dfn_source_attach (g_timeout_source_new (LINK_PATIENCE_MS),
                                       g_source_get_context (self->timer), on_link_lost, self);
}

static void
on_link_state_changed (DfnLink *link, DfnQuic *self)
{
  switch (dfn_link_get_state (link))
    {
    case DFN_LINK_STATE_CONNECTED:
      dfn_source_clear (&self->link_wait);
      dfn_quic_schedule_write (self);
      break;
    case DFN_LINK_STATE_FAILED:
      wait_for_link (self);
      break;
    case DFN_LINK_STATE_CONNECTING:
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
  dfn_source_clear (&self->link_wait);
  g_clear_pointer (&self->uplink, dfn_uplink_client_free);
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

  self->timer = dfn_source_attach (dfn_timer_source_new (), context, on_timer, self);

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
  dfn_quic_set_governor (self, dfn_uplink_governor_get_default ());
  dfn_quic_set_link (self, link);
  if (!is_server)
    dfn_quic_start_conn (self, NULL, 0);
  dfn_quic_schedule_write (self);
  return self;
}

static void
on_uplink_ready (gpointer user_data)
{
  g_autoptr (DfnQuic) self = g_object_ref (user_data);

  dfn_quic_write (self);
}

void
dfn_quic_set_governor (DfnQuic *self, DfnUplinkGovernor *governor)
{
  g_return_if_fail (DFN_IS_QUIC (self));

  g_clear_pointer (&self->uplink, dfn_uplink_client_free);
  if (governor != NULL && self->state != DFN_QUIC_STATE_CLOSED)
    self->uplink = dfn_uplink_client_new (governor, on_uplink_ready, self);
  dfn_quic_schedule_write (self);
}

void
dfn_quic_set_link (DfnQuic *self, DfnLink *link)
{
  g_return_if_fail (DFN_IS_QUIC (self));

  /* What is known of the old path says nothing of the new one. */
  if (self->link != NULL && self->uplink != NULL)
    dfn_uplink_client_forget (self->uplink);
  drop_link (self);
  dfn_source_clear (&self->link_wait);
  self->link = g_object_ref (link);
  self->blocked = FALSE;
  self->batch_length = 0;
  dfn_link_set_receiver (link, on_packet, on_link_ready, self);
  self->link_handler =
      g_signal_connect (link, "state-changed", G_CALLBACK (on_link_state_changed), self);
  dfn_quic_schedule_write (self);
}

/* Use */

DfnLink *
dfn_quic_get_link (DfnQuic *self)
{
  return self->link;
}

const guint8 *
dfn_quic_get_peer_key (DfnQuic *self)
{
  return self->peer_key;
}

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
  dfn_quic_add_stream (self, id, priority);
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
  if (iter == NULL)
    return;
  g_sequence_sort_changed (iter, dfn_quic_stream_compare, NULL);
  dfn_quic_schedule_write (self); /* so that its turn moves, too */
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
  dfn_quic_abandon_stream (self, id);
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

gsize
dfn_quic_get_stream_unsent (DfnQuic *self, gint64 id)
{
  DfnQuicStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));

  return stream != NULL ? dfn_quic_stream_get_unsent (stream) : 0;
}

static double
get_loss (DfnQuic *self)
{
  if (self->stream_bytes_sent < LEAST_FOR_LOSS)
    return 0;
  return (double) self->bytes_resent / (double) (self->bytes_resent + self->stream_bytes_sent);
}

void
dfn_quic_get_stats (DfnQuic *self, DfnQuicStats *stats)
{
  DfnQuicConnInfo info = { 0 };
  gint64 now_us = g_get_monotonic_time ();
  guint64 payload = self->stream_bytes_sent + self->datagram_bytes_sent;

  if (self->conn != NULL)
    dfn_quic_compat_get_info (self->conn, &info);
  *stats = (DfnQuicStats){
    .rtt_us = (gint64) (info.smoothed_rtt / NGTCP2_MICROSECONDS),
    .latest_rtt_us = (gint64) (info.latest_rtt / NGTCP2_MICROSECONDS),
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
    .loss = get_loss (self),
    .rate_in = dfn_rate_meter_get (&self->meter_in, now_us),
    .rate_out = dfn_rate_meter_get (&self->meter_out, now_us),
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
