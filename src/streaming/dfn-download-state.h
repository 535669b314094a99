/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"
#include "dfn-hash-tree.h"
#include "dfn-manifest.h"

G_BEGIN_DECLS

/**
 * DfnDownloadState:
 *
 * The file beside a download in progress that says which chunks are there and holds the hashes with
 * which they prove. Numbers are big-endian:
 *
 *     offset  bytes
 *          0      8  "DFNSTATE"
 *          8      4  version, 1
 *         12      4  bytes a chunk
 *         16      8  bytes of the file
 *         24     32  root of the hash tree
 *         56     32  SHA-256 of the file
 *         88      4  chunks
 *         92      4  zero
 *         96      b  bitmap of the chunks present, as #DfnBitmap
 *     96 + b    32n  the hash tree's 2 * chunks - 1 nodes, as #DfnHashTree; holes where not known
 *
 * It is written in place. A chunk's bit is set last, and nothing in the file is trusted when it is
 * opened again: what does not prove to the announced root is dropped. So it needs no journal and no
 * syncing, and whatever a crash leaves costs at most time.
 *
 * It blocks and belongs to one thread at a time.
 */
typedef struct _DfnDownloadState DfnDownloadState;

/**
 * dfn_download_state_new:
 * @fd: (transfer full): the file, open for reading and writing
 * @path: its name, for messages
 * @manifest: what is being downloaded
 *
 * Returns: (transfer full): a state with no chunk present, before anything is read or written
 */
DfnDownloadState *dfn_download_state_new (int fd, const char *path, DfnManifest *manifest);
void dfn_download_state_free (DfnDownloadState *self);

/**
 * dfn_download_state_create:
 *
 * Writes a new file.
 *
 * Returns: %TRUE on success; else %FALSE with %DFN_STREAMING_ERROR_NO_SPACE or
 *   %DFN_STREAMING_ERROR_IO
 */
gboolean dfn_download_state_create (DfnDownloadState *self, GError **error);

/**
 * dfn_download_state_load:
 *
 * Reads the header and the bitmap of an existing file, which may hold anything.
 *
 * Returns: %TRUE if it belongs to this download; else %FALSE with %DFN_STREAMING_ERROR_EXISTS for
 *   another's, or %DFN_STREAMING_ERROR_IO
 */
gboolean dfn_download_state_load (DfnDownloadState *self, GError **error);

/**
 * dfn_download_state_get_present:
 *
 * Returns: (transfer none): the chunks that the file says are there; proven only after
 *   dfn_download_state_forget() was called for those that do not prove
 */
const DfnBitmap *dfn_download_state_get_present (DfnDownloadState *self);

/**
 * dfn_download_state_read_path:
 * @index: a chunk
 * @path: (out caller-allocates): receives the audit path as the file has it
 *
 * Returns: its bytes, or -1 when the file does not have it
 */
gssize dfn_download_state_read_path (DfnDownloadState *self,
                                     guint32 index,
                                     guint8 path[DFN_HASH_TREE_MAX_DEPTH * DFN_HASH_SIZE]);

/** dfn_download_state_forget: takes chunk @index out of the set, until save_all() in memory only */
void dfn_download_state_forget (DfnDownloadState *self, guint32 index);

/**
 * dfn_download_state_save_all:
 * @tree: the hashes that are proven
 *
 * Writes the bitmap and every known hash, over whatever the file had.
 *
 * Returns: as dfn_download_state_create()
 */
gboolean dfn_download_state_save_all (DfnDownloadState *self, DfnHashTree *tree, GError **error);

/**
 * dfn_download_state_record:
 * @index: a chunk whose data is in its place
 * @tree: the hashes that are already in the file
 * @proof: what @index proved with
 *
 * Writes what @proof adds to @tree, then the chunk's bit.
 *
 * Returns: as dfn_download_state_create(); after a failure the chunk is not present
 */
gboolean dfn_download_state_record (DfnDownloadState *self,
                                    guint32 index,
                                    DfnHashTree *tree,
                                    const DfnHashTreeProof *proof,
                                    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnDownloadState, dfn_download_state_free)

G_END_DECLS
