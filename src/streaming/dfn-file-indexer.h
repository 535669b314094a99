/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-chunk-store.h"

G_BEGIN_DECLS

/**
 * dfn_file_index_async:
 * @path: a file to be shared, in the file system's encoding
 * @title: (nullable): what to call it; its name otherwise
 * @summary: (nullable): a description
 * @cancellable: (nullable): stops between two chunks
 * @progress: (nullable): told, at most ten times a second, how many bytes of how many are hashed
 * @progress_data: for @progress
 * @callback: called when the file is ready to be shared
 * @user_data: for @callback
 *
 * Reads a file once on a worker's thread and computes its manifest and hash tree. Memory stays at a
 * few MB and 64 bytes a chunk whatever the size.
 */
void dfn_file_index_async (const char *path,
                           const char *title,
                           const char *summary,
                           GCancellable *cancellable,
                           GFileProgressCallback progress,
                           gpointer progress_data,
                           GAsyncReadyCallback callback,
                           gpointer user_data);

/**
 * dfn_file_index_finish:
 *
 * Returns: (transfer full) (nullable): a store for sharing the file, with its manifest; or %NULL
 *   with %DFN_STREAMING_ERROR_FILE (missing, a folder, not regular, unreadable, empty, too large),
 *   %DFN_STREAMING_ERROR_FILE_CHANGED, %DFN_STREAMING_ERROR_IO or %G_IO_ERROR_CANCELLED
 */
DfnChunkStore *dfn_file_index_finish (GAsyncResult *result, GError **error);

G_END_DECLS
