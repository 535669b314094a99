/* SPDX-License-Identifier: MIT */
#include "dfn-live-requests.h"
#include "dfn-loopback-link.h"
#include "request-query.h"
#include "streaming-test-support.h"

typedef struct {
  DfnLink *links[2];
  DfnQuicIdentity *identities[2];
  DfnPeer *peer;
} Connection;

static void
connection_init (Connection *self)
{
  dfn_loopback_link_new_pair (NULL, NULL, &self->links[0], &self->links[1]);
  for (guint i = 0; i < 2; i++)
    self->identities[i] = dfn_quic_identity_new ();
  self->peer = dfn_peer_new (self->links[0], FALSE, self->identities[0],
                             dfn_quic_identity_get_key (self->identities[1]));
}

static void
connection_clear (Connection *self)
{
  g_assert_finalize_object (self->peer);
  for (guint i = 0; i < 2; i++)
    {
      g_object_unref (self->links[i]);
      g_object_unref (self->identities[i]);
    }
}

static void
test_rows (Scratch *scratch, gconstpointer data)
{
  g_autofree char *path = scratch_path (scratch, "requests.db");
  DfnRequestLog *log = dfn_request_log_new (path);
  DfnLiveRequests *requests = dfn_live_requests_new (log);
  gint64 now = g_get_monotonic_time ();
  Connection connection;

  connection_init (&connection);
  dfn_live_requests_add_peer (requests, now, 1);
  dfn_live_requests_add_peer (requests, now, 2);
  dfn_live_requests_asked (requests, now, 1, connection.peer, (DfnChunkId){ 0, 7 }, 5000, 80000);
  /* Asked again, or from somebody else, it is another request or none. */
  dfn_live_requests_asked (requests, now, 1, connection.peer, (DfnChunkId){ 0, 7 }, 5000, 80000);
  dfn_live_requests_asked (requests, now, 2, connection.peer, (DfnChunkId){ 0, 7 }, 5000, 80000);
  dfn_live_requests_ended (requests, now + 40000, 1, (DfnChunkId){ 0, 7 },
                           DFN_PEER_OUTCOME_DELIVERED);
  dfn_live_requests_ended (requests, now + 50000, 1, (DfnChunkId){ 0, 7 },
                           DFN_PEER_OUTCOME_INVALID);
  dfn_live_requests_ended (requests, now, 1, (DfnChunkId){ 1, 7 }, DFN_PEER_OUTCOME_DELIVERED);
  dfn_live_requests_asked (requests, now + 60000, 1, connection.peer, (DfnChunkId){ 0, 8 }, 5000,
                           G_MAXINT64);
  dfn_live_requests_remove_peer (requests, now + 90000, 1);
  dfn_live_requests_ended (requests, now + 95000, 2, (DfnChunkId){ 0, 7 },
                           DFN_PEER_OUTCOME_CANCELLED);
  dfn_live_requests_asked (requests, now + 96000, 2, connection.peer, (DfnChunkId){ 0, 9 }, 100, 0);
  dfn_live_requests_cancel_all (requests, now + 97000);
  dfn_live_requests_free (requests);
  dfn_request_log_free (log);
  connection_clear (&connection);

  g_assert_cmpint (
      request_query (path, "SELECT count(*) FROM requests WHERE policy = 'live-1' AND live"), ==,
      4);
  g_assert_cmpint (
      request_query (path, "SELECT count(*) FROM requests WHERE outcome = 0 AND slack_ms = 80"
                           " AND duration_us = 40000 AND own_samples = 0 AND bytes = 5000"),
      ==, 1);
  g_assert_cmpint (
      request_query (path, "SELECT count(*) FROM requests WHERE outcome = 4 AND slack_ms IS NULL"
                           " AND duration_us = 30000 AND own_samples = 1"
                           " AND own_delivery_us = 40000"),
      ==, 1);
  g_assert_cmpint (request_query (path, "SELECT count(*) FROM requests WHERE outcome = 3"), ==, 2);
}

static void
test_without_log (void)
{
  DfnLiveRequests *requests = dfn_live_requests_new (NULL);
  Connection connection;

  connection_init (&connection);
  dfn_live_requests_add_peer (requests, 0, 1);
  dfn_live_requests_asked (requests, 0, 1, connection.peer, (DfnChunkId){ 0, 7 }, 5000, 1000);
  dfn_live_requests_ended (requests, 9, 1, (DfnChunkId){ 0, 7 }, DFN_PEER_OUTCOME_DELIVERED);
  dfn_live_requests_remove_peer (requests, 9, 1);
  dfn_live_requests_free (requests);
  connection_clear (&connection);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/streaming/live-requests/rows", Scratch, NULL, scratch_set_up, test_rows,
              scratch_tear_down);
  g_test_add_func ("/streaming/live-requests/without-log", test_without_log);
  return g_test_run ();
}
