/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnNetworkError:
 * @DFN_NETWORK_ERROR_UNREACHABLE: no path to the peer was found, or the path was lost
 * @DFN_NETWORK_ERROR_AUTHENTICATION: the peer does not hold the key that was expected
 * @DFN_NETWORK_ERROR_PROTOCOL: the peer broke QUIC's rules or ours
 * @DFN_NETWORK_ERROR_TIMED_OUT: nothing came for too long
 * @DFN_NETWORK_ERROR_CLOSED: the peer, or this side, closed the connection in good order
 * @DFN_NETWORK_ERROR_REFUSED: the peer does not want the connection now
 * @DFN_NETWORK_ERROR_INVALID_MESSAGE: bytes that are no message, or one beyond the limits
 * @DFN_NETWORK_ERROR_INVALID_ADDRESS: text that is no address of a STUN or TURN server
 */
typedef enum {
  DFN_NETWORK_ERROR_UNREACHABLE,
  DFN_NETWORK_ERROR_AUTHENTICATION,
  DFN_NETWORK_ERROR_PROTOCOL,
  DFN_NETWORK_ERROR_TIMED_OUT,
  DFN_NETWORK_ERROR_CLOSED,
  DFN_NETWORK_ERROR_REFUSED,
  DFN_NETWORK_ERROR_INVALID_MESSAGE,
  DFN_NETWORK_ERROR_INVALID_ADDRESS,
} DfnNetworkError;

#define DFN_NETWORK_ERROR (dfn_network_error_quark ())
GQuark dfn_network_error_quark (void);

G_END_DECLS
