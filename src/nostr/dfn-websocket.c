/* SPDX-License-Identifier: MIT */
#include "dfn-websocket.h"

#include "dfn-frame-guard.h"
#include "dfn-source.h"
#include "dfn-token-bucket.h"

#include <libsoup/soup.h>
#include <string.h>

/* The share of the thread that handling one connection's messages may take, and how much of it at
 * a stretch: a relay that sends without end must not keep the thread from everybody else. */
#define WORK_US_PER_SECOND 400000.0
#define WORK_BURST_US 8000.0
#define WORK_PAUSE_MS 5
/* What may wait for its share: a relay answers with thousands of events at once, a client of ours
 * asks in few words. */
#define MAX_INBOUND_CLIENT (16 * 1024 * 1024)
#define MAX_INBOUND_SERVER (1024 * 1024)
#define MESSAGE_COST 64
/* What is given to libsoup before the socket has shown that it takes more. */
#define MAX_IN_FLIGHT (256 * 1024)
#define KEEPALIVE_SECONDS 20
#define LINGER_MS 2000

struct _DfnWebsocket {
  GObject parent_instance;

  GMainContext *context;
  SoupWebsocketConnection *connection;
  DfnFrameGuard *guard;
  gboolean closing;
  gboolean done;
  char *reason;

  GQueue outbound;
  gsize outbound_bytes;
  gsize in_flight;
  gsize max_queue;
  GSource *writable;

  GQueue inbound;
  gsize inbound_bytes;
  gsize max_inbound;
  DfnTokenBucket work;
  GSource *resume;

  guint keepalive_seconds;
  GSource *watchdog;
  GSource *linger;
};

enum { SIGNAL_MESSAGE, SIGNAL_CLOSED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnWebsocket, dfn_websocket, G_TYPE_OBJECT)

static GSource *
attach (DfnWebsocket *self, GSource *source, GSourceFunc callback)
{
  return dfn_source_attach (source, self->context, callback, self);
}

/* Lets go of the connection. libsoup closes the stream when its last reference goes. */
static void
drop (DfnWebsocket *self)
{
  self->closing = TRUE;
  dfn_source_clear (&self->writable);
  dfn_source_clear (&self->resume);
  dfn_source_clear (&self->watchdog);
  dfn_source_clear (&self->linger);
  g_queue_clear_full (&self->outbound, (GDestroyNotify) g_bytes_unref);
  g_queue_clear_full (&self->inbound, (GDestroyNotify) g_bytes_unref);
  self->outbound_bytes = self->inbound_bytes = 0;
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
}

static void
finish (DfnWebsocket *self, const char *reason)
{
  g_autofree char *text = g_strdup (self->reason != NULL ? self->reason : reason);

  if (self->done)
    return;
  self->done = TRUE;
  g_object_ref (self);
  drop (self);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, text);
  g_object_unref (self);
}

static gboolean
on_linger_over (gpointer user_data)
{
  finish (user_data, NULL);
  return G_SOURCE_REMOVE;
}

void
dfn_websocket_close (DfnWebsocket *self, guint code, const char *reason)
{
  g_return_if_fail (DFN_IS_WEBSOCKET (self));
  g_return_if_fail (reason != NULL);

  if (self->closing)
    return;
  self->closing = TRUE;
  self->reason = g_strdup (reason);
  dfn_source_clear (&self->resume);
  dfn_source_clear (&self->writable);
  if (soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->connection, code, reason);
  self->linger = attach (self, g_timeout_source_new (LINGER_MS), on_linger_over);
}

static void
handle (DfnWebsocket *self, GBytes *message)
{
  gint64 start = g_get_monotonic_time ();
  gint64 end;

  /* A handler may let go of the last reference. */
  g_object_ref (self);
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, g_bytes_get_data (message, NULL));
  end = g_get_monotonic_time ();
  dfn_token_bucket_charge (&self->work, (double) (end - start), end);
  g_object_unref (self);
}

/* Whoever does not read our answers waits with further questions until he has. */
static gboolean
may_work (DfnWebsocket *self)
{
  if (self->outbound_bytes > self->max_queue / 4)
    return FALSE;
  return dfn_token_bucket_take (&self->work, 0, g_get_monotonic_time ());
}

static gboolean
on_resume (gpointer user_data)
{
  g_autoptr (DfnWebsocket) self = g_object_ref (user_data);

  while (!self->closing && !g_queue_is_empty (&self->inbound) && may_work (self))
    {
      g_autoptr (GBytes) message = g_queue_pop_head (&self->inbound);
      self->inbound_bytes -= g_bytes_get_size (message) + MESSAGE_COST;
      handle (self, message);
    }
  if (!g_queue_is_empty (&self->inbound))
    return G_SOURCE_CONTINUE;
  dfn_source_clear (&self->resume);
  return G_SOURCE_REMOVE;
}

static void
on_message (SoupWebsocketConnection *connection, int type, GBytes *message, DfnWebsocket *self)
{
  gsize size = g_bytes_get_size (message);

  if (self->closing)
    return;
  if (type != SOUP_WEBSOCKET_DATA_TEXT || strlen (g_bytes_get_data (message, NULL)) != size)
    {
      dfn_websocket_close (self, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA,
                           "sent something else than text");
      return;
    }
  if (g_queue_is_empty (&self->inbound) && may_work (self))
    {
      handle (self, message);
      return;
    }
  if (self->inbound_bytes + size > self->max_inbound)
    {
      dfn_websocket_close (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION, "sent too much at once");
      return;
    }
  g_queue_push_tail (&self->inbound, g_bytes_ref (message));
  self->inbound_bytes += size + MESSAGE_COST;
  if (self->resume == NULL)
    self->resume = attach (self, g_timeout_source_new (WORK_PAUSE_MS), on_resume);
}

static void
on_error (SoupWebsocketConnection *connection, GError *error, DfnWebsocket *self)
{
  g_autofree char *reason = NULL;

  if (g_error_matches (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_TOO_BIG))
    reason = g_strdup ("sent a message that is too large");
  else if (g_error_matches (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR))
    reason = g_strdup ("sent something that is not the WebSocket protocol");
  else if (g_error_matches (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_BAD_DATA))
    reason = g_strdup ("sent text that is not UTF-8");
  else if (g_error_matches (error, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION))
    reason = g_strdup (error->message);
  else
    reason = g_strdup_printf ("lost the connection: %s", error->message);

  /* libsoup goes on to send a close frame after this signal; whatever the other side makes of it,
   * the connection ends soon. */
  if (self->closing)
    return;
  self->closing = TRUE;
  self->reason = g_steal_pointer (&reason);
  self->linger = attach (self, g_timeout_source_new (LINGER_MS), on_linger_over);
}

static void
on_closed (SoupWebsocketConnection *connection, DfnWebsocket *self)
{
  const char *said = soup_websocket_connection_get_close_data (connection);
  guint code = soup_websocket_connection_get_close_code (connection);
  g_autofree char *reason = NULL;

  if (code != 0 && said != NULL && *said != '\0')
    reason = g_strdup_printf ("closed the connection: %s", said);
  else
    reason = g_strdup ("closed the connection");
  finish (self, reason);
}

static gboolean
on_watchdog (gpointer user_data)
{
  DfnWebsocket *self = user_data;
  gint64 silent_us = g_get_monotonic_time () - dfn_frame_guard_get_last_us (self->guard);

  if (silent_us < (gint64) self->keepalive_seconds * G_USEC_PER_SEC * 5 / 2)
    return G_SOURCE_CONTINUE;
  finish (self, "has not answered for a while");
  return G_SOURCE_REMOVE;
}

void
dfn_websocket_set_keepalive (DfnWebsocket *self, guint seconds)
{
  g_return_if_fail (DFN_IS_WEBSOCKET (self));
  g_return_if_fail (seconds > 0);

  if (self->done)
    return;
  self->keepalive_seconds = seconds;
  soup_websocket_connection_set_keepalive_interval (self->connection, seconds);
  dfn_source_clear (&self->watchdog);
  self->watchdog = attach (self, g_timeout_source_new (seconds * 500), on_watchdog);
}

/* The other side may have said goodbye already; libsoup knows it before we hear of it. */
static gboolean
takes_messages (DfnWebsocket *self)
{
  return !self->closing
         && soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN;
}

static void
pass_on (DfnWebsocket *self, GBytes *message)
{
  self->in_flight += g_bytes_get_size (message);
  soup_websocket_connection_send_message (self->connection, SOUP_WEBSOCKET_DATA_TEXT, message);
}

/* The source has a lower priority than libsoup's own for the same stream. When it runs, libsoup
 * has written all that it was given, so nothing is in flight. */
static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  g_autoptr (DfnWebsocket) self = g_object_ref (user_data);

  self->in_flight = 0;
  while (takes_messages (self) && !g_queue_is_empty (&self->outbound)
         && self->in_flight < MAX_IN_FLIGHT)
    {
      g_autoptr (GBytes) message = g_queue_pop_head (&self->outbound);
      self->outbound_bytes -= g_bytes_get_size (message);
      pass_on (self, message);
    }
  if (takes_messages (self) && self->in_flight > 0)
    return G_SOURCE_CONTINUE;
  dfn_source_clear (&self->writable);
  return G_SOURCE_REMOVE;
}

static void
watch_writable (DfnWebsocket *self)
{
  GIOStream *stream = soup_websocket_connection_get_io_stream (self->connection);
  GOutputStream *output = g_io_stream_get_output_stream (stream);

  if (self->writable != NULL)
    return;
  self->writable = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (output), NULL);
  g_source_set_priority (self->writable, G_PRIORITY_DEFAULT + 10);
  attach (self, self->writable, G_SOURCE_FUNC (on_writable));
}

void
dfn_websocket_send (DfnWebsocket *self, const char *text)
{
  g_autoptr (GBytes) message = NULL;
  gsize size;

  g_return_if_fail (DFN_IS_WEBSOCKET (self));
  g_return_if_fail (text != NULL);

  if (!takes_messages (self))
    return;
  size = strlen (text);
  if (self->outbound_bytes + size > self->max_queue)
    {
      dfn_websocket_close (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION, "reads too slowly");
      return;
    }
  message = g_bytes_new (text, size);
  if (g_queue_is_empty (&self->outbound) && self->in_flight < MAX_IN_FLIGHT)
    pass_on (self, message);
  else
    {
      g_queue_push_tail (&self->outbound, g_bytes_ref (message));
      self->outbound_bytes += size;
    }
  if (!self->closing)
    watch_writable (self);
}

static void
dfn_websocket_dispose (GObject *object)
{
  DfnWebsocket *self = DFN_WEBSOCKET (object);

  self->done = TRUE;
  drop (self);
  g_clear_object (&self->guard);

  G_OBJECT_CLASS (dfn_websocket_parent_class)->dispose (object);
}

static void
dfn_websocket_finalize (GObject *object)
{
  DfnWebsocket *self = DFN_WEBSOCKET (object);

  g_free (self->reason);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_websocket_parent_class)->finalize (object);
}

static void
dfn_websocket_class_init (DfnWebsocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = dfn_websocket_dispose;
  object_class->finalize = dfn_websocket_finalize;

  signals[SIGNAL_MESSAGE] =
      g_signal_new ("message", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
dfn_websocket_init (DfnWebsocket *self)
{
  self->context = g_main_context_ref_thread_default ();
  g_queue_init (&self->outbound);
  g_queue_init (&self->inbound);
  dfn_token_bucket_init (&self->work, WORK_US_PER_SECOND, WORK_BURST_US, g_get_monotonic_time ());
}

DfnWebsocket *
dfn_websocket_new (
    GIOStream *stream, const char *url, DfnWebsocketRole role, gsize max_message, gsize max_queue)
{
  DfnWebsocket *self = g_object_new (DFN_TYPE_WEBSOCKET, NULL);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  gboolean client = role == DFN_WEBSOCKET_CLIENT;

  g_assert (uri != NULL);
  self->max_queue = max_queue;
  self->max_inbound = client ? MAX_INBOUND_CLIENT : MAX_INBOUND_SERVER;
  self->guard = dfn_frame_guard_new (max_message);
  self->connection = soup_websocket_connection_new (
      stream, uri, client ? SOUP_WEBSOCKET_CONNECTION_CLIENT : SOUP_WEBSOCKET_CONNECTION_SERVER,
      NULL, NULL, g_list_append (NULL, g_object_ref (self->guard)));
  soup_websocket_connection_set_max_incoming_payload_size (self->connection, max_message);
  g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->connection, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  dfn_websocket_set_keepalive (self, KEEPALIVE_SECONDS);
  return self;
}
