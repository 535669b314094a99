/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-link.h"
#include "dfn-quic-identity.h"
#include "dfn-uplink-governor.h"

G_BEGIN_DECLS

#define DFN_TYPE_QUIC (dfn_quic_get_type ())
G_DECLARE_FINAL_TYPE (DfnQuic, dfn_quic, DFN, QUIC, GObject)

/**
 * DfnQuic:
 *
 * One QUIC connection (RFC 9000, with RFC 9221 datagrams) over a #DfnLink, both sides known by a
 * raw public key. It lives on one thread, in the thread-default main context of its creation.
 *
 * Every stream is bidirectional, and over when both sides have ended it: ngtcp2 0.12 never lets go
 * of a peer's unidirectional stream, which adds up over the chunks of a long file. A request and
 * its response share a stream; whoever has nothing to say ends its side at once.
 */

/**
 * DfnQuicState:
 * @DFN_QUIC_STATE_HANDSHAKE: keys are being agreed
 * @DFN_QUIC_STATE_ESTABLISHED: data may be sent. At the client: the peer has proved its key. At the
 *   server it is still to do so: only what anybody may have is sent now (RFC 9001 section 5.7)
 * @DFN_QUIC_STATE_ACCEPTED: the peer has accepted our key too
 * @DFN_QUIC_STATE_CLOSED: it is over; dfn_quic_get_error() says why
 */
typedef enum {
  DFN_QUIC_STATE_HANDSHAKE,
  DFN_QUIC_STATE_ESTABLISHED,
  DFN_QUIC_STATE_ACCEPTED,
  DFN_QUIC_STATE_CLOSED,
} DfnQuicState;

/**
 * DfnQuicHandler:
 * @state_changed: the connection moved on
 * @stream_data: bytes of a peer's stream, in order; @fin with the last ones. @data is valid during
 *   the call
 * @stream_closed: a stream is over: both sides ended it and ours was acknowledged (@code -1), or
 *   one gave it up (@code as it said)
 * @datagram: a datagram came
 * @drained: fewer bytes wait to be sent than before; a sender that keeps its queue short goes on
 *
 * What the owner hears; each may be %NULL. Any of them may close or let go of the connection.
 */
typedef struct {
  void (*state_changed) (DfnQuic *quic, gpointer user_data);
  void (*stream_data) (DfnQuic *quic,
                       gint64 stream,
                       const guint8 *data,
                       gsize length,
                       gboolean fin,
                       gpointer user_data);
  void (*stream_closed) (DfnQuic *quic, gint64 stream, gint64 code, gpointer user_data);
  void (*datagram) (DfnQuic *quic, const guint8 *data, gsize length, gpointer user_data);
  void (*drained) (DfnQuic *quic, gpointer user_data);
} DfnQuicHandler;

/**
 * DfnQuicStats:
 * @rtt_us: smoothed round-trip time in microseconds
 * @latest_rtt_us: its latest sample, with what the peer waited before it acknowledged
 * @min_rtt_us: the shortest seen
 * @rtt_var_us: its mean deviation
 * @congestion_window: bytes
 * @bytes_in_flight: bytes sent and not acknowledged
 * @bytes_sent: UDP payload handed to the link
 * @bytes_received: UDP payload taken from the link
 * @packets_sent: packets handed to the link
 * @packets_received: packets taken from the link
 * @stream_bytes_sent: stream bytes put into packets for the first time
 * @stream_bytes_acked: stream bytes the peer acknowledged
 * @overhead: @bytes_sent less stream and datagram bytes, over @bytes_sent: headers,
 * acknowledgements and what was sent again because of loss; 0 to 1
 * @loss: about the share of stream bytes that was sent again, 0 to 1; 0 before much was sent
 * @rate_in: of the last seconds, bytes per second of UDP payload
 * @rate_out: the same of what was sent
 */
typedef struct {
  gint64 rtt_us;
  gint64 latest_rtt_us;
  gint64 min_rtt_us;
  gint64 rtt_var_us;
  guint64 congestion_window;
  guint64 bytes_in_flight;
  guint64 bytes_sent;
  guint64 bytes_received;
  guint64 packets_sent;
  guint64 packets_received;
  guint64 stream_bytes_sent;
  guint64 stream_bytes_acked;
  double overhead;
  double loss;
  double rate_in;
  double rate_out;
} DfnQuicStats;

/** DFN_QUIC_MAX_DATAGRAM: the longest datagram taken, in bytes; it fits the smallest path */
#define DFN_QUIC_MAX_DATAGRAM 1100
/** DFN_QUIC_MAX_PEER_STREAMS: how many streams a peer may have open to us at once */
#define DFN_QUIC_MAX_PEER_STREAMS 192

/**
 * dfn_quic_new:
 * @link: the path; packets may pass at once or later
 * @is_server: the client speaks first
 * @identity: whom this side is
 * @peer_key: the 32 bytes that the other side must prove to hold
 * @handler: (transfer none): static functions; @user_data goes with them
 *
 * Starts a connection.
 *
 * Returns: (transfer full): it
 */
DfnQuic *dfn_quic_new (DfnLink *link,
                       gboolean is_server,
                       DfnQuicIdentity *identity,
                       const guint8 peer_key[DFN_QUIC_KEY_SIZE],
                       const DfnQuicHandler *handler,
                       gpointer user_data);

/**
 * dfn_quic_set_link:
 * @link: another path to the same peer
 *
 * Carries the connection on over a new link, after an address has changed.
 */
void dfn_quic_set_link (DfnQuic *self, DfnLink *link);

/**
 * dfn_quic_set_governor:
 * @governor: (nullable): who shares the uplink, %NULL for nobody; without this call the default one
 */
void dfn_quic_set_governor (DfnQuic *self, DfnUplinkGovernor *governor);

/* The path at present: (transfer none). */
DfnLink *dfn_quic_get_link (DfnQuic *self);

/* The %DFN_QUIC_KEY_SIZE bytes that the other side has to prove to hold: (transfer none). */
const guint8 *dfn_quic_get_peer_key (DfnQuic *self);

DfnQuicState dfn_quic_get_state (DfnQuic *self);

/**
 * dfn_quic_get_error:
 *
 * Returns: (transfer none) (nullable): why the connection closed, a %DFN_NETWORK_ERROR
 */
const GError *dfn_quic_get_error (DfnQuic *self);

/**
 * dfn_quic_get_peer_code:
 *
 * Returns: the code with which the peer's program closed the connection, or -1 if it did not
 */
gint64 dfn_quic_get_peer_code (DfnQuic *self);

/**
 * dfn_quic_open_stream:
 * @priority: lower is sent first, usually a deadline in microseconds
 *
 * Returns: a new stream's id, or -1 while the peer allows no more, or before the connection is
 *   established
 */
gint64 dfn_quic_open_stream (DfnQuic *self, gint64 priority);

/**
 * dfn_quic_is_own_stream:
 *
 * Returns: %TRUE if this side opened @stream
 */
gboolean dfn_quic_is_own_stream (DfnQuic *self, gint64 stream);

/**
 * dfn_quic_set_priority:
 * @priority: for a stream that the peer opened, which starts with 0
 */
void dfn_quic_set_priority (DfnQuic *self, gint64 stream, gint64 priority);

/**
 * dfn_quic_send:
 * @stream: one of either side's
 * @bytes: (transfer none) (nullable): content; kept, not copied
 * @fin: whether it is the last
 *
 * Returns: %FALSE if the stream is gone
 */
gboolean dfn_quic_send (DfnQuic *self, gint64 stream, GBytes *bytes, gboolean fin);

/**
 * dfn_quic_reset_stream:
 *
 * Gives up our side of a stream; what was not sent is dropped.
 */
void dfn_quic_reset_stream (DfnQuic *self, gint64 stream, guint64 code);

/**
 * dfn_quic_stop_stream:
 *
 * Asks the peer to give up its side of a stream.
 */
void dfn_quic_stop_stream (DfnQuic *self, gint64 stream, guint64 code);

/**
 * dfn_quic_send_datagram:
 * @bytes: (transfer none): 1 to %DFN_QUIC_MAX_DATAGRAM bytes; ngtcp2 cannot write an empty one
 *
 * Returns: %FALSE if it cannot be sent now: not established, empty, too long, or too many wait
 */
gboolean dfn_quic_send_datagram (DfnQuic *self, GBytes *bytes);

/**
 * dfn_quic_get_unsent:
 *
 * Returns: the stream bytes that wait for their first packet
 */
gsize dfn_quic_get_unsent (DfnQuic *self);

/**
 * dfn_quic_get_stream_unsent:
 *
 * Returns: the bytes of @stream that wait for their first packet; 0 for one that is gone
 */
gsize dfn_quic_get_stream_unsent (DfnQuic *self, gint64 stream);

void dfn_quic_get_stats (DfnQuic *self, DfnQuicStats *stats);

/**
 * dfn_quic_close:
 * @code: told to the peer: 0 in good order
 * @error: (nullable) (transfer full): why; %NULL for %DFN_NETWORK_ERROR_CLOSED
 *
 * Ends the connection and tells the peer. Safe at any time, also in a handler.
 */
void dfn_quic_close (DfnQuic *self, guint64 code, GError *error);

/**
 * dfn_quic_detach:
 *
 * The owner goes: its handler is not called any more.
 */
void dfn_quic_detach (DfnQuic *self);

G_END_DECLS
