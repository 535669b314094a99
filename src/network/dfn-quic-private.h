/* SPDX-License-Identifier: MIT */
#pragma once

/* Shared by dfn-quic.c (life, receiving), dfn-quic-conn.c (what ngtcp2 calls) and dfn-quic-send.c
 * (the write pass), nobody else. */

#include "dfn-ack-hold.h"
#include "dfn-quic-compat.h"
#include "dfn-quic-stream.h"
#include "dfn-quic-tls.h"
#include "dfn-quic.h"
#include "dfn-rate-meter.h"
#include "dfn-uplink-governor.h"

G_BEGIN_DECLS

struct _DfnQuic {
  GObject parent_instance;

  DfnLink *link;
  gulong link_handler;
  gboolean is_server;
  gboolean can_send; /* of a server: it has the keys for data */
  const DfnQuicHandler *handler;
  gpointer user_data;
  DfnQuicState state;
  GError *error;

  DfnQuicIdentity *identity;
  guint8 peer_key[DFN_QUIC_KEY_SIZE];
  DfnQuicTls *tls;
  ngtcp2_conn *conn; /* NULL at a server until the client's first packet */

  GSource *timer;        /* QUIC's own deadlines and pacing */
  GSource *link_wait;    /* while the link has failed */
  GSource *writer;       /* one write pass after all that an iteration of the loop received */
  gboolean write_wanted; /* so that it runs */
  gboolean has_heard;    /* the packet that is being read has content */
  DfnAckHold hold;
  guint depth;      /* inside ngtcp2, where nothing may be written */
  gboolean blocked; /* the link takes nothing at the moment */

  gboolean close_wanted;
  guint64 close_code;
  gint64 peer_code; /* -1: the peer's program has not closed */

  GHashTable *streams; /* id: owned DfnQuicStream, our own streams */
  GSequence *pending;  /* of DfnQuicStream, those with something to send, the next one first */
  GHashTable *stalled; /* set of streams that the peer's flow control holds back */
  GQueue datagrams;    /* of GBytes */
  gsize unsent;
  gsize drained_from; /* @unsent when the pass began */

  DfnUplinkClient *uplink; /* NULL: nobody governs it */
  guint64 link_bytes;      /* written so far, with UDP's and IP's headers */

  guint8 *batch; /* DFN_LINK_BATCH_SIZE bytes of packets for one send */
  gsize batch_length;
  gsize batch_segment;

  guint64 bytes_sent;
  guint64 bytes_received;
  guint64 packets_sent;
  guint64 packets_received;
  guint64 stream_bytes_sent;
  guint64 stream_bytes_acked;
  guint64 datagram_bytes_sent;
  guint64 bytes_resent; /* in packets with nothing new */
  DfnRateMeter meter_in;
  DfnRateMeter meter_out;
};

/* Asks for a write pass before the loop sleeps. */
void dfn_quic_schedule_write (DfnQuic *self);
/* Writes what congestion control, pacing and the link allow. */
void dfn_quic_write (DfnQuic *self);
/* Ends the connection here; @error: (transfer full). */
void dfn_quic_finish (DfnQuic *self, GError *error);
/* Ends it with CONNECTION_CLOSE for an ngtcp2 error code. */
void dfn_quic_fail (DfnQuic *self, int library_error);
void dfn_quic_arm_timer (DfnQuic *self);
/* Tells the governor what was sent and acknowledged; @rtt_us: a new sample or -1. */
void dfn_quic_report_uplink (DfnQuic *self, gint64 rtt_us);
/* The same after a packet has been read, with what QUIC knew before it and knows now. */
void
dfn_quic_report_packet (DfnQuic *self, const DfnQuicConnInfo *before, const DfnQuicConnInfo *after);
ngtcp2_path *dfn_quic_get_path (void);
/* Moves on to a later state and tells the owner. */
void dfn_quic_set_state (DfnQuic *self, DfnQuicState state);
/* Makes @conn; a server does it of the client's first packet, and makes none of anything else. */
void dfn_quic_start_conn (DfnQuic *self, const guint8 *initial, gsize length);
void dfn_quic_add_stream (DfnQuic *self, gint64 id, gint64 priority);
/* Drops what a stream has not sent. ngtcp2 may still point at what it has sent, so the stream
 * itself stays until it is closed. */
void dfn_quic_abandon_stream (DfnQuic *self, gint64 id);

/* UDP over IPv6, the longer one: a user's limit is kept in any case. */
#define DFN_QUIC_HEADERS 48

static inline ngtcp2_tstamp
dfn_quic_now (void)
{
  return (ngtcp2_tstamp) g_get_monotonic_time () * NGTCP2_MICROSECONDS;
}

G_END_DECLS
