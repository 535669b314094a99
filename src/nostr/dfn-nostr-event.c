/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-event.h"

#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nostr-json.h"

#include <string.h>

#define MAX_KIND 65535
#define SIGNATURE_SIZE 64

struct _DfnNostrEvent {
  gatomicrefcount ref_count;
  char id[2 * DFN_HASH_SIZE + 1];
  char pubkey[2 * DFN_NOSTR_PUBKEY_SIZE + 1];
  char signature[2 * SIGNATURE_SIZE + 1];
  gint64 created_at;
  guint kind;
  GPtrArray *tags;
  char *content;
  /* Made when first asked for, then set once with an atomic exchange. */
  char *json;
};

G_DEFINE_BOXED_TYPE (DfnNostrEvent, dfn_nostr_event, dfn_nostr_event_ref, dfn_nostr_event_unref)

typedef void (*AppendString) (GString *json, const char *text);

static void
append_tags (GString *json, GPtrArray *tags, AppendString append_string)
{
  g_string_append_c (json, '[');
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = tags->pdata[i];

      g_string_append (json, i > 0 ? ",[" : "[");
      for (guint j = 0; tag[j] != NULL; j++)
        {
          if (j > 0)
            g_string_append_c (json, ',');
          append_string (json, tag[j]);
        }
      g_string_append_c (json, ']');
    }
  g_string_append_c (json, ']');
}

/* NIP-01: the id is the SHA-256 of this serialisation. */
static void
compute_id (DfnNostrEvent *self, guint8 hash[DFN_HASH_SIZE])
{
  g_autoptr (GString) json = g_string_new ("[0,");

  dfn_nostr_json_append_canonical (json, self->pubkey);
  g_string_append_printf (json, ",%" G_GINT64_FORMAT ",%u,", self->created_at, self->kind);
  append_tags (json, self->tags, dfn_nostr_json_append_canonical);
  g_string_append_c (json, ',');
  dfn_nostr_json_append_canonical (json, self->content);
  g_string_append_c (json, ']');
  dfn_sha256 (json->str, json->len, hash);
}

static DfnNostrEvent *
event_alloc (void)
{
  DfnNostrEvent *self = g_new0 (DfnNostrEvent, 1);

  g_atomic_ref_count_init (&self->ref_count);
  return self;
}

static void
write_hex (char *target, const guint8 *bytes, gsize length)
{
  g_autofree char *hex = dfn_hex_encode (bytes, length);

  memcpy (target, hex, 2 * length + 1);
}

static gboolean
tags_are_valid (GPtrArray *tags)
{
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = tags->pdata[i];

      if (tag[0] == NULL)
        return FALSE;
      for (guint j = 0; tag[j] != NULL; j++)
        if (!g_utf8_validate (tag[j], -1, NULL))
          return FALSE;
    }
  return TRUE;
}

DfnNostrEvent *
dfn_nostr_event_new (
    DfnNostrKey *key, guint kind, gint64 created_at, GPtrArray *tags, const char *content)
{
  guint8 hash[DFN_HASH_SIZE], signature[SIGNATURE_SIZE];
  DfnNostrEvent *self;

  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (kind <= MAX_KIND, NULL);
  g_return_val_if_fail (created_at >= 0 && created_at <= DFN_NOSTR_EVENT_MAX_CREATED_AT, NULL);
  g_return_val_if_fail (tags == NULL || tags_are_valid (tags), NULL);
  g_return_val_if_fail (content != NULL && g_utf8_validate (content, -1, NULL), NULL);

  self = event_alloc ();
  self->kind = kind;
  self->created_at = created_at;
  self->tags = tags != NULL ? g_ptr_array_ref (tags) : dfn_nostr_tags_new ();
  self->content = g_strdup (content);
  g_strlcpy (self->pubkey, dfn_nostr_key_get_pubkey (key), sizeof self->pubkey);
  compute_id (self, hash);
  write_hex (self->id, hash, sizeof hash);
  dfn_nostr_key_sign (key, hash, signature);
  write_hex (self->signature, signature, sizeof signature);
  return self;
}

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
  guint8 bytes[SIGNATURE_SIZE];

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
  if (!read_hex (object, "sig", self->signature, SIGNATURE_SIZE))
    return fail (error, "no signature");
  if (!dfn_nostr_json_get_integer (json_object_get_member (object, "created_at"), 0,
                                   DFN_NOSTR_EVENT_MAX_CREATED_AT, &self->created_at))
    return fail (error, "no time of creation");
  if (!dfn_nostr_json_get_integer (json_object_get_member (object, "kind"), 0, MAX_KIND, &kind))
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
verify (DfnNostrEvent *self, GError **error)
{
  guint8 claimed[DFN_HASH_SIZE], hash[DFN_HASH_SIZE], signature[SIGNATURE_SIZE];

  compute_id (self, hash);
  if (!dfn_hex_decode (self->id, claimed, sizeof claimed)
      || memcmp (claimed, hash, sizeof hash) != 0)
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
  self = event_alloc ();
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

DfnNostrEvent *
dfn_nostr_event_ref (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_nostr_event_unref (DfnNostrEvent *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->tags, g_ptr_array_unref);
  g_free (self->content);
  g_free (self->json);
  g_free (self);
}

const char *
dfn_nostr_event_to_json (DfnNostrEvent *self)
{
  char *json;
  GString *text;

  g_return_val_if_fail (self != NULL, NULL);

  json = g_atomic_pointer_get (&self->json);
  if (json != NULL)
    return json;
  text = g_string_new (NULL);
  g_string_append_printf (text,
                          "{\"id\":\"%s\",\"pubkey\":\"%s\",\"created_at\":%" G_GINT64_FORMAT
                          ",\"kind\":%u,\"tags\":",
                          self->id, self->pubkey, self->created_at, self->kind);
  append_tags (text, self->tags, dfn_nostr_json_append_string);
  g_string_append (text, ",\"content\":");
  dfn_nostr_json_append_string (text, self->content);
  g_string_append_printf (text, ",\"sig\":\"%s\"}", self->signature);
  json = g_string_free (text, FALSE);
  if (!g_atomic_pointer_compare_and_exchange (&self->json, NULL, json))
    g_free (json);
  return g_atomic_pointer_get (&self->json);
}

const char *
dfn_nostr_event_get_id (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

const char *
dfn_nostr_event_get_pubkey (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pubkey;
}

gint64
dfn_nostr_event_get_created_at (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->created_at;
}

guint
dfn_nostr_event_get_kind (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->kind;
}

GPtrArray *
dfn_nostr_event_get_tags (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->tags;
}

const char *
dfn_nostr_event_get_content (DfnNostrEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->content;
}

const char *
dfn_nostr_event_get_tag (DfnNostrEvent *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);

  return dfn_nostr_tags_lookup (self->tags, name);
}

char *
dfn_nostr_event_get_address (DfnNostrEvent *self)
{
  const char *identifier = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (dfn_nostr_kind_is_addressable (self->kind))
    identifier = dfn_nostr_tags_lookup (self->tags, "d");
  else if (!dfn_nostr_kind_is_replaceable (self->kind))
    return NULL;
  return g_strdup_printf ("%u:%s:%s", self->kind, self->pubkey,
                          identifier != NULL ? identifier : "");
}

gint64
dfn_nostr_event_get_expiration (DfnNostrEvent *self)
{
  const char *text;
  guint64 seconds;

  g_return_val_if_fail (self != NULL, G_MAXINT64);

  text = dfn_nostr_tags_lookup (self->tags, "expiration");
  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &seconds, NULL))
    return G_MAXINT64;
  return (gint64) seconds;
}

gboolean
dfn_nostr_kind_is_replaceable (guint kind)
{
  return kind == 0 || kind == 3 || (kind >= 10000 && kind < 20000);
}

gboolean
dfn_nostr_kind_is_ephemeral (guint kind)
{
  return kind >= 20000 && kind < 30000;
}

gboolean
dfn_nostr_kind_is_addressable (guint kind)
{
  return kind >= 30000 && kind < 40000;
}
