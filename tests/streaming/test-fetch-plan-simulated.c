/* SPDX-License-Identifier: MIT */
#include "dfn-manifest.h"
#include "fetch-simulation.h"

/* One link is kept full from the first request to the last, whatever its rate and length. */
static void
test_one_peer (void)
{
  static const struct {
    double mbit;
    gint64 rtt_us;
    guint64 size;
  } cases[] = {
    { 1, 40 * MS, 8 * MIB },       { 20, 100 * MS, 50 * MIB },      { 50, 40 * MS, 300 * MIB },
    { 1000, 1 * MS, 2000u * MIB }, { 1000, 100 * MS, 2000u * MIB }, { 100, 300 * MS, 500 * MIB },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FetchSimulation) sim = fetch_simulation_new (cases[i].size + 12345);
      double ideal = cases[i].rtt_us / 1e6 + (double) sim->size / (cases[i].mbit * 1e6 / 8);

      fetch_simulation_add_peer (sim, cases[i].mbit, cases[i].rtt_us);
      g_assert_true (fetch_simulation_run (sim, G_MAXINT64));
      fetch_simulation_assert_each_once (sim);
      g_test_message ("%g Mbit/s, %d ms: %.3f of the link, at most %.1f MiB asked", cases[i].mbit,
                      (int) (cases[i].rtt_us / MS), ideal / (sim->now_us / 1e6),
                      (double) sim->most_outstanding / MIB);
      g_assert_cmpfloat (ideal / (sim->now_us / 1e6), >, 0.95);
    }
}

/* Full links, but not queues without end: at most about four times what the link holds. */
static void
test_window_is_bounded (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (500 * MIB);
  DfnFetchPeerStats stats;
  SimulatedPeer *peer = fetch_simulation_add_peer (sim, 50, 40 * MS);

  g_assert_false (fetch_simulation_run (sim, 5 * S));
  g_assert_true (dfn_fetch_plan_get_peer_stats (sim->plan, peer->id, &stats));
  g_assert_cmpuint (stats.window, >=, DFN_FETCH_PLAN_MIN_WINDOW);
  g_assert_cmpuint (stats.window, <=, 4 * MIB);
  g_assert_cmpfloat (stats.rate, >, 0.8 * 50e6 / 8);
  g_assert_cmpfloat (stats.rate, <, 1.2 * 50e6 / 8);
}

/* A peer that answers everything at once answers the later the more is asked: that must not make
 * the window grow without end. */
static void
test_parallel_peer (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (500 * MIB);
  SimulatedPeer *peer = fetch_simulation_add_peer (sim, 50, 0);

  peer->is_parallel = TRUE;
  g_assert_true (fetch_simulation_run (sim, G_MAXINT64));
  fetch_simulation_assert_each_once (sim);
  g_test_message ("at most %.1f MiB asked", (double) sim->most_outstanding / MIB);
  g_assert_cmpuint (sim->most_outstanding, <=, 10 * MIB);
}

static void
test_two_peers (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (200 * MIB);
  SimulatedPeer *fast = fetch_simulation_add_peer (sim, 100, 20 * MS);
  SimulatedPeer *slow = fetch_simulation_add_peer (sim, 10, 60 * MS);
  double ideal = sim->size / (110e6 / 8), share;

  g_assert_true (fetch_simulation_run (sim, G_MAXINT64));
  fetch_simulation_assert_each_once (sim);
  share = (double) slow->n_sent / (double) (fast->n_sent + slow->n_sent);
  g_test_message ("the slow peer gave %.3f; %.3f of both links", share,
                  ideal / (sim->now_us / 1e6));
  g_assert_cmpfloat (share, >, 0.07);
  g_assert_cmpfloat (share, <, 0.11);
  g_assert_cmpfloat (ideal / (sim->now_us / 1e6), >, 0.95);
}

/* A small file is not held up by the slow peer's part of it. */
static void
test_slow_peer_at_the_end (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (20 * MIB);
  double alone;

  fetch_simulation_add_peer (sim, 100, 20 * MS);
  fetch_simulation_add_peer (sim, 1, 20 * MS);
  alone = sim->size / (100e6 / 8);
  g_assert_true (fetch_simulation_run (sim, G_MAXINT64));
  fetch_simulation_assert_each_here (sim);
  g_test_message ("%.2f s; the fast peer alone takes %.2f s", sim->now_us / 1e6, alone);
  g_assert_cmpfloat (sim->now_us / 1e6, <, alone + 3);
}

static void
test_silent_peer (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (100 * MIB);
  SimulatedPeer *good = fetch_simulation_add_peer (sim, 50, 40 * MS);
  SimulatedPeer *bad = fetch_simulation_add_peer (sim, 50, 40 * MS);
  DfnFetchPeerStats stats;

  bad->silent_from_us = 2 * S;
  bad->silent_until_us = G_MAXINT64;
  g_assert_true (fetch_simulation_run (sim, 60 * S));
  fetch_simulation_assert_each_here (sim);
  g_assert_true (dfn_fetch_plan_get_peer_stats (sim->plan, bad->id, &stats));
  g_assert_true (stats.is_stalled);
  g_assert_cmpuint (stats.n_timeouts, >=, 4);
  /* The good one needs 100 MiB less what the bad one gave in 2 s. */
  g_assert_cmpfloat (sim->now_us / 1e6, <, 100 * MIB / (50e6 / 8) + 3);
  g_assert_cmpuint (good->n_sent, >, bad->n_sent);
}

/* The only peer falls silent and comes back: nothing is asked in a storm, and all arrives. */
static void
test_only_peer_is_silent (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (20 * MIB);
  SimulatedPeer *peer = fetch_simulation_add_peer (sim, 20, 40 * MS);
  guint64 n_sent;

  peer->silent_from_us = 1 * S;
  peer->silent_until_us = 61 * S;
  g_assert_false (fetch_simulation_run (sim, 61 * S));
  n_sent = peer->n_sent;
  g_assert_cmpuint (n_sent, <, 40);
  g_assert_true (fetch_simulation_run (sim, 200 * S));
  fetch_simulation_assert_each_here (sim);
}

/* One request in many gets lost; the others go on, and the lost one is asked again. */
static void
test_lost_alone (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (100 * MIB);
  SimulatedPeer *peer = fetch_simulation_add_peer (sim, 50, 40 * MS);

  peer->silent_from_us = 1 * S;
  peer->silent_until_us = 1 * S + 30 * MS;
  g_assert_true (fetch_simulation_run (sim, 60 * S));
  fetch_simulation_assert_each_here (sim);
  g_assert_cmpfloat (sim->now_us / 1e6, <, 100 * MIB / (50e6 / 8) + 1);
}

static void
test_peers_come_and_go (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (77);

  for (guint round = 0; round < 30; round++)
    {
      g_autoptr (FetchSimulation) sim = fetch_simulation_new (60 * MIB + 1);
      guint n = (guint) g_rand_int_range (random, 2, FETCH_SIMULATION_MAX_PEERS);
      DfnFetchStats stats;

      fetch_simulation_add_peer (sim, 8, 50 * MS);
      for (guint i = 1; i < n; i++)
        {
          SimulatedPeer *peer = fetch_simulation_add_peer (sim, g_rand_double_range (random, 1, 60),
                                                           g_rand_int_range (random, 1, 200) * MS);

          if (g_rand_boolean (random))
            peer->gone_at_us = g_rand_int_range (random, 0, 5 * S);
          else if (g_rand_boolean (random))
            peer->silent_from_us = g_rand_int_range (random, 0, 5 * S);
          peer->silent_until_us = G_MAXINT64;
          peer->corrupt_percent = (guint) g_rand_int_range (random, 0, 20);
        }
      g_assert_true (fetch_simulation_run (sim, 300 * S));
      fetch_simulation_assert_each_here (sim);
      dfn_fetch_plan_get_stats (sim->plan, &stats);
      g_assert_cmpuint (stats.n_requests, <, 2 * sim->n_chunks);
      g_assert_cmpuint (stats.n_duplicates, <, sim->n_chunks / 10);
    }
}

/* The way to the peer becomes ten times as long: the window follows. */
static void
test_longer_way (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (2000u * MIB);
  SimulatedPeer *peer = fetch_simulation_add_peer (sim, 400, 20 * MS);
  double ideal = sim->size / (400e6 / 8);

  peer->slower_at_us = 5 * S;
  g_assert_true (fetch_simulation_run (sim, G_MAXINT64));
  fetch_simulation_assert_each_once (sim);
  g_test_message ("%.3f of the link", ideal / (sim->now_us / 1e6));
  g_assert_cmpfloat (ideal / (sim->now_us / 1e6), >, 0.8);
}

/* At the very end a late request is asked of another peer, and the slower of both is called off.
 */
static void
test_hedge (void)
{
  g_autoptr (FetchSimulation) sim = fetch_simulation_new (30 * MIB);
  SimulatedPeer *good = fetch_simulation_add_peer (sim, 50, 40 * MS);
  SimulatedPeer *bad = fetch_simulation_add_peer (sim, 50, 40 * MS);
  DfnFetchStats stats;

  bad->silent_from_us = (gint64) (30 * MIB / (100e6 / 8) * S) - 100 * MS;
  bad->silent_until_us = G_MAXINT64;
  g_assert_true (fetch_simulation_run (sim, 60 * S));
  dfn_fetch_plan_get_stats (sim->plan, &stats);
  g_test_message ("%" G_GUINT64_FORMAT " hedges, %" G_GUINT64_FORMAT " moved, %.2f s",
                  stats.n_hedges, stats.n_moved, sim->now_us / 1e6);
  g_assert_cmpuint (stats.n_hedges + stats.n_moved, >=, 1);
  g_assert_cmpuint (stats.n_hedges + stats.n_moved, <=, 8);
  g_assert_cmpfloat (sim->now_us / 1e6, <, 30 * MIB / (100e6 / 8) + 2.5);
  g_assert_cmpuint (good->n_sent, >, bad->n_sent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/fetch-plan-simulated/one-peer", test_one_peer);
  g_test_add_func ("/streaming/fetch-plan-simulated/window-is-bounded", test_window_is_bounded);
  g_test_add_func ("/streaming/fetch-plan-simulated/parallel-peer", test_parallel_peer);
  g_test_add_func ("/streaming/fetch-plan-simulated/two-peers", test_two_peers);
  g_test_add_func ("/streaming/fetch-plan-simulated/slow-peer-at-the-end",
                   test_slow_peer_at_the_end);
  g_test_add_func ("/streaming/fetch-plan-simulated/silent-peer", test_silent_peer);
  g_test_add_func ("/streaming/fetch-plan-simulated/only-peer-is-silent", test_only_peer_is_silent);
  g_test_add_func ("/streaming/fetch-plan-simulated/lost-alone", test_lost_alone);
  g_test_add_func ("/streaming/fetch-plan-simulated/peers-come-and-go", test_peers_come_and_go);
  g_test_add_func ("/streaming/fetch-plan-simulated/longer-way", test_longer_way);
  g_test_add_func ("/streaming/fetch-plan-simulated/hedge", test_hedge);
  return g_test_run ();
}
