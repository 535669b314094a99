/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-buffer-pool.h"

G_BEGIN_DECLS

/** DFN_FILE_WRITER_ALIGNMENT: what data, length and offset are multiples of on the shorter way */
#define DFN_FILE_WRITER_ALIGNMENT DFN_BUFFER_POOL_ALIGNMENT

/**
 * DFN_FILE_WRITER_PATIENCE_US: a disk that takes longer for a write, on the average of the last
 * ones, gets many of them at a time instead, to be put in order: 256 KiB in 4 ms are 64 MB/s
 */
#define DFN_FILE_WRITER_PATIENCE_US 4000

/**
 * DfnFileWriter:
 *
 * Writes the chunks of a file, in any order, past the system's page cache where that can be done:
 * new pages for every byte are the dearest part of a download, nearly as dear as its hash, and a
 * large file drives out of the memory what other programs have there.
 *
 * Not for a disk that takes long for each write, as one that turns does: there, and where data is
 * not aligned or the file system wants it so, it goes through the cache with a #DfnWriteBehind.
 * Both may be mixed, and whoever reads the file sees what was written.
 *
 * Blocks, so it belongs to a worker's thread.
 */
typedef struct _DfnFileWriter DfnFileWriter;

/**
 * dfn_file_writer_new:
 * @fd: a file, open for writing for as long as this exists
 *
 * Returns: (transfer full): a writer for @fd
 */
DfnFileWriter *dfn_file_writer_new (int fd);
void dfn_file_writer_free (DfnFileWriter *self);

/**
 * dfn_file_writer_write:
 * @data: (array length=length): bytes
 * @offset: where to put them, in bytes
 *
 * Returns: %TRUE, or %FALSE with errno set where these bytes, or some of an earlier write, could
 *   not be written
 */
gboolean
dfn_file_writer_write (DfnFileWriter *self, const void *data, gsize length, goffset offset);

/**
 * dfn_file_writer_average:
 * @mean_us: what writes took so far, at first 0
 * @took_us: what the last one took
 *
 * Returns: the mean of the last ones, in which a single one cannot count for much
 */
gint64 dfn_file_writer_average (gint64 mean_us, gint64 took_us);

/** dfn_file_writer_is_direct: whether the next aligned write will go past the cache */
gboolean dfn_file_writer_is_direct (const DfnFileWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnFileWriter, dfn_file_writer_free)

G_END_DECLS
