/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnUplinkPaths:
 *
 * The round-trip times of all connections over one uplink, and the queueing delay that they have in
 * common. Pure: time is an argument, in microseconds.
 *
 * The queueing delay of a path is its round-trip time less the shortest one known. What a third of
 * the paths does not exceed, and of many paths a few, is taken for the uplink's own queue: a queue
 * at a peer, behind which acknowledgements wait, or a path that has become longer, does not show on
 * all. A path that began while there was a queue is not asked until there was none; nor is one over
 * which no content goes: a viewer that gives nothing yet makes no queue, but sees that of its
 * source, through which the source's acknowledgements come.
 */
typedef struct _DfnUplinkPaths DfnUplinkPaths;

/**
 * DfnUplinkPath:
 *
 * One connection. @sent, @resolved and @acked are the estimate's: bytes on the link that were sent,
 * that were acknowledged or given up, and stream bytes that were acknowledged.
 */
typedef struct _DfnUplinkPath DfnUplinkPath;

/* A path's delay is the shortest of so many ticks, free of what chance adds to single packets. */
#define DFN_UPLINK_N_DELAYS 8

struct _DfnUplinkPath {
  guint64 sent;
  guint64 resolved;
  guint64 acked;

  gint64 base_us;                     /* shortest round trip known, -1: none */
  gint64 low_us;                      /* shortest since the last drain, -1: none */
  gint64 old_low_us;                  /* and between the two drains before */
  gint64 delays[DFN_UPLINK_N_DELAYS]; /* the shortest of each tick, -1: none */
  gint64 latest_us;
  gint64 sampled_us; /* when */
  guint64 noted;     /* of @acked, the last time that it was looked at */
  gint64 noted_us;   /* when */
  gint64 busy_us;    /* when content went over it last */
  gboolean is_sure;  /* whether @base_us was seen with an empty queue */
};

/**
 * DfnUplinkDelay:
 * @queue_us: the queueing delay over the last ticks, -1: unknown
 * @fresh_queue_us: by the latest samples alone, of paths that are sure; -1: unknown
 * @rtt_us: the median round-trip time, -1: unknown
 * @n_fresh: how many paths are in use
 * @are_all_sure: whether all paths in use have seen an empty queue
 */
typedef struct {
  gint64 queue_us;
  gint64 fresh_queue_us;
  gint64 rtt_us;
  guint n_fresh;
  gboolean are_all_sure;
} DfnUplinkDelay;

/** DFN_UPLINK_CALM_US: a queue so short is none */
#define DFN_UPLINK_CALM_US 4000

DfnUplinkPaths *dfn_uplink_paths_new (void);
void dfn_uplink_paths_free (DfnUplinkPaths *self);

/**
 * dfn_uplink_paths_add:
 *
 * Returns: (transfer none): a new path
 */
DfnUplinkPath *dfn_uplink_paths_add (DfnUplinkPaths *self);
void dfn_uplink_paths_remove (DfnUplinkPaths *self, DfnUplinkPath *path);
/* The connection goes another way now. */
void dfn_uplink_path_forget (DfnUplinkPath *path);

/**
 * dfn_uplink_path_note_content:
 *
 * To be called when @acked has changed.
 */
void dfn_uplink_path_note_content (DfnUplinkPath *path, gint64 now_us);

/**
 * dfn_uplink_paths_sample:
 * @rtt_us: a round-trip time
 *
 * Returns: %TRUE if @path is clearly shorter than it was known to be
 */
gboolean
dfn_uplink_paths_sample (DfnUplinkPaths *self, DfnUplinkPath *path, gint64 now_us, gint64 rtt_us);

/* What the paths have in common since the last tick, and begins the next one. */
void dfn_uplink_paths_tick (DfnUplinkPaths *self, gint64 now_us, DfnUplinkDelay *delay);

/**
 * dfn_uplink_paths_rotate:
 *
 * The queue has been emptied since the last call: forgets what was before the last but one, so that
 * a path may have become longer.
 */
void dfn_uplink_paths_rotate (DfnUplinkPaths *self);

/* Takes the present delays for the length of the paths. */
void dfn_uplink_paths_accept (DfnUplinkPaths *self, gint64 now_us);

G_END_DECLS
