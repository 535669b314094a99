/* SPDX-License-Identifier: MIT */
#include "dfn-live-watch-session.h"

#include "dfn-live-watch-task.h"
#include "dfn-nostr-kinds.h"

struct _DfnLiveWatchSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnLiveWatchSession, dfn_live_watch_session, DFN_TYPE_SESSION)

DfnLiveWatchReport *
dfn_live_watch_report_copy (const DfnLiveWatchReport *self)
{
  DfnLiveWatchReport *copy = g_memdup2 (self, sizeof *self);

  copy->title = g_strdup (self->title);
  copy->media_type = g_strdup (self->media_type);
  copy->path = g_strdup (self->path);
  copy->swarm = self->swarm != NULL ? dfn_swarm_report_ref (self->swarm) : NULL;
  copy->problem = g_strdup (self->problem);
  copy->error = self->error != NULL ? g_error_copy (self->error) : NULL;
  return copy;
}

void
dfn_live_watch_report_free (DfnLiveWatchReport *self)
{
  g_free (self->title);
  g_free (self->media_type);
  g_free (self->path);
  g_clear_pointer (&self->swarm, dfn_swarm_report_unref);
  g_free (self->problem);
  g_clear_error (&self->error);
  g_free (self);
}

static DfnSwarmReport *
get_swarm (gconstpointer report)
{
  return ((const DfnLiveWatchReport *) report)->swarm;
}

static void
dfn_live_watch_session_class_init (DfnLiveWatchSessionClass *klass)
{
  DfnSessionClass *session_class = DFN_SESSION_CLASS (klass);

  session_class->copy_report = (gpointer (*) (gconstpointer)) dfn_live_watch_report_copy;
  session_class->free_report = (void (*) (gpointer)) dfn_live_watch_report_free;
  session_class->start = dfn_live_watch_task_start;
  session_class->stop = dfn_live_watch_task_stop;
  session_class->get_swarm = get_swarm;
}

static void
dfn_live_watch_session_init (DfnLiveWatchSession *self)
{
}

DfnLiveWatchSession *
dfn_live_watch_session_new (
    DfnNode *node, const char *link, const char *output, int fd, GError **error)
{
  g_autoptr (DfnAddress) address = dfn_address_parse (link, error);
  DfnLiveWatchSession *self;
  DfnMailbox *mailbox;

  if (address == NULL)
    return NULL;
  if (address->kind != DFN_NOSTR_KIND_LIVE)
    {
      g_set_error_literal (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INVALID_LINK,
                           "This link is of a file, not of a live stream");
      return NULL;
    }
  self = g_object_new (DFN_TYPE_LIVE_WATCH_SESSION, NULL);
  mailbox = dfn_session_get_mailbox (DFN_SESSION (self));
  dfn_session_begin (
      DFN_SESSION (self), node,
      dfn_live_watch_task_new (node, g_steal_pointer (&address), output, fd, mailbox),
      g_new0 (DfnLiveWatchReport, 1));
  return self;
}

gboolean
dfn_live_watch_session_is_live_link (const char *link)
{
  g_autoptr (DfnAddress) address = dfn_address_parse (link, NULL);

  return address != NULL && address->kind == DFN_NOSTR_KIND_LIVE;
}

const DfnLiveWatchReport *
dfn_live_watch_session_get_report (DfnLiveWatchSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
