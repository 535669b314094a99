/* SPDX-License-Identifier: MIT */
#include "dfn-signaling.h"

#include "dfn-nip44.h"
#include "dfn-nostr-filter.h"
#include "dfn-nostr-kinds.h"
#include "dfn-token-bucket.h"

#include <string.h>

/* Conversation keys kept, so that a peer's next signal costs no curve arithmetic. */
#define MAX_CONVERSATIONS 256
/* Each signal costs a decryption: strangers get so many a second. */
#define SIGNALS_PER_SECOND 100
#define SIGNALS_BURST 200

struct _DfnSignaling {
  GObject parent_instance;

  DfnRelayPool *pool;
  DfnNostrKey *key;
  DfnPeerManager *manager;
  DfnSubscription *subscription;
  GHashTable *conversations; /* pubkey: owned DfnNip44Conversation */
  DfnTokenBucket allowance;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (DfnSignaling, dfn_signaling, G_TYPE_OBJECT)

enum { SIGNAL_PROBLEM, N_SIGNALS };

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

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnPublishReport) report =
      dfn_relay_pool_publish_finish (DFN_RELAY_POOL (source), result, &error);

  if (report == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (user_data, signals[SIGNAL_PROBLEM], 0, error->message);
}

static void
on_send_signal (DfnPeerManager *manager, const char *to, const char *text, DfnSignaling *self)
{
  g_autoptr (GError) error = NULL;
  DfnNip44Conversation *conversation = get_conversation (self, to, &error);
  g_autofree char *payload = NULL;
  g_autoptr (GPtrArray) tags = NULL;
  g_autoptr (DfnNostrEvent) event = NULL;

  if (conversation != NULL)
    payload = dfn_nip44_encrypt (conversation, text, strlen (text), &error);
  if (payload == NULL)
    {
      g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, error->message);
      return;
    }
  tags = dfn_nostr_tags_new ();
  dfn_nostr_tags_add (tags, "p", to, NULL);
  event = dfn_nostr_event_new (self->key, DFN_NOSTR_KIND_SIGNAL,
                               g_get_real_time () / G_USEC_PER_SEC, tags, payload);
  dfn_relay_pool_publish_async (self->pool, event, DFN_PUBLISH_FIRST, self->cancellable,
                                on_published, self);
}

/* In */

static void
on_event (DfnSubscription *subscription, DfnNostrEvent *event, DfnSignaling *self)
{
  const char *from = dfn_nostr_event_get_pubkey (event);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (Dfn__Signal) signal = NULL;
  DfnNip44Conversation *conversation;
  gsize length;

  if (!dfn_token_bucket_take (&self->allowance, 1, g_get_monotonic_time ()))
    return;
  conversation = get_conversation (self, from, &error);
  if (conversation != NULL)
    text = dfn_nip44_decrypt (conversation, dfn_nostr_event_get_content (event), &length, &error);
  if (text != NULL && strlen (text) == length)
    signal = dfn_wire_unpack_signal (text, &error);
  if (signal == NULL)
    {
      g_debug ("Passed over a signal of %s: %s", from,
               error != NULL ? error->message : "a zero byte in it");
      return;
    }
  dfn_peer_manager_take_signal (self->manager, from, signal);
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
}

static void
dfn_signaling_init (DfnSignaling *self)
{
  self->cancellable = g_cancellable_new ();
  self->conversations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                               (GDestroyNotify) dfn_nip44_conversation_unref);
  dfn_token_bucket_init (&self->allowance, SIGNALS_PER_SECOND, SIGNALS_BURST,
                         g_get_monotonic_time ());
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
