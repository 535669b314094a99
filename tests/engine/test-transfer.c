/* SPDX-License-Identifier: MIT */
#include "dfn-broadcast-session.h"
#include "dfn-catalog.h"
#include "dfn-random.h"
#include "dfn-relay-server.h"
#include "dfn-watch-session.h"
#include "request-query.h"

#include <glib/gstdio.h>
#include <string.h>

/* A broadcaster and a viewer in one process, each with an engine of its own, which find each other
 * through a relay on the test's own thread. */
typedef struct {
  DfnRelayServer *relay;
  char *folder;
  char *source;
  char *output;
  DfnNode *broadcaster;
  DfnNode *viewer;
  DfnNostrKey *key;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("dfn-transfer-XXXXXX", NULL);
  f->source = g_build_filename (f->folder, "source.bin", NULL);
  f->output = g_build_filename (f->folder, "copy.bin", NULL);
  f->broadcaster = dfn_node_new ();
  f->viewer = dfn_node_new ();
  f->key = dfn_nostr_key_generate ();
}

static void
set_up_with_relay (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) urls = NULL;
  g_autoptr (GError) error = NULL;

  set_up (f, data);
  f->relay = dfn_relay_server_new (NULL);
  g_assert_true (dfn_relay_server_listen (f->relay, "127.0.0.1", 0, &error));
  g_assert_no_error (error);
  urls = dfn_relay_server_get_urls (f->relay);
  g_assert_true (dfn_node_add_relay (f->broadcaster, urls[0], &error));
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *part = g_strconcat (f->output, ".part", NULL);
  g_autofree char *state = g_strconcat (part, ".state", NULL);

  g_assert_finalize_object (f->viewer);
  g_assert_finalize_object (f->broadcaster);
  g_clear_object (&f->relay);
  dfn_nostr_key_unref (f->key);
  g_unlink (f->source);
  g_unlink (f->output);
  g_unlink (part);
  g_unlink (state);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->folder);
  g_free (f->source);
  g_free (f->output);
}

static void
write_source (Fixture *f, gsize length)
{
  g_autofree char *data = g_malloc (length);

  dfn_random_bytes (data, length);
  g_assert_true (g_file_set_contents (f->source, data, (gssize) length, NULL));
}

static gboolean
on_timeout (gpointer user_data)
{
  g_error ("The test waited too long");
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint timeout_ = g_timeout_add_seconds (40, on_timeout, NULL);                                 \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timeout_);                                                                    \
  }                                                                                                \
  G_STMT_END

static DfnBroadcastSession *
broadcast (Fixture *f)
{
  DfnBroadcastSession *session =
      dfn_broadcast_session_new_file (f->broadcaster, f->key, f->source, "A title");

  WAIT_FOR (dfn_broadcast_session_get_report (session)->state >= DFN_BROADCAST_SERVING);
  g_assert_no_error (dfn_broadcast_session_get_report (session)->error);
  return session;
}

static DfnWatchState
watch_state (DfnWatchSession *session)
{
  return dfn_watch_session_get_report (session)->state;
}

static void
assert_same_files (Fixture *f)
{
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  gsize a_length, b_length;

  g_assert_true (g_file_get_contents (f->source, &a, &a_length, NULL));
  g_assert_true (g_file_get_contents (f->output, &b, &b_length, NULL));
  g_assert_cmpmem (a, a_length, b, b_length);
}

static void
test_file_crosses (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  DfnBroadcastSession *source;
  DfnWatchSession *watch;

  write_source (f, 3000001);
  source = broadcast (f);
  watch = dfn_watch_session_new (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                 f->output, &error);
  g_assert_no_error (error);
  WAIT_FOR (watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_assert_no_error (dfn_watch_session_get_report (watch)->error);
  g_assert_cmpstr (dfn_watch_session_get_report (watch)->title, ==, "A title");
  g_assert_cmpuint (dfn_watch_session_get_report (watch)->bytes_done, ==, 3000001);
  assert_same_files (f);
  g_assert_finalize_object (watch);
  g_assert_finalize_object (source);
}

/* What both sides say of each other adds up, as it does in their properties. */
static void
test_statistics (Fixture *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  g_autoptr (DfnSwarmReport) swarm = NULL;
  guint64 bytes_in, taken, duplicates, given;
  double copies, control;
  guint n_peers;

  write_source (f, 3000001);
  source = broadcast (f);
  watch = dfn_watch_session_new (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                 f->output, NULL);
  WAIT_FOR (watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_object_get (watch, "swarm", &swarm, "bytes-in", &bytes_in, "chunks-taken", &taken, "duplicates",
                &duplicates, "n-peers", &n_peers, NULL);
  g_assert_cmpuint (n_peers, ==, 1);
  g_assert_cmpuint (swarm->n_peers, ==, 1);
  g_assert_cmpuint (swarm->peers[0].number, ==, 1);
  g_assert_cmpuint (swarm->peers[0].family, !=, 0);
  g_assert_false (swarm->peers[0].is_relayed);
  g_assert_cmpint (swarm->peers[0].rtt_us, >, 0);
  g_assert_cmpfloat (swarm->peers[0].rate_in, >, 0);
  g_assert_cmpuint (swarm->peers[0].chunks_taken, ==, 12);
  g_assert_cmpuint (taken, ==, 12);
  g_assert_cmpuint (swarm->chunk_bytes_in, ==, 3000001);
  g_assert_cmpuint (bytes_in, >, 3000001);
  g_assert_cmpuint (duplicates, ==, 0);

  /* The broadcaster's snapshot is up to a second older; the viewer leaves with its session. */
  g_assert_finalize_object (watch);
  WAIT_FOR ((g_object_get (source, "n-peers", &n_peers, NULL), n_peers) == 0);
  g_object_get (source, "chunks-given", &given, "copies", &copies, "control-share", &control, NULL);
  g_assert_cmpuint (given, ==, 12);
  g_assert_cmpfloat (copies, ==, 1);
  g_assert_cmpfloat (control, >, 0);
  g_assert_cmpfloat (control, <, 0.03);
  g_assert_finalize_object (source);
}

/* Each request has its row, and nothing in the file says what was fetched, or from where. */
static void
test_request_log (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "requests.db", NULL);
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  g_autofree char *bytes = NULL;
  gsize length;

  dfn_node_set_request_log (f->viewer, path);
  write_source (f, 3000001);
  source = broadcast (f);
  watch = dfn_watch_session_new (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                 f->output, NULL);
  WAIT_FOR (watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_assert_finalize_object (watch);
  g_assert_finalize_object (source);
  g_assert_finalize_object (f->viewer);
  f->viewer = dfn_node_new ();

  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests WHERE outcome = 0"), ==, 12);
  g_assert_cmpint (
      request_query (path, "SELECT count(*) FROM requests WHERE policy IN ('decay-1', 'hedge')"
                           " AND probability > 0 AND probability <= 1 AND candidates >= 1"
                           " AND family IN (4, 6) AND relayed = 0 AND rtt_class > 0"
                           " AND own_rtt_us > 0 AND duration_us > 0 AND live = 0"
                           " AND bytes BETWEEN 1 AND 262144 AND slack_ms IS NULL"),
      ==, request_query (path, "SELECT count(*) FROM requests"));
  g_assert_cmpint (request_query (path, "SELECT max(own_samples) FROM requests"), >, 0);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_null (memmem (bytes, length, "127.0.0.1", 9));
  g_assert_null (memmem (bytes, length, "192.168.77.1", 12));
  g_assert_null (memmem (bytes, length, "naddr1", 6));
  g_assert_null (memmem (bytes, length, "A title", 7));
  g_assert_null (memmem (bytes, length, dfn_nostr_key_get_pubkey (f->key), 64));
  g_unlink (path);
}

static void
test_empty_file (Fixture *f, gconstpointer data)
{
  DfnBroadcastSession *source;

  g_assert_true (g_file_set_contents (f->source, "", 0, NULL));
  source = dfn_broadcast_session_new_file (f->broadcaster, f->key, f->source, NULL);
  WAIT_FOR (dfn_broadcast_session_get_report (source)->state == DFN_BROADCAST_FAILED);
  g_assert_error (dfn_broadcast_session_get_report (source)->error, DFN_ENGINE_ERROR,
                  DFN_ENGINE_ERROR_FILE);
  g_assert_finalize_object (source);
}

/* The broadcaster goes and comes back under the same link, with another signalling key. */
static void
test_broadcaster_returns (Fixture *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  g_autofree char *link = NULL;

  write_source (f, 60000000);
  source = broadcast (f);
  link = g_strdup (dfn_broadcast_session_get_report (source)->link);
  watch = dfn_watch_session_new (f->viewer, link, f->output, NULL);
  WAIT_FOR (dfn_watch_session_get_report (watch)->bytes_done > 0);
  g_assert_finalize_object (source);
  WAIT_FOR (watch_state (watch) >= DFN_WATCH_WAITING);
  if (watch_state (watch) == DFN_WATCH_WAITING)
    {
      source = broadcast (f);
      g_assert_cmpstr (dfn_broadcast_session_get_report (source)->link, ==, link);
      WAIT_FOR (watch_state (watch) >= DFN_WATCH_COMPLETE);
      g_assert_finalize_object (source);
    }
  g_assert_no_error (dfn_watch_session_get_report (watch)->error);
  assert_same_files (f);
  g_assert_finalize_object (watch);
}

static void
on_entry (DfnCatalog *catalog, const DfnCatalogEntry *entry, char **title)
{
  g_free (*title);
  *title = g_strdup (entry->title);
}

static void
test_catalog (Fixture *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnCatalog *catalog;
  g_autofree char *title = NULL;

  write_source (f, 1);
  source = broadcast (f);
  g_assert_true (
      dfn_node_add_relay (f->viewer, dfn_broadcast_session_get_report (source)->relays[0], NULL));
  catalog = dfn_catalog_new (f->viewer);
  g_signal_connect (catalog, "entry", G_CALLBACK (on_entry), &title);
  WAIT_FOR (title != NULL);
  g_assert_cmpstr (title, ==, "A title");
  g_assert_finalize_object (catalog);
  g_assert_finalize_object (source);
}

static void
test_stop_at_any_time (Fixture *f, gconstpointer data)
{
  DfnBroadcastSession *source;

  write_source (f, 2000000);
  source = broadcast (f);
  for (guint i = 0; i < 10; i++)
    {
      DfnWatchSession *watch = dfn_watch_session_new (
          f->viewer, dfn_broadcast_session_get_report (source)->link, f->output, NULL);
      gint64 end = g_get_monotonic_time () + i * 10000;

      while (g_get_monotonic_time () < end)
        g_main_context_iteration (NULL, FALSE);
      g_assert_finalize_object (watch);
      g_unlink (f->output);
    }
  g_assert_finalize_object (source);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up_with_relay, func, tear_down)
  /* Once without a relay: the broadcast brings its own. */
  g_test_add ("/engine/transfer/own-relay", Fixture, NULL, set_up, test_file_crosses, tear_down);
  ADD ("/engine/transfer/file-crosses", test_file_crosses);
  ADD ("/engine/transfer/statistics", test_statistics);
  ADD ("/engine/transfer/request-log", test_request_log);
  ADD ("/engine/transfer/empty-file", test_empty_file);
  ADD ("/engine/transfer/broadcaster-returns", test_broadcaster_returns);
  ADD ("/engine/transfer/catalog", test_catalog);
  ADD ("/engine/transfer/stop-at-any-time", test_stop_at_any_time);
  return g_test_run ();
}
