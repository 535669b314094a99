/* SPDX-License-Identifier: MIT */
#include "dfn-cli-report.h"

#include "dfn-cli-exit.h"
#include "dfn-cli-progress.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

void
dfn_cli_report_state (DfnCliOutput *output, const char *word)
{
  DfnCliEvent *event = dfn_cli_event_new ("state");

  dfn_cli_event_add_string (event, "state", word);
  dfn_cli_output_event (output, event);
  dfn_cli_output_set_status (output, NULL);
}

void
dfn_cli_report_problem (DfnCliOutput *output,
                        char **last,
                        const char *sentence,
                        gboolean for_people)
{
  DfnCliEvent *event;

  if (g_strcmp0 (sentence, *last) == 0)
    return;
  g_free (*last);
  *last = g_strdup (sentence);
  if (sentence == NULL)
    return;
  event = dfn_cli_event_new ("problem");
  dfn_cli_event_add_string (event, "message", sentence);
  dfn_cli_output_event (output, event);
  if (for_people)
    dfn_cli_output_say (output, "%s", sentence);
  else
    g_debug ("%s", sentence);
}

void
dfn_cli_report_reading (
    DfnCliOutput *output, const char *name, const char *sentence, guint64 bytes, guint64 total)
{
  DfnCliFigures figures = { .bytes = bytes, .total = total };
  g_autofree char *percent = dfn_cli_progress_format_percent (&figures);
  g_autofree char *line = g_strdup_printf ("%s  %s", percent, sentence);
  DfnCliEvent *event = dfn_cli_event_new (name);

  dfn_cli_event_add_integer (event, "bytes", bytes);
  dfn_cli_event_add_integer (event, "total", total);
  dfn_cli_output_event (output, event);
  dfn_cli_output_set_status (output, line);
}

void
dfn_cli_report_exposure (const DfnCliOptions *options, DfnCliOutput *output)
{
  if (!options->force_relay)
    dfn_cli_output_say (output, _ ("Those who share it see this computer's network address; "
                                   "--force-relay hides it."));
}

void
dfn_cli_report_failure (DfnCliOutput *output, DfnCliLoop *loop, const GError *error)
{
  dfn_cli_output_set_status (output, NULL);
  /* Whoever read it has had enough, as head has: no reason for words. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
    dfn_cli_loop_quit (loop, DFN_CLI_EXIT_CLOSED);
  else if (error->domain == G_IO_ERROR)
    {
      g_autoptr (GError) own =
          g_error_new_literal (DFN_CLI_ERROR, DFN_CLI_ERROR_FILE, error->message);

      dfn_cli_loop_quit (loop, dfn_cli_output_fail (output, own));
    }
  else
    dfn_cli_loop_quit (loop, dfn_cli_output_fail (output, error));
}
