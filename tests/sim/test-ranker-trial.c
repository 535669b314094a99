/* SPDX-License-Identifier: MIT */
#include "dfn-decay-ranker.h"
#include "ranker-rule.h"
#include "ranker-trial.h"

#define N_TRIALS 4

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

static double
get_late (GPtrArray *traces, RankerTrialMake make, gconstpointer data)
{
  RankerTrialResult result = { 0 };

  for (guint64 seed = 100; seed < 100 + N_TRIALS; seed++)
    ranker_trial_run (&ranker_trial_defaults, traces, seed, make, data, &result);
  g_assert_cmpuint (result.n_chunks, >, 10000);
  return (double) result.n_late / (double) result.n_chunks;
}

static void
compare (GPtrArray *traces)
{
  double decay = get_late (traces, make_decay, NULL);

  g_assert_cmpfloat (decay, <, 0.02);
  for (RankerRuleKind kind = RANKER_RULE_THROUGHPUT; kind <= RANKER_RULE_GRUDGE; kind++)
    {
      double other = get_late (traces, make_rule, GINT_TO_POINTER (kind));

      g_test_message ("late: %.2f %%; of rule %d: %.2f %%", 100 * decay, kind, 100 * other);
      g_assert_cmpfloat (decay, <, other);
    }
}

static void
test_made_traces (void)
{
  g_autoptr (GPtrArray) traces = ranker_traces_make (32, 7);

  compare (traces);
}

static void
test_recorded_traces (void)
{
  const char *root = g_getenv ("DFN_TRACES_DIR");
  g_autoptr (GPtrArray) traces = NULL;

  if (root == NULL || !g_file_test (root, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("no recorded traces in the folder DFN_TRACES_DIR");
      return;
    }
  traces = ranker_traces_load (root, RANKER_TRACES_REPORT);
  g_assert_cmpuint (traces->len, >, 0);
  compare (traces);
}

/* Nothing but the arguments decides what happens. */
static void
test_repeatable (void)
{
  g_autoptr (GPtrArray) traces = ranker_traces_make (8, 3);
  RankerTrialResult first = { 0 }, second = { 0 }, other = { 0 };

  ranker_trial_run (&ranker_trial_defaults, traces, 5, make_decay, NULL, &first);
  ranker_trial_run (&ranker_trial_defaults, traces, 5, make_decay, NULL, &second);
  ranker_trial_run (&ranker_trial_defaults, traces, 6, make_decay, NULL, &other);
  g_assert_cmpuint (first.n_late, ==, second.n_late);
  g_assert_cmpint (first.delivery_us, ==, second.delivery_us);
  g_assert_cmpint (first.delivery_us, !=, other.delivery_us);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/ranker-trial/made-traces", test_made_traces);
  g_test_add_func ("/sim/ranker-trial/recorded-traces", test_recorded_traces);
  g_test_add_func ("/sim/ranker-trial/repeatable", test_repeatable);
  return g_test_run ();
}
