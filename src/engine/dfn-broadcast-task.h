/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-broadcast-session.h"
#include "dfn-task.h"

G_BEGIN_DECLS

#define DFN_TYPE_BROADCAST_TASK (dfn_broadcast_task_get_type ())
G_DECLARE_FINAL_TYPE (DfnBroadcastTask, dfn_broadcast_task, DFN, BROADCAST_TASK, DfnTask)

/**
 * dfn_broadcast_task_new:
 * @mailbox: gets a #DfnBroadcastReport whenever something is another
 *
 * The working half of a #DfnBroadcastSession. Made on any thread; everything else happens on the
 * engine's.
 *
 * Returns: (transfer full): a task that has done nothing yet
 */
DfnBroadcastTask *dfn_broadcast_task_new (
    DfnNode *node, DfnNostrKey *key, const char *path, const char *title, DfnMailbox *mailbox);

G_END_DECLS
