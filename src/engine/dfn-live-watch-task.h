/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-announcement.h"
#include "dfn-live-watch-session.h"
#include "dfn-task.h"

G_BEGIN_DECLS

#define DFN_TYPE_LIVE_WATCH_TASK (dfn_live_watch_task_get_type ())
G_DECLARE_FINAL_TYPE (DfnLiveWatchTask, dfn_live_watch_task, DFN, LIVE_WATCH_TASK, DfnTask)

/**
 * dfn_live_watch_task_new:
 * @address: (transfer full): what to watch
 * @mailbox: gets a #DfnLiveWatchReport whenever something is another
 *
 * The working half of a #DfnLiveWatchSession. Made on any thread; everything else happens on the
 * engine's.
 *
 * Returns: (transfer full): a task that has done nothing yet
 */
DfnLiveWatchTask *dfn_live_watch_task_new (DfnNode *node,
                                           DfnAddress *address,
                                           const char *output,
                                           int fd,
                                           gint64 behind_us,
                                           DfnMailbox *mailbox);

G_END_DECLS
