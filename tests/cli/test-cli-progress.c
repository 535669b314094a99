/* SPDX-License-Identifier: MIT */
#include "dfn-cli-progress.h"
#include "dfn-cli-text.h"

#include <string.h>

static const DfnCliFigures half = { 150000000, 300000000, 6.02e6, 2 };

static void
test_widths (void)
{
  static const struct {
    guint width;
    const char *bar;
  } cases[] = {
    { 100, " 50 % [################.................]  150.0 MB of 300.0 MB  48.2 Mbit/s      "
           "0:25 left  2 peers" },
    { 79, " 50 % [######......]  150.0 MB of 300.0 MB  48.2 Mbit/s      0:25 left  2 peers" },
    { 60, " 50 % [########.........]  150.0 MB of 300.0 MB  48.2 Mbit/s" },
    { 40, " 50 % [#####.....]  150.0 MB of 300.0 MB" },
    { 20, " 50 % [######......]" },
    { 12, " 50 %" },
    { 5, " 50 %" },
    { 3, " 5…" },
    { 0, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *bar = dfn_cli_progress_format_bar (&half, cases[i].width);
      g_assert_cmpstr (bar, ==, cases[i].bar);
    }
}

/* Whatever the figures, a bar fits, and it never says 100 % too early. */
static void
test_extremes (void)
{
  static const DfnCliFigures all[] = {
    { 0, 0, 0, 0 },
    { 5, 0, 1, 1 },
    { 0, 1, 0, 0 },
    { 1, 1, 1e300, G_MAXUINT },
    { G_MAXUINT64, 1, 0, 0 },
    { G_MAXUINT64 - 1, G_MAXUINT64, 1e-300, 1 },
    { 999999999, 1000000000, 125e9, 1000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    for (guint width = 0; width < 200; width++)
      {
        g_autofree char *bar = dfn_cli_progress_format_bar (&all[i], width);

        g_assert_cmpuint (dfn_cli_text_get_width (bar), <=, width);
        if (all[i].bytes < all[i].total)
          g_assert_null (strstr (bar, "100 %"));
      }
}

/* Figures that change must not make the bar jump. */
static void
test_steadiness (void)
{
  gsize bar_end = 0;

  for (guint i = 1; i < 1000; i++)
    {
      DfnCliFigures figures = { i * 300000, 300000000, i * i * 100.0, 1 };
      g_autofree char *bar = dfn_cli_progress_format_bar (&figures, 79);

      if (bar_end == 0)
        bar_end = strcspn (bar, "]");
      g_assert_cmpuint (strcspn (bar, "]"), ==, bar_end);
      g_assert_cmpuint (dfn_cli_text_get_width (bar), <=, 79);
    }
}

static void
test_line (void)
{
  g_autofree char *line = dfn_cli_progress_format_line (&half);

  g_assert_cmpstr (line, ==, " 50 %  150.0 MB of 300.0 MB, 48.2 Mbit/s, 2 peers, 0:25 left");
}

static void
test_eta (void)
{
  static const struct {
    DfnCliFigures figures;
    double eta;
  } cases[] = {
    { { 50, 100, 10, 1 }, 5 }, { { 0, 100, 0, 0 }, -1 }, { { 0, 100, 0.5, 0 }, -1 },
    { { 100, 100, 0, 0 }, 0 }, { { 10, 0, 10, 1 }, -1 }, { { 200, 100, 10, 1 }, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpfloat (dfn_cli_progress_get_eta (&cases[i].figures), ==, cases[i].eta);
}

static gboolean
is_due (DfnCliPace *pace, guint percent, gint64 seconds)
{
  DfnCliFigures figures = { percent, 100, 1, 1 };

  return dfn_cli_pace_is_due (pace, &figures, (1000 + seconds) * G_USEC_PER_SEC);
}

static void
test_pace (void)
{
  DfnCliPace pace = { 0 };

  g_assert_false (is_due (&pace, 0, 0));
  g_assert_false (is_due (&pace, 60, 1));
  g_assert_true (is_due (&pace, 63, 2));
  g_assert_false (is_due (&pace, 69, 10));
  g_assert_true (is_due (&pace, 70, 11));
  g_assert_false (is_due (&pace, 99, 12));
  g_assert_false (is_due (&pace, 71, 40));
  g_assert_true (is_due (&pace, 71, 41));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/progress/widths", test_widths);
  g_test_add_func ("/cli/progress/extremes", test_extremes);
  g_test_add_func ("/cli/progress/steadiness", test_steadiness);
  g_test_add_func ("/cli/progress/line", test_line);
  g_test_add_func ("/cli/progress/eta", test_eta);
  g_test_add_func ("/cli/progress/pace", test_pace);
  return g_test_run ();
}
