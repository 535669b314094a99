/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-filter.h"

#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nostr-filter-private.h"
#include "dfn-nostr-json.h"

#include <string.h>

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
read_strings (DfnNostrFilterValues *values,
              JsonNode *node,
              const char *name,
              gboolean is_hash,
              GError **error)
{
  JsonArray *array = get_values (node, name, error);

  if (array == NULL)
    return FALSE;
  dfn_nostr_filter_values_demand (values);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const char *text = dfn_nostr_json_get_string (json_array_get_element (array, i));
      guint8 bytes[DFN_HASH_SIZE];

      if (text == NULL)
        return fail (error, name, "has something other than text");
      if (is_hash && !dfn_hex_decode (text, bytes, sizeof bytes))
        return fail (error, name, "has something other than 64 lower-case hexadecimal digits");
      dfn_nostr_filter_values_add (values, text);
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

      if (!dfn_nostr_json_get_integer (json_array_get_element (array, i), 0,
                                       DFN_NOSTR_FILTER_MAX_KIND, &kind))
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
  return read_strings (dfn_nostr_filter_tag_values (self, name[1]), node, name, FALSE, error);
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
write_strings (JsonObject *object, const char *name, const DfnNostrFilterValues *values)
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
  for (guint i = 0; i < DFN_NOSTR_FILTER_N_LETTERS; i++)
    {
      const char name[] = { '#', dfn_nostr_filter_tag_letter (i), '\0' };

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
