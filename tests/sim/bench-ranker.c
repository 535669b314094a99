/* SPDX-License-Identifier: MIT */
/* Late chunks by the rule that chooses whom to ask, with uplinks that follow recorded traces. */
#include "dfn-decay-ranker.h"
#include "ranker-rule.h"
#include "ranker-trial.h"

#include <stdlib.h>

static int n_trials = 20;
static gboolean is_tuning;

static const GOptionEntry options[] = {
  { "trials", 0, 0, G_OPTION_ARG_INT, &n_trials, "How many trials a field", "N" },
  { "tune", 0, 0, G_OPTION_ARG_NONE, &is_tuning, "The half for choosing constants", NULL },
  G_OPTION_ENTRY_NULL,
};

static DfnPeerRanker *
make_rule (guint64 seed, gconstpointer data)
{
  return DFN_PEER_RANKER (ranker_rule_new ((RankerRuleKind) GPOINTER_TO_INT (data), seed));
}

static DfnPeerRanker *
make_decay (guint64 seed, gconstpointer data)
{
  return DFN_PEER_RANKER (dfn_decay_ranker_new (seed));
}

static const double loads[] = { 0.3, 0.5, 0.7 };

static void
run (const char *name, GPtrArray *traces, RankerTrialMake make, gconstpointer data)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_printf (line, "| %s |", name);
  for (gsize i = 0; i < G_N_ELEMENTS (loads); i++)
    {
      RankerTrialSettings settings = ranker_trial_defaults;
      RankerTrialResult result = { 0 };

      settings.load = loads[i];
      for (int seed = 0; seed < n_trials; seed++)
        ranker_trial_run (&settings, traces, (guint64) seed, make, data, &result);
      g_string_append_printf (
          line, " %.2f %%, %.0f ms |", 100.0 * (double) result.n_late / (double) result.n_chunks,
          (double) result.delivery_us / 1e3 / (double) (result.n_chunks - result.n_late));
    }
  g_print ("%s\n", line->str);
}

static GPtrArray *
get_traces (void)
{
  const char *root = g_getenv ("DFN_TRACES_DIR");
  g_autoptr (GPtrArray) traces = NULL;

  if (root != NULL && root[0] != '\0')
    traces = ranker_traces_load (root, is_tuning ? RANKER_TRACES_TUNE : RANKER_TRACES_REPORT);
  if (traces == NULL || traces->len == 0)
    {
      g_print ("There are no recorded traces in DFN_TRACES_DIR; these are made.\n");
      return ranker_traces_make (64, is_tuning ? 1 : 2);
    }
  return g_steal_pointer (&traces);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) traces = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  traces = get_traces ();
  g_print ("%u traces, %d trials a field\n\n", traces->len, n_trials);
  g_print ("| late, mean delivery of the others | load 0.3 | load 0.5 | load 0.7 |\n");
  g_print ("|---|---|---|---|\n");
  run ("decay-1 (ours)", traces, make_decay, NULL);
  run ("highest throughput", traces, make_rule, GINT_TO_POINTER (RANKER_RULE_THROUGHPUT));
  run ("weighted score", traces, make_rule, GINT_TO_POINTER (RANKER_RULE_SCORE));
  run ("random by throughput", traces, make_rule, GINT_TO_POINTER (RANKER_RULE_RANDOM));
  run ("throughput over load", traces, make_rule, GINT_TO_POINTER (RANKER_RULE_LOADED));
  run ("the same, failures for good", traces, make_rule, GINT_TO_POINTER (RANKER_RULE_GRUDGE));
  run ("lowest RTT", traces, make_rule, GINT_TO_POINTER (RANKER_RULE_RTT));
  return EXIT_SUCCESS;
}
