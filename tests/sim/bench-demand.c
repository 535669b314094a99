/* SPDX-License-Identifier: MIT */
#include "sim-demand.h"

#include "dfn-manifest.h"

#include <stdlib.h>
#include <string.h>

static void
print (const char *name, const SimDemandConfig *config)
{
  SimDemandResult r;
  gint64 begin = g_get_monotonic_time ();

  sim_demand_run (config, &r);
  g_print ("%-34s %3u/%-3u last %6.2f s bound %6.2f ratio %.3f mean %6.2f src %.3f once %.2f dup "
           "%.4f ctl %.4f used %.3f moved %" G_GUINT64_FORMAT " hedge %" G_GUINT64_FORMAT
           " req %" G_GUINT64_FORMAT " rider %.1f cpu %.1f\n",
           name, r.n_done, r.n_wanting, r.last_us / 1e6, r.bound_us / 1e6,
           (double) r.last_us / (double) r.bound_us, r.mean_us / 1e6, r.source_copies,
           r.once_us / 1e6, r.duplicates, r.control, r.used, r.n_moved, r.n_hedges, r.n_requests,
           r.rider_mean_us / 1e6, (double) (g_get_monotonic_time () - begin) / 1e6);
}

int
main (int argc, char **argv)
{
  SimDemandConfig c = { .n_viewers = 16,
                        .n_chunks = 128,
                        .source_up = 10 * SIM_DEMAND_MBIT,
                        .up = 10 * SIM_DEMAND_MBIT,
                        .spread = 1,
                        .down = 50 * SIM_DEMAND_MBIT,
                        .rtt_us = 40 * SIM_DEMAND_MS,
                        .degree = 32,
                        .source_degree = 16,
                        .knows_uplink = TRUE,
                        .limit_us = 1000 * (gint64) SIM_DEMAND_S,
                        .seed = 1 };
  SimDemandConfig d;
  const char *only = argc > 1 ? argv[1] : "";

#define RUN(name, ...)                                                                             \
  do                                                                                               \
    {                                                                                              \
      d = c;                                                                                       \
      __VA_ARGS__;                                                                                 \
      if (strstr (name, only))                                                                     \
        print (name, &d);                                                                          \
  } while (0)
  RUN ("16", );
  RUN ("16 seed 2", d.seed = 2);
  RUN ("16 unknown uplink", d.knows_uplink = FALSE);
  RUN ("16 spread", d.spread = 11);
  RUN ("16 spread seed 2", d.spread = 11; d.seed = 2);
  RUN ("16 spread unknown", d.spread = 11; d.knows_uplink = FALSE);
  RUN ("16 staggered 1s", d.arrival_us = SIM_DEMAND_S);
  RUN ("16 riders 50", d.percent[SIM_DEMAND_RIDER] = 50);
  RUN ("16 leeches 50", d.percent[SIM_DEMAND_LEECH] = 50);
  RUN ("16 polluters 20", d.percent[SIM_DEMAND_POLLUTER] = 20);
  RUN ("16 liars 20", d.percent[SIM_DEMAND_LIAR] = 20);
  RUN ("newcomer", d.n_viewers = 4; d.n_seeds = 3; d.source_leaves_us = 1);
  RUN ("50", d.n_viewers = 50; d.n_chunks = 512; d.degree = 16; d.source_degree = 20);
  RUN ("50 spread", d.n_viewers = 50; d.n_chunks = 512; d.degree = 16; d.source_degree = 20;
       d.spread = 11);
  c.n_viewers = 500;
  c.n_chunks = 1024;
  c.degree = 16;
  c.source_degree = 20;
  RUN ("500", );
  RUN ("500 spread", d.spread = 11);
  RUN ("500 staggered", d.arrival_us = SIM_DEMAND_S / 10);
  RUN ("500 staggered spread", d.arrival_us = SIM_DEMAND_S / 10; d.spread = 11);
  RUN ("500 staggered leave", d.arrival_us = SIM_DEMAND_S / 10; d.leave = TRUE);
  RUN ("500 riders", d.percent[SIM_DEMAND_RIDER] = 50);
  RUN ("500 polluters", d.percent[SIM_DEMAND_POLLUTER] = 20);
  return 0;
}
