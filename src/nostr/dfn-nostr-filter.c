/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-filter.h"

#include "dfn-nostr-filter-private.h"

G_DEFINE_BOXED_TYPE (DfnNostrFilter, dfn_nostr_filter, dfn_nostr_filter_ref, dfn_nostr_filter_unref)

void
dfn_nostr_filter_values_demand (DfnNostrFilterValues *values)
{
  if (values->list != NULL)
    return;
  values->list = g_ptr_array_new_with_free_func (g_free);
  values->set = g_hash_table_new (g_str_hash, g_str_equal);
}

void
dfn_nostr_filter_values_add (DfnNostrFilterValues *values, const char *text)
{
  dfn_nostr_filter_values_demand (values);
  if (g_hash_table_contains (values->set, text))
    return;
  g_ptr_array_add (values->list, g_strdup (text));
  g_hash_table_add (values->set, values->list->pdata[values->list->len - 1]);
}

static void
values_clear (DfnNostrFilterValues *values)
{
  g_clear_pointer (&values->set, g_hash_table_unref);
  g_clear_pointer (&values->list, g_ptr_array_unref);
}

static gboolean
values_match (const DfnNostrFilterValues *values, const char *text)
{
  return values->set == NULL || g_hash_table_contains (values->set, text);
}

DfnNostrFilterValues *
dfn_nostr_filter_tag_values (DfnNostrFilter *self, char name)
{
  return &self->tags[g_ascii_isupper (name) ? name - 'A' : name - 'a' + 26];
}

char
dfn_nostr_filter_tag_letter (guint index)
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
  for (guint i = 0; i < DFN_NOSTR_FILTER_N_LETTERS; i++)
    values_clear (&self->tags[i]);
  g_clear_pointer (&self->kinds, g_array_unref);
  g_free (self);
}

void
dfn_nostr_filter_add_id (DfnNostrFilter *self, const char *id)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (id != NULL);

  dfn_nostr_filter_values_add (&self->ids, id);
}

void
dfn_nostr_filter_add_author (DfnNostrFilter *self, const char *pubkey)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (pubkey != NULL);

  dfn_nostr_filter_values_add (&self->authors, pubkey);
}

void
dfn_nostr_filter_add_kind (DfnNostrFilter *self, guint kind)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (kind <= DFN_NOSTR_FILTER_MAX_KIND);

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

  dfn_nostr_filter_values_add (dfn_nostr_filter_tag_values (self, name), value);
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
match_tag (const DfnNostrFilterValues *values, char letter, GPtrArray *tags)
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
  for (guint i = 0; i < DFN_NOSTR_FILTER_N_LETTERS; i++)
    if (!match_tag (&self->tags[i], dfn_nostr_filter_tag_letter (i),
                    dfn_nostr_event_get_tags (event)))
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

  return dfn_nostr_filter_tag_values (self, name)->list;
}

char *
dfn_nostr_filter_get_tag_names (DfnNostrFilter *self)
{
  char names[DFN_NOSTR_FILTER_N_LETTERS + 1];
  guint length = 0;

  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < DFN_NOSTR_FILTER_N_LETTERS; i++)
    if (self->tags[i].list != NULL)
      names[length++] = dfn_nostr_filter_tag_letter (i);
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
