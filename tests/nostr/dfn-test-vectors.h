/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/**
 * dfn_test_vectors_read:
 * @folder: a folder of published vectors
 * @file: a file in it
 *
 * Reads a file below DFN_VECTORS_DIR. Where the folder is not there the test is skipped by its
 * name; a file that is missing from a folder that is there fails the test.
 *
 * Returns: (transfer full) (nullable): the file's text, or %NULL when the test is to return
 */
static inline char *
dfn_test_vectors_read (const char *folder, const char *file)
{
  const char *root = g_getenv ("DFN_VECTORS_DIR");
  g_autofree char *directory = g_build_filename (root != NULL ? root : "", folder, NULL);
  g_autofree char *path = g_build_filename (directory, file, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (root == NULL || !g_file_test (directory, G_FILE_TEST_IS_DIR))
    {
      g_autofree char *reason = g_strdup_printf ("no vectors in the folder \"%s\"", folder);

      g_test_skip (reason);
      return NULL;
    }
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}
