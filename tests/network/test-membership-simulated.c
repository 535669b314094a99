/* SPDX-License-Identifier: MIT */
#include "membership-world.h"

#define SECOND G_USEC_PER_SEC

typedef struct {
  guint n_up;
  guint n_outbound;
  guint n_honest;
} Links;

static Links
count_links (World *world, guint n)
{
  DfnMembershipStats stats;
  GHashTableIter iter;
  gpointer other;
  Links links = { 0 };

  dfn_membership_get_stats (world_get (world, n)->membership, &stats);
  links.n_up = stats.n_up;
  links.n_outbound = stats.n_outbound;
  g_hash_table_iter_init (&iter, world_get (world, n)->links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    links.n_honest += world_get (world, GPOINTER_TO_UINT (other))->is_sybil ? 0 : 1;
  return links;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

/* 500 viewers in a minute, a relay that takes five events a second of each connection: the
 * broadcaster alone could not even say "full" to all of them. */
static void
test_flash_crowd (void)
{
  const guint n = 501;
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  World *world = world_new (n, 7, 5, 10);
  guint64 n_events = 0;
  guint most = 0;

  world_start (world, 0, 0);
  for (guint i = 1; i < n; i++)
    {
      world_run (world, (gint64) i * 60 * SECOND / n);
      world_start (world, i, 0);
    }
  world_run (world, 90 * SECOND);
  for (guint i = 1; i < n; i++)
    {
      const WorldNode *node = world_get (world, i);
      gint64 taken = node->joined_us - node->started_us;

      g_assert_cmpint (node->joined_us, >=, 0);
      g_array_append_val (times, taken);
    }
  g_array_sort (times, compare_times);
  world_run (world, 150 * SECOND);
  for (guint i = 1; i < n; i++)
    {
      const WorldNode *node = world_get (world, i);
      Links links = count_links (world, i);

      n_events += node->n_relay_events;
      most = MAX (most, node->n_relay_events);
      g_assert_cmpuint (links.n_up, >=, 8);
      g_assert_cmpuint (links.n_up, <=, DFN_MEMBERSHIP_MAX_LINKS);
    }
  g_test_message ("joined after p50 %.2f s, p99 %.2f s, all %.2f s; relay events a viewer: mean "
                  "%.2f, most %u; of the broadcaster %u, refused %u",
                  g_array_index (times, gint64, (n - 1) / 2) / 1e6,
                  g_array_index (times, gint64, (n - 1) * 99 / 100) / 1e6,
                  g_array_index (times, gint64, n - 2) / 1e6, (double) n_events / (n - 1), most,
                  world_get (world, 0)->n_relay_events, world_get (world, 0)->n_relay_refused);
  g_assert_cmpint (g_array_index (times, gint64, (n - 1) / 2), <, 2 * SECOND);
  g_assert_cmpint (g_array_index (times, gint64, (n - 1) * 99 / 100), <, 10 * SECOND);
  g_assert_cmpfloat ((double) n_events / (n - 1), <=, 12);
  g_assert_cmpuint (world_count_reachable (world, 0), ==, n);
  world_free (world);
}

/* One in five belongs to a group that knocks everywhere and names only itself. */
static void
test_eclipse (void)
{
  const guint n = 300;
  World *world = world_new (n, 11, 0, 0);
  double share = 0;
  guint fewest = G_MAXUINT;
  guint n_few = 0;
  guint n_honest = 0;

  for (guint i = 1; i < n; i++)
    world_get (world, i)->is_sybil = world_get (world, i)->is_idle = i % 5 == 0;
  world_start (world, 0, 0);
  for (guint i = 1; i < n; i++)
    {
      world_run (world, (gint64) i * 60 * SECOND / n);
      world_start (world, i, 0);
    }
  world_run (world, 900 * SECOND);
  for (guint i = 1; i < n; i++)
    {
      Links links;

      if (world_get (world, i)->is_sybil)
        continue;
      links = count_links (world, i);
      g_assert_cmpuint (links.n_up, >, 0);
      share += (double) links.n_honest / links.n_up;
      fewest = MIN (fewest, links.n_honest);
      n_few += links.n_honest < 3 ? 1 : 0;
      n_honest++;
    }
  g_test_message ("honest share of an honest viewer's links: mean %.2f; fewest honest links %u, "
                  "fewer than three in %u of %u",
                  share / n_honest, fewest, n_few, n_honest);
  g_assert_cmpfloat (share / n_honest, >=, 0.8);
  g_assert_cmpuint (n_few * 40, <, n_honest);
  world_free (world);
}

/* The broadcaster goes, then every relay, then a tenth of the members. */
static void
test_survival (void)
{
  const guint n = 120;
  World *world = world_new (n, 3, 5, 10);

  world_start (world, 0, 0);
  for (guint i = 1; i < 100; i++)
    {
      world_run (world, (gint64) i * SECOND / 4);
      world_start (world, i, 0);
    }
  world_run (world, 90 * SECOND);
  world_kill (world, 0);
  for (guint i = 100; i < n; i++)
    {
      world_run (world, 90 * SECOND + (gint64) (i - 99) * SECOND);
      world_start (world, i, 0); /* whom it knows is gone: any member answers */
    }
  world_run (world, 140 * SECOND);
  for (guint i = 100; i < n; i++)
    g_assert_cmpint (world_get (world, i)->joined_us, >=, 0);
  world_set_relay (world, FALSE);
  for (guint i = 10; i < n; i += 10)
    world_kill (world, i);
  world_run (world, 300 * SECOND);
  for (guint i = 1; i < n; i++)
    if (i % 10 != 0)
      g_assert_cmpuint (count_links (world, i).n_up, >=, DFN_MEMBERSHIP_MIN_LINKS - 2);
  g_assert_cmpuint (world_count_reachable (world, 1), ==, n - 1 - 11);
  world_free (world);
}

/* Links that are of use stay. */
static void
test_no_churn (void)
{
  const guint n = 60;
  World *world = world_new (n, 5, 0, 0);
  guint n_lost = 0;

  world_start (world, 0, 0);
  for (guint i = 1; i < n; i++)
    {
      world_run (world, (gint64) i * SECOND / 4);
      world_start (world, i, 0);
    }
  world_run (world, 120 * SECOND);
  for (guint i = 0; i < n; i++)
    n_lost += world_get (world, i)->n_lost_links;
  world_run (world, 1200 * SECOND);
  for (guint i = 0; i < n; i++)
    n_lost -= world_get (world, i)->n_lost_links;
  g_assert_cmpuint (n_lost, ==, 0);
  world_free (world);
}

/* Full of members that are of no use, a viewer exchanges them one by one. */
static void
test_idle_give_way (void)
{
  const guint n = 80;
  World *world = world_new (n, 13, 0, 0);
  DfnMembershipStats stats;
  guint n_idle = 0;
  GHashTableIter iter;
  gpointer other;

  for (guint i = 2; i < 40; i++)
    world_get (world, i)->is_idle = TRUE;
  world_start (world, 0, 0);
  for (guint i = 1; i < 40; i++)
    world_start (world, i, 0);
  world_run (world, 90 * SECOND);
  for (guint i = 40; i < n; i++)
    world_start (world, i, 0);
  world_run (world, 600 * SECOND);
  dfn_membership_get_stats (world_get (world, 1)->membership, &stats);
  g_assert_cmpuint (stats.n_replaced, >, 0);
  g_assert_cmpuint (stats.n_replaced, <=, 600 / 10);
  g_hash_table_iter_init (&iter, world_get (world, 1)->links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    n_idle += world_get (world, GPOINTER_TO_UINT (other))->is_idle ? 1 : 0;
  g_test_message ("%u of %u links are idle after %" G_GUINT64_FORMAT " replacements", n_idle,
                  stats.n_up, stats.n_replaced);
  g_assert_cmpuint (n_idle, <, stats.n_up);
  world_free (world);
}

/* The last ones of a live audience that comes within seconds are nearly as well linked as the
 * first, though nobody comes after them. */
static void
test_last_ones (void)
{
  const guint n = 25, n_last = 4, n_seeds = 8;
  guint fewest = G_MAXUINT;
  double mean = 0, mean_last = 0;

  for (guint seed = 1; seed <= n_seeds; seed++)
    {
      World *world = world_new (n, seed, 5, 10);

      world_start (world, 0, 0);
      for (guint i = 1; i < n; i++)
        {
          world_run (world, (gint64) i * SECOND / 10);
          world_get (world, i)->hurries = TRUE;
          world_start (world, i, 0);
        }
      world_run (world, (gint64) n * SECOND / 10 + 3 * SECOND);
      for (guint i = 1; i < n; i++)
        {
          guint n_up = count_links (world, i).n_up;

          fewest = MIN (fewest, n_up);
          mean += (double) n_up / ((n - 1) * n_seeds);
          mean_last += i >= n - n_last ? (double) n_up / (n_last * n_seeds) : 0;
        }
      world_free (world);
    }
  g_test_message (
      "three seconds after the last one came: %.1f links, the last four %.1f, fewest %u", mean,
      mean_last, fewest);
  g_assert_cmpuint (fewest, >=, 8);
  g_assert_cmpfloat (mean_last, >=, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/membership-simulated/flash-crowd", test_flash_crowd);
  g_test_add_func ("/network/membership-simulated/eclipse", test_eclipse);
  g_test_add_func ("/network/membership-simulated/survival", test_survival);
  g_test_add_func ("/network/membership-simulated/no-churn", test_no_churn);
  g_test_add_func ("/network/membership-simulated/idle-give-way", test_idle_give_way);
  g_test_add_func ("/network/membership-simulated/last-ones", test_last_ones);
  return g_test_run ();
}
