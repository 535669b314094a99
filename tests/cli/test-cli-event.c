/* SPDX-License-Identifier: MIT */
#include "dfn-cli-event.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

static void
assert_line (DfnCliEvent *event, const char *expected)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *line = dfn_cli_event_to_line (event);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (line, ==, expected);
  g_assert_true (json_parser_load_from_data (parser, line, -1, &error));
  g_assert_no_error (error);
  dfn_cli_event_free (event);
}

static void
test_members (void)
{
  static const char *const texts[] = { "one", "t\"wo", NULL };
  DfnCliEvent *event = dfn_cli_event_new ("test");

  assert_line (dfn_cli_event_new ("bare"), "{\"event\":\"bare\"}\n");
  dfn_cli_event_add_string (event, "text", "Ein Film – 映画");
  dfn_cli_event_add_string (event, "none", NULL);
  dfn_cli_event_add_strings (event, "texts", texts);
  dfn_cli_event_add_strings (event, "empty", NULL);
  dfn_cli_event_add_integer (event, "large", G_MAXUINT64);
  dfn_cli_event_add_boolean (event, "yes", TRUE);
  dfn_cli_event_add_boolean (event, "no", FALSE);
  assert_line (event, "{\"event\":\"test\",\"text\":\"Ein Film – 映画\",\"none\":null,"
                      "\"texts\":[\"one\",\"t\\\"wo\"],\"empty\":[],\"large\":18446744073709551615,"
                      "\"yes\":true,\"no\":false}\n");
}

static void
test_numbers (void)
{
  static const double numbers[] = { 0, 1.5, 1e9, 0.0004, -1, NAN, INFINITY, 1e300, -0.0 };
  static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };
  DfnCliEvent *event = dfn_cli_event_new ("test");

  for (guint i = 0; i < G_N_ELEMENTS (numbers) - 1; i++)
    dfn_cli_event_add_number (event, names[i], numbers[i]);
  assert_line (event, "{\"event\":\"test\",\"a\":0.000000,\"b\":1.500,\"c\":1000000000.000,"
                      "\"d\":0.000400,\"e\":null,\"f\":null,\"g\":null,\"h\":null}\n");
}

/* Every byte sequence becomes one line of JSON that no terminal takes for a command. */
static void
test_bytes (void)
{
  static const char nasty[] = "\x1b[2J\n\t\"\\\x7f\xc2\x9b\xe2\x80\xae\xff\xed\xa0\x80";
  DfnCliEvent *event = dfn_cli_event_new ("test");

  dfn_cli_event_add_string (event, "text", nasty);
  assert_line (event, "{\"event\":\"test\",\"text\":\"\\u001b[2J\\u000a\\u0009\\\"\\\\\\u007f"
                      "\\u009b\\u202e\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n");
  for (guint i = 0; i < 2000; i++)
    {
      char bytes[17] = { 0 };
      g_autofree char *line = NULL;
      g_autoptr (JsonParser) parser = json_parser_new ();

      for (guint k = 0; k < sizeof bytes - 1; k++)
        bytes[k] = (char) g_test_rand_int_range (1, 256);
      event = dfn_cli_event_new ("test");
      dfn_cli_event_add_string (event, "text", bytes);
      line = dfn_cli_event_to_line (event);
      g_assert_true (json_parser_load_from_data (parser, line, -1, NULL));
      g_assert_cmpuint (strcspn (line, "\n"), ==, strlen (line) - 1);
      for (const char *p = line; p[1] != '\0'; p++)
        g_assert_false ((guchar) *p < 0x20 || *p == 0x7f);
      dfn_cli_event_free (event);
    }
}

static void
test_objects (void)
{
  DfnCliEvent *event = dfn_cli_event_new ("test");
  g_autoptr (GPtrArray) objects =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_cli_event_free);

  dfn_cli_event_add_objects (event, "none", objects);
  for (guint i = 0; i < 2; i++)
    {
      DfnCliEvent *object = dfn_cli_event_new_object ();

      dfn_cli_event_add_integer (object, "number", i);
      dfn_cli_event_add_boolean (object, "odd", i == 1);
      g_ptr_array_add (objects, object);
    }
  dfn_cli_event_add_objects (event, "some", objects);
  assert_line (event, "{\"event\":\"test\",\"none\":[],\"some\":[{\"number\":0,\"odd\":false},"
                      "{\"number\":1,\"odd\":true}]}\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/event/members", test_members);
  g_test_add_func ("/cli/event/objects", test_objects);
  g_test_add_func ("/cli/event/numbers", test_numbers);
  g_test_add_func ("/cli/event/bytes", test_bytes);
  return g_test_run ();
}
