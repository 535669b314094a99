/* SPDX-License-Identifier: MIT */
#include "dfn-live-swarm.h"
#include "dfn-loopback-link.h"

#include <string.h>

/* Members of a live swarm in one process, over links in memory: everything is real but the network.
 */

#define SLOT_US 20000
#define SIZE 3000
#define TIMEOUT_S 30

static const guint8 id[DFN_LIVE_STREAM_ID_SIZE] = { 1, 2, 3 };

typedef struct {
  DfnLiveSwarm *swarm;
  GByteArray *played;
  guint n_begins;
  guint n_misbehaved;
  gboolean has_ended;
} Member;

typedef struct {
  DfnLink *links[2];
  DfnPeer *peers[2];
  DfnQuicIdentity *identities[2];
  guint n_ready;
} Connection;

typedef struct {
  DfnLiveSigner *signer;
  DfnLiveManifest *manifest;
  Member source;
  Member viewers[3];
  Connection connections[4];
  guint n_connections;
  guint32 made;
  GByteArray *expected;
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
on_chunk (DfnLiveSwarm *swarm, DfnLiveChunk *chunk, gboolean begins, Member *member)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (chunk->payload, &size);

  g_byte_array_append (member->played, data + chunk->header.preamble,
                       (guint) (size - chunk->header.preamble));
  member->n_begins += begins;
}

static void
on_misbehaved (DfnLiveSwarm *swarm, DfnPeer *peer, Member *member)
{
  member->n_misbehaved++;
  dfn_live_swarm_remove_peer (swarm, peer);
}

static void
on_ended (DfnLiveSwarm *swarm, Member *member)
{
  member->has_ended = TRUE;
}

static void
member_init (Member *member, gboolean is_source, const DfnLiveManifest *manifest)
{
  member->swarm = dfn_live_swarm_new (id, is_source, 0, 0);
  member->played = g_byte_array_new ();
  g_signal_connect (member->swarm, "chunk", G_CALLBACK (on_chunk), member);
  g_signal_connect (member->swarm, "misbehaved", G_CALLBACK (on_misbehaved), member);
  g_signal_connect (member->swarm, "ended", G_CALLBACK (on_ended), member);
  dfn_live_swarm_set_manifest (member->swarm, manifest);
}

static void
member_clear (Member *member)
{
  g_object_run_dispose (G_OBJECT (member->swarm));
  g_assert_finalize_object (member->swarm);
  g_byte_array_unref (member->played);
}

static void
begin_epoch (Fixture *f, guint64 epoch)
{
  g_clear_pointer (&f->signer, dfn_live_signer_free);
  g_clear_pointer (&f->manifest, dfn_live_manifest_free);
  f->signer = dfn_live_signer_new (id);
  f->manifest = dfn_live_manifest_new ("test", NULL, dfn_live_signer_get_key (f->signer), epoch,
                                       SLOT_US, 1764081240);
  dfn_live_manifest_add_track (f->manifest, "application/octet-stream", NULL, 0);
  f->made = 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  begin_epoch (f, 1);
  f->expected = g_byte_array_new ();
  member_init (&f->source, TRUE, f->manifest);
  for (guint i = 0; i < G_N_ELEMENTS (f->viewers); i++)
    member_init (&f->viewers[i], FALSE, f->manifest);
}

static void
connection_clear (Connection *connection)
{
  for (guint i = 0; i < 2; i++)
    {
      g_clear_object (&connection->peers[i]);
      g_clear_object (&connection->identities[i]);
      g_clear_object (&connection->links[i]);
    }
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  member_clear (&f->source);
  for (guint i = 0; i < G_N_ELEMENTS (f->viewers); i++)
    member_clear (&f->viewers[i]);
  for (guint i = 0; i < f->n_connections; i++)
    connection_clear (&f->connections[i]);
  dfn_live_signer_free (f->signer);
  dfn_live_manifest_free (f->manifest);
  g_byte_array_unref (f->expected);
}

static void
on_ready (DfnPeer *peer, Connection *connection)
{
  connection->n_ready++;
}

static void
start_pair (Connection *connection)
{
  dfn_loopback_link_new_pair (NULL, NULL, &connection->links[0], &connection->links[1]);
  for (guint i = 0; i < 2; i++)
    connection->identities[i] = dfn_quic_identity_new ();
  for (guint i = 0; i < 2; i++)
    {
      connection->peers[i] =
          dfn_peer_new (connection->links[i], i == 1, connection->identities[i],
                        dfn_quic_identity_get_key (connection->identities[1 - i]));
      g_signal_connect (connection->peers[i], "ready", G_CALLBACK (on_ready), connection);
    }
}

static Connection *
connect_pair (Fixture *f)
{
  Connection *connection = &f->connections[f->n_connections++];

  start_pair (connection);
  WAIT_FOR (connection->n_ready == 2);
  return connection;
}

static void
connect_members (Fixture *f, Member *a, Member *b)
{
  Connection *connection = connect_pair (f);

  dfn_live_swarm_add_peer (a->swarm, connection->peers[0]);
  dfn_live_swarm_add_peer (b->swarm, connection->peers[1]);
}

static void
publish (Fixture *f, guint32 flags)
{
  DfnLiveHeader header = { .presented_us = (gint64) f->made * SLOT_US,
                           .captured_us = g_get_real_time (),
                           .flags = flags };
  guint8 data[SIZE];
  g_autoptr (GBytes) payload = NULL;

  for (guint i = 0; i < SIZE; i++)
    data[i] = (guint8) (i * 31 + f->made * 7 + f->manifest->epoch);
  payload = g_bytes_new (data, SIZE);
  dfn_live_swarm_publish (f->source.swarm, f->signer, &header, payload);
  g_byte_array_append (f->expected, data, SIZE);
  f->made++;
}

typedef struct {
  Fixture *f;
  guint n_left;
  gboolean ends;
} Stream;

static gboolean
on_slot (gpointer user_data)
{
  Stream *stream = user_data;

  stream->n_left--;
  publish (stream->f,
           DFN_LIVE_FLAG_JOIN | (stream->n_left == 0 && stream->ends ? DFN_LIVE_FLAG_END : 0));
  return stream->n_left > 0;
}

/* Makes @n chunks, one a slot. */
static void
stream (Fixture *f, guint n, gboolean ends)
{
  Stream state = { f, n, ends };

  g_timeout_add (SLOT_US / 1000, on_slot, &state);
  WAIT_FOR (state.n_left == 0);
}

static void
assert_played_all (Fixture *f, Member *member)
{
  g_assert_cmpmem (member->played->data, member->played->len, f->expected->data, f->expected->len);
  g_assert_cmpuint (member->n_misbehaved, ==, 0);
}

/* The source gives to one, which gives to the next: everybody plays everything, in order. */
static void
test_chain (Fixture *f, gconstpointer data)
{
  DfnLiveSwarmStats stats;
  guint64 n_received;
  double copies;
  gint64 lag_us;

  connect_members (f, &f->source, &f->viewers[0]);
  connect_members (f, &f->viewers[0], &f->viewers[1]);
  connect_members (f, &f->viewers[1], &f->viewers[2]);
  stream (f, 100, TRUE);
  for (guint i = 0; i < 3; i++)
    {
      WAIT_FOR (f->viewers[i].has_ended);
      assert_played_all (f, &f->viewers[i]);
      g_assert_cmpuint (f->viewers[i].n_begins, ==, 1);
    }
  dfn_live_swarm_get_stats (f->source.swarm, &stats);
  g_assert_cmpuint (stats.bytes_made, ==, 100 * SIZE);
  g_assert_cmpfloat (stats.source_copies, <=, 1.0);
  dfn_live_swarm_get_stats (f->viewers[2].swarm, &stats);
  g_assert_cmpuint (stats.chunks_received, ==, 100);
  g_assert_cmpuint (stats.bytes_played, ==, 100 * SIZE);
  g_assert_cmpuint (stats.chunks_missed, ==, 0);
  g_assert_cmpint (stats.first_chunk_us, >, 0);
  g_object_get (f->viewers[2].swarm, "chunks-received", &n_received, "source-copies", &copies,
                "lag-us", &lag_us, NULL);
  g_assert_cmpuint (n_received, ==, 100);
  g_assert_cmpfloat (copies, ==, 0);
  g_assert_cmpint (lag_us, >, 0);
}

/* Whoever comes later gets the stream from there on. */
static void
test_late_joiner (Fixture *f, gconstpointer data)
{
  Member *late = &f->viewers[1];

  connect_members (f, &f->source, &f->viewers[0]);
  stream (f, 100, FALSE);
  connect_members (f, &f->viewers[0], late);
  stream (f, 100, TRUE);
  WAIT_FOR (late->has_ended && f->viewers[0].has_ended);
  assert_played_all (f, &f->viewers[0]);
  g_assert_cmpuint (late->played->len, >=, 50 * SIZE);
  g_assert_cmpuint (late->n_begins, ==, 1);
  g_assert_cmpmem (late->played->data, late->played->len,
                   f->expected->data + f->expected->len - late->played->len, late->played->len);
}

static guint64
count_received (Member *member)
{
  DfnLiveSwarmStats stats;

  dfn_live_swarm_get_stats (member->swarm, &stats);
  return stats.chunks_received;
}

static void
on_early (DfnPeer *peer, Fixture *f)
{
  dfn_live_swarm_welcome (f->source.swarm, peer);
}

static void
on_newcomer_ready (DfnPeer *peer, Fixture *f)
{
  dfn_live_swarm_add_peer (f->viewers[0].swarm, peer);
}

/* What a newcomer is given before it has proved its key arrives with the handshake, and is neither
 * lost nor given again when it becomes a member. */
static void
test_welcome (Fixture *f, gconstpointer data)
{
  Connection *connection = &f->connections[f->n_connections++];
  DfnLiveSwarmStats stats;

  stream (f, 20, FALSE);
  start_pair (connection);
  g_signal_connect (connection->peers[1], "early", G_CALLBACK (on_early), f);
  g_signal_connect (connection->peers[0], "ready", G_CALLBACK (on_newcomer_ready), f);
  WAIT_FOR (connection->n_ready == 2);
  dfn_live_swarm_get_stats (f->source.swarm, &stats);
  g_assert_cmpuint (stats.bytes_sent, ==, SIZE);
  WAIT_FOR (count_received (&f->viewers[0]) == 1);
  dfn_live_swarm_add_peer (f->source.swarm, connection->peers[1]);
  stream (f, 100, TRUE);
  WAIT_FOR (f->viewers[0].has_ended);
  dfn_live_swarm_get_stats (f->viewers[0].swarm, &stats);
  g_assert_cmpuint (stats.chunks_duplicate, ==, 0);
  g_assert_cmpuint (f->viewers[0].played->len, >=, 50 * SIZE);
  g_assert_cmpmem (f->viewers[0].played->data, f->viewers[0].played->len,
                   f->expected->data + f->expected->len - f->viewers[0].played->len,
                   f->viewers[0].played->len);
  /* Nothing to give yet, or nobody to give it to: nothing happens. */
  dfn_live_swarm_welcome (f->viewers[1].swarm, connection->peers[1]);
}

/* A neighbour that gives a chunk nobody signed is named, and nothing of it is played or kept. */
static void
test_polluter (Fixture *f, gconstpointer data)
{
  Member *victim = &f->viewers[0];
  Connection *connection = connect_pair (f);
  g_autoptr (DfnLiveSigner) other = dfn_live_signer_new (id);
  g_autoptr (GBytes) payload = g_bytes_new_static ("forged", 6);
  DfnLiveHeader header = { .epoch = 1,
                           .captured_us = g_get_real_time (),
                           .flags = DFN_LIVE_FLAG_JOIN };
  g_autoptr (DfnLiveChunk) chunk = dfn_live_chunk_new_signed (other, &header, payload);
  Dfn__StreamChunk message;
  DfnLiveSwarmStats stats;

  dfn_live_swarm_add_peer (victim->swarm, connection->peers[0]);
  dfn_live_header_to_wire (&chunk->header, &message);
  g_assert_cmpint (dfn_peer_push (connection->peers[1], &message, payload, 0, NULL, NULL), >=, 0);
  WAIT_FOR (victim->n_misbehaved == 1);
  dfn_live_swarm_get_stats (victim->swarm, &stats);
  g_assert_cmpuint (stats.chunks_invalid, ==, 1);
  g_assert_cmpuint (stats.chunks_received, ==, 0);
  g_assert_cmpuint (stats.peers, ==, 0);
}

/* A chunk of an earlier epoch is refused, with no harm to whoever has not heard of the new one. */
static void
test_replay (Fixture *f, gconstpointer data)
{
  Member *victim = &f->viewers[0];
  Connection *connection = connect_pair (f);
  g_autoptr (GBytes) payload = g_bytes_new_static ("old", 3);
  DfnLiveHeader header = { .epoch = 1, .captured_us = g_get_real_time () };
  g_autoptr (DfnLiveChunk) chunk = dfn_live_chunk_new_signed (f->signer, &header, payload);
  Dfn__StreamChunk message;
  DfnPeerStats before, after;

  begin_epoch (f, 2);
  g_assert_true (dfn_live_swarm_set_manifest (victim->swarm, f->manifest));
  dfn_live_swarm_add_peer (victim->swarm, connection->peers[0]);
  dfn_peer_get_stats (connection->peers[0], &before);
  dfn_live_header_to_wire (&chunk->header, &message);
  dfn_peer_push (connection->peers[1], &message, payload, 0, NULL, NULL);
  for (guint i = 0; i < 50; i++)
    {
      g_usleep (2000);
      g_main_context_iteration (NULL, FALSE);
    }
  dfn_peer_get_stats (connection->peers[0], &after);
  g_assert_cmpuint (after.chunks_received, ==, before.chunks_received);
  g_assert_cmpuint (victim->n_misbehaved, ==, 0);
  g_assert_cmpuint (victim->played->len, ==, 0);
}

/* The broadcast starts again: what was here is played, then what is new, and an older announcement
 * changes nothing. */
static void
test_epochs (Fixture *f, gconstpointer data)
{
  g_autoptr (DfnLiveManifest) old = dfn_live_manifest_copy (f->manifest);

  connect_members (f, &f->source, &f->viewers[0]);
  connect_members (f, &f->viewers[0], &f->viewers[1]);
  stream (f, 60, FALSE);
  begin_epoch (f, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_true (dfn_live_swarm_set_manifest (f->viewers[i].swarm, f->manifest));
  g_assert_true (dfn_live_swarm_set_manifest (f->source.swarm, f->manifest));
  g_assert_false (dfn_live_swarm_set_manifest (f->viewers[0].swarm, old));
  stream (f, 60, TRUE);
  WAIT_FOR (f->viewers[0].has_ended && f->viewers[1].has_ended);
  for (guint i = 0; i < 2; i++)
    {
      GByteArray *played = f->viewers[i].played;

      g_assert_cmpuint (f->viewers[i].n_begins, ==, 2);
      g_assert_cmpuint (f->viewers[i].n_misbehaved, ==, 0);
      /* The end of the first run may not have been here; all of the second was. */
      g_assert_cmpuint (played->len, >=, 60 * SIZE);
      g_assert_cmpmem (played->data + played->len - 60 * SIZE, 60 * SIZE,
                       f->expected->data + 60 * SIZE, 60 * SIZE);
    }
}

/* Nobody takes what is played for a while, then somebody goes back in time. */
static void
test_hold_and_go_back (Fixture *f, gconstpointer data)
{
  Member *viewer = &f->viewers[0];
  guint length;

  connect_members (f, &f->source, viewer);
  stream (f, 120, FALSE);
  WAIT_FOR (viewer->played->len > 0);
  dfn_live_swarm_set_held (viewer->swarm, TRUE);
  length = viewer->played->len;
  stream (f, 50, FALSE);
  g_assert_cmpuint (viewer->played->len, ==, length);
  dfn_live_swarm_set_held (viewer->swarm, FALSE);
  WAIT_FOR (viewer->played->len > length + 30 * SIZE);
  g_assert_cmpmem (viewer->played->data, viewer->played->len, f->expected->data,
                   viewer->played->len);

  length = viewer->played->len;
  dfn_live_swarm_go_back (viewer->swarm, 3 * G_USEC_PER_SEC);
  WAIT_FOR (viewer->played->len >= length + 5 * SIZE);
  /* 170 slots of 20 ms have been: 3 s back is near the beginning. */
  g_assert_nonnull (memmem (f->expected->data, 60 * SIZE, viewer->played->data + length, 5 * SIZE));
}

static void
on_notice (DfnLiveSwarm *swarm, const char *sentence, char **kept)
{
  g_free (*kept);
  *kept = g_strdup (sentence);
}

/* Whoever comes late gets what was before from the window of another who was there. */
static void
test_back_before_ones_time (Fixture *f, gconstpointer data)
{
  Member *late = &f->viewers[1];
  DfnLiveSwarmStats stats;

  connect_members (f, &f->source, &f->viewers[0]);
  stream (f, 500, FALSE);
  dfn_live_swarm_go_back (late->swarm, 9 * G_USEC_PER_SEC);
  connect_members (f, &f->viewers[0], late);
  stream (f, 50, FALSE);
  WAIT_FOR (late->played->len > 0);
  dfn_live_swarm_get_stats (late->swarm, &stats);
  g_assert_cmpint (stats.lag_us, >, 7 * G_USEC_PER_SEC);
  /* What is as young as the swarm's buffer is given from the past once it is older. */
  stream (f, 250, TRUE);
  WAIT_FOR (late->has_ended);
  g_assert_cmpuint (late->n_begins, ==, 1);
  /* 9 s are 450 of the 500 chunks that had been; a second more or less is close enough. */
  g_assert_cmpuint (late->played->len, >=, (800 - 110) * SIZE);
  g_assert_cmpuint (late->played->len, <, 800 * SIZE);
  g_assert_cmpmem (late->played->data, late->played->len,
                   f->expected->data + f->expected->len - late->played->len, late->played->len);
  dfn_live_swarm_get_stats (f->viewers[0].swarm, &stats);
  g_assert_cmpuint (stats.chunks_invalid, ==, 0);
}

/* More was wanted than anybody has: it is played from where that begins, and said. */
static void
test_back_too_far (Fixture *f, gconstpointer data)
{
  Member *late = &f->viewers[1];
  g_autofree char *notice = NULL;

  g_signal_connect (late->swarm, "notice", G_CALLBACK (on_notice), &notice);
  connect_members (f, &f->source, &f->viewers[0]);
  stream (f, 400, FALSE);
  dfn_live_swarm_go_back (late->swarm, 600 * G_USEC_PER_SEC);
  connect_members (f, &f->viewers[0], late);
  stream (f, 250, TRUE);
  WAIT_FOR (late->has_ended);
  g_assert_nonnull (notice);
  g_assert_true (g_str_has_prefix (notice, "Nobody here has more of the past"));
  assert_played_all (f, late);
}

int
main (int argc, char **argv)
{
#define ADD(name, func) g_test_add ("/live-swarm/" name, Fixture, NULL, set_up, func, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("chain", test_chain);
  ADD ("late-joiner", test_late_joiner);
  ADD ("welcome", test_welcome);
  ADD ("polluter", test_polluter);
  ADD ("replay", test_replay);
  ADD ("epochs", test_epochs);
  ADD ("hold-and-go-back", test_hold_and_go_back);
  ADD ("back-before-ones-time", test_back_before_ones_time);
  ADD ("back-too-far", test_back_too_far);
  return g_test_run ();
}
