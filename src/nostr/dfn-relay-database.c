/* SPDX-License-Identifier: MIT */
#include "dfn-relay-database.h"

#include <string.h>

/* "DfnR", in the file's header: tells our databases from everybody else's. */
#define APPLICATION_ID 0x44666e52
#define SCHEMA_VERSION 1
#define BUSY_TIMEOUT_MS 300
#define MAX_STATEMENTS 64
/* Pages in the log at which it is written back into the database. */
#define CHECKPOINT_PAGES 1000
#define CHECKPOINT_PAGES_MAX 8000
/* How many steps of SQLite's machine lie between two looks at the clock. */
#define PROGRESS_STEPS 2000

struct _DfnRelayDatabase {
  sqlite3 *db;
  char *path;
  GHashTable *statements;
  gint64 deadline_us;
  GThread *checkpoint;
  int checkpoint_done;
};

static const char schema[] =
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " pubkey TEXT NOT NULL, kind INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " address TEXT UNIQUE, expires INTEGER, lasting INTEGER NOT NULL, size INTEGER NOT NULL,"
    " json TEXT NOT NULL);"
    "CREATE INDEX events_by_author ON events (pubkey, created_at);"
    "CREATE INDEX events_by_author_and_kind ON events (pubkey, kind, created_at);"
    "CREATE INDEX events_by_kind ON events (kind, created_at);"
    "CREATE INDEX events_by_time ON events (created_at);"
    "CREATE INDEX events_to_evict ON events (lasting, created_at, size);"
    "CREATE INDEX events_by_expiry ON events (expires) WHERE expires IS NOT NULL;"
    "CREATE TABLE tags (name TEXT NOT NULL, value TEXT NOT NULL, created_at INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,"
    " PRIMARY KEY (name, value, created_at, event)) WITHOUT ROWID;"
    "CREATE INDEX tags_by_event ON tags (event);"
    "CREATE TABLE deletions (seq INTEGER PRIMARY KEY, target TEXT NOT NULL,"
    " pubkey TEXT NOT NULL, until INTEGER NOT NULL, UNIQUE (target, pubkey));";

static void
set_error (DfnRelayDatabase *self, GError **error)
{
  if (sqlite3_errcode (self->db) == SQLITE_INTERRUPT)
    g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE,
                         "The query takes too long");
  else
    g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_STORE, "The relay's store %s failed: %s",
                 self->path != NULL ? self->path : "in memory", sqlite3_errmsg (self->db));
}

static int
on_progress (void *user_data)
{
  DfnRelayDatabase *self = user_data;

  return self->deadline_us != 0 && g_get_monotonic_time () > self->deadline_us;
}

static gpointer
write_back (gpointer user_data)
{
  DfnRelayDatabase *self = user_data;
  sqlite3 *db = NULL;

  /* A connection that has read nothing yet does not know of the log, and would do nothing. */
  if (sqlite3_open_v2 (self->path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
      && sqlite3_exec (db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL) == SQLITE_OK)
    sqlite3_wal_checkpoint_v2 (db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  sqlite3_close (db);
  g_atomic_int_set (&self->checkpoint_done, TRUE);
  return NULL;
}

/* The checkpoint is what waits for the disk, so a thread with a connection of its own does it. The
 * log starts over when all of it is written back; where events keep coming meanwhile, that never
 * happens by itself, and the little that is left is written back here. */
static int
on_commit (void *user_data, sqlite3 *db, const char *name, int pages)
{
  DfnRelayDatabase *self = user_data;
  gboolean has_run = self->checkpoint != NULL;

  if (pages < CHECKPOINT_PAGES || self->path == NULL)
    return SQLITE_OK;
  if (has_run && !g_atomic_int_get (&self->checkpoint_done))
    return SQLITE_OK;
  g_clear_pointer (&self->checkpoint, g_thread_join);
  if (has_run && pages > CHECKPOINT_PAGES_MAX)
    {
      sqlite3_wal_checkpoint_v2 (db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
      return SQLITE_OK;
    }
  self->checkpoint_done = FALSE;
  self->checkpoint = g_thread_try_new ("relay-checkpoint", write_back, self, NULL);
  return SQLITE_OK;
}

sqlite3_stmt *
dfn_relay_database_prepare (DfnRelayDatabase *self, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement != NULL)
    {
      sqlite3_reset (statement);
      sqlite3_clear_bindings (statement);
      return statement;
    }
  if (sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
      != SQLITE_OK)
    {
      set_error (self, error);
      return NULL;
    }
  if (g_hash_table_size (self->statements) >= MAX_STATEMENTS)
    g_hash_table_remove_all (self->statements);
  g_hash_table_insert (self->statements, g_strdup (sql), statement);
  return statement;
}

int
dfn_relay_database_step (DfnRelayDatabase *self, sqlite3_stmt *statement, GError **error)
{
  int result = sqlite3_step (statement);

  if (result == SQLITE_ROW)
    return 1;
  if (result != SQLITE_DONE)
    set_error (self, error);
  sqlite3_reset (statement);
  return result == SQLITE_DONE ? 0 : -1;
}

gboolean
dfn_relay_database_run (DfnRelayDatabase *self, const char *sql, GError **error)
{
  if (sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  set_error (self, error);
  return FALSE;
}

void
dfn_relay_database_set_deadline (DfnRelayDatabase *self, gint64 deadline_us)
{
  self->deadline_us = deadline_us;
}

static gboolean
read_number (DfnRelayDatabase *self, const char *sql, gint64 *number, GError **error)
{
  sqlite3_stmt *statement = dfn_relay_database_prepare (self, sql, error);

  if (statement == NULL || dfn_relay_database_step (self, statement, error) < 0)
    return FALSE;
  *number = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  return TRUE;
}

static void
finalize_statement (gpointer statement)
{
  sqlite3_finalize (statement);
}

static gboolean
create_schema (DfnRelayDatabase *self, GError **error)
{
  g_autofree char *header = g_strdup_printf (
      "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, SCHEMA_VERSION);

  if (!dfn_relay_database_run (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (dfn_relay_database_run (self, schema, error) && dfn_relay_database_run (self, header, error)
      && dfn_relay_database_run (self, "COMMIT", error))
    return TRUE;
  dfn_relay_database_run (self, "ROLLBACK", NULL);
  return FALSE;
}

/* Nothing is written before the file has turned out to be ours or empty. */
static gboolean
check_schema (DfnRelayDatabase *self, GError **error)
{
  gint64 application = 0;
  gint64 version = 0;
  gint64 tables = 0;

  if (!read_number (self, "PRAGMA application_id", &application, error)
      || !read_number (self, "PRAGMA user_version", &version, error)
      || !read_number (self, "SELECT count(*) FROM sqlite_schema", &tables, error))
    return FALSE;
  if (tables == 0 && application == 0)
    return dfn_relay_database_run (self, "PRAGMA journal_mode = WAL", error)
           && create_schema (self, error);
  if (application != APPLICATION_ID)
    g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_STORE,
                 "%s is a database of another program; choose another file", self->path);
  else if (version != SCHEMA_VERSION)
    g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_STORE,
                 "%s was written by a newer version; choose another file", self->path);
  else
    return dfn_relay_database_run (self, "PRAGMA journal_mode = WAL", error);
  return FALSE;
}

DfnRelayDatabase *
dfn_relay_database_open (const char *path, GError **error)
{
  g_autoptr (DfnRelayDatabase) self = g_new0 (DfnRelayDatabase, 1);
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

  self->path = g_strdup (path);
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, finalize_statement);
  if (sqlite3_open_v2 (path != NULL ? path : ":memory:", &self->db, flags, NULL) != SQLITE_OK)
    {
      set_error (self, error);
      return NULL;
    }
  sqlite3_busy_timeout (self->db, BUSY_TIMEOUT_MS);
  sqlite3_progress_handler (self->db, PROGRESS_STEPS, on_progress, self);
  if (!check_schema (self, error)
      || !dfn_relay_database_run (
          self,
          "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
          "PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 33554432; PRAGMA trusted_schema "
          "= OFF; PRAGMA temp_store = MEMORY",
          error))
    return NULL;
  sqlite3_wal_hook (self->db, on_commit, self);
  return g_steal_pointer (&self);
}

void
dfn_relay_database_free (DfnRelayDatabase *self)
{
  g_clear_pointer (&self->checkpoint, g_thread_join);
  g_clear_pointer (&self->statements, g_hash_table_unref);
  sqlite3_close (self->db);
  g_free (self->path);
  g_free (self);
}
