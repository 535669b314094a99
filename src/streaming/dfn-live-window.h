/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-scheduler.h"

G_BEGIN_DECLS

/** DFN_LIVE_WINDOW_SIZE: sequences of a track that are remembered, a power of two */
#define DFN_LIVE_WINDOW_SIZE 256
/** DFN_LIVE_WINDOW_AHEAD: how far beyond what is verified others may speak of chunks */
#define DFN_LIVE_WINDOW_AHEAD 96

/* In place of a peer's place in the table. */
#define DFN_LIVE_NOBODY 0xff
/* Claims of a chunk: the one that was accepted or requested, and a second when that is late. */
#define DFN_LIVE_MAX_CLAIMS 2

/**
 * DfnLiveClaim: somebody is to give us a chunk
 * @peer: place in the table of peers, or %DFN_LIVE_NOBODY
 * @since_us: when we accepted or asked
 * @late_us: from when on it counts as late
 * @begun_us: when its first bytes came, 0 before
 */
typedef struct {
  gint64 since_us;
  gint64 late_us;
  gint64 begun_us;
  guint8 peer;
  gboolean is_request;
} DfnLiveClaim;

/* Copies of a chunk that are waited for at one time. */
#define DFN_LIVE_MAX_TRIALS 4

/**
 * DfnLiveTrial: the source gave a copy of a chunk, and waits whether it is passed on
 * @peer: place in the table of peers
 */
typedef struct {
  gint64 since_us;
  guint8 peer;
} DfnLiveTrial;

/**
 * DfnLiveState:
 * @DFN_LIVE_STATE_UNUSED: nothing is known of it
 * @DFN_LIVE_STATE_MISSING: it exists, or soon will
 * @DFN_LIVE_STATE_HERE: we have it
 * @DFN_LIVE_STATE_MISSED: it was due, and not here
 */
typedef enum {
  DFN_LIVE_STATE_UNUSED,
  DFN_LIVE_STATE_MISSING,
  DFN_LIVE_STATE_HERE,
  DFN_LIVE_STATE_MISSED,
} DfnLiveState;

/**
 * DfnLiveEntry: what is known of one chunk; sets of peers are bits by place in the table
 * @captured_us: estimated unless it is here
 * @order_us: the scheduling deadline: what is earliest is offered first
 * @coming_us: when it will be here, once its first bytes are; 0 before
 * @have: who has it, or was promised it by another
 * @told: who knows that we have it
 * @offered: whom we offered it, or send it
 * @refused: who would not give it when asked
 * @n_copies: how many we gave, or are giving
 * @n_vain: how many of these nobody passed on; the rest is for the source alone
 * @given: who has it from us
 * @trials: the copies of which others are to show that they were passed on, in the order of time
 * @is_shown: others than those have it
 */
typedef struct {
  guint32 sequence;
  DfnLiveState state;
  guint32 size;
  guint32 n_copies;
  guint32 n_vain;
  gint64 captured_us;
  gint64 received_us;
  gint64 order_us;
  gint64 coming_us;
  guint64 have;
  guint64 told;
  guint64 offered;
  guint64 refused;
  guint64 given;
  guint n_trials;
  DfnLiveTrial trials[DFN_LIVE_MAX_TRIALS];
  gboolean is_shown;
  DfnLiveClaim claims[DFN_LIVE_MAX_CLAIMS];
} DfnLiveEntry;

/**
 * DfnLiveTrack: the chunks of one track around its live edge
 * @begin: the first that is not too old
 * @end: one past the last that anybody spoke of
 * @start: the first that is wanted here: a newcomer does not ask for all that was
 * @is_anchored: whether a verified chunk told where the edge is
 * @newest: the newest verified one, captured at @newest_captured_us
 * @interval_us: time of capture from one chunk to the next, as learned
 * @n_resets: how often all entries were forgotten at once
 */
typedef struct {
  guint32 number;
  guint64 begin;
  guint64 end;
  guint64 start;
  gboolean is_started;
  gboolean is_anchored;
  guint64 newest;
  gint64 newest_captured_us;
  double interval_us;
  guint n_resets;
  DfnLiveEntry entries[DFN_LIVE_WINDOW_SIZE];
} DfnLiveTrack;

/** dfn_live_track_new: (transfer full): knowing nothing yet */
DfnLiveTrack *dfn_live_track_new (guint32 number, gint64 slot_us);
void dfn_live_track_free (DfnLiveTrack *self);

/** dfn_live_track_find: (nullable): the entry of @sequence if it is in the window */
DfnLiveEntry *dfn_live_track_find (DfnLiveTrack *self, guint64 sequence);

/**
 * dfn_live_track_touch:
 *
 * As dfn_live_track_find(), but a chunk beyond the end is added, with all before it. Until a
 * verified chunk anchored the window, it goes wherever it is asked to.
 *
 * Returns: (nullable): %NULL if it is too old, or too far ahead to be believed
 */
DfnLiveEntry *dfn_live_track_touch (DfnLiveTrack *self, gint64 now_us, guint64 sequence);

/** dfn_live_track_anchor: the same for a chunk that is verified, which may be anywhere */
DfnLiveEntry *dfn_live_track_anchor (DfnLiveTrack *self, guint64 sequence, gint64 captured_us);

/** dfn_live_track_begin_at: what is before @sequence is not wanted; only the first call counts */
void dfn_live_track_begin_at (DfnLiveTrack *self, guint64 sequence);

/** dfn_live_entry_get_claim: (nullable): the claim of @peer */
DfnLiveClaim *dfn_live_entry_get_claim (DfnLiveEntry *self, guint8 peer);

/** dfn_live_entry_add_claim: %FALSE if there is no room for another */
gboolean dfn_live_entry_add_claim (
    DfnLiveEntry *self, guint8 peer, gboolean is_request, gint64 now_us, gint64 late_us);

/** dfn_live_entry_drop_trial: @peer is gone; returns whether it was on trial */
gboolean dfn_live_entry_drop_trial (DfnLiveEntry *self, guint8 peer);

/** dfn_live_entry_count_claims: how many are open, and not late */
guint dfn_live_entry_count_claims (const DfnLiveEntry *self, gint64 now_us, guint *n_good);

G_END_DECLS
