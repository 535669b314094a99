/* SPDX-License-Identifier: MIT */
#include "dfn-peer-manager.h"
#include "network-test-support.h"

#include <string.h>

#define SIZE 50000

static const guint8 content[DFN_WIRE_CONTENT_SIZE] = { 7 };

/* A manager, and what it heard and said. Its key's name stands for a Nostr key. */
typedef struct _Node Node;
struct _Node {
  const char *name;
  DfnPeerManager *manager;
  Node *other;
  GPtrArray *said;       /* of char *, every signal that left it */
  gboolean is_mute;      /* nothing that it says arrives */
  guint repeats;         /* how many more times each signal of its arrives */
  const char *says_from; /* another key than its own */
  gboolean updates_first;
  guint8 *false_key; /* put into its offers and answers */

  guint n_newcomers;
  guint n_added_then; /* when the last newcomer was heard of */
  guint n_added;
  guint n_removed;
  guint n_failed;
  GError *error; /* the last one */
  DfnPeer *peer; /* the last one, weak */
  GBytes *answer;
};

typedef struct {
  Node a, b;
} Fixture;

/* One signal on its way, delivered from the loop as a relay would. */
typedef struct {
  Node *to;
  const char *from;
  char *text;
} Letter;

static gboolean
deliver (gpointer user_data)
{
  Letter *letter = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Signal) signal = dfn_wire_unpack_signal (letter->text, &error);

  g_assert_no_error (error);
  if (letter->to->manager != NULL)
    dfn_peer_manager_take_signal (letter->to->manager, letter->from, signal);
  g_free (letter->text);
  g_free (letter);
  return G_SOURCE_REMOVE;
}

static void
post (Node *to, const char *from, const char *text)
{
  Letter *letter = g_new (Letter, 1);

  letter->to = to;
  letter->from = from;
  letter->text = g_strdup (text);
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver, letter, NULL);
}

/* Tells the candidates of an offer or answer in an update that arrives before it. */
static void
post_updates_first (Node *node, Dfn__Signal *signal)
{
  Dfn__Signal update_signal = DFN__SIGNAL__INIT;
  Dfn__CandidateUpdate update = DFN__CANDIDATE_UPDATE__INIT;
  Dfn__Transport *transport = signal->answer->transport;
  g_autofree char *text = NULL;
  g_autofree char *rest = NULL;

  update_signal.session = signal->session;
  update_signal.body_case = DFN__SIGNAL__BODY_UPDATE;
  update_signal.update = &update;
  update.candidates = transport->candidates;
  update.n_candidates = transport->n_candidates;
  text = dfn_wire_pack_signal (&update_signal);
  post (node->other, node->name, text);
  transport->n_candidates = 0;
  rest = dfn_wire_pack_signal (signal);
  transport->n_candidates = update.n_candidates;
  post (node->other, node->name, rest);
}

static void
on_send_signal (
    DfnPeerManager *manager, const char *to, const char *text, guint urgency, Node *node)
{
  g_autoptr (Dfn__Signal) signal = dfn_wire_unpack_signal (text, NULL);
  g_autofree char *changed = NULL;

  g_assert_nonnull (signal);
  g_ptr_array_add (node->said, g_strdup (text));
  if (node->is_mute || strcmp (to, node->other->name) != 0)
    return;
  if (node->updates_first && signal->body_case == DFN__SIGNAL__BODY_ANSWER)
    {
      post_updates_first (node, signal);
      return;
    }
  if (node->false_key != NULL && signal->body_case == DFN__SIGNAL__BODY_ANSWER)
    memcpy (signal->answer->transport->key.data, node->false_key, DFN_WIRE_KEY_SIZE);
  if (node->false_key != NULL && signal->body_case == DFN__SIGNAL__BODY_OFFER)
    memcpy (signal->offer->transport->key.data, node->false_key, DFN_WIRE_KEY_SIZE);
  if (node->false_key != NULL)
    text = changed = dfn_wire_pack_signal (signal);
  for (guint i = 0; i <= node->repeats; i++)
    post (node->other, node->says_from != NULL ? node->says_from : node->name, text);
}

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *wanted,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  g_autoptr (GBytes) data = network_test_random_bytes (SIZE);

  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__OK, data, NULL);
}

static void
on_newcomer (DfnPeerManager *manager, DfnPeer *peer, gpointer about, Node *node)
{
  node->n_newcomers++;
  node->n_added_then = node->n_added;
  g_assert_cmpmem (about, DFN_WIRE_CONTENT_SIZE, content, sizeof content);
}

static void
on_added (DfnPeerManager *manager, DfnPeer *peer, const char *pubkey, gpointer about, Node *node)
{
  node->n_added++;
  g_assert_cmpstr (pubkey, ==, node->other->name);
  g_assert_cmpmem (about, DFN_WIRE_CONTENT_SIZE, content, sizeof content);
  g_set_weak_pointer (&node->peer, peer);
  g_assert_nonnull (dfn_peer_manager_find_link (manager, peer));
  dfn_peer_set_provider (peer, on_wanted, node);
}

static void
on_removed (DfnPeerManager *manager, DfnPeer *peer, GError *error, Node *node)
{
  node->n_removed++;
  g_clear_error (&node->error);
  node->error = g_error_copy (error);
}

static void
on_failed (DfnPeerManager *manager, const char *pubkey, GError *error, Node *node)
{
  node->n_failed++;
  g_clear_error (&node->error);
  node->error = g_error_copy (error);
}

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  Node *node = user_data;

  if (response != NULL)
    node->answer = g_bytes_ref (response->data);
}

static void
node_init (Node *node, const char *name, Node *other)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();

  memset (node, 0, sizeof *node);
  dfn_ice_config_set_scope (config, DFN_SCOPE_HOST);
  node->name = name;
  node->other = other;
  node->said = g_ptr_array_new_with_free_func (g_free);
  node->manager = dfn_peer_manager_new (config);
  g_signal_connect (node->manager, "send-signal", G_CALLBACK (on_send_signal), node);
  g_signal_connect (node->manager, "newcomer", G_CALLBACK (on_newcomer), node);
  g_signal_connect (node->manager, "peer-added", G_CALLBACK (on_added), node);
  g_signal_connect (node->manager, "peer-removed", G_CALLBACK (on_removed), node);
  g_signal_connect (node->manager, "connect-failed", G_CALLBACK (on_failed), node);
}

static void
node_clear (Node *node)
{
  if (node->manager != NULL)
    g_assert_finalize_object (g_steal_pointer (&node->manager));
  g_assert_null (node->peer); /* nobody else holds it */
  g_clear_pointer (&node->answer, g_bytes_unref);
  g_clear_error (&node->error);
  g_ptr_array_unref (node->said);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  node_init (&f->a, "a", &f->b);
  node_init (&f->b, "b", &f->a);
  dfn_peer_manager_set_accepting (f->b.manager, TRUE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  node_clear (&f->a);
  node_clear (&f->b);
  /* Letters still under way, and agents that say goodbye to their servers. */
  network_test_run_for (20);
}

static void
meet (Fixture *f)
{
  guint added = f->a.n_added;

  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.n_added == added + 1 && f->b.n_added == added + 1);
}

static guint
count_said (Node *node, Dfn__Signal__BodyCase kind)
{
  guint n = 0;

  for (guint i = 0; i < node->said->len; i++)
    {
      g_autoptr (Dfn__Signal) signal = dfn_wire_unpack_signal (node->said->pdata[i], NULL);

      n += signal->body_case == kind ? 1 : 0;
    }
  return n;
}

static void
test_meet (Fixture *f, gconstpointer data)
{
  meet (f);
  g_assert_cmpuint (dfn_peer_manager_get_n_peers (f->a.manager), ==, 1);
  dfn_peer_request (f->a.peer, content, 0, SIZE, on_response, &f->a);
  WAIT_FOR (f->a.answer != NULL);
  g_assert_cmpuint (g_bytes_get_size (f->a.answer), ==, SIZE);
  g_assert_cmpuint (count_said (&f->a, DFN__SIGNAL__BODY_OFFER), ==, 1);
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_ANSWER), ==, 1);
  g_assert_cmpuint (f->a.said->len + f->b.said->len, <=, 6); /* two updates a side at most */
  g_assert_cmpuint (f->a.n_failed + f->b.n_failed, ==, 0);
}

static void
test_drop (Fixture *f, gconstpointer data)
{
  meet (f);
  dfn_peer_manager_drop (f->b.manager, f->b.peer, DFN__CLOSE_REASON__FULL,
                         g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED, "x"));
  g_assert_cmpuint (f->b.n_removed, ==, 1);
  g_assert_cmpuint (dfn_peer_manager_get_n_peers (f->b.manager), ==, 0);
  WAIT_FOR (f->a.n_removed == 1);
  g_assert_error (f->a.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED);
  meet (f);
}

static gboolean
has_moved (Node *node, DfnIceLink *before)
{
  return dfn_peer_manager_find_link (node->manager, node->peer) != before
         && !dfn_peer_manager_is_moving (node->manager, node->peer);
}

static void
move (Fixture *f, gboolean a_begins, gboolean b_begins)
{
  g_autoptr (DfnIceLink) a = g_object_ref (dfn_peer_manager_find_link (f->a.manager, f->a.peer));
  g_autoptr (DfnIceLink) b = g_object_ref (dfn_peer_manager_find_link (f->b.manager, f->b.peer));

  if (a_begins)
    dfn_peer_manager_restart (f->a.manager, f->a.peer);
  if (b_begins)
    dfn_peer_manager_restart (f->b.manager, f->b.peer);
  WAIT_FOR (has_moved (&f->a, a) && has_moved (&f->b, b));
}

/* The same connection goes on over a new path, whoever begins, also if both do. */
static void
test_restart (Fixture *f, gconstpointer data)
{
  meet (f);
  move (f, TRUE, FALSE);
  network_test_run_for (600);
  move (f, FALSE, TRUE);
  network_test_run_for (600);
  move (f, TRUE, TRUE);
  dfn_peer_request (f->a.peer, content, 0, SIZE, on_response, &f->a);
  WAIT_FOR (f->a.answer != NULL);
  g_assert_cmpuint (f->a.n_added + f->b.n_added, ==, 2);
  g_assert_cmpuint (f->a.n_removed + f->b.n_removed, ==, 0);
}

/* A restart that is older than the last one, or names another key, moves nothing. */
static void
test_stray_restarts (Fixture *f, gconstpointer data)
{
  DfnIceLink *link;
  guint n;

  meet (f);
  move (f, TRUE, FALSE);
  network_test_run_for (600);
  link = dfn_peer_manager_find_link (f->b.manager, f->b.peer);
  n = f->a.said->len;
  for (guint i = 0; i < n; i++)
    post (&f->b, "a", f->a.said->pdata[i]);
  network_test_run_for (600);
  g_assert_true (dfn_peer_manager_find_link (f->b.manager, f->b.peer) == link);
  g_assert_false (dfn_peer_manager_is_moving (f->b.manager, f->b.peer));
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_RESTART), ==, 1);
}

/* A peer that is no more is dropped by name without harm. */
static void
test_drop_gone (Fixture *f, gconstpointer data)
{
  g_autoptr (DfnPeer) peer = NULL;

  meet (f);
  peer = g_object_ref (f->a.peer);
  dfn_peer_manager_drop (f->a.manager, peer, DFN__CLOSE_REASON__LEAVING, NULL);
  dfn_peer_manager_drop (f->a.manager, peer, DFN__CLOSE_REASON__LEAVING,
                         g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED, "x"));
  g_assert_cmpuint (f->a.n_removed, ==, 1);
  g_assert_null (dfn_peer_manager_find_link (f->a.manager, peer));
}

/* Relays give things twice. */
static void
test_repeated (Fixture *f, gconstpointer data)
{
  f->a.repeats = f->b.repeats = 3;
  meet (f);
  network_test_run_for (100);
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_ANSWER), ==, 1);
  g_assert_cmpuint (f->a.n_added + f->b.n_added, ==, 2);
  g_assert_cmpuint (f->a.n_failed + f->b.n_failed, ==, 0);

  /* Also after the peer is gone. */
  dfn_peer_manager_drop (f->b.manager, f->b.peer, DFN__CLOSE_REASON__LEAVING, NULL);
  WAIT_FOR (f->a.n_removed == 1);
  post (&f->b, "a", f->a.said->pdata[0]);
  network_test_run_for (100);
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_ANSWER), ==, 1);
}

static void
test_not_accepting (Fixture *f, gconstpointer data)
{
  dfn_peer_manager_set_accepting (f->b.manager, FALSE);
  dfn_peer_manager_connect (f->a.manager, "b", content);
  network_test_run_for (300);
  g_assert_cmpuint (f->b.said->len, ==, 0);
  g_assert_cmpuint (f->a.n_failed + f->a.n_added, ==, 0);
}

/* An answer counts only from whom the offer was for. */
static void
test_foreign_answer (Fixture *f, gconstpointer data)
{
  f->b.says_from = "mallory";
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (count_said (&f->b, DFN__SIGNAL__BODY_ANSWER) == 1);
  network_test_run_for (200);
  g_assert_cmpuint (f->a.n_added + f->a.n_failed, ==, 0);
  post (&f->a, "b", f->b.said->pdata[0]);
  WAIT_FOR (f->a.n_added == 1);
}

/* Candidates that overtake the answer are kept for it. */
static void
test_updates_first (Fixture *f, gconstpointer data)
{
  f->b.updates_first = TRUE;
  meet (f);
}

/* The answer names a key that the peer does not hold. */
static void
test_wrong_key (Fixture *f, gconstpointer data)
{
  guint8 key[DFN_WIRE_KEY_SIZE] = { 3 };

  f->b.false_key = key;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.n_failed == 1 && f->b.n_failed + f->b.n_removed == 1);
  g_assert_error (f->a.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_AUTHENTICATION);
  g_assert_cmpuint (f->a.n_added, ==, 0);
}

/* The side that answers hears of somebody who has nobody yet before it can count on him, and of one
 * who has others, or whose key is another's, only when that is known. */
static void
test_newcomer (Fixture *f, gconstpointer data)
{
  meet (f);
  g_assert_cmpuint (f->b.n_newcomers, ==, 1);
  g_assert_cmpuint (f->b.n_added_then, ==, 0);
  g_assert_cmpuint (f->a.n_newcomers, ==, 0);
}

static guint
count_one (gpointer user_data)
{
  return 1;
}

static void
test_no_newcomer (Fixture *f, gconstpointer data)
{
  static const DfnPeerManagerHandler handler = { .count_links = count_one };

  dfn_peer_manager_set_handler (f->a.manager, &handler, NULL);
  meet (f);
  dfn_peer_manager_set_handler (f->a.manager, NULL, NULL);
  g_assert_cmpuint (f->b.n_newcomers, ==, 0);
}

/* The offer names a key that the peer does not hold: it is never added. */
static void
test_false_newcomer (Fixture *f, gconstpointer data)
{
  guint8 key[DFN_WIRE_KEY_SIZE] = { 3 };

  f->a.false_key = key;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->b.n_failed == 1 && f->a.n_failed + f->a.n_removed == 1);
  g_assert_error (f->b.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_AUTHENTICATION);
  g_assert_cmpuint (f->b.n_newcomers, ==, 1);
  g_assert_cmpuint (f->b.n_added, ==, 0);
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  Dfn__Signal signal = DFN__SIGNAL__INIT;
  Dfn__Refusal refusal = DFN__REFUSAL__INIT;
  g_autoptr (Dfn__Signal) offer = NULL;
  g_autofree char *text = NULL;

  f->a.is_mute = TRUE;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.said->len > 0);
  offer = dfn_wire_unpack_signal (f->a.said->pdata[0], NULL);
  refusal.reason = DFN__CLOSE_REASON__FULL;
  signal.session = offer->session;
  signal.body_case = DFN__SIGNAL__BODY_REFUSAL;
  signal.refusal = &refusal;
  text = dfn_wire_pack_signal (&signal);
  post (&f->a, "mallory", text);
  network_test_run_for (50);
  g_assert_cmpuint (f->a.n_failed, ==, 0);
  post (&f->a, "b", text);
  WAIT_FOR (f->a.n_failed == 1);
  g_assert_error (f->a.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED);
}

/* Offers of strangers who never go on: all get an answer or a refusal, and the places are few. */
static void
test_full (Fixture *f, gconstpointer data)
{
  static char names[DFN_PEER_MANAGER_MAX_MEETING + 10][16];
  g_autofree char *offer_text = NULL;

  f->a.is_mute = TRUE;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.said->len > 0);
  offer_text = g_strdup (f->a.said->pdata[0]);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (Dfn__Signal) offer = dfn_wire_unpack_signal (offer_text, NULL);

      g_snprintf (names[i], sizeof names[i], "stranger %u", i);
      offer->session.data[0] ^= 1 + i;
      dfn_peer_manager_take_signal (f->b.manager, names[i], offer);
    }
  WAIT_FOR (f->b.said->len >= G_N_ELEMENTS (names));
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_ANSWER), ==, DFN_PEER_MANAGER_MAX_MEETING);
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_REFUSAL), ==, 10);
}

/* One stranger alone gets no more than two places. */
static void
test_full_of_one (Fixture *f, gconstpointer data)
{
  f->a.is_mute = TRUE;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.said->len > 0);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (Dfn__Signal) offer = dfn_wire_unpack_signal (f->a.said->pdata[0], NULL);

      offer->session.data[0] ^= 1 + i;
      dfn_peer_manager_take_signal (f->b.manager, "stranger", offer);
    }
  WAIT_FOR (f->b.said->len >= 5);
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_ANSWER), ==, 2);
  g_assert_cmpuint (count_said (&f->b, DFN__SIGNAL__BODY_REFUSAL), ==, 3);
}

/* An offer that names a session of our own does not take its place. */
static void
test_stolen_session (Fixture *f, gconstpointer data)
{
  g_autoptr (Dfn__Signal) offer = NULL;

  dfn_peer_manager_set_accepting (f->a.manager, TRUE);
  f->b.is_mute = TRUE;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->b.said->len == 1);
  offer = dfn_wire_unpack_signal (f->a.said->pdata[0], NULL);
  dfn_peer_manager_take_signal (f->a.manager, "b", offer);
  dfn_peer_manager_take_signal (f->a.manager, "mallory", offer);
  network_test_run_for (100);
  g_assert_cmpuint (f->a.said->len, ==, 1);
  post (&f->a, "b", f->b.said->pdata[0]);
  WAIT_FOR (f->a.n_added == 1);
}

/* What belongs to no session, or comes at the wrong time, changes nothing. */
static void
test_stray_signals (Fixture *f, gconstpointer data)
{
  meet (f);
  for (guint i = 0; i < f->b.said->len; i++)
    {
      post (&f->a, "b", f->b.said->pdata[i]);
      post (&f->b, "a", f->b.said->pdata[i]);
    }
  for (guint i = 0; i < f->a.said->len; i++)
    post (&f->b, "a", f->a.said->pdata[i]);
  network_test_run_for (100);
  g_assert_cmpuint (f->a.n_removed + f->b.n_removed + f->a.n_failed + f->b.n_failed, ==, 0);
  dfn_peer_request (f->a.peer, content, 0, SIZE, on_response, &f->a);
  WAIT_FOR (f->a.answer != NULL);
}

static void
test_close (Fixture *f, gconstpointer data)
{
  meet (f);
  dfn_peer_manager_close (f->b.manager);
  g_assert_cmpuint (dfn_peer_manager_get_n_peers (f->b.manager), ==, 0);
  WAIT_FOR (f->a.n_removed == 1);
  g_assert_error (f->a.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED);
  dfn_peer_manager_connect (f->a.manager, "b", content);
  network_test_run_for (100);
  g_assert_cmpuint (f->a.n_added, ==, 1);
}

/* Gone after so many signals and milliseconds: whatever is under way must end without a trace. */
static void
test_gone_at_any_time (Fixture *f, gconstpointer data)
{
  for (guint milliseconds = 0; milliseconds < 120; milliseconds += 4)
    {
      Fixture g;

      set_up (&g, NULL);
      dfn_peer_manager_connect (g.a.manager, "b", content);
      network_test_run_for (milliseconds);
      tear_down (&g, NULL);
    }
}

static void
on_added_let_go (
    DfnPeerManager *manager, DfnPeer *peer, const char *pubkey, gpointer about, Node *node)
{
  g_object_unref (g_steal_pointer (&node->manager));
}

static void
on_error_let_go (DfnPeerManager *manager, gpointer what, GError *error, Node *node)
{
  g_object_unref (g_steal_pointer (&node->manager));
}

static void
on_say_let_go (DfnPeerManager *manager, const char *to, const char *text, guint urgency, Node *node)
{
  if (node->manager != NULL)
    g_object_unref (g_steal_pointer (&node->manager));
}

static void
test_let_go_added (Fixture *f, gconstpointer data)
{
  g_signal_connect (f->a.manager, "peer-added", G_CALLBACK (on_added_let_go), &f->a);
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.manager == NULL);
  WAIT_FOR (f->b.n_removed + f->b.n_failed == 1);
}

static void
test_let_go_removed (Fixture *f, gconstpointer data)
{
  meet (f);
  g_signal_connect (f->a.manager, "peer-removed", G_CALLBACK (on_error_let_go), &f->a);
  dfn_peer_manager_close (f->b.manager);
  WAIT_FOR (f->a.manager == NULL);
}

static void
test_let_go_saying (Fixture *f, gconstpointer data)
{
  Node *node = data != NULL ? &f->b : &f->a;

  g_signal_connect (node->manager, "send-signal", G_CALLBACK (on_say_let_go), node);
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (node->manager == NULL);
  network_test_run_for (50);
}

/* Nobody answers. */
static void
test_no_answer (Fixture *f, gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();

  f->a.is_mute = TRUE;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_FOR (f->a.n_failed == 1);
  g_assert_error (f->a.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 9 * G_USEC_PER_SEC);
}

/* Whoever offered never learns of the answer: the other side gives up by itself. */
static void
test_no_path (Fixture *f, gconstpointer data)
{
  f->b.is_mute = TRUE;
  dfn_peer_manager_connect (f->a.manager, "b", content);
  WAIT_LONG_FOR (50, f->b.n_failed == 1);
  g_assert_error (f->b.error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_UNREACHABLE);
}

#define ADD(name, func, data)                                                                      \
  g_test_add ("/network/peer-manager/" name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("meet", test_meet, NULL);
  ADD ("drop", test_drop, NULL);
  ADD ("drop-gone", test_drop_gone, NULL);
  ADD ("restart", test_restart, NULL);
  ADD ("stray-restarts", test_stray_restarts, NULL);
  ADD ("repeated", test_repeated, NULL);
  ADD ("not-accepting", test_not_accepting, NULL);
  ADD ("foreign-answer", test_foreign_answer, NULL);
  ADD ("updates-first", test_updates_first, NULL);
  ADD ("wrong-key", test_wrong_key, NULL);
  ADD ("newcomer", test_newcomer, NULL);
  ADD ("no-newcomer", test_no_newcomer, NULL);
  ADD ("false-newcomer", test_false_newcomer, NULL);
  ADD ("refused", test_refused, NULL);
  ADD ("full", test_full, NULL);
  ADD ("full-of-one", test_full_of_one, NULL);
  ADD ("stolen-session", test_stolen_session, NULL);
  ADD ("stray-signals", test_stray_signals, NULL);
  ADD ("close", test_close, NULL);
  ADD ("gone-at-any-time", test_gone_at_any_time, NULL);
  ADD ("let-go/added", test_let_go_added, NULL);
  ADD ("let-go/removed", test_let_go_removed, NULL);
  ADD ("let-go/saying-offer", test_let_go_saying, NULL);
  ADD ("let-go/saying-answer", test_let_go_saying, "");
  if (g_test_slow ())
    {
      ADD ("slow/no-answer", test_no_answer, NULL);
      ADD ("slow/no-path", test_no_path, NULL);
    }
  return g_test_run ();
}
