/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"
#include "dfn-quic.h"
#include "dfn-random.h"
#include "network-test-support.h"

#include <string.h>

/* Two ends of a connection over a loopback link, and what each of them heard. */
typedef struct {
  DfnQuic *quic;
  DfnQuicIdentity *identity;
  DfnLink *link;
  GHashTable *received; /* stream: GByteArray */
  guint n_finished;
  guint n_closed_clean;
  gint64 last_code;
  GQueue order; /* of finished streams */
  guint n_datagrams;
  GByteArray *last_datagram;
} End;

typedef struct {
  End client, server;
} Fixture;

static void
on_stream_data (DfnQuic *quic,
                gint64 stream,
                const guint8 *data,
                gsize length,
                gboolean fin,
                gpointer user_data)
{
  End *end = user_data;
  GByteArray *bytes = g_hash_table_lookup (end->received, GSIZE_TO_POINTER (stream));

  if (bytes == NULL)
    {
      bytes = g_byte_array_new ();
      g_hash_table_insert (end->received, GSIZE_TO_POINTER (stream), bytes);
    }
  if (length > 0)
    g_byte_array_append (bytes, data, length);
  if (fin)
    {
      end->n_finished++;
      g_queue_push_tail (&end->order, GSIZE_TO_POINTER (stream));
      if (!dfn_quic_is_own_stream (quic, stream))
        dfn_quic_send (quic, stream, NULL, TRUE);
    }
}

static void
on_stream_closed (DfnQuic *quic, gint64 stream, gint64 code, gpointer user_data)
{
  End *end = user_data;

  if (code < 0)
    end->n_closed_clean++;
  else
    end->last_code = code;
}

static void
on_datagram (DfnQuic *quic, const guint8 *data, gsize length, gpointer user_data)
{
  End *end = user_data;

  end->n_datagrams++;
  g_byte_array_set_size (end->last_datagram, 0);
  g_byte_array_append (end->last_datagram, data, length);
}

static const DfnQuicHandler handler = {
  .stream_data = on_stream_data,
  .stream_closed = on_stream_closed,
  .datagram = on_datagram,
};

static void
end_init (End *end)
{
  end->identity = dfn_quic_identity_new ();
  end->received = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_byte_array_unref);
  end->last_datagram = g_byte_array_new ();
  end->last_code = -1;
  g_queue_init (&end->order);
}

static void
end_clear (End *end)
{
  if (end->quic != NULL)
    {
      dfn_quic_close (end->quic, 0, NULL);
      g_assert_finalize_object (g_steal_pointer (&end->quic));
    }
  g_hash_table_unref (end->received);
  g_byte_array_unref (end->last_datagram);
  g_queue_clear (&end->order);
  g_assert_finalize_object (end->identity);
  g_assert_finalize_object (end->link);
}

static void
connect_pair (Fixture *f, const DfnLoopbackParams *params, const guint8 *expected_client_key)
{
  end_init (&f->client);
  end_init (&f->server);
  dfn_loopback_link_new_pair (NULL, params, &f->client.link, &f->server.link);
  f->server.quic =
      dfn_quic_new (f->server.link, TRUE, f->server.identity,
                    expected_client_key != NULL ? expected_client_key
                                                : dfn_quic_identity_get_key (f->client.identity),
                    &handler, &f->server);
  f->client.quic =
      dfn_quic_new (f->client.link, FALSE, f->client.identity,
                    dfn_quic_identity_get_key (f->server.identity), &handler, &f->client);
}

static gboolean
both_accepted (Fixture *f)
{
  return dfn_quic_get_state (f->client.quic) >= DFN_QUIC_STATE_ACCEPTED
         && dfn_quic_get_state (f->server.quic) >= DFN_QUIC_STATE_ACCEPTED;
}

static void
disconnect_pair (Fixture *f)
{
  end_clear (&f->client);
  end_clear (&f->server);
}

static void
send_and_compare (Fixture *f, guint n_streams, gsize length)
{
  g_autoptr (GPtrArray) sent = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autofree gint64 *ids = g_new (gint64, n_streams);

  WAIT_FOR (both_accepted (f));
  for (guint i = 0; i < n_streams; i++)
    {
      GBytes *bytes = network_test_random_bytes (length);

      g_ptr_array_add (sent, bytes);
      ids[i] = dfn_quic_open_stream (f->server.quic, 0);
      g_assert_cmpint (ids[i], >=, 0);
      g_assert_true (dfn_quic_send (f->server.quic, ids[i], bytes, TRUE));
    }
  WAIT_FOR (f->client.n_finished == n_streams);
  WAIT_FOR (f->server.n_closed_clean == n_streams && f->client.n_closed_clean == n_streams);
  for (guint i = 0; i < n_streams; i++)
    {
      GByteArray *got = g_hash_table_lookup (f->client.received, GSIZE_TO_POINTER (ids[i]));
      gsize size;
      const guint8 *data = g_bytes_get_data (sent->pdata[i], &size);

      g_assert_cmpmem (data, size, got->data, got->len);
    }
  g_assert_cmpuint (dfn_quic_get_unsent (f->server.quic), ==, 0);
}

static void
test_transfer (void)
{
  Fixture f = { 0 };

  connect_pair (&f, NULL, NULL);
  send_and_compare (&f, 40, 300000);
  disconnect_pair (&f);
}

/* Many more streams than may be open at once: both sides must let go of them. */
static void
test_many_streams (void)
{
  Fixture f = { 0 };
  g_autoptr (GBytes) bytes = network_test_random_bytes (100);
  guint opened = 0;

  connect_pair (&f, NULL, NULL);
  WAIT_FOR (both_accepted (&f));
  while (opened < 10 * DFN_QUIC_MAX_PEER_STREAMS)
    {
      gint64 stream = dfn_quic_open_stream (f.client.quic, 0);

      if (stream < 0)
        {
          g_assert_cmpuint (opened - f.client.n_closed_clean, <=, DFN_QUIC_MAX_PEER_STREAMS);
          g_main_context_iteration (NULL, TRUE);
          continue;
        }
      opened++;
      dfn_quic_send (f.client.quic, stream, bytes, TRUE);
    }
  WAIT_FOR (f.client.n_closed_clean == opened && f.server.n_closed_clean == opened);
  disconnect_pair (&f);
}

static void
test_loss (void)
{
  DfnLoopbackParams params = { .delay_us = 5000, .loss = 0.05, .seed = 1 };
  Fixture f = { 0 };
  DfnQuicStats stats;

  connect_pair (&f, &params, NULL);
  send_and_compare (&f, 8, 100000);
  dfn_quic_get_stats (f.server.quic, &stats);
  g_assert_cmpint (stats.min_rtt_us, >=, 10000);
  g_assert_cmpint (stats.min_rtt_us, <, 200000);
  g_assert_cmpuint (stats.stream_bytes_acked, ==, 800000);
  g_assert_cmpuint (stats.stream_bytes_sent, ==, 800000);
  g_assert_cmpuint (stats.bytes_sent, >, 800000);
  g_assert_cmpfloat (stats.overhead, >, 0.03);
  disconnect_pair (&f);
}

/* A path that passes nothing above 1,300 bytes, which is less than we would like to send. */
static void
test_small_mtu (void)
{
  DfnLoopbackParams params = { .max_payload = 1300 };
  Fixture f = { 0 };

  connect_pair (&f, &params, NULL);
  send_and_compare (&f, 4, 100000);
  disconnect_pair (&f);
}

static void
test_priority (void)
{
  DfnLoopbackParams params = { .delay_us = 2000 };
  Fixture f = { 0 };
  g_autoptr (GBytes) bulk = network_test_random_bytes (400000);
  g_autoptr (GBytes) small = network_test_random_bytes (1000);
  gint64 later, sooner;

  connect_pair (&f, &params, NULL);
  WAIT_FOR (both_accepted (&f));
  later = dfn_quic_open_stream (f.client.quic, 1000);
  sooner = dfn_quic_open_stream (f.client.quic, 10);
  dfn_quic_send (f.client.quic, later, bulk, TRUE);
  dfn_quic_send (f.client.quic, sooner, small, TRUE);
  WAIT_FOR (f.server.n_finished == 2);
  g_assert_cmpint (GPOINTER_TO_SIZE (g_queue_pop_head (&f.server.order)), ==, sooner);
  disconnect_pair (&f);
}

static void
test_datagrams (void)
{
  Fixture f = { 0 };
  g_autoptr (GBytes) bytes = g_bytes_new_static ("have 17", 7);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) longest = network_test_random_bytes (DFN_QUIC_MAX_DATAGRAM);
  g_autoptr (GBytes) too_long = network_test_random_bytes (DFN_QUIC_MAX_DATAGRAM + 1);
  guint accepted = 0;

  connect_pair (&f, NULL, NULL);
  g_assert_false (dfn_quic_send_datagram (f.client.quic, bytes)); /* not yet established */
  WAIT_FOR (both_accepted (&f));
  g_assert_false (dfn_quic_send_datagram (f.client.quic, too_long));
  g_assert_false (dfn_quic_send_datagram (f.client.quic, empty));
  g_assert_true (dfn_quic_send_datagram (f.client.quic, longest));
  g_assert_true (dfn_quic_send_datagram (f.client.quic, bytes));
  WAIT_FOR (f.server.n_datagrams == 2);
  g_assert_cmpmem (f.server.last_datagram->data, f.server.last_datagram->len, "have 17", 7);

  /* The queue is bounded. */
  while (accepted < 10000 && dfn_quic_send_datagram (f.server.quic, bytes))
    accepted++;
  g_assert_cmpuint (accepted, <, 10000);
  disconnect_pair (&f);
}

static void
test_reset (void)
{
  DfnLoopbackParams params = { .delay_us = 5000 };
  Fixture f = { 0 };
  g_autoptr (GBytes) bulk = network_test_random_bytes (8000000);
  gint64 ours, theirs;

  connect_pair (&f, &params, NULL);
  WAIT_FOR (both_accepted (&f));
  ours = dfn_quic_open_stream (f.client.quic, 0);
  dfn_quic_send (f.client.quic, ours, bulk, TRUE);
  WAIT_FOR (g_hash_table_size (f.server.received) == 1);
  dfn_quic_reset_stream (f.client.quic, ours, 77);
  dfn_quic_send (f.server.quic, ours, NULL, TRUE);
  g_assert_cmpuint (dfn_quic_get_unsent (f.client.quic), ==, 0);
  g_assert_false (dfn_quic_send (f.client.quic, ours, bulk, TRUE));
  WAIT_FOR (f.server.last_code == 77);

  theirs = dfn_quic_open_stream (f.server.quic, 0);
  dfn_quic_send (f.server.quic, theirs, bulk, TRUE);
  WAIT_FOR (g_hash_table_contains (f.client.received, GSIZE_TO_POINTER (theirs)));
  dfn_quic_stop_stream (f.client.quic, theirs, 78);
  dfn_quic_send (f.client.quic, theirs, NULL, TRUE);
  WAIT_FOR (f.server.last_code == 78 || f.client.last_code == 78);
  WAIT_FOR (dfn_quic_get_unsent (f.server.quic) == 0);
  disconnect_pair (&f);
}

static void
test_wrong_key (void)
{
  Fixture f = { 0 };
  guint8 foreign[DFN_QUIC_KEY_SIZE] = { 1, 2, 3 };

  connect_pair (&f, NULL, foreign);
  WAIT_FOR (dfn_quic_get_state (f.server.quic) == DFN_QUIC_STATE_CLOSED);
  WAIT_FOR (dfn_quic_get_state (f.client.quic) == DFN_QUIC_STATE_CLOSED);
  g_assert_error (dfn_quic_get_error (f.server.quic), DFN_NETWORK_ERROR,
                  DFN_NETWORK_ERROR_AUTHENTICATION);
  /* A client whose key was refused must never have taken itself for accepted. */
  g_assert_error (dfn_quic_get_error (f.client.quic), DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED);
  disconnect_pair (&f);
}

static void
test_close (void)
{
  Fixture f = { 0 };

  connect_pair (&f, NULL, NULL);
  WAIT_FOR (both_accepted (&f));
  dfn_quic_close (f.client.quic, 0, NULL);
  g_assert_cmpint (dfn_quic_get_state (f.client.quic), ==, DFN_QUIC_STATE_CLOSED);
  WAIT_FOR (dfn_quic_get_state (f.server.quic) == DFN_QUIC_STATE_CLOSED);
  g_assert_error (dfn_quic_get_error (f.server.quic), DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED);
  g_assert_cmpint (dfn_quic_open_stream (f.client.quic, 0), ==, -1);
  disconnect_pair (&f);
}

/* Noise before and during a connection changes nothing. */
static void
test_noise (void)
{
  Fixture f = { 0 };
  guint8 noise[1400];

  connect_pair (&f, NULL, NULL);
  for (guint i = 0; i < 300; i++)
    {
      gsize length = 1 + dfn_random_uniform (sizeof noise);

      dfn_random_bytes (noise, sizeof noise);
      if (i % 2 == 0)
        noise[0] |= 0xc0; /* looks like a long header */
      dfn_link_receive (f.server.link, noise, length);
      dfn_link_receive (f.client.link, noise, length);
      if (i % 10 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  send_and_compare (&f, 2, 50000);
  disconnect_pair (&f);
}

static void
keep_first (const guint8 *data, gsize length, gpointer user_data)
{
  GBytes **first = user_data;

  if (*first == NULL)
    *first = g_bytes_new (data, length);
}

/* A client's first packet, damaged on the way. */
static GBytes *
damaged_first_packet (void)
{
  g_autoptr (DfnQuicIdentity) identity = dfn_quic_identity_new ();
  g_autoptr (DfnLink) near_end = NULL;
  g_autoptr (DfnLink) far_end = NULL;
  g_autoptr (DfnQuic) client = NULL;
  g_autoptr (GBytes) first = NULL;
  guint8 *copy;

  dfn_loopback_link_new_pair (NULL, NULL, &near_end, &far_end);
  dfn_link_set_receiver (far_end, keep_first, NULL, &first);
  client = dfn_quic_new (near_end, FALSE, identity, dfn_quic_identity_get_key (identity), &handler,
                         NULL);
  WAIT_FOR (first != NULL);
  dfn_link_set_receiver (far_end, NULL, NULL, NULL);
  copy = g_memdup2 (g_bytes_get_data (first, NULL), g_bytes_get_size (first));
  copy[g_bytes_get_size (first) - 1] ^= 1;
  return g_bytes_new_take (copy, g_bytes_get_size (first));
}

/* It looks like the start of a handshake, and must not take the place of the real one. */
static void
test_damaged_start (void)
{
  Fixture f = { 0 };
  g_autoptr (GBytes) damaged = damaged_first_packet ();

  connect_pair (&f, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    dfn_link_receive (f.server.link, g_bytes_get_data (damaged, NULL), g_bytes_get_size (damaged));
  send_and_compare (&f, 2, 50000);
  disconnect_pair (&f);
}

/* The link is replaced in the middle of a transfer, as after a change of address. */
static void
test_new_link (void)
{
  DfnLoopbackParams params = { .delay_us = 5000 };
  Fixture f = { 0 };
  DfnLink *old_client, *old_server;

  connect_pair (&f, &params, NULL);
  send_and_compare (&f, 2, 50000);
  old_client = f.client.link;
  old_server = f.server.link;
  dfn_loopback_link_cut (DFN_LOOPBACK_LINK (old_client));
  dfn_loopback_link_new_pair (NULL, &params, &f.client.link, &f.server.link);
  dfn_quic_set_link (f.client.quic, f.client.link);
  dfn_quic_set_link (f.server.quic, f.server.link);
  g_assert_finalize_object (old_client);
  g_assert_finalize_object (old_server);
  f.client.n_finished = f.client.n_closed_clean = f.server.n_closed_clean = 0;
  send_and_compare (&f, 2, 50000);
  disconnect_pair (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/quic/transfer", test_transfer);
  g_test_add_func ("/network/quic/many-streams", test_many_streams);
  g_test_add_func ("/network/quic/loss", test_loss);
  g_test_add_func ("/network/quic/small-mtu", test_small_mtu);
  g_test_add_func ("/network/quic/priority", test_priority);
  g_test_add_func ("/network/quic/datagrams", test_datagrams);
  g_test_add_func ("/network/quic/reset", test_reset);
  g_test_add_func ("/network/quic/wrong-key", test_wrong_key);
  g_test_add_func ("/network/quic/close", test_close);
  g_test_add_func ("/network/quic/noise", test_noise);
  g_test_add_func ("/network/quic/damaged-start", test_damaged_start);
  g_test_add_func ("/network/quic/new-link", test_new_link);
  return g_test_run ();
}
