/* SPDX-License-Identifier: MIT */
#include "dfn-relay-connection.h"

#include "dfn-address-watch.h"
#include "dfn-backoff.h"
#include "dfn-nostr-message.h"
#include "dfn-relay-words.h"
#include "dfn-source.h"
#include "dfn-websocket-dialer.h"
#include "dfn-websocket.h"

#define CONNECT_MS 10000
#define KEEPALIVE_SECONDS 20
#define MAX_QUEUE (8 * 1024 * 1024)
/* A connection that lasted as long was a good one, and the back-off starts anew. */
#define GOOD_US (30 * G_USEC_PER_SEC)
/* Misbehaving counts as so many failures. */
#define REJECT_FAILURES 6

struct _DfnRelayConnection {
  GObject parent_instance;

  GMainContext *context;
  char *url;
  guint connect_ms;
  guint keepalive_seconds;
  DfnRelayState state;
  char *problem;
  DfnWebsocket *socket;
  GCancellable *dialing;
  GSource *timer;
  GIOStream *stream;
  GSource *watch; /* while there is a stream */
  guint failures;
  gint64 connected_us;
};

enum { PROP_0, PROP_STATE, PROP_PROBLEM, N_PROPS };
static GParamSpec *properties[N_PROPS];

enum { SIGNAL_OPENED, SIGNAL_MESSAGE, SIGNAL_LOST, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnRelayConnection, dfn_relay_connection, G_TYPE_OBJECT)

GType
dfn_relay_state_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { DFN_RELAY_STOPPED, "DFN_RELAY_STOPPED", "stopped" },
    { DFN_RELAY_CONNECTING, "DFN_RELAY_CONNECTING", "connecting" },
    { DFN_RELAY_CONNECTED, "DFN_RELAY_CONNECTED", "connected" },
    { DFN_RELAY_WAITING, "DFN_RELAY_WAITING", "waiting" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("DfnRelayState", values));
  return type;
}

static void connect_now (DfnRelayConnection *self);

static void
set_timer (DfnRelayConnection *self, guint delay_ms, GSourceFunc callback)
{
  dfn_source_clear (&self->timer);
  self->timer = dfn_source_attach (g_timeout_source_new (delay_ms), self->context, callback, self);
}

static void
set_problem (DfnRelayConnection *self, const char *problem)
{
  if (g_strcmp0 (self->problem, problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (problem);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROBLEM]);
}

static void
set_state (DfnRelayConnection *self, DfnRelayState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
forget (DfnRelayConnection *self)
{
  dfn_source_clear (&self->timer);
  if (self->dialing != NULL)
    g_cancellable_cancel (self->dialing);
  g_clear_object (&self->dialing);
  if (self->socket != NULL)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->socket);
  dfn_source_clear (&self->watch);
  g_clear_object (&self->stream);
}

static gboolean
on_retry (gpointer user_data)
{
  g_autoptr (DfnRelayConnection) self = g_object_ref (user_data);

  connect_now (self);
  return G_SOURCE_REMOVE;
}

/* Gives up the present connection or attempt. */
static void
fail (DfnRelayConnection *self, guint failures, const char *what)
{
  g_autofree char *words = dfn_relay_words_clean (what);
  g_autofree char *problem = g_strdup_printf ("The relay %s %s", self->url, words);

  if (self->state == DFN_RELAY_CONNECTED && g_get_monotonic_time () - self->connected_us > GOOD_US)
    self->failures = 0;
  self->failures += failures;
  forget (self);
  set_timer (self, dfn_backoff_delay_ms (self->failures, g_random_int ()), on_retry);
  set_problem (self, problem);
  set_state (self, DFN_RELAY_WAITING);
  g_signal_emit (self, signals[SIGNAL_LOST], 0, words);
}

static void
on_message (DfnWebsocket *socket, const char *text, DfnRelayConnection *self)
{
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, text);
}

static void
on_closed (DfnWebsocket *socket, const char *reason, gpointer user_data)
{
  g_autoptr (DfnRelayConnection) self = g_object_ref (user_data);

  fail (self, 1, reason);
}

/* What TCP would find out after minutes: this computer has moved to another network, and nothing
 * that is sent from the address it had arrives. */
static gboolean
on_addresses_changed (gpointer user_data)
{
  g_autoptr (DfnRelayConnection) self = g_object_ref (user_data);

  if (!dfn_address_watch_is_gone (self->stream))
    return G_SOURCE_CONTINUE;
  fail (self, 1, "cannot be reached from here any more: this computer's address has changed");
  return G_SOURCE_REMOVE;
}

static void
watch_addresses (DfnRelayConnection *self, GIOStream *stream)
{
  self->stream = g_object_ref (stream);
  self->watch = dfn_address_watch_source_new ();
  g_source_set_callback (self->watch, on_addresses_changed, self, NULL);
  g_source_attach (self->watch, self->context);
}

static void
use_stream (DfnRelayConnection *self, GIOStream *stream)
{
  dfn_source_clear (&self->timer);
  g_clear_object (&self->dialing);
  watch_addresses (self, stream);
  self->socket = dfn_websocket_new (stream, self->url, DFN_WEBSOCKET_CLIENT,
                                    DFN_NOSTR_MESSAGE_MAX_SIZE, MAX_QUEUE);
  dfn_websocket_set_keepalive (self->socket, self->keepalive_seconds);
  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_closed), self);
  self->connected_us = g_get_monotonic_time ();
  g_signal_emit (self, signals[SIGNAL_OPENED], 0);
  if (self->socket == NULL)
    return;
  set_problem (self, NULL);
  set_state (self, DFN_RELAY_CONNECTED);
}

/* The callback gets a weak reference, so that the connection can go while it is being opened. */
static void
on_dialed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *weak = user_data;
  g_autoptr (DfnRelayConnection) self = g_weak_ref_get (weak);
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = dfn_websocket_dial_finish (result, &error);
  g_autofree char *what = NULL;

  g_weak_ref_clear (weak);
  g_free (weak);
  /* An attempt that was given up: stopped, out of time, or nobody wants it any more. */
  if (self == NULL || g_task_get_cancellable (G_TASK (result)) != self->dialing)
    {
      if (stream != NULL)
        g_io_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
      return;
    }
  if (stream != NULL)
    {
      use_stream (self, stream);
      return;
    }
  if (error->domain == DFN_NOSTR_ERROR)
    what = g_strdup (error->message);
  else
    what = g_strdup_printf ("cannot be reached: %s", error->message);
  fail (self, 1, what);
}

static gboolean
on_connect_timeout (gpointer user_data)
{
  g_autoptr (DfnRelayConnection) self = g_object_ref (user_data);

  fail (self, 1, "cannot be reached: it does not answer");
  return G_SOURCE_REMOVE;
}

static void
connect_now (DfnRelayConnection *self)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  self->dialing = g_cancellable_new ();
  set_timer (self, self->connect_ms, on_connect_timeout);
  dfn_websocket_dial_async (self->url, self->dialing, on_dialed, weak);
  set_state (self, DFN_RELAY_CONNECTING);
}

void
dfn_relay_connection_start (DfnRelayConnection *self)
{
  g_return_if_fail (DFN_IS_RELAY_CONNECTION (self));

  if (self->state == DFN_RELAY_STOPPED)
    connect_now (self);
}

void
dfn_relay_connection_stop (DfnRelayConnection *self)
{
  g_return_if_fail (DFN_IS_RELAY_CONNECTION (self));

  if (self->socket != NULL)
    dfn_websocket_close (self->socket, 1000, "goodbye");
  forget (self);
  self->failures = 0;
  set_problem (self, NULL);
  set_state (self, DFN_RELAY_STOPPED);
}

void
dfn_relay_connection_reject (DfnRelayConnection *self, const char *what)
{
  g_return_if_fail (DFN_IS_RELAY_CONNECTION (self));

  if (self->socket == NULL)
    return;
  dfn_websocket_close (self->socket, 1008, "misbehaves");
  fail (self, REJECT_FAILURES, what);
}

gboolean
dfn_relay_connection_is_open (DfnRelayConnection *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CONNECTION (self), FALSE);

  return self->socket != NULL;
}

void
dfn_relay_connection_send (DfnRelayConnection *self, const char *text)
{
  g_return_if_fail (DFN_IS_RELAY_CONNECTION (self));

  if (self->socket != NULL)
    dfn_websocket_send (self->socket, text);
}

void
dfn_relay_connection_set_timeouts (DfnRelayConnection *self,
                                   guint connect_ms,
                                   guint keepalive_seconds)
{
  g_return_if_fail (DFN_IS_RELAY_CONNECTION (self));
  g_return_if_fail (connect_ms > 0 && keepalive_seconds > 0);

  self->connect_ms = connect_ms;
  self->keepalive_seconds = keepalive_seconds;
}

DfnRelayState
dfn_relay_connection_get_state (DfnRelayConnection *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CONNECTION (self), DFN_RELAY_STOPPED);

  return self->state;
}

const char *
dfn_relay_connection_get_problem (DfnRelayConnection *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CONNECTION (self), NULL);

  return self->problem;
}

static void
dfn_relay_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnRelayConnection *self = DFN_RELAY_CONNECTION (object);

  if (id == PROP_STATE)
    g_value_set_enum (value, self->state);
  else if (id == PROP_PROBLEM)
    g_value_set_string (value, self->problem);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dfn_relay_connection_dispose (GObject *object)
{
  DfnRelayConnection *self = DFN_RELAY_CONNECTION (object);

  if (self->socket != NULL)
    dfn_websocket_close (self->socket, 1000, "goodbye");
  forget (self);

  G_OBJECT_CLASS (dfn_relay_connection_parent_class)->dispose (object);
}

static void
dfn_relay_connection_finalize (GObject *object)
{
  DfnRelayConnection *self = DFN_RELAY_CONNECTION (object);

  g_free (self->url);
  g_free (self->problem);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_relay_connection_parent_class)->finalize (object);
}

static void
dfn_relay_connection_class_init (DfnRelayConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = dfn_relay_connection_get_property;
  object_class->dispose = dfn_relay_connection_dispose;
  object_class->finalize = dfn_relay_connection_finalize;

  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, DFN_TYPE_RELAY_STATE, DFN_RELAY_STOPPED,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_PROBLEM] =
      g_param_spec_string ("problem", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[SIGNAL_OPENED] =
      g_signal_new ("opened", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_MESSAGE] =
      g_signal_new ("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_LOST] = g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
dfn_relay_connection_init (DfnRelayConnection *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->connect_ms = CONNECT_MS;
  self->keepalive_seconds = KEEPALIVE_SECONDS;
}

DfnRelayConnection *
dfn_relay_connection_new (const char *url)
{
  DfnRelayConnection *self = g_object_new (DFN_TYPE_RELAY_CONNECTION, NULL);

  self->url = g_strdup (url);
  return self;
}
