/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-json.h"
#include "dfn-relay-store.h"
#include "dfn-test-loop.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define NOW 1000000

typedef struct {
  DfnRelayStore *store;
  DfnNostrKey *alice;
  DfnNostrKey *bob;
} Fixture;

static void
setup (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->store = dfn_relay_store_open (NULL, &error);
  g_assert_no_error (error);
  fixture->alice = dfn_nostr_key_generate ();
  fixture->bob = dfn_nostr_key_generate ();
}

static void
teardown (Fixture *fixture, gconstpointer data)
{
  g_assert_finalize_object (fixture->store);
  dfn_nostr_key_unref (fixture->alice);
  dfn_nostr_key_unref (fixture->bob);
}

static DfnNostrEvent *
make (DfnNostrKey *key, guint kind, gint64 created_at, const char *tag, const char *value)
{
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();

  if (tag != NULL)
    dfn_nostr_tags_add (tags, tag, value, NULL);
  return dfn_nostr_event_new (key, kind, created_at, tags, "text");
}

static DfnRelayStored
add (Fixture *fixture, DfnNostrEvent *event)
{
  g_autoptr (GError) error = NULL;
  DfnRelayStored stored = dfn_relay_store_add (fixture->store, event, NOW, &error);

  g_assert_no_error (error);
  return stored;
}

static DfnRelayStored
add_new (
    Fixture *fixture, DfnNostrKey *key, guint kind, gint64 at, const char *tag, const char *value)
{
  g_autoptr (DfnNostrEvent) event = make (key, kind, at, tag, value);

  return add (fixture, event);
}

static GPtrArray *
query (DfnRelayStore *store, const char *json, guint limit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  g_autoptr (JsonNode) node =
      dfn_nostr_json_parse (json, -1, 1 << 20, DFN_NOSTR_ERROR_INVALID_FILTER, &error);
  GPtrArray *found;

  g_assert_no_error (error);
  g_ptr_array_add (filters, dfn_nostr_filter_from_node (node, &error));
  g_assert_no_error (error);
  found = dfn_relay_store_query (store, filters, limit, NOW, &error);
  g_assert_no_error (error);
  return found;
}

static guint
count (Fixture *fixture, const char *json)
{
  g_autoptr (GPtrArray) found = query (fixture->store, json, 1000);

  return found->len;
}

static void
test_filters (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) cat = make (fixture->alice, 1, 100, "t", "cat\"'%");
  g_autoptr (DfnNostrEvent) dog = make (fixture->bob, 1, 200, "t", "dog");
  g_autoptr (DfnNostrEvent) bird = make (fixture->bob, 7, 300, "long", "bird");
  g_autoptr (GPtrArray) found = NULL;
  g_autofree char *by_id = g_strdup_printf ("{\"ids\":[\"%s\"]}", dfn_nostr_event_get_id (dog));
  g_autofree char *by_bob =
      g_strdup_printf ("{\"authors\":[\"%s\"]}", dfn_nostr_event_get_pubkey (dog));

  g_assert_cmpint (add (fixture, cat), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, dog), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, bird), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, bird), ==, DFN_RELAY_STORED_DUPLICATE);

  g_assert_cmpuint (count (fixture, "{}"), ==, 3);
  g_assert_cmpuint (count (fixture, by_id), ==, 1);
  g_assert_cmpuint (count (fixture, by_bob), ==, 2);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[1]}"), ==, 2);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[1,7],\"since\":200}"), ==, 2);
  g_assert_cmpuint (count (fixture, "{\"until\":99}"), ==, 0);
  g_assert_cmpuint (count (fixture, "{\"#t\":[\"cat\\\"'%\",\"mouse\"]}"), ==, 1);
  g_assert_cmpuint (count (fixture, "{\"#t\":[\"cat\\\"'%\",\"dog\"],\"kinds\":[1]}"), ==, 2);
  g_assert_cmpuint (count (fixture, "{\"#t\":[\"bird\"]}"), ==, 0);
  g_assert_cmpuint (count (fixture, "{\"#t\":[]}"), ==, 0);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[7],\"#t\":[\"dog\"]}"), ==, 0);
  g_assert_cmpuint (count (fixture, "{\"limit\":0}"), ==, 0);

  found = query (fixture->store, "{\"limit\":2}", 10);
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_cmpstr (found->pdata[0], ==, dfn_nostr_event_to_json (bird));
  g_assert_cmpstr (found->pdata[1], ==, dfn_nostr_event_to_json (dog));
  g_clear_pointer (&found, g_ptr_array_unref);
  found = query (fixture->store, "{}", 1);
  g_assert_cmpuint (found->len, ==, 1);
}

static void
test_replaceable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) old = make (fixture->alice, 30311, 100, "d", "one");
  g_autoptr (DfnNostrEvent) new = make (fixture->alice, 30311, 200, "d", "one");
  g_autoptr (GPtrArray) found = NULL;

  g_assert_cmpint (add (fixture, old), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, new), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, old), ==, DFN_RELAY_STORED_SUPERSEDED);
  found = query (fixture->store, "{}", 10);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpstr (found->pdata[0], ==, dfn_nostr_event_to_json (new));

  g_assert_cmpint (add_new (fixture, fixture->alice, 30311, 50, "d", "two"), ==,
                   DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add_new (fixture, fixture->bob, 30311, 50, "d", "one"), ==,
                   DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add_new (fixture, fixture->alice, 0, 50, NULL, NULL), ==,
                   DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add_new (fixture, fixture->alice, 0, 51, NULL, NULL), ==,
                   DFN_RELAY_STORED_ADDED);
  g_assert_cmpuint (count (fixture, "{}"), ==, 4);
  g_assert_cmpuint (dfn_relay_store_get_usage (fixture->store, NULL), ==, 4);
}

static void
test_replaceable_tie (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) one = make (fixture->alice, 10002, 100, "r", "wss://one");
  g_autoptr (DfnNostrEvent) two = make (fixture->alice, 10002, 100, "r", "wss://two");
  gboolean one_is_low = strcmp (dfn_nostr_event_get_id (one), dfn_nostr_event_get_id (two)) < 0;
  DfnNostrEvent *low = one_is_low ? one : two;
  DfnNostrEvent *high = one_is_low ? two : one;

  g_assert_cmpint (add (fixture, high), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, low), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpint (add (fixture, high), ==, DFN_RELAY_STORED_SUPERSEDED);
  g_assert_cmpuint (count (fixture, "{}"), ==, 1);
}

static void
test_ephemeral_and_expired (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  g_autoptr (GPtrArray) found = NULL;

  g_assert_cmpint (add_new (fixture, fixture->alice, 20001, NOW, NULL, NULL), ==,
                   DFN_RELAY_STORED_EPHEMERAL);
  g_assert_cmpint (add_new (fixture, fixture->alice, 1, 5, "expiration", "1000000"), ==,
                   DFN_RELAY_STORED_EXPIRED);
  g_assert_cmpint (add_new (fixture, fixture->alice, 1, 5, "expiration", "1000010"), ==,
                   DFN_RELAY_STORED_ADDED);
  g_assert_cmpuint (count (fixture, "{}"), ==, 1);

  g_ptr_array_add (filters, dfn_nostr_filter_new ());
  found = dfn_relay_store_query (fixture->store, filters, 10, NOW + 10, NULL);
  g_assert_cmpuint (found->len, ==, 0);
  g_assert_cmpuint (dfn_relay_store_purge_expired (fixture->store, NOW + 9), ==, 0);
  g_assert_cmpuint (dfn_relay_store_purge_expired (fixture->store, NOW + 10), ==, 1);
  g_assert_cmpuint (dfn_relay_store_get_usage (fixture->store, NULL), ==, 0);
}

static void
test_delete_by_id (Fixture *fixture, gconstpointer data)
{
  g_autoptr (DfnNostrEvent) note = make (fixture->alice, 1, 100, NULL, NULL);
  g_autoptr (DfnNostrEvent) later = make (fixture->alice, 1, 101, NULL, NULL);
  g_autoptr (DfnNostrEvent) request = NULL;

  add (fixture, note);
  g_assert_cmpint (add_new (fixture, fixture->bob, 5, 150, "e", dfn_nostr_event_get_id (note)), ==,
                   DFN_RELAY_STORED_ADDED);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[1]}"), ==, 1);

  request = make (fixture->alice, 5, 150, "e", dfn_nostr_event_get_id (note));
  g_assert_cmpint (add (fixture, request), ==, DFN_RELAY_STORED_ADDED);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[1]}"), ==, 0);
  g_assert_cmpint (add (fixture, note), ==, DFN_RELAY_STORED_DELETED);

  /* A request for something that has not come yet works as well; one against a request does not. */
  add_new (fixture, fixture->alice, 5, 160, "e", dfn_nostr_event_get_id (later));
  g_assert_cmpint (add (fixture, later), ==, DFN_RELAY_STORED_DELETED);
  add_new (fixture, fixture->alice, 5, 170, "e", dfn_nostr_event_get_id (request));
  g_assert_cmpint (add (fixture, request), ==, DFN_RELAY_STORED_DUPLICATE);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[5]}"), ==, 4);
}

static void
test_delete_by_address (Fixture *fixture, gconstpointer data)
{
  g_autofree char *address =
      g_strdup_printf ("30311:%s:show", dfn_nostr_key_get_pubkey (fixture->alice));
  g_autoptr (DfnNostrEvent) old = make (fixture->alice, 30311, 100, "d", "show");
  g_autoptr (DfnNostrEvent) after = make (fixture->alice, 30311, 201, "d", "show");

  add (fixture, old);
  add_new (fixture, fixture->bob, 5, 200, "a", address);
  add_new (fixture, fixture->alice, 5, 99, "a", address);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[30311]}"), ==, 1);
  add_new (fixture, fixture->alice, 5, 200, "a", address);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[30311]}"), ==, 0);
  g_assert_cmpint (add (fixture, old), ==, DFN_RELAY_STORED_DELETED);
  g_assert_cmpint (add (fixture, after), ==, DFN_RELAY_STORED_ADDED);
}

static void
test_eviction (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) found = NULL;
  guint64 bytes;

  dfn_relay_store_set_limits (fixture->store, 10, 1 << 20);
  add_new (fixture, fixture->alice, 0, 1, NULL, NULL);
  for (gint64 at = 100; at < 120; at++)
    add_new (fixture, fixture->alice, 1, at, NULL, NULL);
  g_assert_cmpuint (dfn_relay_store_get_usage (fixture->store, &bytes), ==, 10);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[0]}"), ==, 1);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[1],\"until\":110}"), ==, 0);
  g_assert_cmpuint (count (fixture, "{\"kinds\":[1],\"since\":111}"), ==, 9);

  dfn_relay_store_set_limits (fixture->store, 10, bytes / 2);
  g_assert_cmpuint (dfn_relay_store_get_usage (fixture->store, &bytes), <=, 5);
  g_assert_cmpuint (dfn_relay_store_get_usage (fixture->store, &bytes), >=, 3);
}

static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("dfn-store-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "relay.db", NULL);
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) event = make (key, 1, 100, "t", "cat");
  g_autoptr (GError) error = NULL;
  DfnRelayStore *store = dfn_relay_store_open (path, &error);
  GStatBuf info;
  guint64 bytes;

  g_assert_no_error (error);
  g_assert_cmpint (dfn_relay_store_add (store, event, NOW, &error), ==, DFN_RELAY_STORED_ADDED);
  /* Enough for the log to be written back by the thread. */
  for (guint i = 0; i < 600; i++)
    {
      g_autoptr (DfnNostrEvent) filler = make (key, 1, 200 + i, "t", "dog");
      g_assert_cmpint (dfn_relay_store_add (store, filler, NOW, &error), ==,
                       DFN_RELAY_STORED_ADDED);
    }
  dfn_test_wait_until (g_stat (path, &info) == 0 && info.st_size > 100 * 1024);
  g_assert_finalize_object (store);

  store = dfn_relay_store_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (dfn_relay_store_get_usage (store, &bytes), ==, 601);
  g_assert_cmpuint (bytes, >, 601 * 200);
  {
    g_autoptr (GPtrArray) found = query (store, "{\"#t\":[\"cat\"]}", 10);
    g_assert_cmpuint (found->len, ==, 1);
    g_assert_cmpstr (found->pdata[0], ==, dfn_nostr_event_to_json (event));
  }
  g_assert_finalize_object (store);
  g_unlink (path);
  g_rmdir (folder);
}

static void
check_refused (const char *path, const char *content, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;
  gsize length_after;

  g_assert_true (g_file_set_contents (path, content, (gssize) length, NULL));
  g_assert_null (dfn_relay_store_open (path, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_true (g_file_get_contents (path, &after, &length_after, NULL));
  g_assert_cmpmem (content, length, after, length_after);
}

static void
test_damaged_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("dfn-store-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "relay.db", NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  sqlite3 *db;

  check_refused (path, "This is a text, not a database, and it is precious to somebody.", 63);

  g_unlink (path);
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "CREATE TABLE diary (day TEXT)", NULL, NULL, NULL), ==, 0);
  sqlite3_close (db);
  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  check_refused (path, content, length);
  g_clear_pointer (&content, g_free);

  /* One of ours whose pages are overwritten behind the header. */
  g_unlink (path);
  g_object_unref (dfn_relay_store_open (path, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  memset (content + 100, 0x5a, length - 100);
  check_refused (path, content, length);

  g_assert_null (dfn_relay_store_open ("/proc/none/relay.db", &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_STORE);
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, setup, function, teardown)
  ADD ("/relay-store/filters", test_filters);
  ADD ("/relay-store/replaceable", test_replaceable);
  ADD ("/relay-store/replaceable-tie", test_replaceable_tie);
  ADD ("/relay-store/ephemeral-and-expired", test_ephemeral_and_expired);
  ADD ("/relay-store/delete-by-id", test_delete_by_id);
  ADD ("/relay-store/delete-by-address", test_delete_by_address);
  ADD ("/relay-store/eviction", test_eviction);
  g_test_add_func ("/relay-store/file", test_file);
  g_test_add_func ("/relay-store/damaged-file", test_damaged_file);
#undef ADD

  return g_test_run ();
}
