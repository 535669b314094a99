/* SPDX-License-Identifier: MIT */
#include "dfn-chunk-store.h"

#include "dfn-buffer-pool.h"
#include "dfn-download-file.h"
#include "dfn-progress.h"
#include "dfn-streaming-error.h"
#include "dfn-worker.h"

/* More is rarely between the disk and the acknowledgement of a peer. */
#define MAX_IDLE_BYTES (4 * 1024 * 1024)

struct _DfnChunkStore {
  GObject parent_instance;

  DfnManifest *manifest;
  char *path;
  DfnBitmap *present; /* as the owner knows it; the worker's knowledge is ahead of it */
  gsize bytes_in_flight;
  guint n_reads;

  DfnWorker *worker;
  /* Used on the worker's thread alone: source, tree and buffers, or download. */
  DfnSourceFile *source;
  DfnHashTree *tree;
  DfnBufferPool *buffers;
  DfnDownloadFile *download;
};

G_DEFINE_FINAL_TYPE (DfnChunkStore, dfn_chunk_store, G_TYPE_OBJECT)

typedef struct {
  guint32 index;
  GBytes *data;
  GBytes *path;
} ChunkJob;

typedef struct {
  char *output;
  DfnManifest *manifest;
  DfnProgress *progress;
  DfnWorker *worker;
  DfnDownloadFile *download;
} OpenJob;

static void
dfn_chunk_store_finalize (GObject *object)
{
  DfnChunkStore *self = DFN_CHUNK_STORE (object);

  /* Every job holds the store, so none is left that uses what goes here. */
  g_clear_pointer (&self->worker, dfn_worker_free);
  g_clear_pointer (&self->source, dfn_source_file_free);
  g_clear_pointer (&self->tree, dfn_hash_tree_free);
  g_clear_pointer (&self->buffers, dfn_buffer_pool_free);
  g_clear_pointer (&self->download, dfn_download_file_free);
  g_clear_pointer (&self->present, dfn_bitmap_free);
  g_clear_pointer (&self->manifest, dfn_manifest_unref);
  g_clear_pointer (&self->path, g_free);

  G_OBJECT_CLASS (dfn_chunk_store_parent_class)->finalize (object);
}

static void
dfn_chunk_store_class_init (DfnChunkStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = dfn_chunk_store_finalize;
}

static void
dfn_chunk_store_init (DfnChunkStore *self)
{
}

DfnChunkStore *
dfn_chunk_store_new_source (DfnSourceFile *file, DfnManifest *manifest, DfnHashTree *tree)
{
  DfnChunkStore *self = g_object_new (DFN_TYPE_CHUNK_STORE, NULL);
  guint32 chunk_size = dfn_manifest_get_chunk_size (manifest);

  self->manifest = dfn_manifest_ref (manifest);
  self->path = g_strdup (dfn_source_file_get_path (file));
  self->present = dfn_bitmap_new_full (dfn_manifest_get_n_chunks (manifest));
  self->worker = dfn_worker_new ();
  self->source = file;
  self->tree = tree;
  self->buffers = dfn_buffer_pool_new (chunk_size, MAX_IDLE_BYTES / chunk_size);
  return self;
}

/* Opening */

static void
open_job_free (gpointer data)
{
  OpenJob *job = data;

  g_free (job->output);
  dfn_manifest_unref (job->manifest);
  dfn_progress_unref (job->progress);
  g_clear_pointer (&job->worker, dfn_worker_free);
  g_clear_pointer (&job->download, dfn_download_file_free);
  g_free (job);
}

static gboolean
run_open (GTask *task, GError **error)
{
  OpenJob *job = g_task_get_task_data (task);

  job->download = dfn_download_file_open (job->output, job->manifest, job->progress,
                                          g_task_get_cancellable (task), error);
  return job->download != NULL;
}

static void
open_done (GTask *task, GError *error)
{
  OpenJob *job = g_task_get_task_data (task);
  DfnChunkStore *self;

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  self = g_object_new (DFN_TYPE_CHUNK_STORE, NULL);
  self->manifest = dfn_manifest_ref (job->manifest);
  self->path = g_strdup (job->output);
  self->worker = g_steal_pointer (&job->worker);
  self->download = g_steal_pointer (&job->download);
  self->present = dfn_bitmap_copy (dfn_download_file_get_present (self->download));
  g_task_return_pointer (task, self, g_object_unref);
}

void
dfn_chunk_store_open_download_async (const char *output,
                                     DfnManifest *manifest,
                                     GCancellable *cancellable,
                                     GFileProgressCallback progress,
                                     gpointer progress_data,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  OpenJob *job = g_new0 (OpenJob, 1);

  g_task_set_source_tag (task, dfn_chunk_store_open_download_async);
  job->output = g_strdup (output);
  job->manifest = dfn_manifest_ref (manifest);
  job->progress = dfn_progress_new (progress, progress_data);
  job->worker = dfn_worker_new ();
  g_task_set_task_data (task, job, open_job_free);
  dfn_worker_push (job->worker, task, run_open, open_done);
}

DfnChunkStore *
dfn_chunk_store_open_download_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, dfn_chunk_store_open_download_async),
                        NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* What is there */

DfnManifest *
dfn_chunk_store_get_manifest (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), NULL);

  return self->manifest;
}

const char *
dfn_chunk_store_get_path (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), NULL);

  return self->path;
}

gboolean
dfn_chunk_store_has (DfnChunkStore *self, guint32 index)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), FALSE);

  return index < dfn_bitmap_get_n_bits (self->present) && dfn_bitmap_has (self->present, index);
}

guint32
dfn_chunk_store_get_n_present (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), 0);

  return dfn_bitmap_get_n_set (self->present);
}

gboolean
dfn_chunk_store_is_full (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), FALSE);

  return dfn_bitmap_get_n_set (self->present) == dfn_bitmap_get_n_bits (self->present);
}

const DfnBitmap *
dfn_chunk_store_get_present (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), NULL);

  return self->present;
}

GBytes *
dfn_chunk_store_get_buffer_map (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), NULL);

  return dfn_bitmap_to_bytes (self->present);
}

void
dfn_chunk_store_foreach_missing (DfnChunkStore *self, DfnChunkFunc func, gpointer user_data)
{
  guint32 n_chunks, i;

  g_return_if_fail (DFN_IS_CHUNK_STORE (self));

  n_chunks = dfn_bitmap_get_n_bits (self->present);
  for (i = dfn_bitmap_next_absent (self->present, 0); i < n_chunks && func (i, user_data);)
    i = dfn_bitmap_next_absent (self->present, i + 1);
}

/* Putting */

static void
chunk_job_free (gpointer data)
{
  ChunkJob *job = data;

  g_clear_pointer (&job->data, g_bytes_unref);
  g_clear_pointer (&job->path, g_bytes_unref);
  g_free (job);
}

static gboolean
run_put (GTask *task, GError **error)
{
  DfnChunkStore *self = g_task_get_source_object (task);
  ChunkJob *job = g_task_get_task_data (task);

  return dfn_download_file_put (self->download, job->index, job->data, job->path, error);
}

static void
put_done (GTask *task, GError *error)
{
  DfnChunkStore *self = g_task_get_source_object (task);
  ChunkJob *job = g_task_get_task_data (task);

  self->bytes_in_flight -= g_bytes_get_size (job->data);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  dfn_bitmap_add (self->present, job->index);
  g_task_return_boolean (task, TRUE);
}

void
dfn_chunk_store_put_async (DfnChunkStore *self,
                           guint32 index,
                           GBytes *data,
                           GBytes *path,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  ChunkJob *job;

  g_return_if_fail (DFN_IS_CHUNK_STORE (self));
  g_return_if_fail (self->download != NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dfn_chunk_store_put_async);
  if (self->bytes_in_flight + g_bytes_get_size (data) > DFN_CHUNK_STORE_QUEUE_LIMIT)
    {
      g_task_return_new_error (task, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY,
                               "The disk is too slow for chunk %u to wait for it", index);
      return;
    }
  job = g_new0 (ChunkJob, 1);
  job->index = index;
  job->data = g_bytes_ref (data);
  job->path = g_bytes_ref (path);
  self->bytes_in_flight += g_bytes_get_size (data);
  g_task_set_task_data (task, job, chunk_job_free);
  dfn_worker_push (self->worker, g_steal_pointer (&task), run_put, put_done);
}

gboolean
dfn_chunk_store_put_finish (DfnChunkStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, dfn_chunk_store_put_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

gsize
dfn_chunk_store_get_bytes_in_flight (DfnChunkStore *self)
{
  g_return_val_if_fail (DFN_IS_CHUNK_STORE (self), 0);

  return self->bytes_in_flight;
}

/* Reading */

/* The file is looked at before and after, so that what was written in between is noticed. */
static GBytes *
read_source (DfnChunkStore *self, guint32 index, GBytes **path, GError **error)
{
  gsize length = dfn_manifest_get_chunk_length (self->manifest, index);
  guint8 *data;
  g_autoptr (GBytes) bytes = dfn_buffer_pool_take (self->buffers, length, &data);

  if (!dfn_source_file_check (self->source, error)
      || !dfn_source_file_read (self->source, data, length,
                                dfn_manifest_get_chunk_offset (self->manifest, index), error)
      || !dfn_source_file_check (self->source, error))
    return NULL;
  *path = dfn_hash_tree_get_path (self->tree, index);
  return g_steal_pointer (&bytes);
}

static gboolean
run_read (GTask *task, GError **error)
{
  DfnChunkStore *self = g_task_get_source_object (task);
  ChunkJob *job = g_task_get_task_data (task);

  if (self->source != NULL)
    job->data = read_source (self, job->index, &job->path, error);
  else
    job->data = dfn_download_file_read (self->download, job->index, &job->path, error);
  return job->data != NULL;
}

static void
read_done (GTask *task, GError *error)
{
  DfnChunkStore *self = g_task_get_source_object (task);

  self->n_reads--;
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
dfn_chunk_store_read_async (DfnChunkStore *self,
                            guint32 index,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  ChunkJob *job;

  g_return_if_fail (DFN_IS_CHUNK_STORE (self));
  g_return_if_fail (dfn_chunk_store_has (self, index));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, dfn_chunk_store_read_async);
  if (self->n_reads >= DFN_CHUNK_STORE_MAX_READS)
    {
      g_task_return_new_error (task, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY,
                               "The disk is too slow for another read to wait for it");
      return;
    }
  job = g_new0 (ChunkJob, 1);
  job->index = index;
  self->n_reads++;
  g_task_set_task_data (task, job, chunk_job_free);
  dfn_worker_push (self->worker, g_steal_pointer (&task), run_read, read_done);
}

GBytes *
dfn_chunk_store_read_finish (DfnChunkStore *self,
                             GAsyncResult *result,
                             GBytes **path,
                             GError **error)
{
  ChunkJob *job;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, dfn_chunk_store_read_async), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  job = g_task_get_task_data (G_TASK (result));
  if (path != NULL)
    *path = g_steal_pointer (&job->path);
  return g_steal_pointer (&job->data);
}

/* Completing */

static gboolean
run_complete (GTask *task, GError **error)
{
  DfnChunkStore *self = g_task_get_source_object (task);

  return dfn_download_file_complete (self->download, error);
}

static void
complete_done (GTask *task, GError *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

void
dfn_chunk_store_complete_async (DfnChunkStore *self,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (DFN_IS_CHUNK_STORE (self));
  g_return_if_fail (self->download != NULL);
  g_return_if_fail (dfn_chunk_store_is_full (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dfn_chunk_store_complete_async);
  dfn_worker_push (self->worker, task, run_complete, complete_done);
}

gboolean
dfn_chunk_store_complete_finish (DfnChunkStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, dfn_chunk_store_complete_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
