/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnLivePast:
 *
 * Finds the chunk of a live stream that was captured at a wanted time. Whoever has a window of the
 * past gives any chunk of it by its number; nobody says which number was captured when, or how far
 * back it goes. So a chunk is asked for where that time should be, by the pace of the stream; what
 * comes says when it was captured, by the broadcaster's signature, and what does not come says
 * where the window ends. It has no clock and no socket.
 */
typedef struct _DfnLivePast DfnLivePast;

/**
 * dfn_live_past_new:
 * @wanted_us: the wanted time of capture
 * @sequence: a chunk that is known
 * @captured_us: when that was captured, after @wanted_us
 * @pace_us: about how long it is from one chunk to the next
 *
 * Returns: (transfer full): a search
 */
DfnLivePast *
dfn_live_past_new (gint64 wanted_us, guint32 sequence, gint64 captured_us, gint64 pace_us);
void dfn_live_past_free (DfnLivePast *self);

/* Returns: %TRUE, and the chunk to ask for next, until the search is over */
gboolean dfn_live_past_get_probe (DfnLivePast *self, guint32 *sequence);

/* What became of that: it was captured at @captured_us, or nobody has it. */
void dfn_live_past_found (DfnLivePast *self, guint32 sequence, gint64 captured_us);
void dfn_live_past_missing (DfnLivePast *self, guint32 sequence);

/**
 * dfn_live_past_get_place:
 * @sequence: (out): the best chunk known so far
 * @captured_us: (out): when that was captured
 *
 * Returns: whether it is another than the one that was known at first
 */
gboolean dfn_live_past_get_place (DfnLivePast *self, guint32 *sequence, gint64 *captured_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLivePast, dfn_live_past_free)

G_END_DECLS
