/* SPDX-License-Identifier: MIT */
#include "sim-demand.h"

#include <stdlib.h>
#include <string.h>

/*
 * How near simulated swarms around one file come to what no swarm can beat; `bench-demand NAME`
 * plays only the rows whose names begin so, `bench-demand NAME KIB` with chunks of that size.
 */

typedef struct {
  const char *name;
  guint n_viewers;
  guint mib; /* of the file */
  double spread;
  gint64 arrival_us;
  gboolean leave;
  SimDemandKind kind; /* of so many percent */
  guint percent;
} Row;

static const Row rows[] = {
  { "16 homes", 16, 32, 1, 0, FALSE, SIM_DEMAND_GOOD, 0 },
  { "16 homes, spread", 16, 32, 11, 0, FALSE, SIM_DEMAND_GOOD, 0 },
  { "16 homes, spread, leave", 16, 32, 11, 0, TRUE, SIM_DEMAND_GOOD, 0 },
  { "16 homes, one a second", 16, 32, 11, SIM_DEMAND_S, FALSE, SIM_DEMAND_GOOD, 0 },
  { "16 homes, half free riders", 16, 32, 1, 0, FALSE, SIM_DEMAND_RIDER, 50 },
  { "16 homes, half leeches", 16, 32, 1, 0, FALSE, SIM_DEMAND_LEECH, 50 },
  { "16 homes, 20 % polluters", 16, 32, 1, 0, FALSE, SIM_DEMAND_POLLUTER, 20 },
  { "16 homes, 20 % never deliver", 16, 32, 1, 0, FALSE, SIM_DEMAND_LIAR, 20 },
  { "50, equal", 50, 128, 1, 0, FALSE, SIM_DEMAND_GOOD, 0 },
  { "50, spread", 50, 128, 11, 0, FALSE, SIM_DEMAND_GOOD, 0 },
  { "500, equal", 500, 256, 1, 0, FALSE, SIM_DEMAND_GOOD, 0 },
  { "500, spread", 500, 256, 11, 0, FALSE, SIM_DEMAND_GOOD, 0 },
  { "500, spread, ten a second", 500, 256, 11, SIM_DEMAND_S / 10, FALSE, SIM_DEMAND_GOOD, 0 },
  { "500, half free riders", 500, 256, 1, 0, FALSE, SIM_DEMAND_RIDER, 50 },
};

static void
print (const Row *row, guint32 chunk_size)
{
  gboolean is_small = row->n_viewers <= 16;
  SimDemandConfig config = { .n_viewers = row->n_viewers,
                             .size = (guint64) row->mib * 1024 * 1024,
                             .chunk_size = chunk_size,
                             .source_up = 10 * SIM_DEMAND_MBIT,
                             .up = 10 * SIM_DEMAND_MBIT,
                             .spread = row->spread,
                             .down = 50 * SIM_DEMAND_MBIT,
                             .rtt_us = 40 * SIM_DEMAND_MS,
                             .n_outbound = is_small ? 16 : 10,
                             .most_links = is_small ? 32 : 20,
                             .source_degree = is_small ? 16 : 20,
                             .arrival_us = row->arrival_us,
                             .leave = row->leave,
                             .knows_uplink = TRUE,
                             .limit_us = 3600 * (gint64) SIM_DEMAND_S,
                             .seed = 1 };
  SimDemandResult r;

  config.percent[row->kind] = row->percent;
  sim_demand_run (&config, &r);
  g_print ("| %s | %u | %u | %.1f | %.1f | %.3f | %.1f | %.3f | %.2f | %.2f | %.3f |\n", row->name,
           row->mib, r.n_done, (double) r.bound_us / 1e6, (double) r.last_us / 1e6,
           (double) r.last_us / (double) r.bound_us, r.mean_us / 1e6, r.source_copies,
           100 * r.duplicates, 100 * r.control, r.used);
}

int
main (int argc, char **argv)
{
  guint32 chunk_size = argc > 2 ? (guint32) strtoul (argv[2], NULL, 10) * 1024 : 0;

  g_print ("| viewers | MiB | good ones done | bound, s | last, s | of the bound | mean, s "
           "| source sent, files | duplicates, %% | control, %% | uplinks used |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (argc < 2 || g_str_has_prefix (rows[i].name, argv[1]))
      print (&rows[i], chunk_size);
  return 0;
}
