/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-message-private.h"

#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nostr-json.h"

gboolean
dfn_nostr_message_fail (GError **error, const char *name, const char *problem)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE, "The message %s %s", name,
               problem);
  return FALSE;
}

JsonNode *
dfn_nostr_message_open (
    const char *text, gssize length, gsize max_size, const char **name, GError **error)
{
  g_autoptr (JsonNode) root =
      dfn_nostr_json_parse (text, length, max_size, DFN_NOSTR_ERROR_INVALID_MESSAGE, error);

  if (root == NULL)
    return NULL;
  *name = NULL;
  if (JSON_NODE_HOLDS_ARRAY (root) && json_array_get_length (json_node_get_array (root)) >= 2)
    *name = dfn_nostr_json_get_string (json_array_get_element (json_node_get_array (root), 0));
  if (*name == NULL)
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE,
                           "A message is an array of a name and values");
      return NULL;
    }
  return g_steal_pointer (&root);
}

/* Gives %NULL behind the end. */
static JsonNode *
get_element (JsonNode *root, guint index)
{
  JsonArray *array = json_node_get_array (root);

  return index < json_array_get_length (array) ? json_array_get_element (array, index) : NULL;
}

gboolean
dfn_nostr_message_read_subscription (JsonNode *root, guint index, char **id, GError **error)
{
  const char *text = dfn_nostr_json_get_string (get_element (root, index));

  if (text == NULL || *text == '\0' || g_utf8_strlen (text, -1) > DFN_NOSTR_MAX_SUBSCRIPTION_ID)
    return dfn_nostr_message_fail (error, "about a subscription", "has no usable id");
  *id = g_strdup (text);
  return TRUE;
}

static gboolean
take_event_id (JsonNode *node, char **id, GError **error)
{
  const char *text = dfn_nostr_json_get_string (node);
  guint8 bytes[DFN_HASH_SIZE];

  if (text == NULL || !dfn_hex_decode (text, bytes, sizeof bytes))
    return dfn_nostr_message_fail (error, "about an event", "has no event id");
  *id = g_strdup (text);
  return TRUE;
}

gboolean
dfn_nostr_message_read_event_id (JsonNode *root, guint index, char **id, GError **error)
{
  return take_event_id (get_element (root, index), id, error);
}

gboolean
dfn_nostr_message_read_event (
    JsonNode *root, guint index, JsonNode **event, char **id, GError **error)
{
  JsonNode *node = get_element (root, index);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return dfn_nostr_message_fail (error, "about an event", "has no event");
  if (!take_event_id (json_object_get_member (json_node_get_object (node), "id"), id, error))
    return FALSE;
  *event = json_node_ref (node);
  return TRUE;
}

GString *
dfn_nostr_message_begin (const char *name, const char *first)
{
  GString *text = g_string_new ("[");

  dfn_nostr_json_append_string (text, name);
  if (first != NULL)
    {
      g_string_append_c (text, ',');
      dfn_nostr_json_append_string (text, first);
    }
  return text;
}

char *
dfn_nostr_message_end (GString *text)
{
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}
