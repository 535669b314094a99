/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * dfn_websocket_dial_async:
 * @url: an address as dfn_relay_url_normalise() returns it
 * @cancellable: (nullable): to give up; there is no timeout of its own
 * @callback: called once, in the thread's default context
 *
 * Connects and does the opening handshake of RFC 6455 section 4.1. No extension is offered:
 * permessage-deflate would let a few bytes grow into a message of any size. The socket has
 * `TCP_NODELAY` set, so that the first request leaves at once.
 */
void dfn_websocket_dial_async (const char *url,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/**
 * dfn_websocket_dial_finish:
 * @result: what the callback got
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the stream, for dfn_websocket_new(), no byte beyond the
 *   handshake read; or %NULL with an error of GIO (address, connection, certificate) or
 *   %DFN_NOSTR_ERROR_RELAY where something answers that is no WebSocket
 */
GIOStream *dfn_websocket_dial_finish (GAsyncResult *result, GError **error);

G_END_DECLS
