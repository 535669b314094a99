/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnSourceFile:
 *
 * A regular file opened for sharing, with a memory of what it was at that moment. It blocks, so it
 * is used on a worker's thread, by one thread at a time.
 */
typedef struct _DfnSourceFile DfnSourceFile;

/**
 * dfn_source_file_open:
 * @path: a file name in the file system's encoding
 * @error: return location
 *
 * Never waits for the other end of a FIFO and never touches a device.
 *
 * Returns: (transfer full) (nullable): the file, or %NULL with %DFN_STREAMING_ERROR_FILE when it is
 *   missing, a folder, not regular, unreadable, empty or larger than %DFN_MANIFEST_MAX_SIZE
 */
DfnSourceFile *dfn_source_file_open (const char *path, GError **error);
void dfn_source_file_free (DfnSourceFile *self);

/** dfn_source_file_get_path: as it was opened (transfer none) */
const char *dfn_source_file_get_path (DfnSourceFile *self);

/** dfn_source_file_get_size: bytes, as they were when it was opened */
guint64 dfn_source_file_get_size (DfnSourceFile *self);

/**
 * dfn_source_file_check:
 *
 * Returns: %TRUE while size and time of modification are what they were; else %FALSE with
 *   %DFN_STREAMING_ERROR_FILE_CHANGED
 */
gboolean dfn_source_file_check (DfnSourceFile *self, GError **error);

/**
 * dfn_source_file_read:
 * @out: (out caller-allocates): room for @length bytes
 * @offset: where to begin, in bytes
 *
 * Holes are not read but known. What was read counts only if dfn_source_file_check() succeeds
 * afterwards.
 *
 * Returns: %TRUE if all @length bytes were read; else %FALSE with %DFN_STREAMING_ERROR_FILE_CHANGED
 *   where the file ends early, or %DFN_STREAMING_ERROR_IO
 */
gboolean
dfn_source_file_read (DfnSourceFile *self, void *out, gsize length, goffset offset, GError **error);

/**
 * dfn_source_file_advise:
 * @sequential: whether it is about to be read from the beginning to the end
 *
 * Tells the system how much to read ahead.
 */
void dfn_source_file_advise (DfnSourceFile *self, gboolean sequential);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnSourceFile, dfn_source_file_free)

G_END_DECLS
