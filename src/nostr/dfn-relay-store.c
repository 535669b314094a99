/* SPDX-License-Identifier: MIT */
#include "dfn-relay-store.h"

#include "dfn-bytes.h"
#include "dfn-relay-database.h"
#include "dfn-relay-query.h"

#include <string.h>

#define KIND_DELETION 5
#define QUERY_US 250000
/* One answer holds at most this much, so that a request for the largest events stays bounded. */
#define MAX_ANSWER_BYTES (2 * 1024 * 1024)
/* Beyond the limit this share goes at once, so that not every new event has to evict one. */
#define EVICT_SHARE 64
#define EVICT_MAX 1000

struct _DfnRelayStore {
  GObject parent_instance;

  DfnRelayDatabase *database;
  guint max_events;
  guint64 max_bytes;
  guint n_events;
  guint64 n_bytes;
};

G_DEFINE_FINAL_TYPE (DfnRelayStore, dfn_relay_store, G_TYPE_OBJECT)

/* Prepares a statement and binds its parameters: for each letter of @types a const char * ('s',
 * which may be NULL) or a gint64 ('i'). */
static sqlite3_stmt *
bind (DfnRelayStore *self, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement = dfn_relay_database_prepare (self->database, sql, error);
  va_list values;

  if (statement == NULL)
    return NULL;
  va_start (values, types);
  for (int i = 0; types[i] != '\0'; i++)
    if (types[i] == 's')
      sqlite3_bind_text (statement, i + 1, va_arg (values, const char *), -1, SQLITE_TRANSIENT);
    else
      sqlite3_bind_int64 (statement, i + 1, va_arg (values, gint64));
  va_end (values);
  return statement;
}

static gboolean
run (DfnRelayStore *self, sqlite3_stmt *statement, GError **error)
{
  int result;

  if (statement == NULL)
    return FALSE;
  do
    result = dfn_relay_database_step (self->database, statement, error);
  while (result > 0);
  return result == 0;
}

/* Runs a DELETE … RETURNING size and keeps the totals right. */
static gboolean
run_delete (DfnRelayStore *self, sqlite3_stmt *statement, GError **error)
{
  int result = -1;

  while (statement != NULL
         && (result = dfn_relay_database_step (self->database, statement, error)) > 0)
    {
      self->n_events--;
      self->n_bytes -= (guint64) sqlite3_column_int64 (statement, 0);
    }
  return result == 0;
}

/* -1 on failure, else whether the statement has a row. */
static int
has_row (DfnRelayStore *self, sqlite3_stmt *statement, GError **error)
{
  int result;

  if (statement == NULL)
    return -1;
  result = dfn_relay_database_step (self->database, statement, error);
  sqlite3_reset (statement);
  return result;
}

/* Why the store would not take the event, or ADDED when it may come in. */
static DfnRelayStored
judge (DfnRelayStore *self, DfnNostrEvent *event, const char *address, GError **error)
{
  const char *id = dfn_nostr_event_get_id (event);
  const char *pubkey = dfn_nostr_event_get_pubkey (event);
  gint64 created_at = dfn_nostr_event_get_created_at (event);
  int result;

  result = has_row (self, bind (self, error, "SELECT 1 FROM events WHERE id = ?", "s", id), error);
  if (result != 0)
    return result > 0 ? DFN_RELAY_STORED_DUPLICATE : DFN_RELAY_STORED_FAILED;

  if (dfn_nostr_event_get_kind (event) != KIND_DELETION)
    {
      result = has_row (self,
                        bind (self, error,
                              "SELECT 1 FROM deletions WHERE target IN (?, ?) AND pubkey = ?"
                              " AND until >= ?",
                              "sssi", id, address, pubkey, created_at),
                        error);
      if (result != 0)
        return result > 0 ? DFN_RELAY_STORED_DELETED : DFN_RELAY_STORED_FAILED;
    }
  if (address == NULL)
    return DFN_RELAY_STORED_ADDED;

  /* Of two versions from the same second the one with the lower id stays (NIP-01). */
  result = has_row (self,
                    bind (self, error,
                          "SELECT 1 FROM events WHERE address = ?1"
                          " AND (created_at > ?2 OR (created_at = ?2 AND id < ?3))",
                          "sis", address, created_at, id),
                    error);
  if (result != 0)
    return result > 0 ? DFN_RELAY_STORED_SUPERSEDED : DFN_RELAY_STORED_FAILED;
  return DFN_RELAY_STORED_ADDED;
}

static gboolean
insert_tags (DfnRelayStore *self, DfnNostrEvent *event, gint64 seq, GError **error)
{
  GPtrArray *tags = dfn_nostr_event_get_tags (event);

  for (guint i = 0; i < tags->len; i++)
    {
      const char *const *tag = tags->pdata[i];
      if (tag[0] == NULL || !g_ascii_isalpha (tag[0][0]) || tag[0][1] != '\0' || tag[1] == NULL)
        continue;
      if (!run (self,
                bind (self, error,
                      "INSERT OR IGNORE INTO tags (name, value, created_at, kind, event)"
                      " VALUES (?, ?, ?, ?, ?)",
                      "ssiii", tag[0], tag[1], dfn_nostr_event_get_created_at (event),
                      (gint64) dfn_nostr_event_get_kind (event), seq),
                error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
insert (DfnRelayStore *self, DfnNostrEvent *event, const char *address, GError **error)
{
  const char *json = dfn_nostr_event_to_json (event);
  gint64 expires = dfn_nostr_event_get_expiration (event);
  gint64 size = (gint64) strlen (json);
  guint kind = dfn_nostr_event_get_kind (event);
  gboolean lasting = address != NULL || kind == KIND_DELETION;
  sqlite3_stmt *statement;
  gint64 seq;

  statement = bind (self, error,
                    "INSERT INTO events (id, pubkey, kind, created_at, address, expires, lasting,"
                    " size, json) VALUES (?1, ?2, ?3, ?4, ?5, nullif (?6, 9223372036854775807),"
                    " ?7, ?8, ?9) RETURNING seq",
                    "ssiisiiis", dfn_nostr_event_get_id (event), dfn_nostr_event_get_pubkey (event),
                    (gint64) kind, dfn_nostr_event_get_created_at (event), address, expires,
                    (gint64) lasting, size, json);
  if (statement == NULL || dfn_relay_database_step (self->database, statement, error) <= 0)
    return FALSE;
  seq = sqlite3_column_int64 (statement, 0);
  sqlite3_reset (statement);
  self->n_events++;
  self->n_bytes += (guint64) size;
  return insert_tags (self, event, seq, error);
}

static gboolean
remember_deletion (
    DfnRelayStore *self, const char *target, const char *pubkey, gint64 until, GError **error)
{
  return run (self,
              bind (self, error,
                    "INSERT INTO deletions (target, pubkey, until) VALUES (?, ?, ?)"
                    " ON CONFLICT (target, pubkey) DO UPDATE"
                    " SET until = max (until, excluded.until)",
                    "ssi", target, pubkey, until),
              error);
}

/* Whether @address names a replaceable event of @pubkey. */
static gboolean
owns_address (const char *address, const char *pubkey)
{
  const char *colon = strchr (address, ':');

  return colon != NULL && g_str_has_prefix (colon + 1, pubkey) && colon[1 + strlen (pubkey)] == ':';
}

static gboolean
delete_target (DfnRelayStore *self, DfnNostrEvent *request, const char *const *tag, GError **error)
{
  const char *pubkey = dfn_nostr_event_get_pubkey (request);
  gint64 created_at = dfn_nostr_event_get_created_at (request);
  guint8 id[32];

  if (tag[0] == NULL || tag[1] == NULL)
    return TRUE;
  if (g_str_equal (tag[0], "e") && dfn_hex_decode (tag[1], id, sizeof id))
    return run_delete (self,
                       bind (self, error,
                             "DELETE FROM events WHERE id = ? AND pubkey = ? AND kind <> 5"
                             " RETURNING size",
                             "ss", tag[1], pubkey),
                       error)
           && remember_deletion (self, tag[1], pubkey, G_MAXINT64, error);
  if (g_str_equal (tag[0], "a") && owns_address (tag[1], pubkey))
    return run_delete (self,
                       bind (self, error,
                             "DELETE FROM events WHERE address = ? AND pubkey = ?"
                             " AND created_at <= ? RETURNING size",
                             "ssi", tag[1], pubkey, created_at),
                       error)
           && remember_deletion (self, tag[1], pubkey, created_at, error);
  return TRUE;
}

static gboolean
apply_deletion (DfnRelayStore *self, DfnNostrEvent *request, GError **error)
{
  GPtrArray *tags = dfn_nostr_event_get_tags (request);

  for (guint i = 0; i < tags->len; i++)
    if (!delete_target (self, request, tags->pdata[i], error))
      return FALSE;
  /* What is remembered is bounded as well; the oldest requests are forgotten first. */
  return run (self,
              bind (self, error,
                    "DELETE FROM deletions WHERE seq <= (SELECT max (seq) FROM deletions) - ?", "i",
                    (gint64) self->max_events),
              error);
}

static gboolean
evict (DfnRelayStore *self, GError **error)
{
  guint64 events = self->max_events - MIN (self->max_events / EVICT_SHARE, EVICT_MAX);
  guint64 bytes = self->max_bytes - self->max_bytes / EVICT_SHARE;

  if (self->n_events <= self->max_events && self->n_bytes <= self->max_bytes)
    return TRUE;
  /* A store far beyond its limits, because they were lowered, shrinks bit by bit. */
  for (guint i = 0; i < 2 * EVICT_MAX && self->n_events > 0
                    && (self->n_events > events || self->n_bytes > bytes);
       i++)
    if (!run_delete (self,
                     bind (self, error,
                           "DELETE FROM events WHERE seq = (SELECT seq FROM events"
                           " ORDER BY lasting, created_at LIMIT 1) RETURNING size",
                           ""),
                     error))
      return FALSE;
  return TRUE;
}

static DfnRelayStored
add_in_transaction (DfnRelayStore *self, DfnNostrEvent *event, GError **error)
{
  g_autofree char *address = dfn_nostr_event_get_address (event);
  DfnRelayStored stored = judge (self, event, address, error);

  if (stored != DFN_RELAY_STORED_ADDED)
    return stored;
  if (address != NULL
      && !run_delete (
          self,
          bind (self, error, "DELETE FROM events WHERE address = ? RETURNING size", "s", address),
          error))
    return DFN_RELAY_STORED_FAILED;
  if (!insert (self, event, address, error))
    return DFN_RELAY_STORED_FAILED;
  if (dfn_nostr_event_get_kind (event) == KIND_DELETION && !apply_deletion (self, event, error))
    return DFN_RELAY_STORED_FAILED;
  return evict (self, error) ? DFN_RELAY_STORED_ADDED : DFN_RELAY_STORED_FAILED;
}

DfnRelayStored
dfn_relay_store_add (DfnRelayStore *self, DfnNostrEvent *event, gint64 now, GError **error)
{
  DfnRelayStored stored;
  guint n_events;
  guint64 n_bytes;

  g_return_val_if_fail (DFN_IS_RELAY_STORE (self), DFN_RELAY_STORED_FAILED);
  g_return_val_if_fail (event != NULL, DFN_RELAY_STORED_FAILED);

  if (dfn_nostr_event_get_expiration (event) <= now)
    return DFN_RELAY_STORED_EXPIRED;
  if (dfn_nostr_kind_is_ephemeral (dfn_nostr_event_get_kind (event)))
    return DFN_RELAY_STORED_EPHEMERAL;
  if (!dfn_relay_database_run (self->database, "BEGIN IMMEDIATE", error))
    return DFN_RELAY_STORED_FAILED;

  n_events = self->n_events;
  n_bytes = self->n_bytes;
  stored = add_in_transaction (self, event, error);
  if (stored == DFN_RELAY_STORED_ADDED && !dfn_relay_database_run (self->database, "COMMIT", error))
    stored = DFN_RELAY_STORED_FAILED;
  if (stored != DFN_RELAY_STORED_ADDED)
    {
      dfn_relay_database_run (self->database, "ROLLBACK", NULL);
      self->n_events = n_events;
      self->n_bytes = n_bytes;
    }
  return stored;
}

static gboolean
query_one (DfnRelayStore *self,
           DfnRelayQuery *query,
           GHashTable *seen,
           GPtrArray *found,
           gsize *room,
           GError **error)
{
  sqlite3_stmt *statement =
      dfn_relay_database_prepare (self->database, dfn_relay_query_get_sql (query), error);
  int result;

  if (statement == NULL)
    return FALSE;
  dfn_relay_query_bind (query, statement);
  while ((result = dfn_relay_database_step (self->database, statement, error)) > 0)
    {
      const char *id = (const char *) sqlite3_column_text (statement, 0);
      gsize size = (gsize) sqlite3_column_bytes (statement, 1);
      if (size > *room)
        break;
      if (!g_hash_table_add (seen, g_strdup (id)))
        continue;
      *room -= size;
      g_ptr_array_add (found, g_strdup ((const char *) sqlite3_column_text (statement, 1)));
    }
  sqlite3_reset (statement);
  return result >= 0;
}

GPtrArray *
dfn_relay_store_query (
    DfnRelayStore *self, GPtrArray *filters, guint max_limit, gint64 now, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gsize room = MAX_ANSWER_BYTES;
  gboolean good = TRUE;

  g_return_val_if_fail (DFN_IS_RELAY_STORE (self), NULL);

  dfn_relay_database_set_deadline (self->database, g_get_monotonic_time () + QUERY_US);
  for (guint i = 0; good && i < filters->len; i++)
    {
      g_autoptr (DfnRelayQuery) query = dfn_relay_query_new (filters->pdata[i], max_limit, now);
      good = query_one (self, query, seen, found, &room, error);
    }
  dfn_relay_database_set_deadline (self->database, 0);
  return good ? g_steal_pointer (&found) : NULL;
}

guint
dfn_relay_store_purge_expired (DfnRelayStore *self, gint64 now)
{
  guint before;

  g_return_val_if_fail (DFN_IS_RELAY_STORE (self), 0);

  before = self->n_events;
  run_delete (self,
              bind (self, NULL,
                    "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE expires <= ?"
                    " LIMIT 1000) RETURNING size",
                    "i", now),
              NULL);
  return before - self->n_events;
}

void
dfn_relay_store_set_limits (DfnRelayStore *self, guint max_events, guint64 max_bytes)
{
  g_return_if_fail (DFN_IS_RELAY_STORE (self));
  g_return_if_fail (max_events > 0);

  self->max_events = max_events;
  self->max_bytes = max_bytes;
  evict (self, NULL);
}

guint
dfn_relay_store_get_usage (DfnRelayStore *self, guint64 *bytes)
{
  g_return_val_if_fail (DFN_IS_RELAY_STORE (self), 0);

  if (bytes != NULL)
    *bytes = self->n_bytes;
  return self->n_events;
}

static gboolean
count (DfnRelayStore *self, GError **error)
{
  sqlite3_stmt *statement =
      bind (self, error, "SELECT count (*), coalesce (sum (size), 0) FROM events", "");

  if (statement == NULL || dfn_relay_database_step (self->database, statement, error) <= 0)
    return FALSE;
  self->n_events = (guint) sqlite3_column_int64 (statement, 0);
  self->n_bytes = (guint64) sqlite3_column_int64 (statement, 1);
  sqlite3_reset (statement);
  return TRUE;
}

static void
dfn_relay_store_finalize (GObject *object)
{
  DfnRelayStore *self = DFN_RELAY_STORE (object);

  g_clear_pointer (&self->database, dfn_relay_database_free);

  G_OBJECT_CLASS (dfn_relay_store_parent_class)->finalize (object);
}

static void
dfn_relay_store_class_init (DfnRelayStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_relay_store_finalize;
}

static void
dfn_relay_store_init (DfnRelayStore *self)
{
  self->max_events = DFN_RELAY_STORE_MAX_EVENTS;
  self->max_bytes = DFN_RELAY_STORE_MAX_BYTES;
}

DfnRelayStore *
dfn_relay_store_open (const char *path, GError **error)
{
  g_autoptr (DfnRelayStore) self = g_object_new (DFN_TYPE_RELAY_STORE, NULL);

  if (path == NULL)
    {
      self->max_events = DFN_RELAY_STORE_MAX_EVENTS_IN_MEMORY;
      self->max_bytes = DFN_RELAY_STORE_MAX_BYTES_IN_MEMORY;
    }
  self->database = dfn_relay_database_open (path, error);
  if (self->database == NULL || !count (self, error))
    return NULL;
  return g_steal_pointer (&self);
}
