/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-message.h"

#include "dfn-nostr-message-private.h"

#include <string.h>

/* Reads the filters from the third place on. Bad ones are the subscription's trouble, not the
 * message's: the relay can say so to the subscription by name. */
static void
read_filters (DfnNostrClientMessage *message, JsonArray *array)
{
  guint length = json_array_get_length (array);
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  g_autoptr (GError) error = NULL;

  if (length < 3 || length - 2 > DFN_NOSTR_MAX_FILTERS)
    {
      message->problem = g_strdup_printf ("A subscription has 1 to %u filters, not %u",
                                          DFN_NOSTR_MAX_FILTERS, length - MIN (length, 2));
      return;
    }
  for (guint i = 2; i < length; i++)
    {
      DfnNostrFilter *filter =
          dfn_nostr_filter_from_node (json_array_get_element (array, i), &error);

      if (filter == NULL)
        {
          message->problem = g_strdup (error->message);
          return;
        }
      g_ptr_array_add (filters, filter);
    }
  message->filters = g_steal_pointer (&filters);
}

static gboolean
find_type (const char *name, DfnNostrClientMessageType *type)
{
  static const char *const names[] = {
    [DFN_NOSTR_CLIENT_EVENT] = "EVENT", [DFN_NOSTR_CLIENT_REQ] = "REQ",
    [DFN_NOSTR_CLIENT_CLOSE] = "CLOSE", [DFN_NOSTR_CLIENT_AUTH] = "AUTH",
    [DFN_NOSTR_CLIENT_COUNT] = "COUNT",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (name, names[i]) == 0)
      {
        *type = i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
read_values (DfnNostrClientMessage *message, JsonNode *root, GError **error)
{
  switch (message->type)
    {
    case DFN_NOSTR_CLIENT_EVENT:
    case DFN_NOSTR_CLIENT_AUTH:
      return dfn_nostr_message_read_event (root, 1, &message->event_node, &message->event_id,
                                           error);
    case DFN_NOSTR_CLIENT_REQ:
    case DFN_NOSTR_CLIENT_CLOSE:
    case DFN_NOSTR_CLIENT_COUNT:
      break;
    }
  if (!dfn_nostr_message_read_subscription (root, 1, &message->subscription_id, error))
    return FALSE;
  if (message->type == DFN_NOSTR_CLIENT_REQ)
    read_filters (message, json_node_get_array (root));
  return TRUE;
}

DfnNostrClientMessage *
dfn_nostr_client_message_parse (const char *text, gssize length, gsize max_size, GError **error)
{
  g_autoptr (DfnNostrClientMessage) message = NULL;
  g_autoptr (JsonNode) root = NULL;
  const char *name;

  g_return_val_if_fail (text != NULL, NULL);

  root = dfn_nostr_message_open (text, length, max_size, &name, error);
  if (root == NULL)
    return NULL;
  message = g_new0 (DfnNostrClientMessage, 1);
  if (!find_type (name, &message->type))
    {
      dfn_nostr_message_fail (error, "to a relay", "is of an unknown type");
      return NULL;
    }
  return read_values (message, root, error) ? g_steal_pointer (&message) : NULL;
}

void
dfn_nostr_client_message_free (DfnNostrClientMessage *message)
{
  if (message == NULL)
    return;
  g_free (message->subscription_id);
  g_clear_pointer (&message->filters, g_ptr_array_unref);
  g_free (message->problem);
  g_free (message->event_id);
  g_clear_pointer (&message->event_node, json_node_unref);
  g_free (message);
}

DfnNostrEvent *
dfn_nostr_client_message_verify (const DfnNostrClientMessage *message, GError **error)
{
  g_return_val_if_fail (message != NULL, NULL);
  g_return_val_if_fail (message->event_node != NULL, NULL);

  return dfn_nostr_event_from_node (message->event_node, error);
}

static char *
format_event (const char *name, DfnNostrEvent *event)
{
  GString *text = dfn_nostr_message_begin (name, NULL);

  g_string_append_c (text, ',');
  g_string_append (text, dfn_nostr_event_to_json (event));
  return dfn_nostr_message_end (text);
}

char *
dfn_nostr_client_message_format_event (DfnNostrEvent *event)
{
  g_return_val_if_fail (event != NULL, NULL);

  return format_event ("EVENT", event);
}

char *
dfn_nostr_client_message_format_auth (DfnNostrEvent *event)
{
  g_return_val_if_fail (event != NULL, NULL);

  return format_event ("AUTH", event);
}

char *
dfn_nostr_client_message_format_req (const char *subscription_id, GPtrArray *filters)
{
  GString *text;

  g_return_val_if_fail (subscription_id != NULL, NULL);
  g_return_val_if_fail (filters != NULL && filters->len > 0, NULL);

  text = dfn_nostr_message_begin ("REQ", subscription_id);
  for (guint i = 0; i < filters->len; i++)
    {
      g_autoptr (JsonNode) node = dfn_nostr_filter_to_node (filters->pdata[i]);
      g_autofree char *json = json_to_string (node, FALSE);

      g_string_append_c (text, ',');
      g_string_append (text, json);
    }
  return dfn_nostr_message_end (text);
}

char *
dfn_nostr_client_message_format_close (const char *subscription_id)
{
  g_return_val_if_fail (subscription_id != NULL, NULL);

  return dfn_nostr_message_end (dfn_nostr_message_begin ("CLOSE", subscription_id));
}
