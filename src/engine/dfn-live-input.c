/* SPDX-License-Identifier: MIT */
#include "dfn-live-input.h"

#include "dfn-timer.h"

#include <gio/gunixinputstream.h>

#define READ_SIZE (32 * 1024)

struct _DfnLiveInput {
  GObject parent_instance;

  GInputStream *stream;
  GCancellable *cancellable;
  DfnStreamCutter *cutter;
  GSource *timer;
  guint8 *buffer;
  gboolean is_held;
  gboolean is_reading;
  gboolean is_over;
};

G_DEFINE_FINAL_TYPE (DfnLiveInput, dfn_live_input, G_TYPE_OBJECT)

enum { SIGNAL_CUT, SIGNAL_ENDED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
drain (DfnLiveInput *self)
{
  DfnCut cut;
  gint64 deadline_us;

  while (self->timer != NULL
         && dfn_stream_cutter_next (self->cutter, g_get_monotonic_time (), &cut))
    {
      g_signal_emit (self, signals[SIGNAL_CUT], 0, &cut);
      g_bytes_unref (cut.payload);
    }
  if (self->timer == NULL)
    return;
  deadline_us = dfn_stream_cutter_get_deadline (self->cutter);
  dfn_timer_source_set (self->timer, deadline_us == G_MAXINT64 ? -1 : deadline_us);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnLiveInput) self = g_object_ref (user_data);

  drain (self);
  return G_SOURCE_CONTINUE;
}

static void read_on (DfnLiveInput *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnLiveInput) self = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  self->is_reading = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (n > 0)
    {
      dfn_stream_cutter_push (self->cutter, g_get_monotonic_time (), self->buffer, (gsize) n);
      drain (self);
      read_on (self);
      return;
    }
  self->is_over = TRUE;
  dfn_stream_cutter_finish (self->cutter);
  drain (self);
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, error);
}

static void
read_on (DfnLiveInput *self)
{
  if (self->is_reading || self->is_held || self->is_over
      || g_cancellable_is_cancelled (self->cancellable))
    return;
  self->is_reading = TRUE;
  g_input_stream_read_async (self->stream, self->buffer, READ_SIZE, G_PRIORITY_DEFAULT,
                             self->cancellable, on_read, g_object_ref (self));
}

void
dfn_live_input_set_held (DfnLiveInput *self, gboolean is_held)
{
  self->is_held = is_held;
  read_on (self);
}

DfnStreamKind
dfn_live_input_get_kind (DfnLiveInput *self)
{
  return dfn_stream_cutter_get_kind (self->cutter);
}

static void
dfn_live_input_dispose (GObject *object)
{
  DfnLiveInput *self = DFN_LIVE_INPUT (object);

  g_cancellable_cancel (self->cancellable);
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  G_OBJECT_CLASS (dfn_live_input_parent_class)->dispose (object);
}

static void
dfn_live_input_finalize (GObject *object)
{
  DfnLiveInput *self = DFN_LIVE_INPUT (object);

  g_object_unref (self->stream);
  g_object_unref (self->cancellable);
  dfn_stream_cutter_free (self->cutter);
  g_free (self->buffer);
  G_OBJECT_CLASS (dfn_live_input_parent_class)->finalize (object);
}

static void
dfn_live_input_class_init (DfnLiveInputClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_live_input_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_live_input_finalize;

  signals[SIGNAL_CUT] = g_signal_new ("cut", DFN_TYPE_LIVE_INPUT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SIGNAL_ENDED] = g_signal_new ("ended", DFN_TYPE_LIVE_INPUT, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dfn_live_input_init (DfnLiveInput *self)
{
  self->cancellable = g_cancellable_new ();
  self->buffer = g_malloc (READ_SIZE);
  self->timer = dfn_timer_source_new ();
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

DfnLiveInput *
dfn_live_input_new (int fd, gint64 slot_us, gsize max_size)
{
  DfnLiveInput *self = g_object_new (DFN_TYPE_LIVE_INPUT, NULL);

  self->stream = g_unix_input_stream_new (fd, FALSE);
  self->cutter = dfn_stream_cutter_new (slot_us, max_size);
  read_on (self);
  return self;
}
