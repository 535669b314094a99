/* SPDX-License-Identifier: MIT */
/* The live sessions of the rehearsed engine; see rehearsal-engine.c. A link that begins with
 * "live:" is one of a live stream. */
#include "dfn-live-broadcast-session.h"
#include "dfn-live-watch-session.h"
#include "rehearsal-script.h"

#include <stdlib.h>

/* --- watching --- */

struct _DfnLiveWatchSession {
  GObject parent_instance;
  RehearsalScript script;
  DfnLiveWatchReport report;
};

G_DEFINE_FINAL_TYPE (DfnLiveWatchSession, dfn_live_watch_session, G_TYPE_OBJECT)

static guint watch_signal;

static void
watch_step (gpointer session, const char *verb, const char *rest)
{
  DfnLiveWatchSession *self = session;
  DfnLiveWatchReport *report = &self->report;
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  if (g_str_equal (verb, "state"))
    report->state = (DfnLiveWatchState) atoi (rest);
  else if (g_str_equal (verb, "fail"))
    {
      report->state = DFN_LIVE_WATCH_FAILED;
      report->error = rehearsal_make_error (rest);
    }
  else if (g_str_equal (verb, "report"))
    g_signal_emit (self, watch_signal, 0, report);
  else if (g_str_equal (words[0], "title"))
    rehearsal_set_text (&report->title, words[1]);
  else if (g_str_equal (words[0], "type"))
    rehearsal_set_text (&report->media_type, words[1]);
  else if (g_str_equal (words[0], "path"))
    rehearsal_set_text (&report->path, words[1]);
  else if (g_str_equal (words[0], "problem"))
    rehearsal_set_text (&report->problem, words[1]);
  else if (g_str_equal (words[0], "written"))
    report->bytes_written = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "rate"))
    report->rate = g_ascii_strtod (words[1], NULL);
  else if (g_str_equal (words[0], "join"))
    report->join_us = g_ascii_strtoll (words[1], NULL, 10);
  else if (g_str_equal (words[0], "peers"))
    report->live.peers = (guint64) atoi (words[1]);
  else if (g_str_equal (words[0], "stalls"))
    report->live.stalls = (guint64) atoi (words[1]);
  else if (g_str_equal (words[0], "lag"))
    report->live.lag_us = g_ascii_strtoll (words[1], NULL, 10);
  else
    g_error ("A script says %s %s", verb, rest);
}

static void
dfn_live_watch_session_finalize (GObject *object)
{
  DfnLiveWatchSession *self = DFN_LIVE_WATCH_SESSION (object);

  rehearsal_end (&self->script);
  g_free (self->report.title);
  g_free (self->report.media_type);
  g_free (self->report.path);
  g_free (self->report.problem);
  g_clear_error (&self->report.error);
  G_OBJECT_CLASS (dfn_live_watch_session_parent_class)->finalize (object);
}

static void
dfn_live_watch_session_class_init (DfnLiveWatchSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_live_watch_session_finalize;
  watch_signal = rehearsal_add_report_signal (klass);
}

static void
dfn_live_watch_session_init (DfnLiveWatchSession *self)
{
  rehearsal_begin (&self->script, self, watch_step);
}

DfnLiveWatchSession *
dfn_live_watch_session_new (
    DfnNode *node, const char *link, const char *output, int fd, GError **error)
{
  return g_object_new (DFN_TYPE_LIVE_WATCH_SESSION, NULL);
}

gboolean
dfn_live_watch_session_is_live_link (const char *link)
{
  return g_str_has_prefix (link, "live:");
}

const DfnLiveWatchReport *
dfn_live_watch_session_get_report (DfnLiveWatchSession *self)
{
  return &self->report;
}

/* --- broadcasting --- */

struct _DfnLiveBroadcastSession {
  GObject parent_instance;
  RehearsalScript script;
  DfnLiveBroadcastReport report;
};

G_DEFINE_FINAL_TYPE (DfnLiveBroadcastSession, dfn_live_broadcast_session, G_TYPE_OBJECT)

static guint broadcast_signal;

static void
broadcast_step (gpointer session, const char *verb, const char *rest)
{
  DfnLiveBroadcastSession *self = session;
  DfnLiveBroadcastReport *report = &self->report;
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  if (g_str_equal (verb, "state"))
    report->state = (DfnLiveBroadcastState) atoi (rest);
  else if (g_str_equal (verb, "fail"))
    {
      report->state = DFN_LIVE_BROADCAST_FAILED;
      report->error = rehearsal_make_error (rest);
    }
  else if (g_str_equal (verb, "report"))
    g_signal_emit (self, broadcast_signal, 0, report);
  else if (g_str_equal (words[0], "title"))
    rehearsal_set_text (&report->title, words[1]);
  else if (g_str_equal (words[0], "link"))
    rehearsal_set_text (&report->link, words[1]);
  else if (g_str_equal (words[0], "problem"))
    rehearsal_set_text (&report->problem, words[1]);
  else if (g_str_equal (words[0], "lan"))
    report->is_lan = atoi (words[1]);
  else if (g_str_equal (words[0], "rate"))
    report->rate = g_ascii_strtod (words[1], NULL);
  else if (g_str_equal (words[0], "sent"))
    report->live.bytes_sent = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "made"))
    report->live.bytes_made = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "peers"))
    report->live.peers = (guint64) atoi (words[1]);
  else
    g_error ("A script says %s %s", verb, rest);
}

static void
dfn_live_broadcast_session_finalize (GObject *object)
{
  DfnLiveBroadcastSession *self = DFN_LIVE_BROADCAST_SESSION (object);

  rehearsal_end (&self->script);
  g_free (self->report.title);
  g_free (self->report.link);
  g_free (self->report.problem);
  g_clear_error (&self->report.error);
  G_OBJECT_CLASS (dfn_live_broadcast_session_parent_class)->finalize (object);
}

static void
dfn_live_broadcast_session_class_init (DfnLiveBroadcastSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_live_broadcast_session_finalize;
  broadcast_signal = rehearsal_add_report_signal (klass);
}

static void
dfn_live_broadcast_session_init (DfnLiveBroadcastSession *self)
{
  rehearsal_begin (&self->script, self, broadcast_step);
}

DfnLiveBroadcastSession *
dfn_live_broadcast_session_new (
    DfnNode *node, DfnNostrKey *key, int fd, const char *name, const char *title)
{
  return g_object_new (DFN_TYPE_LIVE_BROADCAST_SESSION, NULL);
}

const DfnLiveBroadcastReport *
dfn_live_broadcast_session_get_report (DfnLiveBroadcastSession *self)
{
  return &self->report;
}
