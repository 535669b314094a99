/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-chunk.h"

G_BEGIN_DECLS

/** DFN_PLAYOUT_MAX_CHUNKS: the most chunks held; what is further ahead is not taken */
#define DFN_PLAYOUT_MAX_CHUNKS 4096
/** DFN_PLAYOUT_MAX_BYTES: the most bytes held */
#define DFN_PLAYOUT_MAX_BYTES (64 * 1024 * 1024)

/**
 * DfnPlayout:
 *
 * Decides when each chunk of one track is played: puts chunks in order, holds them back long enough
 * that those which take longer still come in time, passes over those that do not, and keeps the
 * distance to the live edge bounded. It has no clock: the caller says what time it is, in
 * microseconds of any clock that never runs backwards.
 *
 * The broadcaster's clock is another one. A chunk's time of capture plus the smallest difference
 * seen between arrival and capture is when it could have been here at best; by how much it was
 * later is measured, and what is measured decides the target: it rises with each chunk that is
 * later and falls slowly. A chunk is due at its best time plus the present delay, which moves
 * towards the target a few percent faster or slower than time does.
 */
typedef struct _DfnPlayout DfnPlayout;

/**
 * DfnPlayoutConfig:
 * @slot_us: nominal duration of a chunk
 * @min_target_us: the least delay, beyond the best time
 * @max_target_us: the most
 * @start_target_us: the first one
 * @max_behind_us: how much more than the target the delay may grow (because nothing came, and then
 *   all at once) before playing goes on at the live edge
 */
typedef struct {
  gint64 slot_us;
  gint64 min_target_us;
  gint64 max_target_us;
  gint64 start_target_us;
  gint64 max_behind_us;
} DfnPlayoutConfig;

/* The values for a stream whose chunks have @slot_us. */
void dfn_playout_config_init (DfnPlayoutConfig *config, gint64 slot_us);

/**
 * DfnPlayoutStats:
 * @target_us: the delay that is aimed at
 * @delay_us: the present one: how long after its best time a chunk is played
 * @jitter_us: how much later than at best chunks came lately
 * @buffered_us: what is here to be played, in time of capture
 * @rate: how fast time of the stream passes, 1 for as it was captured
 * @n_played: chunks
 * @n_missed: chunks passed over because they were not here in time
 * @n_skipped: chunks passed over that were here, to get back to the live edge or to a place where a
 *   reader can begin
 * @n_late: chunks that came after their place had been passed over
 * @n_duplicates: chunks that were here already
 * @n_stalls: how often playing stood still because a chunk was missing
 * @stalled_us: for how long altogether
 */
typedef struct {
  gint64 target_us;
  gint64 delay_us;
  gint64 jitter_us;
  gint64 buffered_us;
  double rate;
  guint64 n_played;
  guint64 n_missed;
  guint64 n_skipped;
  guint64 n_late;
  guint64 n_duplicates;
  guint64 n_stalls;
  gint64 stalled_us;
} DfnPlayoutStats;

DfnPlayout *dfn_playout_new (const DfnPlayoutConfig *config);
void dfn_playout_free (DfnPlayout *self);

/**
 * dfn_playout_add:
 * @chunk: (transfer none): a chunk of the track, verified
 * @is_fresh: whether it came by itself, so that its delay says something; %FALSE for what was
 *   fetched on purpose from the past
 *
 * Takes a chunk in whatever order they come.
 */
void dfn_playout_add (DfnPlayout *self, gint64 now_us, DfnLiveChunk *chunk, gboolean is_fresh);

/**
 * dfn_playout_note_edge:
 * @captured_us: when the newest chunk was captured that others know of
 *
 * Tells a broadcaster that is silent from one whose chunks do not come; only stalls are counted by
 * it.
 */
void dfn_playout_note_edge (DfnPlayout *self, gint64 captured_us);

/**
 * dfn_playout_next:
 * @begins: (out) (optional): whether a reader has to begin anew with this chunk: the first one, and
 *   the first after a gap
 *
 * Returns: (transfer full) (nullable): the chunk to be played now, or %NULL if none is due
 */
DfnLiveChunk *dfn_playout_next (DfnPlayout *self, gint64 now_us, gboolean *begins);

/* Returns: when dfn_playout_next() may have something if nothing is added until then;
 * %G_MAXINT64 if never */
gint64 dfn_playout_get_wakeup (DfnPlayout *self, gint64 now_us);

/**
 * dfn_playout_set_paused:
 *
 * Stops the clock, for instance while whoever is played to takes nothing. Afterwards playing goes
 * on where it was; dfn_playout_get_needed() says what has to be fetched for it.
 */
void dfn_playout_set_paused (DfnPlayout *self, gint64 now_us, gboolean is_paused);

/**
 * dfn_playout_get_needed:
 * @n: (out): how many from there on are not here, at most 64
 *
 * Returns: %TRUE, and the first chunk that is wanted next and not here, if playing has begun.
 * Behind the live edge, these are to be fetched from a store and added.
 */
gboolean dfn_playout_get_needed (DfnPlayout *self, guint32 *sequence, guint *n);

/**
 * dfn_playout_seek:
 * @sequence: where to go on, back or forth: a chunk that a reader can begin with
 * @captured_us: when that was captured
 *
 * Goes back in time, or forth again. The delay is then what it is: nothing is hurried or passed
 * over to get to the live edge until dfn_playout_go_live().
 */
void dfn_playout_seek (DfnPlayout *self, gint64 now_us, guint32 sequence, gint64 captured_us);

/* Goes on at the live edge. */
void dfn_playout_go_live (DfnPlayout *self);

/* Plays what is here without waiting for its time: nothing more will come. */
void dfn_playout_finish (DfnPlayout *self);

/* Returns: whether the track's last chunk has been played. */
gboolean dfn_playout_is_ended (DfnPlayout *self);

/**
 * dfn_playout_get_offset:
 * @offset_us: (out): what to add to a time of capture to have the best time in the caller's clock
 *
 * Returns: %FALSE while nothing has come
 */
gboolean dfn_playout_get_offset (DfnPlayout *self, gint64 *offset_us);

void dfn_playout_get_stats (DfnPlayout *self, DfnPlayoutStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnPlayout, dfn_playout_free)

G_END_DECLS
