/* SPDX-License-Identifier: MIT */
#include "dfn-broadcast-session.h"

#include "dfn-broadcast-task.h"

struct _DfnBroadcastSession {
  DfnSession parent_instance;
};

G_DEFINE_FINAL_TYPE (DfnBroadcastSession, dfn_broadcast_session, DFN_TYPE_SESSION)

const DfnReportLayout dfn_broadcast_report_layout = {
  .size = sizeof (DfnBroadcastReport),
  .texts = { offsetof (DfnBroadcastReport, title), offsetof (DfnBroadcastReport, link),
             offsetof (DfnBroadcastReport, problem) },
  .strings = offsetof (DfnBroadcastReport, relays),
  .swarm = offsetof (DfnBroadcastReport, swarm),
  .error = offsetof (DfnBroadcastReport, error),
};

static void
dfn_broadcast_session_class_init (DfnBroadcastSessionClass *klass)
{
  DFN_SESSION_CLASS (klass)->layout = &dfn_broadcast_report_layout;
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
                     dfn_broadcast_task_new (node, key, path, title, mailbox));
  return self;
}

const DfnBroadcastReport *
dfn_broadcast_session_get_report (DfnBroadcastSession *self)
{
  return dfn_session_get_newest (DFN_SESSION (self));
}
