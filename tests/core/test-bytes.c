/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-random.h"

#include <string.h>

static void
test_hex_round_trip (void)
{
  guint8 bytes[33];
  guint8 back[33];

  for (gsize length = 0; length <= sizeof bytes; length++)
    {
      g_autofree char *hex = NULL;

      dfn_random_bytes (bytes, length);
      hex = dfn_hex_encode (bytes, length);
      g_assert_cmpuint (strlen (hex), ==, 2 * length);
      g_assert_true (dfn_hex_decode (hex, back, length));
      g_assert_cmpmem (bytes, length, back, length);
    }
}

static void
test_hex_refuses (void)
{
  static const char *const bad[] = { "", "0", "00", "000000", "0g0g", "ABCD", "00 0", "-100" };
  guint8 out[2];

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (dfn_hex_decode (bad[i], out, 2));
  g_assert_false (dfn_hex_decode (NULL, out, 2));
  g_assert_true (dfn_hex_decode ("abcd", out, 2));
}

static void
test_big_endian (void)
{
  guint8 bytes[5] = { 0 };

  dfn_write_be32 (bytes + 1, 0x01020304);
  g_assert_cmpmem (bytes, 5, "\0\1\2\3\4", 5);
  g_assert_cmphex (dfn_read_be32 (bytes + 1), ==, 0x01020304);
}

static void
test_random (void)
{
  guint8 a[32], b[32];
  g_autofree char *hex = dfn_random_hex (8);

  dfn_random_bytes (a, sizeof a);
  dfn_random_bytes (b, sizeof b);
  g_assert_cmpint (memcmp (a, b, sizeof a), !=, 0);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (dfn_random_uniform (3), <, 3);
  g_assert_cmpuint (strlen (hex), ==, 16);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/bytes/hex-round-trip", test_hex_round_trip);
  g_test_add_func ("/core/bytes/hex-refuses", test_hex_refuses);
  g_test_add_func ("/core/bytes/big-endian", test_big_endian);
  g_test_add_func ("/core/bytes/random", test_random);
  return g_test_run ();
}
