/* SPDX-License-Identifier: MIT */
#include "streaming-test-support.h"

#include "dfn-file-indexer.h"

#include <glib/gstdio.h>
#include <string.h>

void
scratch_set_up (Scratch *scratch, gconstpointer data)
{
  scratch->folder = g_dir_make_tmp ("dfn-streaming-XXXXXX", NULL);
  g_assert_nonnull (scratch->folder);
}

void
scratch_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_unlink (path) != 0)
        g_rmdir (path);
    }
  g_rmdir (folder);
}

void
scratch_tear_down (Scratch *scratch, gconstpointer data)
{
  scratch_remove (scratch->folder);
  g_assert_false (g_file_test (scratch->folder, G_FILE_TEST_EXISTS));
  g_free (scratch->folder);
}

char *
scratch_path (Scratch *scratch, const char *name)
{
  return g_build_filename (scratch->folder, name, NULL);
}

char *
scratch_write (Scratch *scratch, const char *name, gsize size, guint32 seed)
{
  char *path = scratch_path (scratch, name);
  g_autofree guint8 *content = g_malloc (size);
  guint32 state = seed * 2654435761u + 1;

  for (gsize i = 0; i < size; i++)
    {
      state = state * 1664525 + 1013904223;
      content[i] = (guint8) (state >> 24);
    }
  g_assert_true (g_file_set_contents (path, (const char *) content, (gssize) size, NULL));
  return path;
}

void
on_test_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **out = user_data;

  g_assert_null (*out);
  *out = g_object_ref (result);
}

GAsyncResult *
test_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

DfnChunkStore *
test_index (const char *path, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dfn_file_index_async (path, NULL, NULL, NULL, NULL, NULL, on_test_result, &result);
  return dfn_file_index_finish (test_wait (&result), error);
}

DfnChunkStore *
test_open (const char *output, DfnManifest *manifest, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dfn_chunk_store_open_download_async (output, manifest, NULL, NULL, NULL, on_test_result, &result);
  return dfn_chunk_store_open_download_finish (test_wait (&result), error);
}

gboolean
test_put (DfnChunkStore *store, guint32 index, GBytes *data, GBytes *path, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dfn_chunk_store_put_async (store, index, data, path, on_test_result, &result);
  return dfn_chunk_store_put_finish (store, test_wait (&result), error);
}

GBytes *
test_read (DfnChunkStore *store, guint32 index, GBytes **path, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dfn_chunk_store_read_async (store, index, NULL, on_test_result, &result);
  return dfn_chunk_store_read_finish (store, test_wait (&result), path, error);
}

gboolean
test_complete (DfnChunkStore *store, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dfn_chunk_store_complete_async (store, on_test_result, &result);
  return dfn_chunk_store_complete_finish (store, test_wait (&result), error);
}

void
test_copy_chunk (DfnChunkStore *from, DfnChunkStore *to, guint32 index)
{
  g_autoptr (GBytes) path = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) data = test_read (from, index, &path, &error);

  g_assert_no_error (error);
  g_assert_nonnull (path);
  test_put (to, index, data, path, &error);
  g_assert_no_error (error);
}

void
test_assert_same_files (const char *a, const char *b)
{
  g_autofree char *content_a = NULL;
  g_autofree char *content_b = NULL;
  gsize length_a, length_b;

  g_assert_true (g_file_get_contents (a, &content_a, &length_a, NULL));
  g_assert_true (g_file_get_contents (b, &content_b, &length_b, NULL));
  g_assert_cmpuint (length_a, ==, length_b);
  g_assert_true (memcmp (content_a, content_b, length_a) == 0);
}
