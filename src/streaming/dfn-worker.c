/* SPDX-License-Identifier: MIT */
#include "dfn-worker.h"

struct _DfnWorker {
  GThreadPool *pool; /* of one thread at most, so that jobs keep their order */
};

typedef struct {
  GTask *task;
  DfnWorkerRun run;
  DfnWorkerDone done;
  GError *error;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_error (&job->error);
  g_clear_object (&job->task);
  g_free (job);
}

static gboolean
on_job_done (gpointer data)
{
  Job *job = data;

  job->done (job->task, g_steal_pointer (&job->error));
  return G_SOURCE_REMOVE;
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;
  GMainContext *context = g_main_context_ref (g_task_get_context (job->task));
  GSource *source = g_idle_source_new ();

  if (!g_cancellable_set_error_if_cancelled (g_task_get_cancellable (job->task), &job->error))
    job->run (job->task, &job->error);
  g_source_set_priority (source, g_task_get_priority (job->task));
  g_source_set_static_name (source, "dfn-worker");
  g_source_set_callback (source, on_job_done, job, job_free);
  g_source_attach (source, context);
  g_source_unref (source);
  g_main_context_unref (context);
}

DfnWorker *
dfn_worker_new (void)
{
  DfnWorker *self = g_new0 (DfnWorker, 1);

  self->pool = g_thread_pool_new (run_job, NULL, 1, FALSE, NULL);
  return self;
}

void
dfn_worker_free (DfnWorker *self)
{
  /* Not waiting: this may run on the very thread that it would wait for. */
  g_thread_pool_free (self->pool, FALSE, FALSE);
  g_free (self);
}

void
dfn_worker_push (DfnWorker *self, GTask *task, DfnWorkerRun run, DfnWorkerDone done)
{
  Job *job = g_new0 (Job, 1);

  job->task = task;
  job->run = run;
  job->done = done;
  g_thread_pool_push (self->pool, job, NULL);
}
