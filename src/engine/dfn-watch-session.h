/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-session.h"

G_BEGIN_DECLS

/**
 * DfnWatchState:
 * @DFN_WATCH_FINDING: the relays are asked what the link means
 * @DFN_WATCH_CHECKING: what an earlier run left is being hashed again
 * @DFN_WATCH_CONNECTING: nobody is connected yet
 * @DFN_WATCH_RECEIVING: chunks arrive
 * @DFN_WATCH_WAITING: everybody who had it is gone; it goes on when somebody is back
 * @DFN_WATCH_COMPLETE: the file is in its place
 * @DFN_WATCH_FAILED: it is over; @error says why. What was received stays for the next run
 * @DFN_WATCH_SHARING: the file is in its place, and goes on being given to others
 */
typedef enum {
  DFN_WATCH_FINDING,
  DFN_WATCH_CHECKING,
  DFN_WATCH_CONNECTING,
  DFN_WATCH_RECEIVING,
  DFN_WATCH_WAITING,
  DFN_WATCH_COMPLETE,
  DFN_WATCH_FAILED,
  DFN_WATCH_SHARING,
} DfnWatchState;

/**
 * DfnWatchReport:
 * @layout: what it owns
 * @state: where it stands
 * @title: (nullable): what the broadcaster calls it
 * @path: (nullable): where the file is, or will be, unless a descriptor was given
 * @size: its bytes, 0 while unknown
 * @bytes_done: bytes that are verified and on the disk
 * @bytes_before: how many of them an earlier run had left
 * @bytes_checked: how many of those are hashed again
 * @rate: of the last seconds, bytes per second
 * @n_peers: who is connected now
 * @is_relayed: whether a TURN server carries any of it
 * @path_description: (nullable): the way to the first peer, as dfn_ice_link_describe() says it
 * @rtt_us: to the first peer, in microseconds
 * @swarm: (nullable): how it goes with all peers, at most once a second another one
 * @problem: (nullable): what is in the way at the moment, a sentence for display
 * @error: (nullable): a #DfnEngineError or, for a descriptor, a #GIOErrorEnum, if @state is
 *   %DFN_WATCH_FAILED
 *
 * A snapshot of what is being watched.
 */
typedef struct {
  const DfnReportLayout *layout;
  DfnWatchState state;
  char *title;
  char *path;
  guint64 size;
  guint64 bytes_done;
  guint64 bytes_before;
  guint64 bytes_checked;
  double rate;
  guint n_peers;
  gboolean is_relayed;
  char *path_description;
  gint64 rtt_us;
  DfnSwarmReport *swarm;
  char *problem;
  GError *error;
} DfnWatchReport;

extern const DfnReportLayout dfn_watch_report_layout;

#define DFN_TYPE_WATCH_SESSION (dfn_watch_session_get_type ())
G_DECLARE_FINAL_TYPE (DfnWatchSession, dfn_watch_session, DFN, WATCH_SESSION, DfnSession)

/**
 * dfn_watch_session_new:
 * @node: the engine
 * @link: `defiance:naddr1…` or a bare `naddr1…`
 * @output: (nullable): the file to write; a folder to put it into under its own name; %NULL for
 *   the current folder
 * @error: return location
 *
 * Starts to fetch what a link means; it goes on until it is complete or the session is
 * unreferenced. What was received stays on the disk, and a later session for the same output
 * continues from there.
 *
 * Signal `report` (DfnWatchReport *report): something is another now: at once when @state or
 * @problem changes, at most ten times a second otherwise. Nothing follows %DFN_WATCH_COMPLETE or
 * %DFN_WATCH_FAILED.
 *
 * Returns: (transfer full) (nullable): the session, or %NULL with %DFN_ENGINE_ERROR_INVALID_LINK
 */
DfnWatchSession *
dfn_watch_session_new (DfnNode *node, const char *link, const char *output, GError **error);

/**
 * dfn_watch_session_new_full:
 * @fd: (transfer none): a descriptor to write the file to instead, in order and as it comes; -1 for
 * none. Nothing is kept then, and a failure of the output is a #GIOErrorEnum
 * @is_sharing: whether it goes on giving the file to others when it is complete, in
 * %DFN_WATCH_SHARING instead of %DFN_WATCH_COMPLETE, until the session is unreferenced
 *
 * As dfn_watch_session_new().
 */
DfnWatchSession *dfn_watch_session_new_full (DfnNode *node,
                                             const char *link,
                                             const char *output,
                                             int fd,
                                             gboolean is_sharing,
                                             GError **error);

/**
 * dfn_watch_session_get_report:
 *
 * Returns: (transfer none): the last snapshot
 */
const DfnWatchReport *dfn_watch_session_get_report (DfnWatchSession *self);

G_END_DECLS
