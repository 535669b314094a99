/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-event.h"

#include "dfn-bytes.h"
#include "dfn-nostr-event-private.h"
#include "dfn-nostr-json.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (DfnNostrEvent, dfn_nostr_event, dfn_nostr_event_ref, dfn_nostr_event_unref)

static void
append_tags (GString *json, GPtrArray *tags, DfnNostrAppendString append_string)
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
void
dfn_nostr_event_compute_id (DfnNostrEvent *self,
                            DfnNostrAppendString append_string,
                            guint8 hash[DFN_HASH_SIZE])
{
  g_autoptr (GString) json = g_string_new ("[0,");

  append_string (json, self->pubkey);
  g_string_append_printf (json, ",%" G_GINT64_FORMAT ",%u,", self->created_at, self->kind);
  append_tags (json, self->tags, append_string);
  g_string_append_c (json, ',');
  append_string (json, self->content);
  g_string_append_c (json, ']');
  dfn_sha256 (json->str, json->len, hash);
}

DfnNostrEvent *
dfn_nostr_event_alloc (void)
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

gboolean
dfn_nostr_event_text_is_ambiguous (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if ((guchar) *p < 0x20 && strchr ("\n\r\t\b\f", *p) == NULL)
      return TRUE;
  return FALSE;
}

/* Gives (transfer full) the text with U+FFFD for each character that programs hash differently. */
static char *
clean_text (const char *text)
{
  GString *clean;

  if (!dfn_nostr_event_text_is_ambiguous (text))
    return g_strdup (text);
  clean = g_string_new (NULL);
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      const char one[] = { *p, '\0' };
      gboolean is_ambiguous = dfn_nostr_event_text_is_ambiguous (one);

      g_string_append_unichar (clean, is_ambiguous ? 0xfffd : g_utf8_get_char (p));
    }
  return g_string_free (clean, FALSE);
}

/* Gives (transfer full) the same list where nothing has to be replaced, which is nearly always. */
static GPtrArray *
clean_tags (GPtrArray *tags)
{
  GPtrArray *clean;
  gboolean is_ambiguous = FALSE;

  for (guint i = 0; i < tags->len; i++)
    for (char **value = tags->pdata[i]; *value != NULL; value++)
      is_ambiguous |= dfn_nostr_event_text_is_ambiguous (*value);
  if (!is_ambiguous)
    return g_ptr_array_ref (tags);
  clean = dfn_nostr_tags_new ();
  for (guint i = 0; i < tags->len; i++)
    {
      g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

      for (char **value = tags->pdata[i]; *value != NULL; value++)
        {
          g_autofree char *text = clean_text (*value);

          g_strv_builder_add (builder, text);
        }
      g_ptr_array_add (clean, g_strv_builder_end (builder));
    }
  return clean;
}

DfnNostrEvent *
dfn_nostr_event_new (
    DfnNostrKey *key, guint kind, gint64 created_at, GPtrArray *tags, const char *content)
{
  guint8 hash[DFN_HASH_SIZE], signature[DFN_NOSTR_EVENT_SIGNATURE_SIZE];
  DfnNostrEvent *self;

  g_return_val_if_fail (key != NULL, NULL);
  g_return_val_if_fail (kind <= DFN_NOSTR_EVENT_MAX_KIND, NULL);
  g_return_val_if_fail (created_at >= 0 && created_at <= DFN_NOSTR_EVENT_MAX_CREATED_AT, NULL);
  g_return_val_if_fail (tags == NULL || tags_are_valid (tags), NULL);
  g_return_val_if_fail (content != NULL && g_utf8_validate (content, -1, NULL), NULL);

  self = dfn_nostr_event_alloc ();
  self->kind = kind;
  self->created_at = created_at;
  self->tags = tags != NULL ? clean_tags (tags) : dfn_nostr_tags_new ();
  self->content = clean_text (content);
  g_strlcpy (self->pubkey, dfn_nostr_key_get_pubkey (key), sizeof self->pubkey);
  dfn_nostr_event_compute_id (self, dfn_nostr_json_append_canonical, hash);
  write_hex (self->id, hash, sizeof hash);
  dfn_nostr_key_sign (key, hash, signature);
  write_hex (self->signature, signature, sizeof signature);
  return self;
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
