/* SPDX-License-Identifier: MIT */
#include "rate-trace.h"

#define SECOND G_GUINT64_CONSTANT (1000000000)

static void
test_lookup (void)
{
  g_autoptr (RateTrace) trace = rate_trace_parse ("1.0 8\n2.5 0\n3.0 16\n", NULL);
  guint64 until;

  g_assert_nonnull (trace);
  g_assert_cmpfloat (rate_trace_at (trace, 0, &until), ==, 1e6);
  g_assert_cmpuint (until, ==, SECOND * 3 / 2);
  g_assert_cmpfloat (rate_trace_at (trace, SECOND * 3 / 2, &until), ==, 0);
  g_assert_cmpuint (until, ==, 2 * SECOND);
  g_assert_cmpfloat (rate_trace_at (trace, 2 * SECOND, &until), ==, 2e6);
  g_assert_cmpuint (until, ==, SECOND * 5 / 2);
}

static void
test_rounds (void)
{
  g_autoptr (RateTrace) trace = rate_trace_parse ("0 8\n1 16\n", NULL);
  guint64 until;

  g_assert_cmpfloat (rate_trace_at (trace, 100 * SECOND + 1, &until), ==, 1e6);
  g_assert_cmpuint (until, ==, 101 * SECOND);
  g_assert_cmpfloat (rate_trace_at (trace, 101 * SECOND + 1, &until), ==, 2e6);
  g_assert_cmpuint (until, ==, 102 * SECOND);
  g_assert_cmpfloat (rate_trace_mean (trace), ==, 1.5e6);
}

static void
test_single_sample (void)
{
  g_autoptr (RateTrace) trace = rate_trace_parse ("5 4\n", NULL);
  guint64 until;

  g_assert_cmpfloat (rate_trace_at (trace, 12345, &until), ==, 5e5);
  g_assert_cmpuint (until, ==, SECOND);
}

static void
test_malformed (void)
{
  const char *texts[] = {
    "",       "\n",         "0 0\n1 0\n", "0\n",     "zero 1\n", "0 1 2\n", "0 -1\n",
    "-1 5\n", "0 1\n0 2\n", "1 1\n0 1\n", "0 nan\n", "inf 1\n",  "9e9 1\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (rate_trace_parse (texts[i], &error));
      g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
    }
}

static void
test_missing_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (rate_trace_load ("/nonexistent/trace", &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/netlab/rate-trace/lookup", test_lookup);
  g_test_add_func ("/netlab/rate-trace/rounds", test_rounds);
  g_test_add_func ("/netlab/rate-trace/single-sample", test_single_sample);
  g_test_add_func ("/netlab/rate-trace/malformed", test_malformed);
  g_test_add_func ("/netlab/rate-trace/missing-file", test_missing_file);
  return g_test_run ();
}
