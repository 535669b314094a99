/* SPDX-License-Identifier: MIT */
#include "dfn-peer-memory.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW_S G_GINT64_CONSTANT (1800000000)
#define DAY_S (24 * 60 * 60)

static const guint8 *
holder_of (guint n)
{
  static guint8 holder[DFN_ADDRESS_HOLDER_SIZE];

  memset (holder, 0, sizeof holder);
  memcpy (holder, &n, sizeof n);
  return holder;
}

static void
test_scores (void)
{
  g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (NULL, NOW_S);

  g_assert_cmpfloat (dfn_peer_memory_get_score (memory, holder_of (1), NOW_S), ==, 0);
  dfn_peer_memory_note (memory, holder_of (1), 0.8, NOW_S);
  g_assert_cmpfloat_with_epsilon (dfn_peer_memory_get_score (memory, holder_of (1), NOW_S), 0.4,
                                  0.001);
  g_assert_cmpfloat_with_epsilon (dfn_peer_memory_get_score (memory, holder_of (1), NOW_S + DAY_S),
                                  0.2, 0.001);
  /* What says nothing takes no room. */
  dfn_peer_memory_note (memory, holder_of (2), 0, NOW_S);
  g_assert_cmpuint (dfn_peer_memory_get_size (memory), ==, 1);
}

static void
test_bans (void)
{
  g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (NULL, NOW_S);

  dfn_peer_memory_ban (memory, holder_of (1), NOW_S);
  g_assert_true (
      dfn_peer_memory_is_banned (memory, holder_of (1), NOW_S + DFN_PEER_MEMORY_BAN_S - 1));
  g_assert_false (dfn_peer_memory_is_banned (memory, holder_of (1), NOW_S + DFN_PEER_MEMORY_BAN_S));
  g_assert_false (dfn_peer_memory_is_banned (memory, holder_of (2), NOW_S));
}

static void
test_bounded (void)
{
  g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (NULL, NOW_S);

  for (guint i = 0; i < DFN_PEER_MEMORY_MAX + 10; i++)
    dfn_peer_memory_note (memory, holder_of (i), 0.5, NOW_S + i);
  g_assert_cmpuint (dfn_peer_memory_get_size (memory), ==, DFN_PEER_MEMORY_MAX);
  g_assert_cmpfloat (dfn_peer_memory_get_score (memory, holder_of (9), NOW_S), ==, 0);
  g_assert_cmpfloat (dfn_peer_memory_get_score (memory, holder_of (10), NOW_S), >, 0);
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("dfn-test-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "peers", NULL);
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  {
    g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (path, NOW_S);

    g_assert_true (dfn_peer_memory_save (memory, NOW_S, &error)); /* nothing to write */
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    dfn_peer_memory_ban (memory, holder_of (1), NOW_S);
    dfn_peer_memory_note (memory, holder_of (2), 1, NOW_S);
    g_assert_true (dfn_peer_memory_save (memory, NOW_S, &error));
    g_assert_no_error (error);
  }
  {
    g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (path, NOW_S + 60);

    g_assert_true (dfn_peer_memory_is_banned (memory, holder_of (1), NOW_S + 60));
    g_assert_cmpfloat_with_epsilon (dfn_peer_memory_get_score (memory, holder_of (2), NOW_S), 0.5,
                                    0.01);
  }
  {
    g_autoptr (DfnPeerMemory) memory =
        dfn_peer_memory_new (path, NOW_S + (DFN_PEER_MEMORY_DAYS + 1) * DAY_S);

    g_assert_cmpuint (dfn_peer_memory_get_size (memory), ==, 0);
  }
  /* An address is not to be read from it. */
  g_assert_true (g_file_get_contents (path, &data, &length, NULL));
  g_assert_null (memmem (data, length, holder_of (1), DFN_ADDRESS_HOLDER_SIZE));
  g_remove (path);
  g_rmdir (folder);
}

static void
test_damaged (void)
{
  g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (NULL, NOW_S);
  guint8 data[40 + 28] = "dfnpeer1";

  dfn_peer_memory_note (memory, holder_of (1), 1, NOW_S);
  g_assert_false (dfn_peer_memory_parse (memory, data, 39, NOW_S));
  g_assert_false (dfn_peer_memory_parse (memory, data, 41, NOW_S));
  g_assert_false (dfn_peer_memory_parse (memory, data + 1, 40, NOW_S));
  g_assert_cmpuint (dfn_peer_memory_get_size (memory), ==, 1);
  /* Times of the future are no longer than they may be. */
  memset (data + 40 + 16, 0xff, 12);
  g_assert_true (dfn_peer_memory_parse (memory, data, sizeof data, NOW_S));
  g_assert_cmpuint (dfn_peer_memory_get_size (memory), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/peer-memory/scores", test_scores);
  g_test_add_func ("/network/peer-memory/bans", test_bans);
  g_test_add_func ("/network/peer-memory/bounded", test_bounded);
  g_test_add_func ("/network/peer-memory/file", test_file);
  g_test_add_func ("/network/peer-memory/damaged", test_damaged);
  return g_test_run ();
}
