/* SPDX-License-Identifier: MIT */
#include "sim-demand.h"

/* A request that moves to an idle peer is answered by both now and then. */
#define MOST_DUPLICATES 0.015
#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Sixteen homes as the laboratory has them: 10 Mbit/s up, 50 down, 40 ms, a file of 32 MiB. */
static SimDemandConfig
homes (void)
{
  return (SimDemandConfig){ .n_viewers = 16,
                            .size = 32 * MIB,
                            .source_up = 10 * SIM_DEMAND_MBIT,
                            .up = 10 * SIM_DEMAND_MBIT,
                            .spread = 1,
                            .down = 50 * SIM_DEMAND_MBIT,
                            .rtt_us = 40 * SIM_DEMAND_MS,
                            .n_outbound = 16,
                            .most_links = 32,
                            .source_degree = 16,
                            .knows_uplink = TRUE,
                            .limit_us = 1000 * (gint64) SIM_DEMAND_S,
                            .seed = 1 };
}

/* So many that not everybody is linked with everybody. */
static SimDemandConfig
crowd (guint n_viewers, guint64 size)
{
  SimDemandConfig config = homes ();

  config.n_viewers = n_viewers;
  config.size = size;
  config.n_outbound = 10;
  config.most_links = 20;
  config.source_degree = 20;
  return config;
}

/* Plays it, and returns the time of the last good viewer over the bound. */
static double
play (const SimDemandConfig *config, SimDemandResult *result)
{
  sim_demand_run (config, result);
  g_test_message ("%u viewers: last %.2f s, bound %.2f s, mean %.2f s; source sent %.3f files; "
                  "duplicates %.4f, control %.4f, uplinks used %.3f",
                  config->n_viewers, (double) result->last_us / 1e6,
                  (double) result->bound_us / 1e6, result->mean_us / 1e6, result->source_copies,
                  result->duplicates, result->control, result->used);
  g_assert_cmpuint (result->n_done, ==, result->n_wanting);
  g_assert_cmpuint (result->n_done, >, 0);
  return (double) result->last_us / (double) result->bound_us;
}

static void
test_homes (void)
{
  for (guint32 seed = 1; seed <= 3; seed++)
    for (double spread = 1; spread <= 11; spread += 10)
      {
        SimDemandConfig config = homes ();
        SimDemandResult result;

        config.seed = seed;
        config.spread = spread;
        g_assert_cmpfloat (play (&config, &result), <, 1.1);
        g_assert_cmpfloat (result.source_copies, <, 1.1);
        g_assert_cmpfloat (result.duplicates, <, MOST_DUPLICATES);
        g_assert_cmpfloat (result.control, <, 0.03);
      }
}

static void
test_crowd (void)
{
  SimDemandConfig config = crowd (50, 128 * MIB);
  SimDemandResult result;

  g_assert_cmpfloat (play (&config, &result), <, 1.05);
  g_assert_cmpfloat (result.source_copies, <, 1.05);
  g_assert_cmpfloat (result.duplicates, <, MOST_DUPLICATES);
  g_assert_cmpfloat (result.control, <, 0.03);
}

static void
test_staggered (void)
{
  SimDemandConfig config = crowd (50, 32 * MIB);
  SimDemandResult result;

  config.arrival_us = SIM_DEMAND_S;
  config.spread = 11;
  g_assert_cmpfloat (play (&config, &result), <, 1.15);
}

/* The uplink of half of the viewers is missing, and they want the file, too: those who give are
 * nearly as fast as without them. */
static void
test_riders (void)
{
  SimDemandConfig config = homes ();
  SimDemandResult result;

  config.percent[SIM_DEMAND_RIDER] = 50;
  g_assert_cmpfloat (play (&config, &result), <, 1.3);
}

/* They cannot be told from givers at once; those who give finish in less than twice the time. */
static void
test_leeches (void)
{
  SimDemandConfig config = homes ();
  SimDemandResult result;

  config.percent[SIM_DEMAND_LEECH] = 50;
  g_assert_cmpfloat (play (&config, &result), <, 2);
}

static void
test_polluters (void)
{
  SimDemandConfig config = homes ();
  SimDemandResult result;

  config.percent[SIM_DEMAND_POLLUTER] = 20;
  g_assert_cmpfloat (play (&config, &result), <, 1.25);
}

static void
test_liars (void)
{
  SimDemandConfig config = homes ();
  SimDemandResult result;

  config.percent[SIM_DEMAND_LIAR] = 20;
  g_assert_cmpfloat (play (&config, &result), <, 1.15);
}

/* The source is off, three members hold the file, and a newcomer gets it from all three. */
static void
test_newcomer (void)
{
  SimDemandConfig config = homes ();
  SimDemandResult result;
  double three;

  config.n_viewers = 4;
  config.n_seeds = 3;
  config.source_leaves_us = 1;
  play (&config, &result);
  three = (double) config.size / (3 * config.up);
  g_assert_cmpfloat ((double) result.last_us / 1e6, <, 1.1 * three);
}

/* The source goes when every chunk is out once: the file lives on in the swarm. */
static void
test_source_leaves (void)
{
  SimDemandConfig config = homes ();
  SimDemandResult result;

  config.source_leaves_us = 29 * (gint64) SIM_DEMAND_S;
  config.up = 5 * SIM_DEMAND_MBIT;
  play (&config, &result);
  g_assert_cmpint (result.once_us, <, config.source_leaves_us);
  g_assert_cmpint (result.last_us, >, config.source_leaves_us);
}

/* For minutes, not seconds. */
static void
test_crowd_of_500 (void)
{
  SimDemandResult result;
  SimDemandConfig config;

  for (double spread = 1; spread <= 11; spread += 10)
    {
      config = crowd (500, 256 * MIB);
      config.spread = spread;
      g_assert_cmpfloat (play (&config, &result), <, 1.05);
    }
  config = crowd (500, 256 * MIB);
  config.spread = 11;
  config.arrival_us = SIM_DEMAND_S / 10;
  g_assert_cmpfloat (play (&config, &result), <, 1.15);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/demand/homes", test_homes);
  g_test_add_func ("/sim/demand/crowd", test_crowd);
  g_test_add_func ("/sim/demand/staggered", test_staggered);
  g_test_add_func ("/sim/demand/riders", test_riders);
  g_test_add_func ("/sim/demand/leeches", test_leeches);
  g_test_add_func ("/sim/demand/polluters", test_polluters);
  g_test_add_func ("/sim/demand/liars", test_liars);
  g_test_add_func ("/sim/demand/newcomer", test_newcomer);
  g_test_add_func ("/sim/demand/source-leaves", test_source_leaves);
  if (g_test_slow ())
    g_test_add_func ("/sim/demand/crowd-of-500", test_crowd_of_500);
  return g_test_run ();
}
