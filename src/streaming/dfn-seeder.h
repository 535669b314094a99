/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-chunk-store.h"
#include "dfn-peer.h"

G_BEGIN_DECLS

#define DFN_TYPE_SEEDER (dfn_seeder_get_type ())
G_DECLARE_FINAL_TYPE (DfnSeeder, dfn_seeder, DFN, SEEDER, GObject)

/**
 * DfnSeeder:
 *
 * Gives the chunks of one store to peers who ask for them.
 *
 * Signals:
 * - `sent` (guint64 bytes): a chunk was handed to a connection
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

/* Tells @peer what there is and answers its requests from now on. */
void dfn_seeder_add_peer (DfnSeeder *self, DfnPeer *peer);

G_END_DECLS
