/* SPDX-License-Identifier: MIT */
#include "dfn-fetch-plan.h"
#include "dfn-manifest.h"

#define MS 1000
#define S 1000000
#define MIB (1024 * 1024)

/* The first requests: eight chunks, the file's beginning, in order. */
static void
test_start (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, NULL);
  guint64 peer;
  guint32 index;

  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer (plan, 0, 7, NULL);
  for (guint32 i = 0; i < 8; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_cmpuint (peer, ==, 7);
      g_assert_cmpuint (index, ==, i);
    }
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
}

/* A slow link is not a silent one as long as bytes arrive. */
static void
test_slow_but_alive (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (10 * MIB, NULL);
  guint64 peer;
  guint32 index;
  gint64 now = 0;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  while (dfn_fetch_plan_next (plan, now, &peer, &index))
    ;
  for (; now < 60 * S; now += S)
    {
      g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
      dfn_fetch_plan_active (plan, now, 1);
    }
  now += 2 * S;
  g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
  now += 4 * S;
  for (guint i = 0; i < 8; i++)
    g_assert_true (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
  g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
}

static void
test_removed_goes_to_the_front (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, NULL);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint i = 0; i < 8; i++)
    g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_true (dfn_fetch_plan_received (plan, 100 * MS, 1, 2));
  dfn_fetch_plan_remove_peer (plan, 1);
  dfn_fetch_plan_add_peer (plan, 0, 2, NULL);
  for (guint32 i = 0; i < 8; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 200 * MS, &peer, &index));
      g_assert_cmpuint (peer, ==, 2);
      g_assert_cmpuint (index, ==, i < 2 ? i : i + 1);
    }
  /* What the first one had sent before it went is still taken, and asked of nobody else. */
  g_assert_true (dfn_fetch_plan_received (plan, 300 * MS, 1, 4));
  g_assert_true (dfn_fetch_plan_next_abandoned (plan, 300 * MS, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_cmpuint (index, ==, 4);
  g_assert_false (dfn_fetch_plan_received (plan, 300 * MS, 2, 4));
}

static void
test_playhead (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, NULL);
  static const guint32 expected[] = { 12, 13, 14, 15, 0, 1, 2, 3 };
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_set_playhead (plan, 12);
  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_cmpuint (index, ==, expected[i]);
    }
  /* A chunk that comes back and lies ahead is the next one. */
  dfn_fetch_plan_failed (plan, 0, 1, 13, DFN_FETCH_FAILURE_REFUSED);
  dfn_fetch_plan_add_peer (plan, 0, 2, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_cmpuint (index, ==, 13);
}

static void
test_partial_peers (void)
{
  static const guint8 map[] = { 0x0a, 0x80 };
  g_autoptr (DfnBitmap) has = dfn_bitmap_new_from_bytes (map, 2, 16);
  g_autoptr (DfnBitmap) present = dfn_bitmap_new (16);
  g_autoptr (DfnFetchPlan) plan = NULL;
  guint64 peer;
  guint32 index;

  dfn_bitmap_add (present, 3);
  plan = dfn_fetch_plan_new (4 * MIB, present);
  dfn_fetch_plan_add_peer (plan, 0, 1, has);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 15);
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer_chunk (plan, 1, 5);
  dfn_fetch_plan_add_peer_chunk (plan, 1, 16);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 5);
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_set_peer_chunks (plan, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 0);
}

/* A peer that did wrong gets nothing before its back-off ends, which doubles. */
static void
test_hard_failure (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, NULL);
  gint64 now = 0;
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  for (guint i = 0; i < 4; i++)
    {
      gint64 wakeup;

      g_assert_true (dfn_fetch_plan_next (plan, now, &peer, &index));
      g_assert_true (dfn_fetch_plan_received (plan, now, 1, index));
      dfn_fetch_plan_failed (plan, now, 1, index, DFN_FETCH_FAILURE_HARD);
      dfn_fetch_plan_lost (plan, index);
      g_assert_false (dfn_fetch_plan_is_done (plan));
      g_assert_false (dfn_fetch_plan_next (plan, now + 999 * MS, &peer, &index));
      wakeup = dfn_fetch_plan_get_wakeup (plan, now + 999 * MS);
      g_assert_cmpint (wakeup, >=, now + S);
      now = wakeup;
    }
}

/* A refusal sends the chunk elsewhere, and back to the only peer only after a while. */
static void
test_refusal (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (DFN_CHUNK_SIZE, NULL);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_failed (plan, 0, 1, 0, DFN_FETCH_FAILURE_REFUSED);
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpint (dfn_fetch_plan_get_wakeup (plan, 0), ==, S);
  g_assert_true (dfn_fetch_plan_next (plan, S, &peer, &index));
  dfn_fetch_plan_failed (plan, S, 1, 0, DFN_FETCH_FAILURE_REFUSED);
  dfn_fetch_plan_add_peer (plan, S, 2, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, S, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);

  /* A late refusal of what came from elsewhere changes nothing. */
  g_assert_true (dfn_fetch_plan_received (plan, S, 2, 0));
  dfn_fetch_plan_failed (plan, S, 1, 0, DFN_FETCH_FAILURE_REFUSED);
  g_assert_true (dfn_fetch_plan_is_done (plan));
}

/* A peer that refuses everything is not asked for the whole file at once. */
static void
test_refuses_everything (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (1000 * MIB, NULL);
  guint n_asked = 0;
  guint64 peer;
  guint32 index;
  gint64 now = 0;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  while (now < 60 * S)
    {
      while (dfn_fetch_plan_next (plan, now, &peer, &index))
        {
          n_asked++;
          dfn_fetch_plan_failed (plan, now, peer, index, DFN_FETCH_FAILURE_REFUSED);
        }
      now = dfn_fetch_plan_get_wakeup (plan, now);
    }
  g_assert_cmpuint (n_asked, >=, 16);
  g_assert_cmpuint (n_asked, <=, 80);
}

static void
test_too_many_peers (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, NULL);

  for (guint i = 0; i < DFN_FETCH_PLAN_MAX_PEERS; i++)
    g_assert_true (dfn_fetch_plan_add_peer (plan, 0, i, NULL));
  g_assert_false (dfn_fetch_plan_add_peer (plan, 0, 1000, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/fetch-plan/start", test_start);
  g_test_add_func ("/streaming/fetch-plan/slow-but-alive", test_slow_but_alive);
  g_test_add_func ("/streaming/fetch-plan/removed-goes-to-the-front",
                   test_removed_goes_to_the_front);
  g_test_add_func ("/streaming/fetch-plan/playhead", test_playhead);
  g_test_add_func ("/streaming/fetch-plan/partial-peers", test_partial_peers);
  g_test_add_func ("/streaming/fetch-plan/hard-failure", test_hard_failure);
  g_test_add_func ("/streaming/fetch-plan/refusal", test_refusal);
  g_test_add_func ("/streaming/fetch-plan/refuses-everything", test_refuses_everything);
  g_test_add_func ("/streaming/fetch-plan/too-many-peers", test_too_many_peers);
  return g_test_run ();
}
