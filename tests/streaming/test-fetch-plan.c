/* SPDX-License-Identifier: MIT */
#include "dfn-fetch-plan.h"
#include "dfn-manifest.h"

#define MS 1000
#define S 1000000
#define MIB (1024 * 1024)
#define CHUNK_SIZE (256 * 1024)

/* The first requests of a file that is played: eight chunks, its beginning, in order. */
static void
test_start (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, CHUNK_SIZE, NULL, 1);
  guint64 peer;
  guint32 index;

  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_set_playhead (plan, 0, 20);
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
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (10 * MIB, CHUNK_SIZE, NULL, 1);
  guint64 peer;
  guint32 index;
  gint64 now = 0;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  while (dfn_fetch_plan_next (plan, now, &peer, &index))
    ;
  for (; now < 60 * S; now += S)
    {
      g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
      dfn_fetch_plan_active (plan, now, 1, G_MAXUINT32);
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
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, CHUNK_SIZE, NULL, 1);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_set_playhead (plan, 0, 400);
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
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (16 * MIB, CHUNK_SIZE, NULL, 1);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_set_playhead (plan, 12, 4);
  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint32 i = 12; i < 16; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_cmpuint (index, ==, i);
    }
  for (guint i = 0; i < 4; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_true (index < 12 || index >= 16);
    }
  /* A chunk that comes back and lies ahead is the next one. */
  dfn_fetch_plan_failed (plan, 0, 1, 13, DFN_FETCH_FAILURE_REFUSED);
  dfn_fetch_plan_add_peer (plan, 0, 2, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_cmpuint (index, ==, 13);
}

/* A jump calls off what has not begun to arrive and lies elsewhere; the rest is left alone. */
static void
test_seek (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, CHUNK_SIZE, NULL, 1);
  g_autoptr (GHashTable) called_off = g_hash_table_new (NULL, NULL);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_set_playhead (plan, 0, 8);
  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint32 i = 0; i < 8; i++)
    g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_active (plan, 10 * MS, 1, 0);
  dfn_fetch_plan_set_playhead (plan, 6, 10);
  while (dfn_fetch_plan_next_abandoned (plan, 10 * MS, &peer, &index))
    g_hash_table_add (called_off, GUINT_TO_POINTER (index));
  g_assert_cmpuint (g_hash_table_size (called_off), ==, 5);
  for (guint32 i = 1; i < 6; i++)
    g_assert_true (g_hash_table_contains (called_off, GUINT_TO_POINTER (i)));
  for (guint32 i = 8; i < 13; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 10 * MS, &peer, &index));
      g_assert_cmpuint (index, ==, i);
    }
}

/* What the fewest have is asked for first, of whoever has it. */
static void
test_rarest_first (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, CHUNK_SIZE, NULL, 1);
  g_autoptr (DfnBitmap) many = dfn_bitmap_new_full (16);
  g_autoptr (DfnBitmap) few = dfn_bitmap_new_full (16);
  guint64 peer;
  guint32 index;

  dfn_bitmap_remove (many, 5);
  dfn_bitmap_remove (few, 5);
  dfn_bitmap_remove (few, 9);
  dfn_fetch_plan_add_peer (plan, 0, 1, many);
  dfn_fetch_plan_add_peer (plan, 0, 2, few);
  dfn_fetch_plan_add_peer (plan, 0, 3, NULL);
  for (gboolean has_5 = FALSE, has_9 = FALSE; !has_5 || !has_9;)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_true (peer != 3 || index == 5 || has_5);
      g_assert_true (peer != 1 || index == 9 || has_9);
      has_5 |= index == 5;
      has_9 |= index == 9;
    }
}

/* Where all are equal, each is asked for once, from all over the file. */
static void
test_by_chance (void)
{
  const guint32 n_chunks = 1024;
  g_autoptr (DfnFetchPlan) plan =
      dfn_fetch_plan_new ((guint64) n_chunks * CHUNK_SIZE, CHUNK_SIZE, NULL, 1);
  g_autoptr (DfnBitmap) asked = dfn_bitmap_new (n_chunks);
  guint per_quarter[4] = { 0 };

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint i = 0; i < n_chunks; i++)
    {
      guint64 peer;
      guint32 index;

      g_assert_true (dfn_fetch_plan_next (plan, i * MS, &peer, &index));
      g_assert_true (dfn_bitmap_add (asked, index));
      g_assert_true (dfn_fetch_plan_received (plan, i * MS + 1, 1, index));
      if (i < n_chunks / 4)
        per_quarter[index / (n_chunks / 4)]++;
    }
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (per_quarter[i], >, n_chunks / 4 / 6);
}

/* What waits at a busy peer is asked of an idle one; what arrives already is not. */
static void
test_relief (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (CHUNK_SIZE * 2, CHUNK_SIZE, NULL, 1);
  g_autoptr (DfnBitmap) nothing = dfn_bitmap_new (2);
  guint64 peer;
  guint32 index, begun;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &begun));
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer (plan, 0, 2, nothing);
  dfn_fetch_plan_active (plan, 4 * S, 1, begun);
  dfn_fetch_plan_add_peer_chunk (plan, 2, begun);
  dfn_fetch_plan_add_peer_chunk (plan, 2, 1 - begun);
  g_assert_true (dfn_fetch_plan_next (plan, 8 * S, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_cmpuint (index, ==, 1 - begun);
  g_assert_true (dfn_fetch_plan_next_abandoned (plan, 8 * S, &peer, &index));
  g_assert_cmpuint (peer, ==, 1);
  g_assert_cmpuint (index, ==, 1 - begun);
}

/* Who says that it is idle is asked at once for what waits, where guessing would take seconds. */
static void
test_idle (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (CHUNK_SIZE * 2, CHUNK_SIZE, NULL, 1);
  g_autoptr (DfnBitmap) all = dfn_bitmap_new_full (2);
  guint64 peer;
  guint32 index, moved;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer (plan, 0, 2, all);
  g_assert_false (dfn_fetch_plan_next (plan, S / 2, &peer, &index));
  dfn_fetch_plan_peer_is_idle (plan, S / 2, 3);
  dfn_fetch_plan_peer_is_idle (plan, S / 2, 2);
  g_assert_true (dfn_fetch_plan_next (plan, S / 2, &peer, &moved));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_true (dfn_fetch_plan_next_abandoned (plan, S / 2, &peer, &index));
  g_assert_cmpuint (peer, ==, 1);
  g_assert_cmpuint (index, ==, moved);
  /* It has something to do now. */
  g_assert_false (dfn_fetch_plan_next (plan, S / 2, &peer, &index));
}

/* Two who say that they are idle and then refuse take a chunk from its giver now and then only. */
static void
test_idle_in_vain (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (CHUNK_SIZE, CHUNK_SIZE, NULL, 1);
  g_autoptr (DfnBitmap) all = dfn_bitmap_new_full (1);
  guint n_taken = 0;
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer (plan, 0, 2, all);
  dfn_fetch_plan_add_peer (plan, 0, 3, all);
  for (gint64 now_us = S / 20; now_us < 16 * S; now_us += S / 20)
    {
      dfn_fetch_plan_peer_is_idle (plan, now_us, 2);
      dfn_fetch_plan_peer_is_idle (plan, now_us, 3);
      while (dfn_fetch_plan_next (plan, now_us, &peer, &index))
        if (peer != 1)
          dfn_fetch_plan_failed (plan, now_us, peer, index, DFN_FETCH_FAILURE_REFUSED);
      while (dfn_fetch_plan_next_abandoned (plan, now_us, &peer, &index))
        n_taken += peer == 1;
    }
  g_assert_cmpuint (n_taken, >=, 2);
  g_assert_cmpuint (n_taken, <=, 12);
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
  plan = dfn_fetch_plan_new (4 * MIB, CHUNK_SIZE, present, 1);
  dfn_fetch_plan_add_peer (plan, 0, 1, has);
  dfn_fetch_plan_set_playhead (plan, 0, 16);
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
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, CHUNK_SIZE, NULL, 1);
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
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (CHUNK_SIZE, CHUNK_SIZE, NULL, 1);
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
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (1000 * MIB, CHUNK_SIZE, NULL, 1);
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

/* Of small chunks no more are asked for than a peer lets wait, whatever its window holds. */
static void
test_many_requests (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, 16 * 1024, NULL, 1);
  guint32 asked[DFN_FETCH_PLAN_MAX_REQUESTS + 1];
  DfnFetchPeerStats stats;
  guint64 peer;
  guint n = 0;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (gint64 now = 0; now < 2 * S; now += 100 * MS)
    {
      for (guint i = 0; i < n; i++)
        g_assert_true (dfn_fetch_plan_received (plan, now, 1, asked[i]));
      for (n = 0; dfn_fetch_plan_next (plan, now, &peer, &asked[n]); n++)
        g_assert_cmpuint (n, <, DFN_FETCH_PLAN_MAX_REQUESTS);
    }
  g_assert_cmpuint (n, ==, DFN_FETCH_PLAN_MAX_REQUESTS);
  g_assert_true (dfn_fetch_plan_get_peer_stats (plan, 1, &stats));
  g_assert_cmpuint (stats.window, >, DFN_FETCH_PLAN_MAX_REQUESTS * 16 * 1024);
}

static void
test_too_many_peers (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, CHUNK_SIZE, NULL, 1);

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
  g_test_add_func ("/streaming/fetch-plan/seek", test_seek);
  g_test_add_func ("/streaming/fetch-plan/rarest-first", test_rarest_first);
  g_test_add_func ("/streaming/fetch-plan/by-chance", test_by_chance);
  g_test_add_func ("/streaming/fetch-plan/relief", test_relief);
  g_test_add_func ("/streaming/fetch-plan/idle", test_idle);
  g_test_add_func ("/streaming/fetch-plan/idle-in-vain", test_idle_in_vain);
  g_test_add_func ("/streaming/fetch-plan/partial-peers", test_partial_peers);
  g_test_add_func ("/streaming/fetch-plan/hard-failure", test_hard_failure);
  g_test_add_func ("/streaming/fetch-plan/refusal", test_refusal);
  g_test_add_func ("/streaming/fetch-plan/refuses-everything", test_refuses_everything);
  g_test_add_func ("/streaming/fetch-plan/many-requests", test_many_requests);
  g_test_add_func ("/streaming/fetch-plan/too-many-peers", test_too_many_peers);
  return g_test_run ();
}
