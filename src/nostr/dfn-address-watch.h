/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * dfn_address_watch_source_new:
 *
 * Returns: (transfer full): a source, not yet attached, whose callback runs after an address of
 *   this computer came or went; on systems other than Linux it never does
 */
GSource *dfn_address_watch_source_new (void);

/**
 * dfn_address_watch_is_gone:
 * @stream: an open connection
 *
 * Returns: whether it is one over TCP whose own address is no address of this computer any more, so
 *   that nothing will ever come through it
 */
gboolean dfn_address_watch_is_gone (GIOStream *stream);

G_END_DECLS
