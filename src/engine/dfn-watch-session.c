/* SPDX-License-Identifier: MIT */
#include "dfn-watch-session.h"

#include "dfn-nostr-kinds.h"
#include "dfn-watch-task.h"

struct _DfnWatchSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnWatchSession, dfn_watch_session, DFN_TYPE_SESSION)

const DfnReportLayout dfn_watch_report_layout = {
  .size = sizeof (DfnWatchReport),
  .texts = { offsetof (DfnWatchReport, title), offsetof (DfnWatchReport, path),
             offsetof (DfnWatchReport, path_description), offsetof (DfnWatchReport, problem) },
  .swarm = offsetof (DfnWatchReport, swarm),
  .error = offsetof (DfnWatchReport, error),
};

static void
dfn_watch_session_class_init (DfnWatchSessionClass *klass)
{
  DFN_SESSION_CLASS (klass)->layout = &dfn_watch_report_layout;
}

static void
dfn_watch_session_init (DfnWatchSession *self)
{
}

DfnWatchSession *
dfn_watch_session_new_full (DfnNode *node,
                            const char *link,
                            const char *output,
                            int fd,
                            gboolean is_sharing,
                            GError **error)
{
  g_autoptr (DfnAddress) address = dfn_address_parse (link, error);
  DfnWatchSession *self;
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
  dfn_session_begin (
      DFN_SESSION (self), node,
      dfn_watch_task_new (node, g_steal_pointer (&address), output, fd, is_sharing, mailbox));
  return self;
}

DfnWatchSession *
dfn_watch_session_new (DfnNode *node, const char *link, const char *output, GError **error)
{
  return dfn_watch_session_new_full (node, link, output, -1, FALSE, error);
}

const DfnWatchReport *
dfn_watch_session_get_report (DfnWatchSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
