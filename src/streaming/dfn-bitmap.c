/* SPDX-License-Identifier: MIT */
#include "dfn-bitmap.h"

#include <string.h>

/* Whole words are searched; they are kept in little-endian order so that their bytes are the map.
 */
struct _DfnBitmap {
  guint32 n_bits;
  guint32 n_set;
  guint32 n_words;
  guint64 *words;
};

static gsize
size_of (guint32 n_bits)
{
  return ((gsize) n_bits + 7) / 8;
}

DfnBitmap *
dfn_bitmap_new (guint32 n_bits)
{
  DfnBitmap *self = g_new0 (DfnBitmap, 1);

  self->n_bits = n_bits;
  self->n_words = (guint32) (((guint64) n_bits + 63) / 64);
  self->words = g_new0 (guint64, self->n_words);
  return self;
}

static guint32
count (const DfnBitmap *self)
{
  guint32 n = 0;

  for (guint32 i = 0; i < self->n_words; i++)
    n += (guint32) __builtin_popcountll (self->words[i]);
  return n;
}

DfnBitmap *
dfn_bitmap_new_full (guint32 n_bits)
{
  DfnBitmap *self = dfn_bitmap_new (n_bits);

  if (n_bits == 0)
    return self;
  memset (self->words, 0xff, self->n_words * sizeof (guint64));
  if (n_bits % 64 != 0)
    self->words[self->n_words - 1] = GUINT64_TO_LE ((G_GUINT64_CONSTANT (1) << (n_bits % 64)) - 1);
  self->n_set = n_bits;
  return self;
}

DfnBitmap *
dfn_bitmap_new_from_bytes (const void *data, gsize size, guint32 n_bits)
{
  g_autoptr (DfnBitmap) self = NULL;
  const guint8 *bytes = data;

  if (size != size_of (n_bits))
    return NULL;
  if (n_bits % 8 != 0 && bytes[size - 1] >> (n_bits % 8) != 0)
    return NULL;
  self = dfn_bitmap_new (n_bits);
  if (size > 0)
    memcpy (self->words, data, size);
  self->n_set = count (self);
  return g_steal_pointer (&self);
}

DfnBitmap *
dfn_bitmap_copy (const DfnBitmap *self)
{
  DfnBitmap *copy = dfn_bitmap_new (self->n_bits);

  copy->n_set = self->n_set;
  if (self->n_words > 0)
    memcpy (copy->words, self->words, self->n_words * sizeof (guint64));
  return copy;
}

void
dfn_bitmap_free (DfnBitmap *self)
{
  g_free (self->words);
  g_free (self);
}

GBytes *
dfn_bitmap_to_bytes (const DfnBitmap *self)
{
  return g_bytes_new (self->words, size_of (self->n_bits));
}

guint8
dfn_bitmap_get_byte (const DfnBitmap *self, guint32 index)
{
  g_return_val_if_fail (index < size_of (self->n_bits), 0);

  return ((const guint8 *) self->words)[index];
}

guint32
dfn_bitmap_get_n_bits (const DfnBitmap *self)
{
  return self->n_bits;
}

guint32
dfn_bitmap_get_n_set (const DfnBitmap *self)
{
  return self->n_set;
}

static guint64
mask_of (guint32 index)
{
  return GUINT64_TO_LE (G_GUINT64_CONSTANT (1) << (index % 64));
}

gboolean
dfn_bitmap_has (const DfnBitmap *self, guint32 index)
{
  g_return_val_if_fail (index < self->n_bits, FALSE);

  return (self->words[index / 64] & mask_of (index)) != 0;
}

gboolean
dfn_bitmap_add (DfnBitmap *self, guint32 index)
{
  if (dfn_bitmap_has (self, index))
    return FALSE;
  g_return_val_if_fail (index < self->n_bits, FALSE);
  self->words[index / 64] |= mask_of (index);
  self->n_set++;
  return TRUE;
}

gboolean
dfn_bitmap_remove (DfnBitmap *self, guint32 index)
{
  if (!dfn_bitmap_has (self, index))
    return FALSE;
  self->words[index / 64] &= ~mask_of (index);
  self->n_set--;
  return TRUE;
}

/* Searches (@a ^ @flip) & @b, in which @b may be %NULL for everything. */
static guint32
search (const DfnBitmap *a, guint64 flip, const DfnBitmap *b, guint32 from)
{
  guint64 first_mask = ~G_GUINT64_CONSTANT (0) << (from % 64);

  for (guint32 i = from / 64; i < a->n_words; i++, first_mask = ~G_GUINT64_CONSTANT (0))
    {
      guint64 word = a->words[i] ^ flip;

      if (b != NULL)
        word &= b->words[i];
      word = GUINT64_FROM_LE (word) & first_mask;
      if (word != 0)
        return MIN (a->n_bits, i * 64 + (guint32) __builtin_ctzll (word));
    }
  return a->n_bits;
}

guint32
dfn_bitmap_next (const DfnBitmap *self, guint32 from)
{
  return search (self, 0, NULL, from);
}

guint32
dfn_bitmap_next_absent (const DfnBitmap *self, guint32 from)
{
  return search (self, ~G_GUINT64_CONSTANT (0), NULL, from);
}

guint32
dfn_bitmap_next_common (const DfnBitmap *self, const DfnBitmap *other, guint32 from)
{
  g_return_val_if_fail (self->n_bits == other->n_bits, self->n_bits);

  return search (self, 0, other, from);
}

guint32
dfn_bitmap_next_nth (const DfnBitmap *self, guint32 from, guint32 n)
{
  guint64 mask = ~G_GUINT64_CONSTANT (0) << (from % 64);
  guint32 i = from / 64;
  guint64 word;
  guint32 n_here;

  g_return_val_if_fail (from < self->n_bits && n < self->n_set, self->n_bits);

  for (;; i = (i + 1) % self->n_words, mask = ~G_GUINT64_CONSTANT (0))
    {
      word = GUINT64_FROM_LE (self->words[i]) & mask;
      n_here = (guint32) __builtin_popcountll (word);
      if (n < n_here)
        break;
      n -= n_here;
    }
  for (; n > 0; n--)
    word &= word - 1;
  return i * 64 + (guint32) __builtin_ctzll (word);
}
