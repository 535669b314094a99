/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-loopback-link.h"
#include "dfn-peer.h"
#include "network-test-support.h"

#include <string.h>

#define SIZE 1000

static guint8 content[DFN_WIRE_CONTENT_SIZE];

/* A DfnPeer, and at the other end a bare connection that says whatever the test wants. */
typedef struct {
  DfnPeer *peer;
  DfnQuicIdentity *peer_identity;
  DfnLink *peer_link;
  guint n_ready;
  guint n_closed;
  guint n_asked;
  guint n_answers;
  guint n_null;

  DfnQuic *raw;
  DfnQuicIdentity *raw_identity;
  DfnLink *raw_link;
  gint64 control;
  gint64 asked; /* the last stream that the peer opened beside its control stream */
  guint n_ended;
  guint n_datagrams;
} Fixture;

/* The bare end */

static void
on_raw_data (DfnQuic *quic,
             gint64 stream,
             const guint8 *data,
             gsize length,
             gboolean fin,
             gpointer user_data)
{
  Fixture *f = user_data;

  if (!dfn_quic_is_own_stream (quic, stream) && stream > 1)
    f->asked = stream;
  if (fin)
    f->n_ended++;
}

static void
on_raw_datagram (DfnQuic *quic, const guint8 *data, gsize length, gpointer user_data)
{
  ((Fixture *) user_data)->n_datagrams++;
}

static const DfnQuicHandler raw_handler = {
  .stream_data = on_raw_data,
  .datagram = on_raw_datagram,
};

static void
say_bytes (Fixture *f, gint64 stream, const void *data, gsize length, gboolean fin)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, length);

  dfn_quic_send (f->raw, stream, bytes, fin);
}

static GBytes *
pack (Dfn__Frame__BodyCase kind, gpointer body)
{
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = kind;
  frame.hello = body; /* a union */
  return dfn_wire_pack_frame (&frame);
}

static void
say (Fixture *f, gint64 stream, Dfn__Frame__BodyCase kind, gpointer body, gboolean fin)
{
  g_autoptr (GBytes) packed = pack (kind, body);

  dfn_quic_send (f->raw, stream, packed, fin);
}

static void
say_hello (Fixture *f, guint32 version)
{
  Dfn__Hello hello = DFN__HELLO__INIT;

  hello.version = version;
  say (f, f->control, DFN__FRAME__BODY_HELLO, &hello, FALSE);
}

static void
say_request (Fixture *f, gint64 stream, gboolean fin)
{
  Dfn__ContentRequest request = DFN__CONTENT_REQUEST__INIT;

  request.content = (ProtobufCBinaryData){ sizeof content, content };
  say (f, stream, DFN__FRAME__BODY_CONTENT_REQUEST, &request, fin);
}

static void
say_response (Fixture *f, gint64 stream, guint32 size, gboolean fin)
{
  Dfn__ContentResponse response = DFN__CONTENT_RESPONSE__INIT;

  response.size = size;
  say (f, stream, DFN__FRAME__BODY_CONTENT_RESPONSE, &response, fin);
}

static gint64
open_stream (Fixture *f)
{
  gint64 stream = dfn_quic_open_stream (f->raw, 0);

  g_assert_cmpint (stream, >=, 0);
  return stream;
}

/* The peer under test */

static void
on_ready (DfnPeer *peer, Fixture *f)
{
  f->n_ready++;
}

static void
on_closed (DfnPeer *peer, Fixture *f)
{
  f->n_closed++;
}

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *wanted,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  ((Fixture *) user_data)->n_asked++;
  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND, NULL, NULL);
}

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  Fixture *f = user_data;

  f->n_answers++;
  f->n_null += response == NULL ? 1 : 0;
}

/* Connects, up to the moment when either side may say something. */
static void
set_up (Fixture *f, gboolean peer_is_server)
{
  memset (f, 0, sizeof *f);
  f->asked = -1;
  f->peer_identity = dfn_quic_identity_new ();
  f->raw_identity = dfn_quic_identity_new ();
  dfn_loopback_link_new_pair (NULL, NULL, &f->peer_link, &f->raw_link);
  f->peer = dfn_peer_new (f->peer_link, peer_is_server, f->peer_identity,
                          dfn_quic_identity_get_key (f->raw_identity));
  g_signal_connect (f->peer, "ready", G_CALLBACK (on_ready), f);
  g_signal_connect (f->peer, "closed", G_CALLBACK (on_closed), f);
  dfn_peer_set_provider (f->peer, on_wanted, f);
  f->raw = dfn_quic_new (f->raw_link, !peer_is_server, f->raw_identity,
                         dfn_quic_identity_get_key (f->peer_identity), &raw_handler, f);
  WAIT_FOR (dfn_quic_get_state (f->raw) == DFN_QUIC_STATE_ACCEPTED && f->n_ready > 0);
  f->control = open_stream (f);
}

static void
tear_down (Fixture *f)
{
  g_assert_cmpuint (f->n_ready, ==, 1);
  g_assert_finalize_object (f->peer);
  g_assert_finalize_object (f->raw);
  g_assert_finalize_object (f->peer_link);
  g_assert_finalize_object (f->raw_link);
  g_assert_finalize_object (f->peer_identity);
  g_assert_finalize_object (f->raw_identity);
}

/* The peer closes, its own user learns @code, and the other side is told @reason. */
static void
expect_end (Fixture *f, DfnNetworkError code, Dfn__CloseReason reason)
{
  WAIT_FOR (f->n_closed == 1);
  g_assert_error (dfn_peer_get_error (f->peer), DFN_NETWORK_ERROR, (gint) code);
  WAIT_FOR (dfn_quic_get_state (f->raw) == DFN_QUIC_STATE_CLOSED);
  g_assert_cmpint (dfn_quic_get_peer_code (f->raw), ==, reason);
  tear_down (f);
}

static void
expect_breach (Fixture *f)
{
  expect_end (f, DFN_NETWORK_ERROR_PROTOCOL, DFN__CLOSE_REASON__MISBEHAVED);
}

static void
expect_bad_message (Fixture *f)
{
  expect_end (f, DFN_NETWORK_ERROR_INVALID_MESSAGE, DFN__CLOSE_REASON__MISBEHAVED);
}

static void
expect_peace (Fixture *f)
{
  network_test_run_for (50);
  g_assert_cmpuint (f->n_closed, ==, 0);
  tear_down (f);
}

/* Control stream */

static void
test_hello_missing (void)
{
  Fixture f;
  Dfn__Heartbeat heartbeat = DFN__HEARTBEAT__INIT;

  set_up (&f, TRUE);
  say (&f, f.control, DFN__FRAME__BODY_HEARTBEAT, &heartbeat, FALSE);
  expect_breach (&f);
}

static void
test_hello_twice (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_hello (&f, DFN_WIRE_VERSION);
  expect_breach (&f);
}

/* The reason is told even if something worse follows in the same packet. */
static void
test_wrong_version (void)
{
  for (guint worse = 0; worse < 2; worse++)
    {
      Fixture f;

      set_up (&f, TRUE);
      say_hello (&f, DFN_WIRE_VERSION + 1);
      if (worse)
        say_bytes (&f, f.control, "\xff\xff\xff\xff", 4, FALSE);
      expect_end (&f, DFN_NETWORK_ERROR_PROTOCOL, DFN__CLOSE_REASON__INCOMPATIBLE);
    }
}

static void
test_request_on_control (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_request (&f, f.control, FALSE);
  expect_breach (&f);
}

static void
test_control_ends (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_bytes (&f, f.control, "", 0, TRUE);
  expect_bad_message (&f);
}

static void
test_huge_length (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_bytes (&f, f.control, "\xff\xff\xff\xff", 4, FALSE);
  expect_bad_message (&f);
}

static void
test_garbage (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_bytes (&f, f.control, "\0\0\0\4\xff\xff\xff\xff", 8, FALSE);
  expect_bad_message (&f);
}

/* Kinds of message that are not known yet are counted, on every kind of stream. */
static void
test_future (void)
{
  Fixture f;
  gint64 stream;
  DfnPeerStats stats;
  g_autoptr (GBytes) datagram = g_bytes_new_static ("\x9a\x06\x00", 3);

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_bytes (&f, f.control, "\0\0\0\3\x9a\x06\x00\0\0\0\0", 11, FALSE);
  stream = open_stream (&f);
  say_bytes (&f, stream, "\0\0\0\3\x9a\x06\x00", 7, TRUE);
  WAIT_FOR (f.n_ended == 2); /* of the control stream, and of this one, which asked nothing */
  network_test_run_for (20);
  dfn_quic_send_datagram (f.raw, datagram);
  network_test_run_for (20);
  dfn_peer_get_stats (f.peer, &stats);
  g_assert_cmpuint (stats.frames_ignored, ==, 4);
  expect_peace (&f);
}

/* Datagrams */

static void
test_bad_datagram (void)
{
  Fixture f;
  g_autoptr (GBytes) datagram = g_bytes_new_static ("\xff\xff", 2);

  set_up (&f, TRUE);
  dfn_quic_send_datagram (f.raw, datagram);
  expect_bad_message (&f);
}

static void
test_request_as_datagram (void)
{
  Fixture f;
  Dfn__ContentRequest request = DFN__CONTENT_REQUEST__INIT;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) datagram = NULL;

  request.content = (ProtobufCBinaryData){ sizeof content, content };
  packed = pack (DFN__FRAME__BODY_CONTENT_REQUEST, &request);
  datagram = g_bytes_new_from_bytes (packed, 4, g_bytes_get_size (packed) - 4);
  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  network_test_run_for (20);
  dfn_quic_send_datagram (f.raw, datagram);
  expect_breach (&f);
}

/* One that overtakes Hello is lost. */
static void
test_early_datagram (void)
{
  Fixture f;
  Dfn__Heartbeat heartbeat = DFN__HEARTBEAT__INIT;
  g_autoptr (GBytes) packed = pack (DFN__FRAME__BODY_HEARTBEAT, &heartbeat);
  g_autoptr (GBytes) datagram = g_bytes_new_from_bytes (packed, 4, g_bytes_get_size (packed) - 4);

  set_up (&f, TRUE);
  dfn_quic_send_datagram (f.raw, datagram);
  network_test_run_for (20);
  g_assert_cmpuint (f.n_datagrams, ==, 0);
  say_hello (&f, DFN_WIRE_VERSION);
  network_test_run_for (20);
  dfn_quic_send_datagram (f.raw, datagram);
  WAIT_FOR (f.n_datagrams == 1);
  expect_peace (&f);
}

/* Requests of a hostile peer */

static void
test_response_unasked (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_response (&f, open_stream (&f), 1, FALSE);
  expect_breach (&f);
}

static void
test_truncated_request (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  say_bytes (&f, open_stream (&f), "\0\0\0\x30\x22", 5, TRUE);
  expect_bad_message (&f);
}

static void
test_control_messages_elsewhere (void)
{
  Dfn__Hello hello = DFN__HELLO__INIT;
  Dfn__Heartbeat heartbeat = DFN__HEARTBEAT__INIT;
  Dfn__Have have = DFN__HAVE__INIT;
  const struct {
    Dfn__Frame__BodyCase kind;
    gpointer body;
  } cases[] = {
    { DFN__FRAME__BODY_HELLO, &hello },
    { DFN__FRAME__BODY_HEARTBEAT, &heartbeat },
    { DFN__FRAME__BODY_HAVE, &have },
  };

  have.content = (ProtobufCBinaryData){ sizeof content, content };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture f;

      set_up (&f, TRUE);
      say (&f, open_stream (&f), cases[i].kind, cases[i].body, FALSE);
      expect_breach (&f);
    }
}

/* A stream is one request; the rest of it is not even read. */
static void
test_many_requests_on_one_stream (void)
{
  Fixture f;
  gint64 stream;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  stream = open_stream (&f);
  for (guint i = 0; i < 1000; i++)
    say_request (&f, stream, FALSE);
  WAIT_FOR (f.n_asked == 1);
  network_test_run_for (20);
  for (guint i = 0; i < 1000; i++)
    say_request (&f, stream, FALSE);
  network_test_run_for (50);
  g_assert_cmpuint (f.n_asked, ==, 1);
  expect_peace (&f);
}

/* As many streams as may be, none of which ever says what it wants. */
static void
test_unfinished_streams (void)
{
  Fixture f;
  guint n = 1;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  for (gint64 stream; (stream = dfn_quic_open_stream (f.raw, 0)) >= 0; n++)
    say_bytes (&f, stream, "\0\0\xff\xff", 4, FALSE);
  g_assert_cmpuint (n, ==, DFN_QUIC_MAX_PEER_STREAMS);
  network_test_run_for (50);

  /* This side's own requests still pass. */
  dfn_peer_request (f.peer, content, 0, SIZE, on_response, &f);
  WAIT_FOR (f.asked >= 0);
  expect_peace (&f);
}

static void
test_empty_stream (void)
{
  Fixture f;

  set_up (&f, TRUE);
  say_hello (&f, DFN_WIRE_VERSION);
  for (guint i = 0; i < 3 * DFN_QUIC_MAX_PEER_STREAMS; i++)
    {
      gint64 stream;

      while ((stream = dfn_quic_open_stream (f.raw, 0)) < 0)
        g_main_context_iteration (NULL, TRUE);
      dfn_quic_send (f.raw, stream, NULL, TRUE);
    }
  expect_peace (&f);
}

/* Answers of a hostile peer */

static void
ask (Fixture *f, gboolean peer_is_server)
{
  set_up (f, peer_is_server);
  say_hello (f, DFN_WIRE_VERSION);
  g_assert_cmpint (dfn_peer_request (f->peer, content, 0, SIZE, on_response, f), >=, 0);
  WAIT_FOR (f->asked >= 0);
}

static void
expect_bad_answer (Fixture *f, guint n_null)
{
  WAIT_FOR (f->n_closed == 1);
  g_assert_cmpuint (f->n_answers, ==, 1);
  g_assert_cmpuint (f->n_null, ==, n_null);
  expect_breach (f);
}

static void
test_wrong_size (void)
{
  static const guint32 sizes[] = { 1, SIZE - 1, SIZE + 1, DFN_WIRE_MAX_CHUNK };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Fixture f;

      ask (&f, i % 2 == 0);
      say_response (&f, f.asked, sizes[i], FALSE);
      expect_bad_answer (&f, 1);
    }
}

static void
test_too_much (void)
{
  static const guint8 bytes[SIZE + 1];
  Fixture f;

  ask (&f, FALSE);
  say_response (&f, f.asked, SIZE, FALSE);
  say_bytes (&f, f.asked, bytes, SIZE + 1, FALSE);
  expect_bad_answer (&f, 1);

  /* After the answer was complete. */
  ask (&f, FALSE);
  say_response (&f, f.asked, SIZE, FALSE);
  say_bytes (&f, f.asked, bytes, SIZE, FALSE);
  WAIT_FOR (f.n_answers == 1);
  say_bytes (&f, f.asked, bytes, 1, FALSE);
  expect_bad_answer (&f, 0);
}

static void
test_too_little (void)
{
  static const guint8 bytes[SIZE];
  Fixture f;

  ask (&f, FALSE);
  say_response (&f, f.asked, SIZE, FALSE);
  say_bytes (&f, f.asked, bytes, SIZE - 1, TRUE);
  expect_bad_answer (&f, 1);

  ask (&f, FALSE);
  say_response (&f, f.asked, SIZE, TRUE);
  expect_bad_answer (&f, 1);

  ask (&f, FALSE);
  say_bytes (&f, f.asked, "\0\0\0", 3, TRUE);
  expect_bad_answer (&f, 1);

  ask (&f, FALSE);
  dfn_quic_send (f.raw, f.asked, NULL, TRUE);
  expect_bad_answer (&f, 1);
}

static void
test_wrong_answer (void)
{
  Fixture f;

  ask (&f, TRUE);
  say_request (&f, f.asked, FALSE);
  expect_bad_answer (&f, 1);
}

/* A peer that gives a request up in good order breaks nothing. */
static void
test_given_up (void)
{
  static const guint8 bytes[SIZE];
  Fixture f;

  ask (&f, TRUE);
  say_response (&f, f.asked, SIZE, FALSE);
  say_bytes (&f, f.asked, bytes, SIZE / 2, FALSE);
  network_test_run_for (20);
  dfn_quic_reset_stream (f.raw, f.asked, 0);
  WAIT_FOR (f.n_null == 1);
  g_assert_cmpuint (f.n_answers, ==, 1);
  expect_peace (&f);
}

static void
test_trickled_answer (void)
{
  static const guint8 bytes[SIZE];
  Fixture f;

  ask (&f, TRUE);
  say_response (&f, f.asked, SIZE, FALSE);
  for (guint i = 0; i < SIZE; i++)
    {
      say_bytes (&f, f.asked, bytes + i, 1, i == SIZE - 1);
      if (i % 100 == 0)
        network_test_run_for (2);
    }
  WAIT_FOR (f.n_answers == 1);
  g_assert_cmpuint (f.n_null, ==, 0);
  expect_peace (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/peer-hostile/hello-missing", test_hello_missing);
  g_test_add_func ("/network/peer-hostile/hello-twice", test_hello_twice);
  g_test_add_func ("/network/peer-hostile/wrong-version", test_wrong_version);
  g_test_add_func ("/network/peer-hostile/request-on-control", test_request_on_control);
  g_test_add_func ("/network/peer-hostile/control-ends", test_control_ends);
  g_test_add_func ("/network/peer-hostile/huge-length", test_huge_length);
  g_test_add_func ("/network/peer-hostile/garbage", test_garbage);
  g_test_add_func ("/network/peer-hostile/future", test_future);
  g_test_add_func ("/network/peer-hostile/bad-datagram", test_bad_datagram);
  g_test_add_func ("/network/peer-hostile/request-as-datagram", test_request_as_datagram);
  g_test_add_func ("/network/peer-hostile/early-datagram", test_early_datagram);
  g_test_add_func ("/network/peer-hostile/response-unasked", test_response_unasked);
  g_test_add_func ("/network/peer-hostile/truncated-request", test_truncated_request);
  g_test_add_func ("/network/peer-hostile/control-elsewhere", test_control_messages_elsewhere);
  g_test_add_func ("/network/peer-hostile/many-requests", test_many_requests_on_one_stream);
  g_test_add_func ("/network/peer-hostile/unfinished-streams", test_unfinished_streams);
  g_test_add_func ("/network/peer-hostile/empty-stream", test_empty_stream);
  g_test_add_func ("/network/peer-hostile/wrong-size", test_wrong_size);
  g_test_add_func ("/network/peer-hostile/too-much", test_too_much);
  g_test_add_func ("/network/peer-hostile/too-little", test_too_little);
  g_test_add_func ("/network/peer-hostile/wrong-answer", test_wrong_answer);
  g_test_add_func ("/network/peer-hostile/given-up", test_given_up);
  g_test_add_func ("/network/peer-hostile/trickled-answer", test_trickled_answer);
  return g_test_run ();
}
