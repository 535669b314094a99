/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-relay-limits.h"
#include "dfn-relay-store.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_SERVER (dfn_relay_server_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelayServer, dfn_relay_server, DFN, RELAY_SERVER, GObject)

/**
 * DfnRelayCounters:
 * @connections: WebSocket connections open now
 * @connections_total: accepted since the start
 * @connections_refused: closed because of the limits on connections
 * @subscriptions: open now, over all connections
 * @messages_received: messages from clients since the start
 * @messages_sent: messages to clients since the start
 * @events_accepted: events taken since the start, ephemeral ones included
 * @stored: events in the store now
 */
typedef struct {
  guint connections;
  guint64 connections_total;
  guint64 connections_refused;
  guint subscriptions;
  guint64 messages_received;
  guint64 messages_sent;
  guint64 events_accepted;
  guint stored;
} DfnRelayCounters;

/**
 * dfn_relay_server_new:
 * @store: (nullable): where events are kept; %NULL for memory of its own
 *
 * A Nostr relay (NIP-01, NIP-09, NIP-11, NIP-40, and NIP-42 where `require-auth` says so). All its
 * work happens in the context that is the thread's default when it is made, in a process of its
 * own as well as embedded; each call into the store is short, see dfn_relay_store_open().
 *
 * Properties: `require-auth` (boolean, before listening), `n-connections` (uint, read-only,
 * notifies).
 *
 * Signals, for a log:
 * - `connected` (const char *peer): a client at that address and port has connected
 * - `disconnected` (const char *peer, const char *reason): and left
 * - `accepted` (DfnNostrEvent *event): an event came in
 *
 * Returns: (transfer full): a relay that does not listen yet
 */
DfnRelayServer *dfn_relay_server_new (DfnRelayStore *store);

/**
 * dfn_relay_server_set_limits:
 * @limits: copied; for connections from now on
 *
 * To be called before dfn_relay_server_listen().
 */
void dfn_relay_server_set_limits (DfnRelayServer *self, const DfnRelayLimits *limits);

/**
 * dfn_relay_server_listen:
 * @address: (nullable): an IPv4 or IPv6 address, or %NULL for all that this computer has
 * @port: a TCP port, or 0 for any
 * @error: return location
 *
 * Starts serving. To be called once.
 *
 * Returns: %TRUE on success; else %FALSE with a %G_IO_ERROR
 */
gboolean
dfn_relay_server_listen (DfnRelayServer *self, const char *address, guint16 port, GError **error);

/**
 * dfn_relay_server_get_port:
 *
 * Returns: the TCP port, or 0 before dfn_relay_server_listen()
 */
guint16 dfn_relay_server_get_port (DfnRelayServer *self);

/**
 * dfn_relay_server_get_urls:
 *
 * The addresses by which others reach the relay at this moment: the one it listens on, or, when it
 * listens on all, one for each address of an interface that is up, others before loopback and
 * without those of one link only (RFC 4291 section 2.5.6).
 *
 * Returns: (transfer full): `ws://` addresses, best first, ended by %NULL
 */
char **dfn_relay_server_get_urls (DfnRelayServer *self);

/**
 * dfn_relay_server_get_counters:
 * @counters: (out caller-allocates): receives the present figures
 */
void dfn_relay_server_get_counters (DfnRelayServer *self, DfnRelayCounters *counters);

G_END_DECLS
