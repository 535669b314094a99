/* SPDX-License-Identifier: MIT */
#include "dfn-relay-client.h"

#include "dfn-backoff.h"
#include "dfn-nostr-message.h"
#include "dfn-random.h"
#include "dfn-relay-publisher.h"
#include "dfn-relay-requests.h"
#include "dfn-relay-url.h"
#include "dfn-relay-words.h"
#include "dfn-websocket-dialer.h"
#include "dfn-websocket.h"

#include <string.h>

#define KIND_AUTH 22242
#define TIMEOUT_MS 10000
#define KEEPALIVE_SECONDS 20
#define MAX_QUEUE (8 * 1024 * 1024)
/* A connection that lasted as long was a good one, and the back-off starts anew. */
#define GOOD_US (30 * G_USEC_PER_SEC)
/* A relay may be wrong this often before it is left; that counts as so many failures. */
#define MAX_LIES 20
#define LIAR_FAILURES 6
/* As many good events make up for one lie. */
#define GOOD_FOR_LIE 200
/* How long after the end of a subscription its events may still arrive. */
#define STRAGGLER_US (10 * G_USEC_PER_SEC)
/* A refusal that may pass is asked about again after this time. */
#define ASK_AGAIN_MS 15000
#define INFO_MAX_AGE_US (3600 * (gint64) G_USEC_PER_SEC)

struct _DfnRelayClient {
  GObject parent_instance;

  GMainContext *context;
  char *url;
  DfnNostrKey *key;
  DfnRelaySeenFunc seen_func;
  gpointer seen_data;
  guint connect_ms;
  guint publish_ms;
  guint keepalive_seconds;

  DfnRelayState state;
  char *problem;
  DfnWebsocket *socket;
  GCancellable *dialing;
  GSource *timer;
  guint failures;
  gint64 connected_us;

  DfnRelayPublisher *publisher;
  DfnRelayRequests *requests;
  gint64 unsubscribed_us;
  GSource *ask_again;

  char *challenge;
  char *auth_id;
  gboolean wants_auth;

  DfnRelayInfo info;
  gint64 info_us;
  GCancellable *fetching;

  guint64 n_lies;
  guint lies;
  guint good;
};

enum { PROP_0, PROP_STATE, PROP_PROBLEM, N_PROPS };
static GParamSpec *properties[N_PROPS];

enum { SIGNAL_EVENT, SIGNAL_EOSE, SIGNAL_CLOSED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnRelayClient, dfn_relay_client, G_TYPE_OBJECT)

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

static void connect_now (DfnRelayClient *self);

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
set_timer (DfnRelayClient *self, GSource **source, guint delay_ms, GSourceFunc callback)
{
  clear_source (source);
  *source = g_timeout_source_new (delay_ms);
  g_source_set_callback (*source, callback, self, NULL);
  g_source_attach (*source, self->context);
}

/* What an asynchronous call holds instead of the client, so that the client can go meanwhile. */
static gpointer
weak_new (DfnRelayClient *self)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  return weak;
}

static DfnRelayClient *
weak_take (gpointer user_data)
{
  GWeakRef *weak = user_data;
  DfnRelayClient *self = g_weak_ref_get (weak);

  g_weak_ref_clear (weak);
  g_free (weak);
  return self;
}

static void
set_problem (DfnRelayClient *self, const char *problem)
{
  if (g_strcmp0 (self->problem, problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (problem);
  dfn_relay_publisher_set_problem (self->publisher, problem);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROBLEM]);
}

static void
set_state (DfnRelayClient *self, DfnRelayState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static const DfnRelayInfo *
known_info (DfnRelayClient *self)
{
  return self->info_us != 0 ? &self->info : NULL;
}

static void
send_text (const char *text, gpointer user_data)
{
  DfnRelayClient *self = user_data;

  if (self->socket != NULL)
    dfn_websocket_send (self->socket, text);
}

static void
on_refused (const char *id, const char *reason, gpointer user_data)
{
  g_autofree char *words = dfn_relay_words_clean (reason);

  g_signal_emit (user_data, signals[SIGNAL_CLOSED], 0, id, words);
}

static const DfnRelayRequestCalls request_calls = { send_text, on_refused };

/* Sends what waits for the connection. */
static void
flush (DfnRelayClient *self)
{
  if (self->socket != NULL)
    dfn_relay_requests_flush (self->requests, known_info (self));
  if (self->socket != NULL)
    dfn_relay_publisher_flush (self->publisher, known_info (self));
}

static gboolean
on_ask_again (gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);

  clear_source (&self->ask_again);
  dfn_relay_requests_renew (self->requests);
  flush (self);
  return G_SOURCE_REMOVE;
}

/* --- losing the connection --- */

static void
forget_connection (DfnRelayClient *self)
{
  clear_source (&self->timer);
  clear_source (&self->ask_again);
  if (self->dialing != NULL)
    g_cancellable_cancel (self->dialing);
  g_clear_object (&self->dialing);
  if (self->fetching != NULL)
    g_cancellable_cancel (self->fetching);
  g_clear_object (&self->fetching);
  if (self->socket != NULL)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->challenge, g_free);
  g_clear_pointer (&self->auth_id, g_free);
  self->wants_auth = FALSE;
  self->lies = 0;
  self->good = 0;
  dfn_relay_requests_reset (self->requests);
}

static gboolean
on_retry (gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);

  connect_now (self);
  return G_SOURCE_REMOVE;
}

/* Gives up the present connection or attempt; @what completes "The relay URL …". */
static void
fail (DfnRelayClient *self, guint failures, const char *what)
{
  g_autofree char *words = dfn_relay_words_clean (what);
  g_autofree char *problem = g_strdup_printf ("The relay %s %s", self->url, words);

  if (self->state == DFN_RELAY_CONNECTED && g_get_monotonic_time () - self->connected_us > GOOD_US)
    self->failures = 0;
  self->failures += failures;
  forget_connection (self);
  set_timer (self, &self->timer, dfn_backoff_delay_ms (self->failures, g_random_int ()), on_retry);
  set_problem (self, problem);
  set_state (self, DFN_RELAY_WAITING);
  dfn_relay_publisher_lost (self->publisher, words);
}

static void
count_lie (DfnRelayClient *self)
{
  self->n_lies++;
  if (++self->lies < MAX_LIES || self->socket == NULL)
    return;
  dfn_websocket_close (self->socket, 1008, "too many wrong events");
  fail (self, LIAR_FAILURES, "sends wrong or unwanted events");
}

static void
count_good (DfnRelayClient *self)
{
  if (++self->good % GOOD_FOR_LIE == 0 && self->lies > 0)
    self->lies--;
}

/* --- NIP-42 --- */

static void
authenticate (DfnRelayClient *self)
{
  g_autoptr (GPtrArray) tags = NULL;
  g_autoptr (DfnNostrEvent) event = NULL;
  g_autofree char *text = NULL;

  self->wants_auth = TRUE;
  if (self->challenge == NULL || self->auth_id != NULL)
    return;
  tags = dfn_nostr_tags_new ();
  dfn_nostr_tags_add (tags, "relay", self->url, NULL);
  dfn_nostr_tags_add (tags, "challenge", self->challenge, NULL);
  event = dfn_nostr_event_new (self->key, KIND_AUTH, g_get_real_time () / G_USEC_PER_SEC, tags, "");
  self->auth_id = g_strdup (dfn_nostr_event_get_id (event));
  text = dfn_nostr_client_message_format_auth (event);
  send_text (text, self);
}

static void
on_auth_answer (DfnRelayClient *self, DfnNostrRelayMessage *message)
{
  const char *refusal = message->accepted ? NULL : message->text;

  g_clear_pointer (&self->auth_id, g_free);
  self->wants_auth = FALSE;
  dfn_relay_publisher_authenticated (self->publisher, refusal);
  dfn_relay_requests_authenticated (self->requests, refusal);
  flush (self);
}

/* --- messages --- */

static void
on_event (DfnRelayClient *self, DfnNostrRelayMessage *message)
{
  const char *id = message->subscription_id;
  g_autoptr (DfnNostrEvent) event = NULL;

  switch (dfn_relay_requests_judge (self->requests, id))
    {
    case DFN_RELAY_STRAY:
      if (g_get_monotonic_time () - self->unsubscribed_us > STRAGGLER_US)
        count_lie (self);
      return;
    case DFN_RELAY_EXCESS:
      count_lie (self);
      return;
    case DFN_RELAY_WANTED:
      break;
    }
  if (self->seen_func != NULL && self->seen_func (self, id, message->event_id, self->seen_data))
    return;
  event = dfn_nostr_relay_message_verify (message, NULL);
  if (event == NULL || !dfn_relay_requests_matches (self->requests, id, event))
    {
      count_lie (self);
      return;
    }
  count_good (self);
  g_signal_emit (self, signals[SIGNAL_EVENT], 0, id, event);
}

static void
on_subscription_closed (DfnRelayClient *self, const char *id, const char *reason)
{
  switch (dfn_relay_requests_closed (self->requests, id, reason, self->key != NULL))
    {
    case DFN_RELAY_CLOSED_WANTS_AUTH:
      authenticate (self);
      return;
    case DFN_RELAY_CLOSED_ASK_AGAIN:
      if (self->ask_again == NULL && self->socket != NULL)
        set_timer (self, &self->ask_again, ASK_AGAIN_MS, on_ask_again);
      return;
    case DFN_RELAY_CLOSED_IGNORED:
    case DFN_RELAY_CLOSED_REFUSED:
      return;
    }
}

static void
on_ok (DfnRelayClient *self, DfnNostrRelayMessage *message)
{
  if (g_strcmp0 (message->event_id, self->auth_id) == 0)
    on_auth_answer (self, message);
  else if (dfn_relay_publisher_settle (self->publisher, message->event_id, message->accepted,
                                       message->text, self->key != NULL))
    authenticate (self);
}

static void
on_challenge (DfnRelayClient *self, const char *challenge)
{
  g_free (self->challenge);
  self->challenge = g_strdup (challenge);
  if (self->wants_auth)
    authenticate (self);
}

static void
on_message (DfnWebsocket *socket, const char *text, gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);
  g_autoptr (DfnNostrRelayMessage) message =
      dfn_nostr_relay_message_parse (text, -1, DFN_NOSTR_MESSAGE_MAX_SIZE, NULL);

  if (message == NULL)
    {
      count_lie (self);
      return;
    }
  switch (message->type)
    {
    case DFN_NOSTR_RELAY_EVENT:
      on_event (self, message);
      return;
    case DFN_NOSTR_RELAY_EOSE:
      if (dfn_relay_requests_eose (self->requests, message->subscription_id))
        g_signal_emit (self, signals[SIGNAL_EOSE], 0, message->subscription_id);
      return;
    case DFN_NOSTR_RELAY_OK:
      on_ok (self, message);
      return;
    case DFN_NOSTR_RELAY_CLOSED:
      on_subscription_closed (self, message->subscription_id, message->text);
      return;
      case DFN_NOSTR_RELAY_NOTICE: {
        g_autofree char *words = dfn_relay_words_clean (message->text);
        g_debug ("Relay %s says: %s", self->url, words);
        return;
      }
    case DFN_NOSTR_RELAY_AUTH:
      on_challenge (self, message->text);
      return;
    }
}

/* --- connecting --- */

static void
on_info (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = weak_take (user_data);
  g_autoptr (GError) error = NULL;
  DfnRelayInfo info;

  if (!dfn_relay_info_fetch_finish (&info, result, &error))
    {
      g_debug ("No relay information: %s", error->message);
      return;
    }
  if (self == NULL)
    return;
  self->info = info;
  self->info_us = g_get_monotonic_time ();
}

static void
fetch_info (DfnRelayClient *self)
{
  if (self->info_us != 0 && g_get_monotonic_time () - self->info_us < INFO_MAX_AGE_US)
    return;
  g_clear_object (&self->fetching);
  self->fetching = g_cancellable_new ();
  dfn_relay_info_fetch_async (self->url, self->fetching, on_info, weak_new (self));
}

static void
on_closed (DfnWebsocket *socket, const char *reason, gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);

  fail (self, 1, reason);
}

static void
use_stream (DfnRelayClient *self, GIOStream *stream)
{
  clear_source (&self->timer);
  g_clear_object (&self->dialing);
  self->socket = dfn_websocket_new (stream, self->url, DFN_WEBSOCKET_CLIENT,
                                    DFN_NOSTR_MESSAGE_MAX_SIZE, MAX_QUEUE);
  dfn_websocket_set_keepalive (self->socket, self->keepalive_seconds);
  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_closed), self);
  self->connected_us = g_get_monotonic_time ();
  flush (self);
  if (self->socket == NULL)
    return;
  fetch_info (self);
  set_problem (self, NULL);
  set_state (self, DFN_RELAY_CONNECTED);
}

static void
on_dialed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = weak_take (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) stream = dfn_websocket_dial_finish (result, &error);
  g_autofree char *what = NULL;

  /* An attempt that was given up: stopped, out of time, or the client is gone. */
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
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);

  fail (self, 1, "cannot be reached: it does not answer");
  return G_SOURCE_REMOVE;
}

static void
connect_now (DfnRelayClient *self)
{
  self->dialing = g_cancellable_new ();
  set_timer (self, &self->timer, self->connect_ms, on_connect_timeout);
  dfn_websocket_dial_async (self->url, self->dialing, on_dialed, weak_new (self));
  set_state (self, DFN_RELAY_CONNECTING);
}

/* --- public --- */

void
dfn_relay_client_start (DfnRelayClient *self)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));

  if (self->state == DFN_RELAY_STOPPED)
    connect_now (self);
}

void
dfn_relay_client_stop (DfnRelayClient *self)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));

  if (self->state == DFN_RELAY_STOPPED)
    return;
  if (self->socket != NULL)
    dfn_websocket_close (self->socket, 1000, "goodbye");
  forget_connection (self);
  self->failures = 0;
  set_problem (self, NULL);
  set_state (self, DFN_RELAY_STOPPED);
  dfn_relay_publisher_fail_all (self->publisher, "is no longer used");
}

void
dfn_relay_client_publish_async (DfnRelayClient *self,
                                DfnNostrEvent *event,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));
  g_return_if_fail (event != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, dfn_relay_client_publish_async);
  if (self->state == DFN_RELAY_STOPPED)
    {
      g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                               "The relay %s is not in use", self->url);
      g_object_unref (task);
      return;
    }
  dfn_relay_publisher_add (self->publisher, task, event, self->publish_ms);
  if (self->socket != NULL)
    dfn_relay_publisher_flush (self->publisher, known_info (self));
}

gboolean
dfn_relay_client_publish_finish (DfnRelayClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
on_first_request (gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);

  flush (self);
  return G_SOURCE_REMOVE;
}

char *
dfn_relay_client_subscribe (DfnRelayClient *self, GPtrArray *filters)
{
  const char *id;

  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), NULL);
  g_return_val_if_fail (filters != NULL && filters->len > 0, NULL);
  g_return_val_if_fail (filters->len <= DFN_NOSTR_MAX_FILTERS, NULL);

  id = dfn_relay_requests_add (self->requests, filters);
  if (self->socket != NULL)
    {
      /* A refusal is emitted, which must not happen before the caller knows the id. */
      g_autoptr (GSource) idle = g_idle_source_new ();
      g_source_set_priority (idle, G_PRIORITY_DEFAULT);
      g_source_set_callback (idle, on_first_request, g_object_ref (self), g_object_unref);
      g_source_attach (idle, self->context);
    }
  return g_strdup (id);
}

void
dfn_relay_client_unsubscribe (DfnRelayClient *self, const char *subscription)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));
  g_return_if_fail (subscription != NULL);

  self->unsubscribed_us = g_get_monotonic_time ();
  dfn_relay_requests_remove (self->requests, subscription);
}

const char *
dfn_relay_client_get_url (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), NULL);

  return self->url;
}

void
dfn_relay_client_set_key (DfnRelayClient *self, DfnNostrKey *key)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));

  g_clear_pointer (&self->key, dfn_nostr_key_unref);
  self->key = key != NULL ? dfn_nostr_key_ref (key) : NULL;
}

void
dfn_relay_client_set_seen_func (DfnRelayClient *self, DfnRelaySeenFunc func, gpointer user_data)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));

  self->seen_func = func;
  self->seen_data = user_data;
}

void
dfn_relay_client_set_timeouts (DfnRelayClient *self,
                               guint connect_ms,
                               guint publish_ms,
                               guint keepalive_seconds)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));
  g_return_if_fail (connect_ms > 0 && publish_ms > 0 && keepalive_seconds > 0);

  self->connect_ms = connect_ms;
  self->publish_ms = publish_ms;
  self->keepalive_seconds = keepalive_seconds;
}

DfnRelayState
dfn_relay_client_get_state (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), DFN_RELAY_STOPPED);

  return self->state;
}

const char *
dfn_relay_client_get_problem (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), NULL);

  return self->problem;
}

const DfnRelayInfo *
dfn_relay_client_get_info (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), NULL);

  return known_info (self);
}

guint64
dfn_relay_client_get_n_lies (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), 0);

  return self->n_lies;
}

static void
dfn_relay_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnRelayClient *self = DFN_RELAY_CLIENT (object);

  if (id == PROP_STATE)
    g_value_set_enum (value, self->state);
  else if (id == PROP_PROBLEM)
    g_value_set_string (value, self->problem);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dfn_relay_client_dispose (GObject *object)
{
  DfnRelayClient *self = DFN_RELAY_CLIENT (object);

  if (self->socket != NULL)
    dfn_websocket_close (self->socket, 1000, "goodbye");
  forget_connection (self);
  g_clear_pointer (&self->publisher, dfn_relay_publisher_free);
  g_clear_pointer (&self->key, dfn_nostr_key_unref);

  G_OBJECT_CLASS (dfn_relay_client_parent_class)->dispose (object);
}

static void
dfn_relay_client_finalize (GObject *object)
{
  DfnRelayClient *self = DFN_RELAY_CLIENT (object);

  dfn_relay_requests_free (self->requests);
  g_free (self->url);
  g_free (self->problem);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_relay_client_parent_class)->finalize (object);
}

static void
dfn_relay_client_class_init (DfnRelayClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = dfn_relay_client_get_property;
  object_class->dispose = dfn_relay_client_dispose;
  object_class->finalize = dfn_relay_client_finalize;

  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, DFN_TYPE_RELAY_STATE, DFN_RELAY_STOPPED,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_PROBLEM] =
      g_param_spec_string ("problem", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[SIGNAL_EVENT] = g_signal_new ("event", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 2, G_TYPE_STRING, DFN_TYPE_NOSTR_EVENT);
  signals[SIGNAL_EOSE] = g_signal_new ("eose", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
dfn_relay_client_init (DfnRelayClient *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->connect_ms = TIMEOUT_MS;
  self->publish_ms = TIMEOUT_MS;
  self->keepalive_seconds = KEEPALIVE_SECONDS;
  self->requests = dfn_relay_requests_new (&request_calls, self);
}

DfnRelayClient *
dfn_relay_client_new (const char *url, GError **error)
{
  g_autofree char *normal = NULL;
  DfnRelayClient *self;

  g_return_val_if_fail (url != NULL, NULL);

  normal = dfn_relay_url_normalise (url, error);
  if (normal == NULL)
    return NULL;
  self = g_object_new (DFN_TYPE_RELAY_CLIENT, NULL);
  self->url = g_steal_pointer (&normal);
  self->publisher = dfn_relay_publisher_new (self->url, send_text, self);
  return self;
}
