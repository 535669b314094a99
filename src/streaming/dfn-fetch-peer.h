/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-bitmap.h"

G_BEGIN_DECLS

/*
 * One provider as dfn-fetch-plan sees it: what it has, what was asked of it, how fast it answers,
 * and how much to ask of it at once. Times are microseconds of the caller's clock.
 */

typedef struct {
  guint32 index;
  guint32 length;
  gint64 sent_us;
  gint64 begun_us;   /* when the first of its bytes came, 0 before */
  guint64 delivered; /* bytes that the peer had delivered when this was asked */
  gboolean
      was_filling; /* the window was at least half full, so the sample says what the link can */
} DfnFetchRequest;

typedef struct {
  guint64 id;
  guint32 chunk_size;
  DfnBitmap *has;   /* NULL for everything */
  GArray *requests; /* DfnFetchRequest, the oldest first */
  gsize outstanding;

  guint64 delivered;
  guint64 n_received;
  double rate;        /* bytes/s, 0 while unknown */
  double response_us; /* smoothed, of a request; 0 while unknown */
  double deviation_us;
  double shortest_us;
  double p95_us; /* of the time from its first byte to its last; 0 while unknown */

  /* One round is as many bytes as the window held when it began. */
  guint64 round_begin_bytes;
  guint64 round_end_bytes;
  gint64 round_begin_us;
  gboolean round_was_full;
  guint n_rounds;
  gboolean is_probing;
  double rate_before_probe;
  double boost;

  gint64 active_us; /* when it last delivered anything */
  gint64 newest_delivered_sent_us;
  gboolean is_stalled;   /* silent for a timeout; asked for one chunk at a time until it answers */
  gboolean is_expiring;  /* what was asked of it is being given back */
  guint n_silences;      /* timeouts in a row */
  guint n_hard_failures; /* in a row */
  guint n_refusals;      /* in a row */
  gint64 backoff_until_us;
  gint64 idle_until_us; /* until when it is believed that it has nothing to do, as it said */
  guint n_moved;        /* requests moved to it since it last delivered */
  gint64 moved_us;      /* when the last of them was */

  gsize first_window; /* what is asked of it before it has delivered */
  gsize least_window;
  guint64 n_timeouts;
  guint64 n_failures;
  guint64 exhausted_generation; /* of the todo, when nothing was found for this peer */
  guint64 passed_over;          /* the call of dfn_fetch_plan_next() that does without it */
} DfnFetchPeer;

DfnFetchPeer *
dfn_fetch_peer_new (guint64 id, guint32 chunk_size, const DfnBitmap *has, gint64 now_us);
void dfn_fetch_peer_free (DfnFetchPeer *self);

gboolean dfn_fetch_peer_has (const DfnFetchPeer *self, guint32 index);

/**
 * dfn_fetch_peer_share_window:
 * @n_peers: how many are asked for this file, this one included
 *
 * One peer alone is asked for much at once; of many each is asked for little.
 */
void dfn_fetch_peer_share_window (DfnFetchPeer *self, guint n_peers);

/** dfn_fetch_peer_get_window: the bytes that may be asked of it at once */
gsize dfn_fetch_peer_get_window (const DfnFetchPeer *self);

/** dfn_fetch_peer_has_room: whether @length more bytes may be asked of it now */
gboolean dfn_fetch_peer_has_room (const DfnFetchPeer *self, guint32 length, gint64 now_us);

/**
 * dfn_fetch_peer_takes_over: whether a request that waits elsewhere may be moved to it
 *
 * Whoever says that it is idle and then gives nothing would otherwise take a chunk from those who
 * would give it, again and again. So it has to deliver before it gets more, or is tried once more
 * after a while, which doubles each time.
 */
gboolean dfn_fetch_peer_takes_over (const DfnFetchPeer *self, gint64 now_us);

/** dfn_fetch_peer_take_over: a request was moved to it */
void dfn_fetch_peer_take_over (DfnFetchPeer *self, gint64 now_us);

/** dfn_fetch_peer_expect: seconds until @bytes more than what is outstanding would be here */
double dfn_fetch_peer_expect (const DfnFetchPeer *self, guint64 bytes, gint64 now_us);

/** dfn_fetch_peer_expect_request: seconds until request number @place is answered */
double dfn_fetch_peer_expect_request (const DfnFetchPeer *self, guint place, gint64 now_us);

void dfn_fetch_peer_ask (DfnFetchPeer *self, guint32 index, guint32 length, gint64 now_us);

/** dfn_fetch_peer_find: the place of chunk @index among its requests, or -1 */
int dfn_fetch_peer_find (const DfnFetchPeer *self, guint32 index);
void dfn_fetch_peer_forget (DfnFetchPeer *self, guint place);

/** dfn_fetch_peer_deliver: request number @place was answered; learns from it and forgets it */
void dfn_fetch_peer_deliver (DfnFetchPeer *self, guint place, gint64 now_us);

/** dfn_fetch_peer_show_life: something arrived from it */
void dfn_fetch_peer_show_life (DfnFetchPeer *self, gint64 now_us);

/** dfn_fetch_peer_begin: bytes of the answer to request number @place arrived */
void dfn_fetch_peer_begin (DfnFetchPeer *self, guint place, gint64 now_us);

/** dfn_fetch_peer_get_deadline: when its oldest request times out, or %G_MAXINT64 */
gint64 dfn_fetch_peer_get_deadline (const DfnFetchPeer *self);

/** dfn_fetch_peer_get_late_us: the age from which one of its requests counts as late */
gint64 dfn_fetch_peer_get_late_us (const DfnFetchPeer *self);

/** dfn_fetch_peer_get_next_late: when, after @now_us, the next request gets late, or %G_MAXINT64 */
gint64 dfn_fetch_peer_get_next_late (const DfnFetchPeer *self, gint64 now_us);

/** dfn_fetch_peer_expire: its oldest request timed out; decides whether all the others did too */
void dfn_fetch_peer_expire (DfnFetchPeer *self, gint64 now_us);

/** dfn_fetch_peer_fail: a request failed; a hard failure, or many refusals in a row, mean a pause
 */
void dfn_fetch_peer_fail (DfnFetchPeer *self, gboolean is_hard, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnFetchPeer, dfn_fetch_peer_free)

G_END_DECLS
