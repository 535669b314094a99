/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-filter.h"
#include "dfn-nostr-json.h"

#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static DfnNostrFilter *
from_json (const char *json, GError **error)
{
  g_autoptr (JsonNode) node =
      dfn_nostr_json_parse (json, -1, 1 << 20, DFN_NOSTR_ERROR_INVALID_FILTER, error);

  return node != NULL ? dfn_nostr_filter_from_node (node, error) : NULL;
}

static gboolean
matches (const char *json, DfnNostrEvent *event)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrFilter) filter = from_json (json, &error);

  g_assert_no_error (error);
  return dfn_nostr_filter_matches (filter, event);
}

static void
test_matches (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (DfnNostrEvent) event = NULL;
  g_autofree char *by_id = NULL, *by_author = NULL;

  dfn_nostr_tags_add (tags, "t", "cats", "dogs", NULL);
  dfn_nostr_tags_add (tags, "T", "upper", NULL);
  dfn_nostr_tags_add (tags, "tt", "long", NULL);
  dfn_nostr_tags_add (tags, "x", NULL);
  event = dfn_nostr_event_new (key, 1, 1000, tags, "");
  by_id = g_strdup_printf ("{\"ids\":[\"" ID "\",\"%s\"]}", dfn_nostr_event_get_id (event));
  by_author = g_strdup_printf ("{\"authors\":[\"%s\"],\"kinds\":[7,1],\"since\":1000,"
                               "\"until\":1000,\"limit\":0,\"#t\":[\"birds\",\"cats\"]}",
                               dfn_nostr_event_get_pubkey (event));

  g_assert_true (matches ("{}", event));
  g_assert_true (matches (by_id, event));
  g_assert_true (matches (by_author, event));
  g_assert_true (matches ("{\"#T\":[\"upper\"]}", event));
  g_assert_true (matches ("{\"search\":\"dogs\"}", event));

  g_assert_false (matches ("{\"ids\":[\"" ID "\"]}", event));
  g_assert_false (matches ("{\"authors\":[\"" ID "\"]}", event));
  g_assert_false (matches ("{\"kinds\":[0,2]}", event));
  g_assert_false (matches ("{\"since\":1001}", event));
  g_assert_false (matches ("{\"until\":999}", event));
  g_assert_false (matches ("{\"#t\":[\"dogs\"]}", event));
  g_assert_false (matches ("{\"#t\":[\"long\"]}", event));
  g_assert_false (matches ("{\"#t\":[\"upper\"]}", event));
  g_assert_false (matches ("{\"#x\":[\"\"]}", event));
  g_assert_false (matches ("{\"#t\":[\"cats\"],\"#p\":[\"" ID "\"]}", event));
  g_assert_false (matches ("{\"ids\":[]}", event));
  g_assert_false (matches ("{\"kinds\":[]}", event));
  g_assert_false (matches ("{\"#t\":[]}", event));
}

static void
test_refused (void)
{
  static const char *const cases[] = {
    "[]",
    "null",
    "{\"ids\":\"" ID "\"}",
    "{\"ids\":[\"0123\"]}",
    "{\"ids\":[\"0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\"]}",
    "{\"authors\":[1]}",
    "{\"authors\":[[]]}",
    "{\"kinds\":[-1]}",
    "{\"kinds\":[65536]}",
    "{\"kinds\":[1.0]}",
    "{\"kinds\":[\"1\"]}",
    "{\"kinds\":1}",
    "{\"since\":1.5}",
    "{\"since\":\"1\"}",
    "{\"until\":null}",
    "{\"limit\":-1}",
    "{\"limit\":1e3}",
    "{\"#t\":\"cats\"}",
    "{\"#t\":[1]}",
    "{\"#\":[\"a\"]}",
    "{\"#title\":[\"a\"]}",
    "{\"#1\":[\"a\"]}",
    "{\"#é\":[\"a\"]}",
    "{\"kinds\":[1],\"kinds\":[2]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DfnNostrFilter) filter = from_json (cases[i], &error);

      if (filter != NULL)
        g_error ("Accepted: %s", cases[i]);
      g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_FILTER);
    }
}

static void
test_too_many_values (void)
{
  g_autoptr (GString) json = g_string_new ("{\"#t\":[\"0\"");
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrFilter) filter = NULL;

  for (guint i = 1; i <= DFN_NOSTR_FILTER_MAX_VALUES; i++)
    g_string_append_printf (json, ",\"%u\"", i);
  g_string_append (json, "]}");
  filter = from_json (json->str, &error);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_FILTER);
  g_assert_null (filter);
}

static void
test_round_trip (void)
{
  g_autoptr (DfnNostrFilter) filter = dfn_nostr_filter_new ();
  g_autoptr (DfnNostrFilter) read = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (JsonNode) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpuint (dfn_nostr_filter_get_limit (filter), ==, G_MAXUINT);
  dfn_nostr_filter_add_id (filter, ID);
  dfn_nostr_filter_add_author (filter, ID);
  dfn_nostr_filter_add_author (filter, ID);
  dfn_nostr_filter_add_kind (filter, 1311);
  dfn_nostr_filter_add_kind (filter, 5);
  dfn_nostr_filter_add_tag (filter, 'z', "1");
  dfn_nostr_filter_add_tag (filter, 'A', "2");
  dfn_nostr_filter_add_tag (filter, 'A', "3");
  dfn_nostr_filter_set_since (filter, -1);
  dfn_nostr_filter_set_until (filter, 1700000000);
  dfn_nostr_filter_set_limit (filter, 20);

  node = dfn_nostr_filter_to_node (filter);
  text = json_to_string (node, FALSE);
  g_assert_cmpstr (text, ==,
                   "{\"ids\":[\"" ID "\"],\"authors\":[\"" ID "\"],\"kinds\":[1311,5],"
                   "\"#A\":[\"2\",\"3\"],\"#z\":[\"1\"],"
                   "\"since\":-1,\"until\":1700000000,\"limit\":20}");
  read = dfn_nostr_filter_from_node (node, &error);
  g_assert_no_error (error);
  again = dfn_nostr_filter_to_node (read);
  g_assert_true (json_node_equal (node, again));
}

static void
test_accessors (void)
{
  g_autoptr (DfnNostrFilter) empty = dfn_nostr_filter_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrFilter) filter =
      from_json ("{\"ids\":[],\"#b\":[\"x\"],\"#Q\":[],\"limit\":99999999999,\"since\":5}", &error);
  g_autofree char *none = dfn_nostr_filter_get_tag_names (empty);
  g_autofree char *names = NULL;

  g_assert_no_error (error);
  names = dfn_nostr_filter_get_tag_names (filter);
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (names, ==, "Qb");
  g_assert_null (dfn_nostr_filter_get_ids (empty));
  g_assert_null (dfn_nostr_filter_get_kinds (empty));
  g_assert_cmpuint (dfn_nostr_filter_get_ids (filter)->len, ==, 0);
  g_assert_null (dfn_nostr_filter_get_authors (filter));
  g_assert_cmpstr (dfn_nostr_filter_get_tag (filter, 'b')->pdata[0], ==, "x");
  g_assert_null (dfn_nostr_filter_get_tag (filter, 'B'));
  g_assert_cmpint (dfn_nostr_filter_get_since (filter), ==, 5);
  g_assert_cmpint (dfn_nostr_filter_get_until (filter), ==, G_MAXINT64);
  g_assert_cmpuint (dfn_nostr_filter_get_limit (filter), ==, G_MAXUINT - 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/filter/matches", test_matches);
  g_test_add_func ("/nostr/filter/refused", test_refused);
  g_test_add_func ("/nostr/filter/too-many-values", test_too_many_values);
  g_test_add_func ("/nostr/filter/round-trip", test_round_trip);
  g_test_add_func ("/nostr/filter/accessors", test_accessors);
  return g_test_run ();
}
