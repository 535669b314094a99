/* SPDX-License-Identifier: MIT */
#include "dfn-watch-session.h"

#include "dfn-nostr-kinds.h"
#include "dfn-watch-task.h"

struct _DfnWatchSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnWatchSession, dfn_watch_session, DFN_TYPE_SESSION)

DfnWatchReport *
dfn_watch_report_copy (const DfnWatchReport *self)
{
  DfnWatchReport *copy = g_memdup2 (self, sizeof *self);

  copy->title = g_strdup (self->title);
  copy->path = g_strdup (self->path);
  copy->path_description = g_strdup (self->path_description);
  copy->swarm = self->swarm != NULL ? dfn_swarm_report_ref (self->swarm) : NULL;
  copy->problem = g_strdup (self->problem);
  copy->error = self->error != NULL ? g_error_copy (self->error) : NULL;
  return copy;
}

void
dfn_watch_report_free (DfnWatchReport *self)
{
  g_free (self->title);
  g_free (self->path);
  g_free (self->path_description);
  g_clear_pointer (&self->swarm, dfn_swarm_report_unref);
  g_free (self->problem);
  g_clear_error (&self->error);
  g_free (self);
}

static DfnSwarmReport *
get_swarm (gconstpointer report)
{
  return ((const DfnWatchReport *) report)->swarm;
}

static void
dfn_watch_session_class_init (DfnWatchSessionClass *klass)
{
  DfnSessionClass *session_class = DFN_SESSION_CLASS (klass);

  session_class->copy_report = (gpointer (*) (gconstpointer)) dfn_watch_report_copy;
  session_class->free_report = (void (*) (gpointer)) dfn_watch_report_free;
  session_class->start = dfn_watch_task_start;
  session_class->stop = dfn_watch_task_stop;
  session_class->get_swarm = get_swarm;
}

static void
dfn_watch_session_init (DfnWatchSession *self)
{
}

static DfnWatchSession *
begin (DfnNode *node, const char *link, const char *output, gboolean share, GError **error)
{
  g_autoptr (DfnAddress) address = dfn_address_parse (link, error);
  DfnWatchSession *self;
  DfnWatchTask *task;
  DfnMailbox *mailbox;

  if (address == NULL)
    return NULL;
  if (address->kind != DFN_NOSTR_KIND_FILE)
    {
      g_set_error_literal (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INVALID_LINK,
                           "This link is of a live stream, not of a file");
      return NULL;
    }
  self = g_object_new (DFN_TYPE_WATCH_SESSION, NULL);
  mailbox = dfn_session_get_mailbox (DFN_SESSION (self));
  task = dfn_watch_task_new (node, g_steal_pointer (&address), output, mailbox);
  if (share)
    dfn_watch_task_set_sharing (task);
  dfn_session_begin (DFN_SESSION (self), node, task, g_new0 (DfnWatchReport, 1));
  return self;
}

DfnWatchSession *
dfn_watch_session_new (DfnNode *node, const char *link, const char *output, GError **error)
{
  return begin (node, link, output, FALSE, error);
}

DfnWatchSession *
dfn_watch_session_new_sharing (DfnNode *node, const char *link, const char *output, GError **error)
{
  return begin (node, link, output, TRUE, error);
}

const DfnWatchReport *
dfn_watch_session_get_report (DfnWatchSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
