/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-chunk-store.h"
#include "dfn-peer.h"
#include "dfn-upload-queue.h"

G_BEGIN_DECLS

#define DFN_TYPE_SEEDER (dfn_seeder_get_type ())
G_DECLARE_FINAL_TYPE (DfnSeeder, dfn_seeder, DFN, SEEDER, GObject)

/**
 * DfnSeeder:
 *
 * Gives the chunks of one store, which may still be filling, to peers who ask for them: keeps what
 * they ask for in a #DfnUploadQueue, does what that says, and tells every peer what there is.
 *
 * Signals:
 * - `sent` (guint64 bytes): a chunk has left
 * - `failed` (GError *error): the store cannot be read any more, e.g.
 *   %DFN_STREAMING_ERROR_FILE_CHANGED; peers are told that the content is withdrawn
 */

/**
 * dfn_seeder_new:
 * @store: what to give
 *
 * Returns: (transfer full): a seeder without peers
 */
DfnSeeder *dfn_seeder_new (DfnChunkStore *store);

/**
 * dfn_seeder_add_peer:
 *
 * Tells @peer what there is and answers its requests from now on, until it closes or is removed.
 * Nothing happens if there are %DFN_UPLOAD_QUEUE_MAX_PEERS already; its requests are refused.
 */
void dfn_seeder_add_peer (DfnSeeder *self, DfnPeer *peer);
void dfn_seeder_remove_peer (DfnSeeder *self, DfnPeer *peer);

/** dfn_seeder_tell: the store has got chunk @index; peers hear of it in a moment */
void dfn_seeder_tell (DfnSeeder *self, guint32 index);

/** dfn_seeder_asked: this side has asked @peer for a chunk */
void dfn_seeder_asked (DfnSeeder *self, DfnPeer *peer);

/** dfn_seeder_credit: @peer gave @bytes that proved, which it may have something for */
void dfn_seeder_credit (DfnSeeder *self, DfnPeer *peer, guint64 bytes);

void dfn_seeder_get_stats (DfnSeeder *self, DfnUploadQueueStats *stats);

G_END_DECLS
