/* SPDX-License-Identifier: MIT */
#include "dfn-relay-query.h"

#include <string.h>

/* The statement is made of branches, each of which follows one index from the newest event to the
 * oldest and stops at the limit, so that a filter costs about what it returns and not what the
 * store holds. A branch stands for one value of the condition that drives the search (a tag, an
 * author and a kind, …). All other conditions are checked for each event; they take a list as one
 * JSON text, so that a list of a thousand values is one parameter. The unary plus keeps SQLite from
 * following an index of theirs instead. */
#define MAX_BRANCHES 20

#define HEAD "SELECT e.id, e.json FROM ("
#define TAIL                                                                                       \
  ") AS found CROSS JOIN events AS e ON e.seq = found.seq"                                         \
  " ORDER BY found.created_at DESC, found.id LIMIT ?2"
#define BRANCH "SELECT * FROM (SELECT e.seq, e.created_at, e.id FROM "
#define BRANCH_END " ORDER BY %s.created_at DESC, e.id LIMIT ?2)"
#define FROM_EVENTS "events AS e WHERE "
#define FROM_TAGS "tags AS t CROSS JOIN events AS e ON e.seq = t.event WHERE "
#define ALIVE "(e.expires IS NULL OR e.expires > ?1)"
#define IN_LIST " IN (SELECT value FROM json_each (?%u))"

typedef struct {
  char *text;
  gint64 number;
} Parameter;

struct _DfnRelayQuery {
  GString *sql;
  GArray *parameters;
};

/* The filter's parts, as JSON gives them; each may be NULL. */
typedef struct {
  JsonObject *object;
  JsonArray *ids;
  JsonArray *authors;
  JsonArray *kinds;
  const char *tag;
  JsonArray *tag_values;
} Parts;

static void
clear_parameter (gpointer data)
{
  g_free (((Parameter *) data)->text);
}

/* Each returns the parameter's number in the statement. */
static guint
add_text (DfnRelayQuery *self, char *text)
{
  Parameter parameter = { text, 0 };

  g_array_append_val (self->parameters, parameter);
  return self->parameters->len;
}

static guint
add_number (DfnRelayQuery *self, gint64 number)
{
  Parameter parameter = { NULL, number };

  g_array_append_val (self->parameters, parameter);
  return self->parameters->len;
}

static guint
add_list (DfnRelayQuery *self, JsonObject *object, const char *member)
{
  return add_text (self, json_to_string (json_object_get_member (object, member), FALSE));
}

static guint
count (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

static JsonArray *
get_array (JsonObject *object, const char *member)
{
  return json_object_has_member (object, member) ? json_object_get_array_member (object, member)
                                                 : NULL;
}

/* The parts of a filter, and the tag condition with the fewest values. */
static void
read_parts (Parts *parts, JsonObject *object)
{
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;

  *parts = (Parts){
    .object = object,
    .ids = get_array (object, "ids"),
    .authors = get_array (object, "authors"),
    .kinds = get_array (object, "kinds"),
  };
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &member, &node))
    if (member[0] == '#'
        && (parts->tag == NULL || count (json_node_get_array (node)) < count (parts->tag_values)))
      {
        parts->tag = member;
        parts->tag_values = json_node_get_array (node);
      }
}

static void
add_bound (DfnRelayQuery *self, const Parts *parts, const char *member, const char *condition)
{
  if (!json_object_has_member (parts->object, member))
    return;
  g_string_append_printf (self->sql, " AND %s ?%u", condition,
                          add_number (self, json_object_get_int_member (parts->object, member)));
}

/* Tag conditions other than @driver. The tag's whole key is known, so each is one look-up. */
static void
add_tags (DfnRelayQuery *self, const Parts *parts, const char *driver)
{
  JsonObjectIter iter;
  const char *member;

  json_object_iter_init_ordered (&iter, parts->object);
  while (json_object_iter_next_ordered (&iter, &member, NULL))
    {
      if (member[0] != '#' || g_strcmp0 (member, driver) == 0)
        continue;
      g_string_append_printf (
          self->sql,
          " AND EXISTS (SELECT 1 FROM tags AS o WHERE o.name = ?%u AND o.value" IN_LIST
          " AND o.created_at = e.created_at AND o.event = e.seq)",
          add_text (self, g_strdup (member + 1)), add_list (self, parts->object, member));
    }
}

/* Ends a branch whose FROM and first condition are written: all conditions that do not drive it. */
static void
end_branch (DfnRelayQuery *self,
            const Parts *parts,
            const char *driver,
            gboolean check_authors,
            gboolean check_kinds)
{
  gboolean by_tag = driver != NULL && driver[0] == '#';

  g_string_append (self->sql, " AND " ALIVE);
  if (parts->ids != NULL && g_strcmp0 (driver, "ids") != 0)
    g_string_append_printf (self->sql, " AND +e.id" IN_LIST, add_list (self, parts->object, "ids"));
  if (parts->authors != NULL && check_authors)
    g_string_append_printf (self->sql, " AND +e.pubkey" IN_LIST,
                            add_list (self, parts->object, "authors"));
  if (parts->kinds != NULL && check_kinds)
    g_string_append_printf (self->sql, by_tag ? " AND +t.kind" IN_LIST : " AND +e.kind" IN_LIST,
                            add_list (self, parts->object, "kinds"));
  add_bound (self, parts, "since", by_tag ? "t.created_at >=" : "e.created_at >=");
  add_bound (self, parts, "until", by_tag ? "t.created_at <=" : "e.created_at <=");
  add_tags (self, parts, driver);
  g_string_append_printf (self->sql, BRANCH_END, by_tag ? "t" : "e");
}

static void
begin_branch (DfnRelayQuery *self, const char *from)
{
  /* UNION drops an event that several branches find. */
  if (self->sql->len > strlen (HEAD))
    g_string_append (self->sql, " UNION ");
  g_string_append (self->sql, BRANCH);
  g_string_append (self->sql, from);
}

static void
search_by_tag (DfnRelayQuery *self, const Parts *parts)
{
  for (guint i = 0; i < count (parts->tag_values); i++)
    {
      const char *value = json_array_get_string_element (parts->tag_values, i);
      begin_branch (self, FROM_TAGS);
      g_string_append_printf (self->sql, "t.name = ?%u AND t.value = ?%u",
                              add_text (self, g_strdup (parts->tag + 1)),
                              add_text (self, g_strdup (value)));
      end_branch (self, parts, parts->tag, TRUE, TRUE);
    }
}

static void
search_by_author (DfnRelayQuery *self, const Parts *parts, gboolean and_kind)
{
  for (guint i = 0; i < count (parts->authors); i++)
    for (guint j = 0; j < (and_kind ? count (parts->kinds) : 1); j++)
      {
        const char *author = json_array_get_string_element (parts->authors, i);
        begin_branch (self, FROM_EVENTS);
        g_string_append_printf (self->sql, "e.pubkey = ?%u", add_text (self, g_strdup (author)));
        if (and_kind)
          g_string_append_printf (self->sql, " AND e.kind = ?%u",
                                  add_number (self, json_array_get_int_element (parts->kinds, j)));
        end_branch (self, parts, "authors", FALSE, !and_kind);
      }
}

static void
search_by_kind (DfnRelayQuery *self, const Parts *parts)
{
  for (guint i = 0; i < count (parts->kinds); i++)
    {
      begin_branch (self, FROM_EVENTS);
      g_string_append_printf (self->sql, "e.kind = ?%u",
                              add_number (self, json_array_get_int_element (parts->kinds, i)));
      end_branch (self, parts, "kinds", TRUE, FALSE);
    }
}

static void
search_all (DfnRelayQuery *self, const Parts *parts)
{
  begin_branch (self, FROM_EVENTS);
  if (parts->ids != NULL)
    g_string_append_printf (self->sql, "e.id" IN_LIST, add_list (self, parts->object, "ids"));
  else
    g_string_append (self->sql, "TRUE");
  end_branch (self, parts, parts->ids != NULL ? "ids" : NULL, TRUE, TRUE);
}

static gboolean
is_few (guint n)
{
  return n > 0 && n <= MAX_BRANCHES;
}

/* Picks the condition that leaves the fewest events to look at, as far as that can be told. */
static void
search (DfnRelayQuery *self, const Parts *parts)
{
  if (parts->ids != NULL)
    search_all (self, parts);
  else if (is_few (count (parts->tag_values)))
    search_by_tag (self, parts);
  else if (is_few (count (parts->authors)) && is_few (count (parts->kinds))
           && is_few (count (parts->authors) * count (parts->kinds)))
    search_by_author (self, parts, TRUE);
  else if (is_few (count (parts->authors)))
    search_by_author (self, parts, FALSE);
  else if (is_few (count (parts->kinds)))
    search_by_kind (self, parts);
  else
    search_all (self, parts);
}

DfnRelayQuery *
dfn_relay_query_new (DfnNostrFilter *filter, guint max_limit, gint64 now)
{
  DfnRelayQuery *self = g_new0 (DfnRelayQuery, 1);
  g_autoptr (JsonNode) node = dfn_nostr_filter_to_node (filter);
  Parts parts;

  self->sql = g_string_new (HEAD);
  self->parameters = g_array_new (FALSE, FALSE, sizeof (Parameter));
  g_array_set_clear_func (self->parameters, clear_parameter);
  add_number (self, now);
  add_number (self, MIN (dfn_nostr_filter_get_limit (filter), max_limit));
  read_parts (&parts, json_node_get_object (node));
  search (self, &parts);
  g_string_append (self->sql, TAIL);
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
