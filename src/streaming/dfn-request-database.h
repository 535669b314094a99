/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-request-log.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/** DFN_REQUEST_POLICY_SIZE: bytes that are kept of a policy's name, with the zero at its end */
#define DFN_REQUEST_POLICY_SIZE 33
/** DFN_REQUEST_LEAST_FREE: nothing is written to a disk with fewer bytes free than this */
#define DFN_REQUEST_LEAST_FREE (64 * 1024 * 1024)

/**
 * DfnRequestRow:
 * @facts: what was known; its policy is @policy
 * @asked_us: when it was asked for, since the log was made
 * @duration_us: how long it took until @outcome was clear
 *
 * A request that is over.
 */
typedef struct {
  DfnRequestFacts facts;
  char policy[DFN_REQUEST_POLICY_SIZE];
  gint64 asked_us;
  gint64 duration_us;
  DfnPeerOutcome outcome;
} DfnRequestRow;

/**
 * DfnRequestDatabase:
 *
 * The SQLite file of a #DfnRequestLog. It blocks, and is for one thread.
 */
typedef struct _DfnRequestDatabase DfnRequestDatabase;

/**
 * dfn_request_database_open:
 * @path: the file; made, with mode 0600, when it is not there; put aside as `PATH.broken`, in the
 *   place of an older one, when it is damaged or something else
 * @session: a number for this run of the program
 * @max_bytes: what the file may take
 *
 * Returns: (transfer full) (nullable): the database; %NULL with a %G_IO_ERROR, of which
 *   %G_IO_ERROR_NO_SPACE means a disk that is full, or nearly
 */
DfnRequestDatabase *
dfn_request_database_open (const char *path, guint64 session, gsize max_bytes, GError **error);
void dfn_request_database_free (DfnRequestDatabase *self);

/**
 * dfn_request_database_add:
 * @rows: (element-type DfnRequestRow): requests that are over, at most a few thousand
 * @now_s: the time, seconds since 1970
 *
 * Adds all of them or none, in one transaction. Where the file is as large as it may be, the oldest
 * rows make room.
 *
 * Returns: %FALSE with a %G_IO_ERROR as in dfn_request_database_open()
 */
gboolean
dfn_request_database_add (DfnRequestDatabase *self, GArray *rows, gint64 now_s, GError **error);

/**
 * dfn_request_database_prune:
 *
 * Deletes rows that are too old, and the oldest beyond @max_rows.
 */
gboolean dfn_request_database_prune (DfnRequestDatabase *self,
                                     gint64 now_s,
                                     gint64 max_rows,
                                     GError **error);

/**
 * dfn_request_database_classify_rtt:
 *
 * Returns: the class of a round trip in microseconds: 0 unknown, 1 below 5 ms, 2 below 20 ms,
 *   3 below 50 ms, 4 below 100 ms, 5 below 200 ms, 6 above
 */
guint dfn_request_database_classify_rtt (gint64 rtt_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnRequestDatabase, dfn_request_database_free)

G_END_DECLS
