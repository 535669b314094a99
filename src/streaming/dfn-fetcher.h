/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-chunk-store.h"
#include "dfn-fetch-plan.h"
#include "dfn-peer.h"
#include "dfn-request-log.h"

G_BEGIN_DECLS

#define DFN_TYPE_FETCHER (dfn_fetcher_get_type ())
G_DECLARE_FINAL_TYPE (DfnFetcher, dfn_fetcher, DFN, FETCHER, GObject)

/**
 * DfnFetcher:
 *
 * Fills one store from peers: does what a #DfnFetchPlan says, hands every chunk to the store,
 * which takes it only if it proves, and stops asking while the disk is behind.
 *
 * Signals:
 * - `asked` (DfnPeer *peer): it was asked for a chunk
 * - `stored` (guint64 bytes, guint chunk, DfnPeer *peer): a chunk from @peer is verified and on the
 *   disk
 * - `complete`: every chunk is
 * - `misbehaved` (DfnPeer *peer): it sent a chunk that does not prove; it is asked for nothing more
 * - `withdrawn` (DfnPeer *peer): it gives the content no longer
 * - `failed` (GError *error): the disk takes no more; what is there stays
 */

/**
 * dfn_fetcher_new:
 * @store: what to fill
 *
 * Returns: (transfer full): a fetcher without peers
 */
DfnFetcher *dfn_fetcher_new (DfnChunkStore *store);

/**
 * dfn_fetcher_set_request_log:
 * @log: (nullable): has to live as long as the fetcher
 *
 * Has every request from now on logged.
 */
void dfn_fetcher_set_request_log (DfnFetcher *self, DfnRequestLog *log);

/**
 * dfn_fetcher_add_peer:
 *
 * Asks @peer for chunks that it says it has, until it closes or is removed. What it said before
 * this call is not known, so this is called when the peer is new. Nothing happens if there are
 * %DFN_FETCH_PLAN_MAX_PEERS already.
 */
void dfn_fetcher_add_peer (DfnFetcher *self, DfnPeer *peer);
void dfn_fetcher_remove_peer (DfnFetcher *self, DfnPeer *peer);

/** dfn_fetcher_set_playhead: dfn_fetch_plan_set_playhead() */
void dfn_fetcher_set_playhead (DfnFetcher *self, guint32 chunk, guint32 n_ahead);

guint dfn_fetcher_get_n_peers (DfnFetcher *self);
void dfn_fetcher_get_stats (DfnFetcher *self, DfnFetchStats *stats);

G_END_DECLS
