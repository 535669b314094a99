/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-message.h"

#include "dfn-nostr-json.h"
#include "dfn-nostr-message-private.h"

#include <string.h>

static gboolean
find_type (const char *name, DfnNostrRelayMessageType *type)
{
  static const char *const names[] = {
    [DFN_NOSTR_RELAY_EVENT] = "EVENT",   [DFN_NOSTR_RELAY_EOSE] = "EOSE",
    [DFN_NOSTR_RELAY_OK] = "OK",         [DFN_NOSTR_RELAY_CLOSED] = "CLOSED",
    [DFN_NOSTR_RELAY_NOTICE] = "NOTICE", [DFN_NOSTR_RELAY_AUTH] = "AUTH",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (name, names[i]) == 0)
      {
        *type = i;
        return TRUE;
      }
  return FALSE;
}

static const char *
get_string (JsonNode *root, guint index)
{
  JsonArray *array = json_node_get_array (root);

  if (index >= json_array_get_length (array))
    return NULL;
  return dfn_nostr_json_get_string (json_array_get_element (array, index));
}

/* A relay's words, cut between two characters. Some relays leave them out where there is nothing
 * to say. */
static void
read_text (DfnNostrRelayMessage *message, JsonNode *root, guint index)
{
  const char *text = get_string (root, index);
  gsize length;

  if (text == NULL)
    text = "";
  length = strnlen (text, DFN_NOSTR_MAX_TEXT + 1);
  if (length > DFN_NOSTR_MAX_TEXT)
    length = (gsize) (g_utf8_find_prev_char (text, text + DFN_NOSTR_MAX_TEXT + 1) - text);
  message->text = g_strndup (text, length);
}

static gboolean
read_accepted (DfnNostrRelayMessage *message, JsonNode *root, GError **error)
{
  JsonArray *array = json_node_get_array (root);
  JsonNode *node = json_array_get_length (array) > 2 ? json_array_get_element (array, 2) : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return dfn_nostr_message_fail (error, "OK", "says neither true nor false");
  message->accepted = json_node_get_boolean (node);
  return TRUE;
}

static gboolean
read_challenge (DfnNostrRelayMessage *message, JsonNode *root, GError **error)
{
  const char *challenge = get_string (root, 1);

  if (challenge == NULL || *challenge == '\0' || strlen (challenge) > DFN_NOSTR_MAX_CHALLENGE)
    return dfn_nostr_message_fail (error, "AUTH", "has no usable challenge");
  message->text = g_strdup (challenge);
  return TRUE;
}

static gboolean
read_values (DfnNostrRelayMessage *message, JsonNode *root, GError **error)
{
  switch (message->type)
    {
    case DFN_NOSTR_RELAY_EVENT:
      return dfn_nostr_message_read_subscription (root, 1, &message->subscription_id, error)
             && dfn_nostr_message_read_event (root, 2, &message->event_node, &message->event_id,
                                              error);
    case DFN_NOSTR_RELAY_EOSE:
      return dfn_nostr_message_read_subscription (root, 1, &message->subscription_id, error);
    case DFN_NOSTR_RELAY_OK:
      read_text (message, root, 3);
      return dfn_nostr_message_read_event_id (root, 1, &message->event_id, error)
             && read_accepted (message, root, error);
    case DFN_NOSTR_RELAY_CLOSED:
      read_text (message, root, 2);
      return dfn_nostr_message_read_subscription (root, 1, &message->subscription_id, error);
    case DFN_NOSTR_RELAY_NOTICE:
      read_text (message, root, 1);
      return TRUE;
    case DFN_NOSTR_RELAY_AUTH:
      break;
    }
  return read_challenge (message, root, error);
}

DfnNostrRelayMessage *
dfn_nostr_relay_message_parse (const char *text, gssize length, gsize max_size, GError **error)
{
  g_autoptr (DfnNostrRelayMessage) message = NULL;
  g_autoptr (JsonNode) root = NULL;
  const char *name;

  g_return_val_if_fail (text != NULL, NULL);

  root = dfn_nostr_message_open (text, length, max_size, &name, error);
  if (root == NULL)
    return NULL;
  message = g_new0 (DfnNostrRelayMessage, 1);
  if (!find_type (name, &message->type))
    {
      dfn_nostr_message_fail (error, "from a relay", "is of an unknown type");
      return NULL;
    }
  return read_values (message, root, error) ? g_steal_pointer (&message) : NULL;
}

void
dfn_nostr_relay_message_free (DfnNostrRelayMessage *message)
{
  if (message == NULL)
    return;
  g_free (message->subscription_id);
  g_free (message->event_id);
  g_clear_pointer (&message->event_node, json_node_unref);
  g_free (message->text);
  g_free (message);
}

DfnNostrEvent *
dfn_nostr_relay_message_verify (const DfnNostrRelayMessage *message, GError **error)
{
  g_return_val_if_fail (message != NULL, NULL);
  g_return_val_if_fail (message->event_node != NULL, NULL);

  return dfn_nostr_event_from_node (message->event_node, error);
}

char *
dfn_nostr_relay_message_format_event (const char *subscription_id, DfnNostrEvent *event)
{
  GString *text;

  g_return_val_if_fail (subscription_id != NULL, NULL);
  g_return_val_if_fail (event != NULL, NULL);

  text = dfn_nostr_message_begin ("EVENT", subscription_id);
  g_string_append_c (text, ',');
  g_string_append (text, dfn_nostr_event_to_json (event));
  return dfn_nostr_message_end (text);
}

char *
dfn_nostr_relay_message_format_eose (const char *subscription_id)
{
  g_return_val_if_fail (subscription_id != NULL, NULL);

  return dfn_nostr_message_end (dfn_nostr_message_begin ("EOSE", subscription_id));
}

char *
dfn_nostr_relay_message_format_ok (const char *event_id, gboolean accepted, const char *text)
{
  GString *json;

  g_return_val_if_fail (event_id != NULL, NULL);
  g_return_val_if_fail (text != NULL, NULL);

  json = dfn_nostr_message_begin ("OK", event_id);
  g_string_append (json, accepted ? ",true," : ",false,");
  dfn_nostr_json_append_string (json, text);
  return dfn_nostr_message_end (json);
}

char *
dfn_nostr_relay_message_format_closed (const char *subscription_id, const char *text)
{
  GString *json;

  g_return_val_if_fail (subscription_id != NULL, NULL);
  g_return_val_if_fail (text != NULL, NULL);

  json = dfn_nostr_message_begin ("CLOSED", subscription_id);
  g_string_append_c (json, ',');
  dfn_nostr_json_append_string (json, text);
  return dfn_nostr_message_end (json);
}

char *
dfn_nostr_relay_message_format_notice (const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  return dfn_nostr_message_end (dfn_nostr_message_begin ("NOTICE", text));
}

char *
dfn_nostr_relay_message_format_auth (const char *challenge)
{
  g_return_val_if_fail (challenge != NULL, NULL);

  return dfn_nostr_message_end (dfn_nostr_message_begin ("AUTH", challenge));
}
