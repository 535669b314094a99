/* SPDX-License-Identifier: MIT */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define DFN_TYPE_FRAME_GUARD (dfn_frame_guard_get_type ())
G_DECLARE_FINAL_TYPE (DfnFrameGuard, dfn_frame_guard, DFN, FRAME_GUARD, SoupWebsocketExtension)

/**
 * dfn_frame_guard_new:
 * @max_message: the bytes of the largest message taken
 *
 * Sits in a #SoupWebsocketConnection as an extension, which is the one place that sees every
 * frame (RFC 6455 section 5), and limits what libsoup leaves open: the size of a message that
 * comes in fragments, the rate of pings, each of which queues an answer, and the rate of bytes.
 * It changes no frame and is never negotiated. Beyond a limit the connection fails with a
 * %SOUP_WEBSOCKET_ERROR whose code is the WebSocket close code.
 *
 * Returns: (transfer full): a guard for one connection
 */
DfnFrameGuard *dfn_frame_guard_new (gsize max_message);

/**
 * dfn_frame_guard_get_last_us:
 *
 * Returns: the monotonic time of the last frame, answers to pings included, microseconds
 */
gint64 dfn_frame_guard_get_last_us (DfnFrameGuard *self);

G_END_DECLS
