/* SPDX-License-Identifier: MIT */
#include "sim-live.h"

int
main (int argc, char **argv)
{
  SimLiveSettings s = sim_live_defaults;
  SimLiveResult r;
  gint64 seed = 1;
  double uplink_mbit = s.uplink * 8 / 1e6;
  gint n = (gint) s.n_viewers, degree = (gint) s.degree;
  GOptionEntry entries[] = {
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
    { "churn", 0, 0, G_OPTION_ARG_DOUBLE, &s.churn, "Share replaced each 5 s", "X" },
    { "free-riders", 0, 0, G_OPTION_ARG_DOUBLE, &s.free_riders, "Share that gives nothing", "X" },
    { "polluters", 0, 0, G_OPTION_ARG_DOUBLE, &s.polluters, "Share that gives garbage", "X" },
    { "claimers", 0, 0, G_OPTION_ARG_DOUBLE, &s.claimers, "Share that never sends", "X" },
    { "flooders", 0, 0, G_OPTION_ARG_DOUBLE, &s.flooders, "Share that floods", "X" },
    { "liars", 0, 0, G_OPTION_ARG_DOUBLE, &s.liars, "Share that claims a large uplink", "X" },
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
  sim_live_run (&s, &r);
  g_print (
      "N %u rate %.2f Mb link %.3f of limit (hdr %.3f) | missed %.3f%% stalled %.1f%% | p50 %.2f "
      "p99 %.2f max %.2f slots/log; p99/target %.3f | dup %.2f%% ctl %.2f%% ack %.2f%% waste "
      "%.2f%% | src %.2f jain %.3f util %.4f acc %.3f rep %.4f | cpu %.1f ev %.1fM mem %.1f\n",
      s.n_viewers, r.rate * 8 / 1e6, r.link_rate / r.limit, r.header_share, 100 * r.missed,
      100 * r.stalled, r.p50_us / 1000 / s.slot_ms / r.hops, r.p99_us / 1000 / s.slot_ms / r.hops,
      r.max_us / 1000 / s.slot_ms / r.hops, r.p99_us / r.target_us, 100 * r.duplicates,
      100 * r.control, 100 * r.acks, 100 * r.wasted, r.source_copies, r.fairness, r.utilization,
      r.accepted, r.repairs, r.cpu_seconds, (double) r.n_events / 1e6,
      (double) r.memory_late / 1e6);
  return 0;
}
