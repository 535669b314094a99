/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * DfnUdpResult:
 * @DFN_UDP_SENT: all went out
 * @DFN_UDP_BLOCKED: the socket's buffer is full; nothing of what is left was sent
 * @DFN_UDP_BROKEN: the system knows no way to the address now
 */
typedef enum {
  DFN_UDP_SENT,
  DFN_UDP_BLOCKED,
  DFN_UDP_BROKEN,
} DfnUdpResult;

/**
 * dfn_udp_send:
 * @socket: a UDP socket
 * @to: where to; one address for all packets
 * @data: (array length=length): packets of @segment bytes each, the last one maybe shorter
 * @sent: (inout): bytes already sent; updated, so that a blocked call can be continued
 *
 * Sends packets in as few system calls as the platform allows: on Linux generic segmentation
 * offload, which halves the sender's CPU time.
 */
DfnUdpResult dfn_udp_send (GSocket *socket,
                           GSocketAddress *to,
                           const guint8 *data,
                           gsize length,
                           gsize segment,
                           gsize *sent);

/**
 * dfn_udp_prepare:
 * @socket: a UDP socket
 *
 * Makes its buffers large enough for a fast link, and lets QUIC find the path's largest packet
 * itself: no fragments (RFC 9000 section 14).
 */
void dfn_udp_prepare (GSocket *socket);

/**
 * dfn_udp_set_offload:
 *
 * Uses segmentation offload or not, in the whole process, whatever was found out before: for tests
 * and measurements.
 */
void dfn_udp_set_offload (gboolean offload);

G_END_DECLS
