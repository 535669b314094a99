/* SPDX-License-Identifier: MIT */
#include "dfn-cli-exit.h"
#include "dfn-cli-live.h"
#include "dfn-cli-loop.h"
#include "dfn-cli-node.h"
#include "dfn-cli-progress.h"
#include "dfn-cli-report.h"
#include "dfn-cli-swarm.h"
#include "dfn-cli-text.h"
#include "dfn-live-watch-session.h"

#include <glib/gi18n-lib.h>

#include <unistd.h>

typedef struct {
  const DfnCliOptions *options;
  DfnCliOutput *output;
  DfnCliLoop *loop;
  DfnLiveWatchSession *session;
  DfnCliPace pace;
  gint64 stats_us;
  gint64 live_us;

  /* What has been told already. */
  DfnLiveWatchState state;
  gboolean has_state;
  gboolean has_introduced;
  gboolean has_joined;
  gboolean has_waited;
  char *problem;
} View;

static const char *
name_state (DfnLiveWatchState state)
{
  switch (state)
    {
    case DFN_LIVE_WATCH_FINDING:
      return "finding";
    case DFN_LIVE_WATCH_CONNECTING:
      return "connecting";
    case DFN_LIVE_WATCH_PLAYING:
      return "playing";
    case DFN_LIVE_WATCH_WAITING:
      return "waiting";
    case DFN_LIVE_WATCH_ENDED:
      return "ended";
    case DFN_LIVE_WATCH_FAILED:
      return "failed";
    }
  return NULL;
}

static void
introduce (View *self, const DfnLiveWatchReport *report)
{
  g_autofree char *title = NULL;
  DfnCliEvent *event;

  if (self->has_introduced || report->title == NULL)
    return;
  self->has_introduced = TRUE;
  event = dfn_cli_event_new ("stream");
  dfn_cli_event_add_string (event, "title", report->title);
  dfn_cli_event_add_string (event, "type", report->media_type);
  dfn_cli_event_add_string (event, "path", report->path);
  dfn_cli_output_event (self->output, event);
  title = dfn_cli_text_clean (report->title);
  if (report->path != NULL)
    /* Translators: title, name of a file */
    dfn_cli_output_say (self->output, _ ("“%s” is live; it goes into “%s”."), title, report->path);
  else
    dfn_cli_output_say (self->output, _ ("“%s” is live."), title);
}

static void
tell_joined (View *self, const DfnLiveWatchReport *report)
{
  DfnCliEvent *event;

  if (self->has_joined || report->join_us == 0)
    return;
  self->has_joined = TRUE;
  event = dfn_cli_event_new ("joined");
  dfn_cli_event_add_number (event, "seconds", (double) report->join_us / G_USEC_PER_SEC);
  dfn_cli_output_event (self->output, event);
}

static void
enter_state (View *self, const DfnLiveWatchReport *report)
{
  self->has_state = TRUE;
  self->state = report->state;
  dfn_cli_report_state (self->output, name_state (report->state));
  if (report->state == DFN_LIVE_WATCH_WAITING)
    {
      self->has_waited = TRUE;
      dfn_cli_output_set_status (self->output, NULL);
      dfn_cli_output_say (self->output, _ ("Nothing comes any more; waiting for the broadcaster to "
                                           "come back. Press Ctrl+C to stop."));
    }
  else if (report->state == DFN_LIVE_WATCH_PLAYING && self->has_waited)
    {
      self->has_waited = FALSE;
      dfn_cli_output_say (self->output, _ ("It goes on."));
    }
}

static void
show_playing (View *self, const DfnLiveWatchReport *report)
{
  g_autofree char *text = dfn_cli_live_format (report->rate, &report->live);
  DfnCliFigures figures = { 0 };

  if (dfn_cli_output_get_width (self->output) > 0)
    {
      g_autofree char *status = dfn_cli_swarm_add_table (self->options, self->output,
                                                         g_steal_pointer (&text), report->swarm);

      dfn_cli_output_set_status (self->output, status);
    }
  else if (dfn_cli_pace_is_due (&self->pace, &figures, g_get_monotonic_time ()))
    dfn_cli_output_say (self->output, "%s", text);
}

static void
complete (View *self, const DfnLiveWatchReport *report)
{
  g_autofree char *size = g_format_size (report->bytes_written);
  /* Whoever reads events may have another folder for its present one. */
  g_autofree char *path =
      report->path != NULL ? g_canonicalize_filename (report->path, NULL) : NULL;
  DfnCliEvent *event = dfn_cli_event_new ("complete");

  dfn_cli_output_set_status (self->output, NULL);
  dfn_cli_event_add_string (event, "path", path);
  dfn_cli_event_add_integer (event, "bytes", report->bytes_written);
  dfn_cli_output_event (self->output, event);
  dfn_cli_output_say (self->output, _ ("The broadcast has ended; %s of it were received."), size);
  if (report->path != NULL)
    dfn_cli_output_result (self->output, report->path);
  dfn_cli_loop_quit (self->loop, DFN_CLI_EXIT_OK);
}

static void
on_report (DfnLiveWatchSession *session, const DfnLiveWatchReport *report, View *self)
{
  gboolean is_over =
      report->state == DFN_LIVE_WATCH_ENDED || report->state == DFN_LIVE_WATCH_FAILED;
  gint64 now_us = is_over ? G_MAXINT64 : g_get_monotonic_time ();

  introduce (self, report);
  tell_joined (self, report);
  if (!self->has_state || self->state != report->state)
    enter_state (self, report);
  if (report->state != DFN_LIVE_WATCH_FAILED)
    dfn_cli_report_problem (self->output, &self->problem, report->problem,
                            report->state != DFN_LIVE_WATCH_WAITING);
  dfn_cli_swarm_tell_stats (self->options, self->output, &self->stats_us, report->swarm, now_us);
  if (self->has_joined)
    dfn_cli_live_tell (self->output, &self->live_us, now_us, report->rate, &report->live);

  switch (report->state)
    {
    case DFN_LIVE_WATCH_PLAYING:
      show_playing (self, report);
      break;
    case DFN_LIVE_WATCH_ENDED:
      complete (self, report);
      break;
    case DFN_LIVE_WATCH_FAILED:
      dfn_cli_report_failure (self->output, self->loop, report->error);
      break;
    case DFN_LIVE_WATCH_FINDING:
    case DFN_LIVE_WATCH_CONNECTING:
    case DFN_LIVE_WATCH_WAITING:
      dfn_cli_output_set_status (self->output, NULL);
      break;
    }
}

static gboolean
start (View *self, DfnNode *node, GError **error)
{
  gboolean is_pipe = dfn_cli_options_is_pipe (self->options);

  self->session = dfn_live_watch_session_new (
      node, self->options->arguments[0], is_pipe ? NULL : self->options->output,
      is_pipe ? STDOUT_FILENO : -1, self->options->behind_us, error);
  if (self->session == NULL)
    return FALSE;
  dfn_cli_report_exposure (self->options, self->output);
  g_signal_connect (self->session, "report", G_CALLBACK (on_report), self);
  on_report (self->session, dfn_live_watch_session_get_report (self->session), self);
  return TRUE;
}

int
dfn_cli_live_view_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (DfnCliLoop) loop = dfn_cli_loop_new (output);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNode) node = NULL;
  View self = { .options = options, .output = output, .loop = loop };
  int code;

  node = dfn_cli_node_new (options, &error);
  if (node == NULL || !start (&self, node, &error))
    return dfn_cli_output_fail (output, error);
  code = dfn_cli_loop_run (loop);
  if (code >= DFN_CLI_EXIT_HANGUP && code != DFN_CLI_EXIT_CLOSED)
    dfn_cli_output_say (output, _ ("Stopped."));

  g_signal_handlers_disconnect_by_data (self.session, &self);
  g_object_unref (self.session);
  g_free (self.problem);
  return code;
}
