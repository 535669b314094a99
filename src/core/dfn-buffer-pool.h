/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_BUFFER_POOL_ALIGNMENT: each buffer begins at a multiple of it, so that a disk can take it */
#define DFN_BUFFER_POOL_ALIGNMENT 4096

/**
 * DfnBufferPool:
 *
 * Buffers of one size that are used again and again. The allocator gives memory of a chunk's size
 * back to the system when it is freed, and the system clears every page of it before it gives it
 * out anew: for a buffer that is filled at once, a third of the cost of filling it.
 *
 * May be used on all threads.
 */
typedef struct _DfnBufferPool DfnBufferPool;

/**
 * dfn_buffer_pool_new:
 * @size: of each buffer, in bytes, not 0
 * @max_idle: how many buffers at most are kept while nobody uses them
 *
 * Returns: (transfer full): an empty pool
 */
DfnBufferPool *dfn_buffer_pool_new (gsize size, guint max_idle);

/** dfn_buffer_pool_free: buffers that are still in use live on without it */
void dfn_buffer_pool_free (DfnBufferPool *self);

/**
 * dfn_buffer_pool_take:
 * @length: how many bytes of a buffer are wanted, at most its size
 * @data: (out) (transfer none): where to write them; their content is undefined
 *
 * Returns: (transfer full): the bytes, to be written before anybody else sees them. The buffer
 *   goes back to the pool with the last reference
 */
GBytes *dfn_buffer_pool_take (DfnBufferPool *self, gsize length, guint8 **data);

/** dfn_buffer_pool_get_n_idle: how many buffers nobody uses now */
guint dfn_buffer_pool_get_n_idle (DfnBufferPool *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnBufferPool, dfn_buffer_pool_free)

G_END_DECLS
