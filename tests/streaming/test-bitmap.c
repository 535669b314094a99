/* SPDX-License-Identifier: MIT */
#include "dfn-bitmap.h"

static void
test_bytes (void)
{
  static const guint8 bytes[] = { 0x01, 0x82 };
  static const guint8 stray[] = { 0x01, 0x84 };
  g_autoptr (DfnBitmap) bitmap = dfn_bitmap_new_from_bytes (bytes, 2, 16);
  g_autoptr (DfnBitmap) copy = dfn_bitmap_copy (bitmap);
  g_autoptr (GBytes) back = dfn_bitmap_to_bytes (copy);

  g_assert_true (dfn_bitmap_has (bitmap, 0) && dfn_bitmap_has (bitmap, 9)
                 && dfn_bitmap_has (bitmap, 15));
  g_assert_cmpuint (dfn_bitmap_get_n_set (bitmap), ==, 3);
  g_assert_cmpmem (g_bytes_get_data (back, NULL), g_bytes_get_size (back), bytes, sizeof bytes);
  g_assert_cmphex (dfn_bitmap_get_byte (bitmap, 1), ==, 0x82);

  g_assert_null (dfn_bitmap_new_from_bytes (bytes, 2, 15));
  g_assert_null (dfn_bitmap_new_from_bytes (stray, 2, 10));
  g_assert_null (dfn_bitmap_new_from_bytes (bytes, 2, 8));
  g_assert_null (dfn_bitmap_new_from_bytes (bytes, 2, 17));
  g_assert_null (dfn_bitmap_new_from_bytes (NULL, 0, 1));
}

static guint32
slow_next (const DfnBitmap *a, const DfnBitmap *b, gboolean wanted, guint32 from)
{
  guint32 n = dfn_bitmap_get_n_bits (a);

  while (from < n
         && (dfn_bitmap_has (a, from) != wanted || (b != NULL && !dfn_bitmap_has (b, from))))
    from++;
  return MIN (from, n);
}

static void
test_search (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (guint32 n = 1; n < 200; n++)
    {
      g_autoptr (DfnBitmap) a = dfn_bitmap_new (n);
      g_autoptr (DfnBitmap) b = dfn_bitmap_new_full (n);
      guint32 n_set = 0;

      g_assert_cmpuint (dfn_bitmap_get_n_set (b), ==, n);
      g_assert_cmpuint (dfn_bitmap_next_absent (b, 0), ==, n);
      g_assert_cmpuint (dfn_bitmap_next (a, 0), ==, n);
      for (guint i = 0; i < n / 3 + 1; i++)
        {
          n_set += dfn_bitmap_add (a, (guint32) g_rand_int_range (random, 0, (gint32) n));
          dfn_bitmap_remove (b, (guint32) g_rand_int_range (random, 0, (gint32) n));
        }
      g_assert_cmpuint (dfn_bitmap_get_n_set (a), ==, n_set);
      for (guint32 from = 0; from <= n; from++)
        {
          g_assert_cmpuint (dfn_bitmap_next (a, from), ==, slow_next (a, NULL, TRUE, from));
          g_assert_cmpuint (dfn_bitmap_next_absent (a, from), ==, slow_next (a, NULL, FALSE, from));
          g_assert_cmpuint (dfn_bitmap_next_common (a, b, from), ==, slow_next (a, b, TRUE, from));
        }
    }
}

static void
test_add_and_remove (void)
{
  g_autoptr (DfnBitmap) bitmap = dfn_bitmap_new (65);

  g_assert_true (dfn_bitmap_add (bitmap, 64));
  g_assert_false (dfn_bitmap_add (bitmap, 64));
  g_assert_true (dfn_bitmap_remove (bitmap, 64));
  g_assert_false (dfn_bitmap_remove (bitmap, 64));
  g_assert_cmpuint (dfn_bitmap_get_n_set (bitmap), ==, 0);
}

/* Passing n others one by one comes to the same. */
static void
test_nth (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);

  for (guint32 n_bits = 1; n_bits < 200; n_bits += 7)
    {
      g_autoptr (DfnBitmap) bitmap = dfn_bitmap_new (n_bits);
      guint32 from = (guint32) g_rand_int_range (random, 0, (gint32) n_bits);
      guint32 next = from;

      for (guint i = 0; i < n_bits / 2 + 1; i++)
        dfn_bitmap_add (bitmap, (guint32) g_rand_int_range (random, 0, (gint32) n_bits));
      for (guint32 n = 0; n < dfn_bitmap_get_n_set (bitmap); n++)
        {
          next = dfn_bitmap_next (bitmap, next);
          if (next == n_bits)
            next = dfn_bitmap_next (bitmap, 0);
          g_assert_cmpuint (dfn_bitmap_next_nth (bitmap, from, n), ==, next);
          next++;
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/bitmap/bytes", test_bytes);
  g_test_add_func ("/streaming/bitmap/search", test_search);
  g_test_add_func ("/streaming/bitmap/nth", test_nth);
  g_test_add_func ("/streaming/bitmap/add-and-remove", test_add_and_remove);
  return g_test_run ();
}
