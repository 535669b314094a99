/* SPDX-License-Identifier: MIT */
#include "dfn-cli-live.h"

#include "dfn-format.h"

#include <glib/gi18n-lib.h>

static double
seconds (gint64 us)
{
  return (double) us / G_USEC_PER_SEC;
}

void
dfn_cli_live_tell (DfnCliOutput *output,
                   gint64 *last_us,
                   gint64 now_us,
                   double rate,
                   const DfnLiveSwarmStats *stats)
{
  DfnCliEvent *event;

  if (now_us < *last_us + G_USEC_PER_SEC || !dfn_cli_output_is_json (output))
    return;
  *last_us = now_us == G_MAXINT64 ? *last_us : now_us;
  event = dfn_cli_event_new ("live");
  dfn_cli_event_add_integer (event, "peers", stats->peers);
  dfn_cli_event_add_number (event, "rate", rate);
  dfn_cli_event_add_integer (event, "chunks", stats->chunks_received);
  dfn_cli_event_add_integer (event, "given", stats->chunks_sent);
  dfn_cli_event_add_integer (event, "missed", stats->chunks_missed);
  dfn_cli_event_add_integer (event, "late", stats->chunks_late);
  dfn_cli_event_add_integer (event, "duplicates", stats->chunks_duplicate);
  dfn_cli_event_add_integer (event, "invalid", stats->chunks_invalid);
  dfn_cli_event_add_integer (event, "received", stats->bytes_received);
  dfn_cli_event_add_integer (event, "sent", stats->bytes_sent);
  dfn_cli_event_add_integer (event, "control", stats->bytes_control);
  dfn_cli_event_add_integer (event, "played", stats->bytes_played);
  dfn_cli_event_add_integer (event, "made", stats->bytes_made);
  dfn_cli_event_add_number (event, "copies", stats->source_copies);
  dfn_cli_event_add_number (event, "delay", seconds (stats->delay_p50_us));
  dfn_cli_event_add_number (event, "slowest", seconds (stats->delay_p99_us));
  dfn_cli_event_add_number (event, "buffer", seconds (stats->buffer_us));
  dfn_cli_event_add_number (event, "lag", seconds (stats->lag_us));
  dfn_cli_event_add_number (event, "target", seconds (stats->target_us));
  dfn_cli_event_add_integer (event, "stalls", stats->stalls);
  dfn_cli_event_add_number (event, "stalled", seconds (stats->stalled_us));
  dfn_cli_event_add_number (event, "window", seconds (stats->window_us));
  dfn_cli_output_event (output, event);
}

char *
dfn_cli_live_format (double rate, const DfnLiveSwarmStats *stats)
{
  g_autofree char *text = dfn_format_rate (rate);

  /* Translators: rate, how many are connected, how many seconds behind, how often it stood still */
  return g_strdup_printf (
      g_dngettext (GETTEXT_PACKAGE, "%s, %u connected, %.1f s behind, %u stalls",
                   "%s, %u connected, %.1f s behind, %u stalls", (gulong) stats->peers),
      text, (guint) stats->peers, seconds (stats->lag_us), (guint) stats->stalls);
}
