/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-file-swarm.h"

G_BEGIN_DECLS

#define DFN_TYPE_FILE_PLAYER (dfn_file_player_get_type ())
G_DECLARE_FINAL_TYPE (DfnFilePlayer, dfn_file_player, DFN, FILE_PLAYER, GObject)

/**
 * DfnFilePlayer:
 *
 * Writes the chunks of a file to a descriptor, in order, each as soon as it is in the store and the
 * descriptor takes it, and has those fetched first that come next. What is ahead of the reader
 * waits in the store. For the engine's thread.
 *
 * Signals:
 * - `done`: all of the file is written
 * - `failed` (GError *error): the output takes no more, a #GIOErrorEnum, or the store cannot be
 *   read, a #DfnStreamingError; once
 */

/**
 * dfn_file_player_new:
 * @store: where the chunks are, or come to be
 * @fd: (transfer none): of any kind; not closed
 *
 * Returns: (transfer full): a player that waits for dfn_file_player_go_on()
 */
DfnFilePlayer *dfn_file_player_new (DfnChunkStore *store, int fd);

/**
 * dfn_file_player_go_on:
 * @swarm: (nullable): who fetches what is missing
 *
 * To be called at first, and when another chunk is in the store.
 */
void dfn_file_player_go_on (DfnFilePlayer *self, DfnFileSwarm *swarm);

gboolean dfn_file_player_is_done (DfnFilePlayer *self);

G_END_DECLS
