/* SPDX-License-Identifier: MIT */
#include "dfn-file-swarm.h"
#include "dfn-have-keeper.h"
#include "dfn-loopback-link.h"
#include "streaming-test-support.h"

#include <unistd.h>

#define N_CHUNKS 80
#define SIZE (N_CHUNKS * CHUNK_SIZE - 1000)
#define MAX_MEMBERS 6
#define MAX_ENDS 32

/* Somebody with a store. */
typedef struct {
  DfnChunkStore *store;
  DfnFileSwarm *swarm;
  guint n_complete;
  guint n_misbehaved;
  guint n_withdrawn;
} Member;

/* One side of a connection. */
typedef struct {
  DfnPeer *peer;
  DfnLink *link;
  DfnQuicIdentity *identity;
} End;

typedef struct {
  Scratch scratch;
  char *original;
  DfnChunkStore *source; /* of @original */
  Member members[MAX_MEMBERS];
  guint n_members;
  End ends[MAX_ENDS];
  guint n_ends;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  scratch_set_up (&f->scratch, data);
  f->original = scratch_write (&f->scratch, "original", SIZE, 1);
  f->source = test_index (f->original, &error);
  g_assert_no_error (error);
}

static gboolean
on_timeout (gpointer user_data)
{
  g_error ("Waited too long for %s", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint timeout_ = g_timeout_add_seconds (60, on_timeout, (gpointer) #condition);                \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timeout_);                                                                    \
  }                                                                                                \
  G_STMT_END

/* As g_assert_finalize_object(), but a read or write on its way may hold the object for a moment.
 */
static void
assert_goes (gpointer object)
{
  g_object_add_weak_pointer (object, &object);
  g_object_unref (object);
  WAIT_FOR (object == NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < f->n_members; i++)
    {
      if (f->members[i].swarm != NULL)
        assert_goes (f->members[i].swarm);
      if (f->members[i].store != f->source)
        g_object_unref (f->members[i].store);
    }
  for (guint i = 0; i < f->n_ends; i++)
    {
      assert_goes (f->ends[i].peer);
      g_object_unref (f->ends[i].identity);
      g_object_unref (f->ends[i].link);
    }
  g_object_unref (f->source);
  g_free (f->original);
  scratch_tear_down (&f->scratch, data);
}

static void
count (DfnFileSwarm *swarm, guint *counter)
{
  (*counter)++;
}

static void
on_misbehaved (DfnFileSwarm *swarm, DfnPeer *peer, Member *member)
{
  member->n_misbehaved++;
  dfn_peer_close (peer, DFN__CLOSE_REASON__MISBEHAVED, NULL);
}

static void
on_withdrawn (DfnFileSwarm *swarm, DfnPeer *peer, Member *member)
{
  member->n_withdrawn++;
}

static Member *
add_member (Fixture *f, gboolean is_source)
{
  Member *member = &f->members[f->n_members++];
  g_autofree char *name = g_strdup_printf ("copy-%u", f->n_members);
  g_autofree char *output = scratch_path (&f->scratch, name);
  g_autoptr (GError) error = NULL;

  member->store =
      is_source ? f->source : test_open (output, dfn_chunk_store_get_manifest (f->source), &error);
  g_assert_no_error (error);
  member->swarm = dfn_file_swarm_new (member->store);
  g_signal_connect (member->swarm, "complete", G_CALLBACK (count), &member->n_complete);
  g_signal_connect (member->swarm, "misbehaved", G_CALLBACK (on_misbehaved), member);
  g_signal_connect (member->swarm, "withdrawn", G_CALLBACK (on_withdrawn), member);
  return member;
}

static void
on_ready (DfnPeer *peer, guint *n_ready)
{
  (*n_ready)++;
}

/* Two ends that are established. */
static void
connect_ends (Fixture *f, DfnPeer **a, DfnPeer **b)
{
  DfnLoopbackParams params = { .delay_us = 2000, .max_payload = 1500, .seed = f->n_ends + 1 };
  End *client = &f->ends[f->n_ends++];
  End *server = &f->ends[f->n_ends++];
  guint n_ready = 0;

  g_assert_cmpuint (f->n_ends, <=, MAX_ENDS);
  client->identity = dfn_quic_identity_new ();
  server->identity = dfn_quic_identity_new ();
  dfn_loopback_link_new_pair (NULL, &params, &client->link, &server->link);
  client->peer = dfn_peer_new (client->link, FALSE, client->identity,
                               dfn_quic_identity_get_key (server->identity));
  server->peer = dfn_peer_new (server->link, TRUE, server->identity,
                               dfn_quic_identity_get_key (client->identity));
  g_signal_connect (client->peer, "ready", G_CALLBACK (on_ready), &n_ready);
  g_signal_connect (server->peer, "ready", G_CALLBACK (on_ready), &n_ready);
  WAIT_FOR (n_ready == 2);
  g_signal_handlers_disconnect_by_data (client->peer, &n_ready);
  g_signal_handlers_disconnect_by_data (server->peer, &n_ready);
  *a = client->peer;
  *b = server->peer;
}

static void
introduce (Fixture *f, Member *a, Member *b)
{
  DfnPeer *of_a, *of_b;

  connect_ends (f, &of_a, &of_b);
  dfn_file_swarm_add_peer (a->swarm, of_a);
  dfn_file_swarm_add_peer (b->swarm, of_b);
}

static guint64
bytes_sent (Member *member)
{
  guint64 bytes;

  g_object_get (member->swarm, "bytes-sent", &bytes, NULL);
  return bytes;
}

static void
assert_has_all (Fixture *f, Member *member)
{
  DfnFetchStats stats;
  g_autoptr (GError) error = NULL;

  g_assert_true (dfn_chunk_store_is_full (member->store));
  g_assert_cmpuint (member->n_complete, ==, 1);
  dfn_file_swarm_get_fetch_stats (member->swarm, &stats);
  g_assert_cmpuint (stats.n_missing, ==, 0);
  g_assert_true (test_complete (member->store, &error));
  g_assert_no_error (error);
  test_assert_same_files (f->original, dfn_chunk_store_get_path (member->store));
}

/* Three viewers around one source get everything, and from one another, too. Then the source goes,
 * and a newcomer gets everything from the three. */
static void
test_outlives_source (Fixture *f, gconstpointer data)
{
  Member *source = add_member (f, TRUE);
  guint64 given = 0;
  Member *newcomer;

  for (guint i = 1; i <= 3; i++)
    {
      add_member (f, FALSE);
      for (guint j = 0; j < i; j++)
        introduce (f, &f->members[j], &f->members[i]);
    }
  for (guint i = 1; i <= 3; i++)
    {
      WAIT_FOR (f->members[i].n_complete == 1);
      assert_has_all (f, &f->members[i]);
      given += bytes_sent (&f->members[i]);
    }
  g_assert_cmpuint (given, >, 0);
  WAIT_FOR (bytes_sent (source) >= SIZE);
  assert_goes (g_steal_pointer (&source->swarm));

  newcomer = add_member (f, FALSE);
  for (guint i = 1; i <= 3; i++)
    introduce (f, &f->members[i], newcomer);
  WAIT_FOR (newcomer->n_complete == 1);
  assert_has_all (f, newcomer);
}

/* A partial store gives what it has: of two viewers with half a file each, who never meet the
 * source, both get the whole. */
static void
test_halves (Fixture *f, gconstpointer data)
{
  Member *a = add_member (f, FALSE);
  Member *b = add_member (f, FALSE);

  assert_goes (g_steal_pointer (&a->swarm));
  assert_goes (g_steal_pointer (&b->swarm));
  for (guint32 i = 0; i < N_CHUNKS; i++)
    test_copy_chunk (f->source, i % 3 == 0 ? a->store : b->store, i);
  for (guint i = 0; i < 2; i++)
    {
      f->members[i].swarm = dfn_file_swarm_new (f->members[i].store);
      g_signal_connect (f->members[i].swarm, "complete", G_CALLBACK (count),
                        &f->members[i].n_complete);
    }
  introduce (f, a, b);
  WAIT_FOR (a->n_complete == 1 && b->n_complete == 1);
  assert_has_all (f, a);
  assert_has_all (f, b);
}

static void
say_complete (Fixture *f, DfnPeer *peer)
{
  Dfn__Have have = DFN__HAVE__INIT;

  have.content.data = (guint8 *) dfn_manifest_get_root (dfn_chunk_store_get_manifest (f->source));
  have.content.len = DFN_WIRE_CONTENT_SIZE;
  have.complete = TRUE;
  dfn_peer_send_have (peer, &have);
}

static void
pollute (DfnPeer *peer,
         gint64 request,
         const guint8 *content,
         guint32 track,
         guint32 chunk,
         gpointer user_data)
{
  guint32 length = chunk == N_CHUNKS - 1 ? CHUNK_SIZE - 1000 : CHUNK_SIZE;
  g_autoptr (GBytes) data = g_bytes_new_take (g_malloc0 (length), length);
  g_autoptr (GBytes) proof = g_bytes_new_take (g_malloc0 (32), 32);

  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__OK, data, proof);
}

/* Whoever sends what does not prove is dropped, and the others go on. */
static void
test_polluter (Fixture *f, gconstpointer data)
{
  Member *source = add_member (f, TRUE);
  Member *viewer = add_member (f, FALSE);
  DfnPeer *polluter, *of_viewer;

  connect_ends (f, &polluter, &of_viewer);
  dfn_peer_set_provider (polluter, pollute, NULL);
  dfn_file_swarm_add_peer (viewer->swarm, of_viewer);
  say_complete (f, polluter);
  WAIT_FOR (viewer->n_misbehaved == 1);
  introduce (f, source, viewer);
  WAIT_FOR (viewer->n_complete == 1);
  g_assert_cmpuint (viewer->n_misbehaved, ==, 1);
  assert_has_all (f, viewer);
}

static void
keep_silent (DfnPeer *peer,
             gint64 request,
             const guint8 *content,
             guint32 track,
             guint32 chunk,
             gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* What was asked of a peer that never answers is asked of another. */
static void
test_never_delivers (Fixture *f, gconstpointer data)
{
  Member *source = add_member (f, TRUE);
  Member *viewer = add_member (f, FALSE);
  DfnPeer *liar, *of_viewer;
  guint n_asked = 0;

  connect_ends (f, &liar, &of_viewer);
  dfn_peer_set_provider (liar, keep_silent, &n_asked);
  dfn_file_swarm_add_peer (viewer->swarm, of_viewer);
  say_complete (f, liar);
  WAIT_FOR (n_asked > 0);
  introduce (f, source, viewer);
  WAIT_FOR (viewer->n_complete == 1);
  assert_has_all (f, viewer);
  dfn_peer_set_provider (liar, NULL, NULL);
}

/* The original changes: those who fetch hear that it is withdrawn. */
static void
test_withdrawn (Fixture *f, gconstpointer data)
{
  Member *source = add_member (f, TRUE);
  Member *viewer = add_member (f, FALSE);

  g_assert_cmpint (truncate (f->original, 5), ==, 0);
  introduce (f, source, viewer);
  WAIT_FOR (viewer->n_withdrawn == 1);
  g_assert_cmpuint (dfn_chunk_store_get_n_present (viewer->store), ==, 0);
}

static void
on_have (DfnPeer *peer, const Dfn__Have *have, guint *n_heard)
{
  (*n_heard)++;
}

static void
use (DfnPeer *peer, gpointer user_data)
{
  dfn_file_swarm_add_peer (user_data, peer);
}

/* What a peer says while the disk is still being looked at is heard afterwards. */
static void
test_early_peer (Fixture *f, gconstpointer data)
{
  g_autoptr (DfnHaveKeeper) keeper = dfn_have_keeper_new ();
  Member *source = add_member (f, TRUE);
  Member *viewer = add_member (f, FALSE);
  DfnPeer *of_source, *of_viewer;
  guint n_heard = 0;

  connect_ends (f, &of_source, &of_viewer);
  dfn_have_keeper_add_peer (keeper, of_viewer);
  g_signal_connect (of_viewer, "have", G_CALLBACK (on_have), &n_heard);
  dfn_file_swarm_add_peer (source->swarm, of_source);
  WAIT_FOR (n_heard == 1);
  dfn_have_keeper_hand_over (keeper, use, viewer->swarm);
  WAIT_FOR (viewer->n_complete == 1);
  assert_has_all (f, viewer);
  g_signal_handlers_disconnect_by_data (of_viewer, &n_heard);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/streaming/file-swarm/outlives-source", test_outlives_source);
  ADD ("/streaming/file-swarm/halves", test_halves);
  ADD ("/streaming/file-swarm/polluter", test_polluter);
  ADD ("/streaming/file-swarm/never-delivers", test_never_delivers);
  ADD ("/streaming/file-swarm/withdrawn", test_withdrawn);
  ADD ("/streaming/file-swarm/early-peer", test_early_peer);
  return g_test_run ();
}
