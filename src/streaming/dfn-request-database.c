/* SPDX-License-Identifier: MIT */
#include "dfn-request-database.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <sqlite3.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* "DfnQ", in the file's header: tells our files from everybody else's. */
#define APPLICATION_ID 0x44666e51
#define SCHEMA_VERSION 1
#define PAGE_SIZE 4096
#define BUSY_TIMEOUT_MS 2000
/* Rows that make room at once where the file is full. */
#define ROOM_ROWS 5000

struct _DfnRequestDatabase {
  sqlite3 *db;
  sqlite3_stmt *insert;
  guint64 session;
  char *path;
};

/* The hour is all that is kept of the time of day; `at_ms` counts from the start of the session. */
static const char schema[] =
    "CREATE TABLE requests (seq INTEGER PRIMARY KEY, hour INTEGER NOT NULL,"
    " session INTEGER NOT NULL, at_ms INTEGER NOT NULL, peer INTEGER NOT NULL,"
    " policy TEXT NOT NULL, probability REAL NOT NULL, candidates INTEGER NOT NULL,"
    " bytes INTEGER NOT NULL, live INTEGER NOT NULL, hedge INTEGER NOT NULL, slack_ms INTEGER,"
    " family INTEGER NOT NULL, relayed INTEGER NOT NULL, rtt_class INTEGER NOT NULL,"
    " own_delivery_us INTEGER, own_rate REAL, own_samples INTEGER NOT NULL, own_age_us INTEGER,"
    " own_outstanding INTEGER NOT NULL, own_outstanding_bytes INTEGER NOT NULL,"
    " own_oldest_us INTEGER NOT NULL, own_failures REAL NOT NULL, own_rtt_us INTEGER,"
    " own_loss REAL NOT NULL, said_rate REAL, said_queue_bytes INTEGER,"
    " outcome INTEGER NOT NULL, duration_us INTEGER NOT NULL);"
    "CREATE INDEX requests_by_hour ON requests (hour);";

static const char insert_sql[] =
    "INSERT INTO requests (hour, session, at_ms, peer, policy, probability, candidates, bytes,"
    " live, hedge, slack_ms, family, relayed, rtt_class, own_delivery_us, own_rate, own_samples,"
    " own_age_us, own_outstanding, own_outstanding_bytes, own_oldest_us, own_failures, own_rtt_us,"
    " own_loss, said_rate, said_queue_bytes, outcome, duration_us)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

guint
dfn_request_database_classify_rtt (gint64 rtt_us)
{
  static const gint64 bounds_ms[] = { 5, 20, 50, 100, 200 };
  guint i = 0;

  if (rtt_us <= 0)
    return 0;
  while (i < G_N_ELEMENTS (bounds_ms) && rtt_us >= bounds_ms[i] * 1000)
    i++;
  return i + 1;
}

/* Errors */

static gint
get_code (int result)
{
  switch (result & 0xff)
    {
    case SQLITE_FULL:
      return G_IO_ERROR_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return G_IO_ERROR_INVALID_DATA;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return G_IO_ERROR_BUSY;
    default:
      return G_IO_ERROR_FAILED;
    }
}

static void
set_error (DfnRequestDatabase *self, GError **error)
{
  g_set_error (error, G_IO_ERROR, get_code (sqlite3_extended_errcode (self->db)),
               "The request log cannot be used: %s", sqlite3_errmsg (self->db));
}

static gboolean
run (DfnRequestDatabase *self, const char *sql, GError **error)
{
  if (sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  set_error (self, error);
  return FALSE;
}

static gboolean
read_number (DfnRequestDatabase *self, const char *sql, gint64 *number, GError **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean ok = sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) == SQLITE_OK
                && sqlite3_step (statement) == SQLITE_ROW;

  if (ok)
    *number = sqlite3_column_int64 (statement, 0);
  else
    set_error (self, error);
  sqlite3_finalize (statement);
  return ok;
}

static gboolean
check_room (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  struct statvfs room;

  if (statvfs (folder, &room) != 0
      || (guint64) room.f_bavail * room.f_frsize >= DFN_REQUEST_LEAST_FREE)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                       "The disk is too full for the request log");
  return FALSE;
}

/* Opening */

static gboolean
set_up (DfnRequestDatabase *self, gsize max_bytes, GError **error)
{
  g_autofree char *header = g_strdup_printf (
      "PRAGMA application_id = %d; PRAGMA user_version = %d;", APPLICATION_ID, SCHEMA_VERSION);
  g_autofree char *settings = g_strdup_printf (
      "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;"
      "PRAGMA cache_size = -512; PRAGMA journal_size_limit = 4194304;"
      "PRAGMA max_page_count = %" G_GSIZE_FORMAT,
      max_bytes / PAGE_SIZE);
  gint64 tables;

  if (!read_number (self, "SELECT count(*) FROM sqlite_schema", &tables, error))
    return FALSE;
  if (tables == 0 && !run (self, "PRAGMA page_size = 4096", error))
    return FALSE;
  if (!run (self, "PRAGMA journal_mode = WAL", error) || !run (self, settings, error))
    return FALSE;
  if (tables > 0)
    return TRUE;
  if (run (self, "BEGIN IMMEDIATE", error) && run (self, schema, error) && run (self, header, error)
      && run (self, "COMMIT", error))
    return TRUE;
  run (self, "ROLLBACK", NULL);
  return FALSE;
}

/* Nothing is written before the file has turned out to be ours or empty. SQLite 3.46 takes an
 * argument of the check for a table's name, whatever it is. */
static gboolean
check (DfnRequestDatabase *self, GError **error)
{
  gint64 application, version, tables, is_sound;

  if (!read_number (self, "PRAGMA application_id", &application, error)
      || !read_number (self, "PRAGMA user_version", &version, error)
      || !read_number (self, "SELECT count(*) FROM sqlite_schema", &tables, error)
      || !read_number (self, "SELECT quick_check = 'ok' FROM pragma_quick_check LIMIT 1", &is_sound,
                       error))
    return FALSE;
  if (application == APPLICATION_ID && version > SCHEMA_VERSION)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "The request log is of a newer version of this program");
      return FALSE;
    }
  if (is_sound && (tables == 0 || (application == APPLICATION_ID && version == SCHEMA_VERSION)))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "The request log is damaged, or is something else");
  return FALSE;
}

static DfnRequestDatabase *
open_once (const char *path, guint64 session, gsize max_bytes, GError **error)
{
  g_autoptr (DfnRequestDatabase) self = g_new0 (DfnRequestDatabase, 1);
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "The request log cannot be opened: %s", g_strerror (saved_errno));
      return NULL;
    }
  close (fd);
  self->path = g_strdup (path);
  self->session = session;
  if (sqlite3_open_v2 (path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL)
      != SQLITE_OK)
    {
      set_error (self, error);
      return NULL;
    }
  sqlite3_busy_timeout (self->db, BUSY_TIMEOUT_MS);
  if (!check (self, error) || !set_up (self, max_bytes, error))
    return NULL;
  if (sqlite3_prepare_v3 (self->db, insert_sql, -1, SQLITE_PREPARE_PERSISTENT, &self->insert, NULL)
      != SQLITE_OK)
    {
      set_error (self, error);
      return NULL;
    }
  return g_steal_pointer (&self);
}

static gboolean
put_aside (const char *path, GError **error)
{
  static const char *const suffixes[] = { "-wal", "-shm" };
  g_autofree char *broken = g_strconcat (path, ".broken", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *beside = g_strconcat (path, suffixes[i], NULL);

      g_unlink (beside);
    }
  if (g_rename (path, broken) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
               "The damaged request log cannot be put aside");
  return FALSE;
}

DfnRequestDatabase *
dfn_request_database_open (const char *path, guint64 session, gsize max_bytes, GError **error)
{
  g_autoptr (GError) reason = NULL;
  DfnRequestDatabase *self;

  if (!check_room (path, error))
    return NULL;
  self = open_once (path, session, max_bytes, &reason);
  if (self == NULL && g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    {
      if (!put_aside (path, error))
        return NULL;
      g_clear_error (&reason);
      self = open_once (path, session, max_bytes, &reason);
    }
  if (self == NULL)
    g_propagate_error (error, g_steal_pointer (&reason));
  return self;
}

void
dfn_request_database_free (DfnRequestDatabase *self)
{
  sqlite3_finalize (self->insert);
  sqlite3_close (self->db);
  g_free (self->path);
  g_free (self);
}

/* Rows */

typedef struct {
  sqlite3_stmt *statement;
  int n;
} Binder;

static void
bind_integer (Binder *binder, gint64 value)
{
  sqlite3_bind_int64 (binder->statement, ++binder->n, value);
}

/* What is not known is NULL. */
static void
bind_known (Binder *binder, gboolean is_known, gint64 value)
{
  if (is_known)
    bind_integer (binder, value);
  else
    sqlite3_bind_null (binder->statement, ++binder->n);
}

static void
bind_real (Binder *binder, gboolean is_known, double value)
{
  if (is_known && isfinite (value))
    sqlite3_bind_double (binder->statement, ++binder->n, value);
  else
    sqlite3_bind_null (binder->statement, ++binder->n);
}

static void
bind_measurements (Binder *binder, const DfnPeerMeasurements *own)
{
  bind_known (binder, own->delivery_us > 0, own->delivery_us);
  bind_real (binder, own->rate > 0, own->rate);
  bind_integer (binder, (gint64) MIN (own->samples, G_MAXINT64));
  bind_known (binder, own->age_us >= 0, own->age_us);
  bind_integer (binder, own->outstanding);
  bind_integer (binder, (gint64) MIN (own->outstanding_bytes, G_MAXINT64));
  bind_integer (binder, own->oldest_us);
  bind_real (binder, TRUE, isfinite (own->failures) ? own->failures : 0);
  bind_known (binder, own->rtt_us > 0, own->rtt_us);
  bind_real (binder, TRUE, isfinite (own->loss) ? own->loss : 0);
}

static void
bind_row (Binder *binder, const DfnRequestRow *row, guint64 session, gint64 hour)
{
  const DfnRequestFacts *facts = &row->facts;
  gboolean has_slack = facts->slack_us != G_MAXINT64;

  bind_integer (binder, hour);
  bind_integer (binder, (gint64) session);
  bind_integer (binder, row->asked_us / 1000);
  bind_integer (binder, (gint64) facts->peer);
  sqlite3_bind_text (binder->statement, ++binder->n, row->policy, -1, SQLITE_STATIC);
  bind_real (binder, TRUE, isfinite (facts->probability) ? facts->probability : 0);
  bind_integer (binder, facts->n_candidates);
  bind_integer (binder, (gint64) MIN (facts->bytes, G_MAXINT64));
  bind_integer (binder, facts->is_live != FALSE);
  bind_integer (binder, facts->is_hedge != FALSE);
  bind_known (binder, has_slack, facts->slack_us / 1000);
  bind_integer (binder, facts->family);
  bind_integer (binder, facts->is_relayed != FALSE);
  bind_integer (binder, dfn_request_database_classify_rtt (facts->own.rtt_us));
  bind_measurements (binder, &facts->own);
  bind_real (binder, facts->claims.rate > 0, facts->claims.rate);
  bind_known (binder, facts->claims.queue_bytes > 0,
              (gint64) MIN (facts->claims.queue_bytes, G_MAXINT64));
  bind_integer (binder, row->outcome);
  bind_integer (binder, row->duration_us);
}

static gboolean
insert_rows (DfnRequestDatabase *self, GArray *rows, gint64 hour, GError **error)
{
  for (guint i = 0; i < rows->len; i++)
    {
      Binder binder = { .statement = self->insert };
      gboolean ok;

      bind_row (&binder, &g_array_index (rows, DfnRequestRow, i), self->session, hour);
      ok = sqlite3_step (self->insert) == SQLITE_DONE;
      if (!ok)
        set_error (self, error);
      sqlite3_reset (self->insert);
      sqlite3_clear_bindings (self->insert);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_once (DfnRequestDatabase *self, GArray *rows, gint64 hour, GError **error)
{
  if (!run (self, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (insert_rows (self, rows, hour, error) && run (self, "COMMIT", error))
    return TRUE;
  run (self, "ROLLBACK", NULL);
  return FALSE;
}

static gboolean
delete_oldest (DfnRequestDatabase *self, guint n, GError **error)
{
  g_autofree char *sql =
      g_strdup_printf ("DELETE FROM requests WHERE seq < (SELECT min(seq) FROM requests) + %u", n);

  return run (self, sql, error);
}

gboolean
dfn_request_database_add (DfnRequestDatabase *self, GArray *rows, gint64 now_s, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!check_room (self->path, error))
    return FALSE;
  if (add_once (self, rows, now_s / 3600, &reason))
    return TRUE;
  if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_NO_SPACE)
      && delete_oldest (self, MAX (ROOM_ROWS, rows->len), NULL))
    return add_once (self, rows, now_s / 3600, error);
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}

gboolean
dfn_request_database_prune (DfnRequestDatabase *self, gint64 now_s, gint64 max_rows, GError **error)
{
  g_autofree char *sql = g_strdup_printf (
      "DELETE FROM requests WHERE hour < %" G_GINT64_FORMAT ";"
      "DELETE FROM requests WHERE seq <= (SELECT max(seq) FROM requests) - %" G_GINT64_FORMAT,
      now_s / 3600 - 24 * DFN_REQUEST_LOG_MAX_DAYS, max_rows);

  return run (self, sql, error);
}
