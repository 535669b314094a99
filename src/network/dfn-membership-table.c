/* SPDX-License-Identifier: MIT */
#include "dfn-membership-table.h"

#include <string.h>

struct _DfnMembershipTable {
  GPtrArray *members; /* owned DfnKnownMember */
  GHashTable *by_key; /* the same, by their keys */
};

static guint
hash_key (gconstpointer key)
{
  guint hash;

  /* Keys are points of a curve: as good as random, and nobody gains much from collisions. */
  memcpy (&hash, (const guint8 *) key + 8, sizeof hash);
  return hash;
}

static gboolean
equal_keys (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, DFN_MEMBER_KEY_SIZE) == 0;
}

guint64
dfn_membership_teller_id (const guint8 *key)
{
  guint64 id;

  if (key == NULL)
    return 0;
  memcpy (&id, key, sizeof id);
  return MAX (GUINT64_FROM_LE (id), 1);
}

DfnMembershipTable *
dfn_membership_table_new (void)
{
  DfnMembershipTable *self = g_new0 (DfnMembershipTable, 1);

  self->members = g_ptr_array_new_with_free_func (g_free);
  self->by_key = g_hash_table_new (hash_key, equal_keys);
  return self;
}

void
dfn_membership_table_free (DfnMembershipTable *self)
{
  g_hash_table_unref (self->by_key);
  g_ptr_array_unref (self->members);
  g_free (self);
}

DfnKnownMember *
dfn_membership_table_find (DfnMembershipTable *self, const guint8 *key)
{
  return g_hash_table_lookup (self->by_key, key);
}

static DfnKnownMember *
add (DfnMembershipTable *self, const guint8 *key)
{
  DfnKnownMember *member = g_new0 (DfnKnownMember, 1);

  memcpy (member->record.key, key, DFN_MEMBER_KEY_SIZE);
  g_ptr_array_add (self->members, member);
  g_hash_table_insert (self->by_key, member->record.key, member);
  return member;
}

static void
forget (DfnMembershipTable *self, DfnKnownMember *member)
{
  g_hash_table_remove (self->by_key, member->record.key);
  g_ptr_array_remove (self->members, member);
}

DfnKnownMember *
dfn_membership_table_set_contact (DfnMembershipTable *self, const guint8 *key)
{
  DfnKnownMember *member;

  for (guint i = 0; i < self->members->len; i++)
    {
      member = self->members->pdata[i];
      member->is_contact = FALSE;
    }
  member = dfn_membership_table_find (self, key);
  if (member == NULL)
    member = add (self, key);
  member->is_contact = TRUE;
  return member;
}

/* Whoever says it first answers for it. */
static guint64
get_origin (const DfnKnownMember *member)
{
  return member->n_tellers > 0 ? member->tellers[0].id : 0;
}

static guint
count_of_origin (DfnMembershipTable *self, guint64 origin)
{
  guint n = 0;

  for (guint i = 0; i < self->members->len; i++)
    n += get_origin (self->members->pdata[i]) == origin ? 1 : 0;
  return n;
}

/* Finds the one of a teller's that will be over first. */
static DfnKnownMember *
find_oldest_of (DfnMembershipTable *self, guint64 origin)
{
  DfnKnownMember *oldest = NULL;

  for (guint i = 0; i < self->members->len; i++)
    {
      DfnKnownMember *member = self->members->pdata[i];

      if (get_origin (member) == origin && !member->is_contact
          && (oldest == NULL || member->record.expires_s < oldest->record.expires_s))
        oldest = member;
    }
  return oldest;
}

static guint64
find_biggest_origin (DfnMembershipTable *self)
{
  guint64 biggest = 0;
  guint most = 0;

  for (guint i = 0; i < self->members->len; i++)
    {
      guint64 origin = get_origin (self->members->pdata[i]);
      guint n = origin == biggest && most > 0 ? most : count_of_origin (self, origin);

      if (n > most)
        {
          most = n;
          biggest = origin;
        }
    }
  return biggest;
}

/* Makes room for one more of @teller's. A teller with many gives way to one with few. */
static gboolean
make_room (DfnMembershipTable *self, guint64 teller, gint64 expires_s)
{
  guint64 origin;
  DfnKnownMember *victim;

  if (teller != 0 && count_of_origin (self, teller) >= DFN_MEMBERSHIP_MAX_PER_SOURCE)
    origin = teller;
  else if (self->members->len >= DFN_MEMBERSHIP_MAX_KNOWN)
    origin = find_biggest_origin (self);
  else
    return TRUE;
  victim = find_oldest_of (self, origin);
  if (victim == NULL || (origin == teller && victim->record.expires_s >= expires_s))
    return FALSE;
  forget (self, victim);
  return TRUE;
}

static void
add_teller (DfnKnownMember *member, guint64 teller, gboolean is_neighbour)
{
  guint at = 0;

  while (at < member->n_tellers && member->tellers[at].id != teller)
    at++;
  /* The first one stays, it is the origin; of the others, the last to tell takes a place. */
  if (at == DFN_MEMBERSHIP_MAX_TELLERS)
    {
      at = DFN_MEMBERSHIP_MAX_TELLERS - 1;
      memmove (&member->tellers[1], &member->tellers[2], (at - 1) * sizeof member->tellers[0]);
    }
  member->n_tellers = MAX (member->n_tellers, at + 1);
  member->tellers[at].id = teller;
  member->tellers[at].is_neighbour = is_neighbour;
}

DfnKnownMember *
dfn_membership_table_learn (DfnMembershipTable *self,
                            const DfnMemberRecord *record,
                            guint64 teller,
                            gboolean is_neighbour,
                            gint64 now_s)
{
  DfnKnownMember *member = dfn_membership_table_find (self, record->key);

  if (member == NULL)
    {
      dfn_membership_table_expire (self, now_s);
      if (!make_room (self, teller, record->expires_s))
        return NULL;
      member = add (self, record->key);
    }
  if (record->expires_s > member->record.expires_s)
    member->record = *record;
  add_teller (member, teller, is_neighbour);
  return member;
}

guint
dfn_membership_table_get_size (DfnMembershipTable *self)
{
  return self->members->len;
}

DfnKnownMember *
dfn_membership_table_get (DfnMembershipTable *self, guint n)
{
  return self->members->pdata[n];
}

void
dfn_membership_table_expire (DfnMembershipTable *self, gint64 now_s)
{
  for (guint i = self->members->len; i > 0; i--)
    {
      DfnKnownMember *member = self->members->pdata[i - 1];

      if (member->record.expires_s <= now_s && !member->is_contact)
        forget (self, member);
    }
}
