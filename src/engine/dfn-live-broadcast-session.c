/* SPDX-License-Identifier: MIT */
#include "dfn-live-broadcast-session.h"

#include "dfn-live-broadcast-task.h"

struct _DfnLiveBroadcastSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnLiveBroadcastSession, dfn_live_broadcast_session, DFN_TYPE_SESSION)

const DfnReportLayout dfn_live_broadcast_report_layout = {
  .size = sizeof (DfnLiveBroadcastReport),
  .texts = { offsetof (DfnLiveBroadcastReport, title), offsetof (DfnLiveBroadcastReport, link),
             offsetof (DfnLiveBroadcastReport, problem) },
  .strings = offsetof (DfnLiveBroadcastReport, relays),
  .swarm = offsetof (DfnLiveBroadcastReport, swarm),
  .error = offsetof (DfnLiveBroadcastReport, error),
};

static void
dfn_live_broadcast_session_class_init (DfnLiveBroadcastSessionClass *klass)
{
  DFN_SESSION_CLASS (klass)->layout = &dfn_live_broadcast_report_layout;
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
                     dfn_live_broadcast_task_new (node, key, fd, name, title, mailbox));
  return self;
}

const DfnLiveBroadcastReport *
dfn_live_broadcast_session_get_report (DfnLiveBroadcastSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
