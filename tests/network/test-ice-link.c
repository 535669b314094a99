/* SPDX-License-Identifier: MIT */
#include "dfn-ice-link.h"
#include "dfn-peer.h"
#include "dfn-random.h"

#include <string.h>

/* Two sides on this computer, told about each other by function calls. */
typedef struct {
  DfnIceLink *link;
  DfnQuicIdentity *identity;
  DfnPeer *peer;
  GPtrArray *candidates;
  gint64 connected_us;
} Side;

static void
on_candidate (DfnIceLink *link, DfnCandidate *candidate, Side *side)
{
  g_ptr_array_add (side->candidates, dfn_candidate_copy (candidate));
}

static void
on_state_changed (DfnLink *link, Side *side)
{
  if (dfn_link_get_state (link) == DFN_LINK_STATE_CONNECTED)
    side->connected_us = g_get_monotonic_time ();
}

static void
side_init (Side *side, gboolean controlling)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  g_autoptr (GError) error = NULL;

  memset (side, 0, sizeof *side);
  dfn_ice_config_set_scope (config, DFN_SCOPE_HOST);
  side->candidates = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);
  side->identity = dfn_quic_identity_new ();
  side->link = dfn_ice_link_new (config, controlling);
  g_signal_connect (side->link, "candidate", G_CALLBACK (on_candidate), side);
  g_signal_connect (side->link, "state-changed", G_CALLBACK (on_state_changed), side);
  g_assert_true (dfn_ice_link_gather (side->link, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (side->candidates->len, >, 0);
}

static void
side_clear (Side *side)
{
  if (side->peer != NULL)
    g_assert_finalize_object (side->peer);
  g_assert_finalize_object (side->link);
  g_assert_finalize_object (side->identity);
  g_ptr_array_unref (side->candidates);
}

static void
introduce (Side *to, Side *about)
{
  g_assert_true (dfn_ice_link_set_remote_credentials (
      to->link, dfn_ice_link_get_ufrag (about->link), dfn_ice_link_get_password (about->link)));
  g_assert_cmpuint (dfn_ice_link_add_remote_candidates (to->link, about->candidates), >, 0);
}

static gboolean
on_timeout (gpointer user_data)
{
  g_error ("The test waited too long");
  return G_SOURCE_REMOVE;
}

static void
wait_while (gboolean (*condition) (gpointer), gpointer data)
{
  guint timeout = g_timeout_add_seconds (30, on_timeout, NULL);

  while (condition (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
}

static gboolean
is_unanswered (gpointer data)
{
  return *(GBytes **) data == NULL;
}

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  GBytes **answer = user_data;

  g_assert_nonnull (response);
  g_assert_cmpint (response->status, ==, DFN__CONTENT_RESPONSE__STATUS__OK);
  *answer = g_bytes_ref (response->data);
}

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *content,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  g_assert_cmpuint (chunk, ==, 17);
  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__OK, user_data, NULL);
}

static void
on_ready (DfnPeer *peer, gpointer user_data)
{
  static const guint8 content[DFN_WIRE_CONTENT_SIZE] = { 1 };

  g_assert_cmpint (dfn_peer_request (peer, content, 17, 100000, on_response, user_data), >=, 0);
}

static void
test_chunk_crosses (void)
{
  Side client, server;
  guint8 *data = g_malloc (100000);
  g_autoptr (GBytes) chunk = g_bytes_new_take (data, 100000);
  g_autoptr (GBytes) answer = NULL;
  g_autofree char *path = NULL;

  dfn_random_bytes (data, 100000);
  side_init (&client, TRUE);
  side_init (&server, FALSE);
  server.peer = dfn_peer_new (DFN_LINK (server.link), TRUE, server.identity,
                              dfn_quic_identity_get_key (client.identity));
  dfn_peer_set_provider (server.peer, on_wanted, chunk);
  client.peer = dfn_peer_new (DFN_LINK (client.link), FALSE, client.identity,
                              dfn_quic_identity_get_key (server.identity));
  g_signal_connect (client.peer, "ready", G_CALLBACK (on_ready), &answer);
  introduce (&server, &client);
  introduce (&client, &server);
  wait_while (is_unanswered, &answer);
  g_assert_true (g_bytes_equal (answer, chunk));

  path = dfn_ice_link_describe (client.link);
  g_test_message ("%s", path);
  g_assert_true (g_str_has_prefix (path, "host "));
  g_assert_false (dfn_ice_link_is_relayed (client.link));
  g_assert_cmpuint (dfn_ice_link_get_family (client.link), ==, strchr (path, '.') ? 4 : 6);
  g_assert_cmpuint (dfn_ice_link_get_family (server.link), ==, strchr (path, '.') ? 4 : 6);
  side_clear (&client);
  side_clear (&server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/ice-link/chunk-crosses", test_chunk_crosses);
  return g_test_run ();
}
