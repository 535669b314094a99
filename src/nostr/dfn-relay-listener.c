/* SPDX-License-Identifier: MIT */
#include "dfn-relay-listener.h"

#include "dfn-source.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define BACKLOG 128

struct _DfnRelayListener {
  GObject parent_instance;

  GSocketService *service;
  GMainContext *context;
  guint16 port;
  guint max_total;
  guint max_per_address;
  guint patience_ms;
  guint64 n_refused;
  GHashTable *guests;
  GHashTable *per_address;
};

/* One connection for as long as its socket lives, whoever holds it by then. */
typedef struct {
  DfnRelayListener *listener;
  GSocket *socket;
  char *address;
  GSource *timer;
} Guest;

enum { SIGNAL_CONNECTION, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnRelayListener, dfn_relay_listener, G_TYPE_OBJECT)

static void on_socket_gone (gpointer user_data, GObject *socket);

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  if (guest->socket != NULL)
    g_object_weak_unref (G_OBJECT (guest->socket), on_socket_gone, guest);
  dfn_source_clear (&guest->timer);
  g_free (guest->address);
  g_free (guest);
}

static guint
count_address (DfnRelayListener *self, const char *address)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->per_address, address));
}

static void
on_socket_gone (gpointer user_data, GObject *socket)
{
  Guest *guest = user_data;
  DfnRelayListener *self = guest->listener;
  guint left = count_address (self, guest->address) - 1;

  guest->socket = NULL;
  if (left == 0)
    g_hash_table_remove (self->per_address, guest->address);
  else
    g_hash_table_replace (self->per_address, g_strdup (guest->address), GUINT_TO_POINTER (left));
  g_hash_table_remove (self->guests, socket);
}

static gboolean
on_no_upgrade (gpointer user_data)
{
  Guest *guest = user_data;

  /* The owner notices by reading; the count goes down when it lets go. */
  g_socket_shutdown (guest->socket, TRUE, TRUE, NULL);
  dfn_source_clear (&guest->timer);
  return G_SOURCE_REMOVE;
}

/* What counts as one address: an IPv4 address, also one mapped into IPv6, or an IPv6 /64. */
static char *
address_of (GSocketConnection *connection)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  GInetAddress *inet;
  const guint8 *bytes;

  if (!G_IS_INET_SOCKET_ADDRESS (remote))
    return g_strdup ("unknown");
  inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  bytes = g_inet_address_to_bytes (inet);
  if (g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV4)
    return g_strdup_printf ("%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
  if (IN6_IS_ADDR_V4MAPPED ((const struct in6_addr *) bytes))
    return g_strdup_printf ("%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
  return g_strdup_printf ("%02x%02x:%02x%02x:%02x%02x:%02x%02x::", bytes[0], bytes[1], bytes[2],
                          bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             DfnRelayListener *self)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autofree char *address = address_of (connection);
  guint count = count_address (self, address);
  Guest *guest;

  if (g_hash_table_size (self->guests) >= self->max_total || count >= self->max_per_address)
    {
      self->n_refused++;
      g_socket_close (socket, NULL);
      return TRUE;
    }
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);

  guest = g_new0 (Guest, 1);
  guest->listener = self;
  guest->socket = socket;
  guest->address = g_steal_pointer (&address);
  guest->timer = dfn_source_attach (g_timeout_source_new (self->patience_ms), self->context,
                                    on_no_upgrade, guest);
  g_object_weak_ref (G_OBJECT (socket), on_socket_gone, guest);
  g_hash_table_insert (self->guests, socket, guest);
  g_hash_table_replace (self->per_address, g_strdup (guest->address), GUINT_TO_POINTER (count + 1));
  g_signal_emit (self, signals[SIGNAL_CONNECTION], 0, connection);
  return TRUE;
}

void
dfn_relay_listener_keep (DfnRelayListener *self, GSocket *socket)
{
  Guest *guest;

  g_return_if_fail (DFN_IS_RELAY_LISTENER (self));

  guest = g_hash_table_lookup (self->guests, socket);
  if (guest != NULL)
    dfn_source_clear (&guest->timer);
}

static gboolean
listen_on (DfnRelayListener *self, GInetAddress *inet, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (inet, port);
  g_autoptr (GSocketAddress) got = NULL;

  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), wanted,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &got,
                                      error))
    return FALSE;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
  g_socket_service_start (self->service);
  return TRUE;
}

gboolean
dfn_relay_listener_listen (DfnRelayListener *self,
                           const char *address,
                           guint16 port,
                           GError **error)
{
  g_autoptr (GInetAddress) inet = NULL;

  g_return_val_if_fail (DFN_IS_RELAY_LISTENER (self), FALSE);

  /* Linux lets a socket on :: take IPv4 too, where there is IPv6 at all. */
  if (address == NULL)
    {
      g_autoptr (GInetAddress) any6 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV6);
      g_autoptr (GInetAddress) any4 = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
      return listen_on (self, any6, port, NULL) || listen_on (self, any4, port, error);
    }
  inet = g_inet_address_new_from_string (address);
  if (inet == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "\"%s\" is no IPv4 or IPv6 address to listen on", address);
      return FALSE;
    }
  return listen_on (self, inet, port, error);
}

guint16
dfn_relay_listener_get_port (DfnRelayListener *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_LISTENER (self), 0);

  return self->port;
}

guint64
dfn_relay_listener_get_n_refused (DfnRelayListener *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_LISTENER (self), 0);

  return self->n_refused;
}

static void
dfn_relay_listener_dispose (GObject *object)
{
  DfnRelayListener *self = DFN_RELAY_LISTENER (object);

  if (self->service != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->service, self);
      g_socket_service_stop (self->service);
      g_socket_listener_close (G_SOCKET_LISTENER (self->service));
    }
  g_clear_object (&self->service);
  g_hash_table_remove_all (self->guests);

  G_OBJECT_CLASS (dfn_relay_listener_parent_class)->dispose (object);
}

static void
dfn_relay_listener_finalize (GObject *object)
{
  DfnRelayListener *self = DFN_RELAY_LISTENER (object);

  g_hash_table_unref (self->guests);
  g_hash_table_unref (self->per_address);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_relay_listener_parent_class)->finalize (object);
}

static void
dfn_relay_listener_class_init (DfnRelayListenerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = dfn_relay_listener_dispose;
  object_class->finalize = dfn_relay_listener_finalize;

  signals[SIGNAL_CONNECTION] =
      g_signal_new ("connection", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_SOCKET_CONNECTION);
}

static void
dfn_relay_listener_init (DfnRelayListener *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->guests = g_hash_table_new_full (NULL, NULL, NULL, guest_free);
  self->per_address = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), BACKLOG);
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
}

DfnRelayListener *
dfn_relay_listener_new (guint max_total, guint max_per_address, guint patience_ms)
{
  DfnRelayListener *self = g_object_new (DFN_TYPE_RELAY_LISTENER, NULL);

  self->max_total = max_total;
  self->max_per_address = max_per_address;
  self->patience_ms = patience_ms;
  return self;
}
