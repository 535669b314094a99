/* SPDX-License-Identifier: MIT */
#include "dfn-live-store.h"

#include "dfn-live-segment.h"
#include "dfn-streaming-error.h"
#include "dfn-worker.h"

#define SEGMENT_BYTES (16 * 1024 * 1024)
/* What waits for a slow disk; beyond, chunks go from memory without having been written. */
#define MAX_UNWRITTEN (16 * 1024 * 1024)
/* In memory, whatever the bitrate. */
#define MAX_RECENT_BYTES (96 * 1024 * 1024)
/* After a failure of the disk. */
#define RETRY_US (60 * G_USEC_PER_SEC)

typedef struct {
  guint32 track;
  guint32 sequence;
  gint64 captured_us;
  guint32 flags;
  guint32 size;
  DfnLiveChunk *chunk;     /* while it is in memory */
  DfnLiveSegment *segment; /* once it has a place on the disk */
  guint64 offset;
  gboolean is_written;
  GList link; /* in order of arrival */
} Entry;

struct _DfnLiveStore {
  GObject parent_instance;

  char *folder;
  gint64 window_us;
  guint64 max_bytes;
  gint64 recent_us;
  DfnWorker *worker;

  GHashTable *entries;  /* owned Entry by itself: track and sequence */
  GQueue order;         /* of Entry, the oldest first */
  GList *oldest_recent; /* the first in @order that may be in memory */
  gint64 newest_us;
  gsize memory_bytes;
  gsize unwritten;

  DfnLiveSegment *segment; /* that is written to */
  guint64 segment_size;
  guint64 disk_bytes;
  gint64 retry_us; /* no writing before, on the monotonic clock */
  gboolean has_noticed;
  guint64 n_unstored;
};

G_DEFINE_FINAL_TYPE (DfnLiveStore, dfn_live_store, G_TYPE_OBJECT)

enum { SIGNAL_NOTICE, N_SIGNALS };

static guint signals[N_SIGNALS];

static guint
entry_hash (gconstpointer key)
{
  const Entry *entry = key;

  return entry->sequence * 64 + entry->track;
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
  const Entry *first = a, *second = b;

  return first->sequence == second->sequence && first->track == second->track;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->chunk, dfn_live_chunk_unref);
  g_clear_pointer (&entry->segment, dfn_live_segment_unref);
  g_free (entry);
}

static Entry *
find (DfnLiveStore *self, guint32 track, guint32 sequence)
{
  Entry key = { .track = track, .sequence = sequence };

  return g_hash_table_lookup (self->entries, &key);
}

static void
forget_memory (DfnLiveStore *self, Entry *entry)
{
  if (entry->chunk == NULL)
    return;
  self->memory_bytes -= entry->size;
  g_clear_pointer (&entry->chunk, dfn_live_chunk_unref);
}

static void
forget (DfnLiveStore *self, Entry *entry)
{
  if (self->oldest_recent == &entry->link)
    self->oldest_recent = entry->link.next;
  if (entry->segment != NULL)
    self->disk_bytes -= sizeof (DfnLiveHeader) + entry->size;
  forget_memory (self, entry);
  g_queue_unlink (&self->order, &entry->link);
  g_hash_table_remove (self->entries, entry);
}

/* Writing */

typedef struct {
  DfnLiveChunk *chunk;
  DfnLiveSegment *segment;
  guint64 offset;
} Place;

static void
place_free (gpointer data)
{
  Place *place = data;

  dfn_live_chunk_unref (place->chunk);
  dfn_live_segment_unref (place->segment);
  g_free (place);
}

static gboolean
write_chunk (GTask *task, GError **error)
{
  Place *place = g_task_get_task_data (task);

  return dfn_live_segment_write (place->segment, place->offset, place->chunk, error);
}

static void
tell_failure (DfnLiveStore *self, const GError *error)
{
  self->retry_us = g_get_monotonic_time () + RETRY_US;
  /* What is there stays; it does not become more than it is now. */
  if (g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE))
    self->max_bytes = MAX (self->disk_bytes, 1);
  if (!self->has_noticed)
    g_signal_emit (self, signals[SIGNAL_NOTICE], 0, error->message);
  self->has_noticed = TRUE;
}

static void
on_written (GTask *task, GError *error)
{
  DfnLiveStore *self = g_task_get_source_object (task);
  Place *place = g_task_get_task_data (task);
  Entry *entry = find (self, place->chunk->header.track, place->chunk->header.sequence);

  self->unwritten -= place->chunk->header.size;
  if (entry != NULL && entry->segment == place->segment)
    {
      entry->is_written = error == NULL;
      if (error != NULL)
        {
          self->n_unstored++;
          self->disk_bytes -= dfn_live_segment_measure (place->chunk);
          g_clear_pointer (&entry->segment, dfn_live_segment_unref);
        }
    }
  if (error != NULL)
    {
      tell_failure (self, error);
      g_error_free (error);
    }
  g_task_return_boolean (task, TRUE);
}

static gboolean
may_write (DfnLiveStore *self, const DfnLiveChunk *chunk)
{
  return self->window_us > 0 && self->max_bytes > 0
         && self->unwritten + chunk->header.size <= MAX_UNWRITTEN
         && g_get_monotonic_time () >= self->retry_us;
}

static void
begin_writing (DfnLiveStore *self, Entry *entry)
{
  Place *place;
  GTask *task;

  if (!may_write (self, entry->chunk))
    {
      self->n_unstored++;
      return;
    }
  if (self->segment == NULL || self->segment_size >= SEGMENT_BYTES)
    {
      g_clear_pointer (&self->segment, dfn_live_segment_unref);
      self->segment = dfn_live_segment_new (self->folder);
      self->segment_size = 0;
    }
  entry->segment = dfn_live_segment_ref (self->segment);
  entry->offset = self->segment_size;
  self->segment_size += dfn_live_segment_measure (entry->chunk);
  self->disk_bytes += dfn_live_segment_measure (entry->chunk);
  self->unwritten += entry->size;
  place = g_new (Place, 1);
  *place = (Place){ dfn_live_chunk_ref (entry->chunk), dfn_live_segment_ref (entry->segment),
                    entry->offset };
  task = g_task_new (self, NULL, NULL, NULL);
  g_task_set_task_data (task, place, place_free);
  dfn_worker_push (self->worker, task, write_chunk, on_written);
}

/* Forgetting */

static gboolean
is_excess (DfnLiveStore *self, const Entry *oldest)
{
  gint64 age_us = self->newest_us - oldest->captured_us;

  return age_us > MAX (self->window_us, self->recent_us) || self->disk_bytes > self->max_bytes
         || (oldest->chunk == NULL && oldest->segment == NULL);
}

static void
forget_old (DfnLiveStore *self)
{
  while (self->oldest_recent != NULL)
    {
      Entry *entry = self->oldest_recent->data;

      if (self->newest_us - entry->captured_us <= self->recent_us
          && self->memory_bytes <= MAX_RECENT_BYTES)
        break;
      self->oldest_recent = self->oldest_recent->next;
      /* While it is being written the writer holds it anyway. */
      forget_memory (self, entry);
      if (entry->segment == NULL)
        forget (self, entry);
    }
  while (self->order.head != NULL && is_excess (self, self->order.head->data))
    forget (self, self->order.head->data);
}

void
dfn_live_store_add (DfnLiveStore *self, DfnLiveChunk *chunk)
{
  Entry *entry;

  if (find (self, chunk->header.track, chunk->header.sequence) != NULL)
    return;
  entry = g_new0 (Entry, 1);
  entry->track = chunk->header.track;
  entry->sequence = chunk->header.sequence;
  entry->captured_us = chunk->header.captured_us;
  entry->flags = chunk->header.flags;
  entry->size = chunk->header.size;
  entry->chunk = dfn_live_chunk_ref (chunk);
  entry->link.data = entry;
  g_hash_table_add (self->entries, entry);
  g_queue_push_tail_link (&self->order, &entry->link);
  if (self->oldest_recent == NULL)
    self->oldest_recent = &entry->link;
  self->memory_bytes += entry->size;
  self->newest_us = MAX (self->newest_us, entry->captured_us);
  begin_writing (self, entry);
  forget_old (self);
}

/* Reading */

gboolean
dfn_live_store_has (DfnLiveStore *self, guint32 track, guint32 sequence)
{
  return find (self, track, sequence) != NULL;
}

DfnLiveChunk *
dfn_live_store_lookup (DfnLiveStore *self, guint32 track, guint32 sequence)
{
  Entry *entry = find (self, track, sequence);

  return entry != NULL && entry->chunk != NULL ? dfn_live_chunk_ref (entry->chunk) : NULL;
}

typedef struct {
  DfnLiveSegment *segment;
  guint64 offset;
  gsize size;
  DfnLiveChunk *chunk;
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  dfn_live_segment_unref (reading->segment);
  g_clear_pointer (&reading->chunk, dfn_live_chunk_unref);
  g_free (reading);
}

static gboolean
read_chunk (GTask *task, GError **error)
{
  Reading *reading = g_task_get_task_data (task);

  reading->chunk = dfn_live_segment_read (reading->segment, reading->offset, reading->size, error);
  return reading->chunk != NULL;
}

static void
on_read (GTask *task, GError *error)
{
  Reading *reading = g_task_get_task_data (task);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&reading->chunk),
                           (GDestroyNotify) dfn_live_chunk_unref);
}

void
dfn_live_store_read_async (DfnLiveStore *self,
                           guint32 track,
                           guint32 sequence,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Entry *entry = find (self, track, sequence);
  Reading *reading;

  if (entry == NULL || (entry->chunk == NULL && entry->segment == NULL))
    {
      g_task_return_new_error (task, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE,
                               "That part of the stream is no longer here");
      g_object_unref (task);
      return;
    }
  if (entry->chunk != NULL)
    {
      g_task_return_pointer (task, dfn_live_chunk_ref (entry->chunk),
                             (GDestroyNotify) dfn_live_chunk_unref);
      g_object_unref (task);
      return;
    }
  reading = g_new0 (Reading, 1);
  reading->segment = dfn_live_segment_ref (entry->segment);
  reading->offset = entry->offset;
  reading->size = entry->size;
  g_task_set_task_data (task, reading, reading_free);
  dfn_worker_push (self->worker, task, read_chunk, on_read);
}

DfnLiveChunk *
dfn_live_store_read_finish (DfnLiveStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
dfn_live_store_find (
    DfnLiveStore *self, guint32 track, gint64 captured_us, guint32 *sequence, gint64 *found_us)
{
  const Entry *best = NULL;

  /* From the newest: going back is seldom far, and chunks are nearly in order. */
  for (GList *link = self->order.tail; link != NULL; link = link->prev)
    {
      const Entry *entry = link->data;

      if (entry->track != track || (entry->flags & DFN_LIVE_FLAG_JOIN) == 0)
        continue;
      best = entry;
      if (entry->captured_us <= captured_us)
        break;
    }
  if (best == NULL)
    return FALSE;
  *sequence = best->sequence;
  *found_us = best->captured_us;
  return TRUE;
}

void
dfn_live_store_get_stats (DfnLiveStore *self, DfnLiveStoreStats *stats)
{
  const Entry *oldest = self->order.head != NULL ? self->order.head->data : NULL;

  *stats = (DfnLiveStoreStats){
    .n_chunks = g_hash_table_size (self->entries),
    .memory_bytes = self->memory_bytes,
    .disk_bytes = self->disk_bytes,
    .window_us = oldest != NULL ? self->newest_us - oldest->captured_us : 0,
    .n_unstored = self->n_unstored,
  };
}

/* Life */

static void
dfn_live_store_finalize (GObject *object)
{
  DfnLiveStore *self = DFN_LIVE_STORE (object);

  g_hash_table_unref (self->entries);
  g_clear_pointer (&self->segment, dfn_live_segment_unref);
  dfn_worker_free (self->worker);
  g_free (self->folder);
  G_OBJECT_CLASS (dfn_live_store_parent_class)->finalize (object);
}

static void
dfn_live_store_class_init (DfnLiveStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_live_store_finalize;

  signals[SIGNAL_NOTICE] = g_signal_new ("notice", DFN_TYPE_LIVE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
dfn_live_store_init (DfnLiveStore *self)
{
  self->worker = dfn_worker_new ();
  self->entries = g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);
  g_queue_init (&self->order);
}

DfnLiveStore *
dfn_live_store_new (const char *folder, gint64 window_us, guint64 max_bytes, gint64 recent_us)
{
  DfnLiveStore *self = g_object_new (DFN_TYPE_LIVE_STORE, NULL);

  self->folder = folder != NULL ? g_strdup (folder)
                                : g_build_filename (g_get_user_cache_dir (), "defiance", NULL);
  self->window_us = window_us;
  self->max_bytes = max_bytes;
  self->recent_us = recent_us;
  return self;
}
