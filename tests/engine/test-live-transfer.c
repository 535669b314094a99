/* SPDX-License-Identifier: MIT */
#include "dfn-announcement.h"
#include "dfn-live-broadcast-session.h"
#include "dfn-live-watch-session.h"
#include "dfn-relay-server.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A live broadcaster and its viewers in one process, each with an engine of its own, which find
 * each other through a relay on the test's own thread. */

#define TIMEOUT_S 60
#define PIECE 4000
#define PIECE_MS 20

typedef struct {
  DfnNode *node;
  DfnLiveWatchSession *session;
  char *path;
  gint64 behind_us;
} Viewer;

typedef struct {
  DfnRelayServer *relay;
  char *url;
  char *folder;
  DfnNostrKey *key;

  DfnNode *node;
  DfnLiveBroadcastSession *session;
  int pipe[2];
  guint writer;
  guint n_written;
  GByteArray *written; /* of the present run */

  Viewer viewers[2];
} Fixture;

static gboolean
on_timeout (gpointer user_data)
{
  g_error ("Waited too long for %s", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint timeout_ = g_timeout_add_seconds (TIMEOUT_S, on_timeout, (gpointer) #condition);         \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timeout_);                                                                    \
  }                                                                                                \
  G_STMT_END

static void
set_up (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) urls = NULL;
  g_autoptr (GError) error = NULL;

  f->folder = g_dir_make_tmp ("dfn-live-XXXXXX", NULL);
  f->key = dfn_nostr_key_generate ();
  f->relay = dfn_relay_server_new (NULL);
  g_assert_true (dfn_relay_server_listen (f->relay, "127.0.0.1", 0, &error));
  g_assert_no_error (error);
  urls = dfn_relay_server_get_urls (f->relay);
  f->url = g_strdup (urls[0]);
  f->written = g_byte_array_new ();
}

static const DfnLiveBroadcastReport *
broadcast_report (Fixture *f)
{
  return dfn_live_broadcast_session_get_report (f->session);
}

static const DfnLiveWatchReport *
watch_report (Viewer *viewer)
{
  return dfn_live_watch_session_get_report (viewer->session);
}

/* Writes a piece that says where in the stream it is. */
static gboolean
on_write (gpointer user_data)
{
  Fixture *f = user_data;
  char piece[PIECE + 1]; /* with the last zero byte */

  for (guint i = 0; i < PIECE; i += 20)
    g_snprintf (piece + i, 21, "%019u\n", (f->n_written * PIECE + i) / 20);
  f->n_written++;
  g_byte_array_append (f->written, (const guint8 *) piece, PIECE);
  g_assert_cmpint (write (f->pipe[1], piece, PIECE), ==, PIECE);
  return G_SOURCE_CONTINUE;
}

static void
start_broadcast (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_byte_array_set_size (f->written, 0);
  g_assert_true (g_unix_open_pipe (f->pipe, FD_CLOEXEC, &error));
  f->node = dfn_node_new ();
  g_assert_true (dfn_node_add_relay (f->node, f->url, &error));
  f->session = dfn_live_broadcast_session_new (f->node, f->key, f->pipe[0], "test", "A test");
  f->writer = g_timeout_add (PIECE_MS, on_write, f);
  WAIT_FOR (broadcast_report (f)->link != NULL);
}

static void
end_input (Fixture *f)
{
  g_clear_handle_id (&f->writer, g_source_remove);
  close (f->pipe[1]);
  f->pipe[1] = -1;
}

static void
stop_broadcast (Fixture *f)
{
  g_clear_handle_id (&f->writer, g_source_remove);
  g_clear_object (&f->session);
  g_clear_object (&f->node);
  for (guint i = 0; i < 2; i++)
    if (f->pipe[i] >= 0)
      close (f->pipe[i]);
}

static void
start_viewer_of (Fixture *f, Viewer *viewer, const char *name, const char *link)
{
  g_autoptr (GError) error = NULL;

  viewer->path = g_build_filename (f->folder, name, NULL);
  viewer->node = dfn_node_new ();
  viewer->session =
      dfn_live_watch_session_new (viewer->node, link, viewer->path, -1, viewer->behind_us, &error);
  g_assert_no_error (error);
}

static void
start_viewer (Fixture *f, Viewer *viewer, const char *name)
{
  start_viewer_of (f, viewer, name, broadcast_report (f)->link);
}

static void
stop_viewer (Viewer *viewer)
{
  g_clear_object (&viewer->session);
  if (viewer->node != NULL)
    g_assert_finalize_object (g_steal_pointer (&viewer->node));
  if (viewer->path != NULL)
    g_unlink (viewer->path);
  g_clear_pointer (&viewer->path, g_free);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (f->viewers); i++)
    stop_viewer (&f->viewers[i]);
  stop_broadcast (f);
  g_clear_object (&f->relay);
  dfn_nostr_key_unref (f->key);
  g_rmdir (f->folder);
  g_free (f->folder);
  g_free (f->url);
  g_byte_array_unref (f->written);
}

/* What the viewer has is a part of the stream without a gap: up to its end, if it is over. */
static void
assert_is_end_of_stream (Fixture *f, Viewer *viewer, gsize least)
{
  g_autofree char *text = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (viewer->path, &text, &length, NULL));
  g_assert_cmpuint (length, >=, least);
  g_assert_cmpuint (length, <=, f->written->len);
  g_assert_cmpmem (text, length, f->written->data + f->written->len - length, length);
}

static void
test_two_viewers (Fixture *f, gconstpointer data)
{
  const DfnLiveWatchReport *report;

  start_broadcast (f);
  g_assert_cmpstr (broadcast_report (f)->title, ==, "A test");
  start_viewer (f, &f->viewers[0], "first.bin");
  WAIT_FOR (watch_report (&f->viewers[0])->bytes_written > 50 * PIECE);
  start_viewer (f, &f->viewers[1], "second.bin");
  WAIT_FOR (watch_report (&f->viewers[1])->bytes_written > 50 * PIECE);
  end_input (f);
  WAIT_FOR (watch_report (&f->viewers[0])->state == DFN_LIVE_WATCH_ENDED);
  WAIT_FOR (watch_report (&f->viewers[1])->state == DFN_LIVE_WATCH_ENDED);
  WAIT_FOR (broadcast_report (f)->state == DFN_LIVE_BROADCAST_ENDED);
  for (guint i = 0; i < 2; i++)
    {
      report = watch_report (&f->viewers[i]);
      g_assert_cmpstr (report->title, ==, "A test");
      g_assert_cmpint (report->join_us, >, 0);
      g_assert_cmpuint (report->live.chunks_invalid, ==, 0);
      assert_is_end_of_stream (f, &f->viewers[i], 50 * PIECE);
    }
}

/* The broadcaster falls silent, and starts again under the same link (in another program, so that
 * the first one has no time for a farewell): a viewer that waits goes on. */
static void
test_comes_back (Fixture *f, gconstpointer data)
{
  Fixture first;
  guint64 before;

  start_broadcast (f);
  start_viewer (f, &f->viewers[0], "first.bin");
  WAIT_FOR (watch_report (&f->viewers[0])->bytes_written > 20 * PIECE);
  g_clear_handle_id (&f->writer, g_source_remove);
  WAIT_FOR (watch_report (&f->viewers[0])->state == DFN_LIVE_WATCH_WAITING);
  before = watch_report (&f->viewers[0])->bytes_written;
  first = *f;
  start_broadcast (f);
  g_assert_cmpstr (broadcast_report (f)->link, ==, broadcast_report (&first)->link);
  WAIT_FOR (watch_report (&f->viewers[0])->bytes_written > before + 50 * PIECE);
  g_assert_cmpint (watch_report (&f->viewers[0])->state, ==, DFN_LIVE_WATCH_PLAYING);
  stop_broadcast (&first);
}

/* Nobody is where the link says, or it does not say: the announcement does, and nothing is waited
 * for meanwhile, as an offer that nobody answers would be. */
static void
test_stale_link (Fixture *f, gconstpointer data)
{
  g_autoptr (DfnNostrKey) nobody = dfn_nostr_key_generate ();
  const char *const contacts[] = { dfn_nostr_key_get_pubkey (nobody), NULL };

  start_broadcast (f);
  for (guint i = 0; i < G_N_ELEMENTS (contacts); i++)
    {
      Viewer *viewer = &f->viewers[i];
      g_autoptr (DfnAddress) address = dfn_address_parse (broadcast_report (f)->link, NULL);
      g_autofree char *name = g_strdup_printf ("%u.bin", i);
      g_autofree char *link = NULL;

      g_assert_nonnull (address->contact);
      g_free (address->contact);
      address->contact = g_strdup (contacts[i]);
      link = dfn_address_to_link (address);
      start_viewer_of (f, viewer, name, link);
      WAIT_FOR (watch_report (viewer)->bytes_written > 20 * PIECE);
      g_assert_cmpint (watch_report (viewer)->join_us, <, 5 * G_USEC_PER_SEC);
    }
}

/* Whoever comes when it is over is told so. */
static void
test_has_ended (Fixture *f, gconstpointer data)
{
  Viewer *viewer = &f->viewers[0];

  start_broadcast (f);
  end_input (f);
  WAIT_FOR (broadcast_report (f)->state == DFN_LIVE_BROADCAST_ENDED);
  start_viewer (f, viewer, "first.bin");
  WAIT_FOR (watch_report (viewer)->state == DFN_LIVE_WATCH_FAILED);
  g_assert_error (watch_report (viewer)->error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NOT_FOUND);
}

/* A link of a file is none of a live stream. */
static void
test_wrong_link (Fixture *f, gconstpointer data)
{
  g_autoptr (DfnNode) node = dfn_node_new ();
  g_autoptr (GError) error = NULL;
  DfnLiveWatchSession *session =
      dfn_live_watch_session_new (node, "defiance:naddr1qqqqqq", NULL, -1, 0, &error);

  g_assert_null (session);
  g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INVALID_LINK);
  f->pipe[0] = f->pipe[1] = -1;
}

int
main (int argc, char **argv)
{
#define ADD(name, func) g_test_add ("/engine/live/" name, Fixture, NULL, set_up, func, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("two-viewers", test_two_viewers);
  ADD ("comes-back", test_comes_back);
  ADD ("stale-link", test_stale_link);
  ADD ("has-ended", test_has_ended);
  ADD ("wrong-link", test_wrong_link);
  return g_test_run ();
}
