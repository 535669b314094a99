/* SPDX-License-Identifier: MIT */
#include "dfn-test-fake-relay.h"

#include <string.h>

static void
on_message (SoupWebsocketConnection *connection, int type, GBytes *message, DfnTestFakeRelay *relay)
{
  const char *text = g_bytes_get_data (message, NULL);

  relay->n_messages++;
  g_string_append_printf (relay->heard, "%s\n", text);
  if (relay->on_text != NULL)
    relay->on_text (relay, connection, text);
}

static void
on_socket (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           SoupWebsocketConnection *connection,
           gpointer user_data)
{
  DfnTestFakeRelay *relay = user_data;

  g_ptr_array_add (relay->connections, g_object_ref (connection));
  relay->n_connected++;
  g_signal_connect (connection, "message", G_CALLBACK (on_message), relay);
  if (relay->on_connect != NULL)
    relay->on_connect (relay, connection, NULL);
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  DfnTestFakeRelay *relay = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  /* Without a status libsoup goes on to the handler for WebSockets. */
  if (soup_message_headers_get_one (headers, "Upgrade") != NULL)
    return;
  if (relay->info == NULL)
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
  else
    {
      soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (message, "application/nostr+json", SOUP_MEMORY_COPY,
                                        relay->info, strlen (relay->info));
    }
}

DfnTestFakeRelay *
dfn_test_fake_relay_new (DfnTestFakeFunc on_connect, DfnTestFakeFunc on_text)
{
  DfnTestFakeRelay *relay = g_new0 (DfnTestFakeRelay, 1);
  g_autoptr (GError) error = NULL;
  GSList *uris;

  relay->on_connect = on_connect;
  relay->on_text = on_text;
  relay->heard = g_string_new (NULL);
  relay->connections = g_ptr_array_new_with_free_func (g_object_unref);
  relay->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (relay->server, NULL, on_request, relay, NULL);
  soup_server_add_websocket_handler (relay->server, NULL, NULL, NULL, on_socket, relay, NULL);
  soup_server_listen_local (relay->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (relay->server);
  relay->url = g_strdup_printf ("ws://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return relay;
}

void
dfn_test_fake_relay_free (DfnTestFakeRelay *relay)
{
  for (guint i = 0; i < relay->connections->len; i++)
    g_signal_handlers_disconnect_by_data (relay->connections->pdata[i], relay);
  g_ptr_array_unref (relay->connections);
  soup_server_disconnect (relay->server);
  g_object_unref (relay->server);
  g_string_free (relay->heard, TRUE);
  g_free (relay->url);
  g_free (relay);
}
