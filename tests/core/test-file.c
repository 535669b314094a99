/* SPDX-License-Identifier: MIT */
#include "dfn-file.h"
#include "dfn-paths.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *data_home;

static void
test_write_atomically (void)
{
  g_autofree char *folder = g_dir_make_tmp ("dfn-file-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "key", NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  GStatBuf info;

  g_assert_true (dfn_file_write_atomically (path, "one", 3, 0600, &error));
  g_assert_no_error (error);
  g_assert_true (dfn_file_write_atomically (path, "three", 5, 0600, &error));
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "three");
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0600);

  dir = g_dir_open (folder, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (dir), ==, "key");
  g_assert_null (g_dir_read_name (dir));
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_write_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (dfn_file_write_atomically ("/proc/none/key", "x", 1, 0600, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

static void
test_positioned (void)
{
  g_autofree char *path = NULL;
  char back[8] = { 0 };
  int fd = g_file_open_tmp ("dfn-file-XXXXXX", &path, NULL);

  g_assert_true (dfn_file_write_all (fd, "world", 5, 2));
  g_assert_cmpint (dfn_file_read_all (fd, back, sizeof back, 2), ==, 5);
  g_assert_cmpstr (back, ==, "world");
  g_assert_cmpint (dfn_file_read_all (fd, back, 1, 100), ==, 0);
  close (fd);
  g_assert_cmpint (dfn_file_read_all (fd, back, 1, 0), ==, -1);
  g_unlink (path);
}

static void
test_data_dir (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = dfn_paths_data_dir (&error);

  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (path, data_home));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  g_rmdir (path);
}

int
main (int argc, char **argv)
{
  int code;

  /* G_TEST_OPTION_ISOLATE_DIRS would do this, but GLib 2.74 leaks in it. */
  data_home = g_dir_make_tmp ("dfn-file-XXXXXX", NULL);
  g_setenv ("XDG_DATA_HOME", data_home, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/file/write-atomically", test_write_atomically);
  g_test_add_func ("/core/file/write-fails", test_write_fails);
  g_test_add_func ("/core/file/positioned", test_positioned);
  g_test_add_func ("/core/paths/data-dir", test_data_dir);
  code = g_test_run ();
  g_rmdir (data_home);
  g_free (data_home);
  return code;
}
