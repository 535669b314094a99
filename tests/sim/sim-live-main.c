/* SPDX-License-Identifier: MIT */
#include "sim-live.h"

static void
print_head (void)
{
  g_print ("| swarm | load | header share | missed | viewers that stalled | p50, p99 in slots / "
           "log2 N | p99 / target | duplicates | control + acks | source copies | Jain | CPU, s |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

static void
print_result (const char *name, const SimLiveSettings *settings, SimLiveResult r)
{
  double scale = 1000 * settings->slot_ms * r.hops;

  g_print ("| %s | %.3f | %.3f | %.3f %% | %.1f %% | %.2f, %.2f | %.2f | %.2f %% | %.2f + %.2f %% "
           "| %.2f | %.3f | %.1f |\n",
           name, r.link_rate / r.limit, r.header_share, 100 * r.missed, 100 * r.stalled,
           r.p50_us / scale, r.p99_us / scale, r.p99_us / r.target_us, 100 * r.duplicates,
           100 * r.control, 100 * r.acks, r.source_copies, r.fairness, r.cpu_seconds);
}

static void
print_row (const char *name, const SimLiveSettings *settings)
{
  SimLiveResult result;

  sim_live_run (settings, &result);
  print_result (name, settings, result);
}

/* Of so many seeds, the one in which most was missed, and if none, whose p99 is worst: who the
 * source's neighbours are is chance. */
#define N_SEEDS 6

static void
print_worst (const char *name, SimLiveSettings settings)
{
  SimLiveResult worst = { 0 };

  for (settings.seed = 1; settings.seed <= N_SEEDS; settings.seed++)
    {
      SimLiveResult result;

      sim_live_run (&settings, &result);
      if (result.missed > worst.missed
          || (result.missed >= worst.missed && result.p99_us > worst.p99_us))
        worst = result;
    }
  print_result (name, &settings, worst);
}

/* Swarms that behave, as large and as full as is wanted. */
static void
print_loads (void)
{
  const double loads[] = { 0.8, 0.9, 0.95, 0.97 };
  SimLiveSettings s = sim_live_defaults;

  for (guint i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      s.load = loads[i];
      print_row ("500", &s);
    }
  s.churn = 0.01;
  print_row ("500, 1 % replaced each 5 s", &s);
  s.churn = 0;
  s.n_viewers = 5000;
  s.seconds = 20;
  print_row ("5000", &s);
}

/* Those that have others among them. */
static void
print_faults (void)
{
  const struct {
    const char *name;
    gsize offset;
    double share;
  } kinds[] = {
    { "500, 20 % polluters", G_STRUCT_OFFSET (SimLiveSettings, polluters), 0.2 },
    { "500, 50 % free riders that claim much", G_STRUCT_OFFSET (SimLiveSettings, free_riders),
      0.5 },
    { "500, 10 % that never send what they offer", G_STRUCT_OFFSET (SimLiveSettings, claimers),
      0.1 },
    { "500, 5 % that flood", G_STRUCT_OFFSET (SimLiveSettings, flooders), 0.05 },
    { "500, 1 % loss", G_STRUCT_OFFSET (SimLiveSettings, loss), 0.01 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      SimLiveSettings s = sim_live_defaults;

      s.load = 0.8;
      G_STRUCT_MEMBER (double, &s, kinds[i].offset) = kinds[i].share;
      print_worst (kinds[i].name, s);
    }
}

static void
print_small (void)
{
  SimLiveSettings s = sim_live_defaults;

  s.n_viewers = 24;
  s.spread = 1;
  s.source = 2.5;
  for (guint i = 0; i < 3; i++)
    {
      s.load = 0.85 + 0.05 * i;
      print_row ("24 of equal uplinks, source 2.5", &s);
    }
  s.source = 10;
  s.load = 0.7;
  print_row ("24 of equal uplinks, source 10", &s);
}

/* Delay against the size of the swarm. */
static void
print_sizes (SimLiveSettings s)
{
  const guint sizes[] = { 10, 20, 50, 100, 200, 500, 1000, 2000, 5000 };
  char name[16];

  s.seconds = 15;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      s.n_viewers = sizes[i];
      g_snprintf (name, sizeof name, "%u", sizes[i]);
      print_row (name, &s);
    }
}

static void
print_one (const SimLiveSettings *settings)
{
  char name[16];

  g_snprintf (name, sizeof name, "%u", settings->n_viewers);
  print_row (name, settings);
}

int
main (int argc, char **argv)
{
  SimLiveSettings s = sim_live_defaults;
  gboolean table = FALSE, sizes = FALSE;
  gint64 seed = 1;
  double uplink_mbit = s.uplink * 8 / 1e6;
  gint n = (gint) s.n_viewers, degree = (gint) s.degree;
  GOptionEntry entries[] = {
    { "table", 0, 0, G_OPTION_ARG_NONE, &table, "Print the table of the benchmarks", NULL },
    { "sizes", 0, 0, G_OPTION_ARG_NONE, &sizes, "Print a row for each of many sizes", NULL },
    { "viewers", 'n', 0, G_OPTION_ARG_INT, &n, "Number of viewers", "N" },
    { "seconds", 't', 0, G_OPTION_ARG_DOUBLE, &s.seconds, "Length of the stream", "S" },
    { "load", 'l', 0, G_OPTION_ARG_DOUBLE, &s.load, "Share of the fluid limit", "X" },
    { "uplink", 'u', 0, G_OPTION_ARG_DOUBLE, &uplink_mbit, "Mean uplink, Mbit/s", "X" },
    { "spread", 0, 0, G_OPTION_ARG_DOUBLE, &s.spread, "Fastest uplink over slowest", "X" },
    { "source", 0, 0, G_OPTION_ARG_DOUBLE, &s.source, "Source's uplink over stream's rate", "X" },
    { "downlink", 0, 0, G_OPTION_ARG_DOUBLE, &s.downlink, "Downlink over uplink", "X" },
    { "degree", 'd', 0, G_OPTION_ARG_INT, &degree, "Links of a member", "N" },
    { "slot", 0, 0, G_OPTION_ARG_DOUBLE, &s.slot_ms, "Duration of a chunk", "MS" },
    { "buffer", 0, 0, G_OPTION_ARG_DOUBLE, &s.buffer_ms, "Playout buffer", "MS" },
    { "key", 0, 0, G_OPTION_ARG_DOUBLE, &s.key, "Key frame over other frame", "X" },
    { "way", 0, 0, G_OPTION_ARG_DOUBLE, &s.way_ms, "Mean one-way delay", "MS" },
    { "loss", 0, 0, G_OPTION_ARG_DOUBLE, &s.loss, "Share of packets lost", "X" },
    { "jitter", 0, 0, G_OPTION_ARG_DOUBLE, &s.jitter_ms, "Mean of added delay", "MS" },
    { "join", 0, 0, G_OPTION_ARG_DOUBLE, &s.join_ms, "Between two that join", "MS" },
    { "churn", 0, 0, G_OPTION_ARG_DOUBLE, &s.churn, "Share replaced each 5 s", "X" },
    { "free-riders", 0, 0, G_OPTION_ARG_DOUBLE, &s.free_riders, "Share that gives nothing", "X" },
    { "polluters", 0, 0, G_OPTION_ARG_DOUBLE, &s.polluters, "Share that gives garbage", "X" },
    { "claimers", 0, 0, G_OPTION_ARG_DOUBLE, &s.claimers, "Share that never sends", "X" },
    { "flooders", 0, 0, G_OPTION_ARG_DOUBLE, &s.flooders, "Share that floods", "X" },
    { "liars", 0, 0, G_OPTION_ARG_DOUBLE, &s.liars, "Share that claims a large uplink", "X" },
    { "dead", 0, 0, G_OPTION_ARG_DOUBLE, &s.dead, "Share that vanishes at half-time", "X" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &seed, "Seed", "N" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  s.n_viewers = (guint) n;
  s.degree = (guint) degree;
  s.uplink = uplink_mbit * 1e6 / 8;
  s.seed = (guint64) seed;
  print_head ();
  if (table)
    {
      print_loads ();
      print_faults ();
      print_small ();
    }
  else if (sizes)
    print_sizes (s);
  else
    print_one (&s);
  return 0;
}
