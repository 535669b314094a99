/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-broadcast-session.h"
#include "dfn-task.h"

G_BEGIN_DECLS

#define DFN_TYPE_LIVE_BROADCAST_TASK (dfn_live_broadcast_task_get_type ())
G_DECLARE_FINAL_TYPE (
    DfnLiveBroadcastTask, dfn_live_broadcast_task, DFN, LIVE_BROADCAST_TASK, DfnTask)

/**
 * dfn_live_broadcast_task_new:
 * @mailbox: gets a #DfnLiveBroadcastReport whenever something is another
 *
 * The working half of a #DfnLiveBroadcastSession. Made on any thread; everything else happens on
 * the engine's.
 *
 * Returns: (transfer full): a task that has done nothing yet
 */
DfnLiveBroadcastTask *dfn_live_broadcast_task_new (DfnNode *node,
                                                   DfnNostrKey *key,
                                                   int fd,
                                                   const char *name,
                                                   const char *title,
                                                   DfnMailbox *mailbox);

G_END_DECLS
