/* SPDX-License-Identifier: MIT */
#include "dfn-secret.h"

#include <string.h>

static void
test_guarded (void)
{
  guint8 *secret = dfn_secret_dup ("0123456789abcdef", 16);
  guint8 *empty = dfn_secret_new (4);

  g_assert_true (dfn_secret_equal (secret, "0123456789abcdef", 16));
  g_assert_false (dfn_secret_equal (secret, "0123456789abcdeF", 16));
  g_assert_cmpmem (empty, 4, "\0\0\0\0", 4);
  dfn_secret_wipe (secret, 16);
  g_assert_true (dfn_secret_equal (secret, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
  dfn_secret_free (secret);
  dfn_secret_free (empty);
  dfn_secret_free (NULL);
  dfn_secret_free_string (NULL);
  dfn_secret_free_string (g_strdup ("nsec"));
}

/* A read beyond the end must hit the guard page, not the neighbour's bytes. */
static void
test_overrun_is_caught (void)
{
  if (g_test_subprocess ())
    {
      volatile guint8 *secret = dfn_secret_new (16);
      g_test_message ("%d", secret[16]);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/secret/guarded", test_guarded);
  g_test_add_func ("/core/secret/overrun-is-caught", test_overrun_is_caught);
  return g_test_run ();
}
