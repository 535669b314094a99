/* SPDX-License-Identifier: MIT */
#include "dfn-cli-swarm.h"

#include "dfn-cli-text.h"
#include "dfn-format.h"

#include <glib/gi18n-lib.h>

#include <string.h>

/* Reports come a little early or late. */
#define TOLERANCE_US (50 * 1000)
/* Bytes per second below which nothing but messages goes. */
#define LEAST_RATE 8192
/* Who sends much gets acknowledgements back: not more than one byte for so many. */
#define ACKNOWLEDGED 12
/* The widest table: what is beyond it in a wide terminal stays empty. */
#define LONGEST_ROW 160

/* The columns of the table; where there is no room those with a higher rank go first. */
typedef enum { NUMBER, WAY, RTT, IN, OUT, LOSS, TAKEN, GIVEN, DOES, N_COLUMNS } Column;

static const guint widths[N_COLUMNS] = { 3, 14, 8, 12, 12, 7, 8, 8, 0 };
static const guint ranks[N_COLUMNS] = { 0, 5, 2, 1, 3, 8, 6, 7, 4 };

static const char *
get_heading (Column column)
{
  switch (column)
    {
    case NUMBER:
      return "#";
    case WAY:
      /* Translators: heads a column with e.g. "direct, IPv6", at most 14 columns */
      return _ ("way");
    case RTT:
      /* Translators: heads a column of round-trip times, at most 8 columns */
      return _ ("RTT");
    case IN:
      /* Translators: heads a column of rates, at most 12 columns */
      return _ ("in");
    case OUT:
      /* Translators: heads a column of rates, at most 12 columns */
      return _ ("out");
    case LOSS:
      /* Translators: heads a column of percentages, at most 7 columns */
      return _ ("loss");
    case TAKEN:
      /* Translators: heads a column: how many pieces came from a peer; at most 8 columns */
      return _ ("taken");
    case GIVEN:
      /* Translators: heads a column: how many pieces went to a peer; at most 8 columns */
      return _ ("given");
    case DOES:
      /* Translators: heads a column: what happens at present, e.g. "gives" */
      return _ ("state");
    case N_COLUMNS:
      break;
    }
  return "";
}

static const char *
get_way (const DfnPeerReport *peer)
{
  /* Translators: at most 14 columns, like the other ways */
  if (peer->is_relayed)
    return peer->family == 6 ? _ ("relayed, IPv6") : _ ("relayed, IPv4");
  if (peer->family == 0)
    return _ ("unknown");
  return peer->family == 6 ? _ ("direct, IPv6") : _ ("direct, IPv4");
}

static const char *
get_state (const DfnPeerReport *peer)
{
  gboolean gives = peer->rate_in > LEAST_RATE && peer->rate_in > peer->rate_out / ACKNOWLEDGED;
  gboolean takes = peer->rate_out > LEAST_RATE && peer->rate_out > peer->rate_in / ACKNOWLEDGED;

  /* Translators: what a peer does: it gives pieces, takes some, or both */
  if (gives && takes)
    return _ ("gives and takes");
  if (gives)
    return _ ("gives");
  return takes ? _ ("takes") : _ ("idle");
}

static char *
format_cell (const DfnPeerReport *peer, Column column)
{
  switch (column)
    {
    case NUMBER:
      return g_strdup_printf ("%u", peer->number);
    case WAY:
      return g_strdup (get_way (peer));
    case RTT:
      return peer->rtt_us > 0 ? g_strdup_printf (_ ("%.0f ms"), (double) peer->rtt_us / 1e3)
                              : g_strdup ("-");
    case IN:
      return dfn_format_rate (peer->rate_in);
    case OUT:
      return dfn_format_rate (peer->rate_out);
    case LOSS:
      return g_strdup_printf (_ ("%.1f %%"), 100 * peer->loss);
    case TAKEN:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, peer->chunks_taken);
    case GIVEN:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, peer->chunks_given);
    case DOES:
      return g_strdup (get_state (peer));
    case N_COLUMNS:
      break;
    }
  return g_strdup ("");
}

/* Words stand to the left, numbers to the right. */
static void
append_cell (GString *line, const char *text, Column column)
{
  guint used = dfn_cli_text_get_width (text);
  guint padding = used < widths[column] ? widths[column] - used : 0;
  gboolean is_left = column == WAY || column == DOES;

  if (line->len > 0)
    g_string_append (line, "  ");
  if (!is_left)
    g_string_append_printf (line, "%*s", (int) padding, "");
  g_string_append (line, text);
  if (is_left && column != DOES)
    g_string_append_printf (line, "%*s", (int) padding, "");
}

/* How many ranks there is room for. */
static guint
count_columns (guint width)
{
  guint n = 0, used = 0;

  while (n < N_COLUMNS)
    {
      for (guint column = 0; column < N_COLUMNS; column++)
        if (ranks[column] == n)
          used += 2 + (column == DOES ? 15 : widths[column]);
      if (used - 2 > width)
        break;
      n++;
    }
  return MAX (n, 1);
}

static char *
format_row (const DfnPeerReport *peer, guint n_columns, guint width)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (Column column = NUMBER; column < N_COLUMNS; column++)
    {
      g_autofree char *text = NULL;

      if (ranks[column] >= n_columns)
        continue;
      text = peer != NULL ? format_cell (peer, column) : g_strdup (get_heading (column));
      append_cell (line, text, column);
    }
  return dfn_cli_text_cut (line->str, MIN (width, LONGEST_ROW));
}

char *
dfn_cli_swarm_format_table (const DfnSwarmReport *swarm, guint width, guint n_lines)
{
  guint n_columns = count_columns (width);
  g_autoptr (GString) table = g_string_new (NULL);
  guint n_rows = n_lines > 0 ? n_lines - 1 : 0;
  g_autofree char *heading = format_row (NULL, n_columns, width);

  if (n_rows < swarm->n_peers && n_rows > 0)
    n_rows--;
  g_string_append (table, heading);
  for (guint i = 0; i < MIN (swarm->n_peers, n_rows); i++)
    {
      g_autofree char *row = format_row (&swarm->peers[i], n_columns, width);

      g_string_append_printf (table, "\n%s", row);
    }
  if (n_rows < swarm->n_peers && n_lines > 1)
    {
      guint n_more = swarm->n_peers - n_rows;
      g_autofree char *rest =
          /* Translators: how many lines of a table there was no room for */
          g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "and %u more", "and %u more", n_more),
                           n_more);
      g_autofree char *cut = dfn_cli_text_cut (rest, width);

      g_string_append_printf (table, "\n%s", cut);
    }
  return g_string_free (g_steal_pointer (&table), FALSE);
}

static char *
format_count (guint64 count)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, count);
}

char *
dfn_cli_swarm_format_sums (const DfnSwarmReport *swarm)
{
  g_autofree char *in = g_format_size (swarm->bytes_in);
  g_autofree char *out = g_format_size (swarm->bytes_out);
  double copies = dfn_swarm_report_get_copies (swarm);
  g_autofree char *given = copies >= 0 ? g_strdup_printf ("%.2f", copies) : g_strdup ("-");
  g_autofree char *twice = format_count (swarm->counts.duplicates);
  g_autofree char *late = format_count (swarm->counts.late);
  g_autofree char *missed = format_count (swarm->counts.missed);

  /* Translators: bytes, bytes, whole copies, how many pieces came twice, too late, not at all,
   * which percentage of the bytes was no content */
  return g_strdup_printf (_ ("%s in, %s out, copies given: %s, twice: %s, late: %s, missed: %s, "
                             "messages: %.1f %%"),
                          in, out, given, twice, late, missed,
                          100 * dfn_swarm_report_get_control_share (swarm));
}

/* Bytes a second; none, and what is not limited, is no number. */
static char *
format_uplink_rate (guint64 rate)
{
  return rate == 0 || rate == G_MAXUINT64 ? g_strdup ("-") : dfn_format_rate ((double) rate);
}

char *
dfn_cli_swarm_format_uplink (const DfnUplinkState *uplink)
{
  g_autofree char *limit = format_uplink_rate (uplink->limit);
  g_autofree char *rate = format_uplink_rate (uplink->rate);
  g_autofree char *estimate = format_uplink_rate (uplink->estimate);

  /* Translators: three rates and a span of time, of what this computer sends */
  return g_strdup_printf (_ ("uplink: limit %s, allowed now %s, estimated %s, queue %.0f ms"),
                          limit, rate, estimate, (double) uplink->queue_us / 1e3);
}

char *
dfn_cli_swarm_add_table (const DfnCliOptions *options,
                         DfnCliOutput *output,
                         char *status,
                         const DfnSwarmReport *swarm)
{
  g_autofree char *above = status;
  g_autofree char *table = NULL;
  guint height = dfn_cli_output_get_height (output);

  if (!options->swarm || swarm == NULL || swarm->n_peers == 0 || status == NULL || height < 4)
    return g_steal_pointer (&above);
  /* A line stays free for what is said above it. */
  table = dfn_cli_swarm_format_table (swarm, dfn_cli_output_get_width (output) - 1, height - 2);
  return g_strconcat (above, "\n", table, NULL);
}

static void
tell_peers (DfnCliOutput *output, const DfnSwarmReport *swarm)
{
  DfnCliEvent *event = dfn_cli_event_new ("peers");
  g_autoptr (GPtrArray) objects =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_cli_event_free);

  for (guint i = 0; i < swarm->n_peers; i++)
    {
      const DfnPeerReport *peer = &swarm->peers[i];
      DfnCliEvent *object = dfn_cli_event_new_object ();

      g_ptr_array_add (objects, object);
      dfn_cli_event_add_integer (object, "number", peer->number);
      dfn_cli_event_add_integer (object, "family", peer->family);
      dfn_cli_event_add_boolean (object, "relayed", peer->is_relayed);
      dfn_cli_event_add_number (object, "rtt", (double) peer->rtt_us / G_USEC_PER_SEC);
      dfn_cli_event_add_number (object, "in", peer->rate_in);
      dfn_cli_event_add_number (object, "out", peer->rate_out);
      dfn_cli_event_add_integer (object, "received", peer->bytes_in);
      dfn_cli_event_add_integer (object, "sent", peer->bytes_out);
      dfn_cli_event_add_number (object, "loss", peer->loss);
      dfn_cli_event_add_integer (object, "taken", peer->chunks_taken);
      dfn_cli_event_add_integer (object, "given", peer->chunks_given);
      dfn_cli_event_add_number (object, "score", peer->score);
    }
  dfn_cli_event_add_objects (event, "peers", objects);
  dfn_cli_output_event (output, event);
}

static void
tell_sums (DfnCliOutput *output, const DfnSwarmReport *swarm)
{
  DfnCliEvent *event = dfn_cli_event_new ("stats");

  dfn_cli_event_add_integer (event, "peers", swarm->n_peers);
  dfn_cli_event_add_integer (event, "received", swarm->bytes_in);
  dfn_cli_event_add_integer (event, "sent", swarm->bytes_out);
  dfn_cli_event_add_integer (event, "taken", swarm->chunks_taken);
  dfn_cli_event_add_integer (event, "given", swarm->chunks_given);
  dfn_cli_event_add_integer (event, "duplicates", swarm->counts.duplicates);
  dfn_cli_event_add_integer (event, "late", swarm->counts.late);
  dfn_cli_event_add_integer (event, "missed", swarm->counts.missed);
  dfn_cli_event_add_number (event, "copies", dfn_swarm_report_get_copies (swarm));
  dfn_cli_event_add_integer (event, "messages", swarm->control_bytes);
  dfn_cli_event_add_number (event, "control", dfn_swarm_report_get_control_share (swarm));
  dfn_cli_output_event (output, event);
}

/* A number that an event shows as null where it is none. */
static double
get_uplink_rate (guint64 rate)
{
  return rate == 0 || rate == G_MAXUINT64 ? -1 : (double) rate;
}

static void
tell_uplink (DfnCliOutput *output, const DfnUplinkState *uplink)
{
  DfnCliEvent *event = dfn_cli_event_new ("uplink");

  dfn_cli_event_add_number (event, "limit", get_uplink_rate (uplink->limit));
  dfn_cli_event_add_number (event, "rate", get_uplink_rate (uplink->rate));
  dfn_cli_event_add_number (event, "estimate", get_uplink_rate (uplink->estimate));
  dfn_cli_event_add_number (event, "queue", (double) uplink->queue_us / G_USEC_PER_SEC);
  dfn_cli_event_add_boolean (event, "competing", uplink->is_competing);
  dfn_cli_output_event (output, event);
}

static void
say_stats (DfnCliOutput *output, const DfnSwarmReport *swarm)
{
  g_autofree char *sums = dfn_cli_swarm_format_sums (swarm);
  g_autofree char *uplink = dfn_cli_swarm_format_uplink (&swarm->uplink);
  g_autofree char *table = dfn_cli_swarm_format_table (swarm, LONGEST_ROW, swarm->n_peers + 1);
  g_auto (GStrv) lines = g_strsplit (table, "\n", -1);

  dfn_cli_output_say (output, "%s", sums);
  dfn_cli_output_say (output, "%s", uplink);
  for (guint i = 0; swarm->n_peers > 0 && lines[i] != NULL; i++)
    dfn_cli_output_say (output, "%s", lines[i]);
}

void
dfn_cli_swarm_tell_stats (const DfnCliOptions *options,
                          DfnCliOutput *output,
                          gint64 *last_us,
                          const DfnSwarmReport *swarm,
                          gint64 now_us)
{
  gint64 interval_us = options->stats * G_USEC_PER_SEC;

  if (options->stats <= 0 || swarm == NULL
      || (*last_us != 0 && now_us - *last_us < interval_us - TOLERANCE_US))
    return;
  *last_us = now_us;
  if (!dfn_cli_output_is_json (output))
    {
      say_stats (output, swarm);
      return;
    }
  tell_peers (output, swarm);
  tell_sums (output, swarm);
  tell_uplink (output, &swarm->uplink);
}
