/* SPDX-License-Identifier: MIT */
#include "dfn-fetch-todo.h"

#define AVOID_US 1000000
/* So many chunks are compared at most for one request, as a file may have millions. */
#define MAX_COMPARED 4096
/* Comparing so few costs nothing. */
#define FEW 256

struct _DfnFetchTodo {
  guint32 n_chunks;
  DfnBitmap *chunks;
  guint32 playhead;
  guint32 n_ahead;
  guint8 *n_copies;  /* a chunk: the peers that have it; as many as a number holds */
  guint64 n_counted; /* the sum of them */
  GRand *random;
  guint64 generation;

  GHashTable *avoids;   /* chunk -> Avoid */
  gint64 avoids_end_us; /* of the first to end */
};

typedef struct {
  guint64 peer;
  gint64 until_us;
} Avoid;

DfnFetchTodo *
dfn_fetch_todo_new (const DfnBitmap *present, guint32 seed)
{
  DfnFetchTodo *self = g_new0 (DfnFetchTodo, 1);

  self->n_chunks = dfn_bitmap_get_n_bits (present);
  self->chunks = dfn_bitmap_new_full (self->n_chunks);
  for (guint32 i = dfn_bitmap_next (present, 0); i < self->n_chunks;
       i = dfn_bitmap_next (present, i + 1))
    dfn_bitmap_remove (self->chunks, i);
  self->n_copies = g_new0 (guint8, self->n_chunks);
  self->random = g_rand_new_with_seed (seed);
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
  g_free (self->n_copies);
  g_rand_free (self->random);
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
  if (dfn_bitmap_add (self->chunks, index))
    self->generation++;
}

void
dfn_fetch_todo_remove (DfnFetchTodo *self, guint32 index)
{
  dfn_bitmap_remove (self->chunks, index);
}

gboolean
dfn_fetch_todo_has (DfnFetchTodo *self, guint32 index)
{
  return dfn_bitmap_has (self->chunks, index);
}

void
dfn_fetch_todo_set_playhead (DfnFetchTodo *self, guint32 index, guint32 n_ahead)
{
  self->playhead = index;
  self->n_ahead = MIN (n_ahead, self->n_chunks - index);
}

void
dfn_fetch_todo_count (DfnFetchTodo *self, guint32 index, int change)
{
  g_assert (change > 0 ? self->n_copies[index] < G_MAXUINT8 : self->n_copies[index] > 0);

  self->n_copies[index] = (guint8) (self->n_copies[index] + change);
  self->n_counted = (guint64) ((gint64) self->n_counted + change);
}

guint
dfn_fetch_todo_get_copies (DfnFetchTodo *self, guint32 index)
{
  return self->n_copies[index];
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
  Avoid *entry = NULL;

  if (g_hash_table_size (self->avoids) > 0)
    entry = g_hash_table_lookup (self->avoids, GUINT_TO_POINTER (index));
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

static guint32
find_ahead (DfnFetchTodo *self, const DfnBitmap *has, guint64 peer)
{
  guint32 end = self->playhead + self->n_ahead;
  guint32 i = next_of (self, has, self->playhead);

  while (i < end && dfn_fetch_todo_is_avoided (self, i, peer))
    i = next_of (self, has, i + 1);
  return i < end ? i : self->n_chunks;
}

typedef struct {
  guint32 index;
  guint n_copies;
  guint n_equals;
  guint n_compared;
} Rarest;

static void
compare_between (DfnFetchTodo *self,
                 const DfnBitmap *has,
                 guint64 peer,
                 guint32 from,
                 guint32 end,
                 Rarest *rarest)
{
  for (guint32 i = next_of (self, has, from); i < end && rarest->n_compared < MAX_COMPARED;
       i = next_of (self, has, i + 1))
    {
      guint n_copies = self->n_copies[i];

      rarest->n_compared++;
      if (n_copies > rarest->n_copies || dfn_fetch_todo_is_avoided (self, i, peer))
        continue;
      if (n_copies < rarest->n_copies)
        rarest->n_equals = 0;
      rarest->n_copies = n_copies;
      /* One of n equals, each with the same chance, without keeping them all. */
      if (g_rand_int_range (self->random, 0, (gint32) ++rarest->n_equals) == 0)
        rarest->index = i;
    }
}

/* Whether one chunk is as good as any other, to ask of @has for. */
static gboolean
are_equal (DfnFetchTodo *self, const DfnBitmap *has)
{
  return has == NULL && self->n_counted == 0 && g_hash_table_size (self->avoids) == 0;
}

static guint32
find_any (DfnFetchTodo *self, guint32 start)
{
  guint32 n = MIN (dfn_bitmap_get_n_set (self->chunks), MAX_COMPARED);

  return dfn_bitmap_next_nth (self->chunks, start,
                              (guint32) g_rand_int_range (self->random, 0, (gint32) n));
}

guint32
dfn_fetch_todo_find (DfnFetchTodo *self, const DfnBitmap *has, guint64 peer)
{
  guint32 found = find_ahead (self, has, peer);
  Rarest rarest = { .index = self->n_chunks, .n_copies = G_MAXUINT };
  guint32 start;

  if (found < self->n_chunks || dfn_bitmap_get_n_set (self->chunks) == 0)
    return found;
  start = (guint32) g_rand_int_range (self->random, 0, (gint32) self->n_chunks);
  if (are_equal (self, has) && dfn_bitmap_get_n_set (self->chunks) > FEW)
    return find_any (self, start);
  compare_between (self, has, peer, start, self->n_chunks, &rarest);
  compare_between (self, has, peer, 0, start, &rarest);
  return rarest.index;
}
