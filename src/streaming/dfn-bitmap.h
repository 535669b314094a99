/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnBitmap:
 *
 * A set of chunk numbers below a fixed limit. As bytes ("buffer map"), chunk i is bit i % 8,
 * counted from the least significant, of byte i / 8; bits behind the last chunk are zero.
 */
typedef struct _DfnBitmap DfnBitmap;

/** dfn_bitmap_new: an empty set of numbers below @n_bits (transfer full) */
DfnBitmap *dfn_bitmap_new (guint32 n_bits);

/** dfn_bitmap_new_full: the set of all numbers below @n_bits (transfer full) */
DfnBitmap *dfn_bitmap_new_full (guint32 n_bits);

/**
 * dfn_bitmap_new_from_bytes:
 * @data: (array length=size): bytes from anywhere
 * @n_bits: the limit
 *
 * Returns: (transfer full) (nullable): the set, or %NULL unless @data has exactly the bytes that
 *   @n_bits take and no bit set behind the last
 */
DfnBitmap *dfn_bitmap_new_from_bytes (const void *data, gsize size, guint32 n_bits);

/** dfn_bitmap_copy: an independent copy (transfer full) */
DfnBitmap *dfn_bitmap_copy (const DfnBitmap *self);
void dfn_bitmap_free (DfnBitmap *self);

/** dfn_bitmap_to_bytes: the set as bytes, (n_bits + 7) / 8 of them (transfer full) */
GBytes *dfn_bitmap_to_bytes (const DfnBitmap *self);

/** dfn_bitmap_get_byte: byte @index of what dfn_bitmap_to_bytes() returns */
guint8 dfn_bitmap_get_byte (const DfnBitmap *self, guint32 index);

guint32 dfn_bitmap_get_n_bits (const DfnBitmap *self);
guint32 dfn_bitmap_get_n_set (const DfnBitmap *self);

/* @index: below the limit. Adding returns whether it was new, removing whether it was there. */
gboolean dfn_bitmap_has (const DfnBitmap *self, guint32 index);
gboolean dfn_bitmap_add (DfnBitmap *self, guint32 index);
gboolean dfn_bitmap_remove (DfnBitmap *self, guint32 index);

/**
 * dfn_bitmap_next:
 * @from: where to begin
 *
 * Returns: the smallest number of the set that is at least @from, or the limit when none is
 */
guint32 dfn_bitmap_next (const DfnBitmap *self, guint32 from);

/** dfn_bitmap_next_absent: the same for the numbers that are not in the set */
guint32 dfn_bitmap_next_absent (const DfnBitmap *self, guint32 from);

/**
 * dfn_bitmap_next_common:
 * @other: a set with the same limit
 *
 * Returns: dfn_bitmap_next() of the intersection
 */
guint32 dfn_bitmap_next_common (const DfnBitmap *self, const DfnBitmap *other, guint32 from);

/**
 * dfn_bitmap_next_nth:
 * @from: a number below the limit
 * @n: less than dfn_bitmap_get_n_set()
 *
 * Returns: the number of the set that dfn_bitmap_next() gives after it has passed @n others from
 *   @from on, starting again at 0 behind the last
 */
guint32 dfn_bitmap_next_nth (const DfnBitmap *self, guint32 from, guint32 n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnBitmap, dfn_bitmap_free)

G_END_DECLS
