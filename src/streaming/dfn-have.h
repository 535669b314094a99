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

/**
 * dfn_have_get_due_us:
 * @told_us: when peers were told of chunks last
 * @bytes: of the chunks that they are still to be told of
 *
 * What is told later costs others time, what is told one by one costs a packet a chunk and peer. So
 * the first is told at once, and those that follow soon, or are many, together.
 *
 * Returns: when to tell of them, on the clock of @told_us
 */
gint64 dfn_have_get_due_us (gint64 told_us, guint64 bytes);

/** dfn_have_contains: whether bit @place of @have's map is set; it may lie behind the map */
gboolean dfn_have_contains (const Dfn__Have *have, gsize place);

G_END_DECLS
