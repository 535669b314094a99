/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/**
 * DfnRelayDatabase:
 *
 * The SQLite side of a relay's store: the file, its schema, statements prepared once, and the
 * thread that writes the log back. For one thread.
 */
typedef struct _DfnRelayDatabase DfnRelayDatabase;

/**
 * dfn_relay_database_open:
 * @path: (nullable): a file, made when it is not there, or %NULL for memory
 *
 * Returns: (transfer full) (nullable): the database, or %NULL with %DFN_NOSTR_ERROR_STORE, the
 *   file as it was
 */
DfnRelayDatabase *dfn_relay_database_open (const char *path, GError **error);

void dfn_relay_database_free (DfnRelayDatabase *self);

/**
 * dfn_relay_database_prepare:
 * @sql: the text of one statement, which holds nothing from outside
 *
 * Returns: (transfer none) (nullable): the statement, reset and with no parameters bound; %NULL
 *   with %DFN_NOSTR_ERROR_STORE
 */
sqlite3_stmt *dfn_relay_database_prepare (DfnRelayDatabase *self, const char *sql, GError **error);

/**
 * dfn_relay_database_step:
 * @statement: from dfn_relay_database_prepare()
 * @error: return location
 *
 * Returns: 1 with a row, 0 at the end with the statement reset, -1 with %DFN_NOSTR_ERROR_STORE, or
 *   with %DFN_NOSTR_ERROR_TOO_LARGE past the deadline
 */
int dfn_relay_database_step (DfnRelayDatabase *self, sqlite3_stmt *statement, GError **error);

/**
 * dfn_relay_database_run:
 * @sql: a statement without parameters that returns no rows
 *
 * Returns: %TRUE on success; else %FALSE with %DFN_NOSTR_ERROR_STORE
 */
gboolean dfn_relay_database_run (DfnRelayDatabase *self, const char *sql, GError **error);

/**
 * dfn_relay_database_set_deadline:
 * @deadline_us: monotonic time at which statements are cut off, microseconds, or 0 for never
 */
void dfn_relay_database_set_deadline (DfnRelayDatabase *self, gint64 deadline_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnRelayDatabase, dfn_relay_database_free)

G_END_DECLS
