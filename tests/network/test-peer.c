/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"
#include "dfn-peer.h"
#include "network-test-support.h"

#include <string.h>

#define SIZE 100000

static const guint8 content[DFN_WIRE_CONTENT_SIZE] = { 1, 2, 3 };

/* One side, and what it heard. */
typedef struct {
  DfnPeer *peer;
  DfnQuicIdentity *identity;
  DfnLink *link;
  guint n_ready;
  guint n_closed;
  guint n_have;
  gboolean have_complete;

  /* Answers to its requests. */
  guint n_ok;
  guint n_null;
  guint n_other;
  Dfn__ContentResponse__Status last_status;
  GBytes *last_data;
  GBytes *last_proof;

  /* What it gives. */
  GBytes *chunk;
  GBytes *proof;
  Dfn__ContentResponse__Status give;
  gboolean holds_back; /* collects requests instead of answering them */
  GArray *held;        /* of gint64 */
  guint n_asked;
  guint32 last_chunk;
} Side;

typedef struct {
  Side client, server;
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
on_have (DfnPeer *peer, const Dfn__Have *have, Side *side)
{
  side->n_have++;
  side->have_complete = have->complete;
}

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *wanted,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  Side *side = user_data;

  g_assert_cmpmem (wanted, DFN_WIRE_CONTENT_SIZE, content, sizeof content);
  side->n_asked++;
  side->last_chunk = chunk;
  if (side->holds_back)
    g_array_append_val (side->held, request);
  else
    dfn_peer_respond (peer, request, side->give, side->chunk, side->proof);
}

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  Side *side = user_data;

  if (response == NULL)
    {
      side->n_null++;
      return;
    }
  side->last_status = response->status;
  if (response->status != DFN__CONTENT_RESPONSE__STATUS__OK)
    {
      g_assert_null (response->data);
      side->n_other++;
      return;
    }
  side->n_ok++;
  g_assert_cmpint (response->first_byte_us, >, 0);
  g_assert_cmpint (response->received_us, >=, response->first_byte_us);
  g_clear_pointer (&side->last_data, g_bytes_unref);
  g_clear_pointer (&side->last_proof, g_bytes_unref);
  side->last_data = g_bytes_ref (response->data);
  side->last_proof = g_bytes_ref (response->proof);
}

static void
side_start (Side *side, gboolean is_server, Side *other)
{
  side->peer = dfn_peer_new (side->link, is_server, side->identity,
                             dfn_quic_identity_get_key (other->identity));
  g_signal_connect (side->peer, "ready", G_CALLBACK (on_ready), side);
  g_signal_connect (side->peer, "closed", G_CALLBACK (on_closed), side);
  g_signal_connect (side->peer, "have", G_CALLBACK (on_have), side);
  dfn_peer_set_provider (side->peer, on_wanted, side);
  side->chunk = network_test_random_bytes (SIZE);
  side->proof = network_test_random_bytes (3 * 32);
  side->held = g_array_new (FALSE, FALSE, sizeof (gint64));
}

static void
side_clear (Side *side)
{
  if (side->peer != NULL)
    g_assert_finalize_object (side->peer);
  g_assert_finalize_object (side->identity);
  g_assert_finalize_object (side->link);
  g_clear_pointer (&side->last_data, g_bytes_unref);
  g_clear_pointer (&side->last_proof, g_bytes_unref);
  g_bytes_unref (side->chunk);
  g_bytes_unref (side->proof);
  g_array_unref (side->held);
}

static void
set_up (Fixture *f, const DfnLoopbackParams *params)
{
  memset (f, 0, sizeof *f);
  f->client.identity = dfn_quic_identity_new ();
  f->server.identity = dfn_quic_identity_new ();
  dfn_loopback_link_new_pair (NULL, params, &f->client.link, &f->server.link);
  side_start (&f->server, TRUE, &f->client);
  side_start (&f->client, FALSE, &f->server);
}

static void
meet (Fixture *f, const DfnLoopbackParams *params)
{
  set_up (f, params);
  WAIT_FOR (f->client.n_ready == 1 && f->server.n_ready == 1);
}

static void
tear_down (Fixture *f)
{
  side_clear (&f->client);
  side_clear (&f->server);
}

static gint64
ask (Side *side, guint32 chunk)
{
  return dfn_peer_request (side->peer, content, chunk, SIZE, on_response, side);
}

static guint
n_answers (const Side *side)
{
  return side->n_ok + side->n_other + side->n_null;
}

/* Both sides ask and answer. */
static void
test_ok (void)
{
  Fixture f;
  DfnPeerStats stats;

  meet (&f, NULL);
  g_assert_cmpint (ask (&f.client, 17), >=, 0);
  g_assert_cmpint (ask (&f.server, 18), >=, 0);
  WAIT_FOR (f.client.n_ok == 1 && f.server.n_ok == 1);
  g_assert_true (g_bytes_equal (f.client.last_data, f.server.chunk));
  g_assert_true (g_bytes_equal (f.client.last_proof, f.server.proof));
  g_assert_true (g_bytes_equal (f.server.last_data, f.client.chunk));
  g_assert_cmpuint (f.server.last_chunk, ==, 17);
  g_assert_cmpuint (f.client.last_chunk, ==, 18);
  dfn_peer_get_stats (f.client.peer, &stats);
  g_assert_cmpuint (stats.chunks_received, ==, 1);
  g_assert_cmpuint (stats.chunks_sent, ==, 1);
  g_assert_cmpuint (stats.frames_ignored, ==, 0);
  g_assert_cmpuint (f.client.n_ready, ==, 1);
  tear_down (&f);
}

/* The statistics are there as properties, too. */
static void
test_properties (void)
{
  Fixture f;
  gint64 rtt_us;
  double rate_in, rate_out, loss;
  guint64 bytes_in, bytes_out, taken, given, control;

  meet (&f, NULL);
  g_assert_cmpint (ask (&f.client, 1), >=, 0);
  g_assert_cmpint (ask (&f.client, 2), >=, 0);
  g_assert_cmpint (ask (&f.server, 3), >=, 0);
  WAIT_FOR (f.client.n_ok == 2 && f.server.n_ok == 1);
  g_object_get (f.client.peer, "rtt-us", &rtt_us, "rate-in", &rate_in, "rate-out", &rate_out,
                "bytes-in", &bytes_in, "bytes-out", &bytes_out, "loss", &loss, "chunks-taken",
                &taken, "chunks-given", &given, "control-bytes", &control, NULL);
  g_assert_cmpint (rtt_us, >, 0);
  g_assert_cmpuint (taken, ==, 2);
  g_assert_cmpuint (given, ==, 1);
  g_assert_cmpuint (bytes_in, >, 2 * g_bytes_get_size (f.server.chunk));
  g_assert_cmpuint (bytes_out, >, g_bytes_get_size (f.client.chunk));
  g_assert_cmpfloat (rate_in, >, 0);
  g_assert_cmpfloat (rate_out, >, 0);
  g_assert_cmpfloat (loss, ==, 0);
  g_assert_cmpuint (control, >, 0);
  g_assert_cmpuint (control, <, bytes_out);
  tear_down (&f);
}

static void
test_other_answers (void)
{
  Fixture f;

  meet (&f, NULL);
  for (Dfn__ContentResponse__Status status = DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND;
       status <= DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN; status++)
    {
      guint before = f.client.n_other;

      f.server.give = status;
      ask (&f.client, 1);
      WAIT_FOR (f.client.n_other > before);
      g_assert_cmpint (f.client.last_status, ==, status);
    }
  dfn_peer_set_provider (f.server.peer, NULL, NULL);
  ask (&f.client, 1);
  WAIT_FOR (f.client.n_other == 4);
  g_assert_cmpint (f.client.last_status, ==, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND);
  g_assert_cmpuint (f.client.n_closed + f.server.n_closed, ==, 0);
  tear_down (&f);
}

/* Far more requests than streams: each is answered once. */
static void
test_many (void)
{
  DfnLoopbackParams params = { .delay_us = 2000, .loss = 0.02, .seed = 3 };
  Fixture f;
  guint asked = 0;

  meet (&f, &params);
  while (asked < 300)
    {
      if (ask (&f.client, asked) >= 0)
        asked++;
      else
        g_main_context_iteration (NULL, TRUE);
    }
  WAIT_FOR (n_answers (&f.client) == 300);
  g_assert_cmpuint (f.client.n_ok, ==, 300);
  tear_down (&f);
}

/* A cancelled request is never answered, and its stream and its place are free again. */
static void
test_cancel (void)
{
  DfnLoopbackParams params = { .delay_us = 5000 };
  Fixture f;
  gint64 request;

  meet (&f, &params);
  request = ask (&f.client, 1);
  dfn_peer_cancel (f.client.peer, request);
  dfn_peer_cancel (f.client.peer, request);
  dfn_peer_cancel (f.client.peer, 4242);
  for (guint i = 0; i < 400; i++)
    {
      gint64 next = -1;

      while ((next = ask (&f.client, 2)) < 0)
        g_main_context_iteration (NULL, TRUE);
      if (i % 3 == 0)
        g_main_context_iteration (NULL, FALSE);
      dfn_peer_cancel (f.client.peer, next);
    }
  ask (&f.client, 3);
  WAIT_FOR (f.client.n_ok == 1);
  network_test_run_for (100);
  g_assert_cmpuint (n_answers (&f.client), ==, 1);
  g_assert_cmpuint (f.server.last_chunk, ==, 3);
  g_assert_cmpuint (dfn_quic_get_unsent (dfn_peer_get_quic (f.server.peer)), ==, 0);
  tear_down (&f);
}

/* Two requests in work block the others until they are answered, or taken back. */
static void
test_turns (void)
{
  Fixture f;
  gint64 requests[10];

  meet (&f, NULL);
  f.server.holds_back = TRUE;
  for (guint i = 0; i < 10; i++)
    requests[i] = ask (&f.client, i);
  WAIT_FOR (f.server.held->len == 2);
  network_test_run_for (50);
  g_assert_cmpuint (f.server.held->len, ==, 2);
  dfn_peer_respond (f.server.peer, g_array_index (f.server.held, gint64, 0),
                    DFN__CONTENT_RESPONSE__STATUS__OK, f.server.chunk, NULL);
  WAIT_FOR (f.client.n_ok == 1 && f.server.held->len == 3);
  dfn_peer_cancel (f.client.peer, requests[1]);
  dfn_peer_cancel (f.client.peer, requests[2]);
  WAIT_FOR (f.server.held->len == 5);

  /* Too late, twice, or to nobody. */
  for (guint i = 0; i < 3; i++)
    dfn_peer_respond (f.server.peer, g_array_index (f.server.held, gint64, i),
                      DFN__CONTENT_RESPONSE__STATUS__OK, f.server.chunk, NULL);
  network_test_run_for (50);
  g_assert_cmpuint (f.server.held->len, ==, 5);
  g_assert_cmpuint (n_answers (&f.client), ==, 1);
  tear_down (&f);
}

/* A slow path: what waits to be sent stays short however much is asked for. */
static void
test_back_pressure (void)
{
  DfnLoopbackParams params = { .delay_us = 50000 };
  Fixture f;
  gsize most = 0;
  guint asked = 0;

  meet (&f, &params);
  while (f.client.n_ok < 100)
    {
      if (asked < 100 && ask (&f.client, asked) >= 0)
        asked++;
      most = MAX (most, dfn_quic_get_unsent (dfn_peer_get_quic (f.server.peer)));
      g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpuint (most, >, SIZE);
  g_assert_cmpuint (most, <, 512 * 1024 + 2 * SIZE);
  tear_down (&f);
}

static void
test_have (void)
{
  Fixture f;
  Dfn__Have have = DFN__HAVE__INIT;

  meet (&f, NULL);
  have.content = (ProtobufCBinaryData){ sizeof content, (guint8 *) content };
  have.complete = TRUE;
  dfn_peer_send_have (f.server.peer, &have);
  WAIT_FOR (f.client.n_have == 1);
  g_assert_true (f.client.have_complete);
  tear_down (&f);
}

static gint64
heartbeat_rtt (Side *side)
{
  DfnPeerStats stats;

  dfn_peer_get_stats (side->peer, &stats);
  return stats.heartbeat_rtt_us;
}

static void
test_heartbeat (void)
{
  DfnLoopbackParams params = { .delay_us = 10000 };
  Fixture f;

  meet (&f, &params);
  network_test_run_for (100); /* the server's Hello precedes any datagram of use */
  g_assert_cmpint (heartbeat_rtt (&f.client), ==, 0);
  dfn_peer_send_heartbeat (f.client.peer);
  WAIT_FOR (heartbeat_rtt (&f.client) > 0);
  g_assert_cmpint (heartbeat_rtt (&f.client), >=, 20000);
  g_assert_cmpint (heartbeat_rtt (&f.client), <, 1000000);
  g_assert_cmpint (heartbeat_rtt (&f.server), ==, 0);
  tear_down (&f);
}

/* Every reason reaches the other side as the error that its user is told. */
static void
test_reasons (void)
{
  static const struct {
    Dfn__CloseReason reason;
    DfnNetworkError error;
  } cases[] = {
    { DFN__CLOSE_REASON__LEAVING, DFN_NETWORK_ERROR_CLOSED },
    { DFN__CLOSE_REASON__FULL, DFN_NETWORK_ERROR_REFUSED },
    { DFN__CLOSE_REASON__INCOMPATIBLE, DFN_NETWORK_ERROR_PROTOCOL },
    { DFN__CLOSE_REASON__MISBEHAVED, DFN_NETWORK_ERROR_PROTOCOL },
    { 4242, DFN_NETWORK_ERROR_CLOSED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture f;

      meet (&f, NULL);
      dfn_peer_close (f.server.peer, cases[i].reason,
                      g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_UNREACHABLE, "x"));
      g_assert_cmpuint (f.server.n_closed, ==, 1);
      g_assert_error (dfn_peer_get_error (f.server.peer), DFN_NETWORK_ERROR,
                      DFN_NETWORK_ERROR_UNREACHABLE);
      WAIT_FOR (f.client.n_closed == 1);
      g_assert_error (dfn_peer_get_error (f.client.peer), DFN_NETWORK_ERROR, (gint) cases[i].error);
      tear_down (&f);
    }
}

/* The other side goes while it answers: requests end with nothing, once. */
static void
test_close_in_response (void)
{
  DfnLoopbackParams params = { .delay_us = 20000 };
  Fixture f;

  meet (&f, &params);
  for (guint i = 0; i < 20; i++)
    ask (&f.client, i);
  WAIT_FOR (f.client.n_ok == 1);
  dfn_peer_close (f.server.peer, DFN__CLOSE_REASON__LEAVING, NULL);
  WAIT_FOR (f.client.n_closed == 1);
  g_assert_cmpuint (n_answers (&f.client), ==, 20);
  g_assert_cmpuint (f.client.n_null, >, 0);
  g_assert_cmpint (ask (&f.client, 1), ==, -1);
  tear_down (&f);
}

/* Nothing comes any more: the connection ends by itself. */
static void
test_silence (void)
{
  Fixture f;

  meet (&f, NULL);
  f.server.holds_back = TRUE;
  ask (&f.client, 1);
  WAIT_FOR (f.server.held->len == 1);
  dfn_loopback_link_cut (DFN_LOOPBACK_LINK (f.client.link));
  WAIT_FOR (f.client.n_closed == 1 && f.server.n_closed == 1);
  g_assert_error (dfn_peer_get_error (f.client.peer), DFN_NETWORK_ERROR,
                  DFN_NETWORK_ERROR_TIMED_OUT);
  g_assert_cmpuint (f.client.n_null, ==, 1);
  tear_down (&f);
}

/* The owner lets go inside a callback */

static void
let_go (Side *side)
{
  DfnPeer *peer = g_steal_pointer (&side->peer);

  g_object_run_dispose (G_OBJECT (peer));
  g_object_unref (peer);
}

static void
on_signal_let_go (DfnPeer *peer, Side *side)
{
  let_go (side);
}

static void
on_have_let_go (DfnPeer *peer, const Dfn__Have *have, Side *side)
{
  let_go (side);
}

static void
on_wanted_let_go (DfnPeer *peer,
                  gint64 request,
                  const guint8 *wanted,
                  guint32 track,
                  guint32 chunk,
                  gpointer user_data)
{
  let_go (user_data);
}

static void
on_wanted_answer_and_let_go (DfnPeer *peer,
                             gint64 request,
                             const guint8 *wanted,
                             guint32 track,
                             guint32 chunk,
                             gpointer user_data)
{
  Side *side = user_data;

  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__OK, side->chunk, NULL);
  let_go (side);
}

static void
on_response_let_go (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer data)
{
  Side *side = data;

  if (side->peer != NULL)
    let_go (side);
  /* What came with the answer is still there. */
  if (response != NULL && response->proof != NULL)
    g_assert_cmpuint (g_bytes_get_size (response->proof), ==, 3 * 32);
}

/* Asks again in the very moment that it learns that nothing will come. */
static void
on_response_ask_again (DfnPeer *peer,
                       gint64 request,
                       const DfnPeerResponse *response,
                       gpointer data)
{
  Side *side = data;

  side->n_null += response == NULL ? 1 : 0;
  dfn_peer_request (peer, content, 0, SIZE, on_response_ask_again, side);
}

static void
test_let_go_ready (gconstpointer is_server)
{
  Fixture f;
  Side *side;

  set_up (&f, NULL);
  side = is_server != NULL ? &f.server : &f.client;
  g_signal_connect (side->peer, "ready", G_CALLBACK (on_signal_let_go), side);
  WAIT_FOR (side->peer == NULL);
  WAIT_FOR (f.client.n_closed + f.server.n_closed == 1);
  tear_down (&f);
}

static void
test_let_go_closed (void)
{
  Fixture f;

  meet (&f, NULL);
  ask (&f.client, 1);
  g_signal_connect (f.client.peer, "closed", G_CALLBACK (on_signal_let_go), &f.client);
  dfn_peer_close (f.server.peer, DFN__CLOSE_REASON__LEAVING, NULL);
  WAIT_FOR (f.client.peer == NULL);
  tear_down (&f);
}

/* The same, at the side that closes. */
static void
test_let_go_own_close (void)
{
  Fixture f;

  meet (&f, NULL);
  ask (&f.client, 1);
  g_signal_connect (f.client.peer, "closed", G_CALLBACK (on_signal_let_go), &f.client);
  dfn_peer_close (f.client.peer, DFN__CLOSE_REASON__LEAVING, NULL);
  g_assert_null (f.client.peer);
  WAIT_FOR (f.server.n_closed == 1);
  tear_down (&f);
}

static void
test_let_go_have (void)
{
  Fixture f;
  Dfn__Have have = DFN__HAVE__INIT;

  meet (&f, NULL);
  g_signal_connect (f.client.peer, "have", G_CALLBACK (on_have_let_go), &f.client);
  have.content = (ProtobufCBinaryData){ sizeof content, (guint8 *) content };
  for (guint i = 0; i < 3; i++) /* more frames of the same packet follow */
    dfn_peer_send_have (f.server.peer, &have);
  WAIT_FOR (f.server.n_closed == 1);
  g_assert_cmpuint (f.client.n_have, ==, 1);
  tear_down (&f);
}

static void
test_let_go_wanted (gconstpointer func)
{
  Fixture f;

  meet (&f, NULL);
  dfn_peer_set_provider (f.server.peer, (DfnPeerProviderFunc) func, &f.server);
  for (guint i = 0; i < 5; i++)
    ask (&f.client, i);
  WAIT_FOR (f.client.n_closed == 1);
  g_assert_null (f.server.peer);
  g_assert_cmpuint (n_answers (&f.client), ==, 5);
  tear_down (&f);
}

static void
test_let_go_response (gconstpointer status)
{
  Fixture f;

  meet (&f, NULL);
  f.server.give = (Dfn__ContentResponse__Status) GPOINTER_TO_INT (status);
  for (guint i = 0; i < 5; i++)
    dfn_peer_request (f.client.peer, content, i, SIZE, on_response_let_go, &f.client);
  WAIT_FOR (f.server.n_closed == 1);
  g_assert_null (f.client.peer);
  tear_down (&f);
}

/* In a callback that comes from inside QUIC, where nothing can be closed at once. */
static void
test_ask_while_let_go (void)
{
  Fixture f;

  meet (&f, NULL);
  f.server.holds_back = TRUE;
  for (guint i = 0; i < 5; i++)
    dfn_peer_request (f.client.peer, content, i, SIZE, on_response_ask_again, &f.client);
  WAIT_FOR (f.server.held->len == 2);
  g_signal_connect (f.client.peer, "have", G_CALLBACK (on_have_let_go), &f.client);
  {
    Dfn__Have have = DFN__HAVE__INIT;

    have.content = (ProtobufCBinaryData){ sizeof content, (guint8 *) content };
    dfn_peer_send_have (f.server.peer, &have);
  }
  WAIT_FOR (f.server.n_closed == 1);
  g_assert_cmpuint (f.client.n_null, ==, 5);
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/peer/ok", test_ok);
  g_test_add_func ("/network/peer/properties", test_properties);
  g_test_add_func ("/network/peer/other-answers", test_other_answers);
  g_test_add_func ("/network/peer/many", test_many);
  g_test_add_func ("/network/peer/cancel", test_cancel);
  g_test_add_func ("/network/peer/turns", test_turns);
  g_test_add_func ("/network/peer/back-pressure", test_back_pressure);
  g_test_add_func ("/network/peer/have", test_have);
  g_test_add_func ("/network/peer/heartbeat", test_heartbeat);
  g_test_add_func ("/network/peer/reasons", test_reasons);
  g_test_add_func ("/network/peer/close-in-response", test_close_in_response);
  g_test_add_func ("/network/peer/silence", test_silence);
  g_test_add_data_func ("/network/peer/let-go/ready/client", NULL, test_let_go_ready);
  g_test_add_data_func ("/network/peer/let-go/ready/server", "", test_let_go_ready);
  g_test_add_func ("/network/peer/let-go/closed", test_let_go_closed);
  g_test_add_func ("/network/peer/let-go/own-close", test_let_go_own_close);
  g_test_add_func ("/network/peer/let-go/have", test_let_go_have);
  g_test_add_data_func ("/network/peer/let-go/wanted", on_wanted_let_go, test_let_go_wanted);
  g_test_add_data_func ("/network/peer/let-go/answered", on_wanted_answer_and_let_go,
                        test_let_go_wanted);
  g_test_add_data_func ("/network/peer/let-go/response/ok",
                        GINT_TO_POINTER (DFN__CONTENT_RESPONSE__STATUS__OK), test_let_go_response);
  g_test_add_data_func ("/network/peer/let-go/response/not-found",
                        GINT_TO_POINTER (DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND),
                        test_let_go_response);
  g_test_add_func ("/network/peer/let-go/ask-again", test_ask_while_let_go);
  return g_test_run ();
}
