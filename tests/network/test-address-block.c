/* SPDX-License-Identifier: MIT */
#include "dfn-address-block.h"

#include <string.h>

static guint64
block_of (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  g_assert_nonnull (address);
  return dfn_address_block_of (address);
}

static void
test_blocks (void)
{
  g_assert_cmpuint (block_of ("198.51.100.1"), ==, block_of ("198.51.100.254"));
  g_assert_cmpuint (block_of ("198.51.100.1"), !=, block_of ("198.51.101.1"));
  g_assert_cmpuint (block_of ("2a00:1:2:3::1"), ==, block_of ("2a00:1:2:4:5::1"));
  g_assert_cmpuint (block_of ("2a00:1:2::1"), !=, block_of ("2a00:1:3::1"));
  g_assert_cmpuint (block_of ("8.8.8.8"), !=, block_of ("2a00:808:800::"));
}

/* Otherwise one IPv4 address would have 2^16 blocks. */
static void
test_ipv4_inside (void)
{
  g_assert_cmpuint (block_of ("::ffff:9.9.9.1"), ==, block_of ("9.9.9.200"));
  g_assert_cmpuint (block_of ("64:ff9b::9.9.9.1"), ==, block_of ("9.9.9.200"));
  g_assert_cmpuint (block_of ("2002:909:901::1"), ==, block_of ("9.9.9.200"));
}

static void
test_exempt (void)
{
  const char *exempt[] = { "127.0.0.1",  "::1",     "10.1.2.3",    "192.168.7.7",    "172.16.0.1",
                           "100.64.0.1", "fe80::1", "fd00:1:2::3", "::ffff:10.0.0.1" };

  for (guint i = 0; i < G_N_ELEMENTS (exempt); i++)
    g_assert_cmpuint (block_of (exempt[i]), ==, DFN_ADDRESS_BLOCK_EXEMPT);
}

static gboolean
is_same_holder (const char *a, const char *b)
{
  g_autoptr (GInetAddress) first = g_inet_address_new_from_string (a);
  g_autoptr (GInetAddress) second = g_inet_address_new_from_string (b);
  guint8 one[DFN_ADDRESS_HOLDER_SIZE], other[DFN_ADDRESS_HOLDER_SIZE];

  dfn_address_holder_of (first, one);
  dfn_address_holder_of (second, other);
  return memcmp (one, other, sizeof one) == 0;
}

static void
test_holders (void)
{
  g_assert_true (is_same_holder ("9.9.9.1", "::ffff:9.9.9.1"));
  g_assert_false (is_same_holder ("9.9.9.1", "9.9.9.2"));
  g_assert_true (is_same_holder ("2a00:1:2:3::1", "2a00:1:2:3:4:5:6:7"));
  g_assert_false (is_same_holder ("2a00:1:2:3::1", "2a00:1:2:4::1"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/address-block/blocks", test_blocks);
  g_test_add_func ("/network/address-block/ipv4-inside", test_ipv4_inside);
  g_test_add_func ("/network/address-block/exempt", test_exempt);
  g_test_add_func ("/network/address-block/holders", test_holders);
  return g_test_run ();
}
