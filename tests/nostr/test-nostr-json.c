/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-json-scan.h"
#include "dfn-nostr-json.h"

#include <string.h>

static JsonNode *
parse (const char *text, gssize length, GError **error)
{
  return dfn_nostr_json_parse (text, length, 1 << 20, DFN_NOSTR_ERROR_INVALID_MESSAGE, error);
}

static void
assert_refused (const char *text, gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = parse (text, length, &error);

  if (node != NULL)
    g_error ("Accepted: %s", text);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE);
}

static void
test_accepted (void)
{
  static const char *const cases[][2] = {
    { "null", "null" },
    { " [ 1 , -2 ,\t3.5e2, true,\r\nfalse ] ", "[1,-2,350.0,true,false]" },
    { "{}", "{}" },
    { "{\"a\":{\"b\":[[],{}]}}", "{\"a\":{\"b\":[[],{}]}}" },
    { "\"\\u00e9\\ud83d\\ude00\\/\"", "\"é😀/\"" },
    { "\"\\\\u0000\"", "\"\\\\u0000\"" },
    { "9223372036854775807", "9223372036854775807" },
    { "-9223372036854775807", "-9223372036854775807" },
    { "\"\x7f\"", "\"\\u007f\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = parse (cases[i][0], -1, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = json_to_string (node, FALSE);
      g_assert_cmpstr (text, ==, cases[i][1]);
    }
}

/* What json-glib alone would take, some of it as something else than other programs do. */
static void
test_refused (void)
{
  static const char *const cases[] = {
    "",
    " ",
    "[",
    "{",
    "]",
    "[1",
    "[1,]",
    "[1 2]",
    "[1}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}",
    "{1:1}",
    "[]x",
    "[] []",
    "// comment\n1",
    "/* comment */ 1",
    "var a = 1",
    "'a'",
    "0x10",
    "010",
    "+1",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "nul",
    "True",
    "NaN",
    "\"a",
    "\"a\\",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\n\"",
    "\"\\u0000\"",
    "{\"a\\u0000b\":1}",
    "\"\\ud800\"",
    "\"\\ud800x\"",
    "\"\\ud800\\u0041\"",
    "\"\\udc00\"",
    "\"\xff\"",
    "\"\xed\xa0\x80\"",
    "\xef\xbb\xbf[]",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551617",
    "99999999999999999999999999",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (cases[i], -1);
  assert_refused ("[1\0]", 4);
  assert_refused ("[]\0", 3);
  assert_refused ("\"a\0b\"", 5);
}

static void
test_duplicate_members (void)
{
  assert_refused ("{\"kind\":1,\"kind\":2}", -1);
  assert_refused ("{\"kind\":1,\"\\u006bind\":1}", -1);
  assert_refused ("[{\"a\":[{\"b\":1,\"c\":2,\"b\":3}]}]", -1);
}

static char *
repeat (const char *open, const char *middle, const char *end, guint times)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < times; i++)
    g_string_append (text, open);
  g_string_append (text, middle);
  for (guint i = 0; i < times; i++)
    g_string_append (text, end);
  return g_string_free (text, FALSE);
}

static void
test_limits (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *deepest = repeat ("[", "", "]", DFN_NOSTR_JSON_MAX_DEPTH);
  g_autofree char *too_deep = repeat ("[", "", "]", DFN_NOSTR_JSON_MAX_DEPTH + 1);
  g_autofree char *abyss = repeat ("{\"a\":[", "", "", 100000);
  g_autofree char *wide = repeat ("", "[", "1,", DFN_NOSTR_JSON_MAX_VALUES);
  g_autoptr (JsonNode) node = parse (deepest, -1, &error);
  g_autoptr (GString) members = g_string_new ("{\"m\":1");

  g_assert_no_error (error);
  g_assert_nonnull (node);
  assert_refused (too_deep, -1);
  assert_refused (abyss, -1);
  strcpy (wide + strlen (wide) - 1, "]");
  assert_refused (wide, -1);
  for (guint i = 0; i < DFN_NOSTR_JSON_MAX_MEMBERS; i++)
    g_string_append_printf (members, ",\"%u\":1", i);
  g_string_append_c (members, '}');
  assert_refused (members->str, -1);

  g_clear_pointer (&node, json_node_unref);
  node = dfn_nostr_json_parse ("[1,2]", -1, 4, DFN_NOSTR_ERROR_INVALID_MESSAGE, &error);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
  g_assert_null (node);
}

static void
test_typed_values (void)
{
  g_autoptr (JsonNode) node = parse ("[7,7.0,\"7\",true,null,[]]", -1, NULL);
  JsonArray *array = json_node_get_array (node);
  gint64 value;

  g_assert_true (dfn_nostr_json_get_integer (json_array_get_element (array, 0), 7, 7, &value));
  g_assert_cmpint (value, ==, 7);
  g_assert_false (dfn_nostr_json_get_integer (json_array_get_element (array, 0), 8, 9, &value));
  g_assert_false (dfn_nostr_json_get_integer (json_array_get_element (array, 0), 5, 6, &value));
  for (guint i = 1; i < json_array_get_length (array); i++)
    g_assert_false (dfn_nostr_json_get_integer (json_array_get_element (array, i), 0, 9, &value));
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_assert_cmpstr (dfn_nostr_json_get_string (json_array_get_element (array, i)), ==,
                     i == 2 ? "7" : NULL);
  g_assert_null (dfn_nostr_json_get_string (NULL));
  g_assert_false (dfn_nostr_json_get_integer (NULL, 0, 9, &value));
}

static void
test_escapes (void)
{
  g_autoptr (GString) canonical = g_string_new (NULL);
  g_autoptr (GString) valid = g_string_new (NULL);
  const char *text = "a\n\"\\\r\t\b\f\x01\x1f/\x7fé😀";

  dfn_nostr_json_append_canonical (canonical, text);
  g_assert_cmpstr (canonical->str, ==, "\"a\\n\\\"\\\\\\r\\t\\b\\f\x01\x1f/\x7fé😀\"");
  dfn_nostr_json_append_string (valid, text);
  g_assert_cmpstr (valid->str, ==, "\"a\\n\\\"\\\\\\r\\t\\b\\f\\u0001\\u001f/\x7fé😀\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/json/accepted", test_accepted);
  g_test_add_func ("/nostr/json/refused", test_refused);
  g_test_add_func ("/nostr/json/duplicate-members", test_duplicate_members);
  g_test_add_func ("/nostr/json/limits", test_limits);
  g_test_add_func ("/nostr/json/typed-values", test_typed_values);
  g_test_add_func ("/nostr/json/escapes", test_escapes);
  return g_test_run ();
}
