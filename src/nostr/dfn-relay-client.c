/* SPDX-License-Identifier: MIT */
#include "dfn-relay-client.h"

#include "dfn-nostr-message.h"
#include "dfn-relay-publisher.h"
#include "dfn-relay-requests.h"
#include "dfn-relay-url.h"
#include "dfn-relay-words.h"
#include "dfn-source.h"

#include <string.h>

#define KIND_AUTH 22242
#define PUBLISH_MS 10000
/* A relay may be wrong this often before it is left. */
#define MAX_LIES 20
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
  guint publish_ms;

  DfnRelayConnection *connection;
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

static const DfnRelayInfo *
known_info (DfnRelayClient *self)
{
  return self->info_us != 0 ? &self->info : NULL;
}

static void
send_text (const char *text, gpointer user_data)
{
  DfnRelayClient *self = user_data;

  dfn_relay_connection_send (self->connection, text);
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
  if (dfn_relay_connection_is_open (self->connection))
    dfn_relay_requests_flush (self->requests, known_info (self));
  if (dfn_relay_connection_is_open (self->connection))
    dfn_relay_publisher_flush (self->publisher, known_info (self));
}

static gboolean
on_ask_again (gpointer user_data)
{
  g_autoptr (DfnRelayClient) self = g_object_ref (user_data);

  dfn_source_clear (&self->ask_again);
  dfn_relay_requests_renew (self->requests);
  flush (self);
  return G_SOURCE_REMOVE;
}

static void
ask_again_later (DfnRelayClient *self)
{
  if (self->ask_again != NULL || !dfn_relay_connection_is_open (self->connection))
    return;
  self->ask_again =
      dfn_source_attach (g_timeout_source_new (ASK_AGAIN_MS), self->context, on_ask_again, self);
}

/* Forgets what was true of one connection only. */
static void
forget_connection (DfnRelayClient *self)
{
  dfn_source_clear (&self->ask_again);
  if (self->fetching != NULL)
    g_cancellable_cancel (self->fetching);
  g_clear_object (&self->fetching);
  g_clear_pointer (&self->challenge, g_free);
  g_clear_pointer (&self->auth_id, g_free);
  self->wants_auth = FALSE;
  self->lies = 0;
  self->good = 0;
  dfn_relay_requests_reset (self->requests);
}

static void
count_lie (DfnRelayClient *self)
{
  self->n_lies++;
  if (++self->lies >= MAX_LIES)
    dfn_relay_connection_reject (self->connection, "sends wrong or unwanted events");
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
      ask_again_later (self);
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
on_message (DfnRelayConnection *connection, const char *text, gpointer user_data)
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

/* --- the connection --- */

static void
on_info (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *weak = user_data;
  g_autoptr (DfnRelayClient) self = g_weak_ref_get (weak);
  g_autoptr (GError) error = NULL;
  DfnRelayInfo info;

  g_weak_ref_clear (weak);
  g_free (weak);
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

/* The callback gets a weak reference, so that the client can go meanwhile. */
static void
fetch_info (DfnRelayClient *self)
{
  GWeakRef *weak;

  if (self->info_us != 0 && g_get_monotonic_time () - self->info_us < INFO_MAX_AGE_US)
    return;
  g_clear_object (&self->fetching);
  self->fetching = g_cancellable_new ();
  weak = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak, self);
  dfn_relay_info_fetch_async (self->url, self->fetching, on_info, weak);
}

static void
on_opened (DfnRelayConnection *connection, DfnRelayClient *self)
{
  g_debug ("join: a relay is open");
  flush (self);
  if (dfn_relay_connection_is_open (connection))
    fetch_info (self);
}

static void
on_lost (DfnRelayConnection *connection, const char *what, DfnRelayClient *self)
{
  forget_connection (self);
  dfn_relay_publisher_lost (self->publisher, what);
}

static void
on_state (DfnRelayConnection *connection, GParamSpec *pspec, DfnRelayClient *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
on_problem (DfnRelayConnection *connection, GParamSpec *pspec, DfnRelayClient *self)
{
  dfn_relay_publisher_set_problem (self->publisher, dfn_relay_connection_get_problem (connection));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROBLEM]);
}

/* --- public --- */

void
dfn_relay_client_start (DfnRelayClient *self)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));

  dfn_relay_connection_start (self->connection);
}

void
dfn_relay_client_stop (DfnRelayClient *self)
{
  g_return_if_fail (DFN_IS_RELAY_CLIENT (self));

  dfn_relay_connection_stop (self->connection);
  forget_connection (self);
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
  if (dfn_relay_client_get_state (self) == DFN_RELAY_STOPPED)
    {
      g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                               "The relay %s is not in use", self->url);
      g_object_unref (task);
      return;
    }
  dfn_relay_publisher_add (self->publisher, task, event, self->publish_ms);
  if (dfn_relay_connection_is_open (self->connection))
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
  if (dfn_relay_connection_is_open (self->connection))
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

  self->publish_ms = publish_ms;
  dfn_relay_connection_set_timeouts (self->connection, connect_ms, keepalive_seconds);
}

DfnRelayState
dfn_relay_client_get_state (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), DFN_RELAY_STOPPED);

  return dfn_relay_connection_get_state (self->connection);
}

const char *
dfn_relay_client_get_problem (DfnRelayClient *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_CLIENT (self), NULL);

  return dfn_relay_connection_get_problem (self->connection);
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
    g_value_set_enum (value, dfn_relay_client_get_state (self));
  else if (id == PROP_PROBLEM)
    g_value_set_string (value, dfn_relay_client_get_problem (self));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dfn_relay_client_dispose (GObject *object)
{
  DfnRelayClient *self = DFN_RELAY_CLIENT (object);

  g_signal_handlers_disconnect_by_data (self->connection, self);
  dfn_relay_connection_stop (self->connection);
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
  g_object_unref (self->connection);
  g_free (self->url);
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
  self->publish_ms = PUBLISH_MS;
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
  self->connection = dfn_relay_connection_new (self->url);
  g_signal_connect (self->connection, "opened", G_CALLBACK (on_opened), self);
  g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->connection, "lost", G_CALLBACK (on_lost), self);
  g_signal_connect (self->connection, "notify::state", G_CALLBACK (on_state), self);
  g_signal_connect (self->connection, "notify::problem", G_CALLBACK (on_problem), self);
  return self;
}
