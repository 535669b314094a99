/* SPDX-License-Identifier: MIT */
#include "dfn-cli-commands.h"

#include "dfn-cli-exit.h"
#include "dfn-cli-live.h"
#include "dfn-cli-loop.h"
#include "dfn-cli-node.h"
#include "dfn-cli-progress.h"
#include "dfn-cli-report.h"
#include "dfn-cli-swarm.h"
#include "dfn-cli-text.h"
#include "dfn-format.h"
#include "dfn-live-watch-session.h"
#include "dfn-watch-session.h"

#include <glib/gi18n-lib.h>

#include <unistd.h>

/* Who finds nobody in that time has to wait, and is told so. */
#define PATIENCE_MS 5000
/* Below this many seconds tenths of them are of interest. */
#define SHORT_S 10

typedef struct {
  const DfnCliOptions *options;
  DfnCliOutput *output;
  DfnCliLoop *loop;
  DfnWatchSession *session;
  gboolean is_pipe; /* it goes to standard output */
  gint64 started_us;
  guint patience_id;
  DfnCliPace pace;
  gint64 stats_us;

  /* What has been told already. */
  DfnWatchState state;
  gboolean has_state;
  gboolean has_introduced;
  gboolean has_told_relayed;
  gboolean has_waited;
  gboolean is_sharing;
  char *way;
  char *problem;
} View;

static const char *
name_state (DfnWatchState state)
{
  switch (state)
    {
    case DFN_WATCH_FINDING:
      return "finding";
    case DFN_WATCH_CHECKING:
      return "checking";
    case DFN_WATCH_CONNECTING:
      return "connecting";
    case DFN_WATCH_RECEIVING:
      return "receiving";
    case DFN_WATCH_WAITING:
      return "waiting";
    case DFN_WATCH_SHARING:
      return "sharing";
    case DFN_WATCH_COMPLETE:
      return "complete";
    case DFN_WATCH_FAILED:
      return "failed";
    }
  return NULL;
}

static void
tell_waiting (View *self, const char *reason, const char *sentence)
{
  DfnCliEvent *event = dfn_cli_event_new ("waiting");

  self->has_waited = TRUE;
  dfn_cli_event_add_string (event, "reason", reason);
  dfn_cli_event_add_string (event, "message", sentence);
  dfn_cli_output_event (self->output, event);
  dfn_cli_output_set_status (self->output, NULL);
  dfn_cli_output_say (self->output, "%s", sentence);
}

static gboolean
on_patience_over (gpointer user_data)
{
  View *self = user_data;

  self->patience_id = 0;
  if (self->state == DFN_WATCH_FINDING)
    tell_waiting (self, "not-found-yet", _ ("No relay knows of it yet; still looking."));
  else
    tell_waiting (self, "nobody-connected",
                  self->is_pipe ? _ ("Nobody who has it can be reached yet; waiting. Press Ctrl+C "
                                     "to stop.")
                                : _ ("Nobody who has it can be reached yet; waiting. Press Ctrl+C "
                                     "to stop; run the same command again to continue."));
  return G_SOURCE_REMOVE;
}

static void
introduce (View *self, const DfnWatchReport *report)
{
  g_autofree char *title = NULL;
  g_autofree char *size = NULL;

  if (self->has_introduced || report->title == NULL || report->size == 0
      || (report->path == NULL && !self->is_pipe))
    return;
  self->has_introduced = TRUE;
  title = dfn_cli_text_clean (report->title);
  size = g_format_size (report->size);
  if (self->is_pipe)
    /* Translators: title, size */
    dfn_cli_output_say (self->output, _ ("“%s”, %s, goes to standard output."), title, size);
  else
    /* Translators: title, size, name of the file */
    dfn_cli_output_say (self->output, _ ("“%s”, %s, goes into “%s”."), title, size, report->path);
  if (report->bytes_before > 0)
    {
      g_autofree char *before = g_format_size (report->bytes_before);
      dfn_cli_output_say (self->output, _ ("An earlier run has left %s of it."), before);
    }
}

static void
enter_state (View *self, const DfnWatchReport *report)
{
  DfnWatchState before = self->has_state ? self->state : DFN_WATCH_FINDING;

  self->has_state = TRUE;
  self->state = report->state;
  dfn_cli_report_state (self->output, name_state (report->state));

  g_clear_handle_id (&self->patience_id, g_source_remove);
  switch (report->state)
    {
    case DFN_WATCH_FINDING:
    case DFN_WATCH_CONNECTING:
      /* After a wait it has been said, and nothing has happened that would end it. */
      if (!self->has_waited)
        self->patience_id = g_timeout_add (PATIENCE_MS, on_patience_over, self);
      break;
    case DFN_WATCH_RECEIVING:
      if (self->has_waited && before != DFN_WATCH_RECEIVING)
        dfn_cli_output_say (self->output, _ ("Somebody who has it is there; going on."));
      self->has_waited = FALSE;
      break;
    case DFN_WATCH_WAITING:
      tell_waiting (self, "broadcaster-gone",
                    self->is_pipe
                        ? _ ("The broadcaster is gone; waiting for it to come back. Press Ctrl+C "
                             "to stop.")
                        : _ ("The broadcaster is gone; waiting for it to come back. Press Ctrl+C "
                             "to stop; run the same command again to continue."));
      break;
    case DFN_WATCH_CHECKING:
    case DFN_WATCH_SHARING:
    case DFN_WATCH_COMPLETE:
    case DFN_WATCH_FAILED:
      break;
    }
}

static void
show_progress (View *self, const DfnWatchReport *report)
{
  DfnCliFigures figures = { report->bytes_done, report->size, report->rate, report->n_peers };
  guint width = dfn_cli_output_get_width (self->output);
  DfnCliEvent *event = dfn_cli_event_new ("progress");

  dfn_cli_event_add_integer (event, "bytes", figures.bytes);
  dfn_cli_event_add_integer (event, "total", figures.total);
  dfn_cli_event_add_number (event, "rate", figures.rate);
  dfn_cli_event_add_integer (event, "peers", figures.n_peers);
  dfn_cli_event_add_number (event, "eta", dfn_cli_progress_get_eta (&figures));
  dfn_cli_event_add_boolean (event, "relayed", report->is_relayed);
  dfn_cli_output_event (self->output, event);

  if (width > 0)
    {
      g_autofree char *status = dfn_cli_swarm_add_table (
          self->options, self->output, dfn_cli_progress_format_bar (&figures, width - 1),
          report->swarm);
      dfn_cli_output_set_status (self->output, status);
    }
  else if (dfn_cli_pace_is_due (&self->pace, &figures, g_get_monotonic_time ()))
    {
      g_autofree char *line = dfn_cli_progress_format_line (&figures);
      dfn_cli_output_say (self->output, "%s", line);
    }
}

static void
tell_path (View *self, const DfnWatchReport *report)
{
  if (report->path_description != NULL && g_strcmp0 (self->way, report->path_description) != 0)
    {
      DfnCliEvent *event = dfn_cli_event_new ("path");

      g_free (self->way);
      self->way = g_strdup (report->path_description);
      dfn_cli_event_add_string (event, "path", self->way);
      dfn_cli_event_add_number (event, "rtt", (double) report->rtt_us / G_USEC_PER_SEC);
      dfn_cli_event_add_boolean (event, "relayed", report->is_relayed);
      dfn_cli_output_event (self->output, event);
    }
  if (!report->is_relayed || self->has_told_relayed)
    return;
  self->has_told_relayed = TRUE;
  if (self->options->force_relay)
    dfn_cli_output_say (self->output, _ ("The TURN server carries the data."));
  else
    dfn_cli_output_say (self->output,
                        _ ("No direct way was found; a TURN server carries the data."));
}

static void
tell_complete (View *self, const DfnWatchReport *report)
{
  double seconds = (double) (g_get_monotonic_time () - self->started_us) / G_USEC_PER_SEC;
  g_autofree char *size = g_format_size (report->size);
  /* Translators: a few seconds */
  g_autofree char *time =
      seconds < SHORT_S ? g_strdup_printf (_ ("%.1f s"), seconds) : dfn_format_duration (seconds);
  /* Whoever reads events may have another folder for its present one. */
  g_autofree char *path =
      report->path != NULL ? g_canonicalize_filename (report->path, NULL) : NULL;
  DfnCliEvent *event = dfn_cli_event_new ("complete");

  dfn_cli_output_set_status (self->output, NULL);
  dfn_cli_event_add_string (event, "path", path);
  dfn_cli_event_add_integer (event, "bytes", report->size);
  dfn_cli_event_add_integer (event, "before", report->bytes_before);
  dfn_cli_event_add_number (event, "seconds", seconds);
  dfn_cli_output_event (self->output, event);
  if (self->is_pipe)
    /* Translators: size, then the time it took */
    dfn_cli_output_say (self->output, _ ("All of it is written, %s in %s."), size, time);
  else if (report->bytes_before >= report->size)
    dfn_cli_output_say (self->output, _ ("The file is here and complete, %s:"), size);
  else
    /* Translators: size, then the time it took; a line with the file's name
     * follows. */
    dfn_cli_output_say (self->output, _ ("The file is complete, %s in %s:"), size, time);
  if (report->path != NULL)
    dfn_cli_output_result (self->output, report->path);
}

static void
share (View *self, const DfnWatchReport *report)
{
  if (self->is_sharing)
    return;
  self->is_sharing = TRUE;
  tell_complete (self, report);
  dfn_cli_output_say (self->output, _ ("Giving it to others now. Press Ctrl+C to stop."));
}

static gboolean
is_over (const DfnWatchReport *report)
{
  return report->state == DFN_WATCH_COMPLETE || report->state == DFN_WATCH_FAILED;
}

static void
on_report (DfnWatchSession *session, const DfnWatchReport *report, View *self)
{
  introduce (self, report);
  if (!self->has_state || self->state != report->state)
    enter_state (self, report);
  /* What is in the way of somebody who is waited for adds nothing to that. */
  if (report->state != DFN_WATCH_FAILED)
    dfn_cli_report_problem (self->output, &self->problem, report->problem,
                            report->state != DFN_WATCH_WAITING);
  dfn_cli_swarm_tell_stats (self->options, self->output, &self->stats_us, report->swarm,
                            is_over (report) ? G_MAXINT64 : g_get_monotonic_time ());

  switch (report->state)
    {
    case DFN_WATCH_CHECKING:
      if (report->bytes_before > 0)
        dfn_cli_report_reading (self->output, "checking", _ ("Checking what is there"),
                                report->bytes_checked, report->bytes_before);
      break;
    case DFN_WATCH_RECEIVING:
      tell_path (self, report);
      show_progress (self, report);
      break;
    case DFN_WATCH_SHARING:
      share (self, report);
      break;
    case DFN_WATCH_COMPLETE:
      tell_complete (self, report);
      dfn_cli_loop_quit (self->loop, DFN_CLI_EXIT_OK);
      break;
    case DFN_WATCH_FAILED:
      dfn_cli_report_failure (self->output, self->loop, report->error);
      break;
    case DFN_WATCH_FINDING:
    case DFN_WATCH_CONNECTING:
    case DFN_WATCH_WAITING:
      dfn_cli_output_set_status (self->output, NULL);
      break;
    }
}

static gboolean
check_output (const DfnCliOptions *options, GError **error)
{
  if (options->output == NULL || options->output[0] != '\0')
    return TRUE;
  g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                       _ ("--output needs the name of a file or folder"));
  return FALSE;
}

static gboolean
start (View *self, DfnNode *node, GError **error)
{
  self->session = dfn_watch_session_new_full (
      node, self->options->arguments[0], self->is_pipe ? NULL : self->options->output,
      self->is_pipe ? STDOUT_FILENO : -1, self->options->share, error);
  if (self->session == NULL)
    return FALSE;
  dfn_cli_report_exposure (self->options, self->output);
  g_signal_connect (self->session, "report", G_CALLBACK (on_report), self);
  on_report (self->session, dfn_watch_session_get_report (self->session), self);
  return TRUE;
}

static void
say_stopped (View *self)
{
  if (self->is_pipe)
    dfn_cli_output_say (self->output, _ ("Stopped."));
  else if (self->is_sharing)
    dfn_cli_output_say (self->output, _ ("Stopped. The file stays where it is."));
  else
    dfn_cli_output_say (self->output, _ ("Stopped. What was received is kept; run the same command "
                                         "again to continue."));
}

static int
fail_behind (DfnCliOutput *output)
{
  g_autoptr (GError) error =
      g_error_new_literal (DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE, _ ("--behind is for live streams"));

  return dfn_cli_output_fail (output, error);
}

int
dfn_cli_view_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (DfnCliLoop) loop = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNode) node = NULL;
  View self = { .options = options, .output = output, .started_us = g_get_monotonic_time () };
  int code;

  if (!check_output (options, &error))
    return dfn_cli_output_fail (output, error);
  if (dfn_live_watch_session_is_live_link (options->arguments[0]))
    return dfn_cli_live_view_run (options, output);
  if (options->behind != NULL)
    return fail_behind (output);
  self.is_pipe = dfn_cli_options_is_pipe (options);
  self.loop = loop = dfn_cli_loop_new (output);
  node = dfn_cli_node_new (options, &error);
  if (node == NULL || !start (&self, node, &error))
    return dfn_cli_output_fail (output, error);
  code = dfn_cli_loop_run (loop);
  if (code >= DFN_CLI_EXIT_HANGUP && code != DFN_CLI_EXIT_CLOSED)
    say_stopped (&self);

  g_clear_handle_id (&self.patience_id, g_source_remove);
  g_signal_handlers_disconnect_by_data (self.session, &self);
  g_object_unref (self.session);
  g_free (self.way);
  g_free (self.problem);
  return code;
}
