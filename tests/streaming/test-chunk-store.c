/* SPDX-License-Identifier: MIT */
#include "download-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_source (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnHashTree) tree =
      dfn_hash_tree_new_sparse (FIXTURE_N_CHUNKS, dfn_manifest_get_root (fixture->manifest));

  g_assert_true (dfn_chunk_store_is_full (fixture->source));
  for (guint32 i = 0; i < FIXTURE_N_CHUNKS; i++)
    {
      g_autoptr (GBytes) path = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) chunk = test_read (fixture->source, i, &path, &error);
      guint8 leaf[DFN_HASH_SIZE];

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (chunk), ==,
                        dfn_manifest_get_chunk_length (fixture->manifest, i));
      dfn_hash_tree_hash_leaf (g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk), leaf);
      dfn_hash_tree_verify_and_add (tree, i, leaf, g_bytes_get_data (path, NULL),
                                    g_bytes_get_size (path), &error);
      g_assert_no_error (error);
    }
}

static void
assert_source_changed (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (test_read (fixture->source, 0, NULL, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE_CHANGED);
}

static void
test_source_rewritten (Fixture *fixture, gconstpointer data)
{
  g_usleep (20000); /* longer than the coarsest clock of a file system in use */
  test_overwrite (fixture->original, 5, "other");
  assert_source_changed (fixture);
}

static void
test_source_cut (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (truncate (fixture->original, 100), ==, 0);
  assert_source_changed (fixture);
}

static void
test_source_unlinked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk = NULL;

  g_unlink (fixture->original);
  chunk = test_read (fixture->source, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
test_download (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autoptr (GBytes) map = NULL;
  static const guint8 expected[] = { 0x12 };

  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 0);
  test_copy_chunk (fixture->source, store, 4);
  test_copy_chunk (fixture->source, store, 1);
  test_copy_chunk (fixture->source, store, 1);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 2);
  map = dfn_chunk_store_get_buffer_map (store);
  g_assert_cmpmem (g_bytes_get_data (map, NULL), g_bytes_get_size (map), expected, 1);
  g_assert_false (g_file_test (fixture->output, G_FILE_TEST_EXISTS));
  fixture_finish (fixture, store);
  g_assert_true (test_complete (store, NULL));
  g_assert_finalize_object (g_steal_pointer (&store));
}

static gboolean
on_missing (guint32 index, gpointer user_data)
{
  GString *text = user_data;

  g_string_append_printf (text, "%u ", index);
  return index < 3;
}

static void
test_foreach_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autoptr (GString) text = g_string_new (NULL);

  test_copy_chunk (fixture->source, store, 0);
  test_copy_chunk (fixture->source, store, 2);
  dfn_chunk_store_foreach_missing (store, on_missing, text);
  g_assert_cmpstr (text->str, ==, "1 3 ");
  g_string_truncate (text, 0);
  dfn_chunk_store_foreach_missing (fixture->source, on_missing, text);
  g_assert_cmpstr (text->str, ==, "");
}

/* A viewer serves what it has, with proof, before the download is complete and afterwards. */
static void
test_forwards (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autofree char *second_output = scratch_path (&fixture->scratch, "second");
  g_autoptr (DfnChunkStore) second = test_open (second_output, fixture->manifest, NULL);

  test_copy_chunk (fixture->source, store, 2);
  test_copy_chunk (store, second, 2);
  fixture_finish (fixture, store);
  for (guint32 i = 0; i < FIXTURE_N_CHUNKS; i++)
    test_copy_chunk (store, second, i);
  g_assert_true (test_complete (second, NULL));
  test_assert_same_files (fixture->original, second_output);
}

static void
assert_put_refused (DfnChunkStore *store, guint32 index, GBytes *data, GBytes *path)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (test_put (store, index, data, path, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY);
}

static void
test_wrong_chunks (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autoptr (GBytes) path = NULL;
  g_autoptr (GBytes) chunk = test_read (fixture->source, 0, &path, NULL);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) shorter = g_bytes_new_from_bytes (chunk, 0, CHUNK_SIZE - 1);
  g_autoptr (GBytes) short_path =
      g_bytes_new_from_bytes (path, 0, g_bytes_get_size (path) - DFN_HASH_SIZE);
  g_autofree guint8 *bent = g_memdup2 (g_bytes_get_data (chunk, NULL), CHUNK_SIZE);
  g_autoptr (GBytes) wrong = NULL;
  struct stat info;

  bent[CHUNK_SIZE - 1] ^= 1;
  wrong = g_bytes_new (bent, CHUNK_SIZE);
  assert_put_refused (store, 0, wrong, path);
  assert_put_refused (store, 0, shorter, path);
  assert_put_refused (store, 0, empty, path);
  assert_put_refused (store, 0, chunk, empty);
  assert_put_refused (store, 0, chunk, short_path);
  assert_put_refused (store, 0, chunk, chunk);
  assert_put_refused (store, 1, chunk, path);
  assert_put_refused (store, FIXTURE_N_CHUNKS, chunk, path);
  assert_put_refused (store, G_MAXUINT32, chunk, path);

  /* Not one block was written. */
  g_assert_cmpint (stat (fixture->part, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, FIXTURE_SIZE);
  g_assert_cmpint (info.st_blocks, ==, 0);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 0);
}

static void
test_altered_afterwards (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autoptr (GError) error = NULL;

  fixture_finish (fixture, store);
  test_overwrite (fixture->output, CHUNK_SIZE, "edited");
  g_assert_null (test_read (store, 1, NULL, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE_CHANGED);
}

static void
test_zeros_stay_holes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *sparse = scratch_path (&fixture->scratch, "sparse");
  g_autoptr (DfnChunkStore) source = NULL;
  g_autoptr (DfnChunkStore) store = NULL;
  struct stat info;
  int fd = g_open (sparse, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (ftruncate (fd, 10 * CHUNK_SIZE + 1), ==, 0);
  g_assert_cmpint (pwrite (fd, "x", 1, 3 * CHUNK_SIZE + 5), ==, 1);
  close (fd);
  source = test_index (sparse, NULL);
  store = test_open (fixture->output, dfn_chunk_store_get_manifest (source), NULL);
  for (guint32 i = 0; i < 11; i++)
    test_copy_chunk (source, store, i);
  g_assert_true (test_complete (store, NULL));
  test_assert_same_files (sparse, fixture->output);
  g_assert_cmpint (stat (fixture->output, &info), ==, 0);
  g_assert_cmpint (info.st_blocks * 512, <=, CHUNK_SIZE + 65536);
}

static void
on_put (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *counts = user_data;
  g_autoptr (GError) error = NULL;

  if (dfn_chunk_store_put_finish (DFN_CHUNK_STORE (source), result, &error))
    counts[0]++;
  else
    {
      g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY);
      counts[1]++;
    }
}

static void
test_queue_limit (Fixture *fixture, gconstpointer data)
{
  const guint n_fit = DFN_CHUNK_STORE_QUEUE_LIMIT / CHUNK_SIZE;
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autoptr (GBytes) path = NULL;
  g_autoptr (GBytes) chunk = test_read (fixture->source, 0, &path, NULL);
  guint counts[2] = { 0, 0 };

  for (guint i = 0; i < n_fit + 3; i++)
    dfn_chunk_store_put_async (store, 0, chunk, path, on_put, counts);
  g_assert_cmpuint (dfn_chunk_store_get_bytes_in_flight (store), ==, DFN_CHUNK_STORE_QUEUE_LIMIT);
  while (counts[0] + counts[1] < n_fit + 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (counts[0], ==, n_fit);
  g_assert_cmpuint (counts[1], ==, 3);
  g_assert_cmpuint (dfn_chunk_store_get_bytes_in_flight (store), ==, 0);
  g_assert_finalize_object (g_steal_pointer (&store));
}

/* Whoever drops the store early loses nothing that was put. */
static void
test_dropped_while_writing (Fixture *fixture, gconstpointer data)
{
  DfnChunkStore *store = fixture_open (fixture);
  guint counts[2] = { 0, 0 };

  for (guint32 i = 0; i < FIXTURE_N_CHUNKS; i++)
    {
      g_autoptr (GBytes) path = NULL;
      g_autoptr (GBytes) chunk = test_read (fixture->source, i, &path, NULL);

      dfn_chunk_store_put_async (store, i, chunk, path, on_put, counts);
    }
  g_object_unref (store);
  while (counts[0] < FIXTURE_N_CHUNKS)
    g_main_context_iteration (NULL, TRUE);
  store = fixture_open (fixture);
  fixture_finish (fixture, store);
  g_assert_finalize_object (store);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) opened = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  dfn_chunk_store_open_download_async (fixture->output, fixture->manifest, cancellable, NULL, NULL,
                                       on_test_result, &opened);
  g_assert_null (dfn_chunk_store_open_download_finish (test_wait (&opened), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  dfn_chunk_store_read_async (fixture->source, 0, cancellable, on_test_result, &result);
  g_assert_null (dfn_chunk_store_read_finish (fixture->source, test_wait (&result), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/streaming/chunk-store/" name, Fixture, NULL, fixture_set_up, func,                 \
              fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("source", test_source);
  ADD ("source-rewritten", test_source_rewritten);
  ADD ("source-cut", test_source_cut);
  ADD ("source-unlinked", test_source_unlinked);
  ADD ("download", test_download);
  ADD ("foreach-missing", test_foreach_missing);
  ADD ("forwards", test_forwards);
  ADD ("wrong-chunks", test_wrong_chunks);
  ADD ("altered-afterwards", test_altered_afterwards);
  ADD ("zeros-stay-holes", test_zeros_stay_holes);
  ADD ("queue-limit", test_queue_limit);
  ADD ("dropped-while-writing", test_dropped_while_writing);
  ADD ("cancelled", test_cancelled);
  return g_test_run ();
}
