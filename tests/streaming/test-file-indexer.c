/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-file-indexer.h"
#include "dfn-streaming-error.h"
#include "streaming-test-support.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RSS_LIMIT_KB (80 * 1024)

static void
assert_file_error (const char *path, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnChunkStore) store = test_index (path, &error);

  g_assert_null (store);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, words));
}

/* Each has its own words, so that a person knows what to do. */
static void
test_refused (Scratch *scratch, gconstpointer data)
{
  g_autofree char *missing = scratch_path (scratch, "missing");
  g_autofree char *empty = scratch_write (scratch, "empty", 0, 0);
  g_autofree char *fifo = scratch_path (scratch, "fifo");
  g_autofree char *link = scratch_path (scratch, "link");

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  g_assert_cmpint (symlink ("nowhere", link), ==, 0);
  assert_file_error (missing, "does not exist");
  assert_file_error (link, "does not exist");
  assert_file_error (scratch->folder, "folder");
  assert_file_error (fifo, "not a regular file");
  assert_file_error ("/dev/null", "not a regular file");
  assert_file_error (empty, "empty");
}

static void
test_unreadable (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_write (scratch, "secret", 10, 0);
  uid_t user = geteuid ();

  /* Root reads everything, so it becomes nobody for a moment. */
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  g_assert_cmpint (g_chmod (scratch->folder, 0755), ==, 0);
  if (user == 0 && seteuid (65534) != 0)
    {
      g_test_skip ("root without the right to become another user");
      return;
    }
  assert_file_error (path, "cannot be read");
  if (user == 0)
    g_assert_cmpint (seteuid (user), ==, 0);
}

static void
check_against_reference (DfnChunkStore *store, const char *path, gsize size)
{
  DfnManifest *manifest = dfn_chunk_store_get_manifest (store);
  guint32 n_chunks = dfn_manifest_get_n_chunks (manifest);
  g_autoptr (DfnHashTree) tree = dfn_hash_tree_new (n_chunks);
  g_autofree char *content = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *expected = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  g_assert_cmpuint (length, ==, size);
  for (gsize offset = 0; offset < length; offset += CHUNK_SIZE)
    {
      guint8 leaf[DFN_HASH_SIZE];

      dfn_hash_tree_hash_leaf (content + offset, MIN (CHUNK_SIZE, length - offset), leaf);
      dfn_hash_tree_append_leaf (tree, leaf);
    }
  digest = dfn_hex_encode (dfn_manifest_get_sha256 (manifest), DFN_HASH_SIZE);
  expected = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) content, length);
  g_assert_cmpstr (digest, ==, expected);
  g_assert_cmpmem (dfn_manifest_get_root (manifest), DFN_HASH_SIZE, dfn_hash_tree_get_root (tree),
                   DFN_HASH_SIZE);
  g_assert_cmpuint (dfn_manifest_get_size (manifest), ==, size);
}

static void
test_sizes (Scratch *scratch, gconstpointer data)
{
  static const gsize sizes[] = {
    1, 2, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 9 * CHUNK_SIZE + 12345
  };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = scratch_write (scratch, "file.bin", sizes[i], i);
      g_autoptr (GError) error = NULL;
      g_autoptr (DfnChunkStore) store = test_index (path, &error);

      g_assert_no_error (error);
      g_assert_true (dfn_chunk_store_is_full (store));
      check_against_reference (store, path, sizes[i]);
      g_assert_finalize_object (g_steal_pointer (&store));
    }
}

static void
test_names (Scratch *scratch, gconstpointer data)
{
  static const char *const names[] = { "Кіно.txt",       "映画 – 前編.txt", "فيلم.txt",
                                       "चलचित्र.txt",     "סרט.txt",         "🎬 🍿.txt",
                                       "two\nlines.txt", "-dash.txt" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = scratch_write (scratch, names[i], 5, 0);
      g_autoptr (DfnChunkStore) store = test_index (path, NULL);
      DfnManifest *manifest = dfn_chunk_store_get_manifest (store);

      g_assert_true (g_utf8_validate (dfn_manifest_get_name (manifest), -1, NULL));
      g_assert_null (strchr (dfn_manifest_get_name (manifest), '\n'));
      if (i < 6)
        {
          g_assert_cmpstr (dfn_manifest_get_name (manifest), ==, names[i]);
          g_assert_cmpstr (dfn_manifest_get_safe_name (manifest), ==, names[i]);
        }
      g_assert_cmpstr (dfn_manifest_get_title (manifest), ==, dfn_manifest_get_name (manifest));
    }
}

static void
test_name_is_not_utf8 (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_write (scratch, "caf\xe9.txt", 5, 0);
  g_autoptr (DfnChunkStore) store = test_index (path, NULL);
  DfnManifest *manifest = dfn_chunk_store_get_manifest (store);

  g_assert_true (g_utf8_validate (dfn_manifest_get_name (manifest), -1, NULL));
  g_assert_true (g_str_has_prefix (dfn_manifest_get_name (manifest), "caf"));
}

static void
test_texts_and_type (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "picture.png");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (DfnChunkStore) store = NULL;
  DfnManifest *manifest;

  g_assert_true (g_file_set_contents (path, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, NULL));
  dfn_file_index_async (path, "A title", "A summary", NULL, NULL, NULL, on_test_result, &result);
  store = dfn_file_index_finish (test_wait (&result), NULL);
  manifest = dfn_chunk_store_get_manifest (store);
  g_assert_cmpstr (dfn_manifest_get_title (manifest), ==, "A title");
  g_assert_cmpstr (dfn_manifest_get_summary (manifest), ==, "A summary");
  if (g_file_test ("/usr/share/mime/mime.cache", G_FILE_TEST_EXISTS))
    g_assert_cmpstr (dfn_manifest_get_mime_type (manifest), ==, "image/png");
}

static void
test_cancelled (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_write (scratch, "file", 100, 0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  dfn_file_index_async (path, NULL, NULL, cancellable, NULL, NULL, on_test_result, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (dfn_file_index_finish (test_wait (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

typedef struct {
  const char *path;
  goffset last;
  guint n_calls;
  gint64 called_at_us;
  gboolean change;
  GThread *thread;
} Watch;

static void
on_progress (goffset done, goffset total, gpointer user_data)
{
  Watch *watch = user_data;
  gint64 now = g_get_monotonic_time ();

  g_assert_true (g_thread_self () == watch->thread);
  g_assert_cmpint (done, >, watch->last);
  g_assert_cmpint (done, <=, total);
  if (watch->change && watch->n_calls == 0)
    {
      int fd = g_open (watch->path, O_WRONLY | O_APPEND, 0);

      g_assert_cmpint (write (fd, "x", 1), ==, 1);
      close (fd);
    }
  watch->last = done;
  watch->called_at_us = now;
  watch->n_calls++;
}

/* A file large enough to be changed while it is read, and sparse so that nobody waits for a disk.
 */
static DfnChunkStore *
index_large (Scratch *scratch, Watch *watch, goffset size, GError **error)
{
  g_autofree char *path = scratch_path (scratch, "large");
  g_autoptr (GAsyncResult) result = NULL;
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (ftruncate (fd, size), ==, 0);
  close (fd);
  watch->path = path;
  watch->thread = g_thread_self ();
  dfn_file_index_async (path, NULL, NULL, NULL, on_progress, watch, on_test_result, &result);
  return dfn_file_index_finish (test_wait (&result), error);
}

static void
test_progress (Scratch *scratch, gconstpointer data)
{
  Watch watch = { 0 };
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (DfnChunkStore) store = index_large (scratch, &watch, 256 << 20, &error);
  gint64 duration = g_get_monotonic_time () - begin;

  g_assert_no_error (error);
  g_assert_nonnull (store);
  g_assert_cmpuint (watch.n_calls, >=, 1);
  g_assert_cmpint (watch.n_calls, <=, duration / 100000 + 1);
}

static void
test_changed_while_read (Scratch *scratch, gconstpointer data)
{
  Watch watch = { .change = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnChunkStore) store = index_large (scratch, &watch, 1 << 30, &error);

  g_assert_null (store);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE_CHANGED);
}

static guint
anonymous_memory_kb (void)
{
  g_autofree char *status = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, "RssAnon:");
  return line != NULL ? (guint) atoi (line + strlen ("RssAnon:")) : 0;
}

/* More than 32 bits of size, in constant memory. */
static void
test_slow_huge (Scratch *scratch, gconstpointer data)
{
  const goffset size = (G_GINT64_CONSTANT (5) << 30) + 1;
  Watch watch = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnChunkStore) store = NULL;
  g_autoptr (GBytes) last = NULL;

  if (g_getenv ("DFN_TEST_SLOW") == NULL)
    {
      g_test_skip ("takes long; set DFN_TEST_SLOW=1");
      return;
    }
  store = index_large (scratch, &watch, size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (dfn_manifest_get_n_chunks (dfn_chunk_store_get_manifest (store)), ==,
                    5 * 4096 + 1);
  last = test_read (store, 5 * 4096, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (last), ==, 1);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpuint (anonymous_memory_kb (), <, RSS_LIMIT_KB);
#else
  g_assert_cmpuint (anonymous_memory_kb (), >, 0);
#endif
}

#define ADD(name, func)                                                                            \
  g_test_add ("/streaming/file-indexer/" name, Scratch, NULL, scratch_set_up, func,                \
              scratch_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("refused", test_refused);
  ADD ("unreadable", test_unreadable);
  ADD ("sizes", test_sizes);
  ADD ("names", test_names);
  ADD ("name-is-not-utf8", test_name_is_not_utf8);
  ADD ("texts-and-type", test_texts_and_type);
  ADD ("cancelled", test_cancelled);
  ADD ("progress", test_progress);
  ADD ("changed-while-read", test_changed_while_read);
  ADD ("slow/huge", test_slow_huge);
  return g_test_run ();
}
