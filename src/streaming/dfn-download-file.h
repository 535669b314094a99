/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"
#include "dfn-manifest.h"
#include "dfn-progress.h"

G_BEGIN_DECLS

/**
 * DfnDownloadFile:
 *
 * A file on its way: its bytes in `OUTPUT.part`, a #DfnDownloadState in `OUTPUT.part.state`, and
 * OUTPUT when all is there. Everything blocks and belongs to a worker's thread.
 *
 * `OUTPUT.part` has its final length from the start and grows blocks only where chunks arrived; a
 * chunk of zeros is left as a hole. Allocating ahead would find a full disk earlier and
 * save a few extents, but it would turn a sparse file of terabytes into a full one, and on file
 * systems without it glibc writes every block twice. What is free is compared once, at open.
 */
typedef struct _DfnDownloadFile DfnDownloadFile;

/**
 * dfn_download_file_open:
 * @output: where the file shall be in the end
 * @manifest: what it must be
 * @progress: how many bytes of an earlier run were checked
 * @cancellable: (nullable): stops the checking of an earlier run
 * @error: return location
 *
 * Starts a download, or continues one: chunks of an earlier run are hashed again, and those that do
 * not prove are dropped. Where OUTPUT already is exactly this file, it is complete at once.
 *
 * Returns: (transfer full) (nullable): the download, or %NULL with %DFN_STREAMING_ERROR_EXISTS
 *   (another file or another download is there), %DFN_STREAMING_ERROR_BUSY (another process holds
 *   this download), %DFN_STREAMING_ERROR_NO_SPACE, %DFN_STREAMING_ERROR_IO or %G_IO_ERROR_CANCELLED
 */
DfnDownloadFile *dfn_download_file_open (const char *output,
                                         DfnManifest *manifest,
                                         DfnProgress *progress,
                                         GCancellable *cancellable,
                                         GError **error);
void dfn_download_file_free (DfnDownloadFile *self);

/** dfn_download_file_get_present: the chunks that are there and proven (transfer none) */
const DfnBitmap *dfn_download_file_get_present (DfnDownloadFile *self);

/**
 * dfn_download_file_put:
 * @index: a chunk's number, from anywhere
 * @data: its bytes, from anywhere
 * @path: its audit path, from anywhere
 *
 * Writes a chunk if it proves, and not a byte of it otherwise.
 *
 * Returns: %TRUE if it is there now, or was before; else %FALSE with
 * %DFN_STREAMING_ERROR_INTEGRITY, %DFN_STREAMING_ERROR_NO_SPACE or %DFN_STREAMING_ERROR_IO
 */
gboolean dfn_download_file_put (
    DfnDownloadFile *self, guint32 index, GBytes *data, GBytes *path, GError **error);

/**
 * dfn_download_file_read:
 * @index: a chunk that is present
 * @path: (out): its audit path
 *
 * Hashes what it read, so that nothing is handed on that the disk or somebody else altered.
 *
 * Returns: (transfer full) (nullable): its bytes, or %NULL with %DFN_STREAMING_ERROR_FILE_CHANGED
 * or %DFN_STREAMING_ERROR_IO
 */
GBytes *
dfn_download_file_read (DfnDownloadFile *self, guint32 index, GBytes **path, GError **error);

/**
 * dfn_download_file_complete:
 *
 * Brings a download of which every chunk is present to its final name: syncs the data, renames
 * without ever replacing another file, removes the state and syncs the folder. Does nothing when
 * that is done already.
 *
 * Returns: %TRUE on success; else %FALSE with %DFN_STREAMING_ERROR_EXISTS,
 *   %DFN_STREAMING_ERROR_NO_SPACE or %DFN_STREAMING_ERROR_IO, and everything as it was
 */
gboolean dfn_download_file_complete (DfnDownloadFile *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnDownloadFile, dfn_download_file_free)

G_END_DECLS
