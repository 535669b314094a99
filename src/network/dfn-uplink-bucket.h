/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnUplinkBucket:
 *
 * Tokens, which are bytes on the link, that come at a rate; and a limit that no 100 ms exceed.
 * Pure: time is an argument, in microseconds. Plain data: all zero is a bucket without rate and
 * limit.
 *
 * Tokens are taken after the fact, so they can become negative: what must not wait is sent in any
 * case, and the others wait for it.
 */
typedef struct _DfnUplinkBucket DfnUplinkBucket;

/** DFN_UPLINK_PACKET: the largest packet on the link, in bytes with its headers */
#define DFN_UPLINK_PACKET 1500
/** DFN_UPLINK_MIN_LIMIT: the lowest limit, in bytes a second: of one packet every 100 ms */
#define DFN_UPLINK_MIN_LIMIT 16000

#define DFN_UPLINK_WINDOW_US 100000
#define DFN_UPLINK_N_SLOTS 101

struct _DfnUplinkBucket {
  double rate;  /* bytes a second; 0: no end of tokens */
  double limit; /* likewise */
  double tokens;
  gint64 filled_us;
  /* What was sent in each of the last milliseconds, and in all of them. */
  guint32 slots[DFN_UPLINK_N_SLOTS];
  gint64 slot; /* the number of the newest one */
  guint64 in_window;
};

/**
 * dfn_uplink_bucket_set:
 * @rate: bytes a second at which tokens come; 0: no end of them
 * @limit: bytes a second that the user allows, at least %DFN_UPLINK_MIN_LIMIT; 0: no limit
 */
void dfn_uplink_bucket_set (DfnUplinkBucket *self, gint64 now_us, double rate, double limit);

/**
 * dfn_uplink_bucket_get:
 *
 * Returns: the bytes that one connection may send now before it is another's turn, %G_MAXSIZE if
 *   there is no limit, 0 if it has to wait
 */
gsize dfn_uplink_bucket_get (DfnUplinkBucket *self, gint64 now_us);

/**
 * dfn_uplink_bucket_take:
 * @bytes: on the link, sent just now
 */
void dfn_uplink_bucket_take (DfnUplinkBucket *self, gint64 now_us, guint64 bytes);

/**
 * dfn_uplink_bucket_get_ready:
 *
 * Returns: when dfn_uplink_bucket_get() will not be 0 any more, as far as is known now
 */
gint64 dfn_uplink_bucket_get_ready (DfnUplinkBucket *self, gint64 now_us);

G_END_DECLS
