/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-scheduler.h"
#include "dfn-peer.h"
#include "dfn-request-log.h"

G_BEGIN_DECLS

/**
 * DfnLiveRequests:
 *
 * Keeps the request log of a live stream: follows what a #DfnLiveScheduler asks of whom until its
 * end, with what was measured of each peer by earlier requests. Pushed chunks are none of it.
 * Without a log nothing happens.
 */
typedef struct _DfnLiveRequests DfnLiveRequests;

/**
 * dfn_live_requests_new:
 * @log: (nullable): has to live as long as this
 */
DfnLiveRequests *dfn_live_requests_new (DfnRequestLog *log);
void dfn_live_requests_free (DfnLiveRequests *self);

/* @peer: a number of the caller's, not 0. */
void dfn_live_requests_add_peer (DfnLiveRequests *self, gint64 now_us, guint64 peer);
/* What was asked of it ends as %DFN_PEER_OUTCOME_GONE. */
void dfn_live_requests_remove_peer (DfnLiveRequests *self, gint64 now_us, guint64 peer);

/* Whatever was asked for ends as %DFN_PEER_OUTCOME_CANCELLED. */
void dfn_live_requests_cancel_all (DfnLiveRequests *self, gint64 now_us);

/**
 * dfn_live_requests_asked:
 * @connection: whose number @peer is
 * @bytes: about how many the chunk has
 * @slack_us: the time until it is too late; %G_MAXINT64 if that is not known
 */
void dfn_live_requests_asked (DfnLiveRequests *self,
                              gint64 now_us,
                              guint64 peer,
                              DfnPeer *connection,
                              DfnChunkId id,
                              guint64 bytes,
                              gint64 slack_us);

/* A chunk that was not asked for is passed over. */
void dfn_live_requests_ended (
    DfnLiveRequests *self, gint64 now_us, guint64 peer, DfnChunkId id, DfnPeerOutcome outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveRequests, dfn_live_requests_free)

G_END_DECLS
