/* SPDX-License-Identifier: MIT */
#include "dfn-broadcast-session.h"

#include "dfn-broadcast-task.h"

struct _DfnBroadcastSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnBroadcastSession, dfn_broadcast_session, DFN_TYPE_SESSION)

DfnBroadcastReport *
dfn_broadcast_report_copy (const DfnBroadcastReport *self)
{
  DfnBroadcastReport *copy = g_memdup2 (self, sizeof *self);

  copy->title = g_strdup (self->title);
  copy->link = g_strdup (self->link);
  copy->relays = g_strdupv (self->relays);
  copy->swarm = self->swarm != NULL ? dfn_swarm_report_ref (self->swarm) : NULL;
  copy->problem = g_strdup (self->problem);
  copy->error = self->error != NULL ? g_error_copy (self->error) : NULL;
  return copy;
}

void
dfn_broadcast_report_free (DfnBroadcastReport *self)
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
  return ((const DfnBroadcastReport *) report)->swarm;
}

static void
dfn_broadcast_session_class_init (DfnBroadcastSessionClass *klass)
{
  DfnSessionClass *session_class = DFN_SESSION_CLASS (klass);

  session_class->copy_report = (gpointer (*) (gconstpointer)) dfn_broadcast_report_copy;
  session_class->free_report = (void (*) (gpointer)) dfn_broadcast_report_free;
  session_class->start = dfn_broadcast_task_start;
  session_class->stop = dfn_broadcast_task_stop;
  session_class->get_swarm = get_swarm;
}

static void
dfn_broadcast_session_init (DfnBroadcastSession *self)
{
}

DfnBroadcastSession *
dfn_broadcast_session_new_file (DfnNode *node,
                                DfnNostrKey *key,
                                const char *path,
                                const char *title)
{
  DfnBroadcastSession *self = g_object_new (DFN_TYPE_BROADCAST_SESSION, NULL);
  DfnMailbox *mailbox = dfn_session_get_mailbox (DFN_SESSION (self));

  dfn_session_begin (DFN_SESSION (self), node,
                     dfn_broadcast_task_new (node, key, path, title, mailbox),
                     g_new0 (DfnBroadcastReport, 1));
  return self;
}

const DfnBroadcastReport *
dfn_broadcast_session_get_report (DfnBroadcastSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
