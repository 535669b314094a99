/* SPDX-License-Identifier: MIT */
#include "dfn-relay-query.h"

#include <string.h>

/* Conditions on lists take the list as one JSON text, so that a filter with a thousand values has
 * the same statement as one with a single value. */
#define SELECT "SELECT id, json FROM events WHERE (expires IS NULL OR expires > ?)"
#define IN_LIST " IN (SELECT value FROM json_each (?))"
#define HAS_TAG " AND seq IN (SELECT event FROM tags WHERE name = ? AND value" IN_LIST ")"
#define ORDER " ORDER BY created_at DESC, id LIMIT ?"

typedef struct {
  char *text;
  gint64 number;
} Parameter;

struct _DfnRelayQuery {
  GString *sql;
  GArray *parameters;
};

static void
clear_parameter (gpointer data)
{
  g_free (((Parameter *) data)->text);
}

static void
add_text (DfnRelayQuery *self, char *text)
{
  Parameter parameter = { text, 0 };
  g_array_append_val (self->parameters, parameter);
}

static void
add_number (DfnRelayQuery *self, gint64 number)
{
  Parameter parameter = { NULL, number };
  g_array_append_val (self->parameters, parameter);
}

static void
add_list (DfnRelayQuery *self, JsonObject *object, const char *member, const char *condition)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL)
    return;
  g_string_append (self->sql, condition);
  add_text (self, json_to_string (node, FALSE));
}

static void
add_bound (DfnRelayQuery *self, JsonObject *object, const char *member, const char *condition)
{
  if (!json_object_has_member (object, member))
    return;
  g_string_append (self->sql, condition);
  add_number (self, json_object_get_int_member (object, member));
}

static void
add_tags (DfnRelayQuery *self, JsonObject *object)
{
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &member, &node))
    {
      if (member[0] != '#')
        continue;
      g_string_append (self->sql, HAS_TAG);
      add_text (self, g_strdup (member + 1));
      add_text (self, json_to_string (node, FALSE));
    }
}

DfnRelayQuery *
dfn_relay_query_new (DfnNostrFilter *filter, guint max_limit, gint64 now)
{
  DfnRelayQuery *self = g_new0 (DfnRelayQuery, 1);
  g_autoptr (JsonNode) node = dfn_nostr_filter_to_node (filter);
  JsonObject *object = json_node_get_object (node);

  self->sql = g_string_new (SELECT);
  self->parameters = g_array_new (FALSE, FALSE, sizeof (Parameter));
  g_array_set_clear_func (self->parameters, clear_parameter);

  add_number (self, now);
  add_list (self, object, "ids", " AND id" IN_LIST);
  add_list (self, object, "authors", " AND pubkey" IN_LIST);
  add_list (self, object, "kinds", " AND kind" IN_LIST);
  add_bound (self, object, "since", " AND created_at >= ?");
  add_bound (self, object, "until", " AND created_at <= ?");
  add_tags (self, object);
  g_string_append (self->sql, ORDER);
  add_number (self, MIN (dfn_nostr_filter_get_limit (filter), max_limit));
  return self;
}

const char *
dfn_relay_query_get_sql (DfnRelayQuery *self)
{
  return self->sql->str;
}

int
dfn_relay_query_bind (DfnRelayQuery *self, sqlite3_stmt *statement)
{
  int result = SQLITE_OK;

  for (guint i = 0; i < self->parameters->len && result == SQLITE_OK; i++)
    {
      Parameter *parameter = &g_array_index (self->parameters, Parameter, i);
      if (parameter->text != NULL)
        result = sqlite3_bind_text (statement, (int) i + 1, parameter->text, -1, SQLITE_TRANSIENT);
      else
        result = sqlite3_bind_int64 (statement, (int) i + 1, parameter->number);
    }
  return result;
}

void
dfn_relay_query_free (DfnRelayQuery *self)
{
  g_string_free (self->sql, TRUE);
  g_array_unref (self->parameters);
  g_free (self);
}
