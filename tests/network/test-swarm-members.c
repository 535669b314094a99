/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-relay-server.h"
#include "dfn-swarm-members.h"
#include "network-test-support.h"

#include <glib/gstdio.h>
#include <string.h>

static const guint8 content[DFN_WIRE_CONTENT_SIZE] = { 9, 9 };

/* One program: its relays, its peers, its place in the swarm. */
typedef struct {
  DfnNostrKey *key;
  DfnIceConfig *ice;
  DfnRelayPool *pool;
  DfnPeerManager *manager;
  DfnSignaling *signaling;
  DfnSwarmMembers *members;
  guint n_added;
  guint n_removed;
  guint n_problems;
  DfnNostrEvent *announcement; /* the last one heard */
} Node;

typedef struct {
  DfnRelayServer *relay;
  char *url;
  DfnNostrEvent *event;
  Node nodes[8];
  guint n;
} Fixture;

static void
on_added (DfnSwarmMembers *members, DfnPeer *peer, Node *node)
{
  node->n_added++;
}

static void
on_removed (DfnSwarmMembers *members, DfnPeer *peer, const GError *error, Node *node)
{
  g_assert_nonnull (error);
  node->n_removed++;
}

static void
on_problem (DfnSwarmMembers *members, const GError *error, Node *node)
{
  node->n_problems++;
}

static void
on_announcement (DfnSwarmMembers *members, DfnNostrEvent *event, Node *node)
{
  g_clear_pointer (&node->announcement, dfn_nostr_event_unref);
  node->announcement = dfn_nostr_event_ref (event);
  dfn_swarm_members_set_announcement (members, event);
}

static Node *
add_node (Fixture *fixture)
{
  Node *node = &fixture->nodes[fixture->n++];
  g_autoptr (GError) error = NULL;

  node->key = dfn_nostr_key_generate ();
  node->ice = dfn_ice_config_new ();
  dfn_ice_config_set_scope (node->ice, DFN_SCOPE_HOST);
  node->pool = dfn_relay_pool_new ();
  g_assert_true (dfn_relay_pool_add (node->pool, fixture->url, &error));
  node->manager = dfn_peer_manager_new (node->ice);
  node->signaling = dfn_signaling_new (node->pool, node->key, node->manager);
  node->members = dfn_swarm_members_new (node->signaling, content);
  g_signal_connect (node->members, "peer-added", G_CALLBACK (on_added), node);
  g_signal_connect (node->members, "peer-removed", G_CALLBACK (on_removed), node);
  g_signal_connect (node->members, "problem", G_CALLBACK (on_problem), node);
  g_signal_connect (node->members, "announcement", G_CALLBACK (on_announcement), node);
  dfn_swarm_members_set_accepting (node->members, TRUE);
  return node;
}

static void
remove_node (Node *node)
{
  if (node->members == NULL)
    return;
  g_signal_handlers_disconnect_by_data (node->members, node);
  g_assert_finalize_object (g_steal_pointer (&node->members));
  dfn_peer_manager_close (node->manager);
  g_clear_object (&node->signaling);
  g_clear_object (&node->manager);
  g_clear_object (&node->pool);
  g_clear_object (&node->ice);
  g_clear_pointer (&node->key, dfn_nostr_key_unref);
  g_clear_pointer (&node->announcement, dfn_nostr_event_unref);
}

static void
start_relay (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  DfnRelayLimits limits;

  dfn_relay_limits_init (&limits);
  limits.events_per_second = 5;
  limits.events_burst = 10;
  fixture->relay = dfn_relay_server_new (NULL);
  dfn_relay_server_set_limits (fixture->relay, &limits);
  g_assert_true (dfn_relay_server_listen (fixture->relay, "127.0.0.1", 0, &error));
  fixture->url = g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (fixture->relay));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrKey) author = dfn_nostr_key_generate ();
  Node *source;

  start_relay (fixture);
  fixture->event = dfn_nostr_event_new (author, 1, 1800000000, NULL, "what it is about");
  source = add_node (fixture);
  dfn_swarm_members_set_seeking (source->members, FALSE);
  dfn_swarm_members_set_announcement (source->members, fixture->event);
  dfn_swarm_members_start (source->members);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < fixture->n; i++)
    remove_node (&fixture->nodes[i]);
  g_clear_pointer (&fixture->event, dfn_nostr_event_unref);
  g_clear_object (&fixture->relay);
  g_free (fixture->url);
}

static Node *
join (Fixture *fixture, Node *contact)
{
  g_autoptr (DfnNostrKey) nobody = dfn_nostr_key_generate ();
  Node *node = add_node (fixture);

  dfn_swarm_members_add_contact (
      node->members, dfn_nostr_key_get_pubkey (contact != NULL ? contact->key : nobody));
  dfn_swarm_members_start (node->members);
  return node;
}

static guint
count_links (Node *node)
{
  return dfn_swarm_members_get_n_peers (node->members);
}

static gboolean
are_all_linked (Fixture *fixture)
{
  for (guint i = 0; i < fixture->n; i++)
    if (fixture->nodes[i].members != NULL && count_links (&fixture->nodes[i]) < fixture->n - 1)
      return FALSE;
  return TRUE;
}

/* Each comes by the source and finds the others; the relay has little to do. */
static void
test_find_each_other (Fixture *fixture, gconstpointer data)
{
  DfnSwarmMembersStats stats;
  guint64 n_forwarded = 0;

  for (guint i = 0; i < 5; i++)
    {
      Node *node = join (fixture, &fixture->nodes[0]);

      WAIT_LONG_FOR (10, count_links (node) > 0);
    }
  WAIT_LONG_FOR (30, are_all_linked (fixture));
  for (guint i = 1; i < fixture->n; i++)
    {
      dfn_swarm_members_get_stats (fixture->nodes[i].members, &stats);
      g_test_message ("%u: %" G_GUINT64_FORMAT " signals by relay, %" G_GUINT64_FORMAT
                      " by neighbours, %u known",
                      i, stats.relay_signals_sent, stats.neighbour_signals_sent, stats.n_known);
      g_assert_cmpuint (stats.relay_signals_sent, <=, 8);
      g_assert_cmpuint (stats.n_known, >=, 4);
      /* What it is about came from whoever it met first. */
      g_assert_nonnull (fixture->nodes[i].announcement);
      g_assert_cmpstr (dfn_nostr_event_get_id (fixture->nodes[i].announcement), ==,
                       dfn_nostr_event_get_id (fixture->event));
    }
  for (guint i = 0; i < fixture->n; i++)
    {
      dfn_swarm_members_get_stats (fixture->nodes[i].members, &stats);
      n_forwarded += stats.signals_forwarded;
    }
  g_assert_cmpuint (n_forwarded, >, 0);
}

/* The contact is gone: whoever has room answers. */
static void
test_outlive_contact (Fixture *fixture, gconstpointer data)
{
  Node *first = join (fixture, &fixture->nodes[0]);
  Node *second;

  WAIT_LONG_FOR (10, count_links (first) == 1);
  remove_node (&fixture->nodes[0]);
  WAIT_LONG_FOR (10, count_links (first) == 0);
  /* Both are alone now and ask everybody, so at least one of them is answered... by a member that
   * is inside itself. */
  dfn_swarm_members_set_seeking (first->members, FALSE);
  second = join (fixture, NULL);
  WAIT_LONG_FOR (20, count_links (second) == 1 && count_links (first) == 1);
}

/* Full, it names others instead of an answer. */
static void
test_referred (Fixture *fixture, gconstpointer data)
{
  Node *source = &fixture->nodes[0];
  Node *second, *third, *fourth;

  dfn_swarm_members_set_max_links (source->members, 2);
  second = join (fixture, source);
  WAIT_LONG_FOR (10, count_links (second) > 0);
  third = join (fixture, source);
  WAIT_LONG_FOR (10, count_links (third) > 0 && count_links (source) == 2);
  fourth = join (fixture, source);
  WAIT_LONG_FOR (15, count_links (fourth) >= 2);
  g_assert_cmpuint (count_links (source), ==, 2);
}

/* Without any relay, two that have a neighbour in common still meet. */
static void
test_without_relay (Fixture *fixture, gconstpointer data)
{
  Node *source = &fixture->nodes[0];
  Node *first = join (fixture, source);
  Node *second;

  WAIT_LONG_FOR (10, count_links (first) == 1);
  second = join (fixture, source);
  /* As soon as both are in, before they can have met. */
  while (count_links (second) == 0)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&fixture->relay);
  WAIT_LONG_FOR (40, count_links (first) == 2 && count_links (second) == 2);
}

/* A peer whose chunk does not prove goes. On one computer all have one address, so it is not
 * remembered here. */
static void
test_misbehaved (Fixture *fixture, gconstpointer data)
{
  Node *source = &fixture->nodes[0];
  Node *node = join (fixture, source);
  g_autoptr (GPtrArray) peers = NULL;

  WAIT_LONG_FOR (10, count_links (node) == 1);
  peers = dfn_swarm_members_list_peers (node->members);
  g_assert_cmpstr (dfn_swarm_members_get_pubkey (node->members, peers->pdata[0]), ==,
                   dfn_nostr_key_get_pubkey (source->key));
  g_assert_nonnull (dfn_swarm_members_get_score (node->members, peers->pdata[0]));
  dfn_swarm_members_misbehaved (node->members, peers->pdata[0]);
  WAIT_LONG_FOR (5, count_links (node) == 0 && node->n_removed == 1);
}

static DfnPeer *
peer_of (Node *node)
{
  g_autoptr (GPtrArray) peers = dfn_swarm_members_list_peers (node->members);

  return peers->pdata[0];
}

static void
send_peers (Node *node, const DfnMemberRecord *records, guint n, const guint8 *about)
{
  Dfn__PeerAnnouncement peers = DFN__PEER_ANNOUNCEMENT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  Dfn__MemberRecord messages[DFN_WIRE_MAX_MEMBERS];
  Dfn__MemberRecord *list[DFN_WIRE_MAX_MEMBERS];

  peers.content.data = (guint8 *) about;
  peers.content.len = DFN_WIRE_CONTENT_SIZE;
  peers.members = dfn_wire_from_records (records, n, messages, list);
  peers.n_members = peers.n_neighbours = n;
  frame.body_case = DFN__FRAME__BODY_PEER_ANNOUNCEMENT;
  frame.peer_announcement = &peers;
  dfn_peer_send_frame (peer_of (node), &frame);
}

/* Members that nobody is, of this swarm or of others, in any number: none becomes known, and the
 * teller's score falls. */
static void
test_invented_members (Fixture *fixture, gconstpointer data)
{
  const guint8 other[DFN_WIRE_CONTENT_SIZE] = { 1 };
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  Node *source = &fixture->nodes[0];
  Node *node = join (fixture, source);
  DfnMemberRecord records[DFN_WIRE_MAX_MEMBERS];
  DfnSwarmMembersStats stats;
  g_autoptr (DfnPeer) peer = NULL;

  WAIT_LONG_FOR (10, count_links (node) == 1 && count_links (source) == 1);
  network_test_run_for (300);
  peer = g_object_ref (peer_of (source));
  for (guint i = 0; i < DFN_WIRE_MAX_MEMBERS; i++)
    {
      g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();

      /* Signed for another swarm, for too long, or not by the key that is named. */
      dfn_member_record_sign (key, i % 3 == 0 ? other : content,
                              now_s + (i % 3 == 1 ? 100000 : 600), &records[i]);
      if (i % 3 == 2)
        records[i].key[0] ^= 1;
    }
  for (guint i = 0; i < 20; i++)
    send_peers (node, records, DFN_WIRE_MAX_MEMBERS, i % 2 == 0 ? content : other);
  network_test_run_for (500);
  dfn_swarm_members_get_stats (source->members, &stats);
  g_assert_cmpuint (stats.n_known, <=, 1);
  g_assert_cmpuint (stats.frames_refused, >, 0);
  g_assert_true (dfn_swarm_members_get_score (source->members, peer) == NULL
                 || dfn_peer_score_get (dfn_swarm_members_get_score (source->members, peer),
                                        g_get_monotonic_time ())
                        < 0);
}

static void
send_signal (Node *node, const guint8 *to, const guint8 *from, const char *payload)
{
  Dfn__ForwardedSignal signal = DFN__FORWARDED_SIGNAL__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  signal.to.data = (guint8 *) to;
  signal.to.len = signal.from.len = DFN_WIRE_KEY_SIZE;
  signal.from.data = (guint8 *) from;
  signal.payload = (char *) payload;
  frame.body_case = DFN__FRAME__BODY_FORWARDED_SIGNAL;
  frame.forwarded_signal = &signal;
  dfn_peer_send_frame (peer_of (node), &frame);
}

/* A neighbour carries what its neighbours say themselves, to its neighbours, so often a second. */
static void
test_forwarding_limits (Fixture *fixture, gconstpointer data)
{
  Node *source = &fixture->nodes[0];
  guint8 keys[3][DFN_WIRE_KEY_SIZE];
  DfnSwarmMembersStats stats;
  guint64 before;

  dfn_swarm_members_set_max_links (source->members, 2);
  for (guint i = 0; i < 2; i++)
    {
      Node *node = join (fixture, source);

      dfn_swarm_members_set_max_links (node->members, 2);
      WAIT_LONG_FOR (10, count_links (node) > 0);
    }
  for (guint i = 0; i < 3; i++)
    g_assert_true (
        dfn_hex_decode (dfn_nostr_key_get_pubkey (fixture->nodes[i].key), keys[i], sizeof keys[i]));
  network_test_run_for (1500);
  dfn_swarm_members_get_stats (source->members, &stats);
  before = stats.signals_forwarded;
  send_signal (&fixture->nodes[1], keys[1], keys[1], "x"); /* to itself */
  send_signal (&fixture->nodes[1], keys[2], keys[0], "x"); /* in another's name */
  send_signal (&fixture->nodes[1], keys[0], keys[1], "x"); /* no payload at all */
  network_test_run_for (300);
  dfn_swarm_members_get_stats (source->members, &stats);
  g_assert_cmpuint (stats.signals_forwarded, ==, before);
  for (guint i = 0; i < 500; i++)
    send_signal (&fixture->nodes[1], keys[2], keys[1], "x");
  network_test_run_for (500);
  dfn_swarm_members_get_stats (source->members, &stats);
  g_assert_cmpuint (stats.signals_forwarded - before, <=, 40);
  g_assert_cmpuint (stats.frames_refused, >, 0);
  g_assert_cmpuint (source->n_removed, >, 0); /* whoever floods goes */
}

#define add(name, func)                                                                            \
  g_test_add ("/network/swarm-members/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("dfn-test-XXXXXX", NULL);
  g_autofree char *memory = NULL;
  g_autofree char *data = NULL;
  int result;

  g_assert_true (g_setenv ("XDG_DATA_HOME", folder, TRUE));
  g_test_init (&argc, &argv, NULL);
  add ("find-each-other", test_find_each_other);
  add ("outlive-contact", test_outlive_contact);
  add ("referred", test_referred);
  add ("without-relay", test_without_relay);
  add ("misbehaved", test_misbehaved);
  add ("invented-members", test_invented_members);
  add ("forwarding-limits", test_forwarding_limits);
  result = g_test_run ();
  memory = g_build_filename (folder, "defiance", "peers", NULL);
  data = g_build_filename (folder, "defiance", NULL);
  g_remove (memory);
  g_rmdir (data);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  return result;
}
