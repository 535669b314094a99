/* SPDX-License-Identifier: MIT */
#include "dfn-decay-ranker.h"

#include <math.h>

#define MS 1000
#define S G_USEC_PER_SEC
#define CHUNK 100000

static DfnPeerRanker *
make (guint n_peers)
{
  DfnPeerRanker *ranker = DFN_PEER_RANKER (dfn_decay_ranker_new (42));

  for (guint64 peer = 1; peer <= n_peers; peer++)
    {
      g_assert_true (dfn_peer_ranker_add_peer (ranker, 0, peer));
      dfn_peer_ranker_set_path (ranker, peer, 50 * MS, 0);
    }
  return ranker;
}

/* Asks @peer for @n chunks one after another from @now_us on, each taking @took_us. */
static gint64
let_deliver (DfnPeerRanker *ranker, gint64 now_us, guint64 peer, guint n, gint64 took_us)
{
  for (guint64 chunk = 0; chunk < n; chunk++)
    {
      dfn_peer_ranker_asked (ranker, now_us, peer, chunk, CHUNK);
      now_us += took_us;
      dfn_peer_ranker_answered (ranker, now_us, peer, chunk, now_us - took_us / 2);
    }
  return now_us;
}

static double
expect (DfnPeerRanker *ranker, gint64 now_us, guint64 peer)
{
  return dfn_peer_ranker_expect (ranker, now_us, peer, CHUNK);
}

static void
test_learns_delivery_time (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (2);
  gint64 now = let_deliver (ranker, 0, 1, 50, 100 * MS);

  now = let_deliver (ranker, now, 2, 50, 400 * MS);
  now = let_deliver (ranker, now, 1, 20, 100 * MS);
  g_assert_cmpfloat_with_epsilon (expect (ranker, now, 1), 0.1, 0.03);
  g_assert_cmpfloat_with_epsilon (expect (ranker, now, 2), 0.4, 0.1);
}

/* What waits at a peer already comes before one more. */
static void
test_counts_load (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (1);
  gint64 now = let_deliver (ranker, 0, 1, 50, 100 * MS);
  double idle = expect (ranker, now, 1);

  for (guint64 chunk = 100; chunk < 103; chunk++)
    dfn_peer_ranker_asked (ranker, now, 1, chunk, CHUNK);
  g_assert_cmpfloat (expect (ranker, now, 1), >, idle + 2.5 * (idle - 0.05));
}

/* The older the samples, the nearer a peer is to what peers are like. */
static void
test_forgets (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (2);
  gint64 now = let_deliver (ranker, 0, 2, 100, 100 * MS);
  double early, middle, late, usual;

  now = let_deliver (ranker, now, 1, 5, 2 * S);
  now = let_deliver (ranker, now, 2, 100, 100 * MS);
  early = expect (ranker, now, 1);
  middle = expect (ranker, now + 30 * S, 1);
  late = expect (ranker, now + 600 * S, 1);
  usual = expect (ranker, now + 600 * S, 2);
  g_assert_cmpfloat (early, >, middle);
  g_assert_cmpfloat (middle, >, late);
  g_assert_cmpfloat_with_epsilon (late, usual, 0.01);
}

/* Silence tells before the answer, or a timeout, does; an answer ends the suspicion. */
static void
test_notices_stall (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (1);
  gint64 now = let_deliver (ranker, 0, 1, 50, 100 * MS);
  double at_once, soon, later;

  dfn_peer_ranker_asked (ranker, now, 1, 100, CHUNK);
  at_once = expect (ranker, now, 1);
  soon = expect (ranker, now + 90 * MS, 1);
  later = expect (ranker, now + 500 * MS, 1);
  g_assert_cmpfloat_with_epsilon (soon, at_once, 0.01);
  g_assert_cmpfloat (later, >, at_once + 1);
  dfn_peer_ranker_answered (ranker, now + 500 * MS, 1, 100, 0);
  g_assert_cmpfloat (expect (ranker, now + 500 * MS, 1), <, 0.3);
}

static void
test_forgives_failures (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (1);
  gint64 now = let_deliver (ranker, 0, 1, 50, 100 * MS);
  double before = expect (ranker, now, 1);

  for (guint64 chunk = 100; chunk < 104; chunk++)
    {
      dfn_peer_ranker_asked (ranker, now, 1, chunk, CHUNK);
      dfn_peer_ranker_failed (ranker, now + 10 * MS, 1, chunk, DFN_PEER_OUTCOME_REFUSED);
    }
  now += 10 * MS;
  g_assert_cmpfloat (expect (ranker, now, 1), >, 2.5 * before);
  now = let_deliver (ranker, now + 10 * S, 1, 1, 100 * MS);
  g_assert_cmpfloat (expect (ranker, now, 1), <, 1.2 * before);
}

/* Cancelling is nobody's fault, but what took long until then was seen to take long. */
static void
test_learns_from_cancelled (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (1);
  gint64 now = let_deliver (ranker, 0, 1, 5, 100 * MS);
  double before = expect (ranker, now, 1);
  DfnPeerMeasurements own;

  dfn_peer_ranker_asked (ranker, now, 1, 100, CHUNK);
  dfn_peer_ranker_failed (ranker, now + 10 * MS, 1, 100, DFN_PEER_OUTCOME_CANCELLED);
  g_assert_cmpfloat_with_epsilon (expect (ranker, now, 1), before, 0.001);
  dfn_peer_ranker_asked (ranker, now, 1, 101, CHUNK);
  dfn_peer_ranker_failed (ranker, now + 3 * S, 1, 101, DFN_PEER_OUTCOME_CANCELLED);
  g_assert_cmpfloat (expect (ranker, now + 3 * S, 1), >, 2 * before);
  g_assert_true (dfn_peer_ranker_measure (ranker, now + 3 * S, 1, &own));
  g_assert_cmpfloat (own.failures, ==, 0);
}

/* Whatever a peer says of itself, it is expected within a narrow range, and one answer says more.
 */
static void
test_clips_claims (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (3);
  const DfnPeerClaims boast = { .rate = 1e300 };
  const DfnPeerClaims nonsense[] = {
    { .rate = -1 },
    { .rate = NAN },
    { .rate = INFINITY },
    { .rate = 1e-300 },
  };
  gint64 now = let_deliver (ranker, 0, 1, 100, 300 * MS);
  double usual = expect (ranker, now, 2);

  dfn_peer_ranker_claims (ranker, now, 2, &boast);
  g_assert_cmpfloat (expect (ranker, now, 2), <, usual);
  g_assert_cmpfloat (expect (ranker, now, 2), >, usual / 3);
  now = let_deliver (ranker, now, 2, 1, 2 * S);
  g_assert_cmpfloat (expect (ranker, now, 2), >, 0.9);
  for (gsize i = 0; i < G_N_ELEMENTS (nonsense); i++)
    {
      dfn_peer_ranker_claims (ranker, now, 3, &nonsense[i]);
      g_assert_cmpfloat (expect (ranker, now, 3), >, usual / 3);
      g_assert_cmpfloat (expect (ranker, now, 3), <, usual * 3);
    }
}

static void
test_explores (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (4);
  const guint64 peers[] = { 1, 2, 3, 4 };
  guint n_chosen[4] = { 0 };
  double likely[4] = { 0 };
  gint64 now = let_deliver (ranker, 0, 3, 20, 60 * MS);

  for (guint i = 0; i < 20000; i++)
    {
      double probability;
      guint place = dfn_peer_ranker_choose (ranker, now, peers, 4, CHUNK, &probability);

      n_chosen[place]++;
      likely[place] = probability;
    }
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpuint (n_chosen[i], >, 0);
      g_assert_cmpfloat_with_epsilon (n_chosen[i] / 20000.0, likely[i], 0.005);
    }
  g_assert_cmpfloat_with_epsilon (likely[0] + likely[1] + likely[2] + likely[3], 1, 1e-9);
  g_assert_cmpfloat (likely[2], >=, 0.95);
  g_assert_cmpfloat (likely[2], <=, 0.99);
}

/* Who knows nothing yet does not always take the first. */
static void
test_draws_among_equals (void)
{
  const guint64 peers[] = { 1, 2, 3 };
  guint n_chosen[3] = { 0 };

  for (guint64 seed = 0; seed < 300; seed++)
    {
      g_autoptr (DfnPeerRanker) ranker = DFN_PEER_RANKER (dfn_decay_ranker_new (seed));
      double probability;

      for (guint i = 0; i < 3; i++)
        dfn_peer_ranker_add_peer (ranker, 0, peers[i]);
      n_chosen[dfn_peer_ranker_choose (ranker, 0, peers, 3, CHUNK, &probability)]++;
      g_assert_cmpfloat_with_epsilon (probability, 1.0 / 3, 1e-9);
    }
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (n_chosen[i], >, 60);
}

static void
test_measures (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (1);
  DfnPeerMeasurements own;
  gint64 now;

  g_assert_true (dfn_peer_ranker_measure (ranker, 0, 1, &own));
  g_assert_cmpint (own.age_us, ==, -1);
  g_assert_cmpint (own.rtt_us, ==, 50 * MS);
  g_assert_cmpfloat (own.rate, ==, 0);
  now = let_deliver (ranker, 0, 1, 50, 100 * MS);
  dfn_peer_ranker_asked (ranker, now, 1, 100, CHUNK);
  dfn_peer_ranker_asked (ranker, now + MS, 1, 101, CHUNK);
  g_assert_true (dfn_peer_ranker_measure (ranker, now + 20 * MS, 1, &own));
  g_assert_cmpint (own.age_us, ==, 20 * MS);
  g_assert_cmpint (own.oldest_us, ==, 20 * MS);
  g_assert_cmpuint (own.outstanding, ==, 2);
  g_assert_cmpuint (own.outstanding_bytes, ==, 2 * CHUNK);
  g_assert_cmpuint (own.samples, ==, 50);
  g_assert_cmpint (own.delivery_us, >=, 99 * MS);
  g_assert_cmpint (own.delivery_us, <=, 101 * MS);
  g_assert_false (dfn_peer_ranker_measure (ranker, now, 2, &own));
}

/* Peers and requests that nobody named, and more of both than there is room for. */
static void
test_is_bounded (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (DFN_PEER_RANKER_MAX_PEERS);
  DfnPeerMeasurements own;

  g_assert_false (dfn_peer_ranker_add_peer (ranker, 0, 1));
  g_assert_false (dfn_peer_ranker_add_peer (ranker, 0, 999999));
  dfn_peer_ranker_asked (ranker, 0, 999999, 1, CHUNK);
  dfn_peer_ranker_answered (ranker, 0, 999999, 1, 0);
  dfn_peer_ranker_answered (ranker, 0, 1, 77, 0);
  dfn_peer_ranker_failed (ranker, 0, 1, 77, DFN_PEER_OUTCOME_GONE);
  dfn_peer_ranker_remove_peer (ranker, 999999);
  dfn_peer_ranker_claims (ranker, 0, 999999, &(DfnPeerClaims){ .rate = 1 });
  dfn_peer_ranker_set_path (ranker, 999999, 1, 0);
  g_assert_cmpfloat (expect (ranker, 0, 999999), ==, G_MAXDOUBLE);
  for (guint64 chunk = 0; chunk < 2 * DFN_PEER_RANKER_MAX_REQUESTS; chunk++)
    dfn_peer_ranker_asked (ranker, 0, 1, chunk, CHUNK);
  g_assert_true (dfn_peer_ranker_measure (ranker, 0, 1, &own));
  g_assert_cmpuint (own.outstanding, ==, DFN_PEER_RANKER_MAX_REQUESTS);
  for (guint64 chunk = 0; chunk < 2 * DFN_PEER_RANKER_MAX_REQUESTS; chunk++)
    dfn_peer_ranker_answered (ranker, S, 1, chunk, 0);
  g_assert_true (dfn_peer_ranker_measure (ranker, S, 1, &own));
  g_assert_cmpuint (own.outstanding, ==, 0);
  g_assert_cmpuint (own.outstanding_bytes, ==, 0);
  dfn_peer_ranker_remove_peer (ranker, 1);
  g_assert_true (dfn_peer_ranker_add_peer (ranker, 0, 999999));
}

/* A peer that is known no longer is never taken before one that is. */
static void
test_unknown_comes_last (void)
{
  g_autoptr (DfnPeerRanker) ranker = make (1);
  const guint64 peers[] = { 9, 1 };

  for (guint i = 0; i < 1000; i++)
    g_assert_cmpuint (dfn_peer_ranker_choose (ranker, 0, peers, 2, CHUNK, NULL), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/decay-ranker/learns-delivery-time", test_learns_delivery_time);
  g_test_add_func ("/streaming/decay-ranker/counts-load", test_counts_load);
  g_test_add_func ("/streaming/decay-ranker/forgets", test_forgets);
  g_test_add_func ("/streaming/decay-ranker/notices-stall", test_notices_stall);
  g_test_add_func ("/streaming/decay-ranker/forgives-failures", test_forgives_failures);
  g_test_add_func ("/streaming/decay-ranker/learns-from-cancelled", test_learns_from_cancelled);
  g_test_add_func ("/streaming/decay-ranker/clips-claims", test_clips_claims);
  g_test_add_func ("/streaming/decay-ranker/explores", test_explores);
  g_test_add_func ("/streaming/decay-ranker/draws-among-equals", test_draws_among_equals);
  g_test_add_func ("/streaming/decay-ranker/measures", test_measures);
  g_test_add_func ("/streaming/decay-ranker/is-bounded", test_is_bounded);
  g_test_add_func ("/streaming/decay-ranker/unknown-comes-last", test_unknown_comes_last);
  return g_test_run ();
}
