/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * DfnWorker:
 *
 * Runs jobs that block (disks, hashing of whole files) one after another on another thread, in the
 * order in which they were pushed, and brings each result back to the context that asked.
 */
typedef struct _DfnWorker DfnWorker;

/**
 * DfnWorkerRun:
 * @task: the job; its task data and cancellable may be used, and it must not be returned here
 * @error: return location
 *
 * Runs on the worker's thread.
 *
 * Returns: %FALSE with @error set if the job failed
 */
typedef gboolean (*DfnWorkerRun) (GTask *task, GError **error);

/**
 * DfnWorkerDone:
 * @task: the job, to be returned here with what it made
 * @error: (transfer full) (nullable): what DfnWorkerRun failed with
 *
 * Runs in the task's context once, after the job.
 */
typedef void (*DfnWorkerDone) (GTask *task, GError *error);

DfnWorker *dfn_worker_new (void);

/**
 * dfn_worker_free:
 *
 * Jobs that were pushed are still run and return.
 */
void dfn_worker_free (DfnWorker *self);

/**
 * dfn_worker_push:
 * @task: (transfer full): the job
 * @run: the blocking part
 * @done: the part that returns it
 *
 * The thread lets go of @task before @done runs, so that the last reference to the task and its
 * source object falls in the task's context.
 */
void dfn_worker_push (DfnWorker *self, GTask *task, DfnWorkerRun run, DfnWorkerDone done);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnWorker, dfn_worker_free)

G_END_DECLS
