/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"
#include "dfn-peer.h"
#include "network-test-support.h"

#include <string.h>

#define SIZE 20000

static const guint8 content[DFN_WIRE_CONTENT_SIZE] = { 1, 2, 3 };
static guint8 bytes_of_hash[32] = { 4, 5 };
static guint8 bytes_of_signature[64] = { 6, 7 };

/* One side, and what it heard. */
typedef struct {
  DfnPeer *peer;
  DfnQuicIdentity *identity;
  DfnLink *link;
  guint n_ready;
  guint n_closed;

  guint n_outcomes[DFN_PEER_PUSH_LOST + 1];
  guint n_begun;
  guint n_complete;
  guint n_lost;
  gboolean refuses;
  gint64 last_push;
  guint32 last_sequence;
  GBytes *last_payload;

  guint n_frames;
  Dfn__Frame__BodyCase last_frame;

  guint n_sent;
  guint n_responses;
} Side;

typedef struct {
  Side client, server;
  Dfn__StreamChunk header;
  GBytes *payload;
} Fixture;

static void
on_ready (DfnPeer *peer, Side *side)
{
  side->n_ready++;
}

static void
on_closed (DfnPeer *peer, Side *side)
{
  side->n_closed++;
}

static void
on_frame (DfnPeer *peer, const Dfn__Frame *frame, Side *side)
{
  side->n_frames++;
  side->last_frame = frame->body_case;
}

static gboolean
on_begin (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, gpointer user_data)
{
  Side *side = user_data;

  side->n_begun++;
  side->last_push = push;
  return !side->refuses;
}

static void
on_complete (
    DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, GBytes *payload, gpointer user_data)
{
  Side *side = user_data;

  side->n_complete++;
  side->last_sequence = header->sequence;
  g_assert_cmpmem (header->hash.data, header->hash.len, bytes_of_hash, sizeof bytes_of_hash);
  g_assert_cmpuint (g_bytes_get_size (payload), ==, header->size);
  g_clear_pointer (&side->last_payload, g_bytes_unref);
  side->last_payload = g_bytes_ref (payload);
}

static void
on_lost (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, gpointer user_data)
{
  ((Side *) user_data)->n_lost++;
}

static const DfnPeerPushHandler handler = {
  .begin = on_begin,
  .complete = on_complete,
  .lost = on_lost,
};

static void
on_push_outcome (DfnPeer *peer, gint64 push, DfnPeerPushOutcome outcome, gpointer user_data)
{
  ((Side *) user_data)->n_outcomes[outcome]++;
}

static void
side_start (Side *side, gboolean is_server, Side *other)
{
  side->peer = dfn_peer_new (side->link, is_server, side->identity,
                             dfn_quic_identity_get_key (other->identity));
  g_signal_connect (side->peer, "ready", G_CALLBACK (on_ready), side);
  g_signal_connect (side->peer, "closed", G_CALLBACK (on_closed), side);
  g_signal_connect (side->peer, "frame", G_CALLBACK (on_frame), side);
  dfn_peer_set_push_handler (side->peer, &handler, side);
}

static void
side_clear (Side *side)
{
  g_assert_finalize_object (side->peer);
  g_assert_finalize_object (side->identity);
  g_assert_finalize_object (side->link);
  g_clear_pointer (&side->last_payload, g_bytes_unref);
}

static void
meet (Fixture *f)
{
  memset (f, 0, sizeof *f);
  f->client.identity = dfn_quic_identity_new ();
  f->server.identity = dfn_quic_identity_new ();
  dfn_loopback_link_new_pair (NULL, NULL, &f->client.link, &f->server.link);
  side_start (&f->server, TRUE, &f->client);
  side_start (&f->client, FALSE, &f->server);
  WAIT_FOR (f->client.n_ready == 1 && f->server.n_ready == 1);
  f->payload = network_test_random_bytes (SIZE);
  f->header = (Dfn__StreamChunk) DFN__STREAM_CHUNK__INIT;
  f->header.epoch = 1;
  f->header.sequence = 77;
  f->header.size = SIZE;
  f->header.hash = (ProtobufCBinaryData){ sizeof bytes_of_hash, bytes_of_hash };
  f->header.signature = (ProtobufCBinaryData){ sizeof bytes_of_signature, bytes_of_signature };
}

static void
tear_down (Fixture *f)
{
  side_clear (&f->client);
  side_clear (&f->server);
  g_bytes_unref (f->payload);
}

static gint64
push (Fixture *f, Side *from)
{
  return dfn_peer_push (from->peer, &f->header, f->payload, 0, on_push_outcome, from);
}

static void
test_push (void)
{
  DfnPeerStats stats;
  Fixture f;

  meet (&f);
  g_assert_cmpint (push (&f, &f.client), >=, 0);
  g_assert_cmpint (push (&f, &f.server), >=, 0);
  WAIT_FOR (f.client.n_complete == 1 && f.server.n_complete == 1);
  g_assert_true (g_bytes_equal (f.server.last_payload, f.payload));
  g_assert_true (g_bytes_equal (f.client.last_payload, f.payload));
  g_assert_cmpuint (f.server.last_sequence, ==, 77);
  WAIT_FOR (f.client.n_outcomes[DFN_PEER_PUSH_SENT] == 1
            && f.server.n_outcomes[DFN_PEER_PUSH_SENT] == 1);
  dfn_peer_get_stats (f.client.peer, &stats);
  g_assert_cmpuint (stats.chunks_sent, ==, 1);
  g_assert_cmpuint (stats.chunks_received, ==, 1);
  g_assert_cmpuint (stats.chunk_bytes_sent, ==, SIZE);
  g_assert_cmpuint (stats.chunk_bytes_received, ==, SIZE);
  g_assert_cmpuint (stats.control_bytes_sent, >, 0);
  g_assert_cmpuint (stats.control_bytes_sent, <, SIZE / 10);
  tear_down (&f);
}

/* Nothing of it is held, and the sender hears of it; others go on. */
static void
test_refused (void)
{
  Fixture f;

  meet (&f);
  f.server.refuses = TRUE;
  f.payload = (g_bytes_unref (f.payload), network_test_random_bytes (DFN_WIRE_MAX_LIVE_CHUNK));
  f.header.size = DFN_WIRE_MAX_LIVE_CHUNK;
  for (guint i = 0; i < 40; i++) /* more than any window: most wait when the first is refused */
    g_assert_cmpint (push (&f, &f.client), >=, 0);
  WAIT_FOR (f.client.n_outcomes[DFN_PEER_PUSH_REFUSED] + f.client.n_outcomes[DFN_PEER_PUSH_SENT]
            == 40);
  WAIT_FOR (f.server.n_begun == 40);
  g_assert_cmpuint (f.server.n_complete, ==, 0);
  g_assert_cmpuint (f.server.n_lost, ==, 0);
  f.server.refuses = FALSE;
  push (&f, &f.client);
  WAIT_FOR (f.server.n_complete == 1);
  tear_down (&f);
}

static void
test_cancelled_by_sender (void)
{
  gint64 id;
  Fixture f;

  meet (&f);
  id = push (&f, &f.client);
  dfn_peer_cancel_push (f.client.peer, id);
  dfn_peer_cancel_push (f.client.peer, id); /* does nothing */
  push (&f, &f.client);
  WAIT_FOR (f.server.n_complete == 1);
  WAIT_FOR (f.client.n_outcomes[DFN_PEER_PUSH_SENT] == 1);
  g_assert_cmpuint (f.client.n_outcomes[DFN_PEER_PUSH_REFUSED], ==, 0);
  g_assert_cmpuint (f.server.n_begun, ==, f.server.n_complete + f.server.n_lost);
  tear_down (&f);
}

static gboolean
on_begin_and_cancel (DfnPeer *peer, gint64 id, const Dfn__StreamChunk *header, gpointer user_data)
{
  on_begin (peer, id, header, user_data);
  dfn_peer_cancel_push (peer, id);
  return TRUE;
}

static void
test_cancelled_by_receiver (void)
{
  static const DfnPeerPushHandler cancelling = { .begin = on_begin_and_cancel,
                                                 .complete = on_complete,
                                                 .lost = on_lost };
  Fixture f;

  meet (&f);
  dfn_peer_set_push_handler (f.server.peer, &cancelling, &f.server);
  push (&f, &f.client);
  WAIT_FOR (f.client.n_outcomes[DFN_PEER_PUSH_REFUSED] + f.client.n_outcomes[DFN_PEER_PUSH_SENT]
            == 1);
  network_test_run_for (50);
  g_assert_cmpuint (f.server.n_complete, ==, 0);
  g_assert_cmpuint (f.server.n_lost, ==, 0);
  g_assert_cmpuint (f.client.n_closed, ==, 0);
  tear_down (&f);
}

static void
test_connection_lost (void)
{
  Fixture f;

  meet (&f);
  push (&f, &f.client);
  dfn_peer_close (f.client.peer, DFN__CLOSE_REASON__LEAVING, NULL);
  WAIT_FOR (f.client.n_closed == 1 && f.server.n_closed == 1);
  g_assert_cmpuint (f.client.n_outcomes[DFN_PEER_PUSH_LOST], ==, 1);
  g_assert_cmpuint (f.server.n_begun, ==, f.server.n_complete + f.server.n_lost);
  tear_down (&f);
}

/* The end of a track may be without bytes. */
static void
test_empty (void)
{
  Fixture f;

  meet (&f);
  f.header.size = 0;
  f.header.flags = 2;
  g_assert_cmpint (dfn_peer_push (f.client.peer, &f.header, NULL, 0, on_push_outcome, &f.client),
                   >=, 0);
  WAIT_FOR (f.server.n_complete == 1 && f.client.n_outcomes[DFN_PEER_PUSH_SENT] == 1);
  tear_down (&f);
}

/* A size other than announced ends the connection, and nothing of it is shown. */
static void
test_wrong_size (gconstpointer difference)
{
  Fixture f;

  meet (&f);
  f.header.size = (guint32) (SIZE + GPOINTER_TO_INT (difference));
  push (&f, &f.client);
  WAIT_FOR (f.server.n_closed == 1);
  g_assert_error (dfn_peer_get_error (f.server.peer), DFN_NETWORK_ERROR,
                  DFN_NETWORK_ERROR_PROTOCOL);
  g_assert_cmpuint (f.server.n_complete, ==, 0);
  tear_down (&f);
}

/* Without anybody who takes pushes they are refused. */
static void
test_nobody (void)
{
  Fixture f;

  meet (&f);
  dfn_peer_set_push_handler (f.server.peer, NULL, NULL);
  push (&f, &f.client);
  WAIT_FOR (f.client.n_outcomes[DFN_PEER_PUSH_REFUSED] + f.client.n_outcomes[DFN_PEER_PUSH_SENT]
            == 1);
  g_assert_cmpuint (f.server.n_begun, ==, 0);
  tear_down (&f);
}

/* Messages about the swarm */

static void
test_frames (void)
{
  Dfn__LiveUpdate update = DFN__LIVE_UPDATE__INIT;
  Dfn__BroadcastAnnouncement announcement = DFN__BROADCAST_ANNOUNCEMENT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autofree char *long_text = g_strnfill (2 * DFN_QUIC_MAX_DATAGRAM, 'x');
  Fixture f;

  meet (&f);
  frame.body_case = DFN__FRAME__BODY_LIVE_UPDATE;
  frame.live_update = &update;
  dfn_peer_send_frame (f.client.peer, &frame);
  WAIT_FOR (f.server.n_frames == 1);
  g_assert_cmpint (f.server.last_frame, ==, DFN__FRAME__BODY_LIVE_UPDATE);
  g_assert_true (dfn_peer_send_datagram (f.client.peer, &frame));
  WAIT_FOR (f.server.n_frames == 2);

  announcement.event = long_text;
  frame.body_case = DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT;
  frame.broadcast_announcement = &announcement;
  g_assert_false (dfn_peer_send_datagram (f.server.peer, &frame));
  dfn_peer_send_frame (f.server.peer, &frame);
  WAIT_FOR (f.client.n_frames == 1);
  g_assert_cmpint (f.client.last_frame, ==, DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT);
  tear_down (&f);
}

/* Live chunks that are asked for */

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *wanted,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_cmpmem (wanted, DFN_WIRE_CONTENT_SIZE, content, sizeof content);
  f->header.track = track;
  f->header.sequence = chunk;
  dfn_peer_respond_live (peer, request, &f->header, f->payload, 5);
}

static void
on_sent (DfnPeer *peer, gint64 request, gpointer user_data)
{
  ((Side *) user_data)->n_sent++;
}

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  Side *side = user_data;

  side->n_responses++;
  if (response == NULL)
    return;
  g_assert_cmpint (response->status, ==, DFN__CONTENT_RESPONSE__STATUS__OK);
  g_assert_nonnull (response->live);
  g_assert_cmpuint (response->live->track, ==, 3);
  g_assert_cmpuint (response->live->sequence, ==, G_MAXUINT32);
  side->last_payload = g_bytes_ref (response->data);
}

static void
test_request_live (void)
{
  Fixture f;

  meet (&f);
  dfn_peer_set_provider (f.server.peer, on_wanted, &f);
  dfn_peer_set_sent (f.server.peer, on_sent, &f.server);
  g_assert_cmpint (
      dfn_peer_request_live (f.client.peer, content, 3, G_MAXUINT32, on_response, &f.client), >=,
      0);
  WAIT_FOR (f.client.n_responses == 1 && f.server.n_sent == 1);
  g_assert_true (g_bytes_equal (f.client.last_payload, f.payload));
  tear_down (&f);
}

/* A file's chunk is no answer to a request for a live one, nor the other way round. */
static void
test_other_kind (void)
{
  Fixture f;

  meet (&f);
  dfn_peer_set_provider (f.server.peer, on_wanted, &f);
  dfn_peer_request (f.client.peer, content, 3, SIZE, on_response, &f.client);
  WAIT_FOR (f.client.n_closed == 1);
  g_assert_error (dfn_peer_get_error (f.client.peer), DFN_NETWORK_ERROR,
                  DFN_NETWORK_ERROR_PROTOCOL);
  g_assert_cmpuint (f.client.n_responses, ==, 1); /* that nothing came */
  g_assert_null (f.client.last_payload);
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/peer-push/push", test_push);
  g_test_add_func ("/network/peer-push/refused", test_refused);
  g_test_add_func ("/network/peer-push/cancelled-by-sender", test_cancelled_by_sender);
  g_test_add_func ("/network/peer-push/cancelled-by-receiver", test_cancelled_by_receiver);
  g_test_add_func ("/network/peer-push/connection-lost", test_connection_lost);
  g_test_add_func ("/network/peer-push/empty", test_empty);
  g_test_add_data_func ("/network/peer-push/too-long", GINT_TO_POINTER (-1), test_wrong_size);
  g_test_add_data_func ("/network/peer-push/too-short", GINT_TO_POINTER (1), test_wrong_size);
  g_test_add_func ("/network/peer-push/nobody", test_nobody);
  g_test_add_func ("/network/peer-push/frames", test_frames);
  g_test_add_func ("/network/peer-push/request-live", test_request_live);
  g_test_add_func ("/network/peer-push/other-kind", test_other_kind);
  return g_test_run ();
}
