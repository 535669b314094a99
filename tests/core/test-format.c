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

static void
test_parse_rate (void)
{
  static const struct {
    const char *text;
    double rate;
  } cases[] = {
    { "8mbit", 1e6 },   { "1.5 Mbyte", 1.5e6 }, { "900kbit", 112500 },
    { "2gbit", 250e6 }, { "16kbyte", 16e3 },    { "1Gbyte", 1e9 },
  };
  static const char *const bad[] = {
    "",        "8",       "mbit",    "-1mbit", "0mbit",   "8mbits",      "8 m bit",   "nanmbit",
    "infmbit", "1e3mbit", "0x8mbit", " 8mbit", "8,5mbit", "9999999gbit", "1.2.3mbit",
  };
  double rate;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_true (dfn_format_parse_rate (cases[i].text, &rate));
      g_assert_cmpfloat_with_epsilon (rate, cases[i].rate, 1e-6);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (dfn_format_parse_rate (bad[i], &rate));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/format/rate", test_rate);
  g_test_add_func ("/core/format/duration", test_duration);
  g_test_add_func ("/core/format/parse-rate", test_parse_rate);
  return g_test_run ();
}
