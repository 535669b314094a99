/* SPDX-License-Identifier: MIT */
#include "dfn-relay-info.h"

#include "dfn-nostr-json.h"
#include "dfn-relay-url.h"

#include <libsoup/soup.h>
#include <string.h>

#define TIMEOUT_SECONDS 5

static guint
read_number (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  gint64 value;

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return 0;
  value = json_node_get_int (node);
  return (guint) CLAMP (value, 0, G_MAXINT);
}

static gboolean
read_flag (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

static void
read_limitation (DfnRelayInfo *self, JsonObject *object)
{
  self->max_message_length = read_number (object, "max_message_length");
  self->max_subscriptions = read_number (object, "max_subscriptions");
  self->max_filters = read_number (object, "max_filters");
  self->max_limit = read_number (object, "max_limit");
  self->max_subid_length = read_number (object, "max_subid_length");
  self->max_event_tags = read_number (object, "max_event_tags");
  self->max_content_length = read_number (object, "max_content_length");
  self->created_at_lower = read_number (object, "created_at_lower_limit");
  self->created_at_upper = read_number (object, "created_at_upper_limit");
  self->auth_required = read_flag (object, "auth_required");
}

gboolean
dfn_relay_info_parse (DfnRelayInfo *self, const char *json, gsize length, GError **error)
{
  g_autoptr (JsonNode) root = dfn_nostr_json_parse (json, (gssize) length, DFN_RELAY_INFO_MAX_SIZE,
                                                    DFN_NOSTR_ERROR_INVALID_MESSAGE, error);
  JsonNode *limitation;

  memset (self, 0, sizeof *self);
  if (root == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE,
                           "The relay's information document is not the JSON of NIP-11");
      return FALSE;
    }
  limitation = json_object_get_member (json_node_get_object (root), "limitation");
  if (limitation != NULL && JSON_NODE_HOLDS_OBJECT (limitation))
    read_limitation (self, json_node_get_object (limitation));
  return TRUE;
}

static gboolean
check_size (gsize size, guint limit, const char *what, GError **error)
{
  if (limit == 0 || size <= limit)
    return TRUE;
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE,
               "The event has %" G_GSIZE_FORMAT " %s, this relay takes at most %u", size, what,
               limit);
  return FALSE;
}

gboolean
dfn_relay_info_check_event (const DfnRelayInfo *self,
                            DfnNostrEvent *event,
                            gint64 now,
                            GError **error)
{
  const char *content = dfn_nostr_event_get_content (event);
  gint64 created_at = dfn_nostr_event_get_created_at (event);
  gsize message = strlen (dfn_nostr_event_to_json (event)) + strlen ("[\"EVENT\",]");

  if (!check_size (message, self->max_message_length, "bytes", error)
      || !check_size (dfn_nostr_event_get_tags (event)->len, self->max_event_tags, "tags", error)
      || !check_size ((gsize) g_utf8_strlen (content, -1), self->max_content_length,
                      "characters of content", error))
    return FALSE;
  if ((self->created_at_lower > 0 && created_at < now - self->created_at_lower)
      || (self->created_at_upper > 0 && created_at > now + self->created_at_upper))
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY,
                           "This relay does not take events of that time; check the clock");
      return FALSE;
    }
  return TRUE;
}

typedef struct {
  SoupSession *session;
  GOutputStream *body;
  DfnRelayInfo info;
} Fetch;

static void
fetch_free (Fetch *fetch)
{
  g_object_unref (fetch->session);
  g_clear_object (&fetch->body);
  g_free (fetch);
}

static void
on_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (object), result, NULL);
  Fetch *fetch = g_task_get_task_data (task);
  GMemoryOutputStream *body = G_MEMORY_OUTPUT_STREAM (fetch->body);
  GError *error = NULL;
  gsize have = g_memory_output_stream_get_data_size (body);

  if (bytes != NULL && g_bytes_get_size (bytes) > 0
      && have + g_bytes_get_size (bytes) <= DFN_RELAY_INFO_MAX_SIZE)
    {
      g_output_stream_write_bytes (fetch->body, bytes, NULL, NULL);
      g_input_stream_read_bytes_async (G_INPUT_STREAM (object), DFN_RELAY_INFO_MAX_SIZE,
                                       G_PRIORITY_LOW, g_task_get_cancellable (task), on_read,
                                       g_object_ref (task));
      return;
    }
  /* A broken connection or a document too long leaves a text that does not parse. */
  if (dfn_relay_info_parse (&fetch->info, g_memory_output_stream_get_data (body), have, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (object), result, &error);

  if (stream == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_input_stream_read_bytes_async (stream, DFN_RELAY_INFO_MAX_SIZE, G_PRIORITY_LOW,
                                   g_task_get_cancellable (task), on_read, g_object_ref (task));
}

void
dfn_relay_info_fetch_async (const char *url,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autofree char *http = dfn_relay_url_to_http (url);
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, http);
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->session = soup_session_new_with_options ("timeout", TIMEOUT_SECONDS, NULL);
  /* The decoder would unpack a compressed document of any size into memory. */
  soup_session_remove_feature_by_type (fetch->session, SOUP_TYPE_CONTENT_DECODER);
  fetch->body = g_memory_output_stream_new_resizable ();
  g_task_set_task_data (task, fetch, (GDestroyNotify) fetch_free);
  g_task_set_source_tag (task, dfn_relay_info_fetch_async);
  if (message == NULL)
    {
      g_task_return_new_error (task, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_URL,
                               "%s has no HTTP address", url);
      return;
    }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (soup_message_get_request_headers (message), "Accept",
                                "application/nostr+json");
  soup_session_send_async (fetch->session, message, G_PRIORITY_LOW, cancellable, on_sent,
                           g_object_ref (task));
}

gboolean
dfn_relay_info_fetch_finish (DfnRelayInfo *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  memset (self, 0, sizeof *self);
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  *self = ((Fetch *) g_task_get_task_data (G_TASK (result)))->info;
  return TRUE;
}
