/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"
#include "dfn-peer.h"

G_BEGIN_DECLS

/* The maps of chunks in Dfn__Have, in which bit 7 of byte 0 is the first chunk. */

/**
 * dfn_have_send_chunks:
 * @content: %DFN_WIRE_CONTENT_SIZE bytes
 * @chunks: what to tell @peer of; nothing is sent of none
 *
 * Tells a peer of chunks, in as few messages as their gaps and the limit of one allow.
 */
void dfn_have_send_chunks (DfnPeer *peer, const guint8 *content, const DfnBitmap *chunks);

/** dfn_have_contains: whether bit @place of @have's map is set; it may lie behind the map */
gboolean dfn_have_contains (const Dfn__Have *have, gsize place);

G_END_DECLS
