/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"

G_BEGIN_DECLS

/**
 * DfnFetchTodo:
 *
 * The chunks that dfn-fetch-plan has still to ask for, in the order in which it does: a window at
 * the playhead, the first first; then those that the fewest peers have, by chance among equals. A
 * chunk that failed at a peer is kept from that peer for a second, so that others get it first.
 * Times are microseconds of the caller's clock.
 */
typedef struct _DfnFetchTodo DfnFetchTodo;

/**
 * dfn_fetch_todo_new:
 * @present: chunks that need not be asked for
 * @seed: decides between equals
 *
 * Returns: (transfer full): the others
 */
DfnFetchTodo *dfn_fetch_todo_new (const DfnBitmap *present, guint32 seed);
void dfn_fetch_todo_free (DfnFetchTodo *self);

guint32 dfn_fetch_todo_get_n (const DfnFetchTodo *self);

/** dfn_fetch_todo_get_generation: rises when a peer for which nothing was found may find something
 */
guint64 dfn_fetch_todo_get_generation (const DfnFetchTodo *self);

void dfn_fetch_todo_add (DfnFetchTodo *self, guint32 index);
void dfn_fetch_todo_remove (DfnFetchTodo *self, guint32 index);
gboolean dfn_fetch_todo_has (DfnFetchTodo *self, guint32 index);

/** dfn_fetch_todo_set_playhead: the @n_ahead chunks from @index on are asked for before others */
void dfn_fetch_todo_set_playhead (DfnFetchTodo *self, guint32 index, guint32 n_ahead);

/** dfn_fetch_todo_count: @change is +1 for another peer that has chunk @index, -1 for one less */
void dfn_fetch_todo_count (DfnFetchTodo *self, guint32 index, int change);

/** dfn_fetch_todo_get_copies: how many peers have it, of those that do not have everything */
guint dfn_fetch_todo_get_copies (DfnFetchTodo *self, guint32 index);

/** dfn_fetch_todo_avoid: chunk @index failed at @peer, so that others get it first */
void dfn_fetch_todo_avoid (DfnFetchTodo *self, guint32 index, guint64 peer, gint64 now_us);
gboolean dfn_fetch_todo_is_avoided (const DfnFetchTodo *self, guint32 index, guint64 peer);

/** dfn_fetch_todo_forgive: chunk @index arrived, so nothing need be remembered of it */
void dfn_fetch_todo_forgive (DfnFetchTodo *self, guint32 index);

/** dfn_fetch_todo_advance: ends what was avoided long enough */
void dfn_fetch_todo_advance (DfnFetchTodo *self, gint64 now_us);

/** dfn_fetch_todo_get_wakeup: when dfn_fetch_todo_advance() has something to end, or %G_MAXINT64 */
gint64 dfn_fetch_todo_get_wakeup (const DfnFetchTodo *self);

/**
 * dfn_fetch_todo_find:
 * @has: (nullable): what @peer has, or %NULL for everything
 * @peer: who would be asked
 *
 * Returns: the chunk to ask of @peer, or the number of chunks when there is none
 */
guint32 dfn_fetch_todo_find (DfnFetchTodo *self, const DfnBitmap *has, guint64 peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnFetchTodo, dfn_fetch_todo_free)

G_END_DECLS
