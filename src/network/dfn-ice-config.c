/* SPDX-License-Identifier: MIT */
#include "dfn-ice-config.h"

#include "dfn-random.h"
#include "dfn-secret.h"

#include <string.h>

#define STUN_PORT 3478

/* Public servers run by different parties, so that no single one sees everybody. */
static const char *const default_stun[] = {
  "stun.cloudflare.com:3478",
  "stun.l.google.com:19302",
  "stun.nextcloud.com:443",
  "stun.sipgate.net:3478",
};

struct _DfnIceConfig {
  GObject parent_instance;

  GPtrArray *stun; /* of DfnIceServer */
  gboolean stun_is_default;
  DfnIceServer *turn;
  gboolean force_relay;
  DfnScope scope;
};

G_DEFINE_FINAL_TYPE (DfnIceConfig, dfn_ice_config, G_TYPE_OBJECT)

static void
server_free (DfnIceServer *server)
{
  g_free (server->host);
  g_free (server->user);
  dfn_secret_free (server->password);
  g_free (server);
}

/* Reads HOST[:PORT], with an IPv6 address in brackets. */
static gboolean
parse_host_port (const char *text, char **host, guint16 *port)
{
  g_autoptr (GSocketConnectable) address = NULL;
  GNetworkAddress *network;

  if (*text == '\0' || strpbrk (text, "/@?# ") != NULL)
    return FALSE;
  address = g_network_address_parse (text, STUN_PORT, NULL);
  if (address == NULL)
    return FALSE;
  network = G_NETWORK_ADDRESS (address);
  if (g_network_address_get_port (network) == 0)
    return FALSE;
  *host = g_strdup (g_network_address_get_hostname (network));
  *port = g_network_address_get_port (network);
  return TRUE;
}

static void
dfn_ice_config_finalize (GObject *object)
{
  DfnIceConfig *self = DFN_ICE_CONFIG (object);

  g_ptr_array_unref (self->stun);
  g_clear_pointer (&self->turn, server_free);
  G_OBJECT_CLASS (dfn_ice_config_parent_class)->finalize (object);
}

static void
dfn_ice_config_class_init (DfnIceConfigClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_ice_config_finalize;
}

static void
dfn_ice_config_init (DfnIceConfig *self)
{
  self->scope = DFN_SCOPE_PUBLIC;
  self->stun = g_ptr_array_new_with_free_func ((GDestroyNotify) server_free);
  for (guint i = 0; i < G_N_ELEMENTS (default_stun); i++)
    dfn_ice_config_add_stun (self, default_stun[i], NULL);
  self->stun_is_default = TRUE;
}

DfnIceConfig *
dfn_ice_config_new (void)
{
  return g_object_new (DFN_TYPE_ICE_CONFIG, NULL);
}

static DfnIceServer *
server_copy (const DfnIceServer *server)
{
  DfnIceServer *copy = g_new0 (DfnIceServer, 1);

  copy->host = g_strdup (server->host);
  copy->port = server->port;
  copy->user = g_strdup (server->user);
  if (server->password != NULL)
    copy->password = dfn_secret_dup (server->password, strlen (server->password) + 1);
  return copy;
}

DfnIceConfig *
dfn_ice_config_copy (DfnIceConfig *self)
{
  DfnIceConfig *copy = dfn_ice_config_new ();

  g_ptr_array_set_size (copy->stun, 0);
  for (guint i = 0; i < self->stun->len; i++)
    g_ptr_array_add (copy->stun, server_copy (self->stun->pdata[i]));
  copy->stun_is_default = self->stun_is_default;
  if (self->turn != NULL)
    copy->turn = server_copy (self->turn);
  copy->force_relay = self->force_relay;
  copy->scope = self->scope;
  return copy;
}

gboolean
dfn_ice_config_add_stun (DfnIceConfig *self, const char *text, GError **error)
{
  const char *rest = g_str_has_prefix (text, "stun:") ? text + strlen ("stun:") : text;
  g_autofree char *host = NULL;
  DfnIceServer *server;
  guint16 port;

  if (!parse_host_port (rest, &host, &port))
    {
      g_set_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS,
                   "“%s” is no STUN server; write HOST:PORT", text);
      return FALSE;
    }
  if (self->stun_is_default)
    g_ptr_array_set_size (self->stun, 0);
  self->stun_is_default = FALSE;
  server = g_new0 (DfnIceServer, 1);
  server->host = g_steal_pointer (&host);
  server->port = port;
  g_ptr_array_add (self->stun, server);
  return TRUE;
}

gboolean
dfn_ice_config_set_turn (DfnIceConfig *self, const char *text, GError **error)
{
  const char *user = g_str_has_prefix (text, "turn:") ? text + strlen ("turn:") : text;
  const char *at = strrchr (text, '@');
  const char *colon = strchr (user, ':');
  g_autofree char *host = NULL;
  guint16 port;

  if (at == NULL || colon == NULL || colon > at || colon == user || colon + 1 == at
      || !parse_host_port (at + 1, &host, &port))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS,
                           "The TURN server is not of the form turn:USER:PASSWORD@HOST:PORT");
      return FALSE;
    }
  g_clear_pointer (&self->turn, server_free);
  self->turn = g_new0 (DfnIceServer, 1);
  self->turn->host = g_steal_pointer (&host);
  self->turn->port = port;
  self->turn->user = g_strndup (user, colon - user);
  self->turn->password = dfn_secret_new (at - colon);
  memcpy (self->turn->password, colon + 1, at - colon - 1);
  return TRUE;
}

void
dfn_ice_config_set_force_relay (DfnIceConfig *self, gboolean force_relay)
{
  self->force_relay = force_relay;
}

gboolean
dfn_ice_config_get_force_relay (DfnIceConfig *self)
{
  return self->force_relay;
}

void
dfn_ice_config_set_scope (DfnIceConfig *self, DfnScope scope)
{
  self->scope = scope;
}

DfnScope
dfn_ice_config_get_scope (DfnIceConfig *self)
{
  return self->scope;
}

const DfnIceServer *
dfn_ice_config_pick_stun (DfnIceConfig *self)
{
  if (self->stun->len == 0 || (self->stun_is_default && self->scope != DFN_SCOPE_PUBLIC))
    return NULL;
  return self->stun->pdata[dfn_random_uniform (self->stun->len)];
}

const DfnIceServer *
dfn_ice_config_get_turn (DfnIceConfig *self)
{
  return self->turn;
}
