/* SPDX-License-Identifier: MIT */
#include "dfn-cli-swarm.h"
#include "dfn-cli-text.h"

#include <string.h>

static DfnSwarmReport *
make_swarm (guint n_peers)
{
  DfnSwarmReport *swarm = dfn_swarm_report_new (n_peers);

  for (guint i = 0; i < n_peers; i++)
    swarm->peers[i] = (DfnPeerReport){ .number = i + 1,
                                       .family = i % 2 == 0 ? 6 : 4,
                                       .is_relayed = i % 3 == 0,
                                       .rtt_us = 12345 * (i + 1),
                                       .rate_in = 1e6,
                                       .rate_out = 2e4,
                                       .loss = 0.0123,
                                       .chunks_taken = 99999,
                                       .chunks_given = 12 };
  return swarm;
}

/* Whatever the room, no line is wider than it, and there are no more lines. */
static void
test_fits (void)
{
  g_autoptr (DfnSwarmReport) swarm = make_swarm (20);

  for (guint width = 1; width < 200; width++)
    for (guint n_lines = 1; n_lines < 25; n_lines += 3)
      {
        g_autofree char *table = dfn_cli_swarm_format_table (swarm, width, n_lines);
        g_auto (GStrv) lines = g_strsplit (table, "\n", -1);

        g_assert_cmpuint (g_strv_length (lines), ==, MIN (n_lines, 21));
        for (guint i = 0; lines[i] != NULL; i++)
          g_assert_cmpuint (dfn_cli_text_get_width (lines[i]), <=, width);
      }
}

/* What is dispensable goes first. */
static void
test_columns (void)
{
  g_autoptr (DfnSwarmReport) swarm = make_swarm (1);
  g_autofree char *wide = dfn_cli_swarm_format_table (swarm, 120, 10);
  g_autofree char *narrow = dfn_cli_swarm_format_table (swarm, 50, 10);

  g_assert_nonnull (strstr (wide, "1.2 %"));
  g_assert_nonnull (strstr (wide, "99999"));
  g_assert_nonnull (strstr (wide, "relayed, IPv6"));
  g_assert_nonnull (strstr (wide, "gives"));
  g_assert_null (strstr (narrow, "1.2 %"));
  g_assert_null (strstr (narrow, "99999"));
  g_assert_nonnull (strstr (narrow, "8.0 Mbit/s"));
  g_assert_nonnull (strstr (narrow, "12 ms"));
}

static void
test_states (void)
{
  static const struct {
    double in, out;
    const char *state;
  } cases[] = {
    { 0, 0, "idle" },      { 1000, 1000, "idle" },    { 1e6, 2e4, "gives" },
    { 2e4, 1e6, "takes" }, { 1e6, 1e6, "and takes" }, { 1e6, 1e5, "and takes" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DfnSwarmReport) swarm = make_swarm (1);
      g_autofree char *table = NULL;

      swarm->peers[0].rate_in = cases[i].in;
      swarm->peers[0].rate_out = cases[i].out;
      table = dfn_cli_swarm_format_table (swarm, 120, 10);
      g_assert_true (g_str_has_suffix (table, cases[i].state));
    }
}

static void
test_sums (void)
{
  g_autoptr (DfnSwarmReport) swarm = make_swarm (0);
  g_autofree char *unknown = dfn_cli_swarm_format_sums (swarm);
  g_autofree char *known = NULL;

  g_assert_nonnull (strstr (unknown, "copies given: -"));
  swarm->counts.content_bytes = 1000;
  swarm->chunk_bytes_out = 1250;
  swarm->bytes_out = 2000;
  swarm->control_bytes = 30;
  known = dfn_cli_swarm_format_sums (swarm);
  g_assert_nonnull (strstr (known, "copies given: 1.25"));
  g_assert_nonnull (strstr (known, "messages: 1.5 %"));
}

static void
test_uplink (void)
{
  DfnUplinkState state = { .rate = G_MAXUINT64, .queue_us = 12300 };
  g_autofree char *unknown = dfn_cli_swarm_format_uplink (&state);
  g_autofree char *known = NULL;

  g_assert_cmpstr (unknown, ==, "uplink: limit -, allowed now -, estimated -, queue 12 ms");
  state.limit = state.rate = 1000000;
  state.estimate = 1250000;
  known = dfn_cli_swarm_format_uplink (&state);
  g_assert_true (g_str_has_prefix (known, "uplink: limit 8.0"));
  g_assert_nonnull (strstr (known, "estimated 10.0"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/swarm/fits", test_fits);
  g_test_add_func ("/cli/swarm/columns", test_columns);
  g_test_add_func ("/cli/swarm/states", test_states);
  g_test_add_func ("/cli/swarm/sums", test_sums);
  g_test_add_func ("/cli/swarm/uplink", test_uplink);
  return g_test_run ();
}
