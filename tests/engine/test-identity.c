/* SPDX-License-Identifier: MIT */
#include "dfn-identity.h"
#include "dfn-paths.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
get_path (void)
{
  g_autofree char *folder = dfn_paths_data_dir (NULL);

  return g_build_filename (folder, "identity", NULL);
}

static void
test_create_and_load (void)
{
  g_autofree char *path = get_path ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) none = dfn_identity_load (&error);
  g_autoptr (DfnNostrKey) made = NULL;
  g_autoptr (DfnNostrKey) loaded = NULL;
  GStatBuf info;

  g_assert_null (none);
  g_assert_no_error (error);
  made = dfn_identity_load_or_create (&error);
  g_assert_no_error (error);
  loaded = dfn_identity_load_or_create (&error);
  g_assert_cmpstr (dfn_nostr_key_get_pubkey (made), ==, dfn_nostr_key_get_pubkey (loaded));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0600);
}

static void
test_replace (void)
{
  g_autofree char *path = get_path ();
  g_autofree char *old = g_strconcat (path, ".old-1", NULL);
  g_autoptr (DfnNostrKey) first = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) second = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) loaded = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (dfn_identity_store (first, FALSE, &error));
  g_assert_false (dfn_identity_store (second, FALSE, &error));
  g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY);
  g_clear_error (&error);
  g_assert_true (dfn_identity_store (second, TRUE, &error));
  loaded = dfn_identity_load (&error);
  g_assert_cmpstr (dfn_nostr_key_get_pubkey (loaded), ==, dfn_nostr_key_get_pubkey (second));

  /* The one before is still there. */
  g_clear_pointer (&loaded, dfn_nostr_key_unref);
  g_assert_cmpint (g_rename (old, path), ==, 0);
  loaded = dfn_identity_load (&error);
  g_assert_cmpstr (dfn_nostr_key_get_pubkey (loaded), ==, dfn_nostr_key_get_pubkey (first));
}

static void
test_untrusted (void)
{
  g_autofree char *path = get_path ();
  g_autoptr (DfnNostrKey) key = dfn_identity_load_or_create (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (key);
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  g_assert_null (dfn_identity_load (&error));
  g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY);
  g_clear_error (&error);

  /* A damaged file is neither used nor replaced, and its content is not repeated. */
  g_assert_true (g_file_set_contents (path, "nsec1secretsecret", -1, NULL));
  g_chmod (path, 0600);
  g_assert_null (dfn_identity_load_or_create (&error));
  g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY);
  g_assert_null (strstr (error->message, "secretsecret"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/engine/identity/create-and-load", test_create_and_load);
  g_test_add_func ("/engine/identity/replace", test_replace);
  g_test_add_func ("/engine/identity/untrusted", test_untrusted);
  return g_test_run ();
}
