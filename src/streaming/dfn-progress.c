/* SPDX-License-Identifier: MIT */
#include "dfn-progress.h"

#define INTERVAL_US 100000

struct _DfnProgress {
  GMainContext *context;
  GFileProgressCallback callback;
  gpointer user_data;

  GMutex mutex; /* guards what follows */
  gboolean is_posted;
  gint64 posted_at_us;
  goffset done;
  goffset total;
};

DfnProgress *
dfn_progress_new (GFileProgressCallback callback, gpointer user_data)
{
  DfnProgress *self = g_atomic_rc_box_new0 (DfnProgress);

  self->context = g_main_context_ref_thread_default ();
  self->callback = callback;
  self->user_data = user_data;
  g_mutex_init (&self->mutex);
  return self;
}

static void
clear (gpointer data)
{
  DfnProgress *self = data;

  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
}

DfnProgress *
dfn_progress_ref (DfnProgress *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
dfn_progress_unref (DfnProgress *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static gboolean
on_posted (gpointer data)
{
  DfnProgress *self = data;
  goffset done, total;

  g_mutex_lock (&self->mutex);
  self->is_posted = FALSE;
  done = self->done;
  total = self->total;
  g_mutex_unlock (&self->mutex);
  self->callback (done, total, self->user_data);
  return G_SOURCE_REMOVE;
}

/* The priority is the one of a finished task, so that no report comes after the result. */
static void
post (DfnProgress *self)
{
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "dfn-progress");
  g_source_set_callback (source, on_posted, dfn_progress_ref (self),
                         (GDestroyNotify) dfn_progress_unref);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

void
dfn_progress_report (DfnProgress *self, goffset done, goffset total)
{
  gint64 now = g_get_monotonic_time ();
  gboolean due;

  if (self->callback == NULL)
    return;
  g_mutex_lock (&self->mutex);
  self->done = done;
  self->total = total;
  due = !self->is_posted && now - self->posted_at_us >= INTERVAL_US;
  if (due)
    {
      self->is_posted = TRUE;
      self->posted_at_us = now;
    }
  g_mutex_unlock (&self->mutex);
  if (due)
    post (self);
}
