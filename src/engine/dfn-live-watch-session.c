/* SPDX-License-Identifier: MIT */
#include "dfn-live-watch-session.h"

#include "dfn-live-watch-task.h"
#include "dfn-nostr-kinds.h"

struct _DfnLiveWatchSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnLiveWatchSession, dfn_live_watch_session, DFN_TYPE_SESSION)

const DfnReportLayout dfn_live_watch_report_layout = {
  .size = sizeof (DfnLiveWatchReport),
  .texts = { offsetof (DfnLiveWatchReport, title), offsetof (DfnLiveWatchReport, media_type),
             offsetof (DfnLiveWatchReport, path), offsetof (DfnLiveWatchReport, problem) },
  .swarm = offsetof (DfnLiveWatchReport, swarm),
  .error = offsetof (DfnLiveWatchReport, error),
};

static void
dfn_live_watch_session_class_init (DfnLiveWatchSessionClass *klass)
{
  DFN_SESSION_CLASS (klass)->layout = &dfn_live_watch_report_layout;
}

static void
dfn_live_watch_session_init (DfnLiveWatchSession *self)
{
}

DfnLiveWatchSession *
dfn_live_watch_session_new (
    DfnNode *node, const char *link, const char *output, int fd, gint64 behind_us, GError **error)
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
      dfn_live_watch_task_new (node, g_steal_pointer (&address), output, fd, behind_us, mailbox));
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
