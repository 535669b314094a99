/* SPDX-License-Identifier: MIT */
#include "dfn-manifest.h"
#include "file-world.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* More than one viewer, and viewers that write to a descriptor. */

#define SIZE 6000001
#define N_CHUNKS 92 /* of 64 KiB */

typedef struct {
  DfnNode *node;
  DfnWatchSession *session;
  char *path;
} Viewer;

static void
start_viewer (FileWorld *f, Viewer *viewer, const char *link, const char *name, gboolean is_sharing)
{
  g_autoptr (GError) error = NULL;

  viewer->node = dfn_node_new ();
  viewer->path = g_build_filename (f->folder, name, NULL);
  viewer->session =
      dfn_watch_session_new_full (viewer->node, link, viewer->path, -1, is_sharing, &error);
  g_assert_no_error (error);
}

static void
stop_viewer (Viewer *viewer)
{
  g_assert_finalize_object (viewer->session);
  g_assert_finalize_object (viewer->node);
  g_free (viewer->path);
}

static guint64
get_given (gpointer session)
{
  guint64 given;

  g_object_get (session, "chunks-given", &given, NULL);
  return given;
}

/* All three have it in the end, and not all of it thrice from the broadcaster. */
static void
test_three_viewers (FileWorld *f, gconstpointer data)
{
  const char *const names[] = { "one", "two", "three" };
  Viewer viewers[3];
  DfnBroadcastSession *source;

  file_world_write_source (f, SIZE);
  /* Slow enough that viewers meet before it is over. */
  dfn_node_set_uplink_limit (f->broadcaster, 1500000);
  source = file_world_broadcast (f);
  for (guint i = 0; i < 3; i++)
    start_viewer (f, &viewers[i], dfn_broadcast_session_get_report (source)->link, names[i], TRUE);
  for (guint i = 0; i < 3; i++)
    {
      WAIT_FOR (file_world_watch_state (viewers[i].session) >= DFN_WATCH_COMPLETE);
      g_assert_cmpint (file_world_watch_state (viewers[i].session), ==, DFN_WATCH_SHARING);
      file_world_assert_copy (f, viewers[i].path);
    }
  WAIT_FOR (get_given (source) + get_given (viewers[0].session) + get_given (viewers[1].session)
                + get_given (viewers[2].session)
            >= 3 * N_CHUNKS);
  g_assert_cmpuint (get_given (source), <, 3 * N_CHUNKS);
  dfn_node_set_uplink_limit (f->broadcaster, 0);
  for (guint i = 0; i < 3; i++)
    stop_viewer (&viewers[i]);
  g_assert_finalize_object (source);
}

/* Who has finished with --share keeps giving, when the broadcaster is gone as well: the link goes
 * on to work for somebody who comes then. */
static void
test_sharing_outlives_the_broadcaster (FileWorld *f, gconstpointer data)
{
  g_autofree char *link = NULL;
  DfnBroadcastSession *source;
  Viewer first, second;

  file_world_write_source (f, SIZE);
  source = file_world_broadcast (f);
  link = g_strdup (dfn_broadcast_session_get_report (source)->link);
  start_viewer (f, &first, link, "first", TRUE);
  WAIT_FOR (file_world_watch_state (first.session) == DFN_WATCH_SHARING);
  g_assert_finalize_object (source);
  g_assert_finalize_object (g_steal_pointer (&f->broadcaster));

  start_viewer (f, &second, link, "second", FALSE);
  WAIT_FOR (file_world_watch_state (second.session) >= DFN_WATCH_COMPLETE);
  g_assert_no_error (dfn_watch_session_get_report (second.session)->error);
  file_world_assert_copy (f, second.path);
  WAIT_FOR (get_given (first.session) == N_CHUNKS);
  stop_viewer (&second);
  stop_viewer (&first);
}

/* What stands in the cache folder of this test. */
static guint
count_scratch (void)
{
  g_autofree char *path = g_build_filename (g_get_user_cache_dir (), "defiance", NULL);
  GDir *folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n++;
  g_clear_pointer (&folder, g_dir_close);
  return n;
}

static DfnWatchSession *
view_to_pipe (FileWorld *f, DfnBroadcastSession *source, int ends[2])
{
  g_autoptr (GError) error = NULL;
  DfnWatchSession *watch;

  g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, &error));
  watch = dfn_watch_session_new_full (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                      NULL, ends[1], FALSE, &error);
  g_assert_no_error (error);
  return watch;
}

/* Takes what is in the pipe; returns whether anything was. */
static gboolean
read_pipe (int fd, GByteArray *bytes)
{
  guint8 buffer[65536];
  gssize n = read (fd, buffer, sizeof buffer);

  if (n > 0)
    g_byte_array_append (bytes, buffer, (guint) n);
  return n > 0;
}

/* The bytes come in order; while nobody reads, nothing is lost and it is not complete. */
static void
test_to_a_pipe (FileWorld *f, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *wanted = NULL;
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  gsize length;
  int ends[2];

  file_world_write_source (f, SIZE);
  source = file_world_broadcast (f);
  watch = view_to_pipe (f, source, ends);
  WAIT_FOR (dfn_watch_session_get_report (watch)->bytes_done == SIZE);
  /* A pipe holds 64 KiB, and the queue before it a megabyte. */
  g_assert_cmpint (file_world_watch_state (watch), ==, DFN_WATCH_RECEIVING);
  g_assert_cmpuint (count_scratch (), ==, 0);
  g_assert_true (g_unix_set_fd_nonblocking (ends[0], TRUE, NULL));
  while (file_world_watch_state (watch) == DFN_WATCH_RECEIVING)
    if (!read_pipe (ends[0], bytes))
      g_main_context_iteration (NULL, FALSE);
  while (read_pipe (ends[0], bytes))
    ;
  g_assert_cmpint (file_world_watch_state (watch), ==, DFN_WATCH_COMPLETE);
  g_assert_null (dfn_watch_session_get_report (watch)->path);
  g_assert_true (g_file_get_contents (f->source, &wanted, &length, NULL));
  g_assert_cmpmem (bytes->data, bytes->len, wanted, length);
  g_assert_finalize_object (watch);
  g_assert_finalize_object (source);
  close (ends[0]);
  close (ends[1]);
}

/* Whoever reads has had enough. */
static void
test_to_a_closed_pipe (FileWorld *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  int ends[2];

  file_world_write_source (f, SIZE);
  source = file_world_broadcast (f);
  watch = view_to_pipe (f, source, ends);
  close (ends[0]);
  WAIT_FOR (file_world_watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_assert_error (dfn_watch_session_get_report (watch)->error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  g_assert_cmpuint (count_scratch (), ==, 0);
  g_assert_finalize_object (watch);
  g_assert_finalize_object (source);
  close (ends[1]);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = g_dir_make_tmp ("dfn-cache-XXXXXX", NULL);
  g_autofree char *ours = g_build_filename (cache, "defiance", NULL);
  int result;

  /* The one that the test looks into is nobody else's. */
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
#define ADD(name, func)                                                                            \
  g_test_add ("/engine/file-swarm/" name, FileWorld, NULL, file_world_set_up_with_relay, func,     \
              file_world_tear_down)
  ADD ("three-viewers", test_three_viewers);
  ADD ("sharing-outlives-the-broadcaster", test_sharing_outlives_the_broadcaster);
  ADD ("to-a-pipe", test_to_a_pipe);
  ADD ("to-a-closed-pipe", test_to_a_closed_pipe);
  result = g_test_run ();
  g_rmdir (ours);
  g_rmdir (cache);
  return result;
}
