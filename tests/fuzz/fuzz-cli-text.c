/* SPDX-License-Identifier: MIT */
#include "dfn-cli-event.h"
#include "dfn-cli-text.h"

#include <json-glib/json-glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
assert_safe (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (dfn_cli_text_is_unsafe (g_utf8_get_char (p)));
}

static void
check_line (const char *text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (DfnCliEvent) event = dfn_cli_event_new ("fuzz");
  g_autofree char *line = NULL;

  dfn_cli_event_add_string (event, "text", text);
  line = dfn_cli_event_to_line (event);
  g_assert_true (json_parser_load_from_data (parser, line, -1, NULL));
  g_assert_cmpuint (strcspn (line, "\n"), ==, strlen (line) - 1);
  line[strlen (line) - 1] = '\0';
  assert_safe (line);
}

/* The first byte is a width; the rest is what somebody else chose to call something. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = size > 0 ? g_strndup ((const char *) data + 1, size - 1) : NULL;
  g_autofree char *clean = NULL;
  g_autofree char *cut = NULL;
  g_autofree char *fitted = NULL;
  g_autofree char *wrapped = NULL;

  if (text == NULL)
    return 0;
  clean = dfn_cli_text_clean (text);
  assert_safe (clean);
  cut = dfn_cli_text_cut (clean, data[0]);
  assert_safe (cut);
  g_assert_cmpuint (dfn_cli_text_get_width (cut), <=, data[0]);
  fitted = dfn_cli_text_fit (clean, data[0]);
  g_assert_cmpuint (dfn_cli_text_get_width (fitted), ==, data[0]);
  wrapped = dfn_cli_text_wrap (clean, data[0]);
  g_assert_cmpuint (strlen (wrapped), ==, strlen (clean) + 1);
  check_line (text);
  return 0;
}
