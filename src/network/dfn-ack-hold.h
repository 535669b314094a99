/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_ACK_HOLD_PACKETS: how many packets one acknowledgement may answer */
#define DFN_ACK_HOLD_PACKETS 10
/** DFN_ACK_HOLD_LONGEST_US: how long one waits at most; less than what the peer is told */
#define DFN_ACK_HOLD_LONGEST_US (25 * 1000)
/** DFN_ACK_HOLD_TOLD_MS: what the peer is told (max_ack_delay), with room for a late main loop */
#define DFN_ACK_HOLD_TOLD_MS 30

/**
 * DfnAckHold:
 * @n_heard: packets received so far
 * @n_waiting: those since the last pass that wrote
 * @since_ns: when the first of those came that wants an answer; 0: there is none
 *
 * Decides how long an acknowledgement may wait for more packets to answer, or for a packet that
 * goes out anyway: half of the round-trip time (RFC 9002 section 2 leaves it to the receiver, and
 * says that the sender has to expect it), where ngtcp2 waits for an eighth. On an uplink of 2.4
 * Mbit/s a packet comes every 5 ms, and each acknowledgement costs what 50 bytes cost.
 *
 * Pure: time is an argument, in nanoseconds of any monotonic clock. All zero at first.
 */
typedef struct {
  guint64 n_heard;
  guint n_waiting;
  guint64 since_ns;
} DfnAckHold;

/**
 * dfn_ack_hold_received:
 * @wants_answer: it had content, so that QUIC has to acknowledge it
 *
 * A packet has come.
 */
void dfn_ack_hold_received (DfnAckHold *self, guint64 now_ns, gboolean wants_answer);

/** dfn_ack_hold_written: a packet has gone out, which may have had an acknowledgement in it */
void dfn_ack_hold_written (DfnAckHold *self);

/**
 * dfn_ack_hold_may_wait:
 *
 * Returns: %TRUE while so few packets have come that an acknowledgement would be early; never at a
 *   connection's start, when the sender learns the path from them
 */
gboolean dfn_ack_hold_may_wait (const DfnAckHold *self);

/**
 * dfn_ack_hold_get_expiry:
 * @expiry_ns: when QUIC wants to be called
 * @rtt_ns: the smoothed round-trip time
 *
 * Returns: when to call it: later than @expiry_ns if all it wants then is to acknowledge
 */
guint64 dfn_ack_hold_get_expiry (DfnAckHold *self, guint64 expiry_ns, guint64 rtt_ns);

G_END_DECLS
