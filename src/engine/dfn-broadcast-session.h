/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-session.h"

G_BEGIN_DECLS

/**
 * DfnBroadcastState:
 * @DFN_BROADCAST_INDEXING: the file is being read and hashed
 * @DFN_BROADCAST_ANNOUNCING: relays are being told
 * @DFN_BROADCAST_SERVING: whoever has the link can watch
 * @DFN_BROADCAST_FAILED: it is over; @error says why
 */
typedef enum {
  DFN_BROADCAST_INDEXING,
  DFN_BROADCAST_ANNOUNCING,
  DFN_BROADCAST_SERVING,
  DFN_BROADCAST_FAILED,
} DfnBroadcastState;

/**
 * DfnBroadcastReport:
 * @layout: what it owns
 * @state: where it stands
 * @title: (nullable): what viewers read
 * @size: the file's bytes
 * @bytes_indexed: how many of them are hashed
 * @link: (nullable): `defiance:naddr1…`, once it is announced
 * @relays: (nullable) (array zero-terminated=1): where it is announced, its own relay included
 * @is_lan: whether it brought its own relay
 * @n_peers: who is connected now
 * @bytes_sent: payload given to peers since the start
 * @rate: of the last seconds, bytes per second
 * @swarm: (nullable): how it goes with all peers, at most once a second another one
 * @problem: (nullable): what is in the way at the moment, a sentence for display, e.g. a relay that
 *   cannot be reached
 * @error: (nullable): a #DfnEngineError, if @state is %DFN_BROADCAST_FAILED
 *
 * A snapshot of a broadcast.
 */
typedef struct {
  const DfnReportLayout *layout;
  DfnBroadcastState state;
  char *title;
  guint64 size;
  guint64 bytes_indexed;
  char *link;
  char **relays;
  gboolean is_lan;
  guint n_peers;
  guint64 bytes_sent;
  double rate;
  DfnSwarmReport *swarm;
  char *problem;
  GError *error;
} DfnBroadcastReport;

extern const DfnReportLayout dfn_broadcast_report_layout;

#define DFN_TYPE_BROADCAST_SESSION (dfn_broadcast_session_get_type ())
G_DECLARE_FINAL_TYPE (
    DfnBroadcastSession, dfn_broadcast_session, DFN, BROADCAST_SESSION, DfnSession)

/**
 * dfn_broadcast_session_new_file:
 * @node: the engine
 * @key: who broadcasts
 * @path: a file, in the file system's encoding
 * @title: (nullable): what to call it; the file's name otherwise
 *
 * Starts to share a file; it goes on until the session is unreferenced.
 *
 * Signal `report` (DfnBroadcastReport *report): something is another now: at once when @state or
 * @problem changes, at most ten times a second otherwise. Nothing follows %DFN_BROADCAST_FAILED.
 *
 * Returns: (transfer full): the session
 */
DfnBroadcastSession *dfn_broadcast_session_new_file (DfnNode *node,
                                                     DfnNostrKey *key,
                                                     const char *path,
                                                     const char *title);

/**
 * dfn_broadcast_session_get_report:
 *
 * Returns: (transfer none): the last snapshot
 */
const DfnBroadcastReport *dfn_broadcast_session_get_report (DfnBroadcastSession *self);

G_END_DECLS
