/* SPDX-License-Identifier: MIT */
/* Relays that do what a relay must not do, and the client that has to live with them. */
#include "dfn-relay-client.h"
#include "dfn-test-fake-relay.h"
#include "dfn-test-loop.h"

#include <string.h>

#define NOW (g_get_real_time () / G_USEC_PER_SEC)

typedef struct {
  DfnTestFakeRelay *relay;
  DfnRelayClient *client;
  DfnNostrKey *key;
  guint n_events;
  guint n_eose;
  char *closed;
} Fixture;

static void
on_event (DfnRelayClient *client, const char *id, DfnNostrEvent *event, Fixture *fixture)
{
  fixture->n_events++;
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

static void
start (Fixture *fixture, DfnTestFakeFunc on_connect, DfnTestFakeFunc on_text)
{
  g_autoptr (GError) error = NULL;

  fixture->key = dfn_nostr_key_generate ();
  fixture->relay = dfn_test_fake_relay_new (on_connect, on_text);
  fixture->relay->data = fixture;
  fixture->client = dfn_relay_client_new (fixture->relay->url, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->client, "event", G_CALLBACK (on_event), fixture);
  g_signal_connect (fixture->client, "eose", G_CALLBACK (on_eose), fixture);
  g_signal_connect (fixture->client, "closed", G_CALLBACK (on_closed), fixture);
  dfn_relay_client_start (fixture->client);
}

static void
finish (Fixture *fixture)
{
  dfn_relay_client_stop (fixture->client);
  g_assert_finalize_object (fixture->client);
  dfn_test_fake_relay_free (fixture->relay);
  dfn_nostr_key_unref (fixture->key);
  g_free (fixture->closed);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static char *
subscribe (Fixture *fixture, guint kind, guint limit)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  DfnNostrFilter *filter = dfn_nostr_filter_new ();

  dfn_nostr_filter_add_kind (filter, kind);
  dfn_nostr_filter_set_limit (filter, limit);
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

static GError *
publish (Fixture *fixture, const char *content)
{
  g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (fixture->key, 1, NOW, NULL, content);
  GError *error = NULL;

  dfn_relay_client_publish_async (fixture->client, event, NULL, on_published, &error);
  dfn_test_wait_until (error != NULL);
  return error == GINT_TO_POINTER (1) ? NULL : error;
}

static void
check_refusal (Fixture *fixture, const char *content, const char *part)
{
  g_autoptr (GError) error = publish (fixture, content);

  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
}

static void
check_problem (Fixture *fixture, const char *part)
{
  const char *problem = dfn_relay_client_get_problem (fixture->client);

  g_test_message ("%s", problem);
  g_assert_nonnull (problem);
  g_assert_nonnull (strstr (problem, fixture->relay->url));
  g_assert_nonnull (strstr (problem, part));
}

static gboolean
is_waiting (Fixture *fixture)
{
  return dfn_relay_client_get_state (fixture->client) == DFN_RELAY_WAITING;
}

/* --- a relay that never answers --- */

static void
test_silent (void)
{
  Fixture fixture = { 0 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DfnNostrEvent) event = NULL;
  GError *error = NULL;

  start (&fixture, NULL, NULL);
  dfn_relay_client_set_timeouts (fixture.client, 1000, 200, 20);
  check_refusal (&fixture, "hello", "did not answer in time");

  event = dfn_nostr_event_new (fixture.key, 1, NOW, NULL, "");
  dfn_relay_client_publish_async (fixture.client, event, cancellable, on_published, &error);
  g_cancellable_cancel (cancellable);
  dfn_test_wait_until (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_error_free (error);
  finish (&fixture);
}

/* A port that accepts connections and says nothing, not even HTTP. */
static void
test_mute (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u", port);
  DfnRelayClient *client = dfn_relay_client_new (url, NULL);

  dfn_relay_client_set_timeouts (client, 150, 1000, 20);
  dfn_relay_client_start (client);
  dfn_test_wait_until (dfn_relay_client_get_state (client) == DFN_RELAY_WAITING);
  g_test_message ("%s", dfn_relay_client_get_problem (client));
  g_assert_nonnull (strstr (dfn_relay_client_get_problem (client), "does not answer"));
  g_assert_finalize_object (client);
  g_socket_listener_close (listener);
}

static void
test_nobody_there (void)
{
  DfnRelayClient *client = dfn_relay_client_new ("ws://127.0.0.1:1", NULL);
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (key, 1, NOW, NULL, "");
  g_autoptr (GError) error = NULL;

  dfn_relay_client_set_timeouts (client, 1000, 300, 20);
  dfn_relay_client_publish_async (client, event, NULL, on_published, &error);
  dfn_test_wait_until (error != NULL);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_clear_error (&error);

  dfn_relay_client_start (client);
  dfn_relay_client_publish_async (client, event, NULL, on_published, &error);
  dfn_test_wait_until (error != NULL);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "cannot be reached"));
  dfn_relay_client_stop (client);
  g_assert_finalize_object (client);
}

/* Something that answers HTTP, but is no relay. */
static void
test_no_relay (void)
{
  Fixture fixture = { 0 };

  start (&fixture, NULL, NULL);
  soup_server_remove_handler (fixture.relay->server, NULL);
  soup_server_remove_handler (fixture.relay->server, "/");
  dfn_test_wait_until (is_waiting (&fixture));
  check_problem (&fixture, "404");
  finish (&fixture);
}

static gboolean
send_all (GSocket *socket, const void *data, gsize length)
{
  for (gsize done = 0; done < length;)
    {
      gssize sent = g_socket_send (socket, (const char *) data + done, length - done, NULL, NULL);
      if (sent < 0)
        return FALSE;
      done += (gsize) sent;
    }
  return TRUE;
}

/* Answers the opening handshake with what RFC 6455 section 1.3 asks for. */
static void
shake_hands (GSocket *socket)
{
  char request[4096] = "";
  g_autofree char *key = NULL;
  g_autofree char *answer = NULL;
  g_autofree char *accept = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  const char *found;
  guint8 digest[20];
  gsize length = sizeof digest;

  g_socket_receive (socket, request, sizeof request - 1, NULL, NULL);
  found = strstr (request, "Sec-WebSocket-Key: ");
  g_assert_nonnull (found);
  found += strlen ("Sec-WebSocket-Key: ");
  key = g_strndup (found, strcspn (found, "\r"));
  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (checksum, digest, &length);
  accept = g_base64_encode (digest, length);
  answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                            accept);
  send_all (socket, answer, strlen (answer));
}

/* --- a relay that goes away --- */

static void
close_on_text (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  soup_websocket_connection_close (connection, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                                   "back\nin a\033[31m minute");
}

static void
test_closes (void)
{
  Fixture fixture = { 0 };
  g_autofree char *id = NULL;

  start (&fixture, NULL, close_on_text);
  check_refusal (&fixture, "hello", "closed the connection: back in a [31m minute");
  check_problem (&fixture, "closed the connection");

  /* It comes back, and asks again for what it wants to hear. */
  fixture.relay->on_text = NULL;
  id = subscribe (&fixture, 1, 10);
  dfn_test_wait_until (strstr (fixture.relay->heard->str, "[\"REQ\",") != NULL);
  g_assert_cmpuint (fixture.relay->n_connected, ==, 2);
  g_assert_null (dfn_relay_client_get_problem (fixture.client));
  finish (&fixture);
}

/* A relay whose computer has gone: nothing closes, nothing answers. */
static gpointer
serve_dead (gpointer user_data)
{
  GSocketListener *listener = user_data;
  g_autoptr (GSocket) socket = g_socket_listener_accept_socket (listener, NULL, NULL, NULL);
  char buffer[256];

  shake_hands (socket);
  while (g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL) > 0)
    ;
  return NULL;
}

static void
test_dies (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u", port);
  GThread *thread = g_thread_new ("dead-relay", serve_dead, listener);
  DfnRelayClient *client = dfn_relay_client_new (url, NULL);

  dfn_relay_client_set_timeouts (client, 5000, 1000, 1);
  dfn_relay_client_start (client);
  dfn_test_wait_until (dfn_relay_client_get_state (client) == DFN_RELAY_CONNECTED);
  dfn_test_wait_until (dfn_relay_client_get_state (client) == DFN_RELAY_WAITING);
  g_test_message ("%s", dfn_relay_client_get_problem (client));
  g_assert_nonnull (strstr (dfn_relay_client_get_problem (client), "has not answered"));
  g_assert_finalize_object (client);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_thread_join (thread);
}

/* --- a relay that lies --- */

static char *
first_id (const char *request)
{
  const char *start = strchr (strchr (request, ',') + 1, '"');

  return g_strndup (start + 1, strcspn (start + 1, "\""));
}

static void
send_event (SoupWebsocketConnection *connection, const char *id, const char *json)
{
  g_autofree char *text = g_strdup_printf ("[\"EVENT\",\"%s\",%s]", id, json);

  soup_websocket_connection_send_text (connection, text);
}

static void
lie (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  Fixture *fixture = relay->data;
  g_autoptr (DfnNostrEvent) good = dfn_nostr_event_new (fixture->key, 1, NOW, NULL, "true words");
  g_autoptr (DfnNostrEvent) other = dfn_nostr_event_new (fixture->key, 2, NOW, NULL, "true words");
  g_autoptr (GString) forged = g_string_new (dfn_nostr_event_to_json (good));
  g_autofree char *id = first_id (text);

  g_string_replace (forged, "true words", "false ones", 0);
  send_event (connection, id, forged->str);
  send_event (connection, id, dfn_nostr_event_to_json (other));
  send_event (connection, "never-asked", dfn_nostr_event_to_json (good));
  soup_websocket_connection_send_text (connection, "what is this?");
  send_event (connection, id, dfn_nostr_event_to_json (good));
}

static void
test_lies (void)
{
  Fixture fixture = { 0 };
  g_autofree char *id = NULL;

  start (&fixture, NULL, lie);
  id = subscribe (&fixture, 1, 10);
  dfn_test_wait_until (fixture.n_events == 1);
  g_assert_cmpuint (dfn_relay_client_get_n_lies (fixture.client), ==, 4);
  g_assert_cmpint (dfn_relay_client_get_state (fixture.client), ==, DFN_RELAY_CONNECTED);

  for (guint i = 0; i < 5; i++)
    lie (fixture.relay, fixture.relay->connections->pdata[0], "[\"REQ\",\"1\"]");
  dfn_test_wait_until (is_waiting (&fixture));
  check_problem (&fixture, "wrong or unwanted events");
  finish (&fixture);
}

static void
send_garbage (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  static const char *const garbage[] = {
    "",
    "[",
    "[]",
    "{}",
    "null",
    "[\"EVENT\"]",
    "[\"EVENT\",5,{}]",
    "[\"EVENT\",\"1\",{}]",
    "[\"EVENT\",\"1\",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "[\"OK\",\"\",true]",
    "[\"OK\",7]",
    "[\"EOSE\",[]]",
    "[\"CLOSED\"]",
    "[\"AUTH\",{}]",
    "[\"\xf0\x9f\x98\x80\"]",
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (garbage); i++)
    soup_websocket_connection_send_text (connection, garbage[i % G_N_ELEMENTS (garbage)]);
}

static void
test_garbage (void)
{
  Fixture fixture = { 0 };

  start (&fixture, send_garbage, NULL);
  dfn_test_wait_until (is_waiting (&fixture));
  check_problem (&fixture, "wrong or unwanted events");
  finish (&fixture);
}

static void
send_binary (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  soup_websocket_connection_send_binary (connection, "[\"EOSE\",\"1\"]", 12);
}

static void
test_binary (void)
{
  Fixture fixture = { 0 };

  start (&fixture, send_binary, NULL);
  dfn_test_wait_until (is_waiting (&fixture));
  check_problem (&fixture, "something else than text");
  finish (&fixture);
}

/* --- a relay that sends too much --- */

static void
send_huge (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  g_autofree char *huge = g_strnfill (10 * 1024 * 1024, 'x');

  send_event (connection, "1", huge);
}

static void
test_huge (void)
{
  Fixture fixture = { 0 };

  start (&fixture, send_huge, NULL);
  dfn_test_wait_until (is_waiting (&fixture));
  check_problem (&fixture, "too large");
  finish (&fixture);
}

/* One message in many fragments, none of which is too large by itself (RFC 6455 section 5.4). */
static gpointer
send_fragments (gpointer user_data)
{
  GSocket *socket = user_data;
  static guint8 frame[4 + 60000];

  frame[0] = 0x01;
  frame[1] = 126;
  frame[2] = 60000 >> 8;
  frame[3] = 60000 & 0xff;
  memset (frame + 4, 'x', 60000);
  for (guint i = 0; i < 1000; i++)
    {
      if (!send_all (socket, frame, sizeof frame))
        break;
      frame[0] = 0x00;
    }
  g_socket_close (socket, NULL);
  g_object_unref (socket);
  return NULL;
}

static gpointer
serve_raw (gpointer user_data)
{
  GSocketListener *listener = user_data;
  g_autoptr (GSocket) socket = g_socket_listener_accept_socket (listener, NULL, NULL, NULL);

  shake_hands (socket);
  return send_fragments (g_steal_pointer (&socket));
}

static void
test_fragments (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u", port);
  GThread *thread = g_thread_new ("raw-relay", serve_raw, listener);
  DfnRelayClient *client = dfn_relay_client_new (url, NULL);

  dfn_relay_client_start (client);
  dfn_test_wait_until (dfn_relay_client_get_state (client) == DFN_RELAY_WAITING);
  g_test_message ("%s", dfn_relay_client_get_problem (client));
  g_assert_nonnull (strstr (dfn_relay_client_get_problem (client), "too large"));
  g_assert_finalize_object (client);
  g_thread_join (thread);
}

/* A relay on a thread of its own that never stops sending, as fast as the loopback takes it. */
static gpointer
serve_endless (gpointer user_data)
{
  GSocketListener *listener = user_data;
  g_autoptr (GSocket) socket = g_socket_listener_accept_socket (listener, NULL, NULL, NULL);
  g_autofree char *words = g_strnfill (100, 'x');
  g_autofree char *text = g_strdup_printf ("[\"NOTICE\",\"%s\"]", words);
  g_autoptr (GByteArray) frames = g_byte_array_new ();

  shake_hands (socket);
  for (guint i = 0; i < 500; i++)
    {
      guint8 head[2] = { 0x81, (guint8) strlen (text) };
      g_byte_array_append (frames, head, 2);
      g_byte_array_append (frames, (const guint8 *) text, (guint) strlen (text));
    }
  while (send_all (socket, frames->data, frames->len))
    ;
  g_socket_close (socket, NULL);
  return NULL;
}

static gboolean
on_beat (gpointer user_data)
{
  gint64 *worst = user_data;
  static gint64 last;
  gint64 now = g_get_monotonic_time ();

  if (last != 0)
    *worst = MAX (*worst, now - last);
  last = now;
  return G_SOURCE_CONTINUE;
}

static void
test_endless (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u", port);
  GThread *thread = g_thread_new ("raw-relay", serve_endless, listener);
  DfnRelayClient *client = dfn_relay_client_new (url, NULL);
  gint64 worst = 0;
  guint beat = g_timeout_add (5, on_beat, &worst);

  dfn_relay_client_start (client);
  dfn_test_wait_until (dfn_relay_client_get_state (client) == DFN_RELAY_WAITING);
  g_test_message ("%s; longest pause %.0f ms", dfn_relay_client_get_problem (client),
                  (double) worst / 1000);
  g_assert_nonnull (strstr (dfn_relay_client_get_problem (client), "too much"));
  g_assert_finalize_object (client);
  g_source_remove (beat);
  g_thread_join (thread);
}

/* More stored events than were asked for. */
static void
send_many (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  Fixture *fixture = relay->data;

  if (!g_str_has_prefix (text, "[\"REQ\""))
    return;
  for (guint i = 0; i < 12; i++)
    {
      g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (fixture->key, 1, 100 + i, NULL, "");
      send_event (connection, "1", dfn_nostr_event_to_json (event));
    }
  soup_websocket_connection_send_text (connection, "[\"EOSE\",\"1\"]");
  soup_websocket_connection_send_text (connection, "[\"EOSE\",\"1\"]");
}

static void
test_too_many (void)
{
  Fixture fixture = { 0 };
  g_autofree char *id = NULL;

  start (&fixture, NULL, send_many);
  id = subscribe (&fixture, 1, 10);
  dfn_test_wait_until (fixture.n_eose == 1);
  g_assert_cmpuint (fixture.n_events, ==, 10);
  g_assert_cmpuint (dfn_relay_client_get_n_lies (fixture.client), ==, 2);
  dfn_test_run_for (50);
  g_assert_cmpuint (fixture.n_eose, ==, 1);
  finish (&fixture);
}

/* --- a relay that refuses --- */

static void
refuse_event (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  g_autoptr (DfnNostrEvent) event = NULL;
  g_autofree char *json = NULL;
  g_autofree char *answer = NULL;

  if (!g_str_has_prefix (text, "[\"EVENT\","))
    return;
  json = g_strndup (text + strlen ("[\"EVENT\","), strlen (text) - strlen ("[\"EVENT\",") - 1);
  event = dfn_nostr_event_from_json (json, -1, NULL);
  answer = g_strdup_printf ("[\"OK\",\"%s\",false,\"%s\"]", dfn_nostr_event_get_id (event),
                            dfn_nostr_event_get_content (event));
  soup_websocket_connection_send_text (connection, answer);
}

static void
test_refusals (void)
{
  static const char *const reasons[] = {
    "pow: difficulty 25>=24",     "blocked: not you",       "rate-limited: slow down",
    "invalid: bad kind",          "restricted: no",         "error: no disk",
    "auth-required: who's there", "mute: no one reads you", "",
  };
  Fixture fixture = { 0 };
  g_autofree char *endless = g_strnfill (900, 'x');
  g_autoptr (GError) error = NULL;

  start (&fixture, NULL, refuse_event);
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    check_refusal (&fixture, reasons[i], reasons[i]);
  error = publish (&fixture, endless);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_assert_cmpuint (strlen (error->message), <, 300);
  g_clear_error (&error);
  g_assert_no_error (publish (&fixture, "duplicate: already have it"));
  finish (&fixture);
}

static void
close_request (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  if (g_str_has_prefix (text, "[\"REQ\""))
    soup_websocket_connection_send_text (connection,
                                         "[\"CLOSED\",\"1\",\"restricted: \\u202enot you\\n\"]");
}

static void
test_closed (void)
{
  Fixture fixture = { 0 };
  g_autofree char *id = NULL;

  start (&fixture, NULL, close_request);
  id = subscribe (&fixture, 1, 10);
  dfn_test_wait_until (fixture.closed != NULL);
  g_assert_cmpstr (fixture.closed, ==, "restricted:  not you");
  g_assert_cmpint (dfn_relay_client_get_state (fixture.client), ==, DFN_RELAY_CONNECTED);
  finish (&fixture);
}

/* A challenge alone is no reason to say who we are. */
static void
challenge (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  soup_websocket_connection_send_text (connection, "[\"AUTH\",\"who are you?\"]");
}

static void
test_curious (void)
{
  Fixture fixture = { 0 };

  start (&fixture, challenge, NULL);
  dfn_relay_client_set_key (fixture.client, fixture.key);
  dfn_test_wait_until (dfn_relay_client_get_state (fixture.client) == DFN_RELAY_CONNECTED);
  dfn_test_run_for (100);
  g_assert_cmpuint (fixture.relay->n_messages, ==, 0);
  finish (&fixture);
}

/* --- a relay with limits --- */

static void
accept_event (DfnTestFakeRelay *relay, SoupWebsocketConnection *connection, const char *text)
{
  g_autofree char *answer = NULL;
  const char *id = strstr (text, "\"id\":\"");

  if (id == NULL)
    return;
  answer = g_strdup_printf ("[\"OK\",\"%.64s\",true,\"\"]", id + strlen ("\"id\":\""));
  soup_websocket_connection_send_text (connection, answer);
}

static void
test_limits (void)
{
  Fixture fixture = { 0 };
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;
  g_autofree char *long_text = g_strnfill (101, 'x');
  g_autoptr (GError) error = NULL;

  start (&fixture, NULL, accept_event);
  fixture.relay->info = "{\"limitation\":{\"max_content_length\":100,\"max_subscriptions\":1,"
                        "\"max_limit\":7,\"max_event_tags\":\"many\"}}";
  dfn_test_wait_until (dfn_relay_client_get_info (fixture.client) != NULL);
  g_assert_no_error (publish (&fixture, "short"));
  error = publish (&fixture, long_text);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
  g_test_message ("%s", error->message);

  one = subscribe (&fixture, 1, 50);
  two = subscribe (&fixture, 2, 50);
  dfn_test_wait_until (fixture.closed != NULL);
  g_assert_cmpstr (fixture.closed, ==, "it allows at most 1 subscriptions");
  dfn_test_wait_until (strstr (fixture.relay->heard->str, "REQ") != NULL);
  g_assert_nonnull (strstr (fixture.relay->heard->str, "\"limit\":7"));
  g_assert_null (strstr (fixture.relay->heard->str, long_text));
  finish (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/relay-hostile/silent", test_silent);
  g_test_add_func ("/relay-hostile/mute", test_mute);
  g_test_add_func ("/relay-hostile/nobody-there", test_nobody_there);
  g_test_add_func ("/relay-hostile/no-relay", test_no_relay);
  g_test_add_func ("/relay-hostile/closes", test_closes);
  g_test_add_func ("/relay-hostile/dies", test_dies);
  g_test_add_func ("/relay-hostile/lies", test_lies);
  g_test_add_func ("/relay-hostile/garbage", test_garbage);
  g_test_add_func ("/relay-hostile/binary", test_binary);
  g_test_add_func ("/relay-hostile/huge", test_huge);
  g_test_add_func ("/relay-hostile/fragments", test_fragments);
  g_test_add_func ("/relay-hostile/endless", test_endless);
  g_test_add_func ("/relay-hostile/too-many", test_too_many);
  g_test_add_func ("/relay-hostile/refusals", test_refusals);
  g_test_add_func ("/relay-hostile/closed", test_closed);
  g_test_add_func ("/relay-hostile/curious", test_curious);
  g_test_add_func ("/relay-hostile/limits", test_limits);

  return g_test_run ();
}
