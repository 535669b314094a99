/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"
#include "dfn-quic.h"
#include "dfn-uplink-bucket.h"
#include "network-test-support.h"

/* Connections in memory that share one governor. */

typedef struct {
  DfnQuic *sender, *receiver;
  DfnQuicIdentity *sender_identity, *receiver_identity;
  DfnLink *a, *b;
  guint64 received;
  guint n_finished;
  gint64 finished_us;
  gint64 datagram_us;
} Pair;

/* What had been sent in all, each time that something arrived. */
typedef struct {
  DfnUplinkGovernor *governor;
  GArray *times; /* of gint64 */
  GArray *sums;  /* of guint64 */
} Record;

static Record record;

static void
on_stream_data (DfnQuic *quic,
                gint64 stream,
                const guint8 *data,
                gsize length,
                gboolean fin,
                gpointer user_data)
{
  Pair *pair = user_data;
  gint64 now = g_get_monotonic_time ();
  guint64 sum;

  pair->received += length;
  g_object_get (record.governor, "bytes-granted", &sum, NULL);
  g_array_append_val (record.times, now);
  g_array_append_val (record.sums, sum);
  if (!fin)
    return;
  pair->n_finished++;
  pair->finished_us = now;
  dfn_quic_send (quic, stream, NULL, TRUE);
}

static void
on_datagram (DfnQuic *quic, const guint8 *data, gsize length, gpointer user_data)
{
  ((Pair *) user_data)->datagram_us = g_get_monotonic_time ();
}

static const DfnQuicHandler receiving = {
  .stream_data = on_stream_data,
  .datagram = on_datagram,
};
static const DfnQuicHandler sending;

static void
record_init (void)
{
  record.governor = dfn_uplink_governor_new ();
  record.times = g_array_new (FALSE, FALSE, sizeof (gint64));
  record.sums = g_array_new (FALSE, FALSE, sizeof (guint64));
}

static void
record_clear (void)
{
  g_assert_finalize_object (record.governor);
  g_array_unref (record.times);
  g_array_unref (record.sums);
}

static void
pair_init (Pair *pair)
{
  pair->sender_identity = dfn_quic_identity_new ();
  pair->receiver_identity = dfn_quic_identity_new ();
  dfn_loopback_link_new_pair (NULL, NULL, &pair->a, &pair->b);
  pair->receiver =
      dfn_quic_new (pair->b, TRUE, pair->receiver_identity,
                    dfn_quic_identity_get_key (pair->sender_identity), &receiving, pair);
  pair->sender = dfn_quic_new (pair->a, FALSE, pair->sender_identity,
                               dfn_quic_identity_get_key (pair->receiver_identity), &sending, pair);
  dfn_quic_set_governor (pair->receiver, NULL);
  dfn_quic_set_governor (pair->sender, record.governor);
  WAIT_FOR (dfn_quic_get_state (pair->sender) >= DFN_QUIC_STATE_ACCEPTED
            && dfn_quic_get_state (pair->receiver) >= DFN_QUIC_STATE_ACCEPTED);
}

static void
pair_clear (Pair *pair)
{
  dfn_quic_close (pair->sender, 0, NULL);
  dfn_quic_close (pair->receiver, 0, NULL);
  g_assert_finalize_object (g_steal_pointer (&pair->sender));
  g_assert_finalize_object (g_steal_pointer (&pair->receiver));
  g_assert_finalize_object (pair->sender_identity);
  g_assert_finalize_object (pair->receiver_identity);
  g_assert_finalize_object (pair->a);
  g_assert_finalize_object (pair->b);
}

static gint64
send_stream (Pair *pair, gsize length, gint64 deadline)
{
  g_autoptr (GBytes) bytes = network_test_random_bytes (length);
  gint64 stream = dfn_quic_open_stream (pair->sender, deadline);

  g_assert_cmpint (stream, >=, 0);
  g_assert_true (dfn_quic_send (pair->sender, stream, bytes, TRUE));
  return stream;
}

/* Two connections together stay below the limit, over any 100 ms. */
static void
test_limit (void)
{
  static const guint64 limit = 400 * 1000;
  Pair pairs[2] = { 0 };
  gint64 started;
  guint oldest = 0;
  double seconds;

  record_init ();
  pair_init (&pairs[0]);
  pair_init (&pairs[1]);
  dfn_uplink_governor_set_limit (record.governor, limit);
  g_assert_cmpuint (dfn_uplink_governor_get_limit (record.governor), ==, limit);
  g_assert_cmpuint (dfn_uplink_governor_get_rate (record.governor), ==, limit);
  network_test_run_for (150);
  g_array_set_size (record.times, 0);
  g_array_set_size (record.sums, 0);
  started = g_get_monotonic_time ();
  send_stream (&pairs[0], 250 * 1000, 0);
  send_stream (&pairs[1], 250 * 1000, 0);
  WAIT_FOR (pairs[0].n_finished == 1 && pairs[1].n_finished == 1);
  seconds = 1e-6 * (double) (g_get_monotonic_time () - started);
  g_assert_cmpfloat (seconds, >, 1.2);
  g_test_message ("500 kB in %.2f s", seconds);
  for (guint i = 0; i < record.times->len; i++)
    {
      gint64 now = g_array_index (record.times, gint64, i);

      while (g_array_index (record.times, gint64, oldest) <= now - DFN_UPLINK_WINDOW_US)
        oldest++;
      g_assert_cmpuint (g_array_index (record.sums, guint64, i)
                            - g_array_index (record.sums, guint64, oldest),
                        <=, limit / 10);
    }
  /* Equals get equal shares. */
  g_assert_cmpfloat (1e-6 * (double) ABS (pairs[0].finished_us - pairs[1].finished_us), <, 0.3);
  pair_clear (&pairs[0]);
  pair_clear (&pairs[1]);
  record_clear ();
}

/* Who is due first goes first, whichever connection it is on and whoever asked first. */
static void
test_deadlines (void)
{
  Pair pairs[3] = { 0 };

  record_init ();
  for (guint i = 0; i < 3; i++)
    pair_init (&pairs[i]);
  dfn_uplink_governor_set_limit (record.governor, 400 * 1000);
  send_stream (&pairs[0], 60 * 1000, DFN_UPLINK_SPARE_OFFSET_US + 1000);
  send_stream (&pairs[1], 60 * 1000, 3000);
  send_stream (&pairs[2], 60 * 1000, 1000);
  WAIT_FOR (pairs[2].n_finished == 1);
  g_assert_cmpuint (pairs[1].n_finished, ==, 0);
  WAIT_FOR (pairs[1].n_finished == 1);
  g_assert_cmpuint (pairs[0].n_finished, ==, 0);
  WAIT_FOR (pairs[0].n_finished == 1);
  for (guint i = 0; i < 3; i++)
    pair_clear (&pairs[i]);
  record_clear ();
}

/* A deadline that changes while it waits counts, and so does giving up. */
static void
test_changes (void)
{
  Pair pairs[3] = { 0 };
  gint64 moved, given_up;
  guint64 granted;

  record_init ();
  for (guint i = 0; i < 3; i++)
    pair_init (&pairs[i]);
  dfn_uplink_governor_set_limit (record.governor, 200 * 1000);
  given_up = send_stream (&pairs[0], 400 * 1000, 1000);
  send_stream (&pairs[1], 40 * 1000, 2000);
  moved = send_stream (&pairs[2], 40 * 1000, 3000);
  network_test_run_for (50);
  dfn_quic_set_priority (pairs[2].sender, moved, 1500);
  dfn_quic_reset_stream (pairs[0].sender, given_up, 0);
  g_assert_cmpuint (dfn_quic_get_unsent (pairs[0].sender), ==, 0);
  WAIT_FOR (pairs[2].n_finished == 1);
  g_assert_cmpuint (pairs[1].n_finished, ==, 0);
  WAIT_FOR (pairs[1].n_finished == 1);
  g_object_get (record.governor, "bytes-granted", &granted, NULL);
  g_assert_cmpuint (granted, <, 200 * 1000);
  g_assert_cmpuint (pairs[0].received, <, 60 * 1000);
  for (guint i = 0; i < 3; i++)
    pair_clear (&pairs[i]);
  record_clear ();
}

/* Streams wait, datagrams do not. */
static void
test_datagrams (void)
{
  Pair pair = { 0 };
  g_autoptr (GBytes) datagram = network_test_random_bytes (100);
  gint64 sent_us;

  record_init ();
  pair_init (&pair);
  dfn_uplink_governor_set_limit (record.governor, DFN_UPLINK_MIN_LIMIT);
  send_stream (&pair, 100 * 1000, 0);
  network_test_run_for (60);
  sent_us = g_get_monotonic_time ();
  g_assert_true (dfn_quic_send_datagram (pair.sender, datagram));
  WAIT_FOR (pair.datagram_us > 0);
  g_assert_cmpint (pair.datagram_us - sent_us, <, 80 * 1000);
  g_assert_cmpuint (dfn_quic_get_unsent (pair.sender), >, 80 * 1000);
  /* Without a governor nothing holds it. */
  dfn_uplink_governor_set_enabled (record.governor, FALSE);
  WAIT_FOR (pair.n_finished == 1);
  g_assert_cmpint (pair.finished_us - sent_us, <, 3 * G_USEC_PER_SEC);
  pair_clear (&pair);
  record_clear ();
}

/* A link on the local network is not held back, nor counted, nor in the way of others. */
static void
test_local (void)
{
  Pair pairs[2] = { 0 };
  guint64 before, after;

  record_init ();
  pair_init (&pairs[0]);
  pair_init (&pairs[1]);
  dfn_uplink_governor_set_limit (record.governor, DFN_UPLINK_MIN_LIMIT);
  send_stream (&pairs[1], 100 * 1000, 0);
  dfn_link_set_local (pairs[0].a, TRUE);
  g_object_get (record.governor, "bytes-granted", &before, NULL);
  send_stream (&pairs[0], 1000 * 1000, 1000);
  WAIT_FOR (pairs[0].n_finished == 1);
  g_assert_cmpuint (pairs[1].n_finished, ==, 0);
  g_object_get (record.governor, "bytes-granted", &after, NULL);
  g_assert_cmpuint (after - before, <, 50 * 1000);
  pair_clear (&pairs[0]);
  pair_clear (&pairs[1]);
  record_clear ();
}

/* One whose turn it is may close its connection, or be the last to hold the governor. */
static void
test_leaving (void)
{
  Pair pairs[2] = { 0 };

  record_init ();
  pair_init (&pairs[0]);
  pair_init (&pairs[1]);
  dfn_uplink_governor_set_limit (record.governor, 50 * 1000);
  send_stream (&pairs[0], 100 * 1000, 0);
  send_stream (&pairs[1], 100 * 1000, 0);
  network_test_run_for (50);
  pair_clear (&pairs[0]);
  network_test_run_for (50);
  dfn_quic_set_governor (pairs[1].sender, NULL);
  WAIT_FOR (pairs[1].n_finished == 1);
  pair_clear (&pairs[1]);
  record_clear ();
}

static gpointer
get_other (gpointer unused)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  DfnUplinkGovernor *governor;

  g_main_context_push_thread_default (context);
  governor = dfn_uplink_governor_get_default ();
  g_assert_true (governor == dfn_uplink_governor_get_default ());
  g_main_context_pop_thread_default (context);
  return governor;
}

static void
test_default (void)
{
  DfnUplinkGovernor *governor = dfn_uplink_governor_get_default ();
  GThread *thread = g_thread_new ("other", get_other, NULL);

  g_assert_true (governor == dfn_uplink_governor_get_default ());
  g_assert_true (g_thread_join (thread) != governor);
  g_assert_cmpuint (dfn_uplink_governor_get_rate (governor), ==, DFN_UPLINK_UNLIMITED);
  g_assert_cmpuint (dfn_uplink_governor_get_estimate (governor), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/uplink-governor/limit", test_limit);
  g_test_add_func ("/network/uplink-governor/deadlines", test_deadlines);
  g_test_add_func ("/network/uplink-governor/changes", test_changes);
  g_test_add_func ("/network/uplink-governor/datagrams", test_datagrams);
  g_test_add_func ("/network/uplink-governor/local", test_local);
  g_test_add_func ("/network/uplink-governor/leaving", test_leaving);
  g_test_add_func ("/network/uplink-governor/default", test_default);
  return g_test_run ();
}
