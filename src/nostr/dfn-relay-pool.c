/* SPDX-License-Identifier: MIT */
#include "dfn-relay-pool.h"

#include "dfn-relay-url.h"
#include "dfn-subscription-private.h"

struct _DfnRelayPool {
  GObject parent_instance;

  GPtrArray *relays;
  GPtrArray *subscriptions;
  DfnNostrKey *key;
  guint n_connected;
};

enum { PROP_0, PROP_N_RELAYS, PROP_N_CONNECTED, N_PROPS };
static GParamSpec *properties[N_PROPS];

enum { SIGNAL_RELAY_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnRelayPool, dfn_relay_pool, G_TYPE_OBJECT)

static void
count_connected (DfnRelayPool *self)
{
  guint n = 0;

  for (guint i = 0; i < self->relays->len; i++)
    n += dfn_relay_client_get_state (self->relays->pdata[i]) == DFN_RELAY_CONNECTED;
  if (n == self->n_connected)
    return;
  self->n_connected = n;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTED]);
}

static void
on_relay_changed (DfnRelayClient *relay, GParamSpec *pspec, DfnRelayPool *self)
{
  g_object_ref (self);
  count_connected (self);
  g_signal_emit (self, signals[SIGNAL_RELAY_CHANGED], 0, relay);
  g_object_unref (self);
}

static gboolean
on_seen (DfnRelayClient *relay, const char *id, const char *event_id, gpointer user_data)
{
  DfnRelayPool *self = user_data;

  for (guint i = 0; i < self->subscriptions->len; i++)
    if (dfn_subscription_knows (self->subscriptions->pdata[i], relay, id, event_id))
      return TRUE;
  return FALSE;
}

static DfnRelayClient *
find (DfnRelayPool *self, const char *normal)
{
  for (guint i = 0; i < self->relays->len; i++)
    if (g_str_equal (dfn_relay_client_get_url (self->relays->pdata[i]), normal))
      return self->relays->pdata[i];
  return NULL;
}

gboolean
dfn_relay_pool_add (DfnRelayPool *self, const char *url, GError **error)
{
  DfnRelayClient *relay;

  g_return_val_if_fail (DFN_IS_RELAY_POOL (self), FALSE);
  g_return_val_if_fail (url != NULL, FALSE);

  relay = dfn_relay_client_new (url, error);
  if (relay == NULL)
    return FALSE;
  if (find (self, dfn_relay_client_get_url (relay)) != NULL)
    {
      g_object_unref (relay);
      return TRUE;
    }
  if (self->relays->len >= DFN_RELAY_POOL_MAX_RELAYS)
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                   "At most %u relays can be used at once; remove one first",
                   DFN_RELAY_POOL_MAX_RELAYS);
      g_object_unref (relay);
      return FALSE;
    }
  dfn_relay_client_set_key (relay, self->key);
  dfn_relay_client_set_seen_func (relay, on_seen, self);
  g_signal_connect (relay, "notify::state", G_CALLBACK (on_relay_changed), self);
  g_signal_connect (relay, "notify::problem", G_CALLBACK (on_relay_changed), self);
  g_ptr_array_add (self->relays, relay);
  dfn_relay_client_start (relay);
  for (guint i = 0; i < self->subscriptions->len; i++)
    dfn_subscription_add_relay (self->subscriptions->pdata[i], relay);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_RELAYS]);
  return TRUE;
}

static void
let_go (DfnRelayPool *self, DfnRelayClient *relay)
{
  g_signal_handlers_disconnect_by_data (relay, self);
  dfn_relay_client_set_seen_func (relay, NULL, NULL);
  for (guint i = 0; i < self->subscriptions->len; i++)
    dfn_subscription_remove_relay (self->subscriptions->pdata[i], relay);
  dfn_relay_client_stop (relay);
}

gboolean
dfn_relay_pool_remove (DfnRelayPool *self, const char *url)
{
  g_autofree char *normal = NULL;
  g_autoptr (DfnRelayClient) relay = NULL;

  g_return_val_if_fail (DFN_IS_RELAY_POOL (self), FALSE);
  g_return_val_if_fail (url != NULL, FALSE);

  normal = dfn_relay_url_normalise (url, NULL);
  relay = normal != NULL ? find (self, normal) : NULL;
  if (relay == NULL)
    return FALSE;
  g_object_ref (relay);
  g_ptr_array_remove (self->relays, relay);
  let_go (self, relay);
  count_connected (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_RELAYS]);
  return TRUE;
}

GPtrArray *
dfn_relay_pool_get_relays (DfnRelayPool *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_POOL (self), NULL);

  return self->relays;
}

void
dfn_relay_pool_set_key (DfnRelayPool *self, DfnNostrKey *key)
{
  g_return_if_fail (DFN_IS_RELAY_POOL (self));

  g_clear_pointer (&self->key, dfn_nostr_key_unref);
  self->key = key != NULL ? dfn_nostr_key_ref (key) : NULL;
  for (guint i = 0; i < self->relays->len; i++)
    dfn_relay_client_set_key (self->relays->pdata[i], key);
}

guint
dfn_relay_pool_get_n_relays (DfnRelayPool *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_POOL (self), 0);

  return self->relays->len;
}

guint
dfn_relay_pool_get_n_connected (DfnRelayPool *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_POOL (self), 0);

  return self->n_connected;
}

static void
on_subscription_gone (gpointer user_data, GObject *subscription)
{
  DfnRelayPool *self = user_data;

  g_ptr_array_remove (self->subscriptions, subscription);
}

DfnSubscription *
dfn_relay_pool_subscribe (DfnRelayPool *self, GPtrArray *filters)
{
  DfnSubscription *subscription;

  g_return_val_if_fail (DFN_IS_RELAY_POOL (self), NULL);
  g_return_val_if_fail (filters != NULL && filters->len > 0, NULL);

  subscription = dfn_subscription_new (filters);
  for (guint i = 0; i < self->relays->len; i++)
    dfn_subscription_add_relay (subscription, self->relays->pdata[i]);
  g_ptr_array_add (self->subscriptions, subscription);
  g_object_weak_ref (G_OBJECT (subscription), on_subscription_gone, self);
  return subscription;
}

/* --- publishing --- */

typedef struct {
  DfnPublishMode mode;
  guint n_accepted;
  guint n_pending;
  GPtrArray *problems;
  gboolean done;
} Publishing;

static void
publishing_free (gpointer data)
{
  Publishing *publishing = data;

  g_ptr_array_unref (publishing->problems);
  g_free (publishing);
}

static DfnPublishReport *
make_report (Publishing *publishing)
{
  DfnPublishReport *report = g_new0 (DfnPublishReport, 1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < publishing->problems->len; i++)
    g_strv_builder_add (builder, publishing->problems->pdata[i]);
  report->n_accepted = publishing->n_accepted;
  report->n_refused = publishing->problems->len;
  report->n_pending = publishing->n_pending;
  report->problems = g_strv_builder_end (builder);
  return report;
}

static void
return_failure (GTask *task, Publishing *publishing)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (g_task_return_error_if_cancelled (task))
    return;
  if (publishing->problems->len > 1)
    g_string_append_printf (text, "None of %u relays took the event. ", publishing->problems->len);
  for (guint i = 0; i < publishing->problems->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "",
                            (const char *) publishing->problems->pdata[i]);
  g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY, "%s", text->str);
}

static void
on_published (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Publishing *publishing = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  publishing->n_pending--;
  if (dfn_relay_client_publish_finish (DFN_RELAY_CLIENT (object), result, &error))
    publishing->n_accepted++;
  else
    g_ptr_array_add (publishing->problems, g_strdup (error->message));
  if (publishing->done)
    return;
  publishing->done = publishing->n_pending == 0
                     || (publishing->mode == DFN_PUBLISH_FIRST && publishing->n_accepted > 0);
  if (!publishing->done)
    return;
  if (publishing->n_accepted > 0)
    g_task_return_pointer (task, make_report (publishing),
                           (GDestroyNotify) dfn_publish_report_free);
  else
    return_failure (task, publishing);
}

void
dfn_relay_pool_publish_async (DfnRelayPool *self,
                              DfnNostrEvent *event,
                              DfnPublishMode mode,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GPtrArray) relays = NULL;
  Publishing *publishing;

  g_return_if_fail (DFN_IS_RELAY_POOL (self));
  g_return_if_fail (event != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, dfn_relay_pool_publish_async);
  if (self->relays->len == 0)
    {
      g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                               "There is no relay to publish to; add one");
      return;
    }
  publishing = g_new0 (Publishing, 1);
  publishing->mode = mode;
  publishing->n_pending = self->relays->len;
  publishing->problems = g_ptr_array_new_with_free_func (g_free);
  g_task_set_task_data (task, publishing, publishing_free);
  relays = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < self->relays->len; i++)
    g_ptr_array_add (relays, g_object_ref (self->relays->pdata[i]));
  for (guint i = 0; i < relays->len; i++)
    dfn_relay_client_publish_async (relays->pdata[i], event, cancellable, on_published,
                                    g_object_ref (task));
}

DfnPublishReport *
dfn_relay_pool_publish_finish (DfnRelayPool *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
dfn_publish_report_free (DfnPublishReport *report)
{
  g_strfreev (report->problems);
  g_free (report);
}

static void
dfn_relay_pool_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnRelayPool *self = DFN_RELAY_POOL (object);

  if (id == PROP_N_RELAYS)
    g_value_set_uint (value, self->relays->len);
  else if (id == PROP_N_CONNECTED)
    g_value_set_uint (value, self->n_connected);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dfn_relay_pool_dispose (GObject *object)
{
  DfnRelayPool *self = DFN_RELAY_POOL (object);

  while (self->relays->len > 0)
    {
      g_autoptr (DfnRelayClient) relay = g_ptr_array_steal_index (self->relays, 0);
      let_go (self, relay);
    }
  for (guint i = 0; i < self->subscriptions->len; i++)
    g_object_weak_unref (self->subscriptions->pdata[i], on_subscription_gone, self);
  g_ptr_array_set_size (self->subscriptions, 0);
  g_clear_pointer (&self->key, dfn_nostr_key_unref);

  G_OBJECT_CLASS (dfn_relay_pool_parent_class)->dispose (object);
}

static void
dfn_relay_pool_finalize (GObject *object)
{
  DfnRelayPool *self = DFN_RELAY_POOL (object);

  g_ptr_array_unref (self->relays);
  g_ptr_array_unref (self->subscriptions);

  G_OBJECT_CLASS (dfn_relay_pool_parent_class)->finalize (object);
}

static void
dfn_relay_pool_class_init (DfnRelayPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = dfn_relay_pool_get_property;
  object_class->dispose = dfn_relay_pool_dispose;
  object_class->finalize = dfn_relay_pool_finalize;

  properties[PROP_N_RELAYS] = g_param_spec_uint ("n-relays", NULL, NULL, 0, G_MAXUINT, 0,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_N_CONNECTED] = g_param_spec_uint ("n-connected", NULL, NULL, 0, G_MAXUINT, 0,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[SIGNAL_RELAY_CHANGED] =
      g_signal_new ("relay-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    NULL, G_TYPE_NONE, 1, DFN_TYPE_RELAY_CLIENT);
}

static void
dfn_relay_pool_init (DfnRelayPool *self)
{
  self->relays = g_ptr_array_new_with_free_func (g_object_unref);
  self->subscriptions = g_ptr_array_new ();
}

DfnRelayPool *
dfn_relay_pool_new (void)
{
  return g_object_new (DFN_TYPE_RELAY_POOL, NULL);
}
