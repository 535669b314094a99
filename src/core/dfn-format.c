/* SPDX-License-Identifier: MIT */
#include "dfn-format.h"

#include <string.h>

#define LONGEST_DURATION_S (100.0 * 3600)

char *
dfn_format_rate (double bytes_per_second)
{
  static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s" };
  double rate = bytes_per_second * 8;
  guint unit = 0;

  for (; rate >= 999.5 && unit < G_N_ELEMENTS (units) - 1; unit++)
    rate /= 1000;
  return g_strdup_printf (rate < 99.95 && unit > 0 ? "%.1f %s" : "%.0f %s", rate, units[unit]);
}

char *
dfn_format_duration (double seconds)
{
  guint whole;

  if (!(seconds >= 0 && seconds < LONGEST_DURATION_S))
    return g_strdup ("-:--");
  whole = (guint) (seconds + 0.5);
  if (whole >= 3600)
    return g_strdup_printf ("%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
  return g_strdup_printf ("%u:%02u", whole / 60, whole % 60);
}

gboolean
dfn_format_parse_rate (const char *text, double *bytes_per_second)
{
  static const struct {
    const char *name;
    double bytes;
  } units[] = {
    { "kbit", 125 },   { "mbit", 125e3 }, { "gbit", 125e6 },
    { "kbyte", 1000 }, { "mbyte", 1e6 },  { "gbyte", 1e9 },
  };
  char *end;
  double number = g_ascii_strtod (text, &end);

  /* What g_ascii_strtod() would take beside decimal numbers. */
  if (!g_ascii_isdigit (text[0]) || text[strspn (text, "0123456789.")] != *end
      || !(number > 0 && number <= 1e6))
    return FALSE;
  while (*end == ' ')
    end++;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_ascii_strcasecmp (end, units[i].name) == 0)
      {
        *bytes_per_second = number * units[i].bytes;
        return TRUE;
      }
  return FALSE;
}
