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
  GHashTable *asked; /* set of names whose address was asked for */
  guint n_lookups;   /* under way */
};

G_DEFINE_FINAL_TYPE (DfnIceConfig, dfn_ice_config, G_TYPE_OBJECT)

enum { SIGNAL_SETTLED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
server_free (DfnIceServer *server)
{
  g_free (server->host);
  g_free (server->address);
  g_free (server->user);
  dfn_secret_free (server->password);
  g_free (server);
}

/* Letters, digits, hyphens and dots, or whatever a name in another script is made of. */
static gboolean
is_host_name (const char *host)
{
  for (const char *c = host; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("-._", *c) == NULL && (guchar) *c < 0x80)
      return FALSE;
  return *host != '\0' && g_utf8_validate (host, -1, NULL);
}

/* Reads HOST[:PORT], with an IPv6 address in brackets. */
static gboolean
parse_host_port (const char *text, char **host, guint16 *port)
{
  gboolean in_brackets = *text == '[';
  const char *end = in_brackets ? strchr (text, ']') : strchr (text, ':');
  g_autofree char *name = NULL;
  guint64 number = STUN_PORT;

  if (in_brackets && end == NULL)
    return FALSE;
  name = g_strndup (text + in_brackets,
                    (end != NULL ? end : text + strlen (text)) - text - in_brackets);
  if (in_brackets ? strchr (name, ':') == NULL || !g_hostname_is_ip_address (name)
                  : !is_host_name (name))
    return FALSE;
  if (in_brackets)
    end++;
  if (end != NULL && *end != '\0'
      && (*end != ':' || !g_ascii_string_to_unsigned (end + 1, 10, 1, G_MAXUINT16, &number, NULL)))
    return FALSE;
  *host = g_steal_pointer (&name);
  *port = (guint16) number;
  return TRUE;
}

static DfnIceServer *
server_new (char *host, guint16 port)
{
  DfnIceServer *server = g_new0 (DfnIceServer, 1);

  server->host = host;
  server->port = port;
  if (g_hostname_is_ip_address (host))
    server->address = g_strdup (host);
  return server;
}

static void
dfn_ice_config_finalize (GObject *object)
{
  DfnIceConfig *self = DFN_ICE_CONFIG (object);

  g_hash_table_unref (self->asked);
  g_ptr_array_unref (self->stun);
  g_clear_pointer (&self->turn, server_free);
  G_OBJECT_CLASS (dfn_ice_config_parent_class)->finalize (object);
}

static void
dfn_ice_config_class_init (DfnIceConfigClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_ice_config_finalize;

  signals[SIGNAL_SETTLED] = g_signal_new ("settled", DFN_TYPE_ICE_CONFIG, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_ice_config_init (DfnIceConfig *self)
{
  self->scope = DFN_SCOPE_PUBLIC;
  self->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
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
  copy->address = g_strdup (server->address);
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
  guint16 port;

  if (!parse_host_port (rest, &host, &port))
    {
      /* Whoever mistakes the one kind of server for the other has a password here. */
      if (strchr (text, '@') != NULL)
        g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS,
                             "A STUN server has no user; write HOST:PORT");
      else
        g_set_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS,
                     "“%s” is no STUN server; write HOST:PORT", text);
      return FALSE;
    }
  if (self->stun_is_default)
    g_ptr_array_set_size (self->stun, 0);
  self->stun_is_default = FALSE;
  g_ptr_array_add (self->stun, server_new (g_steal_pointer (&host), port));
  return TRUE;
}

gboolean
dfn_ice_config_set_turn (DfnIceConfig *self, const char *text, GError **error)
{
  gboolean has_scheme = g_str_has_prefix (text, "turn:");
  const char *user = has_scheme ? text + strlen ("turn:") : text;
  const char *at = strrchr (text, '@');
  const char *colon = strchr (user, ':');
  g_autofree char *host = NULL;
  guint16 port;

  /* Without its scheme, one of another kind ("turns:") would pass for a user's name. */
  if (!has_scheme || at == NULL || colon == NULL || colon > at || colon == user || colon + 1 == at
      || !parse_host_port (at + 1, &host, &port))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS,
                           "The TURN server is not of the form turn:USER:PASSWORD@HOST:PORT");
      return FALSE;
    }
  g_clear_pointer (&self->turn, server_free);
  self->turn = server_new (g_steal_pointer (&host), port);
  self->turn->user = g_strndup (user, colon - user);
  self->turn->password = dfn_secret_new (at - colon);
  memcpy (self->turn->password, colon + 1, at - colon - 1);
  return TRUE;
}

/* A look-up under way. Servers are found again by name: they may be others by now. */
typedef struct {
  DfnIceConfig *config;
  char *host;
} Lookup;

static void
set_address (DfnIceServer *server, const char *host, const char *address)
{
  if (server == NULL || server->address != NULL || strcmp (server->host, host) != 0)
    return;
  server->address = g_strdup (address);
}

/* libnice makes sockets for both families, but a name with an IPv4 address is the safer guess. */
static GInetAddress *
choose_address (GList *addresses)
{
  for (GList *l = addresses; l != NULL; l = l->next)
    if (g_inet_address_get_family (l->data) == G_SOCKET_FAMILY_IPV4)
      return l->data;
  return addresses->data;
}

static void
take_addresses (DfnIceConfig *self, const char *host, GList *addresses)
{
  g_autofree char *address = g_inet_address_to_string (choose_address (addresses));

  for (guint i = 0; i < self->stun->len; i++)
    set_address (self->stun->pdata[i], host, address);
  set_address (self->turn, host, address);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;
  g_autoptr (DfnIceConfig) self = lookup->config;
  g_autofree char *host = lookup->host;
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  g_free (lookup);
  if (addresses != NULL)
    take_addresses (self, host, addresses);
  else
    g_debug ("The address of %s is not known: %s", host, error->message);
  g_resolver_free_addresses (addresses);
  if (--self->n_lookups == 0)
    g_signal_emit (self, signals[SIGNAL_SETTLED], 0);
}

static void
look_up (DfnIceConfig *self, GResolver *resolver, const DfnIceServer *server)
{
  Lookup *lookup;

  if (server == NULL || server->address != NULL
      || !g_hash_table_add (self->asked, g_strdup (server->host)))
    return;
  lookup = g_new (Lookup, 1);
  lookup->config = g_object_ref (self);
  lookup->host = g_strdup (server->host);
  self->n_lookups++;
  g_resolver_lookup_by_name_async (resolver, server->host, NULL, on_looked_up, lookup);
}

void
dfn_ice_config_resolve (DfnIceConfig *self)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  if (!self->stun_is_default || self->scope == DFN_SCOPE_PUBLIC)
    for (guint i = 0; i < self->stun->len; i++)
      look_up (self, resolver, self->stun->pdata[i]);
  look_up (self, resolver, self->turn);
}

gboolean
dfn_ice_config_is_settled (DfnIceConfig *self)
{
  return self->n_lookups == 0;
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
  g_autoptr (GPtrArray) known = g_ptr_array_new ();

  if (self->stun_is_default && self->scope != DFN_SCOPE_PUBLIC)
    return NULL;
  for (guint i = 0; i < self->stun->len; i++)
    if (((DfnIceServer *) self->stun->pdata[i])->address != NULL)
      g_ptr_array_add (known, self->stun->pdata[i]);
  return known->len > 0 ? known->pdata[dfn_random_uniform (known->len)] : NULL;
}

const DfnIceServer *
dfn_ice_config_get_turn (DfnIceConfig *self)
{
  return self->turn != NULL && self->turn->address != NULL ? self->turn : NULL;
}
