/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer-ranker.h"

G_BEGIN_DECLS

/** DFN_REQUEST_LOG_MAX_ROWS: the newest rows that are kept */
#define DFN_REQUEST_LOG_MAX_ROWS 200000
/** DFN_REQUEST_LOG_MAX_BYTES: what the file may take on the disk */
#define DFN_REQUEST_LOG_MAX_BYTES (64 * 1024 * 1024)
/** DFN_REQUEST_LOG_MAX_DAYS: how long a row is kept */
#define DFN_REQUEST_LOG_MAX_DAYS 30
/** DFN_REQUEST_LOG_MAX_OPEN: the most requests that are followed at once */
#define DFN_REQUEST_LOG_MAX_OPEN 8192

/**
 * DfnRequestLog:
 *
 * A file on this computer alone with one row a chunk request, from which a ranker of peers can
 * learn: what was known of the peer when it was chosen, how probable the choice was, and what
 * became of it. It holds no address, no key and no name of a content; peers are numbers that hold
 * for one run of the program.
 *
 * Everything that touches the disk happens on a thread of the log's own, in batches. A log that
 * cannot be written is off, and says so once; the rest of the program does not notice. For one
 * thread but for that.
 */
typedef struct _DfnRequestLog DfnRequestLog;

/**
 * DfnRequestFamily:
 *
 * The numbers are written to the log and stay.
 */
typedef enum {
  DFN_REQUEST_FAMILY_UNKNOWN = 0,
  DFN_REQUEST_FAMILY_IPV4 = 4,
  DFN_REQUEST_FAMILY_IPV6 = 6,
} DfnRequestFamily;

/**
 * DfnRequestFacts:
 * @peer: a number from dfn_request_log_name_peer()
 * @own: what this side has measured of the peer
 * @claims: what the peer says of itself
 * @family: what addresses the path to it has
 * @is_relayed: whether the path goes through a TURN server
 * @policy: (transfer none): who chose, as dfn_peer_ranker_get_policy() names it; at most 32 bytes
 *   are kept
 * @probability: how probable this choice was
 * @n_candidates: how many peers could have been asked
 * @bytes: the size of the chunk
 * @is_live: whether it is a live stream's
 * @is_hedge: whether it is under way from another peer, too
 * @slack_us: the time until it is too late; %G_MAXINT64 if it never is
 *
 * What is known when a chunk is asked for.
 */
typedef struct {
  guint64 peer;
  DfnPeerMeasurements own;
  DfnPeerClaims claims;
  DfnRequestFamily family;
  gboolean is_relayed;
  const char *policy;
  double probability;
  guint n_candidates;
  guint64 bytes;
  gboolean is_live;
  gboolean is_hedge;
  gint64 slack_us;
} DfnRequestFacts;

/**
 * dfn_request_log_new:
 * @path: the file, made when it is needed and not there. One that is damaged is put aside as
 *   `PATH.broken`
 *
 * Returns: (transfer full): a log; nothing has touched the disk yet
 */
DfnRequestLog *dfn_request_log_new (const char *path);

/**
 * dfn_request_log_free:
 *
 * Writes what is finished, for a second at most, and forgets what is not.
 */
void dfn_request_log_free (DfnRequestLog *self);

/**
 * dfn_request_log_name_peer:
 * @self: (nullable): the log
 * @key: (array length=length): what the caller knows the peer by, e.g. its public key
 *
 * Returns: a number for the peer that nobody can trace back to @key, for it depends on a random
 *   number that is forgotten with the log; 0 without a log
 */
guint64 dfn_request_log_name_peer (DfnRequestLog *self, const void *key, gsize length);

/**
 * dfn_request_log_begin:
 * @self: (nullable): the log
 * @now_us: the time on the monotonic clock
 * @facts: copied
 *
 * Returns: a ticket for dfn_request_log_finish(), 0 if the request is not followed (without a log,
 *   or when %DFN_REQUEST_LOG_MAX_OPEN are)
 */
guint64 dfn_request_log_begin (DfnRequestLog *self, gint64 now_us, const DfnRequestFacts *facts);

/**
 * dfn_request_log_finish:
 * @self: (nullable): the log
 * @ticket: from dfn_request_log_begin(), once; 0 does nothing
 */
void
dfn_request_log_finish (DfnRequestLog *self, gint64 now_us, guint64 ticket, DfnPeerOutcome outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnRequestLog, dfn_request_log_free)

G_END_DECLS
