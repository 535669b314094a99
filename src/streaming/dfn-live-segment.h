/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-chunk.h"

G_BEGIN_DECLS

/**
 * DfnLiveSegment:
 *
 * One of the nameless files that a #DfnLiveStore writes chunks to. Reference-counted, from any
 * thread; the file goes with the last reference. Only one thread may write.
 */
typedef struct _DfnLiveSegment DfnLiveSegment;

/* @folder: where the file is made, at the first write. Returns: (transfer full): a segment */
DfnLiveSegment *dfn_live_segment_new (const char *folder);
DfnLiveSegment *dfn_live_segment_ref (DfnLiveSegment *self);
void dfn_live_segment_unref (DfnLiveSegment *self);

/* Returns: the bytes that @chunk takes in a segment */
guint64 dfn_live_segment_measure (const DfnLiveChunk *chunk);

/**
 * dfn_live_segment_write:
 * @offset: where, in bytes
 *
 * Blocks. Returns: %FALSE with %DFN_STREAMING_ERROR_NO_SPACE or %DFN_STREAMING_ERROR_IO
 */
gboolean dfn_live_segment_write (DfnLiveSegment *self,
                                 guint64 offset,
                                 const DfnLiveChunk *chunk,
                                 GError **error);

/**
 * dfn_live_segment_read:
 * @size: the bytes of its payload
 *
 * Blocks. Returns: (transfer full) (nullable): the chunk, or %NULL with %DFN_STREAMING_ERROR_IO or
 *   %DFN_STREAMING_ERROR_INTEGRITY
 */
DfnLiveChunk *
dfn_live_segment_read (DfnLiveSegment *self, guint64 offset, gsize size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveSegment, dfn_live_segment_unref)

G_END_DECLS
