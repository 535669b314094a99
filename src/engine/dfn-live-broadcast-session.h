/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-swarm.h"
#include "dfn-session.h"

G_BEGIN_DECLS

/** DFN_LIVE_BROADCAST_DEFAULT_NAME: the `d` tag of a broadcast that was given no name */
#define DFN_LIVE_BROADCAST_DEFAULT_NAME "live"

/**
 * DfnLiveBroadcastState:
 * @DFN_LIVE_BROADCAST_ANNOUNCING: relays are being told
 * @DFN_LIVE_BROADCAST_ON_AIR: the link is good
 * @DFN_LIVE_BROADCAST_ENDING: the input is over; those who watch get the last of it
 * @DFN_LIVE_BROADCAST_ENDED: everything is done
 * @DFN_LIVE_BROADCAST_FAILED: see @error
 */
typedef enum {
  DFN_LIVE_BROADCAST_ANNOUNCING,
  DFN_LIVE_BROADCAST_ON_AIR,
  DFN_LIVE_BROADCAST_ENDING,
  DFN_LIVE_BROADCAST_ENDED,
  DFN_LIVE_BROADCAST_FAILED,
} DfnLiveBroadcastState;

/**
 * DfnLiveBroadcastReport:
 * @layout: what it owns
 * @state: where it stands
 * @title: what viewers read
 * @link: (nullable): for viewers, once it is good
 * @relays: (nullable) (array zero-terminated=1): where it is announced
 * @is_lan: whether it is found on this network only
 * @is_transport: whether the input is a transport stream, which is joined where a decoder can begin
 * @rate: bytes per second of the stream, lately
 * @rate_sent: bytes per second given to viewers, lately
 * @live: statistics of the stream
 * @swarm: (nullable): how it goes with each viewer
 * @problem: (nullable): what is in the way at the moment, a sentence for display
 * @error: (nullable): a #DfnEngineError, if @state is %DFN_LIVE_BROADCAST_FAILED
 *
 * A snapshot of a live broadcast.
 */
typedef struct {
  const DfnReportLayout *layout;
  DfnLiveBroadcastState state;
  char *title;
  char *link;
  char **relays;
  gboolean is_lan;
  gboolean is_transport;
  double rate;
  double rate_sent;
  DfnLiveSwarmStats live;
  DfnSwarmReport *swarm;
  char *problem;
  GError *error;
} DfnLiveBroadcastReport;

extern const DfnReportLayout dfn_live_broadcast_report_layout;

#define DFN_TYPE_LIVE_BROADCAST_SESSION (dfn_live_broadcast_session_get_type ())
G_DECLARE_FINAL_TYPE (
    DfnLiveBroadcastSession, dfn_live_broadcast_session, DFN, LIVE_BROADCAST_SESSION, DfnSession)

/**
 * dfn_live_broadcast_session_new:
 * @node: the engine
 * @key: the broadcaster
 * @fd: where the stream of bytes is read, until it ends; not closed
 * @name: the announcement's `d` tag, at most %DFN_ANNOUNCEMENT_IDENTIFIER_MAX bytes: the same key
 * and name have the same link, whenever that is
 * @title: (nullable): what viewers read
 *
 * Broadcasts until the input ends or the session is unreferenced, which says goodbye to viewers.
 *
 * Signal `report` (DfnLiveBroadcastReport *report): something is another now
 *
 * Returns: (transfer full): the session
 */
DfnLiveBroadcastSession *dfn_live_broadcast_session_new (
    DfnNode *node, DfnNostrKey *key, int fd, const char *name, const char *title);

/* Returns: (transfer none): the last snapshot */
const DfnLiveBroadcastReport *dfn_live_broadcast_session_get_report (DfnLiveBroadcastSession *self);

G_END_DECLS
