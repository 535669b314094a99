/* SPDX-License-Identifier: MIT */
#include "dfn-relay-session.h"

#include "dfn-nostr-json.h"
#include "dfn-nostr-message.h"
#include "dfn-random.h"
#include "dfn-token-bucket.h"

#include <string.h>

#define KIND_AUTH 22242
#define AUTH_WINDOW 600

typedef struct {
  DfnRelaySession *session;
  gsize size;
  char *prefix;
  GPtrArray *filters;
} Subscription;

struct _DfnRelaySession {
  GObject parent_instance;

  DfnRelayStore *store;
  DfnRelayLimits limits;
  char *host;
  char *challenge;
  gboolean allowed;
  GHashTable *subscriptions;
  gsize subscribed;
  gboolean has_buckets;
  DfnTokenBucket events;
  DfnTokenBucket requests;
};

enum { SIGNAL_REPLY, SIGNAL_ACCEPTED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnRelaySession, dfn_relay_session, G_TYPE_OBJECT)

static void
subscription_free (gpointer data)
{
  Subscription *subscription = data;

  subscription->session->subscribed -= subscription->size;
  g_free (subscription->prefix);
  g_ptr_array_unref (subscription->filters);
  g_free (subscription);
}

static void
reply (DfnRelaySession *self, const char *text)
{
  g_signal_emit (self, signals[SIGNAL_REPLY], 0, text);
}

/* Each sends a message that was built for it. */
static void
reply_take (DfnRelaySession *self, char *text)
{
  reply (self, text);
  g_free (text);
}

static void
reply_ok (DfnRelaySession *self, const char *id, gboolean good, const char *reason)
{
  reply_take (self, dfn_nostr_relay_message_format_ok (id, good, reason));
}

static void
reply_closed (DfnRelaySession *self, const char *id, const char *reason)
{
  reply_take (self, dfn_nostr_relay_message_format_closed (id, reason));
}

static void
reply_notice (DfnRelaySession *self, const char *reason)
{
  reply_take (self, dfn_nostr_relay_message_format_notice (reason));
}

static void
answer_stored (DfnRelaySession *self, DfnNostrEvent *event, DfnRelayStored stored)
{
  const char *id = dfn_nostr_event_get_id (event);

  switch (stored)
    {
    case DFN_RELAY_STORED_ADDED:
    case DFN_RELAY_STORED_EPHEMERAL:
      reply_ok (self, id, TRUE, "");
      g_signal_emit (self, signals[SIGNAL_ACCEPTED], 0, event);
      return;
    case DFN_RELAY_STORED_DUPLICATE:
      reply_ok (self, id, TRUE, "duplicate: already have this event");
      return;
    case DFN_RELAY_STORED_SUPERSEDED:
      reply_ok (self, id, FALSE, "duplicate: have a newer version of this event");
      return;
    case DFN_RELAY_STORED_DELETED:
      reply_ok (self, id, FALSE, "blocked: its author has deleted this event");
      return;
    case DFN_RELAY_STORED_EXPIRED:
      reply_ok (self, id, FALSE, "invalid: this event has expired");
      return;
    case DFN_RELAY_STORED_FAILED:
      reply_ok (self, id, FALSE, "error: the relay's store failed");
      return;
    }
}

/* Why an event is refused before it gets to the store; NULL when it is not. */
static char *
judge_event (DfnRelaySession *self, DfnNostrEvent *event, gint64 now)
{
  if (dfn_nostr_event_get_kind (event) == KIND_AUTH)
    return g_strdup ("invalid: an answer to a challenge is no event to publish");
  if (dfn_nostr_event_get_created_at (event) > now + self->limits.max_future)
    return g_strdup ("invalid: created_at is too far in the future");
  return NULL;
}

static void
handle_event (DfnRelaySession *self, DfnNostrClientMessage *message, gint64 now, gint64 now_us)
{
  g_autoptr (DfnNostrEvent) event = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *refusal = NULL;
  DfnRelayStored stored;

  /* The rate is judged before the signature, which is what costs. */
  if (!self->allowed)
    refusal = g_strdup ("auth-required: answer the challenge first");
  else if (!dfn_token_bucket_take (&self->events, 1, now_us))
    refusal = g_strdup ("rate-limited: slow down");
  else if ((event = dfn_nostr_client_message_verify (message, &error)) == NULL)
    refusal = g_strdup_printf ("invalid: %s", error->message);
  else
    refusal = judge_event (self, event, now);
  if (refusal != NULL)
    {
      reply_ok (self, message->event_id, FALSE, refusal);
      return;
    }
  stored = dfn_relay_store_add (self->store, event, now, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
  answer_stored (self, event, stored);
}

static void
send_event (DfnRelaySession *self, Subscription *subscription, const char *json)
{
  g_autofree char *text = g_strconcat (subscription->prefix, json, "]", NULL);

  reply (self, text);
}

/* Why a request of so many bytes cannot be served; NULL when it can. */
static char *
judge_request (DfnRelaySession *self, DfnNostrClientMessage *message, gsize size, gint64 now_us)
{
  const char *id = message->subscription_id;
  Subscription *old = g_hash_table_lookup (self->subscriptions, id);

  if (!self->allowed)
    return g_strdup ("auth-required: answer the challenge first");
  if (!dfn_token_bucket_take (&self->requests, 1, now_us))
    return g_strdup ("rate-limited: slow down");
  if (message->problem != NULL)
    return g_strdup_printf ("invalid: %s", message->problem);
  if (old == NULL && g_hash_table_size (self->subscriptions) >= self->limits.max_subscriptions)
    return g_strdup_printf ("error: at most %u subscriptions", self->limits.max_subscriptions);
  if (self->subscribed - (old != NULL ? old->size : 0) + size > self->limits.max_subscribed)
    return g_strdup_printf ("error: at most %u bytes in all subscriptions together",
                            self->limits.max_subscribed);
  return NULL;
}

static GPtrArray *
find_stored (DfnRelaySession *self, GPtrArray *filters, gint64 now, char **refusal)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *found =
      dfn_relay_store_query (self->store, filters, self->limits.max_limit, now, &error);

  if (found != NULL)
    return found;
  if (g_error_matches (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE))
    *refusal = g_strdup ("error: this query takes too long; narrow it down");
  else
    {
      g_warning ("%s", error->message);
      *refusal = g_strdup ("error: the relay's store failed");
    }
  return NULL;
}

static Subscription *
subscription_new (DfnRelaySession *self, const char *id, GPtrArray *filters, gsize size)
{
  Subscription *subscription = g_new0 (Subscription, 1);
  g_autoptr (GString) prefix = g_string_new ("[\"EVENT\",");

  dfn_nostr_json_append_string (prefix, id);
  g_string_append_c (prefix, ',');
  subscription->session = self;
  subscription->size = size;
  self->subscribed += size;
  subscription->prefix = g_strdup (prefix->str);
  subscription->filters = g_ptr_array_ref (filters);
  return subscription;
}

static void
handle_request (
    DfnRelaySession *self, DfnNostrClientMessage *message, gsize size, gint64 now, gint64 now_us)
{
  const char *id = message->subscription_id;
  g_autofree char *refusal = judge_request (self, message, size, now_us);
  g_autoptr (GPtrArray) found = NULL;
  Subscription *subscription;

  if (refusal == NULL)
    found = find_stored (self, message->filters, now, &refusal);
  if (found == NULL)
    {
      g_hash_table_remove (self->subscriptions, id);
      reply_closed (self, id, refusal);
      return;
    }
  subscription = subscription_new (self, id, message->filters, size);
  for (guint i = 0; i < found->len; i++)
    send_event (self, subscription, found->pdata[i]);
  g_hash_table_replace (self->subscriptions, g_strdup (id), subscription);
  reply_take (self, dfn_nostr_relay_message_format_eose (id));
}

/* The host and port of a relay's address, in lower case. */
static char *
host_of (const char *url)
{
  const char *start = strstr (url, "://");
  const char *end;
  g_autofree char *host = NULL;

  start = start != NULL ? start + strlen ("://") : url;
  end = start + strcspn (start, "/?#");
  host = g_strndup (start, (gsize) (end - start));
  return g_ascii_strdown (host, -1);
}

static const char *
judge_auth (DfnRelaySession *self, DfnNostrEvent *event, gint64 now)
{
  const char *challenge = dfn_nostr_event_get_tag (event, "challenge");
  const char *relay = dfn_nostr_event_get_tag (event, "relay");
  gint64 created_at = dfn_nostr_event_get_created_at (event);
  g_autofree char *host = NULL;
  g_autofree char *own = NULL;

  if (dfn_nostr_event_get_kind (event) != KIND_AUTH)
    return "invalid: an answer to a challenge is of kind 22242";
  if (challenge == NULL || self->challenge == NULL || !g_str_equal (challenge, self->challenge))
    return "invalid: this is not the challenge";
  if (created_at < now - AUTH_WINDOW || created_at > now + AUTH_WINDOW)
    return "invalid: created_at is not the present";
  if (relay == NULL)
    return "invalid: no relay is named";
  if (self->host == NULL)
    return NULL;
  host = host_of (relay);
  own = host_of (self->host);
  return g_str_equal (host, own) ? NULL : "invalid: another relay is named";
}

static void
handle_auth (DfnRelaySession *self, DfnNostrClientMessage *message, gint64 now, gint64 now_us)
{
  g_autoptr (DfnNostrEvent) event = NULL;
  const char *refusal;

  if (!dfn_token_bucket_take (&self->events, 1, now_us))
    refusal = "rate-limited: slow down";
  else if ((event = dfn_nostr_client_message_verify (message, NULL)) == NULL)
    refusal = "invalid: the event's signature or form is wrong";
  else
    refusal = judge_auth (self, event, now);
  if (refusal == NULL)
    self->allowed = TRUE;
  reply_ok (self, message->event_id, refusal == NULL, refusal != NULL ? refusal : "");
}

static void
start_buckets (DfnRelaySession *self, gint64 now_us)
{
  if (self->has_buckets)
    return;
  self->has_buckets = TRUE;
  dfn_token_bucket_init (&self->events, self->limits.events_per_second, self->limits.events_burst,
                         now_us);
  dfn_token_bucket_init (&self->requests, self->limits.requests_per_second,
                         self->limits.requests_burst, now_us);
}

void
dfn_relay_session_handle (DfnRelaySession *self, const char *text, gint64 now, gint64 now_us)
{
  g_autoptr (DfnNostrClientMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (DFN_IS_RELAY_SESSION (self));
  g_return_if_fail (text != NULL);

  start_buckets (self, now_us);
  message = dfn_nostr_client_message_parse (text, -1, self->limits.max_message, &error);
  if (message == NULL)
    {
      g_autofree char *notice = g_strdup_printf ("invalid: %s", error->message);
      reply_notice (self, notice);
      return;
    }
  switch (message->type)
    {
    case DFN_NOSTR_CLIENT_EVENT:
      handle_event (self, message, now, now_us);
      return;
    case DFN_NOSTR_CLIENT_REQ:
      handle_request (self, message, strlen (text), now, now_us);
      return;
    case DFN_NOSTR_CLIENT_CLOSE:
      g_hash_table_remove (self->subscriptions, message->subscription_id);
      return;
    case DFN_NOSTR_CLIENT_AUTH:
      handle_auth (self, message, now, now_us);
      return;
    case DFN_NOSTR_CLIENT_COUNT:
      reply_closed (self, message->subscription_id, "unsupported: this relay does not count");
      return;
    }
}

void
dfn_relay_session_offer (DfnRelaySession *self, DfnNostrEvent *event)
{
  GHashTableIter iter;
  Subscription *subscription;

  g_return_if_fail (DFN_IS_RELAY_SESSION (self));

  g_hash_table_iter_init (&iter, self->subscriptions);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &subscription))
    for (guint i = 0; i < subscription->filters->len; i++)
      if (dfn_nostr_filter_matches (subscription->filters->pdata[i], event))
        {
          send_event (self, subscription, dfn_nostr_event_to_json (event));
          break;
        }
}

void
dfn_relay_session_start (DfnRelaySession *self)
{
  g_return_if_fail (DFN_IS_RELAY_SESSION (self));

  if (self->challenge != NULL)
    reply_take (self, dfn_nostr_relay_message_format_auth (self->challenge));
}

guint
dfn_relay_session_get_n_subscriptions (DfnRelaySession *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_SESSION (self), 0);

  return g_hash_table_size (self->subscriptions);
}

static void
dfn_relay_session_finalize (GObject *object)
{
  DfnRelaySession *self = DFN_RELAY_SESSION (object);

  g_clear_object (&self->store);
  g_hash_table_unref (self->subscriptions);
  g_free (self->host);
  g_free (self->challenge);

  G_OBJECT_CLASS (dfn_relay_session_parent_class)->finalize (object);
}

static void
dfn_relay_session_class_init (DfnRelaySessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_relay_session_finalize;

  signals[SIGNAL_REPLY] =
      g_signal_new ("reply", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_ACCEPTED] =
      g_signal_new ("accepted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, DFN_TYPE_NOSTR_EVENT);
}

static void
dfn_relay_session_init (DfnRelaySession *self)
{
  self->subscriptions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, subscription_free);
}

DfnRelaySession *
dfn_relay_session_new (DfnRelayStore *store,
                       const DfnRelayLimits *limits,
                       const char *host,
                       gboolean require_auth)
{
  DfnRelaySession *self = g_object_new (DFN_TYPE_RELAY_SESSION, NULL);

  self->store = g_object_ref (store);
  self->limits = *limits;
  self->host = g_strdup (host);
  self->allowed = !require_auth;
  if (require_auth)
    self->challenge = dfn_random_hex (16);
  return self;
}
