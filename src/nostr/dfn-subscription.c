/* SPDX-License-Identifier: MIT */
#include "dfn-subscription-private.h"

#include "dfn-event-memory.h"
#include "dfn-source.h"

typedef struct {
  DfnSubscription *subscription;
  DfnRelayClient *client;
  char *id;
  gboolean answered;
} Source;

struct _DfnSubscription {
  GObject parent_instance;

  GPtrArray *filters;
  GPtrArray *sources;
  DfnEventMemory *memory;
  GSource *limit;
  GSource *check;
  GMainContext *context;
  gboolean eose;
  gboolean closed;
};

enum { SIGNAL_EVENT, SIGNAL_EOSE, SIGNAL_REFUSED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnSubscription, dfn_subscription, G_TYPE_OBJECT)

static void
source_free (gpointer data)
{
  Source *source = data;

  g_signal_handlers_disconnect_by_data (source->client, source);
  dfn_relay_client_unsubscribe (source->client, source->id);
  g_object_unref (source->client);
  g_free (source->id);
  g_free (source);
}

static void
emit_eose (DfnSubscription *self)
{
  dfn_source_clear (&self->limit);
  dfn_source_clear (&self->check);
  if (self->eose || self->closed)
    return;
  self->eose = TRUE;
  g_signal_emit (self, signals[SIGNAL_EOSE], 0);
}

static void
check_eose (DfnSubscription *self)
{
  for (guint i = 0; i < self->sources->len; i++)
    if (!((Source *) self->sources->pdata[i])->answered)
      return;
  emit_eose (self);
}

static gboolean
on_limit (gpointer user_data)
{
  g_autoptr (DfnSubscription) self = g_object_ref (user_data);

  emit_eose (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_check (gpointer user_data)
{
  g_autoptr (DfnSubscription) self = g_object_ref (user_data);

  dfn_source_clear (&self->check);
  check_eose (self);
  return G_SOURCE_REMOVE;
}

/* Later, because the caller has to connect to the signal first. */
static void
check_soon (DfnSubscription *self)
{
  if (self->check != NULL || self->eose)
    return;
  self->check = g_idle_source_new ();
  g_source_set_priority (self->check, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->check, on_check, self, NULL);
  g_source_attach (self->check, self->context);
}

static void
on_event (DfnRelayClient *client, const char *id, DfnNostrEvent *event, Source *source)
{
  g_autoptr (DfnSubscription) self = NULL;

  if (!g_str_equal (id, source->id))
    return;
  self = g_object_ref (source->subscription);
  if (dfn_event_memory_admit (self->memory, event))
    g_signal_emit (self, signals[SIGNAL_EVENT], 0, event);
}

static void
on_eose (DfnRelayClient *client, const char *id, Source *source)
{
  if (!g_str_equal (id, source->id))
    return;
  source->answered = TRUE;
  check_soon (source->subscription);
}

static void
on_closed (DfnRelayClient *client, const char *id, const char *reason, Source *source)
{
  g_autoptr (DfnSubscription) self = NULL;

  if (!g_str_equal (id, source->id))
    return;
  self = g_object_ref (source->subscription);
  source->answered = TRUE;
  check_soon (self);
  g_signal_emit (self, signals[SIGNAL_REFUSED], 0, dfn_relay_client_get_url (client), reason);
}

static gboolean
is_out_of_reach (DfnRelayClient *client)
{
  switch (dfn_relay_client_get_state (client))
    {
    case DFN_RELAY_STOPPED:
    case DFN_RELAY_WAITING:
      return TRUE;
    case DFN_RELAY_CONNECTING:
    case DFN_RELAY_CONNECTED:
      return FALSE;
    }
  return TRUE;
}

static void
on_state (DfnRelayClient *client, GParamSpec *pspec, Source *source)
{
  if (!is_out_of_reach (client))
    return;
  source->answered = TRUE;
  check_soon (source->subscription);
}

void
dfn_subscription_add_relay (DfnSubscription *self, DfnRelayClient *client)
{
  Source *source;

  if (self->closed)
    return;
  source = g_new0 (Source, 1);
  source->subscription = self;
  source->client = g_object_ref (client);
  source->answered = is_out_of_reach (client);
  g_signal_connect (client, "event", G_CALLBACK (on_event), source);
  g_signal_connect (client, "eose", G_CALLBACK (on_eose), source);
  g_signal_connect (client, "closed", G_CALLBACK (on_closed), source);
  g_signal_connect (client, "notify::state", G_CALLBACK (on_state), source);
  source->id = dfn_relay_client_subscribe (client, self->filters);
  g_ptr_array_add (self->sources, source);
}

void
dfn_subscription_remove_relay (DfnSubscription *self, DfnRelayClient *client)
{
  for (guint i = self->sources->len; i-- > 0;)
    if (((Source *) self->sources->pdata[i])->client == client)
      g_ptr_array_remove_index (self->sources, i);
  check_soon (self);
}

gboolean
dfn_subscription_knows (DfnSubscription *self,
                        DfnRelayClient *client,
                        const char *id,
                        const char *event_id)
{
  for (guint i = 0; i < self->sources->len; i++)
    {
      Source *source = self->sources->pdata[i];
      if (source->client == client && g_str_equal (source->id, id))
        return dfn_event_memory_knows (self->memory, event_id);
    }
  return FALSE;
}

void
dfn_subscription_close (DfnSubscription *self)
{
  g_return_if_fail (DFN_IS_SUBSCRIPTION (self));

  self->closed = TRUE;
  dfn_source_clear (&self->limit);
  dfn_source_clear (&self->check);
  g_ptr_array_set_size (self->sources, 0);
}

gboolean
dfn_subscription_has_eose (DfnSubscription *self)
{
  g_return_val_if_fail (DFN_IS_SUBSCRIPTION (self), FALSE);

  return self->eose;
}

static void
dfn_subscription_dispose (GObject *object)
{
  dfn_subscription_close (DFN_SUBSCRIPTION (object));

  G_OBJECT_CLASS (dfn_subscription_parent_class)->dispose (object);
}

static void
dfn_subscription_finalize (GObject *object)
{
  DfnSubscription *self = DFN_SUBSCRIPTION (object);

  g_ptr_array_unref (self->sources);
  g_clear_pointer (&self->filters, g_ptr_array_unref);
  dfn_event_memory_free (self->memory);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_subscription_parent_class)->finalize (object);
}

static void
dfn_subscription_class_init (DfnSubscriptionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->dispose = dfn_subscription_dispose;
  object_class->finalize = dfn_subscription_finalize;

  signals[SIGNAL_EVENT] = g_signal_new ("event", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, DFN_TYPE_NOSTR_EVENT);
  signals[SIGNAL_EOSE] =
      g_signal_new ("eose", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_REFUSED] = g_signal_new ("refused", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
dfn_subscription_init (DfnSubscription *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->sources = g_ptr_array_new_with_free_func (source_free);
  self->memory = dfn_event_memory_new (DFN_EVENT_MEMORY_SIZE);
}

DfnSubscription *
dfn_subscription_new (GPtrArray *filters)
{
  DfnSubscription *self = g_object_new (DFN_TYPE_SUBSCRIPTION, NULL);

  self->filters = g_ptr_array_ref (filters);
  self->limit = dfn_source_attach (g_timeout_source_new (DFN_SUBSCRIPTION_EOSE_MS), self->context,
                                   on_limit, self);
  check_soon (self);
  return self;
}
