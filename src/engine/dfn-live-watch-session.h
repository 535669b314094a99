/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-swarm.h"
#include "dfn-session.h"

G_BEGIN_DECLS

/**
 * DfnLiveWatchState:
 * @DFN_LIVE_WATCH_FINDING: relays are asked for the announcement
 * @DFN_LIVE_WATCH_CONNECTING: somebody who has it is being met
 * @DFN_LIVE_WATCH_PLAYING: chunks are coming
 * @DFN_LIVE_WATCH_WAITING: nothing comes any more; it goes on when the broadcaster is back
 * @DFN_LIVE_WATCH_ENDED: the broadcast is over, and all of it was given
 * @DFN_LIVE_WATCH_FAILED: see @error
 */
typedef enum {
  DFN_LIVE_WATCH_FINDING,
  DFN_LIVE_WATCH_CONNECTING,
  DFN_LIVE_WATCH_PLAYING,
  DFN_LIVE_WATCH_WAITING,
  DFN_LIVE_WATCH_ENDED,
  DFN_LIVE_WATCH_FAILED,
} DfnLiveWatchState;

/**
 * DfnLiveWatchReport:
 * @layout: what it owns
 * @state: where it stands
 * @title: (nullable): what the broadcaster calls it
 * @media_type: (nullable): what the bytes are, as the broadcaster says
 * @path: (nullable): the file that is written to, unless a descriptor was given
 * @rate: bytes per second played, lately
 * @bytes_written: bytes given to the output
 * @join_us: from the beginning to the first verified chunk, in microseconds; 0 before
 * @live: statistics of the stream
 * @swarm: (nullable): how it goes with each peer
 * @problem: (nullable): what is in the way at the moment, a sentence for display
 * @error: (nullable): a #DfnEngineError or, for the output, a #GIOErrorEnum, if @state is
 *   %DFN_LIVE_WATCH_FAILED
 *
 * A snapshot of a live stream that is being watched.
 */
typedef struct {
  const DfnReportLayout *layout;
  DfnLiveWatchState state;
  char *title;
  char *media_type;
  char *path;
  double rate;
  guint64 bytes_written;
  gint64 join_us;
  DfnLiveSwarmStats live;
  DfnSwarmReport *swarm;
  char *problem;
  GError *error;
} DfnLiveWatchReport;

extern const DfnReportLayout dfn_live_watch_report_layout;

#define DFN_TYPE_LIVE_WATCH_SESSION (dfn_live_watch_session_get_type ())
G_DECLARE_FINAL_TYPE (
    DfnLiveWatchSession, dfn_live_watch_session, DFN, LIVE_WATCH_SESSION, DfnSession)

/**
 * dfn_live_watch_session_new:
 * @node: the engine
 * @link: a link of a live stream
 * @output: (nullable): the file to append to; a folder to put it into under a name of its own;
 * %NULL for the current folder
 * @fd: a descriptor to write to instead, not closed; -1 for a file
 * @behind_us: how far behind the live edge it begins, in microseconds, as far as the members of the
 *   swarm have kept that much; 0 for the live edge
 * @error: return location
 *
 * Watches until the broadcast ends or the session is unreferenced, and passes on what it gets.
 *
 * Signal `report` (DfnLiveWatchReport *report): something is another now. Nothing follows
 * %DFN_LIVE_WATCH_ENDED or %DFN_LIVE_WATCH_FAILED.
 *
 * Returns: (transfer full) (nullable): the session, or %NULL with %DFN_ENGINE_ERROR_INVALID_LINK
 */
DfnLiveWatchSession *dfn_live_watch_session_new (
    DfnNode *node, const char *link, const char *output, int fd, gint64 behind_us, GError **error);

/**
 * dfn_live_watch_session_is_live_link:
 * @link: from anywhere
 *
 * Returns: whether it is a link of a live stream
 */
gboolean dfn_live_watch_session_is_live_link (const char *link);

/* Returns: (transfer none): the last snapshot */
const DfnLiveWatchReport *dfn_live_watch_session_get_report (DfnLiveWatchSession *self);

G_END_DECLS
