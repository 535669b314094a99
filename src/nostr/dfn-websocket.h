/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_WEBSOCKET (dfn_websocket_get_type ())
G_DECLARE_FINAL_TYPE (DfnWebsocket, dfn_websocket, DFN, WEBSOCKET, GObject)

/**
 * DfnWebsocketRole:
 * @DFN_WEBSOCKET_CLIENT: our side opened the connection and masks its frames
 * @DFN_WEBSOCKET_SERVER: the other side opened it
 */
typedef enum {
  DFN_WEBSOCKET_CLIENT,
  DFN_WEBSOCKET_SERVER,
} DfnWebsocketRole;

/**
 * dfn_websocket_new:
 * @stream: a connection on which the opening handshake (RFC 6455 section 4) is done
 * @url: the address it belongs to
 * @role: which side we are
 * @max_message: the bytes of the largest message taken
 * @max_queue: the most bytes that may wait for a slow reader
 *
 * A WebSocket for text messages: libsoup's, with limits on all that the other side can make us
 * hold, keepalive, and a share of the thread's time that one connection may use.
 *
 * Signals, emitted in the context that was the thread's default at creation:
 * - `message` (const char *text): a complete text message, valid UTF-8 without zero bytes
 * - `closed` (const char *reason): the connection is gone, exactly once; the reason is a phrase
 *   for display such as "closed the connection". Nothing is emitted after it.
 *
 * Returns: (transfer full): the WebSocket, open; dropping the last reference closes it at once
 */
DfnWebsocket *dfn_websocket_new (
    GIOStream *stream, const char *url, DfnWebsocketRole role, gsize max_message, gsize max_queue);

/**
 * dfn_websocket_set_keepalive:
 * @seconds: how often to ping; a connection silent for two and a half times as long is dead
 */
void dfn_websocket_set_keepalive (DfnWebsocket *self, guint seconds);

/**
 * dfn_websocket_send:
 * @text: UTF-8 text, copied
 *
 * Sends at once where the network takes it, else queues. A queue beyond the limit closes the
 * connection. Does nothing once the connection is closing.
 */
void dfn_websocket_send (DfnWebsocket *self, const char *text);

/**
 * dfn_websocket_close:
 * @code: a close code of RFC 6455 section 7.4.1
 * @reason: what to tell the other side, at most 120 bytes
 *
 * Says goodbye and gives the other side two seconds to do so too. No more messages are emitted,
 * only `closed` with this @reason.
 */
void dfn_websocket_close (DfnWebsocket *self, guint code, const char *reason);

G_END_DECLS
