/* SPDX-License-Identifier: MIT */
#include "dfn-file-indexer.h"

#include "dfn-index-pass.h"
#include "dfn-worker.h"

/* What content types are guessed from; no magic of shared-mime-info looks further. */
#define GUESS_SIZE 16384

typedef struct {
  char *path;
  char *title;
  char *summary;
  DfnProgress *progress;
  DfnWorker *worker;

  DfnSourceFile *file;
  DfnHashTree *tree;
  DfnManifest *manifest;
} IndexJob;

static void
index_job_free (gpointer data)
{
  IndexJob *job = data;

  g_free (job->path);
  g_free (job->title);
  g_free (job->summary);
  dfn_progress_unref (job->progress);
  dfn_worker_free (job->worker);
  g_clear_pointer (&job->file, dfn_source_file_free);
  g_clear_pointer (&job->tree, dfn_hash_tree_free);
  g_clear_pointer (&job->manifest, dfn_manifest_unref);
  g_free (job);
}

static char *
guess_mime_type (DfnSourceFile *file, const char *name)
{
  gsize length = (gsize) MIN (GUESS_SIZE, dfn_source_file_get_size (file));
  g_autofree guint8 *data = g_malloc (length);
  g_autofree char *content_type = NULL;

  if (!dfn_source_file_read (file, data, length, 0, NULL))
    return NULL;
  content_type = g_content_type_guess (name, data, length, NULL);
  return g_content_type_get_mime_type (content_type);
}

static gboolean
run_index (GTask *task, GError **error)
{
  IndexJob *job = g_task_get_task_data (task);
  g_autofree char *name = g_filename_display_basename (job->path);
  g_autofree char *mime_type = NULL;
  guint8 sha256[DFN_HASH_SIZE];
  guint64 size;
  guint32 chunk_size;

  job->file = dfn_source_file_open (job->path, error);
  if (job->file == NULL)
    return FALSE;
  size = dfn_source_file_get_size (job->file);
  mime_type = guess_mime_type (job->file, name);
  chunk_size = dfn_manifest_choose_chunk_size (size);
  job->tree = dfn_hash_tree_new ((guint32) ((size - 1) / chunk_size + 1));
  if (!dfn_index_pass (job->file, chunk_size, job->tree, sha256, job->progress,
                       g_task_get_cancellable (task), error))
    return FALSE;
  job->manifest = dfn_manifest_new (name, job->title, job->summary, mime_type, size, chunk_size,
                                    dfn_hash_tree_get_root (job->tree), sha256);
  return TRUE;
}

static void
index_done (GTask *task, GError *error)
{
  IndexJob *job = g_task_get_task_data (task);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_task_return_pointer (task,
                         dfn_chunk_store_new_source (g_steal_pointer (&job->file), job->manifest,
                                                     g_steal_pointer (&job->tree)),
                         g_object_unref);
}

void
dfn_file_index_async (const char *path,
                      const char *title,
                      const char *summary,
                      GCancellable *cancellable,
                      GFileProgressCallback progress,
                      gpointer progress_data,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  IndexJob *job = g_new0 (IndexJob, 1);

  g_task_set_source_tag (task, dfn_file_index_async);
  job->path = g_strdup (path);
  job->title = g_strdup (title);
  job->summary = g_strdup (summary);
  job->progress = dfn_progress_new (progress, progress_data);
  job->worker = dfn_worker_new ();
  g_task_set_task_data (task, job, index_job_free);
  dfn_worker_push (job->worker, task, run_index, index_done);
}

DfnChunkStore *
dfn_file_index_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, dfn_file_index_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
