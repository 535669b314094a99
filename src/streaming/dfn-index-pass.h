/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-hash-tree.h"
#include "dfn-progress.h"
#include "dfn-source-file.h"

G_BEGIN_DECLS

/**
 * dfn_index_pass:
 * @file: a file just opened
 * @chunk_size: the bytes of every chunk but the last
 * @tree: a tree for as many leaves as @file has chunks, still empty
 * @sha256: (out caller-allocates): receives the digest of the whole file
 * @progress: how far it is
 * @cancellable: (nullable): stops it between two chunks
 * @error: return location
 *
 * Reads a file once from beginning to end, in chunks, and hashes each twice: as a leaf of the tree
 * on the calling thread, and as a part of the whole on a thread of its own. Memory stays at a few
 * chunks whatever the file's size.
 *
 * Returns: %TRUE if @tree and @sha256 belong to a file that did not change meanwhile; else %FALSE
 *   with %DFN_STREAMING_ERROR_FILE_CHANGED, %DFN_STREAMING_ERROR_IO or %G_IO_ERROR_CANCELLED
 */
gboolean dfn_index_pass (DfnSourceFile *file,
                         guint32 chunk_size,
                         DfnHashTree *tree,
                         guint8 sha256[DFN_HASH_SIZE],
                         DfnProgress *progress,
                         GCancellable *cancellable,
                         GError **error);

G_END_DECLS
