/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-json.h"

#include "dfn-nostr-json-scan.h"

#include <string.h>

static gsize count_members (JsonNode *node);

static gsize
count_array (JsonArray *array)
{
  gsize count = 0;

  for (guint i = 0; i < json_array_get_length (array); i++)
    count += count_members (json_array_get_element (array, i));
  return count;
}

static gsize
count_object (JsonObject *object)
{
  gsize count = json_object_get_size (object);
  JsonObjectIter iter;
  JsonNode *member;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, NULL, &member))
    count += count_members (member);
  return count;
}

/* Recursion ends at DFN_NOSTR_JSON_MAX_DEPTH, which the scan has seen to. */
static gsize
count_members (JsonNode *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_ARRAY:
      return count_array (json_node_get_array (node));
    case JSON_NODE_OBJECT:
      return count_object (json_node_get_object (node));
    case JSON_NODE_VALUE:
    case JSON_NODE_NULL:
      break;
    }
  return 0;
}

JsonNode *
dfn_nostr_json_parse (
    const char *text, gssize length, gsize max_size, DfnNostrError code, GError **error)
{
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) parse_error = NULL;
  const char *problem;
  gsize members;

  if (size > max_size)
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE,
                   "JSON of %" G_GSIZE_FORMAT " bytes where at most %" G_GSIZE_FORMAT
                   " are accepted",
                   size, max_size);
      return NULL;
    }
  problem = dfn_nostr_json_scan (text, size, &members);
  if (problem != NULL)
    {
      g_set_error (error, DFN_NOSTR_ERROR, code, "The JSON text holds %s", problem);
      return NULL;
    }
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, (gssize) size, &parse_error))
    {
      g_set_error (error, DFN_NOSTR_ERROR, code, "The JSON text cannot be read: %s",
                   parse_error->message);
      return NULL;
    }
  root = json_parser_steal_root (parser);
  /* Of two members with one name the parser kept the last; other programs keep the first, and
   * what was checked here could be something else there. */
  if (root == NULL || count_members (root) != members)
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, code,
                           "The JSON text holds an object with two members of one name");
      return NULL;
    }
  return g_steal_pointer (&root);
}

const char *
dfn_nostr_json_get_string (JsonNode *node)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

gboolean
dfn_nostr_json_get_integer (JsonNode *node, gint64 min, gint64 max, gint64 *value)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= min && *value <= max;
}

/* Returns the letter behind the backslash, or 0 for a character that NIP-01 leaves as it is. */
static char
short_escape (char c)
{
  switch (c)
    {
    case '\n':
      return 'n';
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    default:
      return '\0';
    }
}

static void
append (GString *json, const char *text, gboolean escape_controls)
{
  const char *start = text;

  g_string_append_c (json, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      char letter = short_escape (*p);

      if (letter == '\0' && (!escape_controls || (guchar) *p >= 0x20))
        continue;
      g_string_append_len (json, start, p - start);
      if (letter != '\0')
        g_string_append_printf (json, "\\%c", letter);
      else
        g_string_append_printf (json, "\\u%04x", (guint) (guchar) *p);
      start = p + 1;
    }
  g_string_append (json, start);
  g_string_append_c (json, '"');
}

void
dfn_nostr_json_append_string (GString *json, const char *text)
{
  append (json, text, TRUE);
}

void
dfn_nostr_json_append_canonical (GString *json, const char *text)
{
  append (json, text, FALSE);
}
