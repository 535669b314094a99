/* SPDX-License-Identifier: MIT */
#include "download-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  scratch_set_up (&fixture->scratch, data);
  fixture->original = scratch_write (&fixture->scratch, "original", FIXTURE_SIZE, 1);
  fixture->output = scratch_path (&fixture->scratch, "copy");
  fixture->part = scratch_path (&fixture->scratch, "copy.part");
  fixture->state = scratch_path (&fixture->scratch, "copy.part.state");
  fixture->source = test_index (fixture->original, &error);
  g_assert_no_error (error);
  fixture->manifest = dfn_chunk_store_get_manifest (fixture->source);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->source);
  g_free (fixture->original);
  g_free (fixture->output);
  g_free (fixture->part);
  g_free (fixture->state);
  scratch_tear_down (&fixture->scratch, data);
}

DfnChunkStore *
fixture_open (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  DfnChunkStore *store = test_open (fixture->output, fixture->manifest, &error);

  g_assert_no_error (error);
  return store;
}

void
fixture_assert_open_fails (Fixture *fixture, DfnStreamingError code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (test_open (fixture->output, fixture->manifest, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, words));
}

void
fixture_interrupt (Fixture *fixture, guint32 n)
{
  DfnChunkStore *store = fixture_open (fixture);

  for (guint32 i = 0; i < n; i++)
    test_copy_chunk (fixture->source, store, i);
  g_assert_finalize_object (store);
}

void
test_overwrite (const char *path, goffset offset, const char *bytes)
{
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

  g_assert_cmpint (pwrite (fd, bytes, strlen (bytes), offset), ==, (gssize) strlen (bytes));
  close (fd);
}

void
fixture_finish (Fixture *fixture, DfnChunkStore *store)
{
  g_autoptr (GError) error = NULL;

  for (guint32 i = 0; i < FIXTURE_N_CHUNKS; i++)
    if (!dfn_chunk_store_has (store, i))
      test_copy_chunk (fixture->source, store, i);
  g_assert_true (dfn_chunk_store_is_full (store));
  test_complete (store, &error);
  g_assert_no_error (error);
  test_assert_same_files (fixture->original, fixture->output);
  g_assert_false (g_file_test (fixture->part, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (fixture->state, G_FILE_TEST_EXISTS));
}
