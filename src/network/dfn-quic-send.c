/* SPDX-License-Identifier: MIT */
#include "dfn-quic-private.h"

#include <string.h>

#define N_VECTORS 8
/* Bytes of a packet with acknowledgements and windows, and not more. */
#define LARGEST_ACK 300

/* Gives the packets collected so far to the link in one call. */
static DfnLinkResult
send_batch (DfnQuic *self)
{
  DfnLinkResult result;

  if (self->batch_length == 0)
    return DFN_LINK_SENT;
  result = dfn_link_send (self->link, self->batch, self->batch_length, self->batch_segment);
  if (result == DFN_LINK_BLOCKED)
    {
      self->blocked = TRUE;
      return result;
    }
  /* A broken link loses packets like any other; QUIC's timers decide when to give up. */
  self->bytes_sent += self->batch_length;
  dfn_rate_meter_add (&self->meter_out, self->batch_length, g_get_monotonic_time ());
  self->packets_sent += (self->batch_length + self->batch_segment - 1) / self->batch_segment;
  self->batch_length = 0;
  return result;
}

static void
stream_advanced (DfnQuic *self, DfnQuicStream *stream, ngtcp2_ssize n_bytes, gboolean fin)
{
  if (n_bytes < 0)
    return;
  dfn_quic_stream_sent (stream, (gsize) n_bytes, fin);
  self->unsent -= (gsize) n_bytes;
  self->stream_bytes_sent += (guint64) n_bytes;
  if (!dfn_quic_stream_is_pending (stream))
    g_sequence_remove (g_sequence_get_begin_iter (self->pending));
}

/* Puts the first datagram into the packet that is being built. Returns the packet's size once it
 * is complete, 0 if nothing can be sent now, NGTCP2_ERR_WRITE_MORE while there is room. */
static ngtcp2_ssize
write_datagram (DfnQuic *self, guint8 *out, gsize size, ngtcp2_tstamp now)
{
  GBytes *bytes = g_queue_peek_head (&self->datagrams);
  gsize length;
  ngtcp2_vec vector;
  int accepted = 0;
  ngtcp2_ssize n;

  vector.base = (guint8 *) g_bytes_get_data (bytes, &length);
  vector.len = length;
  n = ngtcp2_conn_writev_datagram (self->conn, NULL, NULL, out, size, &accepted,
                                   NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0, &vector, 1, now);
  /* One that can never be sent must not block those behind it. */
  if (accepted || n == NGTCP2_ERR_INVALID_ARGUMENT || n == NGTCP2_ERR_INVALID_STATE)
    {
      self->datagram_bytes_sent += accepted ? length : 0;
      g_bytes_unref (g_queue_pop_head (&self->datagrams));
    }
  if (n == NGTCP2_ERR_INVALID_ARGUMENT || n == NGTCP2_ERR_INVALID_STATE)
    return NGTCP2_ERR_WRITE_MORE;
  return n;
}

/* The same for the stream that goes first. */
static ngtcp2_ssize
write_stream (DfnQuic *self, guint8 *out, gsize size, ngtcp2_tstamp now)
{
  GSequenceIter *first = g_sequence_get_begin_iter (self->pending);
  DfnQuicStream *stream = g_sequence_get (first);
  ngtcp2_vec vectors[N_VECTORS];
  gboolean fin;
  gsize n_vectors = dfn_quic_stream_peek (stream, vectors, N_VECTORS, &fin);
  guint32 flags = NGTCP2_WRITE_STREAM_FLAG_MORE | (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0);
  gsize offered = 0;
  ngtcp2_ssize taken = -1;
  ngtcp2_ssize n;

  for (gsize i = 0; i < n_vectors; i++)
    offered += vectors[i].len;
  n = ngtcp2_conn_writev_stream (self->conn, NULL, NULL, out, size, &taken, flags,
                                 dfn_quic_stream_get_id (stream), vectors, n_vectors, now);
  stream_advanced (self, stream, taken, fin && taken >= 0 && (gsize) taken == offered);
  if (n == NGTCP2_ERR_STREAM_DATA_BLOCKED)
    {
      g_sequence_remove (first);
      g_hash_table_add (self->stalled, stream);
      return NGTCP2_ERR_WRITE_MORE;
    }
  if (n == NGTCP2_ERR_STREAM_SHUT_WR || n == NGTCP2_ERR_STREAM_NOT_FOUND)
    {
      g_sequence_remove (first);
      self->unsent -= dfn_quic_stream_abandon (stream);
      return NGTCP2_ERR_WRITE_MORE;
    }
  return n;
}

/* A packet that is too large for acknowledgements alone repeats what was lost. Probes of the path's
 * largest size look the same, but there are only a few of them. */
static void
note_resent (DfnQuic *self, ngtcp2_ssize length, guint64 payload_before)
{
  if (length > LARGEST_ACK && self->state != DFN_QUIC_STATE_HANDSHAKE
      && self->stream_bytes_sent + self->datagram_bytes_sent == payload_before)
    self->bytes_resent += (guint64) length;
}

void
dfn_quic_report_uplink (DfnQuic *self, gint64 rtt_us)
{
  DfnQuicConnInfo info;
  DfnUplinkReport report = {
    .sent = self->link_bytes,
    .acked = self->stream_bytes_acked,
    .rtt_us = rtt_us,
  };

  if (self->uplink == NULL || dfn_link_is_local (self->link))
    return;
  dfn_quic_compat_get_info (self->conn, &info);
  report.in_flight = info.bytes_in_flight
                     + info.bytes_in_flight * DFN_QUIC_HEADERS
                           / ngtcp2_conn_get_max_tx_udp_payload_size (self->conn);
  dfn_uplink_client_report (self->uplink, &report);
}

/* The sample of the round-trip time that the last packet gave, or -1. ngtcp2 shows samples with the
 * peer's delay in them, and a mean of those without: RFC 9002 section 5.3. */
static gint64
get_rtt_sample (const DfnQuicConnInfo *before, const DfnQuicConnInfo *after)
{
  gint64 sample;

  if (after->min_rtt == G_MAXUINT64
      || (after->smoothed_rtt == before->smoothed_rtt && after->latest_rtt == before->latest_rtt))
    return -1;
  sample = 8 * (gint64) after->smoothed_rtt - 7 * (gint64) before->smoothed_rtt;
  if (before->min_rtt == G_MAXUINT64)
    sample = (gint64) after->latest_rtt;
  return CLAMP (sample, 0, (gint64) after->latest_rtt) / NGTCP2_MICROSECONDS;
}

void
dfn_quic_report_packet (DfnQuic *self, const DfnQuicConnInfo *before, const DfnQuicConnInfo *after)
{
  /* Several handshake packets come in one, with a sample each. */
  dfn_quic_report_uplink (
      self, self->state == DFN_QUIC_STATE_ACCEPTED ? get_rtt_sample (before, after) : -1);
}

/* Asks the governor how many bytes of link the streams may use now. */
static gsize
ask_for_streams (DfnQuic *self)
{
  if (g_sequence_is_empty (self->pending) || ngtcp2_conn_get_max_data_left (self->conn) == 0)
    {
      if (self->uplink != NULL)
        dfn_uplink_client_rest (self->uplink);
      return 0;
    }
  if (self->uplink == NULL)
    return G_MAXSIZE;
  if (dfn_link_is_local (self->link))
    {
      dfn_uplink_client_rest (self->uplink);
      return G_MAXSIZE;
    }
  return dfn_uplink_client_ask (self->uplink, dfn_quic_stream_get_priority (g_sequence_get (
                                                  g_sequence_get_begin_iter (self->pending))));
}

/* Builds one packet of everything that fits: datagrams before streams. */
static ngtcp2_ssize
write_packet (DfnQuic *self, guint8 *out, gsize size, gboolean with_streams, ngtcp2_tstamp now)
{
  guint64 payload = self->stream_bytes_sent + self->datagram_bytes_sent;
  ngtcp2_ssize n = NGTCP2_ERR_WRITE_MORE;

  while (n == NGTCP2_ERR_WRITE_MORE)
    {
      if (!g_queue_is_empty (&self->datagrams))
        n = write_datagram (self, out, size, now);
      else if (with_streams && ngtcp2_conn_get_max_data_left (self->conn) > 0
               && !g_sequence_is_empty (self->pending))
        n = write_stream (self, out, size, now);
      else
        break;
    }
  /* Whatever is left, an acknowledgement or a probe, and the end of a packet that has room. It
   * also tells congestion control that there was no more to send. */
  if (n == NGTCP2_ERR_WRITE_MORE)
    n = ngtcp2_conn_writev_stream (self->conn, NULL, NULL, out, size, NULL, 0, -1, NULL, 0, now);
  note_resent (self, n, payload);
  return n;
}

/* Adds a packet that was written behind the batch. All packets of a batch but the last have one
 * size, so a longer one starts the next batch and a shorter one ends this one. */
static DfnLinkResult
add_to_batch (DfnQuic *self, gsize length)
{
  gsize begin = self->batch_length;
  DfnLinkResult result;

  if (begin == 0)
    self->batch_segment = length;
  if (length <= self->batch_segment)
    {
      self->batch_length += length;
      return length < self->batch_segment ? send_batch (self) : DFN_LINK_SENT;
    }
  result = send_batch (self);
  if (result == DFN_LINK_BLOCKED)
    {
      /* The longer packet stays unsent behind a full socket; it is lost and QUIC repeats it. */
      return result;
    }
  memmove (self->batch, self->batch + begin, length);
  self->batch_length = self->batch_segment = length;
  return result;
}

/* Whether the packet after the next one may still hold stream content. */
static gboolean
may_write_streams (DfnQuic *self, gsize size, guint64 *allowed_until)
{
  gsize most = size + DFN_QUIC_HEADERS;

  if (self->link_bytes + most > *allowed_until)
    {
      gsize allowed;

      dfn_quic_report_uplink (self, -1);
      allowed = ask_for_streams (self);
      *allowed_until = allowed == G_MAXSIZE ? G_MAXUINT64 : self->link_bytes + allowed;
    }
  return self->link_bytes + most <= *allowed_until;
}

/* Returns: %FALSE if the connection failed */
static gboolean
write_until_blocked (DfnQuic *self, ngtcp2_tstamp now)
{
  gsize quantum = ngtcp2_conn_get_send_quantum (self->conn);
  guint64 allowed_until = 0;
  gsize written = 0;

  while (written < quantum)
    {
      gsize size = MIN (ngtcp2_conn_get_max_tx_udp_payload_size (self->conn),
                        dfn_link_get_max_payload (self->link));
      gboolean with_streams = may_write_streams (self, size, &allowed_until);
      ngtcp2_ssize n;

      if (self->batch_length + size > DFN_LINK_BATCH_SIZE && send_batch (self) == DFN_LINK_BLOCKED)
        break;
      n = write_packet (self, self->batch + self->batch_length, size, with_streams, now);
      if (n < 0)
        {
          dfn_quic_fail (self, (int) n);
          return FALSE;
        }
      if (n == 0)
        break;
      written += (gsize) n;
      dfn_ack_hold_written (&self->hold);
      if (!dfn_link_is_local (self->link))
        self->link_bytes += (gsize) n + DFN_QUIC_HEADERS;
      if (add_to_batch (self, (gsize) n) == DFN_LINK_BLOCKED)
        break;
      /* What never waits takes one packet, but ngtcp2 would go on with what it has to repeat. */
      if (!with_streams && g_queue_is_empty (&self->datagrams))
        return TRUE;
    }
  /* The governor is not what holds it back. */
  if (self->uplink != NULL && allowed_until > self->link_bytes)
    dfn_uplink_client_rest (self->uplink);
  return TRUE;
}

static void
write_packets (DfnQuic *self)
{
  ngtcp2_tstamp now = dfn_quic_now ();

  /* What a full socket left over goes first; its last packet may end the batch. */
  if (send_batch (self) == DFN_LINK_BLOCKED || !write_until_blocked (self, now))
    return;
  send_batch (self);
  dfn_quic_report_uplink (self, -1);
  ngtcp2_conn_update_pkt_tx_time (self->conn, now);
}

static void
write_close (DfnQuic *self)
{
  DfnQuicCloseError close_error;
  ngtcp2_ssize n;

  dfn_quic_compat_error_init (&close_error);
  dfn_quic_compat_error_from_application (&close_error, self->close_code, NULL, 0);
  n = ngtcp2_conn_write_connection_close (self->conn, NULL, NULL, self->batch, 1200, &close_error,
                                          dfn_quic_now ());
  if (n > 0)
    dfn_link_send (self->link, self->batch, (gsize) n, (gsize) n);
}

void
dfn_quic_write (DfnQuic *self)
{
  if (self->state == DFN_QUIC_STATE_CLOSED || self->conn == NULL || self->depth > 0)
    return;
  if (self->close_wanted)
    {
      write_close (self);
      dfn_quic_finish (self, NULL);
      return;
    }
  /* Before there is a path a packet would only be lost, and its repetition late. */
  if (dfn_link_get_state (self->link) == DFN_LINK_STATE_CONNECTING)
    return;
  if (self->blocked || dfn_quic_compat_in_closing_period (self->conn)
      || dfn_quic_compat_in_draining_period (self->conn))
    return;
  self->drained_from = self->unsent;
  self->depth++;
  write_packets (self);
  self->depth--;
  if (self->state == DFN_QUIC_STATE_CLOSED)
    return;
  dfn_quic_arm_timer (self);
  if (self->unsent < self->drained_from && self->handler->drained != NULL)
    self->handler->drained (self, self->user_data);
}

void
dfn_quic_fail (DfnQuic *self, int library_error)
{
  DfnQuicCloseError close_error;
  guint8 alert = ngtcp2_conn_get_tls_alert (self->conn);
  GError *error = NULL;
  ngtcp2_ssize n = 0;

  dfn_quic_compat_error_init (&close_error);
  if (library_error == NGTCP2_ERR_CRYPTO && alert != 0)
    dfn_quic_compat_error_from_alert (&close_error, alert, NULL, 0);
  else
    dfn_quic_compat_error_from_library (&close_error, library_error, NULL, 0);
  if (library_error != NGTCP2_ERR_IDLE_CLOSE && library_error != NGTCP2_ERR_HANDSHAKE_TIMEOUT)
    n = ngtcp2_conn_write_connection_close (self->conn, NULL, NULL, self->batch, 1200, &close_error,
                                            dfn_quic_now ());
  if (n > 0)
    dfn_link_send (self->link, self->batch, (gsize) n, (gsize) n);

  if (dfn_quic_tls_get_wrong_key (self->tls))
    error = g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_AUTHENTICATION,
                                 "The peer does not hold the key that was expected of it");
  else if (library_error == NGTCP2_ERR_IDLE_CLOSE)
    error = g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_TIMED_OUT,
                                 "The peer has not been heard of for too long");
  else if (library_error == NGTCP2_ERR_HANDSHAKE_TIMEOUT)
    error = g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_TIMED_OUT,
                                 "The peer did not answer in time");
  else
    error = g_error_new (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL, "QUIC failed: %s",
                         ngtcp2_strerror (library_error));
  dfn_quic_finish (self, error);
}
