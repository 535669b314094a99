/* SPDX-License-Identifier: MIT */
/* relay-client URL [auth]: our client uses somebody else's relay, in steps that each have to
 * succeed. Prints what it does; with "auth" the relay serves only who answers its challenge. */
#include "dfn-relay-pool.h"

#include <string.h>

#define NOW (g_get_real_time () / G_USEC_PER_SEC)

typedef struct {
  DfnRelayPool *pool;
  DfnNostrKey *key;
  GPtrArray *events;
  DfnPublishReport *report;
  GError *error;
} Session;

static gboolean
on_too_late (gpointer user_data)
{
  g_error ("The relay does not answer");
  return G_SOURCE_REMOVE;
}

static void
on_event (DfnSubscription *subscription, DfnNostrEvent *event, Session *session)
{
  g_ptr_array_add (session->events, dfn_nostr_event_ref (event));
}

static void
on_refused (DfnSubscription *subscription, const char *url, const char *reason, Session *session)
{
  g_error ("%s refuses: %s", url, reason);
}

static DfnSubscription *
subscribe (Session *session, guint kind, const char *tag)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  DfnNostrFilter *filter = dfn_nostr_filter_new ();
  DfnSubscription *subscription;

  dfn_nostr_filter_add_kind (filter, kind);
  dfn_nostr_filter_add_author (filter, dfn_nostr_key_get_pubkey (session->key));
  if (tag != NULL)
    dfn_nostr_filter_add_tag (filter, 't', tag);
  g_ptr_array_add (filters, filter);
  g_ptr_array_set_size (session->events, 0);
  subscription = dfn_relay_pool_subscribe (session->pool, filters);
  g_signal_connect (subscription, "event", G_CALLBACK (on_event), session);
  g_signal_connect (subscription, "refused", G_CALLBACK (on_refused), session);
  while (!dfn_subscription_has_eose (subscription))
    g_main_context_iteration (NULL, TRUE);
  return subscription;
}

/* How many events the relay has stored. */
static guint
count (Session *session, guint kind, const char *tag)
{
  g_autoptr (DfnSubscription) subscription = subscribe (session, kind, tag);

  return session->events->len;
}

static void
on_published (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Session *session = user_data;

  session->report =
      dfn_relay_pool_publish_finish (DFN_RELAY_POOL (object), result, &session->error);
}

static DfnNostrEvent *
publish (Session *session, guint kind, const char *content, const char *tag, const char *value)
{
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  DfnNostrEvent *event;

  dfn_nostr_tags_add (tags, tag, value, NULL);
  event = dfn_nostr_event_new (session->key, kind, NOW, tags, content);
  dfn_relay_pool_publish_async (session->pool, event, DFN_PUBLISH_ALL, NULL, on_published, session);
  while (session->report == NULL && session->error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (session->error);
  g_assert_cmpuint (session->report->n_accepted, ==, 1);
  g_clear_pointer (&session->report, dfn_publish_report_free);
  return event;
}

static void
run (Session *session)
{
  const char *content = "caf\xc3\xa9 \xf0\x9f\x98\x80 \"quoted\" \\ \n\t";
  g_autoptr (DfnNostrEvent) note = publish (session, 1, content, "t", "cats");
  g_autoptr (DfnNostrEvent) other = publish (session, 1, "two", "t", "dogs");
  g_autoptr (DfnNostrEvent) show = publish (session, 30311, "old", "d", "show");
  g_autoptr (DfnSubscription) listening = NULL;

  g_assert_cmpuint (count (session, 1, NULL), ==, 2);
  g_assert_cmpuint (count (session, 1, "cats"), ==, 1);
  g_assert_cmpstr (dfn_nostr_event_get_content (session->events->pdata[0]), ==, content);
  g_assert_cmpuint (count (session, 7, NULL), ==, 0);
  g_assert_cmpuint (count (session, 30311, NULL), ==, 1);
  g_print ("stored and found\n");

  listening = subscribe (session, 20001, NULL);
  {
    g_autoptr (DfnNostrEvent) signal = publish (session, 20001, "listen", "t", "x");
    while (session->events->len == 0)
      g_main_context_iteration (NULL, TRUE);
    g_assert_cmpstr (dfn_nostr_event_get_id (session->events->pdata[0]), ==,
                     dfn_nostr_event_get_id (signal));
  }
  g_print ("heard live\n");

  {
    g_autoptr (DfnNostrEvent) request =
        publish (session, 5, "", "e", dfn_nostr_event_get_id (note));
    g_assert_cmpuint (count (session, 1, "cats"), ==, 0);
  }
  g_print ("deleted\n");
}

int
main (int argc, char **argv)
{
  Session session = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (argc, >=, 2);
  g_timeout_add_seconds (30, on_too_late, NULL);
  session.pool = dfn_relay_pool_new ();
  session.key = dfn_nostr_key_generate ();
  session.events = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_event_unref);
  if (argc > 2 && g_str_equal (argv[2], "auth"))
    dfn_relay_pool_set_key (session.pool, session.key);
  dfn_relay_pool_add (session.pool, argv[1], &error);
  g_assert_no_error (error);
  run (&session);
  g_assert_finalize_object (session.pool);
  dfn_nostr_key_unref (session.key);
  g_ptr_array_unref (session.events);
  return 0;
}
