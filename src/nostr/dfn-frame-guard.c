/* SPDX-License-Identifier: MIT */
#include "dfn-frame-guard.h"

#include "dfn-token-bucket.h"

#define FIN 0x80
#define OPCODE 0x0f
#define CONTROL 0x08

/* A frame costs about this many bytes of work whatever its length. */
#define FRAME_COST 256
#define BYTES_PER_SECOND (32.0 * 1024 * 1024)
#define BYTES_BURST (64.0 * 1024 * 1024)
#define CONTROLS_PER_SECOND 5.0
#define CONTROLS_BURST 50.0
/* libsoup reads for as long as there is something to read. Who keeps it at that without a break
 * keeps the whole thread from everything else. */
#define STRETCH_US (300 * 1000)
#define STRETCH_BYTES (1024 * 1024)

struct _DfnFrameGuard {
  SoupWebsocketExtension parent_instance;

  gsize max_message;
  gsize message_size;
  gint64 last_us;
  DfnTokenBucket bytes;
  DfnTokenBucket controls;
  gint64 turn_us;
  gint64 stretch_us;
  gsize stretch_bytes;
};

G_DEFINE_FINAL_TYPE (DfnFrameGuard, dfn_frame_guard, SOUP_TYPE_WEBSOCKET_EXTENSION)

static gboolean
check_message (DfnFrameGuard *self, guint8 first, gsize length, GError **error)
{
  self->message_size = (first & OPCODE) != 0 ? length : self->message_size + length;
  if (self->message_size > self->max_message)
    {
      g_set_error (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
                   "sent a message larger than %" G_GSIZE_FORMAT " bytes", self->max_message);
      return FALSE;
    }
  if ((first & FIN) != 0)
    self->message_size = 0;
  return TRUE;
}

/* Whether this turn of the main loop still ends in good time. The source's time stays the same for
 * as long as the turn lasts. */
static gboolean
check_stretch (DfnFrameGuard *self, gsize length)
{
  GSource *source = g_main_current_source ();
  gint64 turn_us = source != NULL ? g_source_get_time (source) : self->last_us;

  if (turn_us != self->turn_us)
    {
      self->turn_us = turn_us;
      self->stretch_us = self->last_us;
      self->stretch_bytes = 0;
    }
  self->stretch_bytes += length + FRAME_COST;
  return self->stretch_bytes < STRETCH_BYTES || self->last_us - self->stretch_us < STRETCH_US;
}

static GBytes *
dfn_frame_guard_process_incoming (SoupWebsocketExtension *extension,
                                  guint8 *header,
                                  GBytes *payload,
                                  GError **error)
{
  DfnFrameGuard *self = DFN_FRAME_GUARD (extension);
  gsize length = g_bytes_get_size (payload);
  gboolean good;

  self->last_us = g_get_monotonic_time ();
  good = dfn_token_bucket_take (&self->bytes, (double) length + FRAME_COST, self->last_us)
         && check_stretch (self, length);
  if ((header[0] & CONTROL) != 0)
    good = good && dfn_token_bucket_take (&self->controls, 1, self->last_us);
  if (!good)
    g_set_error_literal (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                         "sent too much at once");
  else if ((header[0] & CONTROL) == 0)
    good = check_message (self, header[0], length, error);
  if (good)
    return payload;
  g_bytes_unref (payload);
  return NULL;
}

static void
dfn_frame_guard_class_init (DfnFrameGuardClass *klass)
{
  SoupWebsocketExtensionClass *extension_class = SOUP_WEBSOCKET_EXTENSION_CLASS (klass);

  extension_class->name = "x-frame-guard";
  extension_class->process_incoming_message = dfn_frame_guard_process_incoming;
}

static void
dfn_frame_guard_init (DfnFrameGuard *self)
{
  self->last_us = g_get_monotonic_time ();
  dfn_token_bucket_init (&self->bytes, BYTES_PER_SECOND, BYTES_BURST, self->last_us);
  dfn_token_bucket_init (&self->controls, CONTROLS_PER_SECOND, CONTROLS_BURST, self->last_us);
}

DfnFrameGuard *
dfn_frame_guard_new (gsize max_message)
{
  DfnFrameGuard *self = g_object_new (DFN_TYPE_FRAME_GUARD, NULL);

  self->max_message = max_message;
  return self;
}

gint64
dfn_frame_guard_get_last_us (DfnFrameGuard *self)
{
  g_return_val_if_fail (DFN_IS_FRAME_GUARD (self), 0);

  return self->last_us;
}
