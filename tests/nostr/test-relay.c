/* SPDX-License-Identifier: MIT */
#include "dfn-relay-client.h"
#include "dfn-relay-server.h"
#include "dfn-test-loop.h"

#include <libsoup/soup.h>
#include <string.h>

#define NOW (g_get_real_time () / G_USEC_PER_SEC)

typedef struct {
  DfnRelayServer *server;
  DfnRelayClient *client;
  DfnNostrKey *key;
  char *url;
  GPtrArray *events;
  guint n_eose;
  char *closed;
} Fixture;

static void
on_event (DfnRelayClient *client, const char *id, DfnNostrEvent *event, Fixture *fixture)
{
  g_ptr_array_add (fixture->events, dfn_nostr_event_ref (event));
}

static void
on_eose (DfnRelayClient *client, const char *id, Fixture *fixture)
{
  fixture->n_eose++;
}

static void
on_closed (DfnRelayClient *client, const char *id, const char *reason, Fixture *fixture)
{
  g_free (fixture->closed);
  fixture->closed = g_strdup (reason);
}

static DfnRelayClient *
make_client (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  DfnRelayClient *client = dfn_relay_client_new (fixture->url, &error);

  g_assert_no_error (error);
  g_signal_connect (client, "event", G_CALLBACK (on_event), fixture);
  g_signal_connect (client, "eose", G_CALLBACK (on_eose), fixture);
  g_signal_connect (client, "closed", G_CALLBACK (on_closed), fixture);
  return client;
}

static void
listen_on (Fixture *fixture, guint16 port)
{
  g_autoptr (GError) error = NULL;

  dfn_relay_server_listen (fixture->server, "127.0.0.1", port, &error);
  g_assert_no_error (error);
}

static void
setup (Fixture *fixture, gconstpointer data)
{
  g_auto (GStrv) urls = NULL;

  fixture->server = dfn_relay_server_new (NULL);
  if (data != NULL)
    g_object_set (fixture->server, "require-auth", TRUE, NULL);
  listen_on (fixture, 0);
  urls = dfn_relay_server_get_urls (fixture->server);
  g_assert_cmpuint (g_strv_length (urls), ==, 1);
  fixture->url = g_strdup (urls[0]);
  fixture->key = dfn_nostr_key_generate ();
  fixture->events = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_event_unref);
  fixture->client = make_client (fixture);
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->client);
  if (fixture->server != NULL)
    g_assert_finalize_object (fixture->server);
  dfn_nostr_key_unref (fixture->key);
  g_ptr_array_unref (fixture->events);
  g_free (fixture->url);
  g_free (fixture->closed);
  /* Streams close in the background. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static char *
subscribe (Fixture *fixture, guint kind)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  DfnNostrFilter *filter = dfn_nostr_filter_new ();

  dfn_nostr_filter_add_kind (filter, kind);
  g_ptr_array_add (filters, filter);
  return dfn_relay_client_subscribe (fixture->client, filters);
}

static void
on_published (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;

  if (dfn_relay_client_publish_finish (DFN_RELAY_CLIENT (object), result, error))
    *error = GINT_TO_POINTER (1);
}

/* NULL when the relay took it, else why not. */
static GError *
publish_event (Fixture *fixture, DfnNostrEvent *event)
{
  GError *error = NULL;

  dfn_relay_client_publish_async (fixture->client, event, NULL, on_published, &error);
  dfn_test_wait_until (error != NULL);
  return error == GINT_TO_POINTER (1) ? NULL : error;
}

static GError *
publish (Fixture *fixture, guint kind, gint64 created_at, const char *content)
{
  g_autoptr (DfnNostrEvent) event =
      dfn_nostr_event_new (fixture->key, kind, created_at, NULL, content);

  return publish_event (fixture, event);
}

static void
test_publish_and_query (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;
  DfnRelayCounters counters;

  /* Publishing waits for the connection. */
  dfn_relay_client_start (fixture->client);
  g_assert_cmpint (dfn_relay_client_get_state (fixture->client), ==, DFN_RELAY_CONNECTING);
  g_assert_no_error (publish (fixture, 1, NOW, "one"));
  g_assert_cmpint (dfn_relay_client_get_state (fixture->client), ==, DFN_RELAY_CONNECTED);
  g_assert_no_error (publish (fixture, 1, NOW - 10, "two"));
  g_assert_no_error (publish (fixture, 7, NOW, "other"));

  id = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_cmpuint (fixture->events->len, ==, 2);
  g_assert_cmpstr (dfn_nostr_event_get_content (fixture->events->pdata[0]), ==, "one");

  g_assert_no_error (publish (fixture, 1, NOW, "live"));
  dfn_test_wait_until (fixture->events->len == 3);

  dfn_relay_server_get_counters (fixture->server, &counters);
  g_assert_cmpuint (counters.connections, ==, 1);
  g_assert_cmpuint (counters.subscriptions, ==, 1);
  g_assert_cmpuint (counters.events_accepted, ==, 4);
  g_assert_cmpuint (counters.stored, ==, 4);

  dfn_relay_client_unsubscribe (fixture->client, id);
  g_assert_no_error (publish (fixture, 1, NOW, "unheard"));
  g_assert_cmpuint (fixture->events->len, ==, 3);
}

static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) note = NULL;
  g_autoptr (DfnNostrEvent) request = NULL;
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (GError) error = NULL;

  dfn_relay_client_start (fixture->client);
  error = publish (fixture, 1, NOW + 3600, "from the future");
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_assert_nonnull (strstr (error->message, "future"));
  g_clear_error (&error);

  note = dfn_nostr_event_new (fixture->key, 1, NOW, NULL, "to be deleted");
  g_assert_no_error (publish_event (fixture, note));
  g_assert_no_error (publish_event (fixture, note));
  dfn_nostr_tags_add (tags, "e", dfn_nostr_event_get_id (note), NULL);
  request = dfn_nostr_event_new (fixture->key, 5, NOW, tags, "");
  g_assert_no_error (publish_event (fixture, request));
  error = publish_event (fixture, note);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_assert_nonnull (strstr (error->message, "blocked:"));
}

static void
test_ephemeral (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;
  DfnRelayCounters counters;

  dfn_relay_client_start (fixture->client);
  id = subscribe (fixture, 20001);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_no_error (publish (fixture, 20001, NOW, "hello"));
  dfn_test_wait_until (fixture->events->len == 1);
  dfn_relay_server_get_counters (fixture->server, &counters);
  g_assert_cmpuint (counters.stored, ==, 0);
}

/* The relay restarts; the client comes back by itself and asks again. */
static void
test_restart (Fixture *fixture, gconstpointer data)
{
  guint16 port = dfn_relay_server_get_port (fixture->server);
  g_autofree char *id = NULL;

  dfn_relay_client_start (fixture->client);
  id = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_finalize_object (g_steal_pointer (&fixture->server));
  dfn_test_wait_until (dfn_relay_client_get_state (fixture->client) == DFN_RELAY_WAITING);
  g_assert_nonnull (dfn_relay_client_get_problem (fixture->client));

  fixture->server = dfn_relay_server_new (NULL);
  listen_on (fixture, port);
  dfn_test_wait_until (fixture->n_eose == 2);
  g_assert_null (dfn_relay_client_get_problem (fixture->client));
  g_assert_no_error (publish (fixture, 1, NOW, "after"));
  dfn_test_wait_until (fixture->events->len == 1);
}

static void
test_auth (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  dfn_relay_client_start (fixture->client);
  error = publish (fixture, 1, NOW, "nobody");
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_assert_nonnull (strstr (error->message, "auth-required:"));
  id = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->closed != NULL);
  g_assert_nonnull (strstr (fixture->closed, "auth-required:"));
  dfn_relay_client_unsubscribe (fixture->client, id);
  g_clear_pointer (&id, g_free);

  dfn_relay_client_set_key (fixture->client, fixture->key);
  id = subscribe (fixture, 1);
  g_assert_no_error (publish (fixture, 1, NOW, "somebody"));
  dfn_test_wait_until (fixture->n_eose == 1);
  dfn_test_wait_until (fixture->events->len == 1);
}

/* --- what the server lets a client do --- */

typedef struct {
  SoupSession *session;
  SoupWebsocketConnection *connection;
  GString *heard;
  guint n_eose;
  gboolean closed;
} Raw;

static void
on_raw_message (SoupWebsocketConnection *connection, int type, GBytes *message, Raw *raw)
{
  const char *text = g_bytes_get_data (message, NULL);

  g_string_append (raw->heard, text);
  g_string_append_c (raw->heard, '\n');
  raw->n_eose += g_str_has_prefix (text, "[\"EOSE\"");
}

static void
on_raw_closed (SoupWebsocketConnection *connection, Raw *raw)
{
  raw->closed = TRUE;
}

static void
on_raw_connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Raw *raw = user_data;
  g_autoptr (GError) error = NULL;

  raw->connection = soup_session_websocket_connect_finish (SOUP_SESSION (object), result, &error);
  raw->closed = raw->connection == NULL;
}

/* A client that says what no client of ours would; libsoup's own, so that both work together. */
static Raw *
raw_connect (Fixture *fixture)
{
  Raw *raw = g_new0 (Raw, 1);
  g_autofree char *http = g_strconcat ("http", fixture->url + 2, NULL);
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, http);

  raw->session = soup_session_new ();
  raw->heard = g_string_new (NULL);
  soup_session_websocket_connect_async (raw->session, message, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        on_raw_connected, raw);
  dfn_test_wait_until (raw->connection != NULL || raw->closed);
  if (raw->connection != NULL)
    {
      g_signal_connect (raw->connection, "message", G_CALLBACK (on_raw_message), raw);
      g_signal_connect (raw->connection, "closed", G_CALLBACK (on_raw_closed), raw);
    }
  return raw;
}

static void
raw_free (Raw *raw)
{
  if (raw->connection != NULL)
    g_signal_handlers_disconnect_by_data (raw->connection, raw);
  g_clear_object (&raw->connection);
  g_object_unref (raw->session);
  g_string_free (raw->heard, TRUE);
  g_free (raw);
}

static void
raw_expect (Raw *raw, const char *text, const char *answer)
{
  g_string_truncate (raw->heard, 0);
  soup_websocket_connection_send_text (raw->connection, text);
  dfn_test_wait_until (strstr (raw->heard->str, answer) != NULL);
}

static void
restart_with (Fixture *fixture, const DfnRelayLimits *limits)
{
  g_assert_finalize_object (fixture->server);
  fixture->server = dfn_relay_server_new (NULL);
  dfn_relay_server_set_limits (fixture->server, limits);
  listen_on (fixture, 0);
  g_free (fixture->url);
  fixture->url = g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (fixture->server));
}

static void
test_bad_messages (Fixture *fixture, gconstpointer data)
{
  Raw *raw = raw_connect (fixture);
  g_autofree char *filters = NULL;
  g_autoptr (GString) many = g_string_new ("[\"REQ\",\"x\"");

  raw_expect (raw, "hello", "[\"NOTICE\",\"invalid:");
  raw_expect (raw, "[\"HELLO\",1]", "[\"NOTICE\",\"invalid:");
  raw_expect (raw, "[\"EVENT\",{}]", "[\"NOTICE\",\"invalid:");
  raw_expect (raw, "[\"REQ\",\"\",{}]", "[\"NOTICE\",\"invalid:");
  raw_expect (raw, "[\"REQ\",\"x\",{\"kinds\":[\"1\"]}]", "[\"CLOSED\",\"x\",\"invalid:");
  raw_expect (raw, "[\"REQ\",\"x\"]", "[\"CLOSED\",\"x\",\"invalid:");
  raw_expect (raw, "[\"COUNT\",\"x\",{}]", "[\"CLOSED\",\"x\",\"unsupported:");
  for (guint i = 0; i < 11; i++)
    g_string_append (many, ",{}");
  g_string_append (many, "]");
  raw_expect (raw, many->str, "[\"CLOSED\",\"x\",\"invalid:");
  raw_expect (
      raw,
      "[\"EVENT\",{\"id\":\"0000000000000000000000000000000000000000000000000000000000000000"
      "\",\"pubkey\":\"0000000000000000000000000000000000000000000000000000000000000000\","
      "\"created_at\":1,\"kind\":1,\"tags\":[],\"content\":\"\",\"sig\":\"00\"}]",
      "[\"OK\",\"0000000000000000000000000000000000000000000000000000000000000000\",false,"
      "\"invalid:");
  raw_expect (raw, "[\"REQ\",\"\\\"quoted\\\"\",{}]", "[\"EOSE\",\"\\\"quoted\\\"\"]");
  raw_free (raw);
}

static void
test_rates (Fixture *fixture, gconstpointer data)
{
  DfnRelayLimits limits;
  Raw *raw;

  dfn_relay_limits_init (&limits);
  limits.max_subscriptions = 2;
  limits.max_subscribed = 50;
  limits.events_per_second = 0.01;
  limits.events_burst = 2;
  limits.requests_per_second = 0.01;
  limits.requests_burst = 4;
  restart_with (fixture, &limits);
  raw = raw_connect (fixture);
  raw_expect (raw, "[\"REQ\",\"a\",{}]", "[\"EOSE\",\"a\"]");
  raw_expect (raw, "[\"REQ\",\"b\",{}]", "[\"EOSE\",\"b\"]");
  raw_expect (raw, "[\"REQ\",\"c\",{}]", "[\"CLOSED\",\"c\",\"error: at most 2 subscriptions\"]");
  raw_expect (raw, "[\"REQ\",\"b\",{}]", "[\"EOSE\",\"b\"]");
  raw_expect (raw, "[\"REQ\",\"b\",{}]", "[\"CLOSED\",\"b\",\"rate-limited:");
  raw_free (raw);
  raw = raw_connect (fixture);
  raw_expect (raw, "[\"REQ\",\"a\",{\"kinds\":[1,2,3,4,5,6]}]", "[\"EOSE\",\"a\"]");
  raw_expect (raw, "[\"REQ\",\"a\",{\"kinds\":[1,2,3,4,5,7]}]", "[\"EOSE\",\"a\"]");
  raw_expect (raw, "[\"REQ\",\"b\",{\"kinds\":[1,2]}]",
              "[\"CLOSED\",\"b\",\"error: at most 50 bytes");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (fixture->key, 1, NOW - i, NULL, "");
      g_autofree char *text = g_strdup_printf ("[\"EVENT\",%s]", dfn_nostr_event_to_json (event));
      raw_expect (raw, text, i < 2 ? ",true,\"\"]" : ",false,\"rate-limited:");
    }
  raw_free (raw);
}

static void
test_connections (Fixture *fixture, gconstpointer data)
{
  DfnRelayLimits limits;
  DfnRelayCounters counters;
  Raw *raw[3];

  dfn_relay_limits_init (&limits);
  limits.max_connections_per_address = 2;
  restart_with (fixture, &limits);
  for (guint i = 0; i < 3; i++)
    raw[i] = raw_connect (fixture);
  g_assert_false (raw[0]->closed);
  g_assert_false (raw[1]->closed);
  g_assert_true (raw[2]->closed);
  dfn_relay_server_get_counters (fixture->server, &counters);
  g_assert_cmpuint (counters.connections, ==, 2);
  g_assert_cmpuint (counters.connections_refused, ==, 1);

  /* Who leaves makes room. */
  raw_free (raw[0]);
  raw_free (raw[2]);
  dfn_test_wait_until (
      (dfn_relay_server_get_counters (fixture->server, &counters), counters.connections == 1));
  dfn_test_run_for (50);
  raw[0] = raw_connect (fixture);
  g_assert_false (raw[0]->closed);
  raw_free (raw[0]);
  raw_free (raw[1]);
}

static void
test_large_message (Fixture *fixture, gconstpointer data)
{
  Raw *raw = raw_connect (fixture);
  g_autofree char *large = g_strnfill (1024 * 1024, ' ');

  soup_websocket_connection_send_text (raw->connection, large);
  dfn_test_wait_until (raw->closed);
  raw_free (raw);
}

/* Somebody who asks for much and does not read it. */
static void
test_slow_reader (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = g_strnfill (20000, 'x');
  g_autoptr (GSocketClient) dialer = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  static const char hello[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  static const guint8 request[] = { 0x81, 0x80 | 14, 0,   0,   0,   0,   '[', '"', 'R', 'E',
                                    'Q',  '"',       ',', '"', 'a', '"', ',', '{', '}', ']' };
  DfnRelayLimits limits;
  DfnRelayCounters counters;
  gint64 now = NOW;

  dfn_relay_limits_init (&limits);
  limits.max_queue = 1024 * 1024;
  restart_with (fixture, &limits);
  connection = g_socket_client_connect_to_host (
      dialer, "127.0.0.1", dfn_relay_server_get_port (fixture->server), NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), hello,
                             strlen (hello), NULL, NULL, &error);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
                             sizeof request, NULL, NULL, &error);
  g_assert_no_error (error);
  dfn_test_wait_until (
      (dfn_relay_server_get_counters (fixture->server, &counters), counters.subscriptions == 1));

  dfn_relay_client_stop (fixture->client);
  g_object_unref (fixture->client);
  fixture->client = make_client (fixture);
  dfn_relay_client_start (fixture->client);
  for (guint i = 0; i < 450; i++)
    {
      g_assert_no_error (publish (fixture, 1, now - i, content));
      dfn_relay_server_get_counters (fixture->server, &counters);
      if (counters.subscriptions == 0)
        break;
    }
  dfn_test_wait_until (
      (dfn_relay_server_get_counters (fixture->server, &counters), counters.subscriptions == 0));
  /* The one who publishes is not disturbed. */
  g_assert_no_error (publish (fixture, 1, NOW, "still here"));
}

/* Somebody who asks for much at once and does read it is served, bit by bit. */
static void
test_fast_reader (Fixture *fixture, gconstpointer data)
{
  g_autofree char *content = g_strnfill (20000, 'x');
  DfnRelayLimits limits;
  gint64 now = NOW;
  Raw *raw;

  dfn_relay_limits_init (&limits);
  limits.max_queue = 3 * 1024 * 1024;
  restart_with (fixture, &limits);
  g_object_unref (fixture->client);
  fixture->client = make_client (fixture);
  dfn_relay_client_start (fixture->client);
  for (guint i = 0; i < 90; i++)
    g_assert_no_error (publish (fixture, 1, now - i, content));
  raw = raw_connect (fixture);
  soup_websocket_connection_set_max_incoming_payload_size (raw->connection, 0);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("[\"REQ\",\"%u\",{}]", i);
      soup_websocket_connection_send_text (raw->connection, text);
    }
  dfn_test_wait_until (raw->n_eose == 20);
  g_assert_cmpuint (raw->heard->len, >, 20 * 90 * 20000);
  raw_free (raw);
}

static void
on_http (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GBytes **body = user_data;
  g_autoptr (GError) error = NULL;

  *body = soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  g_assert_no_error (error);
}

static SoupMessage *
http (Fixture *fixture, const char *method, const char *accept, GBytes **body)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *url = g_strconcat ("http", fixture->url + 2, NULL);
  SoupMessage *message = soup_message_new (method, url);

  if (accept != NULL)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Accept", accept);
  *body = NULL;
  soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, NULL, on_http, body);
  dfn_test_wait_until (*body != NULL);
  return message;
}

static void
test_information (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) body = NULL;
  g_autoptr (SoupMessage) message = NULL;
  DfnRelayInfo info;
  gsize length;
  const char *text;
  g_autoptr (GError) error = NULL;

  message = http (fixture, SOUP_METHOD_GET, "application/nostr+json", &body);
  g_assert_cmpuint (soup_message_get_status (message), ==, SOUP_STATUS_OK);
  g_assert_cmpstr (soup_message_headers_get_one (soup_message_get_response_headers (message),
                                                 "Access-Control-Allow-Origin"),
                   ==, "*");
  text = g_bytes_get_data (body, &length);
  g_assert_true (dfn_relay_info_parse (&info, text, length, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (info.max_limit, ==, 500);
  g_assert_cmpuint (info.max_subid_length, ==, 64);
  g_assert_cmpuint (info.created_at_upper, ==, 900);
  g_assert_false (info.auth_required);

  g_clear_pointer (&body, g_bytes_unref);
  g_clear_object (&message);
  message = http (fixture, SOUP_METHOD_GET, NULL, &body);
  g_assert_cmpuint (soup_message_get_status (message), ==, SOUP_STATUS_OK);
  g_assert_nonnull (strstr (g_bytes_get_data (body, NULL), "Nostr relay"));

  g_clear_pointer (&body, g_bytes_unref);
  g_clear_object (&message);
  message = http (fixture, SOUP_METHOD_POST, NULL, &body);
  g_assert_cmpuint (soup_message_get_status (message), ==, SOUP_STATUS_METHOD_NOT_ALLOWED);

  dfn_relay_client_start (fixture->client);
  dfn_test_wait_until (dfn_relay_client_get_info (fixture->client) != NULL);
  g_assert_cmpuint (dfn_relay_client_get_info (fixture->client)->max_limit, ==, 500);
}

static void
test_listening (void)
{
  DfnRelayServer *server = dfn_relay_server_new (NULL);
  DfnRelayServer *other = dfn_relay_server_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) urls = NULL;
  g_autofree char *loopback = NULL;

  g_assert_false (dfn_relay_server_listen (server, "localhost", 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_true (dfn_relay_server_listen (server, NULL, 0, &error));
  g_assert_no_error (error);
  urls = dfn_relay_server_get_urls (server);
  loopback = g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (server));
  g_assert_true (g_strv_contains ((const char *const *) urls, loopback));
  g_assert_false (
      dfn_relay_server_listen (other, "0.0.0.0", dfn_relay_server_get_port (server), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_finalize_object (server);
  g_assert_finalize_object (other);
}

static void
test_silence (Fixture *fixture, gconstpointer data)
{
  DfnRelayServer *server = dfn_relay_server_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) urls = NULL;
  DfnRelayLimits limits;

  dfn_relay_limits_init (&limits);
  limits.upgrade_ms = 200;
  dfn_relay_server_set_limits (server, &limits);
  g_assert_true (dfn_relay_server_listen (server, "127.0.0.1", 0, &error));
  g_assert_no_error (error);
  urls = dfn_relay_server_get_urls (server);
  g_free (fixture->url);
  fixture->url = g_strdup (urls[0]);
  g_assert_finalize_object (fixture->client);
  fixture->client = make_client (fixture);
  dfn_relay_client_start (fixture->client);
  dfn_test_wait_until (dfn_relay_client_get_state (fixture->client) == DFN_RELAY_CONNECTED);
  /* Once it speaks WebSocket it may be silent for as long as it likes. */
  dfn_test_run_for (600);
  g_assert_cmpint (dfn_relay_client_get_state (fixture->client), ==, DFN_RELAY_CONNECTED);
  g_assert_cmpstr (dfn_relay_client_get_problem (fixture->client), ==, NULL);
  g_assert_finalize_object (server);
}

/* --- the same in a thread with a context of its own --- */

static gpointer
run_in_thread (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  DfnRelayServer *server;
  DfnRelayClient *client;
  g_autofree char *url = NULL;
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (key, 1, NOW, NULL, "");
  GError *error = NULL;

  g_main_context_push_thread_default (context);
  server = dfn_relay_server_new (NULL);
  g_assert_true (dfn_relay_server_listen (server, "127.0.0.1", 0, NULL));
  url = g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (server));
  client = dfn_relay_client_new (url, NULL);
  dfn_relay_client_start (client);
  dfn_relay_client_publish_async (client, event, NULL, on_published, &error);
  while (error == NULL)
    g_main_context_iteration (context, TRUE);
  g_assert_finalize_object (client);
  g_assert_finalize_object (server);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  return error;
}

static void
test_thread (void)
{
  GThread *thread = g_thread_new ("engine", run_in_thread, NULL);

  /* This thread's default context never runs. */
  g_assert_true (g_thread_join (thread) == GINT_TO_POINTER (1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, setup, function, teardown)
  ADD ("/relay/publish-and-query", test_publish_and_query);
  ADD ("/relay/refusals", test_refusals);
  ADD ("/relay/ephemeral", test_ephemeral);
  ADD ("/relay/restart", test_restart);
  g_test_add ("/relay/auth", Fixture, "auth", setup, test_auth, teardown);
  ADD ("/relay/bad-messages", test_bad_messages);
  ADD ("/relay/rates", test_rates);
  ADD ("/relay/connections", test_connections);
  ADD ("/relay/large-message", test_large_message);
  ADD ("/relay/slow-reader", test_slow_reader);
  ADD ("/relay/fast-reader", test_fast_reader);
  ADD ("/relay/information", test_information);
  ADD ("/relay/silence", test_silence);
#undef ADD
  g_test_add_func ("/relay/listening", test_listening);
  g_test_add_func ("/relay/thread", test_thread);

  return g_test_run ();
}
