/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer.h"
#include "dfn-swarm-members.h"
#include "dfn-swarm-report.h"

G_BEGIN_DECLS

/**
 * DfnPeerCensus:
 *
 * Counts the peers of one broadcast or stream: gives each a number, adds up what those that are
 * gone did, and makes snapshots for another thread.
 */
typedef struct _DfnPeerCensus DfnPeerCensus;

DfnPeerCensus *dfn_peer_census_new (void);
void dfn_peer_census_free (DfnPeerCensus *self);

/* @peer has come. */
void dfn_peer_census_add (DfnPeerCensus *self, DfnPeer *peer);

/* @peer has gone; one that never came is passed over. */
void dfn_peer_census_remove (DfnPeerCensus *self, DfnPeer *peer);

/**
 * dfn_peer_census_take:
 * @members: (nullable): who knows the peers' scores
 * @now_us: monotonic time; %G_MAXINT64 for the last snapshot, which is new in any case
 * @counts: of chunks
 *
 * Returns: (transfer full): how it is, or was less than a second ago if nobody has come or gone
 *   since
 */
DfnSwarmReport *dfn_peer_census_take (DfnPeerCensus *self,
                                      DfnSwarmMembers *members,
                                      gint64 now_us,
                                      const DfnSwarmCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnPeerCensus, dfn_peer_census_free)

G_END_DECLS
