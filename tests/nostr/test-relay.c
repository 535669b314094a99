/* SPDX-License-Identifier: MIT */
#include "dfn-relay-client.h"
#include "dfn-relay-server.h"
#include "dfn-test-loop.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, setup, function, teardown)
  ADD ("/relay/publish-and-query", test_publish_and_query);
#undef ADD

  return g_test_run ();
}
