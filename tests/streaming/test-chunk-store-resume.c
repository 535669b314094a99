/* SPDX-License-Identifier: MIT */
/* Downloads that go on, and what else may be where a download wants to be. */
#include "download-fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>

static void
test_resume (Fixture *fixture, gconstpointer data)
{
  fixture_interrupt (fixture, 3);
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (DfnChunkStore) store = fixture_open (fixture);

      g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 3 + round);
      g_assert_true (dfn_chunk_store_has (store, 2));
      test_copy_chunk (fixture->source, store, 3);
      if (round == 1)
        fixture_finish (fixture, store);
    }
}

static void
test_resume_drops_altered (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = NULL;

  fixture_interrupt (fixture, 4);
  test_overwrite (fixture->part, CHUNK_SIZE + 1000, "altered");
  store = fixture_open (fixture);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 3);
  g_assert_false (dfn_chunk_store_has (store, 1));
  fixture_finish (fixture, store);
}

/* The state says that everything is there, and is wrong, also about hashes. */
static void
test_resume_with_lies (Fixture *fixture, gconstpointer data)
{
  static const char *const lies[] = { "\xff", "\xff----------------------------------------" };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (DfnChunkStore) store = NULL;

      fixture_interrupt (fixture, 1);
      test_overwrite (fixture->state, 96, lies[i]);
      store = fixture_open (fixture);
      /* Bytes 97 on are leaf 0 and its parent, without which nothing of the left half proves. */
      g_assert_cmpuint (dfn_chunk_store_get_n_present (store), <=, 1);
      test_copy_chunk (fixture->source, store, 0);
      test_copy_chunk (fixture->source, store, 1);
      g_clear_object (&store);

      store = fixture_open (fixture);
      g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 2);
      if (i == 1)
        fixture_finish (fixture, store);
    }
}

static void
test_resume_after_cuts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = NULL;

  fixture_interrupt (fixture, 4);
  g_assert_cmpint (truncate (fixture->part, 2 * CHUNK_SIZE + 5), ==, 0);
  store = fixture_open (fixture);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 2);
  g_clear_object (&store);

  g_assert_cmpint (truncate (fixture->state, 97), ==, 0);
  store = fixture_open (fixture);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 0);
  g_clear_object (&store);

  g_unlink (fixture->part);
  store = fixture_open (fixture);
  fixture_finish (fixture, store);
}

static void
test_state_of_others (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other_path = scratch_write (&fixture->scratch, "other", FIXTURE_SIZE, 2);
  g_autoptr (DfnChunkStore) other = test_index (other_path, NULL);
  g_autoptr (GError) error = NULL;

  fixture_interrupt (fixture, 2);
  g_assert_null (test_open (fixture->output, dfn_chunk_store_get_manifest (other), &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "copy.part.state"));
  g_assert_nonnull (strstr (error->message, "another file"));

  test_overwrite (fixture->state, 8, "\x7f");
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "another version");
  test_overwrite (fixture->state, 0, "text");
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "does not describe");
  g_assert_cmpint (truncate (fixture->state, 3), ==, 0);
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "does not describe");
}

/* What was begun in chunks of another size stays as it is, whoever announces the file now. */
static void
test_other_chunk_size (Fixture *fixture, gconstpointer data)
{
  const guint8 root[DFN_HASH_SIZE] = { 1 };
  g_autoptr (DfnManifest) other =
      dfn_manifest_new (NULL, NULL, NULL, NULL, FIXTURE_SIZE, 2 * CHUNK_SIZE, root,
                        dfn_manifest_get_sha256 (fixture->manifest));
  g_autoptr (DfnChunkStore) store = NULL;
  g_autoptr (GError) error = NULL;

  fixture_interrupt (fixture, 2);
  g_assert_null (test_open (fixture->output, other, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "chunks of another size"));
  store = fixture_open (fixture);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 2);
  fixture_finish (fixture, store);
}

/* A run that was killed before it wrote anything leaves an empty state and no data. */
static void
test_empty_state (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = NULL;

  g_assert_true (g_file_set_contents (fixture->state, "", 0, NULL));
  store = fixture_open (fixture);
  fixture_finish (fixture, store);
}

static void
test_part_of_others (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = NULL;

  g_assert_true (g_file_set_contents (fixture->part, "precious", -1, NULL));
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy.part");
  g_assert_true (g_file_get_contents (fixture->part, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");
  g_assert_false (g_file_test (fixture->state, G_FILE_TEST_EXISTS));

  /* Nothing is written through a link that somebody put there. */
  g_unlink (fixture->part);
  g_assert_cmpint (symlink (fixture->original, fixture->part), ==, 0);
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy.part");
  g_unlink (fixture->part);
  g_assert_cmpint (symlink (fixture->original, fixture->state), ==, 0);
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy.part.state");
}

static void
test_output_exists (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = NULL;

  g_assert_true (g_file_set_contents (fixture->output, "precious", -1, NULL));
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy");
  other = scratch_write (&fixture->scratch, "copy", FIXTURE_SIZE, 3);
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy");
  g_assert_false (g_file_test (fixture->state, G_FILE_TEST_EXISTS));
  g_unlink (fixture->output);

  g_assert_cmpint (g_mkdir (fixture->output, 0700), ==, 0);
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy");
  g_rmdir (fixture->output);
  g_assert_cmpint (symlink ("nowhere", fixture->output), ==, 0);
  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_EXISTS, "copy");
}

static void
test_output_is_the_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *copy = scratch_write (&fixture->scratch, "copy", FIXTURE_SIZE, 1);
  g_autofree char *second_output = scratch_path (&fixture->scratch, "second");
  g_autoptr (DfnChunkStore) store = NULL;
  g_autoptr (DfnChunkStore) second = test_open (second_output, fixture->manifest, NULL);

  g_assert_nonnull (copy);
  /* A state may be left from a run that was killed after it had renamed the data. */
  g_assert_true (g_file_set_contents (fixture->state, "x", 1, NULL));
  store = fixture_open (fixture);
  g_assert_true (dfn_chunk_store_is_full (store));
  fixture_finish (fixture, store);
  test_copy_chunk (store, second, 3);
  test_copy_chunk (fixture->source, store, 0);
}

static void
test_output_appears (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;

  for (guint32 i = 0; i < FIXTURE_N_CHUNKS; i++)
    test_copy_chunk (fixture->source, store, i);
  g_assert_true (g_file_set_contents (fixture->output, "precious", -1, NULL));
  g_assert_false (test_complete (store, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_EXISTS);
  g_assert_true (g_file_get_contents (fixture->output, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");

  g_unlink (fixture->output);
  fixture_finish (fixture, store);
}

static void
test_two_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnChunkStore) store = fixture_open (fixture);

  fixture_assert_open_fails (fixture, DFN_STREAMING_ERROR_BUSY, "another process");
  fixture_finish (fixture, store);
}

static void
count_progress (goffset done, goffset total, gpointer user_data)
{
  guint *n = user_data;

  g_assert_cmpint (total, ==, 4 * CHUNK_SIZE);
  (*n)++;
}

static void
test_resume_progress (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (DfnChunkStore) store = NULL;
  guint n = 0;

  fixture_interrupt (fixture, 4);
  dfn_chunk_store_open_download_async (fixture->output, fixture->manifest, NULL, count_progress, &n,
                                       on_test_result, &result);
  store = dfn_chunk_store_open_download_finish (test_wait (&result), NULL);
  g_assert_nonnull (store);
  g_assert_cmpuint (n, >=, 1);
}

static void
test_missing_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *output = g_build_filename (fixture->scratch.folder, "none", "copy", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (test_open (output, fixture->manifest, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_IO);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/streaming/chunk-store-resume/" name, Fixture, NULL, fixture_set_up, func,          \
              fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("resume", test_resume);
  ADD ("resume-drops-altered", test_resume_drops_altered);
  ADD ("resume-with-lies", test_resume_with_lies);
  ADD ("resume-after-cuts", test_resume_after_cuts);
  ADD ("resume-progress", test_resume_progress);
  ADD ("state-of-others", test_state_of_others);
  ADD ("other-chunk-size", test_other_chunk_size);
  ADD ("empty-state", test_empty_state);
  ADD ("part-of-others", test_part_of_others);
  ADD ("output-exists", test_output_exists);
  ADD ("output-is-the-file", test_output_is_the_file);
  ADD ("output-appears", test_output_appears);
  ADD ("two-at-once", test_two_at_once);
  ADD ("missing-folder", test_missing_folder);
  return g_test_run ();
}
