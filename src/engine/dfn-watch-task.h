/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-announcement.h"
#include "dfn-task.h"
#include "dfn-watch-session.h"

G_BEGIN_DECLS

#define DFN_TYPE_WATCH_TASK (dfn_watch_task_get_type ())
G_DECLARE_FINAL_TYPE (DfnWatchTask, dfn_watch_task, DFN, WATCH_TASK, DfnTask)

/**
 * dfn_watch_task_new:
 * @address: (transfer full): what to watch
 * @output: (nullable): as in dfn_watch_session_new_full()
 * @fd: likewise
 * @is_sharing: likewise
 * @mailbox: gets a #DfnWatchReport whenever something is another
 *
 * The working half of a #DfnWatchSession. Made on any thread; everything else happens on the
 * engine's.
 *
 * Returns: (transfer full): a task that has done nothing yet
 */
DfnWatchTask *dfn_watch_task_new (DfnNode *node,
                                  DfnAddress *address,
                                  const char *output,
                                  int fd,
                                  gboolean is_sharing,
                                  DfnMailbox *mailbox);

G_END_DECLS
