/* SPDX-License-Identifier: MIT */
#include "dfn-lan-discovery.h"

#include "dfn-relay-url.h"
#include "dfn-source.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <libgssdp/gssdp.h>
#include <net/if.h>

#define RESCAN_SECONDS 3
#define MAX_AGE_SECONDS 120
#define ANSWER_SECONDS 1
#define NEEDED_FLAGS (IFF_UP | IFF_RUNNING | IFF_MULTICAST)

struct _DfnLanDiscovery {
  GObject parent_instance;

  GMainContext *context;
  char *usn;
  guint16 port;
  gboolean browsing;
  GPtrArray *interfaces;
  GHashTable *found;
  GSource *rescan;
};

typedef struct {
  DfnLanDiscovery *discovery;
  char *name;
  char *address;
  GSSDPClient *client;
  GSSDPResourceGroup *group;
  GSSDPResourceBrowser *browser;
} Interface;

enum { SIGNAL_FOUND, SIGNAL_LOST, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnLanDiscovery, dfn_lan_discovery, G_TYPE_OBJECT)

static gboolean
is_local (GInetAddress *address, GInetAddressMask *network)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_is_any (address) || g_inet_address_get_is_loopback (address)
      || g_inet_address_get_is_multicast (address))
    return FALSE;
  if (network != NULL && g_inet_address_mask_matches (network, address))
    return TRUE;
  if (g_inet_address_get_is_site_local (address) || g_inet_address_get_is_link_local (address))
    return TRUE;
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 && (bytes[0] & 0xfe) == 0xfc;
}

char *
dfn_lan_discovery_check_url (const char *location, GInetAddressMask *network)
{
  g_autofree char *url = dfn_relay_url_normalise (location, NULL);
  g_autofree char *host = NULL;
  g_autofree char *plain = NULL;
  g_autoptr (GInetAddress) address = NULL;
  guint16 port;
  gboolean tls;

  if (url == NULL)
    return NULL;
  host = dfn_relay_url_get_endpoint (url, &port, &tls);
  address = g_inet_address_new_from_string (host);
  if (tls || address == NULL || !is_local (address, network))
    return NULL;
  plain = g_uri_join (G_URI_FLAGS_NONE, "ws", NULL, host, port != 80 ? port : -1, "", NULL, NULL);
  return g_str_equal (plain, url) ? g_steal_pointer (&url) : NULL;
}

/* --- what others announce --- */

/* The same device is heard once on each interface. */
static char *
key_of (Interface *interface, const char *usn)
{
  return g_strdup_printf ("%s %s", interface->name, usn);
}

static gboolean
is_known (DfnLanDiscovery *self, const char *url)
{
  GHashTableIter iter;
  const char *other;

  g_hash_table_iter_init (&iter, self->found);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &other))
    if (g_str_equal (other, url))
      return TRUE;
  return FALSE;
}

static void
forget (DfnLanDiscovery *self, const char *key)
{
  g_autofree char *url = g_strdup (g_hash_table_lookup (self->found, key));

  if (url == NULL)
    return;
  g_hash_table_remove (self->found, key);
  if (!is_known (self, url))
    g_signal_emit (self, signals[SIGNAL_LOST], 0, url);
}

static void
on_available (GSSDPResourceBrowser *browser,
              const char *usn,
              GList *locations,
              Interface *interface)
{
  DfnLanDiscovery *self = interface->discovery;
  GInetAddressMask *network = gssdp_client_get_address_mask (interface->client);
  g_autofree char *key = key_of (interface, usn);
  g_autofree char *url = NULL;
  gboolean is_new;

  if (g_str_equal (usn, self->usn))
    return;
  for (GList *l = locations; l != NULL && url == NULL; l = l->next)
    url = dfn_lan_discovery_check_url (l->data, network);
  if (url == NULL)
    {
      g_debug ("What was announced on %s is no relay of the local network", interface->name);
      return;
    }
  if (g_strcmp0 (g_hash_table_lookup (self->found, key), url) == 0)
    return;
  forget (self, key);
  if (g_hash_table_size (self->found) >= DFN_LAN_DISCOVERY_MAX_FOUND)
    return;
  is_new = !is_known (self, url);
  g_hash_table_insert (self->found, g_steal_pointer (&key), g_strdup (url));
  if (is_new)
    g_signal_emit (self, signals[SIGNAL_FOUND], 0, url);
}

static void
on_unavailable (GSSDPResourceBrowser *browser, const char *usn, Interface *interface)
{
  g_autofree char *key = key_of (interface, usn);

  forget (interface->discovery, key);
}

/* --- interfaces --- */

static void
interface_free (gpointer data)
{
  Interface *interface = data;

  if (interface->browser != NULL)
    g_signal_handlers_disconnect_by_data (interface->browser, interface);
  g_clear_object (&interface->browser);
  /* Says goodbye. */
  g_clear_object (&interface->group);
  g_clear_object (&interface->client);
  g_free (interface->name);
  g_free (interface->address);
  g_free (interface);
}

static void
announce_on (DfnLanDiscovery *self, Interface *interface)
{
  g_autofree char *location = g_strdup_printf ("ws://%s:%u", interface->address, self->port);

  if (interface->group != NULL)
    return;
  interface->group = gssdp_resource_group_new (interface->client);
  gssdp_resource_group_set_max_age (interface->group, MAX_AGE_SECONDS);
  gssdp_resource_group_add_resource_simple (interface->group, DFN_LAN_DISCOVERY_TARGET, self->usn,
                                            location);
  gssdp_resource_group_set_available (interface->group, TRUE);
}

static void
browse_on (DfnLanDiscovery *self, Interface *interface)
{
  if (interface->browser != NULL)
    return;
  interface->browser = gssdp_resource_browser_new (interface->client, DFN_LAN_DISCOVERY_TARGET);
  gssdp_resource_browser_set_mx (interface->browser, ANSWER_SECONDS);
  g_signal_connect (interface->browser, "resource-available", G_CALLBACK (on_available), interface);
  g_signal_connect (interface->browser, "resource-unavailable", G_CALLBACK (on_unavailable),
                    interface);
  gssdp_resource_browser_set_active (interface->browser, TRUE);
}

static void
serve (DfnLanDiscovery *self, Interface *interface)
{
  if (self->port != 0)
    announce_on (self, interface);
  if (self->browsing)
    browse_on (self, interface);
}

static Interface *
find_interface (DfnLanDiscovery *self, const char *name)
{
  for (guint i = 0; i < self->interfaces->len; i++)
    if (g_str_equal (((Interface *) self->interfaces->pdata[i])->name, name))
      return self->interfaces->pdata[i];
  return NULL;
}

static void
add_interface (DfnLanDiscovery *self, const char *name, const char *address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);
  g_autoptr (GError) error = NULL;
  GSSDPClient *client = gssdp_client_new_for_address (inet, 0, GSSDP_UDA_VERSION_1_0, &error);
  Interface *interface;

  if (client == NULL)
    {
      g_debug ("No discovery on %s: %s", name, error->message);
      return;
    }
  interface = g_new0 (Interface, 1);
  interface->discovery = self;
  interface->name = g_strdup (name);
  interface->address = g_strdup (address);
  interface->client = client;
  g_ptr_array_add (self->interfaces, interface);
  serve (self, interface);
}

/* Removes an interface and with it all that was heard there. */
static void
remove_interface (DfnLanDiscovery *self, Interface *interface)
{
  g_autofree char *prefix = key_of (interface, "");
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  const char *key;

  g_hash_table_iter_init (&iter, self->found);
  while (g_hash_table_iter_next (&iter, (gpointer *) &key, NULL))
    if (g_str_has_prefix (key, prefix))
      g_ptr_array_add (keys, g_strdup (key));
  g_ptr_array_remove (self->interfaces, interface);
  for (guint i = 0; i < keys->len; i++)
    forget (self, keys->pdata[i]);
}

/* The first IPv4 address of each interface that can be used: name to address. */
static GHashTable *
list_usable (void)
{
  GHashTable *usable = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  struct ifaddrs *entries = NULL;

  if (getifaddrs (&entries) < 0)
    return usable;
  for (const struct ifaddrs *entry = entries; entry != NULL; entry = entry->ifa_next)
    {
      char text[INET_ADDRSTRLEN];
      if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET
          || (entry->ifa_flags & NEEDED_FLAGS) != NEEDED_FLAGS
          || (entry->ifa_flags & IFF_LOOPBACK) != 0
          || g_hash_table_contains (usable, entry->ifa_name))
        continue;
      inet_ntop (AF_INET, &((const struct sockaddr_in *) entry->ifa_addr)->sin_addr, text,
                 sizeof text);
      g_hash_table_insert (usable, g_strdup (entry->ifa_name), g_strdup (text));
    }
  freeifaddrs (entries);
  return usable;
}

static void
scan (DfnLanDiscovery *self)
{
  g_autoptr (GHashTable) usable = list_usable ();
  GHashTableIter iter;
  const char *name;
  const char *address;

  for (guint i = self->interfaces->len; i-- > 0;)
    {
      Interface *interface = self->interfaces->pdata[i];
      if (g_strcmp0 (g_hash_table_lookup (usable, interface->name), interface->address) != 0)
        remove_interface (self, interface);
    }
  g_hash_table_iter_init (&iter, usable);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, (gpointer *) &address))
    if (find_interface (self, name) == NULL)
      add_interface (self, name, address);
}

static gboolean
on_rescan (gpointer user_data)
{
  g_autoptr (DfnLanDiscovery) self = g_object_ref (user_data);

  scan (self);
  return G_SOURCE_CONTINUE;
}

static void
start (DfnLanDiscovery *self)
{
  if (self->rescan == NULL)
    {
      self->rescan = dfn_source_attach (g_timeout_source_new_seconds (RESCAN_SECONDS),
                                        self->context, on_rescan, self);
      scan (self);
    }
  for (guint i = 0; i < self->interfaces->len; i++)
    serve (self, self->interfaces->pdata[i]);
}

void
dfn_lan_discovery_announce (DfnLanDiscovery *self, guint16 port)
{
  g_return_if_fail (DFN_IS_LAN_DISCOVERY (self));
  g_return_if_fail (port != 0);
  g_return_if_fail (self->port == 0);

  self->port = port;
  start (self);
}

void
dfn_lan_discovery_browse (DfnLanDiscovery *self)
{
  g_return_if_fail (DFN_IS_LAN_DISCOVERY (self));

  self->browsing = TRUE;
  start (self);
}

guint
dfn_lan_discovery_get_n_interfaces (DfnLanDiscovery *self)
{
  g_return_val_if_fail (DFN_IS_LAN_DISCOVERY (self), 0);

  return self->interfaces->len;
}

static void
dfn_lan_discovery_dispose (GObject *object)
{
  DfnLanDiscovery *self = DFN_LAN_DISCOVERY (object);

  dfn_source_clear (&self->rescan);
  g_ptr_array_set_size (self->interfaces, 0);

  G_OBJECT_CLASS (dfn_lan_discovery_parent_class)->dispose (object);
}

static void
dfn_lan_discovery_finalize (GObject *object)
{
  DfnLanDiscovery *self = DFN_LAN_DISCOVERY (object);

  g_ptr_array_unref (self->interfaces);
  g_hash_table_unref (self->found);
  g_free (self->usn);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_lan_discovery_parent_class)->finalize (object);
}

static void
dfn_lan_discovery_class_init (DfnLanDiscoveryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->dispose = dfn_lan_discovery_dispose;
  object_class->finalize = dfn_lan_discovery_finalize;

  signals[SIGNAL_FOUND] = g_signal_new ("found", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_LOST] = g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
dfn_lan_discovery_init (DfnLanDiscovery *self)
{
  g_autofree char *uuid = g_uuid_string_random ();

  self->context = g_main_context_ref_thread_default ();
  self->usn = g_strdup_printf ("uuid:%s::%s", uuid, DFN_LAN_DISCOVERY_TARGET);
  self->interfaces = g_ptr_array_new_with_free_func (interface_free);
  self->found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

DfnLanDiscovery *
dfn_lan_discovery_new (void)
{
  return g_object_new (DFN_TYPE_LAN_DISCOVERY, NULL);
}
