/* SPDX-License-Identifier: MIT */
#include "dfn-output.h"

#include "dfn-worker.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

struct _DfnOutput {
  GObject parent_instance;

  int fd;
  DfnWorker *worker;
  GCancellable *cancellable;
  gsize queued;
  gboolean is_full;
  gboolean has_failed;
};

G_DEFINE_FINAL_TYPE (DfnOutput, dfn_output, G_TYPE_OBJECT)

enum { SIGNAL_ROOM, SIGNAL_FAILED, SIGNAL_DRAINED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* A job may outlast its output, whose reader may never read again: it holds what it needs. */
typedef struct {
  int fd;
  GBytes *bytes;
} Writing;

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  g_bytes_unref (writing->bytes);
  g_free (writing);
}

/* Waits until something can be written, or the job is cancelled. */
static gboolean
wait_for_room (int fd, GCancellable *cancellable, GError **error)
{
  GPollFD fds[2] = { { .fd = fd, .events = G_IO_OUT } };
  guint n = g_cancellable_make_pollfd (cancellable, &fds[1]) ? 2 : 1;

  while (g_poll (fds, n, -1) < 0 && errno == EINTR)
    ;
  if (n == 2)
    g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static gboolean
write_all (GTask *task, GError **error)
{
  Writing *writing = g_task_get_task_data (task);
  gsize left;
  const guint8 *data = g_bytes_get_data (writing->bytes, &left);

  while (left > 0)
    {
      gssize n;

      if (!wait_for_room (writing->fd, g_task_get_cancellable (task), error))
        return FALSE;
      /* As much as a pipe that has room at all takes without blocking. */
      n = write (writing->fd, data, MIN (left, PIPE_BUF));
      if (n < 0 && errno != EINTR && errno != EAGAIN)
        {
          int saved_errno = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                       "The output cannot be written: %s", g_strerror (saved_errno));
          return FALSE;
        }
      data += MAX (n, 0);
      left -= (gsize) MAX (n, 0);
    }
  return TRUE;
}

static void
on_written (GTask *task, GError *error)
{
  DfnOutput *self = g_task_get_source_object (task);
  Writing *writing = g_task_get_task_data (task);

  self->queued -= g_bytes_get_size (writing->bytes);
  g_task_return_boolean (task, TRUE);
  if (error != NULL && !g_cancellable_is_cancelled (self->cancellable))
    {
      self->has_failed = TRUE;
      g_cancellable_cancel (self->cancellable);
      g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
    }
  g_clear_error (&error);
  if (self->has_failed || g_cancellable_is_cancelled (self->cancellable))
    return;
  if (self->is_full && self->queued <= DFN_OUTPUT_MAX_QUEUED / 2)
    {
      self->is_full = FALSE;
      g_signal_emit (self, signals[SIGNAL_ROOM], 0);
    }
  if (self->queued == 0)
    g_signal_emit (self, signals[SIGNAL_DRAINED], 0);
}

gboolean
dfn_output_write (DfnOutput *self, GBytes *bytes)
{
  Writing *writing;
  GTask *task;

  if (self->has_failed)
    return FALSE;
  writing = g_new (Writing, 1);
  *writing = (Writing){ self->fd, g_bytes_ref (bytes) };
  task = g_task_new (self, self->cancellable, NULL, NULL);
  g_task_set_task_data (task, writing, writing_free);
  self->queued += g_bytes_get_size (bytes);
  self->is_full |= self->queued >= DFN_OUTPUT_MAX_QUEUED;
  dfn_worker_push (self->worker, task, write_all, on_written);
  return !self->is_full;
}

gboolean
dfn_output_is_full (DfnOutput *self)
{
  return self->is_full;
}

gsize
dfn_output_get_queued (DfnOutput *self)
{
  return self->queued;
}

static void
dfn_output_finalize (GObject *object)
{
  DfnOutput *self = DFN_OUTPUT (object);

  dfn_worker_free (self->worker);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (dfn_output_parent_class)->finalize (object);
}

static void
dfn_output_class_init (DfnOutputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_output_finalize;

  signals[SIGNAL_ROOM] = g_signal_new ("room", DFN_TYPE_OUTPUT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                       NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", DFN_TYPE_OUTPUT, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[SIGNAL_DRAINED] = g_signal_new ("drained", DFN_TYPE_OUTPUT, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_output_init (DfnOutput *self)
{
  self->worker = dfn_worker_new ();
  self->cancellable = g_cancellable_new ();
}

DfnOutput *
dfn_output_new (int fd)
{
  DfnOutput *self = g_object_new (DFN_TYPE_OUTPUT, NULL);

  self->fd = fd;
  return self;
}

void
dfn_output_stop (DfnOutput *self)
{
  g_cancellable_cancel (self->cancellable);
}
