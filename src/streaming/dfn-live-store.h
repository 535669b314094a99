/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-chunk.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/** DFN_LIVE_STORE_WINDOW_US: how far back one can go, unless told otherwise: 30 minutes */
#define DFN_LIVE_STORE_WINDOW_US (G_GINT64_CONSTANT (30) * 60 * G_USEC_PER_SEC)
/** DFN_LIVE_STORE_MAX_BYTES: what that may take on the disk, unless told otherwise: 2 GiB */
#define DFN_LIVE_STORE_MAX_BYTES (G_GUINT64_CONSTANT (2) * 1024 * 1024 * 1024)

#define DFN_TYPE_LIVE_STORE (dfn_live_store_get_type ())
G_DECLARE_FINAL_TYPE (DfnLiveStore, dfn_live_store, DFN, LIVE_STORE, GObject)

/**
 * DfnLiveStore:
 *
 * The recent past of one epoch of a live stream: the last seconds in memory, for forwarding, and a
 * window on the disk, for going back. Files in the cache folder have no name while they are used,
 * so that nothing is left when the program ends, however it ends. A disk that is full or fails
 * makes the window shorter; it never stops the stream.
 *
 * Signal `notice` (const char *sentence): the window on the disk is shorter than it should be
 */

/**
 * dfn_live_store_new:
 * @folder: (nullable): where; %NULL for the user's cache folder
 * @window_us: how much is kept, in time of capture; 0 for nothing on the disk
 * @max_bytes: and in bytes on the disk
 * @recent_us: how much is kept in memory
 *
 * Returns: (transfer full): an empty store
 */
DfnLiveStore *
dfn_live_store_new (const char *folder, gint64 window_us, guint64 max_bytes, gint64 recent_us);

/**
 * dfn_live_store_add:
 * @chunk: (transfer none): verified, or made here; one that is there already is passed over
 */
void dfn_live_store_add (DfnLiveStore *self, DfnLiveChunk *chunk);

/* Returns: whether that chunk can be had, from memory or disk */
gboolean dfn_live_store_has (DfnLiveStore *self, guint32 track, guint32 sequence);

/* Returns: (transfer full) (nullable): the chunk if it is in memory */
DfnLiveChunk *dfn_live_store_lookup (DfnLiveStore *self, guint32 track, guint32 sequence);

/**
 * dfn_live_store_read_async:
 *
 * Gets a chunk from wherever it is. Fails with %DFN_STREAMING_ERROR_FILE if it is not there.
 */
void dfn_live_store_read_async (DfnLiveStore *self,
                                guint32 track,
                                guint32 sequence,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
DfnLiveChunk *dfn_live_store_read_finish (DfnLiveStore *self, GAsyncResult *result, GError **error);

/**
 * dfn_live_store_find:
 * @captured_us: a time of capture
 * @sequence: (out): the last chunk of @track that was captured by then and that a reader can begin
 *   with; the first one there is if they are all younger
 * @found_us: (out): when that was captured
 *
 * Returns: %FALSE if there is none
 */
gboolean dfn_live_store_find (
    DfnLiveStore *self, guint32 track, gint64 captured_us, guint32 *sequence, gint64 *found_us);

/**
 * DfnLiveStoreStats:
 * @n_chunks: chunks that can be had
 * @memory_bytes: payloads held in memory
 * @disk_bytes: on the disk
 * @window_us: from the oldest to the newest chunk, in time of capture
 * @n_unstored: chunks that the disk did not take
 */
typedef struct {
  guint n_chunks;
  gsize memory_bytes;
  guint64 disk_bytes;
  gint64 window_us;
  guint64 n_unstored;
} DfnLiveStoreStats;

void dfn_live_store_get_stats (DfnLiveStore *self, DfnLiveStoreStats *stats);

G_END_DECLS
