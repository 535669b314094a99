/* SPDX-License-Identifier: MIT */
#include "dfn-cli-commands.h"

#include "dfn-broadcast-session.h"
#include "dfn-cli-exit.h"
#include "dfn-cli-live.h"
#include "dfn-cli-loop.h"
#include "dfn-cli-node.h"
#include "dfn-cli-progress.h"
#include "dfn-cli-report.h"
#include "dfn-cli-swarm.h"
#include "dfn-cli-text.h"
#include "dfn-format.h"
#include "dfn-identity.h"

#include <glib/gi18n-lib.h>

typedef struct {
  const DfnCliOptions *options;
  DfnCliOutput *output;
  DfnCliLoop *loop;
  DfnBroadcastSession *session;
  DfnCliPace pace;
  gint64 stats_us;

  /* What has been told already. */
  DfnBroadcastState state;
  gboolean has_state;
  gboolean has_link;
  guint n_peers;
  char **relays;
  char *problem;
} Broadcast;

static const char *
name_state (DfnBroadcastState state)
{
  switch (state)
    {
    case DFN_BROADCAST_INDEXING:
      return "indexing";
    case DFN_BROADCAST_ANNOUNCING:
      return "announcing";
    case DFN_BROADCAST_SERVING:
      return "serving";
    case DFN_BROADCAST_FAILED:
      return "failed";
    }
  return NULL;
}

static void
tell_relays (Broadcast *self, const DfnBroadcastReport *report)
{
  const char *const *told = (const char *const *) self->relays;

  for (guint i = 0; report->relays != NULL && report->relays[i] != NULL && !report->is_lan; i++)
    if (told == NULL || !g_strv_contains (told, report->relays[i]))
      dfn_cli_output_say (self->output, _ ("It is announced at %s."), report->relays[i]);
  g_strfreev (self->relays);
  self->relays = g_strdupv (report->relays);
}

/* The link has to come out first and alone: a program may read that line and nothing else. */
static void
tell_link (Broadcast *self, const DfnBroadcastReport *report)
{
  g_autofree char *size = g_format_size (report->size);
  DfnCliEvent *event = dfn_cli_event_new ("link");

  self->has_link = TRUE;
  dfn_cli_event_add_string (event, "link", report->link);
  dfn_cli_event_add_string (event, "title", report->title);
  dfn_cli_event_add_integer (event, "size", report->size);
  dfn_cli_event_add_strings (event, "relays", (const char *const *) report->relays);
  dfn_cli_event_add_boolean (event, "lan", report->is_lan);
  dfn_cli_output_event (self->output, event);

  dfn_cli_output_say (self->output, _ ("Sharing “%s”, %s. Whoever has this link can view it:"),
                      report->title, size);
  dfn_cli_output_result (self->output, report->link);
  if (report->is_lan)
    dfn_cli_output_say (self->output, _ ("No relay was named, so this computer runs one, and the "
                                         "file is found on this network only."));
  tell_relays (self, report);
  if (!self->options->force_relay)
    dfn_cli_output_say (self->output, _ ("Those who view it see this computer's network address; "
                                         "--force-relay hides it."));
  dfn_cli_output_say (self->output, _ ("It is shared until you press Ctrl+C."));
}

static char *
format_serving (const DfnBroadcastReport *report)
{
  g_autofree char *rate = dfn_format_rate (report->rate);
  g_autofree char *sent = g_format_size (report->bytes_sent);

  /* Translators: how many are connected, the rate, the bytes sent so far */
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u connected, %s, %s sent",
                                       "%u connected, %s, %s sent", report->n_peers),
                          report->n_peers, rate, sent);
}

static void
show_serving (Broadcast *self, const DfnBroadcastReport *report)
{
  g_autofree char *text = format_serving (report);
  g_autofree char *status =
      dfn_cli_swarm_add_table (self->options, self->output, g_strdup (text), report->swarm);
  /* Not a part of anything: a line is due when somebody comes or goes, and after a long pause. */
  DfnCliFigures figures = { 0 };
  gboolean is_due;
  DfnCliEvent *event = dfn_cli_event_new ("serving");

  dfn_cli_event_add_integer (event, "peers", report->n_peers);
  dfn_cli_event_add_number (event, "rate", report->rate);
  dfn_cli_event_add_integer (event, "sent", report->bytes_sent);
  dfn_cli_output_event (self->output, event);
  dfn_cli_output_set_status (self->output, status);
  if (dfn_cli_output_get_width (self->output) > 0)
    return;
  is_due = dfn_cli_pace_is_due (&self->pace, &figures, g_get_monotonic_time ());
  if (report->n_peers != self->n_peers || (is_due && report->rate > 0))
    dfn_cli_output_say (self->output, "%s", text);
  self->n_peers = report->n_peers;
}

static void
on_report (DfnBroadcastSession *session, const DfnBroadcastReport *report, Broadcast *self)
{
  if (!self->has_state || self->state != report->state)
    dfn_cli_report_state (self->output, name_state (report->state));
  self->has_state = TRUE;
  self->state = report->state;
  if (report->state != DFN_BROADCAST_FAILED)
    dfn_cli_report_problem (self->output, &self->problem, report->problem, TRUE);
  if (report->link != NULL && !self->has_link)
    tell_link (self, report);
  if (self->has_link)
    tell_relays (self, report);
  dfn_cli_swarm_tell_stats (self->options, self->output, &self->stats_us, report->swarm,
                            g_get_monotonic_time ());

  switch (report->state)
    {
    case DFN_BROADCAST_INDEXING:
      dfn_cli_report_reading (self->output, "indexing", _ ("Reading the file"),
                              report->bytes_indexed, report->size);
      break;
    case DFN_BROADCAST_ANNOUNCING:
      break;
    case DFN_BROADCAST_SERVING:
      show_serving (self, report);
      break;
    case DFN_BROADCAST_FAILED:
      dfn_cli_loop_quit (self->loop, dfn_cli_output_fail (self->output, report->error));
      break;
    }
}

static gboolean
check_title (const DfnCliOptions *options, GError **error)
{
  g_autofree char *clean = NULL;

  if (options->title == NULL)
    return TRUE;
  clean = dfn_cli_text_clean (options->title);
  if (g_strstrip (clean)[0] != '\0')
    return TRUE;
  g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                       _ ("--title needs a text that can be read"));
  return FALSE;
}

static gboolean
check_kind (const DfnCliOptions *options, GError **error)
{
  const char *message = NULL;

  if (!options->live && options->identifier != NULL)
    message = _ ("--identifier is for --live");
  else if (!options->live && g_str_equal (options->arguments[0], "-"))
    message = _ ("Standard input can be broadcast with --live; a file called “-” is “./-”");
  if (message != NULL)
    g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE, message);
  return message == NULL;
}

static gboolean
start (Broadcast *self, DfnNode *node, GError **error)
{
  g_autoptr (DfnNostrKey) key = dfn_identity_load_or_create (error);

  if (key == NULL)
    return FALSE;
  self->session =
      dfn_broadcast_session_new_file (node, key, self->options->arguments[0], self->options->title);
  g_signal_connect (self->session, "report", G_CALLBACK (on_report), self);
  on_report (self->session, dfn_broadcast_session_get_report (self->session), self);
  return TRUE;
}

static void
say_goodbye (Broadcast *self)
{
  const DfnBroadcastReport *report = dfn_broadcast_session_get_report (self->session);
  g_autofree char *sent = g_format_size (report->bytes_sent);

  dfn_cli_output_say (self->output, _ ("It is no longer shared. %s were sent."), sent);
}

int
dfn_cli_broadcast_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (DfnCliLoop) loop = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNode) node = NULL;
  Broadcast self = { .options = options, .output = output };
  int code;

  if (!check_title (options, &error) || !check_kind (options, &error))
    return dfn_cli_output_fail (output, error);
  if (options->live)
    return dfn_cli_live_broadcast_run (options, output);
  self.loop = loop = dfn_cli_loop_new (output);
  if ((node = dfn_cli_node_new (options, &error)) == NULL || !start (&self, node, &error))
    return dfn_cli_output_fail (output, error);
  code = dfn_cli_loop_run (loop);
  if (self.has_link)
    say_goodbye (&self);

  g_signal_handlers_disconnect_by_data (self.session, &self);
  g_object_unref (self.session);
  g_strfreev (self.relays);
  g_free (self.problem);
  return code;
}
