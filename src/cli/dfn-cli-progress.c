/* SPDX-License-Identifier: MIT */
#include "dfn-cli-progress.h"

#include "dfn-cli-text.h"
#include "dfn-format.h"

#include <glib/gi18n-lib.h>

#include <string.h>

#define NARROWEST_BAR 10
#define WIDEST_BAR 40
/* The widths of the longest rate and time, "1000 Gbit/s" and "99:59:59". */
#define RATE_WIDTH 11
#define ETA_WIDTH 8

#define STEP_PERCENT 10
#define LEAST_PAUSE_US (2 * G_USEC_PER_SEC)
#define LONGEST_PAUSE_US (30 * G_USEC_PER_SEC)

/* What can be said, the most dispensable last. */
enum { PART_BYTES, PART_RATE, PART_ETA, PART_PEERS, N_PARTS };

/* 100 is kept for the very end; rounding must not promise it. */
static guint
get_percent (const DfnCliFigures *figures)
{
  if (figures->total == 0)
    return 0;
  if (figures->bytes >= figures->total)
    return 100;
  return (guint) ((double) figures->bytes * 100.0 / (double) figures->total) % 100;
}

double
dfn_cli_progress_get_eta (const DfnCliFigures *figures)
{
  if (figures->total == 0 || figures->bytes > figures->total)
    return -1;
  if (figures->bytes == figures->total)
    return 0;
  return figures->rate >= 1 ? (double) (figures->total - figures->bytes) / figures->rate : -1;
}

char *
dfn_cli_progress_format_percent (const DfnCliFigures *figures)
{
  if (figures->total == 0)
    return g_strdup ("  - %");
  /* Translators: how much is done; keep the width of three digits */
  return g_strdup_printf (_ ("%3u %%"), get_percent (figures));
}

static char *
pad_left (const char *text, guint width)
{
  guint used = dfn_cli_text_get_width (text);

  return g_strdup_printf ("%*s%s", used < width ? (int) (width - used) : 0, "", text);
}

static char *
format_bytes (const DfnCliFigures *figures)
{
  g_autofree char *done = g_format_size (figures->bytes);
  g_autofree char *total = figures->total > 0 ? g_format_size (figures->total) : g_strdup ("?");
  /* Translators: how many bytes there are of how many, e.g. "12.3 MB of 300.0 MB" */
  return g_strdup_printf (_ ("%s of %s"), done, total);
}

static char *
format_peers (guint n_peers)
{
  /* Translators: how many computers are connected */
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u peer", "%u peers", n_peers), n_peers);
}

static char *
format_eta (const DfnCliFigures *figures, gboolean padded)
{
  g_autofree char *time = dfn_format_duration (dfn_cli_progress_get_eta (figures));
  g_autofree char *text = padded ? pad_left (time, ETA_WIDTH) : g_strdup (time);
  /* Translators: how much time is left, e.g. "1:02:03 left" */
  return g_strdup_printf (_ ("%s left"), text);
}

/* Sizes grow from "9.9 MB" to "10.0 MB" and rates shrink as they like: each part keeps to a column
 * of the width that its longest form has. */
static char *
format_part (const DfnCliFigures *figures, guint part)
{
  g_autofree char *text = NULL;

  switch (part)
    {
      case PART_BYTES: {
        DfnCliFigures longest = { .bytes = figures->total, .total = figures->total };
        g_autofree char *model = format_bytes (&longest);

        text = format_bytes (figures);
        return pad_left (text, dfn_cli_text_get_width (model));
      }
    case PART_RATE:
      text = dfn_format_rate (figures->rate);
      return pad_left (text, RATE_WIDTH);
    case PART_ETA:
      return format_eta (figures, TRUE);
    default:
      return format_peers (figures->n_peers);
    }
}

static void
append_bar (GString *line, const DfnCliFigures *figures, guint width)
{
  guint inside = width - 2;
  guint filled = figures->total > 0
                     ? (guint) ((double) inside * (double) figures->bytes / (double) figures->total)
                     : 0;

  filled = MIN (filled, inside);
  g_string_append (line, " [");
  for (guint i = 0; i < inside; i++)
    g_string_append_c (line, i < filled ? '#' : '.');
  g_string_append_c (line, ']');
}

char *
dfn_cli_progress_format_bar (const DfnCliFigures *figures, guint width)
{
  g_autofree char *percent = dfn_cli_progress_format_percent (figures);
  g_autoptr (GString) line = g_string_new (percent);
  g_autoptr (GString) tail = g_string_new (NULL);
  guint room = width;
  guint used = dfn_cli_text_get_width (percent);

  for (guint part = 0; part < N_PARTS; part++)
    {
      g_autofree char *text = format_part (figures, part);
      guint needed = dfn_cli_text_get_width (text) + 2;

      if (used + needed + NARROWEST_BAR + 1 > room)
        break;
      used += needed;
      g_string_append_printf (tail, "  %s", text);
    }
  if (room > used + NARROWEST_BAR)
    append_bar (line, figures, MIN (room - used - 1, WIDEST_BAR));
  g_string_append (line, tail->str);
  return dfn_cli_text_cut (line->str, width);
}

char *
dfn_cli_progress_format_line (const DfnCliFigures *figures)
{
  g_autofree char *percent = dfn_cli_progress_format_percent (figures);
  g_autofree char *bytes = format_bytes (figures);
  g_autofree char *rate = dfn_format_rate (figures->rate);
  g_autofree char *peers = format_peers (figures->n_peers);
  g_autofree char *eta = format_eta (figures, FALSE);

  return g_strdup_printf ("%s  %s, %s, %s, %s", percent, bytes, rate, peers, eta);
}

gboolean
dfn_cli_pace_is_due (DfnCliPace *self, const DfnCliFigures *figures, gint64 now_us)
{
  guint percent = get_percent (figures);
  guint next_percent = self->last_percent - self->last_percent % STEP_PERCENT + STEP_PERCENT;
  gboolean is_first = self->last_us == 0;
  gint64 pause = now_us - self->last_us;

  if (!is_first && (pause < LEAST_PAUSE_US || (pause < LONGEST_PAUSE_US && percent < next_percent)))
    return FALSE;
  self->last_us = now_us;
  self->last_percent = percent;
  return !is_first;
}
