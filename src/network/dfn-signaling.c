/* SPDX-License-Identifier: MIT */
#include "dfn-signaling.h"

#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nip44.h"
#include "dfn-nostr-filter.h"
#include "dfn-nostr-kinds.h"
#include "dfn-signal-queue.h"
#include "dfn-source.h"
#include "dfn-token-bucket.h"

#include <string.h>

/* Conversation keys kept, so that a peer's next signal costs no curve arithmetic. */
#define MAX_CONVERSATIONS 256
/* Each signal costs a decryption: strangers get so many a second. */
#define SIGNALS_PER_SECOND 100
#define SIGNALS_BURST 200
/* A join that is older, or whose author's clock is wrong by so much, is no newcomer's. */
#define MAX_JOIN_AGE_S 600

struct _DfnSignaling {
  GObject parent_instance;

  DfnRelayPool *pool;
  DfnNostrKey *key;
  DfnPeerManager *manager;
  DfnSubscription *subscription;
  GHashTable *conversations; /* pubkey: owned DfnNip44Conversation */
  DfnTokenBucket allowance;
  GCancellable *cancellable;

  DfnSignalQueue *queue; /* of Outgoing */
  GSource *timer;
  guint64 n_published;
  DfnSignalingRouter router;
  gpointer router_data;

  DfnSubscription *joins;
  DfnSignalingJoinFunc join_func;
  gpointer join_data;
};

G_DEFINE_FINAL_TYPE (DfnSignaling, dfn_signaling, G_TYPE_OBJECT)

enum { SIGNAL_PROBLEM, SIGNAL_HEARD, N_SIGNALS };

static guint signals[N_SIGNALS];

static DfnNip44Conversation *
get_conversation (DfnSignaling *self, const char *pubkey, GError **error)
{
  DfnNip44Conversation *conversation = g_hash_table_lookup (self->conversations, pubkey);

  if (conversation != NULL)
    return conversation;
  conversation = dfn_nip44_conversation_new (self->key, pubkey, error);
  if (conversation == NULL)
    return NULL;
  if (g_hash_table_size (self->conversations) >= MAX_CONVERSATIONS)
    g_hash_table_remove_all (self->conversations);
  g_hash_table_insert (self->conversations, g_strdup (pubkey), conversation);
  return conversation;
}

/* Out */

/* An event that waits for its turn, or for a relay's answer. */
typedef struct {
  DfnSignaling *self; /* owned while the relays have it */
  DfnNostrEvent *event;
  DfnSignalUrgency urgency;
  gint64 since_us;
} Outgoing;

static void
outgoing_free (gpointer data)
{
  Outgoing *outgoing = data;

  g_clear_object (&outgoing->self);
  dfn_nostr_event_unref (outgoing->event);
  g_free (outgoing);
}

static void flush (DfnSignaling *self);

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outgoing *outgoing = user_data;
  g_autoptr (DfnSignaling) self = g_steal_pointer (&outgoing->self);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnPublishReport) report =
      dfn_relay_pool_publish_finish (DFN_RELAY_POOL (source), result, &error);

  if (report != NULL)
    dfn_signal_queue_taken (self->queue);
  else if (self->pool != NULL && strstr (error->message, "rate-limited:") != NULL)
    {
      dfn_signal_queue_push_back (self->queue, outgoing->urgency, outgoing, outgoing->since_us,
                                  g_get_monotonic_time ());
      flush (self);
      return;
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, error->message);
  outgoing_free (outgoing);
}

static gboolean
on_timer (gpointer user_data)
{
  flush (user_data);
  return G_SOURCE_CONTINUE;
}

/* Gives the relays what it is time for. */
static void
flush (DfnSignaling *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 wakeup_us;
  DfnSignalUrgency urgency;
  Outgoing *outgoing;

  while (self->pool != NULL
         && (outgoing = dfn_signal_queue_pop (self->queue, &urgency, now_us)) != NULL)
    {
      outgoing->self = g_object_ref (self);
      self->n_published++;
      dfn_relay_pool_publish_async (self->pool, outgoing->event, DFN_PUBLISH_FIRST,
                                    self->cancellable, on_published, outgoing);
    }
  wakeup_us = dfn_signal_queue_get_wakeup (self->queue, now_us);
  if (self->timer != NULL)
    g_source_set_ready_time (self->timer, wakeup_us == G_MAXINT64 ? -1 : wakeup_us);
}

static void
queue_event (DfnSignaling *self, DfnNostrEvent *event, DfnSignalUrgency urgency)
{
  Outgoing *outgoing = g_new0 (Outgoing, 1);

  outgoing->event = event;
  outgoing->urgency = urgency;
  outgoing->since_us = g_get_monotonic_time ();
  dfn_signal_queue_push (self->queue, urgency, outgoing, outgoing->since_us);
  flush (self);
}

void
dfn_signaling_publish (DfnSignaling *self, const char *to, const char *payload, guint urgency)
{
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();

  dfn_nostr_tags_add (tags, "p", to, NULL);
  queue_event (self,
               dfn_nostr_event_new (self->key, DFN_NOSTR_KIND_SIGNAL,
                                    g_get_real_time () / G_USEC_PER_SEC, tags, payload),
               (DfnSignalUrgency) urgency);
}

static void
on_send_signal (
    DfnPeerManager *manager, const char *to, const char *text, guint urgency, DfnSignaling *self)
{
  g_autoptr (GError) error = NULL;
  DfnNip44Conversation *conversation = get_conversation (self, to, &error);
  g_autofree char *payload = NULL;

  if (conversation != NULL)
    payload = dfn_nip44_encrypt (conversation, text, strlen (text), &error);
  if (payload == NULL)
    {
      g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, error->message);
      return;
    }
  if (self->router == NULL || !self->router (to, payload, urgency, self->router_data))
    dfn_signaling_publish (self, to, payload, urgency);
}

/* In */

gboolean
dfn_signaling_take_payload (DfnSignaling *self, const char *from, const char *payload)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (Dfn__Signal) signal = NULL;
  DfnNip44Conversation *conversation;
  gsize length;

  if (!dfn_token_bucket_take (&self->allowance, 1, g_get_monotonic_time ()))
    return FALSE;
  conversation = get_conversation (self, from, &error);
  if (conversation != NULL)
    text = dfn_nip44_decrypt (conversation, payload, &length, &error);
  if (text != NULL && strlen (text) == length)
    signal = dfn_wire_unpack_signal (text, &error);
  if (signal == NULL)
    {
      g_debug ("Passed over a signal of %s: %s", from,
               error != NULL ? error->message : "a zero byte in it");
      return FALSE;
    }
  g_signal_emit (self, signals[SIGNAL_HEARD], 0, from);
  dfn_peer_manager_take_signal (self->manager, from, signal);
  return TRUE;
}

static void
on_event (DfnSubscription *subscription, DfnNostrEvent *event, DfnSignaling *self)
{
  dfn_signaling_take_payload (self, dfn_nostr_event_get_pubkey (event),
                              dfn_nostr_event_get_content (event));
}

/* Joins */

char *
dfn_signaling_make_join_tag (const guint8 *content)
{
  static const char domain[] = "defiance join 1"; /* its zero byte is hashed, too */
  g_autoptr (DfnSha256) sha = dfn_sha256_new ();
  guint8 hash[DFN_HASH_SIZE];

  dfn_sha256_update (sha, domain, sizeof domain);
  dfn_sha256_update (sha, content, DFN_WIRE_CONTENT_SIZE);
  dfn_sha256_finish (sha, hash);
  return dfn_hex_encode (hash, sizeof hash);
}

void
dfn_signaling_ask_to_join (DfnSignaling *self, const guint8 *content, guint attempt)
{
  g_autofree char *tag = dfn_signaling_make_join_tag (content);
  g_autofree char *text = g_strdup_printf ("%u", attempt);
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();

  dfn_nostr_tags_add (tags, "x", tag, NULL);
  queue_event (self,
               dfn_nostr_event_new (self->key, DFN_NOSTR_KIND_SIGNAL,
                                    g_get_real_time () / G_USEC_PER_SEC, tags, text),
               DFN_SIGNAL_JOIN);
}

static void
on_join (DfnSubscription *subscription, DfnNostrEvent *event, DfnSignaling *self)
{
  gint64 age_s = g_get_real_time () / G_USEC_PER_SEC - dfn_nostr_event_get_created_at (event);
  guint64 attempt = 0;

  if (ABS (age_s) > MAX_JOIN_AGE_S
      || !g_ascii_string_to_unsigned (dfn_nostr_event_get_content (event), 10, 0, G_MAXUINT,
                                      &attempt, NULL))
    return;
  self->join_func (dfn_nostr_event_get_pubkey (event), (guint) attempt, self->join_data);
}

static void
stop_listening (DfnSignaling *self)
{
  if (self->joins == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->joins, self);
  dfn_subscription_close (self->joins);
  g_clear_object (&self->joins);
}

void
dfn_signaling_listen_for_joins (DfnSignaling *self,
                                const guint8 *content,
                                DfnSignalingJoinFunc func,
                                gpointer user_data)
{
  g_autofree char *tag = dfn_signaling_make_join_tag (content);
  g_autoptr (DfnNostrFilter) filter = dfn_nostr_filter_new ();
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  stop_listening (self);
  self->join_func = func;
  self->join_data = user_data;
  if (func == NULL || self->pool == NULL)
    return;
  dfn_nostr_filter_add_kind (filter, DFN_NOSTR_KIND_SIGNAL);
  dfn_nostr_filter_add_tag (filter, 'x', tag);
  g_ptr_array_add (filters, g_steal_pointer (&filter));
  self->joins = dfn_relay_pool_subscribe (self->pool, filters);
  g_signal_connect (self->joins, "event", G_CALLBACK (on_join), self);
}

/* Life */

static void
dfn_signaling_dispose (GObject *object)
{
  DfnSignaling *self = DFN_SIGNALING (object);

  g_cancellable_cancel (self->cancellable);
  if (self->manager != NULL)
    g_signal_handlers_disconnect_by_data (self->manager, self);
  if (self->subscription != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->subscription, self);
      dfn_subscription_close (self->subscription);
    }
  stop_listening (self);
  dfn_source_clear (&self->timer);
  g_clear_object (&self->subscription);
  g_clear_object (&self->manager);
  g_clear_object (&self->pool);
  G_OBJECT_CLASS (dfn_signaling_parent_class)->dispose (object);
}

static void
dfn_signaling_finalize (GObject *object)
{
  DfnSignaling *self = DFN_SIGNALING (object);

  g_clear_object (&self->cancellable);
  dfn_signal_queue_free (self->queue);
  g_hash_table_unref (self->conversations);
  dfn_nostr_key_unref (self->key);
  G_OBJECT_CLASS (dfn_signaling_parent_class)->finalize (object);
}

static void
dfn_signaling_class_init (DfnSignalingClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_signaling_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_signaling_finalize;

  signals[SIGNAL_PROBLEM] = g_signal_new ("problem", DFN_TYPE_SIGNALING, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_HEARD] = g_signal_new ("heard", DFN_TYPE_SIGNALING, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

/* Its ready time alone makes it fire. */
static gboolean
dispatch_timer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { .dispatch = dispatch_timer };

static void
dfn_signaling_init (DfnSignaling *self)
{
  self->cancellable = g_cancellable_new ();
  self->conversations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                               (GDestroyNotify) dfn_nip44_conversation_unref);
  dfn_token_bucket_init (&self->allowance, SIGNALS_PER_SECOND, SIGNALS_BURST,
                         g_get_monotonic_time ());
  self->queue = dfn_signal_queue_new (outgoing_free);
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

DfnSignaling *
dfn_signaling_new (DfnRelayPool *pool, DfnNostrKey *key, DfnPeerManager *manager)
{
  DfnSignaling *self = g_object_new (DFN_TYPE_SIGNALING, NULL);
  g_autoptr (DfnNostrFilter) filter = dfn_nostr_filter_new ();
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  self->pool = g_object_ref (pool);
  self->key = dfn_nostr_key_ref (key);
  self->manager = g_object_ref (manager);
  dfn_nostr_filter_add_kind (filter, DFN_NOSTR_KIND_SIGNAL);
  dfn_nostr_filter_add_tag (filter, 'p', dfn_nostr_key_get_pubkey (key));
  g_ptr_array_add (filters, g_steal_pointer (&filter));
  self->subscription = dfn_relay_pool_subscribe (pool, filters);
  g_signal_connect (self->subscription, "event", G_CALLBACK (on_event), self);
  g_signal_connect (manager, "send-signal", G_CALLBACK (on_send_signal), self);
  return self;
}

DfnPeerManager *
dfn_signaling_get_manager (DfnSignaling *self)
{
  return self->manager;
}

DfnNostrKey *
dfn_signaling_get_key (DfnSignaling *self)
{
  return self->key;
}

void
dfn_signaling_set_router (DfnSignaling *self, DfnSignalingRouter router, gpointer user_data)
{
  self->router = router;
  self->router_data = user_data;
}

guint64
dfn_signaling_get_n_published (DfnSignaling *self)
{
  return self->n_published;
}
