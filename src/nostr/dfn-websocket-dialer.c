/* SPDX-License-Identifier: MIT */
#include "dfn-websocket-dialer.h"

#include "dfn-nostr-error.h"
#include "dfn-random.h"
#include "dfn-relay-url.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* RFC 6455 section 1.3: what a server must hash together with our key. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define MAX_RESPONSE (16 * 1024)

typedef struct {
  char *url;
  char *key;
  GString *request;
  GString *response;
  GIOStream *stream;
} Dial;

static void
dial_free (Dial *dial)
{
  g_free (dial->url);
  g_free (dial->key);
  g_string_free (dial->request, TRUE);
  g_string_free (dial->response, TRUE);
  g_clear_object (&dial->stream);
  g_free (dial);
}

static char *
expected_accept (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) ACCEPT_GUID, -1);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

static gboolean
check_response (Dial *dial, GError **error)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autofree char *accept = expected_accept (dial->key);
  const char *answer;
  guint status = 0;

  if (!soup_headers_parse_response (dial->response->str, (int) dial->response->len, headers, NULL,
                                    &status, NULL))
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY, "answered without HTTP");
      return FALSE;
    }
  if (status != SOUP_STATUS_SWITCHING_PROTOCOLS)
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                   "answered HTTP %u (%s) where a relay was expected", status,
                   soup_status_get_phrase (status));
      return FALSE;
    }
  answer = soup_message_headers_get_one (headers, "Sec-WebSocket-Accept");
  if (!soup_message_headers_header_equals (headers, "Upgrade", "websocket")
      || !soup_message_headers_header_contains (headers, "Connection", "upgrade") || answer == NULL
      || !g_str_equal (answer, accept)
      || soup_message_headers_get_list (headers, "Sec-WebSocket-Extensions") != NULL)
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                           "answered with a wrong WebSocket handshake");
      return FALSE;
    }
  return TRUE;
}

static gboolean on_readable (GObject *input, gpointer user_data);

static void
wait_readable (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  GInputStream *input = g_io_stream_get_input_stream (dial->stream);
  g_autoptr (GSource) source = g_pollable_input_stream_create_source (
      G_POLLABLE_INPUT_STREAM (input), g_task_get_cancellable (task));

  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
complete (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;

  /* libsoup wants the header block without the empty line that ends it. */
  g_string_truncate (dial->response, dial->response->len - strlen ("\r\n"));
  if (check_response (dial, &error))
    g_task_return_pointer (task, g_steal_pointer (&dial->stream), g_object_unref);
  else
    g_task_return_error (task, error);
}

/* Reads byte by byte: the first message may follow the handshake in the same packet, and
 * libsoup must find it on the stream. */
static gboolean
on_readable (GObject *object, gpointer user_data)
{
  GTask *task = user_data;
  Dial *dial = g_task_get_task_data (task);
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (object);
  GError *error = NULL;
  char byte;

  for (;;)
    {
      gssize count = g_pollable_input_stream_read_nonblocking (
          input, &byte, 1, g_task_get_cancellable (task), &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (error);
          return G_SOURCE_CONTINUE;
        }
      if (error != NULL)
        g_task_return_error (task, error);
      else if (count == 0)
        g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                                 "closed the connection before it answered");
      else if (dial->response->len == MAX_RESPONSE)
        g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                                 "answered with endless HTTP headers");
      else
        {
          g_string_append_c (dial->response, byte);
          if (byte != '\n' || !g_str_has_suffix (dial->response->str, "\r\n\r\n"))
            continue;
          complete (task);
        }
      return G_SOURCE_REMOVE;
    }
}

static void
on_written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (object), result, NULL, &error))
    g_task_return_error (task, error);
  else
    wait_readable (task);
}

static void
on_connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Dial *dial = g_task_get_task_data (task);
  GError *error = NULL;
  GSocketConnection *connection =
      g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (object), result, &error);

  if (connection == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  dial->stream = G_IO_STREAM (connection);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (dial->stream), dial->request->str,
                                   dial->request->len, G_PRIORITY_DEFAULT,
                                   g_task_get_cancellable (task), on_written, g_object_ref (task));
}

static void
on_client_event (GSocketClient *client,
                 GSocketClientEvent event,
                 GSocketConnectable *connectable,
                 GIOStream *connection,
                 gpointer user_data)
{
  static const char *const protocols[] = { "http/1.1", NULL };

  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    g_socket_set_option (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)),
                         IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && G_IS_TLS_CONNECTION (connection))
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection), protocols);
}

static GString *
write_request (GUri *uri, const char *key)
{
  GString *request = g_string_new ("GET ");
  const char *host = g_uri_get_host (uri);
  const char *path = g_uri_get_path (uri);

  g_string_append (request, *path != '\0' ? path : "/");
  if (g_uri_get_query (uri) != NULL)
    g_string_append_printf (request, "?%s", g_uri_get_query (uri));
  g_string_append_printf (
      request, strchr (host, ':') != NULL ? " HTTP/1.1\r\nHost: [%s]" : " HTTP/1.1\r\nHost: %s",
      host);
  if (g_uri_get_port (uri) > 0)
    g_string_append_printf (request, ":%d", g_uri_get_port (uri));
  g_string_append_printf (
      request,
      "\r\nUser-Agent: Defiance\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n",
      key);
  return request;
}

void
dfn_websocket_dial_async (const char *url,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autofree char *http = dfn_relay_url_to_http (url);
  Dial *dial = g_new0 (Dial, 1);
  guint8 nonce[16];
  gboolean tls;

  g_return_if_fail (uri != NULL);

  tls = g_str_equal (g_uri_get_scheme (uri), "wss");
  dfn_random_bytes (nonce, sizeof nonce);
  dial->url = g_strdup (url);
  dial->key = g_base64_encode (nonce, sizeof nonce);
  dial->request = write_request (uri, dial->key);
  dial->response = g_string_new (NULL);
  g_task_set_task_data (task, dial, (GDestroyNotify) dial_free);
  g_task_set_source_tag (task, dfn_websocket_dial_async);

  g_socket_client_set_tls (client, tls);
  /* A proxy leads to the Internet. An address in numbers is, as a rule, on this network, and asking
   * how to reach it costs a thread and a start of the system's proxy library. */
  g_socket_client_set_enable_proxy (client, !g_hostname_is_ip_address (g_uri_get_host (uri)));
  g_signal_connect (client, "event", G_CALLBACK (on_client_event), NULL);
  g_socket_client_connect_to_uri_async (client, http, tls ? 443 : 80, cancellable, on_connected,
                                        g_steal_pointer (&task));
}

GIOStream *
dfn_websocket_dial_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
