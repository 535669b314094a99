/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"
#include "dfn-hash-tree.h"
#include "dfn-manifest.h"
#include "dfn-source-file.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/** DFN_CHUNK_STORE_QUEUE_LIMIT: the most bytes that may wait for the disk, 32 MiB */
#define DFN_CHUNK_STORE_QUEUE_LIMIT (32 * 1024 * 1024)
/** DFN_CHUNK_STORE_MAX_READS: the most reads that may wait for the disk */
#define DFN_CHUNK_STORE_MAX_READS 1024

/**
 * DfnChunkStore:
 *
 * The chunks of one file on this computer's disk, for whoever shares it and whoever fetches it
 * alike: a broadcaster's store is a view of the original file and has every chunk, a viewer's
 * starts empty or with what an earlier run left.
 *
 * Hashing, reading and writing happen on a worker's thread in the order in which they were asked
 * for; results come in the thread-default context of the asking thread, which must be the same for
 * all calls of one store. What the store says of itself changes only there, too.
 */
#define DFN_TYPE_CHUNK_STORE (dfn_chunk_store_get_type ())
G_DECLARE_FINAL_TYPE (DfnChunkStore, dfn_chunk_store, DFN, CHUNK_STORE, GObject)

/**
 * dfn_chunk_store_new_source:
 * @file: (transfer full): the original
 * @manifest: what was found in it
 * @tree: (transfer full): its complete tree
 *
 * A store for sharing; dfn_file_index_async() makes one of a file.
 *
 * Returns: (transfer full): the store
 */
DfnChunkStore *
dfn_chunk_store_new_source (DfnSourceFile *file, DfnManifest *manifest, DfnHashTree *tree);

/**
 * dfn_chunk_store_open_download_async:
 * @output: where the file shall be in the end, in the file system's encoding
 * @manifest: what it must be
 * @cancellable: (nullable): stops the checking of an earlier run's chunks
 * @progress: (nullable): told, at most ten times a second, how many bytes of how many are checked
 * @progress_data: for @progress
 * @callback: called when the store is ready
 * @user_data: for @callback
 *
 * Starts or continues a download, in `OUTPUT.part` and `OUTPUT.part.state` beside it until
 * dfn_chunk_store_complete_async(). Chunks of an earlier run are hashed again first. Where OUTPUT
 * already is exactly this file, the store has every chunk at once.
 */
void dfn_chunk_store_open_download_async (const char *output,
                                          DfnManifest *manifest,
                                          GCancellable *cancellable,
                                          GFileProgressCallback progress,
                                          gpointer progress_data,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

/**
 * dfn_chunk_store_open_download_finish:
 *
 * Returns: (transfer full) (nullable): the store, or %NULL with %DFN_STREAMING_ERROR_EXISTS
 * (another file or the download of another file is there), %DFN_STREAMING_ERROR_BUSY (another
 * process holds this download), %DFN_STREAMING_ERROR_NO_SPACE (the message says how much is
 * missing), %DFN_STREAMING_ERROR_IO or %G_IO_ERROR_CANCELLED
 */
DfnChunkStore *dfn_chunk_store_open_download_finish (GAsyncResult *result, GError **error);

/** dfn_chunk_store_get_manifest: (transfer none) */
DfnManifest *dfn_chunk_store_get_manifest (DfnChunkStore *self);

/** dfn_chunk_store_get_path: the shared file, or where the download ends up (transfer none) */
const char *dfn_chunk_store_get_path (DfnChunkStore *self);

gboolean dfn_chunk_store_has (DfnChunkStore *self, guint32 index);
guint32 dfn_chunk_store_get_n_present (DfnChunkStore *self);

/** dfn_chunk_store_is_full: whether every chunk is present */
gboolean dfn_chunk_store_is_full (DfnChunkStore *self);

/** dfn_chunk_store_get_present: the set of chunks that are present (transfer none) */
const DfnBitmap *dfn_chunk_store_get_present (DfnChunkStore *self);

/** dfn_chunk_store_get_buffer_map: dfn_bitmap_to_bytes() of it (transfer full) */
GBytes *dfn_chunk_store_get_buffer_map (DfnChunkStore *self);

/**
 * DfnChunkFunc:
 * @index: a chunk
 *
 * Returns: %FALSE to stop
 */
typedef gboolean (*DfnChunkFunc) (guint32 index, gpointer user_data);

/** dfn_chunk_store_foreach_missing: calls @func for each missing chunk, the first first */
void dfn_chunk_store_foreach_missing (DfnChunkStore *self, DfnChunkFunc func, gpointer user_data);

/**
 * dfn_chunk_store_put_async:
 * @index: a chunk's number, from anywhere
 * @data: its bytes, from anywhere
 * @path: its audit path (#DfnHashTree), from anywhere
 * @callback: (nullable): called when it is stored or refused
 * @user_data: for @callback
 *
 * Hashes a chunk and stores it if it proves. Only a store for downloading takes any.
 */
void dfn_chunk_store_put_async (DfnChunkStore *self,
                                guint32 index,
                                GBytes *data,
                                GBytes *path,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

/**
 * dfn_chunk_store_put_finish:
 *
 * Returns: %TRUE if the chunk is there now; else %FALSE with %DFN_STREAMING_ERROR_INTEGRITY
 * (whoever sent it sent something wrong), %DFN_STREAMING_ERROR_NO_SPACE, %DFN_STREAMING_ERROR_IO
 * (in both cases what is there stays) or %DFN_STREAMING_ERROR_BUSY (%DFN_CHUNK_STORE_QUEUE_LIMIT)
 */
gboolean dfn_chunk_store_put_finish (DfnChunkStore *self, GAsyncResult *result, GError **error);

/** dfn_chunk_store_get_bytes_in_flight: the bytes that were put and are not on the disk yet */
gsize dfn_chunk_store_get_bytes_in_flight (DfnChunkStore *self);

/**
 * dfn_chunk_store_read_async:
 * @index: a chunk that is present
 * @cancellable: (nullable): takes the read back while it waits
 * @callback: called with the chunk
 * @user_data: for @callback
 */
void dfn_chunk_store_read_async (DfnChunkStore *self,
                                 guint32 index,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/**
 * dfn_chunk_store_read_finish:
 * @path: (out) (transfer full) (optional): the chunk's audit path, so that it can be handed on
 *
 * Returns: (transfer full) (nullable): its bytes, or %NULL with %DFN_STREAMING_ERROR_FILE_CHANGED
 *   (the file is no longer what was announced), %DFN_STREAMING_ERROR_IO, %DFN_STREAMING_ERROR_BUSY
 *   (%DFN_CHUNK_STORE_MAX_READS) or %G_IO_ERROR_CANCELLED
 */
GBytes *dfn_chunk_store_read_finish (DfnChunkStore *self,
                                     GAsyncResult *result,
                                     GBytes **path,
                                     GError **error);

/**
 * dfn_chunk_store_complete_async:
 * @callback: called when the file is in its place
 * @user_data: for @callback
 *
 * Gives a download of which every chunk is present its final name, after everything asked for
 * before: syncs the data, renames it without ever replacing another file and removes the state.
 * Chunks can be read before, meanwhile and afterwards. Does nothing when it is done already.
 */
void dfn_chunk_store_complete_async (DfnChunkStore *self,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);

/**
 * dfn_chunk_store_complete_finish:
 *
 * Returns: %TRUE if the file is in its place; else %FALSE with %DFN_STREAMING_ERROR_EXISTS,
 *   %DFN_STREAMING_ERROR_NO_SPACE or %DFN_STREAMING_ERROR_IO, everything as it was
 */
gboolean
dfn_chunk_store_complete_finish (DfnChunkStore *self, GAsyncResult *result, GError **error);

G_END_DECLS
