/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-filter.h"

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/**
 * DfnRelayQuery:
 *
 * A filter as an SQL statement. The text consists of fixed pieces, one for each condition that is
 * present; everything that came from outside is a bound parameter.
 */
typedef struct _DfnRelayQuery DfnRelayQuery;

/**
 * dfn_relay_query_new:
 * @filter: a filter
 * @max_limit: the most rows wanted
 * @now: seconds since 1970; events that expired by then are left out
 *
 * Returns: (transfer full): a query that gives the events' ids and JSON, newest first
 */
DfnRelayQuery *dfn_relay_query_new (DfnNostrFilter *filter, guint max_limit, gint64 now);

/**
 * dfn_relay_query_get_sql:
 *
 * Returns: (transfer none): the statement's text, the same for filters of the same shape
 */
const char *dfn_relay_query_get_sql (DfnRelayQuery *self);

/**
 * dfn_relay_query_bind:
 * @statement: prepared from dfn_relay_query_get_sql()
 *
 * Returns: an SQLite result code
 */
int dfn_relay_query_bind (DfnRelayQuery *self, sqlite3_stmt *statement);

void dfn_relay_query_free (DfnRelayQuery *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnRelayQuery, dfn_relay_query_free)

G_END_DECLS
