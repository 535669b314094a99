/* SPDX-License-Identifier: MIT */
/* What needs a process or a file system of its own: a full disk, and a download that is killed. */
#include "dfn-streaming-error.h"
#include "streaming-test-support.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_CHUNKS 48
#define SIZE ((gsize) N_CHUNKS * CHUNK_SIZE)

static gboolean has_own_mounts;

/* A small file system below the scratch folder; NULL where that is not allowed. */
static char *
mount_small (Scratch *scratch, const char *options)
{
  g_autofree char *folder = scratch_path (scratch, "small");

  if (!has_own_mounts)
    return NULL;
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  if (mount ("tmpfs", folder, "tmpfs", 0, options) != 0)
    return NULL;
  return g_steal_pointer (&folder);
}

static void
unmount (char *folder)
{
  g_assert_cmpint (umount (folder), ==, 0);
  g_free (folder);
}

static void
test_no_space_at_open (Scratch *scratch, gconstpointer data)
{
  g_autofree char *original = scratch_write (scratch, "original", SIZE, 1);
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  char *folder = mount_small (scratch, "size=1m");
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;

  if (folder == NULL)
    {
      g_test_skip ("mounting a small file system is not allowed");
      return;
    }
  output = g_build_filename (folder, "copy", NULL);
  g_assert_null (test_open (output, dfn_chunk_store_get_manifest (source), &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, "missing"));

  /* What was made for nothing is gone. */
  dir = g_dir_open (folder, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
  g_clear_pointer (&dir, g_dir_close);
  unmount (folder);
}

static void
fill (const char *path)
{
  g_autofree char *block = g_malloc0 (65536);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  memset (block, 'f', 65536);
  while (write (fd, block, 65536) > 0)
    ;
  close (fd);
}

/* The disk fills up in the middle: what is there stays, and goes on when there is room again. */
static void
test_no_space_in_the_middle (Scratch *scratch, gconstpointer data)
{
  g_autofree char *original = scratch_write (scratch, "original", SIZE, 1);
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  char *folder = mount_small (scratch, "size=8m");
  g_autofree char *output = NULL;
  g_autofree char *filler = NULL;
  g_autoptr (DfnChunkStore) store = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) path = NULL;
  g_autoptr (GBytes) chunk = NULL;

  if (folder == NULL)
    {
      g_test_skip ("mounting a small file system is not allowed");
      return;
    }
  output = g_build_filename (folder, "copy", NULL);
  filler = g_build_filename (folder, "filler", NULL);
  store = test_open (output, dfn_chunk_store_get_manifest (source), &error);
  g_assert_no_error (error);
  test_copy_chunk (source, store, 0);
  fill (filler);
  chunk = test_read (source, 1, &path, NULL);
  g_assert_false (test_put (store, 1, chunk, path, &error));
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (store), ==, 1);

  g_unlink (filler);
  for (guint32 i = 0; i < N_CHUNKS; i++)
    test_copy_chunk (source, store, i);
  g_assert_true (test_complete (store, NULL));
  test_assert_same_files (original, output);
  g_clear_object (&store);
  unmount (folder);
}

/* The same by a limit on the size of files, which needs no rights. */
static void
test_file_too_large (Scratch *scratch, gconstpointer data)
{
  g_autofree char *original = scratch_write (scratch, "original", SIZE, 1);
  g_autofree char *output = scratch_path (scratch, "copy");
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  g_autoptr (GError) error = NULL;
  struct rlimit before, limit;

  getrlimit (RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = SIZE / 2;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_null (test_open (output, dfn_chunk_store_get_manifest (source), &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE);
}

/* The child's side: copies chunk after chunk and says so on standard output. */
static int
run_child (const char *original, const char *output)
{
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  g_autoptr (DfnChunkStore) store = test_open (output, dfn_chunk_store_get_manifest (source), NULL);

  printf ("%u\n", dfn_chunk_store_get_n_present (store));
  for (guint32 i = 0; i < N_CHUNKS; i++)
    {
      test_copy_chunk (source, store, i);
      printf ("%u\n", i);
      fflush (stdout);
      g_usleep (3000);
    }
  pause ();
  return 0;
}

/* Starts a child and kills it with a signal it cannot catch after @n_lines lines. */
static void
kill_child_after (const char *original, const char *output, guint n_lines)
{
  const char *arguments[] = { "/proc/self/exe", "--child", original, output, NULL };
  g_autoptr (GError) error = NULL;
  int fd, status;
  GPid pid;
  FILE *out;
  char line[32];

  g_assert_true (g_spawn_async_with_pipes (NULL, (char **) arguments, NULL,
                                           G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &fd,
                                           NULL, &error));
  g_assert_no_error (error);
  out = fdopen (fd, "r");
  for (guint i = 0; i < n_lines; i++)
    g_assert_nonnull (fgets (line, sizeof line, out));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
  fclose (out);
}

static void
test_killed (Scratch *scratch, gconstpointer data)
{
  g_autofree char *original = scratch_write (scratch, "original", SIZE, 1);
  g_autofree char *output = scratch_path (scratch, "copy");
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  g_autoptr (DfnChunkStore) store = NULL;
  g_autoptr (GError) error = NULL;

  for (guint n_lines = 1; n_lines < N_CHUNKS; n_lines += 8)
    {
      kill_child_after (original, output, n_lines);
      store = test_open (output, dfn_chunk_store_get_manifest (source), &error);
      g_assert_no_error (error);
      /* The first line comes before any chunk. */
      g_assert_cmpuint (dfn_chunk_store_get_n_present (store), >=, n_lines - 1);
      g_clear_object (&store);
    }
  store = test_open (output, dfn_chunk_store_get_manifest (source), &error);
  for (guint32 i = 0; i < N_CHUNKS; i++)
    test_copy_chunk (source, store, i);
  g_assert_true (test_complete (store, NULL));
  test_assert_same_files (original, output);
}

/* A living process keeps others out; a dead one does not. */
static void
test_locked_by_process (Scratch *scratch, gconstpointer data)
{
  g_autofree char *original = scratch_write (scratch, "original", SIZE, 1);
  g_autofree char *output = scratch_path (scratch, "copy");
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  g_autoptr (DfnChunkStore) store = test_open (output, dfn_chunk_store_get_manifest (source), NULL);
  const char *arguments[] = { "/proc/self/exe", "--child-locked", original, output, NULL };
  g_autofree char *message = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                               &message, NULL, &status, NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  g_assert_finalize_object (g_steal_pointer (&store));
}

static int
run_locked_child (const char *original, const char *output)
{
  g_autoptr (DfnChunkStore) source = test_index (original, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnChunkStore) store =
      test_open (output, dfn_chunk_store_get_manifest (source), &error);

  return store == NULL && g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY)
             ? 0
             : 1;
}

#define ADD(name, func)                                                                            \
  g_test_add ("/streaming/chunk-store-disk/" name, Scratch, NULL, scratch_set_up, func,            \
              scratch_tear_down)

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "--child") == 0)
    return run_child (argv[2], argv[3]);
  if (argc == 4 && strcmp (argv[1], "--child-locked") == 0)
    return run_locked_child (argv[2], argv[3]);

  /* Before any thread exists, so that all of them see the mounts and nobody else does. */
  has_own_mounts =
      unshare (CLONE_NEWNS) == 0 && mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
  g_test_init (&argc, &argv, NULL);
  ADD ("no-space-at-open", test_no_space_at_open);
  ADD ("no-space-in-the-middle", test_no_space_in_the_middle);
  ADD ("file-too-large", test_file_too_large);
  ADD ("killed", test_killed);
  ADD ("locked-by-process", test_locked_by_process);
  return g_test_run ();
}
