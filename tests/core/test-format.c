/* SPDX-License-Identifier: MIT */
#include "dfn-format.h"

#include <math.h>

static void
test_rate (void)
{
  static const struct {
    double rate;
    const char *text;
  } cases[] = {
    { 0, "0 bit/s" },          { 100, "800 bit/s" },     { 125, "1.0 kbit/s" },
    { 6.02e6, "48.2 Mbit/s" }, { 12.5e6, "100 Mbit/s" }, { 125e9, "1000 Gbit/s" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = dfn_format_rate (cases[i].rate);
      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

static void
test_duration (void)
{
  static const struct {
    double seconds;
    const char *text;
  } cases[] = {
    { 0, "0:00" },  { 7.4, "0:07" }, { 59.6, "1:00" }, { 754, "12:34" },     { 3723, "1:02:03" },
    { -1, "-:--" }, { 1e9, "-:--" }, { NAN, "-:--" },  { INFINITY, "-:--" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = dfn_format_duration (cases[i].seconds);
      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/format/rate", test_rate);
  g_test_add_func ("/core/format/duration", test_duration);
  return g_test_run ();
}
