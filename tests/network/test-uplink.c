/* SPDX-License-Identifier: MIT */
#include "dfn-uplink-bucket.h"
#include "dfn-uplink-estimate.h"
#include "dfn-uplink-turns.h"

#define START (G_GINT64_CONSTANT (5) * G_USEC_PER_SEC)

/* Takes all there is, again and again, for so long. */
static guint64
use_up (DfnUplinkBucket *bucket, gint64 from_us, gint64 until_us, gint64 step_us)
{
  guint64 taken = 0;

  for (gint64 now = from_us; now < until_us; now += step_us)
    {
      gsize allowed;

      while ((allowed = dfn_uplink_bucket_get (bucket, now)) > 0)
        {
          g_assert_cmpuint (allowed, >=, DFN_UPLINK_PACKET);
          allowed = MIN (allowed, 65536) / DFN_UPLINK_PACKET * DFN_UPLINK_PACKET;
          dfn_uplink_bucket_take (bucket, now, allowed);
          taken += allowed;
        }
    }
  return taken;
}

static void
test_bucket_rate (void)
{
  static const double rates[] = { 20e3, 1.25e6, 12.5e6, 125e6 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      DfnUplinkBucket bucket = { 0 };

      dfn_uplink_bucket_set (&bucket, START, rates[i], 0);
      g_assert_cmpfloat_with_epsilon (
          (double) use_up (&bucket, START, START + 2 * G_USEC_PER_SEC, 500), 2 * rates[i],
          0.02 * rates[i] + 2 * 65536);
    }
}

static void
test_bucket_unlimited (void)
{
  DfnUplinkBucket bucket = { 0 };

  g_assert_cmpuint (dfn_uplink_bucket_get (&bucket, START), ==, G_MAXSIZE);
  dfn_uplink_bucket_take (&bucket, START, 1000 * 1000 * 1000);
  g_assert_cmpuint (dfn_uplink_bucket_get (&bucket, START), ==, G_MAXSIZE);
  g_assert_cmpint (dfn_uplink_bucket_get_ready (&bucket, START), ==, START);
}

/* However late and irregular the calls come, no 100 ms hold more than a tenth of the limit. */
static void
test_bucket_limit (void)
{
  static const double limits[] = { DFN_UPLINK_MIN_LIMIT, 100e3, 1e6, 10e6 };
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      DfnUplinkBucket bucket = { 0 };
      g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_autoptr (GArray) sums = g_array_new (FALSE, FALSE, sizeof (guint64));
      guint64 sum = 0;
      guint oldest = 0;

      dfn_uplink_bucket_set (&bucket, START, i % 2 == 0 ? 0 : 3 * limits[i], limits[i]);
      for (gint64 now = START; now < START + 5 * G_USEC_PER_SEC;
           now += g_rand_int_range (random, 1, g_rand_boolean (random) ? 500 : 10000))
        {
          guint64 before = sum;

          sum += use_up (&bucket, now, now + 1, 1);
          g_array_append_val (times, now);
          g_array_append_val (sums, sum);
          while (g_array_index (times, gint64, oldest) <= now - DFN_UPLINK_WINDOW_US)
            oldest++;
          before = oldest > 0 ? g_array_index (sums, guint64, oldest - 1) : 0;
          g_assert_cmpfloat ((double) (sum - before), <=, limits[i] / 10);
        }
      g_assert_cmpfloat ((double) sum, >, limits[i] * 5 * (limits[i] < 200e3 ? 0.8 : 0.9));
    }
}

static void
test_bucket_debt (void)
{
  DfnUplinkBucket bucket = { 0 };
  gint64 ready;

  dfn_uplink_bucket_set (&bucket, START, 100e3, 0);
  dfn_uplink_bucket_take (&bucket, START, 10000);
  g_assert_cmpuint (dfn_uplink_bucket_get (&bucket, START), ==, 0);
  ready = dfn_uplink_bucket_get_ready (&bucket, START);
  g_assert_cmpint (ready, >, START + 100000);
  g_assert_cmpint (ready, <, START + 150000);
  g_assert_cmpuint (dfn_uplink_bucket_get (&bucket, ready - 1000), ==, 0);
  g_assert_cmpuint (dfn_uplink_bucket_get (&bucket, ready), >=, DFN_UPLINK_PACKET);
  /* What did not wait makes nobody else wait for ever. */
  dfn_uplink_bucket_take (&bucket, ready, 1000 * 1000 * 1000);
  g_assert_cmpint (dfn_uplink_bucket_get_ready (&bucket, ready), <, ready + G_USEC_PER_SEC / 2);
}

static void
test_bucket_ready_within_limit (void)
{
  DfnUplinkBucket bucket = { 0 };
  gint64 now = START;
  gint64 ready;

  dfn_uplink_bucket_set (&bucket, now, 0, 100e3);
  dfn_uplink_bucket_take (&bucket, now, 9000);
  ready = dfn_uplink_bucket_get_ready (&bucket, now);
  g_assert_cmpint (ready, >=, now + DFN_UPLINK_WINDOW_US);
  g_assert_cmpuint (dfn_uplink_bucket_get (&bucket, ready), >=, DFN_UPLINK_PACKET);
}

static void
test_turns (void)
{
  g_autoptr (DfnUplinkTurns) turns = dfn_uplink_turns_new ();
  DfnUplinkTurn late = { 0 }, early = { 0 }, other = { 0 };

  g_assert_null (dfn_uplink_turns_get_next (turns, START));
  dfn_uplink_turns_wait (turns, &late, START, 900);
  dfn_uplink_turns_wait (turns, &early, START + 1, 100);
  dfn_uplink_turns_wait (turns, &other, START + 2, 100);
  g_assert_true (dfn_uplink_turns_get_next (turns, START) == &early);
  /* Equals take turns. */
  dfn_uplink_turns_serve (turns, &early, START + 3);
  dfn_uplink_turns_wait (turns, &early, START + 3, 100);
  g_assert_true (dfn_uplink_turns_get_next (turns, START) == &other);
  dfn_uplink_turns_leave (turns, &other);
  dfn_uplink_turns_leave (turns, &other);
  g_assert_true (dfn_uplink_turns_get_next (turns, START) == &early);
  /* A deadline may change. */
  dfn_uplink_turns_wait (turns, &late, START + 4, 50);
  g_assert_true (dfn_uplink_turns_get_next (turns, START) == &late);
  dfn_uplink_turns_leave (turns, &late);
  dfn_uplink_turns_leave (turns, &early);
  g_assert_null (dfn_uplink_turns_get_next (turns, START));
}

/* However many earlier ones there are, a late one gets some turns, and few. */
static void
test_turns_patience (void)
{
  g_autoptr (DfnUplinkTurns) turns = dfn_uplink_turns_new ();
  DfnUplinkTurn early[3] = { 0 };
  DfnUplinkTurn late = { 0 };
  guint n_late = 0;

  dfn_uplink_turns_wait (turns, &late, START, G_MAXINT64);
  for (guint i = 0; i < 3; i++)
    dfn_uplink_turns_wait (turns, &early[i], START, i);
  for (guint ms = 0; ms < 10000; ms++)
    {
      gint64 now = START + (gint64) ms * 1000;
      DfnUplinkTurn *next = dfn_uplink_turns_get_next (turns, now);

      n_late += next == &late;
      dfn_uplink_turns_serve (turns, next, now);
      dfn_uplink_turns_wait (turns, next, now, next->deadline_us);
    }
  g_assert_cmpuint (n_late, >=, 8);
  g_assert_cmpuint (n_late, <=, 10);
  /* Where all wait for too long, most turns still go by deadline. */
  n_late = 0;
  for (guint second = 0; second < 800; second++)
    {
      gint64 now = START + (gint64) (20 + 2 * second) * G_USEC_PER_SEC;
      DfnUplinkTurn *next = dfn_uplink_turns_get_next (turns, now);

      n_late += next == &late;
      dfn_uplink_turns_serve (turns, next, now);
      dfn_uplink_turns_wait (turns, next, now, next->deadline_us);
    }
  g_assert_cmpuint (n_late, >=, 20);
  g_assert_cmpuint (n_late, <=, 100);
  dfn_uplink_turns_leave (turns, &late);
  for (guint i = 0; i < 3; i++)
    dfn_uplink_turns_leave (turns, &early[i]);
}

/* An uplink that was never filled can do at least what was sent, and limits nobody. */
static void
test_estimate_unfilled (void)
{
  g_autoptr (DfnUplinkEstimate) estimate = dfn_uplink_estimate_new ();
  DfnUplinkPath *path = dfn_uplink_estimate_add (estimate);
  DfnUplinkReport report = { .rtt_us = 20000 };

  g_assert_true (dfn_uplink_estimate_is_idle (estimate, START));
  for (gint64 now = START; now < START + 3 * G_USEC_PER_SEC; now += 5000)
    {
      report.sent += 5000;
      report.in_flight = 20000;
      report.acked += 4700;
      g_assert_cmpuint (dfn_uplink_estimate_report (estimate, path, now, &report), ==, 5000);
      dfn_uplink_estimate_tick (estimate, now);
    }
  g_assert_cmpfloat (dfn_uplink_estimate_get_rate (estimate), ==, 0);
  g_assert_cmpfloat_with_epsilon (dfn_uplink_estimate_get_capacity (estimate), 1e6, 0.15e6);
  g_assert_cmpint (dfn_uplink_estimate_get_queue_delay (estimate), ==, 0);
  g_assert_false (dfn_uplink_estimate_is_idle (estimate, START + 3 * G_USEC_PER_SEC));
  g_assert_true (dfn_uplink_estimate_is_idle (estimate, START + 9 * G_USEC_PER_SEC));
  dfn_uplink_estimate_remove (estimate, path);
  dfn_uplink_estimate_tick (estimate, START + 4 * G_USEC_PER_SEC);
}

/* A queue on most of the paths is the uplink's, one on few of them is not. */
static void
play_common_queue (guint n_queued, gboolean with_content)
{
  g_autoptr (DfnUplinkEstimate) estimate = dfn_uplink_estimate_new ();
  DfnUplinkPath *paths[9];
  DfnUplinkReport reports[9] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    paths[i] = dfn_uplink_estimate_add (estimate);
  for (gint64 now = 0; now < G_USEC_PER_SEC; now += 10000)
    {
      for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
        {
          reports[i].sent += 3000;
          reports[i].in_flight = 6000;
          reports[i].acked += with_content ? 2800 : 10;
          reports[i].rtt_us = 30000 + 1000 * (gint64) i;
          if (now > G_USEC_PER_SEC / 2 && i < n_queued)
            reports[i].rtt_us += 60000;
          dfn_uplink_estimate_report (estimate, paths[i], START + now, &reports[i]);
        }
      dfn_uplink_estimate_tick (estimate, START + now);
    }
  if (n_queued >= 7 && with_content)
    {
      g_assert_cmpint (dfn_uplink_estimate_get_queue_delay (estimate), ==, 60000);
      g_assert_cmpfloat (dfn_uplink_estimate_get_rate (estimate), >, 0);
    }
  else
    g_assert_cmpfloat (dfn_uplink_estimate_get_rate (estimate), ==, 0);
}

static void
test_estimate_common_queue (gconstpointer n_queued)
{
  play_common_queue (GPOINTER_TO_UINT (n_queued), TRUE);
}

/* Who only acknowledges makes no queue, so what all paths see is that of the others' uplinks. */
static void
test_estimate_no_content (void)
{
  play_common_queue (9, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/uplink/bucket/rate", test_bucket_rate);
  g_test_add_func ("/network/uplink/bucket/unlimited", test_bucket_unlimited);
  g_test_add_func ("/network/uplink/bucket/limit", test_bucket_limit);
  g_test_add_func ("/network/uplink/bucket/debt", test_bucket_debt);
  g_test_add_func ("/network/uplink/bucket/ready-within-limit", test_bucket_ready_within_limit);
  g_test_add_func ("/network/uplink/turns", test_turns);
  g_test_add_func ("/network/uplink/turns/patience", test_turns_patience);
  g_test_add_func ("/network/uplink/estimate/unfilled", test_estimate_unfilled);
  g_test_add_data_func ("/network/uplink/estimate/queue-on-most", GUINT_TO_POINTER (7),
                        test_estimate_common_queue);
  g_test_add_data_func ("/network/uplink/estimate/queue-on-some", GUINT_TO_POINTER (5),
                        test_estimate_common_queue);
  g_test_add_func ("/network/uplink/estimate/no-content", test_estimate_no_content);
  return g_test_run ();
}
