/* SPDX-License-Identifier: MIT */
#include "ranker-traces.h"

#include "sim-random.h"

#include <math.h>
#include <string.h>

/* A recording that hardly moved, or too short to say anything. */
#define LEAST_MEAN (0.2 * 125e3)

static double
draw_normal (SimRandom *random)
{
  double radius = sqrt (-2 * log (1 - sim_random_unit (random)));

  return radius * cos (2 * G_PI * sim_random_unit (random));
}

static RateTrace *
make_one (SimRandom *random)
{
  g_autoptr (GString) text = g_string_new (NULL);
  double wander = 0, step = 0;
  guint outage = 0;

  for (guint second = 0; second < 240; second++)
    {
      double rate;
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      wander = 0.8 * wander + 0.25 * draw_normal (random);
      if (sim_random_unit (random) < 0.02)
        step = 0.6 * draw_normal (random);
      if (outage > 0)
        outage--;
      else if (sim_random_unit (random) < 0.005)
        outage = 1 + (guint) (4 * sim_random_unit (random));
      rate = outage > 0 ? 0.02 : exp (wander + step);
      g_string_append_printf (text, "%u %s\n", second,
                              g_ascii_formatd (number, sizeof number, "%.4f", 4 * rate));
    }
  return rate_trace_parse (text->str, NULL);
}

GPtrArray *
ranker_traces_make (guint n, guint64 seed)
{
  GPtrArray *traces = g_ptr_array_new_with_free_func ((GDestroyNotify) rate_trace_unref);
  SimRandom random;

  sim_random_init (&random, seed);
  while (traces->len < n)
    g_ptr_array_add (traces, make_one (&random));
  return traces;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Cuts of one recording end in a number; where those that do are recordings of their own, more of
 * them than needed stay together. */
static RankerTracesHalf
get_half (const char *folder, const char *name)
{
  g_autofree char *stem = g_strdup (name);
  gboolean has_cuts = g_str_has_prefix (folder, "5g") || g_str_has_prefix (folder, "mahimahi");

  if (has_cuts)
    {
      char *end = strrchr (stem, '_');

      if (end != NULL)
        *end = '\0';
    }
  return g_str_hash (stem) % 2 == 0 ? RANKER_TRACES_TUNE : RANKER_TRACES_REPORT;
}

GPtrArray *
ranker_traces_load (const char *root, RankerTracesHalf half)
{
  GPtrArray *traces = g_ptr_array_new_with_free_func ((GDestroyNotify) rate_trace_unref);
  g_autoptr (GPtrArray) folders = list (root);

  for (guint i = 0; i < folders->len; i++)
    {
      g_autofree char *folder = g_build_filename (root, folders->pdata[i], NULL);
      g_autoptr (GPtrArray) names = list (folder);

      for (guint k = 0; k < names->len; k++)
        {
          g_autofree char *path = g_build_filename (folder, names->pdata[k], NULL);
          g_autoptr (RateTrace) trace = NULL;

          if (!g_str_has_suffix (path, ".txt")
              || get_half (folders->pdata[i], names->pdata[k]) != half)
            continue;
          trace = rate_trace_load (path, NULL);
          if (trace != NULL && rate_trace_mean (trace) >= LEAST_MEAN)
            g_ptr_array_add (traces, g_steal_pointer (&trace));
        }
    }
  return traces;
}
