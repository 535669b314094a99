/* SPDX-License-Identifier: MIT */
#include "dfn-identity.h"
#include "dfn-paths.h"

#include <glib/gstdio.h>
#include <string.h>

static char *data_home;

static char *
get_path (void)
{
  g_autofree char *folder = dfn_paths_data_dir (NULL);

  return g_build_filename (folder, "identity", NULL);
}

/* Every test begins without an identity. */
static void
remove_files (void)
{
  g_autofree char *folder = dfn_paths_data_dir (NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
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
  remove_files ();
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
  remove_files ();
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
  remove_files ();
}

int
main (int argc, char **argv)
{
  int code;

  /* G_TEST_OPTION_ISOLATE_DIRS would do this, but GLib 2.74 leaks in it. */
  data_home = g_dir_make_tmp ("dfn-identity-XXXXXX", NULL);
  g_setenv ("XDG_DATA_HOME", data_home, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/identity/create-and-load", test_create_and_load);
  g_test_add_func ("/engine/identity/replace", test_replace);
  g_test_add_func ("/engine/identity/untrusted", test_untrusted);
  code = g_test_run ();
  g_rmdir (data_home);
  g_free (data_home);
  return code;
}
