/* SPDX-License-Identifier: MIT */
#include "dfn-live-broadcast-session.h"

#include "dfn-live-broadcast-task.h"

struct _DfnLiveBroadcastSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnLiveBroadcastSession, dfn_live_broadcast_session, DFN_TYPE_SESSION)

DfnLiveBroadcastReport *
dfn_live_broadcast_report_copy (const DfnLiveBroadcastReport *self)
{
  DfnLiveBroadcastReport *copy = g_memdup2 (self, sizeof *self);

  copy->title = g_strdup (self->title);
  copy->link = g_strdup (self->link);
  copy->relays = g_strdupv (self->relays);
  copy->swarm = self->swarm != NULL ? dfn_swarm_report_ref (self->swarm) : NULL;
  copy->problem = g_strdup (self->problem);
  copy->error = self->error != NULL ? g_error_copy (self->error) : NULL;
  return copy;
}

void
dfn_live_broadcast_report_free (DfnLiveBroadcastReport *self)
{
  g_free (self->title);
  g_free (self->link);
  g_strfreev (self->relays);
  g_clear_pointer (&self->swarm, dfn_swarm_report_unref);
  g_free (self->problem);
  g_clear_error (&self->error);
  g_free (self);
}

static DfnSwarmReport *
get_swarm (gconstpointer report)
{
  return ((const DfnLiveBroadcastReport *) report)->swarm;
}

static void
dfn_live_broadcast_session_class_init (DfnLiveBroadcastSessionClass *klass)
{
  DfnSessionClass *session_class = DFN_SESSION_CLASS (klass);

  session_class->copy_report = (gpointer (*) (gconstpointer)) dfn_live_broadcast_report_copy;
  session_class->free_report = (void (*) (gpointer)) dfn_live_broadcast_report_free;
  session_class->start = dfn_live_broadcast_task_start;
  session_class->stop = dfn_live_broadcast_task_stop;
  session_class->get_swarm = get_swarm;
}

static void
dfn_live_broadcast_session_init (DfnLiveBroadcastSession *self)
{
}

DfnLiveBroadcastSession *
dfn_live_broadcast_session_new (
    DfnNode *node, DfnNostrKey *key, int fd, const char *name, const char *title)
{
  DfnLiveBroadcastSession *self = g_object_new (DFN_TYPE_LIVE_BROADCAST_SESSION, NULL);
  DfnMailbox *mailbox = dfn_session_get_mailbox (DFN_SESSION (self));

  dfn_session_begin (DFN_SESSION (self), node,
                     dfn_live_broadcast_task_new (node, key, fd, name, title, mailbox),
                     g_new0 (DfnLiveBroadcastReport, 1));
  return self;
}

const DfnLiveBroadcastReport *
dfn_live_broadcast_session_get_report (DfnLiveBroadcastSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
