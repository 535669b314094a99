/* SPDX-License-Identifier: MIT */
#include "dfn-request-log.h"

#include "dfn-hash.h"
#include "dfn-random.h"
#include "dfn-request-database.h"
#include "dfn-secret.h"

#include <string.h>

#define SALT_SIZE 32
/* Rows are written when there are so many of them, or the first has waited so long. */
#define BATCH_ROWS 512
#define BATCH_US (2 * G_USEC_PER_SEC)
/* More than these may not wait for the disk; they are lost then. */
#define MAX_WAITING (16 * BATCH_ROWS)
/* After a failure, for so long nothing is written. */
#define PAUSE_US (60 * G_USEC_PER_SEC)
#define PRUNE_US (600 * G_USEC_PER_SEC)
/* How long the end of the program waits for the last rows. */
#define PATIENCE_US G_USEC_PER_SEC

/* What the thread works with; it outlives the log where the disk does not answer. */
typedef struct {
  char *path;
  guint64 session;
  GMutex lock; /* guards what follows */
  GCond changed;
  GArray *rows; /* DfnRequestRow, that wait for the thread */
  gboolean is_ending;
  gboolean is_done;

  /* The thread's own. */
  DfnRequestDatabase *database;
  gint64 paused_until_us;
  gint64 pruned_us;
  gboolean has_told;
} Writer;

struct _DfnRequestLog {
  Writer *writer; /* NULL until there is something to write */
  char *path;
  guint8 *salt;
  guint64 session;
  gint64 start_us;
  GHashTable *open; /* ticket: owned DfnRequestRow, which begins with it */
  guint64 last_ticket;
};

typedef struct {
  guint64 ticket;
  DfnRequestRow row;
} Open;

/* The thread */

static void
writer_clear (gpointer data)
{
  Writer *self = data;

  g_clear_pointer (&self->database, dfn_request_database_free);
  g_array_unref (self->rows);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->path);
}

static void
writer_unref (Writer *self)
{
  g_atomic_rc_box_release_full (self, writer_clear);
}

static void
pause_writing (Writer *self, const GError *error)
{
  if (!self->has_told)
    g_info ("%s", error->message);
  self->has_told = TRUE;
  self->paused_until_us = g_get_monotonic_time () + PAUSE_US;
  g_clear_pointer (&self->database, dfn_request_database_free);
}

static void
write_rows (Writer *self, GArray *rows)
{
  g_autoptr (GError) error = NULL;
  gint64 now_us = g_get_monotonic_time ();
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  gboolean ok;

  if (rows->len == 0 || now_us < self->paused_until_us)
    return;
  if (self->database == NULL)
    {
      self->database =
          dfn_request_database_open (self->path, self->session, DFN_REQUEST_LOG_MAX_BYTES, &error);
      self->pruned_us = 0;
    }
  ok = self->database != NULL && dfn_request_database_add (self->database, rows, now_s, &error);
  if (ok && (self->pruned_us == 0 || now_us - self->pruned_us > PRUNE_US))
    {
      self->pruned_us = now_us;
      ok = dfn_request_database_prune (self->database, now_s, DFN_REQUEST_LOG_MAX_ROWS, &error);
    }
  if (!ok)
    pause_writing (self, error);
}

/* Waits for rows until the batch is full or old, and takes them. Returns FALSE at the end. */
static gboolean
collect (Writer *self, GArray **rows)
{
  GArray *taken;
  gint64 until_us;
  gboolean goes_on;

  g_mutex_lock (&self->lock);
  while (self->rows->len == 0 && !self->is_ending)
    g_cond_wait (&self->changed, &self->lock);
  until_us = g_get_monotonic_time () + BATCH_US;
  while (self->rows->len < BATCH_ROWS && !self->is_ending
         && g_cond_wait_until (&self->changed, &self->lock, until_us))
    ;
  taken = self->rows;
  self->rows = *rows;
  goes_on = !self->is_ending;
  g_mutex_unlock (&self->lock);
  *rows = taken;
  return goes_on;
}

static gpointer
run (gpointer data)
{
  Writer *self = data;
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (DfnRequestRow));
  gboolean goes_on;

  do
    {
      goes_on = collect (self, &rows);
      write_rows (self, rows);
      g_array_set_size (rows, 0);
  } while (goes_on);
  g_clear_pointer (&self->database, dfn_request_database_free);
  g_mutex_lock (&self->lock);
  self->is_done = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  writer_unref (self);
  return NULL;
}

static Writer *
writer_start (const char *path, guint64 session)
{
  Writer *self = g_atomic_rc_box_new0 (Writer);
  GThread *thread;

  self->path = g_strdup (path);
  self->session = session;
  self->rows = g_array_new (FALSE, FALSE, sizeof (DfnRequestRow));
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  thread = g_thread_new ("dfn-request-log", run, g_atomic_rc_box_acquire (self));
  g_thread_unref (thread);
  return self;
}

/* The thread is woken for the first row, whose time it takes, and for a full batch: for each row it
 * would cost more than the row does. */
static void
writer_add (Writer *self, const DfnRequestRow *row)
{
  g_mutex_lock (&self->lock);
  if (self->rows->len < MAX_WAITING)
    g_array_append_vals (self->rows, row, 1);
  if (self->rows->len == 1 || self->rows->len == BATCH_ROWS)
    g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

static void
writer_end (Writer *self)
{
  gint64 until_us = g_get_monotonic_time () + PATIENCE_US;

  g_mutex_lock (&self->lock);
  self->is_ending = TRUE;
  g_cond_signal (&self->changed);
  while (!self->is_done && g_cond_wait_until (&self->changed, &self->lock, until_us))
    ;
  g_mutex_unlock (&self->lock);
  writer_unref (self);
}

/* The log */

DfnRequestLog *
dfn_request_log_new (const char *path)
{
  DfnRequestLog *self = g_new0 (DfnRequestLog, 1);

  self->path = g_strdup (path);
  self->salt = dfn_secret_new (SALT_SIZE);
  dfn_random_bytes (self->salt, SALT_SIZE);
  dfn_random_bytes (&self->session, sizeof self->session);
  self->start_us = g_get_monotonic_time ();
  self->open = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  return self;
}

void
dfn_request_log_free (DfnRequestLog *self)
{
  g_clear_pointer (&self->writer, writer_end);
  g_hash_table_unref (self->open);
  dfn_secret_free (self->salt);
  g_free (self->path);
  g_free (self);
}

guint64
dfn_request_log_name_peer (DfnRequestLog *self, const void *key, gsize length)
{
  guint8 code[DFN_HASH_SIZE];
  guint64 name;

  if (self == NULL)
    return 0;
  dfn_hmac_sha256 (self->salt, SALT_SIZE, key, length, code);
  memcpy (&name, code, sizeof name);
  return name;
}

guint64
dfn_request_log_begin (DfnRequestLog *self, gint64 now_us, const DfnRequestFacts *facts)
{
  Open *entry;

  if (self == NULL || g_hash_table_size (self->open) >= DFN_REQUEST_LOG_MAX_OPEN)
    return 0;
  entry = g_new0 (Open, 1);
  entry->ticket = ++self->last_ticket;
  entry->row.facts = *facts;
  entry->row.facts.policy = NULL;
  g_strlcpy (entry->row.policy, facts->policy != NULL ? facts->policy : "",
             sizeof entry->row.policy);
  entry->row.asked_us = now_us - self->start_us;
  g_hash_table_insert (self->open, &entry->ticket, entry);
  return entry->ticket;
}

void
dfn_request_log_finish (DfnRequestLog *self, gint64 now_us, guint64 ticket, DfnPeerOutcome outcome)
{
  Open *entry = self != NULL ? g_hash_table_lookup (self->open, &ticket) : NULL;

  if (entry == NULL)
    return;
  entry->row.duration_us = now_us - self->start_us - entry->row.asked_us;
  entry->row.outcome = outcome;
  if (self->writer == NULL)
    self->writer = writer_start (self->path, self->session);
  writer_add (self->writer, &entry->row);
  g_hash_table_remove (self->open, &ticket);
}
