/* SPDX-License-Identifier: MIT */
#include "dfn-peer-score.h"

#define SECOND G_USEC_PER_SEC
#define MIB (1024 * 1024)

static void
test_stranger (void)
{
  DfnPeerScore score;

  dfn_peer_score_init (&score, 0, 0);
  g_assert_cmpfloat (dfn_peer_score_get (&score, 0), ==, 0);
  g_assert_cmpint (dfn_peer_score_get_standing (&score, 0), ==, DFN_PEER_STANDING_GOOD);
  g_assert_cmpint (dfn_peer_score_get_idle_us (&score, 5 * SECOND), ==, 5 * SECOND);
}

static void
test_service (void)
{
  DfnPeerScore giver, taker;

  dfn_peer_score_init (&giver, 0, 0);
  dfn_peer_score_init (&taker, 0, 0);
  dfn_peer_score_gave (&giver, SECOND, 4 * MIB);
  dfn_peer_score_took (&taker, SECOND, 4 * MIB);
  g_assert_cmpfloat (dfn_peer_score_get (&giver, SECOND), >, dfn_peer_score_get (&taker, SECOND));
  g_assert_cmpfloat (dfn_peer_score_get (&taker, SECOND), >, 0);
  g_assert_cmpint (dfn_peer_score_get_idle_us (&taker, SECOND), ==, 0);
  /* What was is forgotten, half of it in each half-life. */
  g_assert_cmpfloat (dfn_peer_score_get (&giver, 40 * DFN_PEER_SCORE_HALF_LIFE_US), <, 0.001);
}

/* Degraded before it is dropped, and back after a while. */
static void
test_faults (void)
{
  DfnPeerScore score;
  gint64 now_us = SECOND;
  guint n = 0;

  dfn_peer_score_init (&score, 0, 0);
  while (dfn_peer_score_get_standing (&score, now_us) == DFN_PEER_STANDING_GOOD && n++ < 100)
    dfn_peer_score_fault (&score, now_us, DFN_PEER_FAULT_SILENCE);
  g_assert_cmpint (dfn_peer_score_get_standing (&score, now_us), ==, DFN_PEER_STANDING_DEGRADED);
  while (dfn_peer_score_get_standing (&score, now_us) == DFN_PEER_STANDING_DEGRADED && n++ < 100)
    dfn_peer_score_fault (&score, now_us, DFN_PEER_FAULT_BROKEN_CLAIM);
  g_assert_cmpint (dfn_peer_score_get_standing (&score, now_us), ==, DFN_PEER_STANDING_DROP);
  g_assert_cmpuint (n, <, 20);
  now_us += 5 * DFN_PEER_SCORE_HALF_LIFE_US;
  g_assert_cmpint (dfn_peer_score_get_standing (&score, now_us), ==, DFN_PEER_STANDING_GOOD);
}

/* A peer that serves a lot may miss now and then. */
static void
test_busy_server (void)
{
  DfnPeerScore score;

  dfn_peer_score_init (&score, 0, 0);
  for (guint i = 0; i < 100; i++)
    {
      dfn_peer_score_gave (&score, i * SECOND, MIB);
      if (i % 10 == 0)
        dfn_peer_score_fault (&score, i * SECOND, DFN_PEER_FAULT_SILENCE);
    }
  g_assert_cmpfloat (dfn_peer_score_get (&score, 100 * SECOND), >, 0.5);
}

static void
test_slow (void)
{
  DfnPeerScore score;

  dfn_peer_score_init (&score, 0, 0);
  for (guint i = 0; i < 100; i++)
    dfn_peer_score_latency (&score, i * SECOND, 10 * SECOND);
  g_assert_cmpint (dfn_peer_score_get_standing (&score, 100 * SECOND), ==,
                   DFN_PEER_STANDING_DEGRADED);
}

static void
test_invalid (void)
{
  DfnPeerScore score;

  dfn_peer_score_init (&score, 0, 1);
  dfn_peer_score_gave (&score, SECOND, 1000 * MIB);
  dfn_peer_score_fault (&score, SECOND, DFN_PEER_FAULT_INVALID_CHUNK);
  g_assert_cmpfloat (dfn_peer_score_get (&score, SECOND), ==, -1);
  g_assert_cmpint (dfn_peer_score_get_standing (&score, SECOND), ==, DFN_PEER_STANDING_BAN);
}

static void
test_remembered (void)
{
  DfnPeerScore score;

  dfn_peer_score_init (&score, 0, -1);
  g_assert_cmpint (dfn_peer_score_get_standing (&score, 0), ==, DFN_PEER_STANDING_DEGRADED);
  dfn_peer_score_init (&score, 0, 7);
  g_assert_cmpfloat (dfn_peer_score_get (&score, 0), ==, 0.5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/peer-score/stranger", test_stranger);
  g_test_add_func ("/network/peer-score/service", test_service);
  g_test_add_func ("/network/peer-score/faults", test_faults);
  g_test_add_func ("/network/peer-score/busy-server", test_busy_server);
  g_test_add_func ("/network/peer-score/slow", test_slow);
  g_test_add_func ("/network/peer-score/invalid", test_invalid);
  g_test_add_func ("/network/peer-score/remembered", test_remembered);
  return g_test_run ();
}
