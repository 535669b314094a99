/* SPDX-License-Identifier: MIT */
#include "dfn-presence.h"

#include "dfn-signaling.h"

struct _DfnPresence {
  GObject parent_instance;

  DfnIceConfig *ice;
  DfnNostrKey *key;
  DfnRelayPool *pool;
  DfnPeerManager *manager;
  DfnSignaling *signaling;
  DfnSwarmMembers *members;
};

G_DEFINE_FINAL_TYPE (DfnPresence, dfn_presence, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
on_relay_changed (DfnRelayPool *pool, DfnRelayClient *relay, DfnPresence *self)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
on_settled (DfnIceConfig *ice, DfnPresence *self)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
dfn_presence_dispose (GObject *object)
{
  DfnPresence *self = DFN_PRESENCE (object);

  g_clear_object (&self->members);
  if (self->manager != NULL)
    dfn_peer_manager_close (self->manager);
  if (self->pool != NULL)
    g_signal_handlers_disconnect_by_data (self->pool, self);
  if (self->ice != NULL)
    g_signal_handlers_disconnect_by_data (self->ice, self);
  g_clear_object (&self->signaling);
  g_clear_object (&self->manager);
  g_clear_object (&self->pool);
  G_OBJECT_CLASS (dfn_presence_parent_class)->dispose (object);
}

static void
dfn_presence_finalize (GObject *object)
{
  DfnPresence *self = DFN_PRESENCE (object);

  g_clear_object (&self->ice);
  dfn_nostr_key_unref (self->key);
  G_OBJECT_CLASS (dfn_presence_parent_class)->finalize (object);
}

static void
dfn_presence_class_init (DfnPresenceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_presence_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_presence_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", DFN_TYPE_PRESENCE, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_presence_init (DfnPresence *self)
{
}

DfnPresence *
dfn_presence_new (DfnIceConfig *ice)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();

  return dfn_presence_new_with_key (ice, key);
}

DfnPresence *
dfn_presence_new_with_key (DfnIceConfig *ice, DfnNostrKey *key)
{
  DfnPresence *self = g_object_new (DFN_TYPE_PRESENCE, NULL);

  self->key = dfn_nostr_key_ref (key);
  self->ice = dfn_ice_config_copy (ice);
  g_signal_connect (self->ice, "settled", G_CALLBACK (on_settled), self);
  dfn_ice_config_set_scope (self->ice, DFN_SCOPE_HOST);
  self->pool = dfn_relay_pool_new ();
  /* A relay that wants to know who asks learns no lasting name. */
  dfn_relay_pool_set_key (self->pool, self->key);
  g_signal_connect (self->pool, "relay-changed", G_CALLBACK (on_relay_changed), self);
  self->manager = dfn_peer_manager_new (self->ice);
  self->signaling = dfn_signaling_new (self->pool, self->key, self->manager);
  return self;
}

gboolean
dfn_presence_add_relay (DfnPresence *self, const char *url, GError **error)
{
  DfnScope scope = dfn_scope_of_url (url);

  if (!dfn_relay_pool_add (self->pool, url, error))
    return FALSE;
  if (scope > dfn_ice_config_get_scope (self->ice))
    dfn_ice_config_set_scope (self->ice, scope);
  dfn_ice_config_resolve (self->ice);
  return TRUE;
}

DfnRelayPool *
dfn_presence_get_pool (DfnPresence *self)
{
  return self->pool;
}

DfnPeerManager *
dfn_presence_get_manager (DfnPresence *self)
{
  return self->manager;
}

const char *
dfn_presence_get_pubkey (DfnPresence *self)
{
  return dfn_nostr_key_get_pubkey (self->key);
}

DfnSwarmMembers *
dfn_presence_join (DfnPresence *self, const guint8 *content)
{
  if (self->members == NULL)
    self->members = dfn_swarm_members_new (self->signaling, content);
  return self->members;
}

gboolean
dfn_presence_can_offer (DfnPresence *self)
{
  return dfn_ice_config_is_settled (self->ice) || dfn_relay_pool_get_n_connected (self->pool) > 0;
}

DfnScope
dfn_presence_get_scope (DfnPresence *self)
{
  return dfn_ice_config_get_scope (self->ice);
}

char *
dfn_presence_get_problem (DfnPresence *self)
{
  GPtrArray *relays = dfn_relay_pool_get_relays (self->pool);

  if (dfn_relay_pool_get_n_connected (self->pool) > 0)
    return NULL;
  for (guint i = 0; i < relays->len; i++)
    {
      const char *problem = dfn_relay_client_get_problem (relays->pdata[i]);

      if (problem != NULL)
        return g_strdup (problem);
    }
  return NULL;
}
