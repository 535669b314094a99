/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_LISTENER (dfn_relay_listener_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelayListener, dfn_relay_listener, DFN, RELAY_LISTENER, GObject)

/**
 * dfn_relay_listener_new:
 * @max_total: connections open at once
 * @max_per_address: connections open at once from one network address; an IPv6 /64 counts as one
 * @patience_ms: how long a connection is open that is not kept by dfn_relay_listener_keep()
 *
 * Accepts TCP connections and closes those beyond the limits unread.
 *
 * Signal `connection` (GSocketConnection *connection): somebody has connected.
 *
 * Returns: (transfer full): a listener without a socket
 */
DfnRelayListener *
dfn_relay_listener_new (guint max_total, guint max_per_address, guint patience_ms);

/**
 * dfn_relay_listener_listen:
 * @address: (nullable): an IPv4 or IPv6 address, or %NULL for all that this computer has
 * @port: a TCP port, or 0 for any
 * @error: return location
 *
 * Returns: %TRUE on success; else %FALSE with a %G_IO_ERROR
 */
gboolean dfn_relay_listener_listen (DfnRelayListener *self,
                                    const char *address,
                                    guint16 port,
                                    GError **error);

/**
 * dfn_relay_listener_get_port:
 *
 * Returns: the TCP port, or 0 before dfn_relay_listener_listen()
 */
guint16 dfn_relay_listener_get_port (DfnRelayListener *self);

/**
 * dfn_relay_listener_keep:
 * @socket: the socket of a connection that came in
 *
 * Lets a connection live for as long as both sides want.
 */
void dfn_relay_listener_keep (DfnRelayListener *self, GSocket *socket);

/**
 * dfn_relay_listener_get_n_refused:
 *
 * Returns: how many connections were closed because of the limits
 */
guint64 dfn_relay_listener_get_n_refused (DfnRelayListener *self);

G_END_DECLS
