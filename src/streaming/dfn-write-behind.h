/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_WRITE_BEHIND_WINDOW: about how many of the ranges written last stay in memory, 32 MiB of
 * chunks */
#define DFN_WRITE_BEHIND_WINDOW 128

/**
 * DfnWriteBehind:
 *
 * Sends what is written to a file to the disk while the file still grows, and lets go of its pages
 * in memory once about %DFN_WRITE_BEHIND_WINDOW other ranges have been written.
 *
 * Left alone, the kernel collects up to a fifth of the memory as unwritten pages, drives out for
 * them what other programs have in memory, and makes the fsync() at the end wait for all of it. New
 * pages for every byte are also the dearest part of a download. The window is long enough for
 * whoever plays or passes on what has just arrived to find it in memory.
 *
 * Blocks, so it belongs to a worker's thread.
 */
typedef struct _DfnWriteBehind DfnWriteBehind;

/**
 * dfn_write_behind_new:
 * @fd: a file, open for writing for as long as this exists
 *
 * Returns: (transfer full): a writer for @fd, of which nothing has been written yet
 */
DfnWriteBehind *dfn_write_behind_new (int fd);
void dfn_write_behind_free (DfnWriteBehind *self);

/**
 * dfn_write_behind_add:
 * @offset: where a range begins that has just been written, in bytes
 * @length: how many bytes it has
 *
 * Waits for the disk if it is a whole window behind. File systems that cannot be told to write are
 * left alone.
 *
 * Returns: %TRUE, or %FALSE with errno where an earlier range could not be written to the disk
 */
gboolean dfn_write_behind_add (DfnWriteBehind *self, goffset offset, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnWriteBehind, dfn_write_behind_free)

G_END_DECLS
