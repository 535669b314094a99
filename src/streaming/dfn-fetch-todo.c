/* SPDX-License-Identifier: MIT */
#include "dfn-fetch-todo.h"

#define AVOID_US 1000000

struct _DfnFetchTodo {
  guint32 n_chunks;
  DfnBitmap *chunks;
  guint32 playhead;
  /* Where to begin to search, as in a large file most of it is done: no number below the first is
   * in the set, and none from the playhead to below the second. */
  guint32 from;
  guint32 ahead_from;
  guint64 generation;

  GHashTable *avoids;   /* chunk -> Avoid */
  gint64 avoids_end_us; /* of the first to end */
};

typedef struct {
  guint64 peer;
  gint64 until_us;
} Avoid;

DfnFetchTodo *
dfn_fetch_todo_new (const DfnBitmap *present)
{
  DfnFetchTodo *self = g_new0 (DfnFetchTodo, 1);

  self->n_chunks = dfn_bitmap_get_n_bits (present);
  self->chunks = dfn_bitmap_new_full (self->n_chunks);
  for (guint32 i = dfn_bitmap_next (present, 0); i < self->n_chunks;
       i = dfn_bitmap_next (present, i + 1))
    dfn_bitmap_remove (self->chunks, i);
  self->generation = 1;
  self->avoids = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  self->avoids_end_us = G_MAXINT64;
  return self;
}

void
dfn_fetch_todo_free (DfnFetchTodo *self)
{
  dfn_bitmap_free (self->chunks);
  g_hash_table_unref (self->avoids);
  g_free (self);
}

guint32
dfn_fetch_todo_get_n (const DfnFetchTodo *self)
{
  return dfn_bitmap_get_n_set (self->chunks);
}

guint64
dfn_fetch_todo_get_generation (const DfnFetchTodo *self)
{
  return self->generation;
}

void
dfn_fetch_todo_add (DfnFetchTodo *self, guint32 index)
{
  if (!dfn_bitmap_add (self->chunks, index))
    return;
  self->from = MIN (self->from, index);
  if (index >= self->playhead)
    self->ahead_from = MIN (self->ahead_from, index);
  self->generation++;
}

void
dfn_fetch_todo_remove (DfnFetchTodo *self, guint32 index)
{
  dfn_bitmap_remove (self->chunks, index);
}

void
dfn_fetch_todo_set_playhead (DfnFetchTodo *self, guint32 index)
{
  self->playhead = index;
  self->ahead_from = index;
}

void
dfn_fetch_todo_avoid (DfnFetchTodo *self, guint32 index, guint64 peer, gint64 now_us)
{
  Avoid *entry = g_new0 (Avoid, 1);

  entry->peer = peer;
  entry->until_us = now_us + AVOID_US;
  g_hash_table_replace (self->avoids, GUINT_TO_POINTER (index), entry);
  self->avoids_end_us = MIN (self->avoids_end_us, entry->until_us);
}

gboolean
dfn_fetch_todo_is_avoided (const DfnFetchTodo *self, guint32 index, guint64 peer)
{
  Avoid *entry = g_hash_table_lookup (self->avoids, GUINT_TO_POINTER (index));

  return entry != NULL && entry->peer == peer;
}

void
dfn_fetch_todo_forgive (DfnFetchTodo *self, guint32 index)
{
  g_hash_table_remove (self->avoids, GUINT_TO_POINTER (index));
}

void
dfn_fetch_todo_advance (DfnFetchTodo *self, gint64 now_us)
{
  GHashTableIter iter;
  Avoid *entry;

  if (now_us < self->avoids_end_us)
    return;
  self->avoids_end_us = G_MAXINT64;
  self->generation++;
  g_hash_table_iter_init (&iter, self->avoids);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &entry))
    if (now_us >= entry->until_us)
      g_hash_table_iter_remove (&iter);
    else
      self->avoids_end_us = MIN (self->avoids_end_us, entry->until_us);
}

gint64
dfn_fetch_todo_get_wakeup (const DfnFetchTodo *self)
{
  return self->avoids_end_us;
}

static guint32
next_of (DfnFetchTodo *self, const DfnBitmap *has, guint32 from)
{
  return has == NULL ? dfn_bitmap_next (self->chunks, from)
                     : dfn_bitmap_next_common (self->chunks, has, from);
}

/* The first from @from to before @end, or the number of chunks. */
static guint32
find_between (DfnFetchTodo *self, const DfnBitmap *has, guint64 peer, guint32 from, guint32 end)
{
  guint32 i = next_of (self, has, from);

  while (i < end && dfn_fetch_todo_is_avoided (self, i, peer))
    i = next_of (self, has, i + 1);
  return i < end ? i : self->n_chunks;
}

guint32
dfn_fetch_todo_find (DfnFetchTodo *self, const DfnBitmap *has, guint64 peer)
{
  guint32 found;

  self->ahead_from = dfn_bitmap_next (self->chunks, self->ahead_from);
  self->from = dfn_bitmap_next (self->chunks, self->from);
  found = find_between (self, has, peer, self->ahead_from, self->n_chunks);
  if (found == self->n_chunks && self->from < self->playhead)
    found = find_between (self, has, peer, self->from, self->playhead);
  return found;
}
