/* SPDX-License-Identifier: MIT */
#include "dfn-relay-pool.h"
#include "dfn-relay-server.h"
#include "dfn-test-fake-relay.h"
#include "dfn-test-loop.h"

#include <string.h>

#define NOW (g_get_real_time () / G_USEC_PER_SEC)
#define N_SERVERS 3

typedef struct {
  DfnRelayServer *servers[N_SERVERS];
  char *urls[N_SERVERS];
  DfnRelayPool *pool;
  DfnNostrKey *key;
  GPtrArray *events;
  guint n_eose;
  guint n_refused;
} Fixture;

static void
start_server (Fixture *fixture, guint i, guint16 port)
{
  g_autoptr (GError) error = NULL;

  fixture->servers[i] = dfn_relay_server_new (NULL);
  dfn_relay_server_listen (fixture->servers[i], "127.0.0.1", port, &error);
  g_assert_no_error (error);
}

static void
setup (Fixture *fixture, gconstpointer data)
{
  fixture->key = dfn_nostr_key_generate ();
  fixture->pool = dfn_relay_pool_new ();
  fixture->events = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_event_unref);
  for (guint i = 0; i < N_SERVERS; i++)
    {
      start_server (fixture, i, 0);
      fixture->urls[i] =
          g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (fixture->servers[i]));
    }
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->pool);
  for (guint i = 0; i < N_SERVERS; i++)
    {
      if (fixture->servers[i] != NULL)
        g_assert_finalize_object (fixture->servers[i]);
      g_free (fixture->urls[i]);
    }
  dfn_nostr_key_unref (fixture->key);
  g_ptr_array_unref (fixture->events);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
add (Fixture *fixture, const char *url)
{
  g_autoptr (GError) error = NULL;

  dfn_relay_pool_add (fixture->pool, url, &error);
  g_assert_no_error (error);
}

static void
add_all (Fixture *fixture)
{
  for (guint i = 0; i < N_SERVERS; i++)
    add (fixture, fixture->urls[i]);
  dfn_test_wait_until (dfn_relay_pool_get_n_connected (fixture->pool) == N_SERVERS);
}

static void
on_event (DfnSubscription *subscription, DfnNostrEvent *event, Fixture *fixture)
{
  g_ptr_array_add (fixture->events, dfn_nostr_event_ref (event));
}

static void
on_eose (DfnSubscription *subscription, Fixture *fixture)
{
  fixture->n_eose++;
}

static void
on_refused (DfnSubscription *subscription, const char *url, const char *reason, Fixture *fixture)
{
  fixture->n_refused++;
}

static DfnSubscription *
subscribe (Fixture *fixture, guint kind)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  DfnNostrFilter *filter = dfn_nostr_filter_new ();
  DfnSubscription *subscription;

  dfn_nostr_filter_add_kind (filter, kind);
  g_ptr_array_add (filters, filter);
  subscription = dfn_relay_pool_subscribe (fixture->pool, filters);
  g_signal_connect (subscription, "event", G_CALLBACK (on_event), fixture);
  g_signal_connect (subscription, "eose", G_CALLBACK (on_eose), fixture);
  g_signal_connect (subscription, "refused", G_CALLBACK (on_refused), fixture);
  return subscription;
}

typedef struct {
  gboolean done;
  DfnPublishReport *report;
  GError *error;
} Outcome;

static void
on_published (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->report =
      dfn_relay_pool_publish_finish (DFN_RELAY_POOL (object), result, &outcome->error);
  outcome->done = TRUE;
}

static DfnPublishReport *
publish_event (Fixture *fixture, DfnNostrEvent *event, DfnPublishMode mode, GError **error)
{
  Outcome outcome = { 0 };

  dfn_relay_pool_publish_async (fixture->pool, event, mode, NULL, on_published, &outcome);
  dfn_test_wait_until (outcome.done);
  if (outcome.error != NULL)
    g_propagate_error (error, outcome.error);
  return outcome.report;
}

static DfnNostrEvent *
make (Fixture *fixture, guint kind, gint64 created_at, const char *content)
{
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();

  dfn_nostr_tags_add (tags, "d", "show", NULL);
  return dfn_nostr_event_new (fixture->key, kind, created_at, tags, content);
}

/* Puts an event on one relay only. */
static void
publish_to (Fixture *fixture, guint i, DfnNostrEvent *event)
{
  g_autoptr (DfnRelayPool) pool = dfn_relay_pool_new ();
  Outcome outcome = { 0 };

  dfn_relay_pool_add (pool, fixture->urls[i], NULL);
  dfn_relay_pool_publish_async (pool, event, DFN_PUBLISH_ALL, NULL, on_published, &outcome);
  dfn_test_wait_until (outcome.done);
  g_assert_no_error (outcome.error);
  dfn_publish_report_free (outcome.report);
}

static void
test_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) one = make (fixture, 1, NOW, "one");
  g_autoptr (DfnNostrEvent) two = make (fixture, 1, NOW, "two");
  g_autoptr (DfnPublishReport) report = NULL;
  g_autoptr (GError) error = NULL;
  DfnSubscription *subscription;
  DfnRelayCounters counters;

  add_all (fixture);
  report = publish_event (fixture, one, DFN_PUBLISH_ALL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->n_accepted, ==, N_SERVERS);
  g_assert_cmpuint (report->n_refused, ==, 0);

  subscription = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_true (dfn_subscription_has_eose (subscription));
  g_assert_cmpuint (fixture->events->len, ==, 1);
  g_clear_pointer (&report, dfn_publish_report_free);
  report = publish_event (fixture, two, DFN_PUBLISH_ALL, &error);
  dfn_test_run_for (100);
  g_assert_cmpuint (fixture->events->len, ==, 2);
  g_assert_cmpuint (fixture->n_eose, ==, 1);

  /* The relays hear that nobody listens any more. */
  g_assert_finalize_object (subscription);
  dfn_test_wait_until ((dfn_relay_server_get_counters (fixture->servers[0], &counters),
                        counters.subscriptions == 0));
}

static void
test_newest (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) old = make (fixture, 30311, 100, "old");
  g_autoptr (DfnNostrEvent) new = make (fixture, 30311, 200, "new");
  g_autoptr (DfnNostrEvent) newer = make (fixture, 30311, 300, "newer");
  DfnSubscription *subscription;

  publish_to (fixture, 0, new);
  add (fixture, fixture->urls[0]);
  add (fixture, fixture->urls[1]);
  subscription = subscribe (fixture, 30311);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_cmpuint (fixture->events->len, ==, 1);
  publish_to (fixture, 1, old);
  publish_to (fixture, 1, newer);
  dfn_test_wait_until (fixture->events->len == 2);
  g_assert_cmpstr (dfn_nostr_event_get_content (fixture->events->pdata[1]), ==, "newer");

  /* A relay that joins later is asked as well. */
  {
    g_autoptr (DfnNostrEvent) newest = make (fixture, 30311, 400, "newest");
    publish_to (fixture, 2, newest);
    add (fixture, fixture->urls[2]);
    dfn_test_wait_until (fixture->events->len == 3);
  }
  dfn_subscription_close (subscription);
  g_assert_finalize_object (subscription);
}

static void
test_unreachable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) event = make (fixture, 1, NOW, "");
  g_autoptr (DfnPublishReport) report = NULL;
  g_autoptr (GError) error = NULL;
  DfnSubscription *subscription;
  GPtrArray *relays = dfn_relay_pool_get_relays (fixture->pool);

  report = publish_event (fixture, event, DFN_PUBLISH_ALL, &error);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_clear_error (&error);

  add (fixture, "ws://127.0.0.1:1");
  add (fixture, "ws://127.0.0.1:2");
  for (guint i = 0; i < 2; i++)
    dfn_relay_client_set_timeouts (relays->pdata[i], 1000, 300, 20);
  subscription = subscribe (fixture, 1);
  /* Well before the limit of four seconds. */
  dfn_test_wait_until (fixture->n_eose == 1);
  report = publish_event (fixture, event, DFN_PUBLISH_ALL, &error);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "None of 2 relays"));
  g_clear_error (&error);

  add (fixture, fixture->urls[0]);
  report = publish_event (fixture, event, DFN_PUBLISH_ALL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (report->n_accepted, ==, 1);
  g_assert_cmpuint (report->n_refused, ==, 2);
  g_assert_cmpuint (g_strv_length (report->problems), ==, 2);
  dfn_test_wait_until (fixture->events->len == 1);
  g_assert_finalize_object (subscription);
}

static void
test_first (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) event = make (fixture, 20001, NOW, "");
  g_autoptr (DfnPublishReport) report = NULL;
  g_autoptr (GError) error = NULL;
  DfnTestFakeRelay *silent = dfn_test_fake_relay_new (NULL, NULL);
  gint64 start;

  add (fixture, silent->url);
  add (fixture, fixture->urls[0]);
  dfn_test_wait_until (dfn_relay_pool_get_n_connected (fixture->pool) == 2);
  start = g_get_monotonic_time ();
  report = publish_event (fixture, event, DFN_PUBLISH_FIRST, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
  g_assert_cmpuint (report->n_accepted, ==, 1);
  g_assert_cmpuint (report->n_pending, ==, 1);
  dfn_test_wait_until (silent->n_messages == 1);
  g_assert_true (dfn_relay_pool_remove (fixture->pool, silent->url));
  /* The publishing that still waited for it ends now, and lets go of the pool. */
  dfn_test_run_for (50);
  dfn_test_fake_relay_free (silent);
}

static void
test_slow_eose (Fixture *fixture, gconstpointer data)
{
  DfnTestFakeRelay *silent = dfn_test_fake_relay_new (NULL, NULL);
  DfnSubscription *subscription;
  gint64 start;

  add (fixture, silent->url);
  add (fixture, fixture->urls[0]);
  start = g_get_monotonic_time ();
  subscription = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, DFN_SUBSCRIPTION_EOSE_MS * 990);
  g_assert_finalize_object (subscription);
  dfn_relay_pool_remove (fixture->pool, silent->url);
  dfn_test_fake_relay_free (silent);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  DfnSubscription *subscription;
  g_autoptr (DfnRelayServer) strict = dfn_relay_server_new (NULL);
  g_autofree char *url = NULL;

  g_object_set (strict, "require-auth", TRUE, NULL);
  g_assert_true (dfn_relay_server_listen (strict, "127.0.0.1", 0, NULL));
  url = g_strdup_printf ("ws://127.0.0.1:%u", dfn_relay_server_get_port (strict));
  add (fixture, url);
  subscription = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->n_eose == 1);
  g_assert_cmpuint (fixture->n_refused, ==, 1);
  g_assert_finalize_object (subscription);

  dfn_relay_pool_set_key (fixture->pool, fixture->key);
  subscription = subscribe (fixture, 1);
  dfn_test_wait_until (fixture->n_eose == 2);
  g_assert_cmpuint (fixture->n_refused, ==, 1);
  g_assert_finalize_object (subscription);
}

static void
on_changed (DfnRelayPool *pool, DfnRelayClient *relay, char **problem)
{
  g_free (*problem);
  *problem = g_strdup (dfn_relay_client_get_problem (relay));
}

static void
test_members (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *problem = NULL;
  g_autofree char *shouted = g_ascii_strup (fixture->urls[0], -1);
  g_autofree char *with_slash = g_strconcat (fixture->urls[0], "/", NULL);

  g_signal_connect (fixture->pool, "relay-changed", G_CALLBACK (on_changed), &problem);
  g_assert_false (dfn_relay_pool_add (fixture->pool, "https://example.org", &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_URL);
  g_clear_error (&error);
  add (fixture, fixture->urls[0]);
  add (fixture, shouted);
  add (fixture, with_slash);
  g_assert_cmpuint (dfn_relay_pool_get_n_relays (fixture->pool), ==, 1);
  dfn_test_wait_until (dfn_relay_pool_get_n_connected (fixture->pool) == 1);

  g_assert_finalize_object (g_steal_pointer (&fixture->servers[0]));
  dfn_test_wait_until (problem != NULL);
  g_assert_nonnull (strstr (problem, fixture->urls[0]));
  g_assert_cmpuint (dfn_relay_pool_get_n_connected (fixture->pool), ==, 0);

  g_assert_true (dfn_relay_pool_remove (fixture->pool, with_slash));
  g_assert_false (dfn_relay_pool_remove (fixture->pool, with_slash));
  for (guint i = 0; i < DFN_RELAY_POOL_MAX_RELAYS; i++)
    {
      g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u", i + 1);
      add (fixture, url);
    }
  g_assert_false (dfn_relay_pool_add (fixture->pool, "ws://127.0.0.1:99", &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_signal_handlers_disconnect_by_data (fixture->pool, &problem);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, setup, function, teardown)
  ADD ("/relay-pool/once", test_once);
  ADD ("/relay-pool/newest", test_newest);
  ADD ("/relay-pool/unreachable", test_unreachable);
  ADD ("/relay-pool/first", test_first);
  ADD ("/relay-pool/slow-eose", test_slow_eose);
  ADD ("/relay-pool/refused", test_refused);
  ADD ("/relay-pool/members", test_members);
#undef ADD

  return g_test_run ();
}
