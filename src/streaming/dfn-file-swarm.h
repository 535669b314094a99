/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-chunk-store.h"
#include "dfn-fetch-plan.h"
#include "dfn-peer.h"
#include "dfn-request-log.h"
#include "dfn-upload-queue.h"

G_BEGIN_DECLS

#define DFN_TYPE_FILE_SWARM (dfn_file_swarm_get_type ())
G_DECLARE_FINAL_TYPE (DfnFileSwarm, dfn_file_swarm, DFN, FILE_SWARM, GObject)

/**
 * DfnFileSwarm:
 *
 * This program's part in the swarm around one recorded file: fills the store from peers, if chunks
 * are missing, and gives them what is there, at the same time. Lives in the thread-default main
 * context of its creation.
 *
 * Signals:
 * - `stored` (guint64 bytes): a chunk is verified and on the disk
 * - `sent` (guint64 bytes): a chunk has left
 * - `complete`: every chunk is on the disk; giving goes on
 * - `misbehaved` (DfnPeer *peer): it sent a chunk that does not prove; it is no longer part of this
 * - `withdrawn` (DfnPeer *peer): it gives the content no longer, because the original changed
 * - `failed` (GError *error): the disk takes no more, or cannot be read any more
 *
 * Properties, all to be read: `n-peers` (uint), `chunks-missing` (uint), `bytes-sent` (uint64),
 * `bytes-stored` (uint64), `duplicates` (uint64, chunks), `n-idlers` (uint: peers who take and do
 * not give).
 */

/**
 * dfn_file_swarm_new:
 * @store: what to fill and to give
 *
 * Returns: (transfer full): a swarm without peers
 */
DfnFileSwarm *dfn_file_swarm_new (DfnChunkStore *store);

/* dfn_fetcher_set_request_log() */
void dfn_file_swarm_set_request_log (DfnFileSwarm *self, DfnRequestLog *log);

/**
 * dfn_file_swarm_add_peer:
 * @peer: one that has just been met, as what it said of its chunks before is not known here
 *
 * Takes from it and gives to it until it closes or is removed.
 */
void dfn_file_swarm_add_peer (DfnFileSwarm *self, DfnPeer *peer);
void dfn_file_swarm_remove_peer (DfnFileSwarm *self, DfnPeer *peer);

/**
 * dfn_file_swarm_set_playhead:
 * @chunk: what is played now
 * @n_ahead: how many chunks from it on, about 5 s of them, are fetched first; 0: no order
 *
 * After a jump what was asked for elsewhere is called off.
 */
void dfn_file_swarm_set_playhead (DfnFileSwarm *self, guint32 chunk, guint32 n_ahead);

guint dfn_file_swarm_get_n_peers (DfnFileSwarm *self);

/* @stats: all zero if every chunk was there from the start */
void dfn_file_swarm_get_fetch_stats (DfnFileSwarm *self, DfnFetchStats *stats);
void dfn_file_swarm_get_upload_stats (DfnFileSwarm *self, DfnUploadQueueStats *stats);

G_END_DECLS
