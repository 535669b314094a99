/* SPDX-License-Identifier: MIT */
#include "dfn-home-relay.h"

#include "dfn-candidate.h"
#include "dfn-lan-discovery.h"
#include "dfn-relay-server.h"

/* A link gets long with every address in it; two interfaces in both families are enough. */
#define MAX_URLS 4

struct _DfnHomeRelay {
  GObject parent_instance;

  DfnRelayServer *server;
  DfnLanDiscovery *lan;
};

G_DEFINE_FINAL_TYPE (DfnHomeRelay, dfn_home_relay, G_TYPE_OBJECT)

static void
dfn_home_relay_dispose (GObject *object)
{
  g_clear_object (&DFN_HOME_RELAY (object)->lan);
  g_clear_object (&DFN_HOME_RELAY (object)->server);
  G_OBJECT_CLASS (dfn_home_relay_parent_class)->dispose (object);
}

static void
dfn_home_relay_class_init (DfnHomeRelayClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_home_relay_dispose;
}

static void
dfn_home_relay_init (DfnHomeRelay *self)
{
  self->server = dfn_relay_server_new (NULL);
}

DfnHomeRelay *
dfn_home_relay_new (GError **error)
{
  g_autoptr (DfnHomeRelay) self = g_object_new (DFN_TYPE_HOME_RELAY, NULL);

  if (!dfn_relay_server_listen (self->server, NULL, DFN_HOME_RELAY_PORT, NULL))
    {
      g_object_unref (self->server);
      self->server = dfn_relay_server_new (NULL);
      if (!dfn_relay_server_listen (self->server, NULL, 0, error))
        return NULL;
    }
  self->lan = dfn_lan_discovery_new ();
  dfn_lan_discovery_announce (self->lan, dfn_relay_server_get_port (self->server));
  return g_steal_pointer (&self);
}

char **
dfn_home_relay_get_urls (DfnHomeRelay *self)
{
  g_auto (GStrv) all = dfn_relay_server_get_urls (self->server);
  g_autoptr (GStrvBuilder) some = g_strv_builder_new ();

  /* Those of this computer alone come last; they are of use only where there are no others. */
  for (guint i = 0; all[i] != NULL && i < MAX_URLS; i++)
    if (i == 0 || dfn_scope_of_url (all[i]) != DFN_SCOPE_HOST)
      g_strv_builder_add (some, all[i]);
  return g_strv_builder_end (some);
}

char *
dfn_home_relay_get_local_url (DfnHomeRelay *self)
{
  return g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (self->server));
}
