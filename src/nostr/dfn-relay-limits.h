/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnRelayLimits:
 * @max_message: bytes of the largest message taken
 * @max_queue: bytes that may wait for one slow reader before it is cut off
 * @max_connections: connections in total
 * @max_connections_per_address: connections from one network address
 * @max_subscriptions: open subscriptions on one connection
 * @max_subscribed: bytes of all open subscriptions on one connection together
 * @max_limit: stored events sent for one filter
 * @events_per_second: events taken from one connection, on average
 * @events_burst: events taken at once
 * @requests_per_second: subscriptions opened on one connection, on average
 * @requests_burst: subscriptions opened at once
 * @upgrade_ms: milliseconds that a connection may take to become a WebSocket
 * @max_future: how many seconds in the future an event's time may lie
 *
 * What a relay of ours lets one outsider use. The NIP-11 document tells all of them that the NIP
 * has a name for.
 */
typedef struct {
  guint max_message;
  guint max_queue;
  guint max_connections;
  guint max_connections_per_address;
  guint max_subscriptions;
  guint max_subscribed;
  guint max_limit;
  double events_per_second;
  double events_burst;
  double requests_per_second;
  double requests_burst;
  guint upgrade_ms;
  guint max_future;
} DfnRelayLimits;

/**
 * dfn_relay_limits_init:
 * @self: (out caller-allocates): receives limits that suit a relay for some hundred viewers
 */
void dfn_relay_limits_init (DfnRelayLimits *self);

/**
 * dfn_relay_limits_to_info:
 * @auth_required: whether the relay asks for NIP-42
 *
 * Returns: (transfer full): the relay's NIP-11 document
 */
char *dfn_relay_limits_to_info (const DfnRelayLimits *self, gboolean auth_required);

G_END_DECLS
