/* SPDX-License-Identifier: MIT */
#include "dfn-relay-server.h"

#include "dfn-local-addresses.h"
#include "dfn-relay-listener.h"
#include "dfn-relay-session.h"
#include "dfn-source.h"
#include "dfn-websocket.h"

#include <libsoup/soup.h>
#include <string.h>

#define SOCKET_KEY "dfn-socket"
#define PURGE_SECONDS 60

struct _DfnRelayServer {
  GObject parent_instance;

  GMainContext *context;
  DfnRelayStore *store;
  DfnRelayLimits limits;
  gboolean require_auth;
  SoupServer *soup;
  DfnRelayListener *listener;
  char *address;
  GHashTable *clients;
  GSource *purge;
  DfnRelayCounters counters;
};

typedef struct {
  DfnRelayServer *server;
  DfnWebsocket *socket;
  DfnRelaySession *session;
  char *peer;
} Client;

enum { PROP_0, PROP_REQUIRE_AUTH, PROP_N_CONNECTIONS, N_PROPS };
static GParamSpec *properties[N_PROPS];

enum { SIGNAL_CONNECTED, SIGNAL_DISCONNECTED, SIGNAL_ACCEPTED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DfnRelayServer, dfn_relay_server, G_TYPE_OBJECT)

static void
client_free (gpointer data)
{
  Client *client = data;

  g_signal_handlers_disconnect_by_data (client->socket, client);
  g_signal_handlers_disconnect_by_data (client->session, client);
  g_object_unref (client->socket);
  g_object_unref (client->session);
  g_free (client->peer);
  g_free (client);
}

static void
on_reply (DfnRelaySession *session, const char *text, Client *client)
{
  client->server->counters.messages_sent++;
  dfn_websocket_send (client->socket, text);
}

static void
on_accepted (DfnRelaySession *session, DfnNostrEvent *event, Client *client)
{
  DfnRelayServer *self = client->server;
  GHashTableIter iter;
  Client *other;

  self->counters.events_accepted++;
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, (gpointer *) &other, NULL))
    dfn_relay_session_offer (other->session, event);
  g_signal_emit (self, signals[SIGNAL_ACCEPTED], 0, event);
}

static void
on_message (DfnWebsocket *socket, const char *text, Client *client)
{
  client->server->counters.messages_received++;
  dfn_relay_session_handle (client->session, text, g_get_real_time () / G_USEC_PER_SEC,
                            g_get_monotonic_time ());
}

static void
on_closed (DfnWebsocket *socket, const char *reason, Client *client)
{
  g_autoptr (DfnRelayServer) self = g_object_ref (client->server);
  g_autofree char *peer = g_strdup (client->peer);

  g_hash_table_remove (self->clients, client);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTIONS]);
  g_signal_emit (self, signals[SIGNAL_DISCONNECTED], 0, peer, reason);
}

static char *
print_peer (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  if (!G_IS_SOCKET_CONNECTABLE (address))
    return g_strdup ("unknown");
  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
}

/* The 101 answer has been written: from here on the connection speaks WebSocket. */
static void
on_switched (SoupServerMessage *message, DfnRelayServer *self)
{
  const char *host =
      soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Host");
  GSocketAddress *remote = soup_server_message_get_remote_address (message);
  Client *client;
  g_autoptr (GIOStream) stream = NULL;

  /* An interim "100 Continue" comes here too. */
  if (soup_server_message_get_status (message) != SOUP_STATUS_SWITCHING_PROTOCOLS)
    return;
  g_signal_handlers_disconnect_by_func (message, on_switched, self);
  dfn_relay_listener_keep (self->listener, g_object_get_data (G_OBJECT (remote), SOCKET_KEY));
  client = g_new0 (Client, 1);
  client->server = self;
  client->peer = print_peer (message);
  client->session = dfn_relay_session_new (self->store, &self->limits, host, self->require_auth);
  stream = soup_server_message_steal_connection (message);
  client->socket = dfn_websocket_new (stream, "ws://localhost", DFN_WEBSOCKET_SERVER,
                                      self->limits.max_message, self->limits.max_queue);
  g_signal_connect (client->socket, "message", G_CALLBACK (on_message), client);
  g_signal_connect (client->socket, "closed", G_CALLBACK (on_closed), client);
  g_signal_connect (client->session, "reply", G_CALLBACK (on_reply), client);
  g_signal_connect (client->session, "accepted", G_CALLBACK (on_accepted), client);
  g_hash_table_add (self->clients, client);
  self->counters.connections_total++;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_CONNECTIONS]);
  g_signal_emit (self, signals[SIGNAL_CONNECTED], 0, client->peer);
  dfn_relay_session_start (client->session);
}

static void
answer_info (DfnRelayServer *self, SoupServerMessage *message)
{
  SoupMessageHeaders *asked = soup_server_message_get_request_headers (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *accept = soup_message_headers_get_list (asked, "Accept");
  const char *words = "This is a Nostr relay. Use a Nostr program to connect to it.\n";

  /* NIP-11 asks for these, so that programs in web pages may read the document. */
  soup_message_headers_replace (headers, "Access-Control-Allow-Origin", "*");
  soup_message_headers_replace (headers, "Access-Control-Allow-Headers", "*");
  soup_message_headers_replace (headers, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  soup_message_headers_replace (headers, "Connection", "close");
  if (soup_server_message_get_method (message) == SOUP_METHOD_OPTIONS)
    soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
  else if (accept != NULL && strstr (accept, "application/nostr+json") != NULL)
    {
      char *info = dfn_relay_limits_to_info (&self->limits, self->require_auth);
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (message, "application/nostr+json", SOUP_MEMORY_TAKE, info,
                                        strlen (info));
    }
  else
    {
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, words,
                                        strlen (words));
    }
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  DfnRelayServer *self = user_data;
  const char *method = soup_server_message_get_method (message);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD && method != SOUP_METHOD_OPTIONS)
    soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  else if (!soup_message_headers_header_equals (headers, "Upgrade", "websocket"))
    answer_info (self, message);
  else if (soup_websocket_server_process_handshake (message, NULL, NULL, NULL, NULL))
    g_signal_connect_object (message, "wrote-informational", G_CALLBACK (on_switched), self, 0);
}

/* No request has a body that anybody reads, so none is collected in memory. */
static void
on_headers (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
}

static void
on_connection (DfnRelayListener *listener, GSocketConnection *connection, DfnRelayServer *self)
{
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  /* libsoup knows no socket of a connection that it did not accept itself, but keeps the address.
   */
  g_object_set_data (G_OBJECT (remote), SOCKET_KEY, g_socket_connection_get_socket (connection));
  soup_server_accept_iostream (self->soup, G_IO_STREAM (connection), local, remote, NULL);
}

static gboolean
on_purge (gpointer user_data)
{
  DfnRelayServer *self = user_data;

  dfn_relay_store_purge_expired (self->store, g_get_real_time () / G_USEC_PER_SEC);
  return G_SOURCE_CONTINUE;
}

gboolean
dfn_relay_server_listen (DfnRelayServer *self, const char *address, guint16 port, GError **error)
{
  g_return_val_if_fail (DFN_IS_RELAY_SERVER (self), FALSE);
  g_return_val_if_fail (self->listener == NULL, FALSE);

  self->listener =
      dfn_relay_listener_new (self->limits.max_connections,
                              self->limits.max_connections_per_address, self->limits.upgrade_ms);
  if (!dfn_relay_listener_listen (self->listener, address, port, error))
    {
      g_clear_object (&self->listener);
      return FALSE;
    }
  g_signal_connect (self->listener, "connection", G_CALLBACK (on_connection), self);
  self->address = g_strdup (address);
  self->purge = dfn_source_attach (g_timeout_source_new_seconds (PURGE_SECONDS), self->context,
                                   on_purge, self);
  return TRUE;
}

void
dfn_relay_server_set_limits (DfnRelayServer *self, const DfnRelayLimits *limits)
{
  g_return_if_fail (DFN_IS_RELAY_SERVER (self));
  g_return_if_fail (self->listener == NULL);

  self->limits = *limits;
}

guint16
dfn_relay_server_get_port (DfnRelayServer *self)
{
  g_return_val_if_fail (DFN_IS_RELAY_SERVER (self), 0);

  return self->listener != NULL ? dfn_relay_listener_get_port (self->listener) : 0;
}

static gboolean
is_any (const char *address)
{
  g_autoptr (GInetAddress) inet = NULL;

  if (address == NULL)
    return TRUE;
  inet = g_inet_address_new_from_string (address);
  return inet != NULL && g_inet_address_get_is_any (inet);
}

char **
dfn_relay_server_get_urls (DfnRelayServer *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) addresses = NULL;
  gboolean only_ipv4;

  g_return_val_if_fail (DFN_IS_RELAY_SERVER (self), NULL);

  if (is_any (self->address))
    addresses = dfn_local_addresses_list ();
  else
    addresses = g_strsplit (self->address, ",", 1);
  only_ipv4 = g_strcmp0 (self->address, "0.0.0.0") == 0;
  for (guint i = 0; addresses[i] != NULL; i++)
    {
      gboolean is_ipv6 = strchr (addresses[i], ':') != NULL;
      g_autofree char *url = g_strdup_printf (is_ipv6 ? "ws://[%s]:%u" : "ws://%s:%u", addresses[i],
                                              dfn_relay_server_get_port (self));
      if (!is_ipv6 || !only_ipv4)
        g_strv_builder_add (builder, url);
    }
  return g_strv_builder_end (builder);
}

void
dfn_relay_server_get_counters (DfnRelayServer *self, DfnRelayCounters *counters)
{
  GHashTableIter iter;
  Client *client;

  g_return_if_fail (DFN_IS_RELAY_SERVER (self));

  *counters = self->counters;
  counters->connections = g_hash_table_size (self->clients);
  counters->stored = dfn_relay_store_get_usage (self->store, NULL);
  if (self->listener != NULL)
    counters->connections_refused = dfn_relay_listener_get_n_refused (self->listener);
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, (gpointer *) &client, NULL))
    counters->subscriptions += dfn_relay_session_get_n_subscriptions (client->session);
}

static void
dfn_relay_server_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DfnRelayServer *self = DFN_RELAY_SERVER (object);

  if (id == PROP_REQUIRE_AUTH)
    g_value_set_boolean (value, self->require_auth);
  else if (id == PROP_N_CONNECTIONS)
    g_value_set_uint (value, g_hash_table_size (self->clients));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dfn_relay_server_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  DfnRelayServer *self = DFN_RELAY_SERVER (object);

  if (id == PROP_REQUIRE_AUTH)
    self->require_auth = g_value_get_boolean (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dfn_relay_server_dispose (GObject *object)
{
  DfnRelayServer *self = DFN_RELAY_SERVER (object);

  dfn_source_clear (&self->purge);
  if (self->listener != NULL)
    g_signal_handlers_disconnect_by_data (self->listener, self);
  g_clear_object (&self->listener);
  g_hash_table_remove_all (self->clients);
  if (self->soup != NULL)
    soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);

  G_OBJECT_CLASS (dfn_relay_server_parent_class)->dispose (object);
}

static void
dfn_relay_server_finalize (GObject *object)
{
  DfnRelayServer *self = DFN_RELAY_SERVER (object);

  g_hash_table_unref (self->clients);
  g_clear_object (&self->store);
  g_free (self->address);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (dfn_relay_server_parent_class)->finalize (object);
}

static void
dfn_relay_server_class_init (DfnRelayServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = dfn_relay_server_get_property;
  object_class->set_property = dfn_relay_server_set_property;
  object_class->dispose = dfn_relay_server_dispose;
  object_class->finalize = dfn_relay_server_finalize;

  properties[PROP_REQUIRE_AUTH] = g_param_spec_boolean ("require-auth", NULL, NULL, FALSE,
                                                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  properties[PROP_N_CONNECTIONS] = g_param_spec_uint ("n-connections", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[SIGNAL_CONNECTED] = g_signal_new ("connected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                            NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_DISCONNECTED] =
      g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                    G_TYPE_STRING, G_TYPE_STRING);
  signals[SIGNAL_ACCEPTED] = g_signal_new ("accepted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, DFN_TYPE_NOSTR_EVENT);
}

static void
dfn_relay_server_init (DfnRelayServer *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->clients = g_hash_table_new_full (NULL, NULL, client_free, NULL);
  dfn_relay_limits_init (&self->limits);
  self->soup = soup_server_new ("server-header", "Defiance", NULL);
  soup_server_add_early_handler (self->soup, NULL, on_headers, self, NULL);
  soup_server_add_handler (self->soup, NULL, on_request, self, NULL);
}

DfnRelayServer *
dfn_relay_server_new (DfnRelayStore *store)
{
  DfnRelayServer *self = g_object_new (DFN_TYPE_RELAY_SERVER, NULL);

  self->store = store != NULL ? g_object_ref (store) : dfn_relay_store_open (NULL, NULL);
  g_assert (self->store != NULL);
  return self;
}
