/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnStreamingError:
 * @DFN_STREAMING_ERROR_INVALID_MANIFEST: a description of a file that contradicts itself or the
 *   limits
 * @DFN_STREAMING_ERROR_INTEGRITY: bytes that do not prove to the tree's root
 * @DFN_STREAMING_ERROR_FILE: a file that cannot be shared: missing, unreadable, empty, no file
 * @DFN_STREAMING_ERROR_FILE_CHANGED: a file that is no longer what was hashed
 * @DFN_STREAMING_ERROR_NO_SPACE: a disk, quota or file system with too little room
 * @DFN_STREAMING_ERROR_IO: the disk or the system failed otherwise
 * @DFN_STREAMING_ERROR_EXISTS: something else is already where the download should go
 * @DFN_STREAMING_ERROR_BUSY: another process holds the download, or the queue is full; later works
 */
typedef enum {
  DFN_STREAMING_ERROR_INVALID_MANIFEST,
  DFN_STREAMING_ERROR_INTEGRITY,
  DFN_STREAMING_ERROR_FILE,
  DFN_STREAMING_ERROR_FILE_CHANGED,
  DFN_STREAMING_ERROR_NO_SPACE,
  DFN_STREAMING_ERROR_IO,
  DFN_STREAMING_ERROR_EXISTS,
  DFN_STREAMING_ERROR_BUSY,
} DfnStreamingError;

#define DFN_STREAMING_ERROR (dfn_streaming_error_quark ())
GQuark dfn_streaming_error_quark (void);

G_END_DECLS
