/* SPDX-License-Identifier: MIT */
#include "dfn-announcement.h"
#include "dfn-cli-exit.h"
#include "dfn-cli-live.h"
#include "dfn-cli-loop.h"
#include "dfn-cli-node.h"
#include "dfn-cli-progress.h"
#include "dfn-cli-report.h"
#include "dfn-cli-swarm.h"
#include "dfn-format.h"
#include "dfn-identity.h"
#include "dfn-live-broadcast-session.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const DfnCliOptions *options;
  DfnCliOutput *output;
  DfnCliLoop *loop;
  DfnLiveBroadcastSession *session;
  DfnCliPace pace;
  gint64 stats_us;
  gint64 live_us;
  int fd;

  /* What has been told already. */
  DfnLiveBroadcastState state;
  gboolean has_state;
  gboolean has_link;
  guint64 n_peers;
  char *problem;
} Broadcast;

static const char *
name_state (DfnLiveBroadcastState state)
{
  switch (state)
    {
    case DFN_LIVE_BROADCAST_ANNOUNCING:
      return "announcing";
    case DFN_LIVE_BROADCAST_ON_AIR:
      return "on-air";
    case DFN_LIVE_BROADCAST_ENDING:
      return "ending";
    case DFN_LIVE_BROADCAST_ENDED:
      return "ended";
    case DFN_LIVE_BROADCAST_FAILED:
      return "failed";
    }
  return NULL;
}

/* The link has to come out first and alone: a program may read that line and nothing else. */
static void
tell_link (Broadcast *self, const DfnLiveBroadcastReport *report)
{
  DfnCliEvent *event = dfn_cli_event_new ("link");

  self->has_link = TRUE;
  dfn_cli_event_add_string (event, "link", report->link);
  dfn_cli_event_add_string (event, "title", report->title);
  dfn_cli_event_add_strings (event, "relays", (const char *const *) report->relays);
  dfn_cli_event_add_boolean (event, "lan", report->is_lan);
  dfn_cli_event_add_boolean (event, "live", TRUE);
  dfn_cli_output_event (self->output, event);

  dfn_cli_output_say (self->output, _ ("“%s” is on air. Whoever has this link can view it:"),
                      report->title);
  dfn_cli_output_result (self->output, report->link);
  if (report->is_lan)
    dfn_cli_output_say (self->output, _ ("No relay was named, so this computer runs one, and the "
                                         "broadcast is found on this network only."));
  for (guint i = 0; report->relays != NULL && report->relays[i] != NULL && !report->is_lan; i++)
    dfn_cli_output_say (self->output, _ ("It is announced at %s."), report->relays[i]);
  if (!self->options->force_relay)
    dfn_cli_output_say (self->output, _ ("Those who view it see this computer's network address; "
                                         "--force-relay hides it."));
  dfn_cli_output_say (self->output, _ ("It goes on until the input ends or you press Ctrl+C."));
}

static char *
format_on_air (const DfnLiveBroadcastReport *report)
{
  g_autofree char *rate = dfn_format_rate (report->rate);
  g_autofree char *sent = dfn_format_rate (report->rate_sent);

  /* Translators: how many are connected, the stream's rate, the rate of all that is sent */
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u connected, stream %s, sending %s",
                                       "%u connected, stream %s, sending %s",
                                       (gulong) report->live.peers),
                          (guint) report->live.peers, rate, sent);
}

static void
show_on_air (Broadcast *self, const DfnLiveBroadcastReport *report)
{
  g_autofree char *text = format_on_air (report);
  g_autofree char *status =
      dfn_cli_swarm_add_table (self->options, self->output, g_strdup (text), report->swarm);
  DfnCliFigures figures = { 0 };
  gboolean is_due;

  dfn_cli_output_set_status (self->output, status);
  if (dfn_cli_output_get_width (self->output) > 0)
    return;
  is_due = dfn_cli_pace_is_due (&self->pace, &figures, g_get_monotonic_time ());
  if (report->live.peers != self->n_peers || is_due)
    dfn_cli_output_say (self->output, "%s", text);
  self->n_peers = report->live.peers;
}

static void
tell_end (Broadcast *self, const DfnLiveBroadcastReport *report)
{
  g_autofree char *made = g_format_size (report->live.bytes_made);
  g_autofree char *sent = g_format_size (report->live.bytes_sent);

  dfn_cli_output_set_status (self->output, NULL);
  dfn_cli_output_say (self->output, _ ("The broadcast is over: a stream of %s, and %s were sent."),
                      made, sent);
}

static void
enter_state (Broadcast *self, const DfnLiveBroadcastReport *report)
{
  self->has_state = TRUE;
  self->state = report->state;
  dfn_cli_report_state (self->output, name_state (report->state));
  if (report->state == DFN_LIVE_BROADCAST_ENDING)
    dfn_cli_output_say (self->output, _ ("The input has ended; those who view it get the rest."));
}

static void
on_report (DfnLiveBroadcastSession *session, const DfnLiveBroadcastReport *report, Broadcast *self)
{
  gboolean is_over =
      report->state == DFN_LIVE_BROADCAST_ENDED || report->state == DFN_LIVE_BROADCAST_FAILED;
  gint64 now_us = is_over ? G_MAXINT64 : g_get_monotonic_time ();

  if (!self->has_state || self->state != report->state)
    enter_state (self, report);
  if (report->state != DFN_LIVE_BROADCAST_FAILED)
    dfn_cli_report_problem (self->output, &self->problem, report->problem, TRUE);
  if (report->link != NULL && !self->has_link)
    tell_link (self, report);
  dfn_cli_swarm_tell_stats (self->options, self->output, &self->stats_us, report->swarm, now_us);
  if (self->has_link)
    dfn_cli_live_tell (self->output, &self->live_us, now_us, report->rate, &report->live);

  switch (report->state)
    {
    case DFN_LIVE_BROADCAST_ANNOUNCING:
      break;
    case DFN_LIVE_BROADCAST_ON_AIR:
    case DFN_LIVE_BROADCAST_ENDING:
      show_on_air (self, report);
      break;
    case DFN_LIVE_BROADCAST_ENDED:
      tell_end (self, report);
      dfn_cli_loop_quit (self->loop, DFN_CLI_EXIT_OK);
      break;
    case DFN_LIVE_BROADCAST_FAILED:
      dfn_cli_loop_quit (self->loop, dfn_cli_output_fail (self->output, report->error));
      break;
    }
}

static gboolean
open_input (Broadcast *self, GError **error)
{
  const char *path = self->options->arguments[0];
  int saved_errno;

  if (g_str_equal (path, "-"))
    self->fd = dup (STDIN_FILENO);
  else
    self->fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  saved_errno = errno;
  if (self->fd >= 0)
    return TRUE;
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_FILE, _ ("“%s” cannot be read: %s"), path,
               g_strerror (saved_errno));
  return FALSE;
}

static gboolean
check_identifier (const DfnCliOptions *options, GError **error)
{
  const char *name = options->identifier;

  if (name == NULL || (name[0] != '\0' && strlen (name) <= DFN_ANNOUNCEMENT_IDENTIFIER_MAX))
    return TRUE;
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
               _ ("--identifier needs a text of 1 to %u bytes"), DFN_ANNOUNCEMENT_IDENTIFIER_MAX);
  return FALSE;
}

static gboolean
start (Broadcast *self, DfnNode *node, GError **error)
{
  g_autoptr (DfnNostrKey) key = dfn_identity_load_or_create (error);
  const char *name = self->options->identifier;

  if (key == NULL)
    return FALSE;
  self->session = dfn_live_broadcast_session_new (
      node, key, self->fd, name != NULL ? name : DFN_LIVE_BROADCAST_DEFAULT_NAME,
      self->options->title);
  g_signal_connect (self->session, "report", G_CALLBACK (on_report), self);
  return TRUE;
}

int
dfn_cli_live_broadcast_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (DfnCliLoop) loop = dfn_cli_loop_new (output);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNode) node = NULL;
  Broadcast self = { .options = options, .output = output, .loop = loop, .fd = -1 };
  int code;

  if (!check_identifier (options, &error) || !open_input (&self, &error)
      || (node = dfn_cli_node_new (options, &error)) == NULL || !start (&self, node, &error))
    return dfn_cli_output_fail (output, error);
  code = dfn_cli_loop_run (loop);
  if (code >= DFN_CLI_EXIT_HANGUP)
    tell_end (&self, dfn_live_broadcast_session_get_report (self.session));

  g_signal_handlers_disconnect_by_data (self.session, &self);
  g_object_unref (self.session);
  g_free (self.problem);
  return code;
}
