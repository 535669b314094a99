/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-event.h"

#include "dfn-bytes.h"
#include "dfn-nostr-event-private.h"
#include "dfn-nostr-json.h"

#include <string.h>

static gboolean
fail (GError **error, const char *problem)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_EVENT, "The event has %s", problem);
  return FALSE;
}

/* Copies a member of @length bytes in hexadecimal digits. */
static gboolean
read_hex (JsonObject *object, const char *name, char *target, gsize length)
{
  const char *text = dfn_nostr_json_get_string (json_object_get_member (object, name));
  guint8 bytes[DFN_NOSTR_EVENT_SIGNATURE_SIZE];

  if (text == NULL || !dfn_hex_decode (text, bytes, length))
    return FALSE;
  memcpy (target, text, 2 * length + 1);
  return TRUE;
}

/* Judges the tags' form and adds up their bytes, before anything is copied. */
static gboolean
measure_tags (JsonArray *tags, gsize *size, GError **error)
{
  if (json_array_get_length (tags) > DFN_NOSTR_EVENT_MAX_TAGS)
    return fail (error, "too many tags");
  for (guint i = 0; i < json_array_get_length (tags); i++)
    {
      JsonNode *node = json_array_get_element (tags, i);
      JsonArray *tag;

      if (!JSON_NODE_HOLDS_ARRAY (node))
        return fail (error, "a tag that is no array");
      tag = json_node_get_array (node);
      if (json_array_get_length (tag) == 0)
        return fail (error, "a tag without a name");
      for (guint j = 0; j < json_array_get_length (tag); j++)
        {
          const char *text = dfn_nostr_json_get_string (json_array_get_element (tag, j));

          if (text == NULL)
            return fail (error, "a tag with something other than text");
          *size += strlen (text) + 3;
        }
    }
  return TRUE;
}

static GPtrArray *
copy_tags (JsonArray *tags)
{
  GPtrArray *copy = dfn_nostr_tags_new ();

  for (guint i = 0; i < json_array_get_length (tags); i++)
    {
      JsonArray *tag = json_array_get_array_element (tags, i);
      guint length = json_array_get_length (tag);
      char **values = g_new0 (char *, length + 1);

      for (guint j = 0; j < length; j++)
        values[j] = g_strdup (json_array_get_string_element (tag, j));
      g_ptr_array_add (copy, values);
    }
  return copy;
}

static gboolean
read_members (DfnNostrEvent *self, JsonObject *object, GError **error)
{
  JsonNode *tags = json_object_get_member (object, "tags");
  const char *content = dfn_nostr_json_get_string (json_object_get_member (object, "content"));
  gint64 kind;
  gsize size;

  if (!read_hex (object, "id", self->id, DFN_HASH_SIZE))
    return fail (error, "no id");
  if (!read_hex (object, "pubkey", self->pubkey, DFN_NOSTR_PUBKEY_SIZE))
    return fail (error, "no public key");
  if (!read_hex (object, "sig", self->signature, DFN_NOSTR_EVENT_SIGNATURE_SIZE))
    return fail (error, "no signature");
  if (!dfn_nostr_json_get_integer (json_object_get_member (object, "created_at"), 0,
                                   DFN_NOSTR_EVENT_MAX_CREATED_AT, &self->created_at))
    return fail (error, "no time of creation");
  if (!dfn_nostr_json_get_integer (json_object_get_member (object, "kind"), 0,
                                   DFN_NOSTR_EVENT_MAX_KIND, &kind))
    return fail (error, "no kind");
  if (tags == NULL || !JSON_NODE_HOLDS_ARRAY (tags))
    return fail (error, "no tags");
  if (content == NULL)
    return fail (error, "no content");

  size = strlen (content);
  if (!measure_tags (json_node_get_array (tags), &size, error))
    return FALSE;
  if (size > DFN_NOSTR_EVENT_MAX_SIZE)
    return fail (error, "too many bytes");
  self->kind = (guint) kind;
  self->tags = copy_tags (json_node_get_array (tags));
  self->content = g_strdup (content);
  return TRUE;
}

static gboolean
is_ambiguous (DfnNostrEvent *self)
{
  for (guint i = 0; i < self->tags->len; i++)
    for (char **value = self->tags->pdata[i]; *value != NULL; value++)
      if (dfn_nostr_event_text_is_ambiguous (*value))
        return TRUE;
  return dfn_nostr_event_text_is_ambiguous (self->content);
}

/* NIP-01 wants control characters that it names no escape for verbatim below the id; JavaScript's
 * JSON.stringify() and most other programs write \u001b and the like, as JSON demands. Both ids
 * bind the event: neither writing ever gives the bytes of the other for another event. */
static gboolean
id_is_right (DfnNostrEvent *self, guint8 hash[DFN_HASH_SIZE])
{
  guint8 claimed[DFN_HASH_SIZE];

  if (!dfn_hex_decode (self->id, claimed, sizeof claimed))
    return FALSE;
  dfn_nostr_event_compute_id (self, dfn_nostr_json_append_canonical, hash);
  if (memcmp (claimed, hash, sizeof claimed) == 0)
    return TRUE;
  if (!is_ambiguous (self))
    return FALSE;
  dfn_nostr_event_compute_id (self, dfn_nostr_json_append_string, hash);
  return memcmp (claimed, hash, sizeof claimed) == 0;
}

static gboolean
verify (DfnNostrEvent *self, GError **error)
{
  guint8 hash[DFN_HASH_SIZE], signature[DFN_NOSTR_EVENT_SIGNATURE_SIZE];

  if (!id_is_right (self, hash))
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_BAD_SIGNATURE,
                   "The event's id %s is not the hash of its content", self->id);
      return FALSE;
    }
  if (!dfn_hex_decode (self->signature, signature, sizeof signature)
      || !dfn_nostr_signature_verify (self->pubkey, hash, signature))
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_BAD_SIGNATURE,
                   "The signature of event %s is wrong", self->id);
      return FALSE;
    }
  return TRUE;
}

DfnNostrEvent *
dfn_nostr_event_from_node (JsonNode *node, GError **error)
{
  g_autoptr (DfnNostrEvent) self = NULL;

  g_return_val_if_fail (node != NULL, NULL);

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_EVENT,
                           "An event is a JSON object");
      return NULL;
    }
  self = dfn_nostr_event_alloc ();
  if (!read_members (self, json_node_get_object (node), error) || !verify (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

DfnNostrEvent *
dfn_nostr_event_from_json (const char *json, gssize length, GError **error)
{
  g_autoptr (JsonNode) node = NULL;

  g_return_val_if_fail (json != NULL, NULL);

  node = dfn_nostr_json_parse (json, length, DFN_NOSTR_EVENT_MAX_SIZE,
                               DFN_NOSTR_ERROR_INVALID_EVENT, error);
  return node != NULL ? dfn_nostr_event_from_node (node, error) : NULL;
}
