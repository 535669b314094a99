/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-filter.h"

#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nostr-json.h"

#include <string.h>

#define MAX_KIND 65535
/* 'A' to 'Z', then 'a' to 'z'. */
#define N_LETTERS 52

/* Values in the order they came, and a set of the same strings for matching. */
typedef struct {
  GPtrArray *list;
  GHashTable *set;
} Values;

struct _DfnNostrFilter {
  gatomicrefcount ref_count;
  Values ids;
  Values authors;
  Values tags[N_LETTERS];
  GArray *kinds;
  gint64 since;
  gint64 until;
  guint limit;
};

G_DEFINE_BOXED_TYPE (DfnNostrFilter, dfn_nostr_filter, dfn_nostr_filter_ref, dfn_nostr_filter_unref)

static void
values_demand (Values *values)
{
  if (values->list != NULL)
    return;
  values->list = g_ptr_array_new_with_free_func (g_free);
  values->set = g_hash_table_new (g_str_hash, g_str_equal);
}

static void
values_add (Values *values, const char *text)
{
  values_demand (values);
  if (g_hash_table_contains (values->set, text))
    return;
  g_ptr_array_add (values->list, g_strdup (text));
  g_hash_table_add (values->set, values->list->pdata[values->list->len - 1]);
}

static void
values_clear (Values *values)
{
  g_clear_pointer (&values->set, g_hash_table_unref);
  g_clear_pointer (&values->list, g_ptr_array_unref);
}

static gboolean
values_match (const Values *values, const char *text)
{
  return values->set == NULL || g_hash_table_contains (values->set, text);
}

static Values *
tag_values (DfnNostrFilter *self, char name)
{
  return &self->tags[g_ascii_isupper (name) ? name - 'A' : name - 'a' + 26];
}

static char
tag_letter (guint index)
{
  return (char) (index < 26 ? 'A' + index : 'a' + index - 26);
}

DfnNostrFilter *
dfn_nostr_filter_new (void)
{
  DfnNostrFilter *self = g_new0 (DfnNostrFilter, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->since = G_MININT64;
  self->until = G_MAXINT64;
  self->limit = G_MAXUINT;
  return self;
}

DfnNostrFilter *
dfn_nostr_filter_ref (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_nostr_filter_unref (DfnNostrFilter *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  values_clear (&self->ids);
  values_clear (&self->authors);
  for (guint i = 0; i < N_LETTERS; i++)
    values_clear (&self->tags[i]);
  g_clear_pointer (&self->kinds, g_array_unref);
  g_free (self);
}

void
dfn_nostr_filter_add_id (DfnNostrFilter *self, const char *id)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (id != NULL);

  values_add (&self->ids, id);
}

void
dfn_nostr_filter_add_author (DfnNostrFilter *self, const char *pubkey)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (pubkey != NULL);

  values_add (&self->authors, pubkey);
}

void
dfn_nostr_filter_add_kind (DfnNostrFilter *self, guint kind)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (kind <= MAX_KIND);

  if (self->kinds == NULL)
    self->kinds = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_val (self->kinds, kind);
}

void
dfn_nostr_filter_add_tag (DfnNostrFilter *self, char name, const char *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (g_ascii_isalpha (name));
  g_return_if_fail (value != NULL);

  values_add (tag_values (self, name), value);
}

void
dfn_nostr_filter_set_since (DfnNostrFilter *self, gint64 seconds)
{
  g_return_if_fail (self != NULL);

  self->since = seconds;
}

void
dfn_nostr_filter_set_until (DfnNostrFilter *self, gint64 seconds)
{
  g_return_if_fail (self != NULL);

  self->until = seconds;
}

void
dfn_nostr_filter_set_limit (DfnNostrFilter *self, guint limit)
{
  g_return_if_fail (self != NULL);

  self->limit = limit;
}

static gboolean
fail (GError **error, const char *name, const char *problem)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_FILTER,
               "The filter's condition \"%s\" %s", name, problem);
  return FALSE;
}

static JsonArray *
get_values (JsonNode *node, const char *name, GError **error)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    {
      fail (error, name, "is no array");
      return NULL;
    }
  array = json_node_get_array (node);
  if (json_array_get_length (array) > DFN_NOSTR_FILTER_MAX_VALUES)
    {
      fail (error, name, "has too many values");
      return NULL;
    }
  return array;
}

static gboolean
read_strings (Values *values, JsonNode *node, const char *name, gboolean is_hash, GError **error)
{
  JsonArray *array = get_values (node, name, error);

  if (array == NULL)
    return FALSE;
  values_demand (values);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const char *text = dfn_nostr_json_get_string (json_array_get_element (array, i));
      guint8 bytes[DFN_HASH_SIZE];

      if (text == NULL)
        return fail (error, name, "has something other than text");
      if (is_hash && !dfn_hex_decode (text, bytes, sizeof bytes))
        return fail (error, name, "has something other than 64 lower-case hexadecimal digits");
      values_add (values, text);
    }
  return TRUE;
}

static gboolean
read_kinds (DfnNostrFilter *self, JsonNode *node, GError **error)
{
  JsonArray *array = get_values (node, "kinds", error);

  if (array == NULL)
    return FALSE;
  if (self->kinds == NULL)
    self->kinds = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      gint64 kind;

      if (!dfn_nostr_json_get_integer (json_array_get_element (array, i), 0, MAX_KIND, &kind))
        return fail (error, "kinds", "has something other than a kind");
      dfn_nostr_filter_add_kind (self, (guint) kind);
    }
  return TRUE;
}

static gboolean
read_limit (DfnNostrFilter *self, JsonNode *node, GError **error)
{
  gint64 limit;

  if (!dfn_nostr_json_get_integer (node, 0, G_MAXINT64, &limit))
    return fail (error, "limit", "is no number of events");
  self->limit = (guint) MIN (limit, G_MAXUINT - 1);
  return TRUE;
}

static gboolean
read_time (JsonNode *node, const char *name, gint64 *seconds, GError **error)
{
  if (!dfn_nostr_json_get_integer (node, G_MININT64, G_MAXINT64, seconds))
    return fail (error, name, "is no time in seconds");
  return TRUE;
}

static gboolean
read_member (DfnNostrFilter *self, const char *name, JsonNode *node, GError **error)
{
  if (strcmp (name, "ids") == 0)
    return read_strings (&self->ids, node, name, TRUE, error);
  if (strcmp (name, "authors") == 0)
    return read_strings (&self->authors, node, name, TRUE, error);
  if (strcmp (name, "kinds") == 0)
    return read_kinds (self, node, error);
  if (strcmp (name, "since") == 0)
    return read_time (node, name, &self->since, error);
  if (strcmp (name, "until") == 0)
    return read_time (node, name, &self->until, error);
  if (strcmp (name, "limit") == 0)
    return read_limit (self, node, error);
  if (name[0] != '#')
    return TRUE;
  if (!g_ascii_isalpha (name[1]) || name[2] != '\0')
    return fail (error, name, "is not on a tag named by one letter");
  return read_strings (tag_values (self, name[1]), node, name, FALSE, error);
}

DfnNostrFilter *
dfn_nostr_filter_from_node (JsonNode *node, GError **error)
{
  g_autoptr (DfnNostrFilter) self = NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  g_return_val_if_fail (node != NULL, NULL);

  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_FILTER,
                           "A filter is a JSON object");
      return NULL;
    }
  self = dfn_nostr_filter_new ();
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member))
    if (!read_member (self, name, member, error))
      return NULL;
  return g_steal_pointer (&self);
}

static void
write_strings (JsonObject *object, const char *name, const Values *values)
{
  JsonArray *array;

  if (values->list == NULL)
    return;
  array = json_array_sized_new (values->list->len);
  for (guint i = 0; i < values->list->len; i++)
    json_array_add_string_element (array, values->list->pdata[i]);
  json_object_set_array_member (object, name, array);
}

JsonNode *
dfn_nostr_filter_to_node (DfnNostrFilter *self)
{
  JsonNode *node;
  JsonObject *object;

  g_return_val_if_fail (self != NULL, NULL);

  object = json_object_new ();
  write_strings (object, "ids", &self->ids);
  write_strings (object, "authors", &self->authors);
  if (self->kinds != NULL)
    {
      JsonArray *kinds = json_array_sized_new (self->kinds->len);

      for (guint i = 0; i < self->kinds->len; i++)
        json_array_add_int_element (kinds, g_array_index (self->kinds, guint, i));
      json_object_set_array_member (object, "kinds", kinds);
    }
  for (guint i = 0; i < N_LETTERS; i++)
    {
      const char name[] = { '#', tag_letter (i), '\0' };

      write_strings (object, name, &self->tags[i]);
    }
  if (self->since != G_MININT64)
    json_object_set_int_member (object, "since", self->since);
  if (self->until != G_MAXINT64)
    json_object_set_int_member (object, "until", self->until);
  if (self->limit != G_MAXUINT)
    json_object_set_int_member (object, "limit", self->limit);
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, object);
  return node;
}

static gboolean
match_kind (DfnNostrFilter *self, guint kind)
{
  if (self->kinds == NULL)
    return TRUE;
  for (guint i = 0; i < self->kinds->len; i++)
    if (g_array_index (self->kinds, guint, i) == kind)
      return TRUE;
  return FALSE;
}

static gboolean
match_tag (const Values *values, char letter, GPtrArray *tags)
{
  if (values->set == NULL)
    return TRUE;
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = tags->pdata[i];

      if (tag[0][0] == letter && tag[0][1] == '\0' && tag[1] != NULL
          && g_hash_table_contains (values->set, tag[1]))
        return TRUE;
    }
  return FALSE;
}

gboolean
dfn_nostr_filter_matches (DfnNostrFilter *self, DfnNostrEvent *event)
{
  gint64 created_at;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (event != NULL, FALSE);

  created_at = dfn_nostr_event_get_created_at (event);
  if (created_at < self->since || created_at > self->until
      || !match_kind (self, dfn_nostr_event_get_kind (event))
      || !values_match (&self->ids, dfn_nostr_event_get_id (event))
      || !values_match (&self->authors, dfn_nostr_event_get_pubkey (event)))
    return FALSE;
  for (guint i = 0; i < N_LETTERS; i++)
    if (!match_tag (&self->tags[i], tag_letter (i), dfn_nostr_event_get_tags (event)))
      return FALSE;
  return TRUE;
}

GPtrArray *
dfn_nostr_filter_get_ids (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->ids.list;
}

GPtrArray *
dfn_nostr_filter_get_authors (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->authors.list;
}

GArray *
dfn_nostr_filter_get_kinds (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->kinds;
}

GPtrArray *
dfn_nostr_filter_get_tag (DfnNostrFilter *self, char name)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (g_ascii_isalpha (name), NULL);

  return tag_values (self, name)->list;
}

char *
dfn_nostr_filter_get_tag_names (DfnNostrFilter *self)
{
  char names[N_LETTERS + 1];
  guint length = 0;

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < N_LETTERS; i++)
    if (self->tags[i].list != NULL)
      names[length++] = tag_letter (i);
  return g_strndup (names, length);
}

gint64
dfn_nostr_filter_get_since (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, G_MININT64);

  return self->since;
}

gint64
dfn_nostr_filter_get_until (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, G_MAXINT64);

  return self->until;
}

guint
dfn_nostr_filter_get_limit (DfnNostrFilter *self)
{
  g_return_val_if_fail (self != NULL, G_MAXUINT);

  return self->limit;
}
