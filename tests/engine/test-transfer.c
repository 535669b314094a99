/* SPDX-License-Identifier: MIT */
#include "dfn-catalog.h"
#include "file-world.h"
#include "request-query.h"

#include <glib/gstdio.h>
#include <string.h>

static void
test_file_crosses (FileWorld *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  DfnBroadcastSession *source;
  DfnWatchSession *watch;

  file_world_write_source (f, 3000001);
  source = file_world_broadcast (f);
  watch = dfn_watch_session_new (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                 f->output, &error);
  g_assert_no_error (error);
  WAIT_FOR (file_world_watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_assert_no_error (dfn_watch_session_get_report (watch)->error);
  g_assert_cmpstr (dfn_watch_session_get_report (watch)->title, ==, "A title");
  g_assert_cmpuint (dfn_watch_session_get_report (watch)->bytes_done, ==, 3000001);
  file_world_assert_copy (f, f->output);
  g_assert_finalize_object (watch);
  g_assert_finalize_object (source);
}

/* What both sides say of each other adds up, as it does in their properties. */
static void
test_statistics (FileWorld *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  g_autoptr (DfnSwarmReport) swarm = NULL;
  guint64 bytes_in, taken, duplicates, given;
  double copies, control;
  guint n_peers;

  file_world_write_source (f, 3000001);
  source = file_world_broadcast (f);
  watch = dfn_watch_session_new (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                 f->output, NULL);
  WAIT_FOR (file_world_watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_object_get (watch, "swarm", &swarm, "bytes-in", &bytes_in, "chunks-taken", &taken, "duplicates",
                &duplicates, "n-peers", &n_peers, NULL);
  g_assert_cmpuint (n_peers, ==, 1);
  g_assert_cmpuint (swarm->n_peers, ==, 1);
  g_assert_cmpuint (swarm->peers[0].number, ==, 1);
  g_assert_cmpuint (swarm->peers[0].family, !=, 0);
  g_assert_false (swarm->peers[0].is_relayed);
  g_assert_cmpint (swarm->peers[0].rtt_us, >, 0);
  g_assert_cmpfloat (swarm->peers[0].rate_in, >, 0);
  g_assert_cmpuint (swarm->peers[0].chunks_taken, ==, 46);
  g_assert_cmpuint (taken, ==, 46);
  g_assert_cmpuint (swarm->chunk_bytes_in, ==, 3000001);
  g_assert_cmpuint (bytes_in, >, 3000001);
  g_assert_cmpuint (duplicates, ==, 0);

  /* The broadcaster's snapshot is up to a second older; the viewer leaves with its session. */
  g_assert_finalize_object (watch);
  WAIT_FOR ((g_object_get (source, "n-peers", &n_peers, NULL), n_peers) == 0);
  g_object_get (source, "chunks-given", &given, "copies", &copies, "control-share", &control, NULL);
  g_assert_cmpuint (given, ==, 46);
  g_assert_cmpfloat (copies, ==, 1);
  g_assert_cmpfloat (control, >, 0);
  g_assert_cmpfloat (control, <, 0.03);
  g_assert_finalize_object (source);
}

/* Each request has its row, and nothing in the file says what was fetched, or from where. */
static void
test_request_log (FileWorld *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "requests.db", NULL);
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  g_autofree char *bytes = NULL;
  gsize length;

  dfn_node_set_request_log (f->viewer, path);
  file_world_write_source (f, 3000001);
  source = file_world_broadcast (f);
  watch = dfn_watch_session_new (f->viewer, dfn_broadcast_session_get_report (source)->link,
                                 f->output, NULL);
  WAIT_FOR (file_world_watch_state (watch) >= DFN_WATCH_COMPLETE);
  g_assert_finalize_object (watch);
  g_assert_finalize_object (source);
  g_assert_finalize_object (f->viewer);
  f->viewer = dfn_node_new ();

  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests WHERE outcome = 0"), ==, 46);
  g_assert_cmpint (
      request_query (path, "SELECT count(*) FROM requests WHERE policy IN ('decay-1', 'hedge')"
                           " AND probability > 0 AND probability <= 1 AND candidates >= 1"
                           " AND family IN (4, 6) AND relayed = 0 AND rtt_class > 0"
                           " AND own_rtt_us > 0 AND duration_us > 0 AND live = 0"
                           " AND bytes BETWEEN 1 AND 65536 AND slack_ms IS NULL"),
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
test_empty_file (FileWorld *f, gconstpointer data)
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
test_broadcaster_returns (FileWorld *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnWatchSession *watch;
  g_autofree char *link = NULL;

  file_world_write_source (f, 60000000);
  source = file_world_broadcast (f);
  link = g_strdup (dfn_broadcast_session_get_report (source)->link);
  watch = dfn_watch_session_new (f->viewer, link, f->output, NULL);
  WAIT_FOR (dfn_watch_session_get_report (watch)->bytes_done > 0);
  g_assert_finalize_object (source);
  WAIT_FOR (file_world_watch_state (watch) >= DFN_WATCH_WAITING);
  if (file_world_watch_state (watch) == DFN_WATCH_WAITING)
    {
      source = file_world_broadcast (f);
      g_assert_cmpstr (dfn_broadcast_session_get_report (source)->link, ==, link);
      WAIT_FOR (file_world_watch_state (watch) >= DFN_WATCH_COMPLETE);
      g_assert_finalize_object (source);
    }
  g_assert_no_error (dfn_watch_session_get_report (watch)->error);
  file_world_assert_copy (f, f->output);
  g_assert_finalize_object (watch);
}

static void
on_entry (DfnCatalog *catalog, const DfnCatalogEntry *entry, char **title)
{
  g_free (*title);
  *title = g_strdup (entry->title);
}

static void
test_catalog (FileWorld *f, gconstpointer data)
{
  DfnBroadcastSession *source;
  DfnCatalog *catalog;
  g_autofree char *title = NULL;

  file_world_write_source (f, 1);
  source = file_world_broadcast (f);
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
test_stop_at_any_time (FileWorld *f, gconstpointer data)
{
  DfnBroadcastSession *source;

  file_world_write_source (f, 2000000);
  source = file_world_broadcast (f);
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
#define ADD(name, func)                                                                            \
  g_test_add (name, FileWorld, NULL, file_world_set_up_with_relay, func, file_world_tear_down)
  /* Once without a relay: the broadcast brings its own. */
  g_test_add ("/engine/transfer/own-relay", FileWorld, NULL, file_world_set_up, test_file_crosses,
              file_world_tear_down);
  ADD ("/engine/transfer/file-crosses", test_file_crosses);
  ADD ("/engine/transfer/statistics", test_statistics);
  ADD ("/engine/transfer/request-log", test_request_log);
  ADD ("/engine/transfer/empty-file", test_empty_file);
  ADD ("/engine/transfer/broadcaster-returns", test_broadcaster_returns);
  ADD ("/engine/transfer/catalog", test_catalog);
  ADD ("/engine/transfer/stop-at-any-time", test_stop_at_any_time);
  return g_test_run ();
}
