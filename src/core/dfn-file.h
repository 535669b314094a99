/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_file_write_atomically:
 * @path: the file to replace
 * @data: (array length=length): its new content
 * @mode: its permissions, e.g. 0600
 * @error: return location
 *
 * Writes a temporary file beside @path, syncs it, renames it over @path and syncs the folder, so
 * that a crash leaves either the old content or the new.
 *
 * Returns: %TRUE on success; else %FALSE with a %G_FILE_ERROR, @path as it was
 */
gboolean dfn_file_write_atomically (
    const char *path, const void *data, gsize length, int mode, GError **error);

/**
 * dfn_file_read_all:
 * @fd: a file descriptor
 * @out: (out caller-allocates): room for @length bytes
 * @offset: where to start, in bytes
 *
 * Reads at a position, going on after interruptions and short reads.
 *
 * Returns: the bytes read, less than @length only at the end of the file; -1 with errno set
 */
gssize dfn_file_read_all (int fd, void *out, gsize length, goffset offset);

/**
 * dfn_file_write_all:
 * @fd: a file descriptor
 * @data: (array length=length): bytes
 * @offset: where to put them, in bytes
 *
 * Returns: %TRUE when all is written; else %FALSE with errno set
 */
gboolean dfn_file_write_all (int fd, const void *data, gsize length, goffset offset);

G_END_DECLS
