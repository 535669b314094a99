/* SPDX-License-Identifier: MIT */
#include "dfn-membership-private.h"

#include <string.h>

/* A link is given so long to become useful. */
#define TRIAL_US (60 * G_USEC_PER_SEC)
#define IDLE_US (60 * G_USEC_PER_SEC)
/* Between two replacements: a new link has to show what it is worth. */
#define REPLACE_EVERY_US (10 * G_USEC_PER_SEC)
/* After a try that failed; doubled for each. */
#define RETRY_US (15 * G_USEC_PER_SEC)
#define MAX_RETRY_US (10 * 60 * G_USEC_PER_SEC)
/* After this side has ended a link. */
#define DROPPED_RETRY_US (30 * 60 * (gint64) G_USEC_PER_SEC)
/* After "no room". */
#define FULL_RETRY_US (60 * G_USEC_PER_SEC)
#define CONTACT_RETRY_US (1 * G_USEC_PER_SEC)
#define CONTACT_MAX_RETRY_US (15 * G_USEC_PER_SEC)
#define MAX_JOINERS 32
/* Who was asked to come in answers within this. */
#define ANSWER_US (5 * G_USEC_PER_SEC)
/* In a small swarm those who were there hear of a newcomer soon, but no oftener than this. */
#define EARLY_EXCHANGE_US (12 * G_USEC_PER_SEC)
#define SOON_US (1 * G_USEC_PER_SEC)
#define MAX_JOIN_DELAY_US (500 * 1000)
#define MIN_EAGERNESS (1.0 / 64)

/* Chance: SplitMix64 (Steele, Lea and Flood 2014). */

static guint64
draw (DfnMembership *self)
{
  guint64 z = self->chance += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

double
dfn_membership_chance (DfnMembership *self)
{
  return (double) (draw (self) >> 11) / (double) (G_GUINT64_CONSTANT (1) << 53);
}

guint
dfn_membership_pick (DfnMembership *self, guint n)
{
  return (guint) (draw (self) % n);
}

/* Life */

DfnMembership *
dfn_membership_new (const DfnMembershipConfig *config, gint64 now_us)
{
  DfnMembership *self = g_new0 (DfnMembership, 1);

  self->config = *config;
  self->chance = config->seed;
  self->table = dfn_membership_table_new ();
  self->links = g_ptr_array_new_with_free_func (g_free);
  self->joiners = g_array_new (FALSE, FALSE, sizeof (DfnMembershipJoiner));
  self->contact_us = G_MAXINT64;
  self->join_us = now_us;
  self->exchange_us = now_us + DFN_MEMBERSHIP_EXCHANGE_US;
  self->exchanged_us = now_us - EARLY_EXCHANGE_US;
  self->joined_us = now_us - ANSWER_US;
  self->listen_us = now_us;
  self->joins_left = DFN_MEMBERSHIP_JOINS_PER_MINUTE;
  self->joins_left_us = now_us;
  self->relay_left = DFN_MEMBERSHIP_RELAY_OFFERS;
  self->relay_left_us = now_us;
  self->eagerness = 1;
  return self;
}

void
dfn_membership_free (DfnMembership *self)
{
  dfn_membership_table_free (self->table);
  g_ptr_array_unref (self->links);
  g_array_unref (self->joiners);
  g_free (self);
}

void
dfn_membership_set_max_links (DfnMembership *self, guint max_links)
{
  g_return_if_fail (max_links > 0);

  self->config.max_links = max_links;
}

void
dfn_membership_set_accepts (DfnMembership *self, gboolean accepts)
{
  self->config.accepts = accepts;
  self->listen_us = 0;
}

void
dfn_membership_set_seeks (DfnMembership *self, gboolean seeks)
{
  self->config.seeks = seeks;
}

void
dfn_membership_set_hurries (DfnMembership *self, gboolean hurries)
{
  self->config.hurries = hurries;
}

void
dfn_membership_set_contact (DfnMembership *self, const guint8 *key, gint64 now_us)
{
  if (memcmp (key, self->config.key, DFN_MEMBER_KEY_SIZE) == 0)
    return;
  dfn_membership_table_set_contact (self->table, key);
  memcpy (self->contact, key, DFN_MEMBER_KEY_SIZE);
  self->has_contact = TRUE;
  self->n_contact_failures = 0;
  self->contact_us = now_us;
  self->join_us = now_us + DFN_MEMBERSHIP_JOIN_AFTER_US;
}

/* Links */

DfnMembershipLink *
dfn_membership_find_link (DfnMembership *self, const guint8 *key)
{
  for (guint i = 0; i < self->links->len; i++)
    {
      DfnMembershipLink *link = self->links->pdata[i];

      if (memcmp (link->key, key, DFN_MEMBER_KEY_SIZE) == 0)
        return link;
    }
  return NULL;
}

DfnMembershipLink *
dfn_membership_add_link (
    DfnMembership *self, const guint8 *key, gboolean is_outbound, guint64 teller, gint64 now_us)
{
  DfnMembershipLink *link = g_new0 (DfnMembershipLink, 1);

  memcpy (link->key, key, DFN_MEMBER_KEY_SIZE);
  link->is_outbound = is_outbound;
  link->teller = teller;
  link->since_us = now_us;
  g_ptr_array_add (self->links, link);
  return link;
}

guint
dfn_membership_reserve (DfnMembership *self)
{
  return MAX (self->config.max_links / 3, 1);
}

guint
dfn_membership_count (DfnMembership *self, gboolean only_up, gboolean only_outbound)
{
  guint n = 0;

  for (guint i = 0; i < self->links->len; i++)
    {
      const DfnMembershipLink *link = self->links->pdata[i];

      if ((link->is_up || !only_up) && (link->is_outbound || !only_outbound) && !link->is_dropping)
        n++;
    }
  return n;
}

static gboolean
may_give_way (const DfnMembershipLink *link, gint64 now_us)
{
  return link->is_up && !link->is_dropping && now_us - link->since_us >= TRIAL_US
         && (link->standing != DFN_PEER_STANDING_GOOD || link->idle_us >= IDLE_US);
}

DfnMembershipLink *
dfn_membership_find_weakest (DfnMembership *self, gboolean is_outbound, gint64 now_us)
{
  DfnMembershipLink *weakest = NULL;

  for (guint i = 0; i < self->links->len; i++)
    {
      DfnMembershipLink *link = self->links->pdata[i];

      if (link->is_outbound == is_outbound && may_give_way (link, now_us)
          && (weakest == NULL || link->score < weakest->score
              || (link->score <= weakest->score && link->idle_us > weakest->idle_us)))
        weakest = link;
    }
  return weakest;
}

static guint
count_block (DfnMembership *self, guint64 block, const DfnMembershipLink *except)
{
  guint n = 0;

  for (guint i = 0; i < self->links->len && block != 0; i++)
    {
      const DfnMembershipLink *link = self->links->pdata[i];

      n += link != except && link->block == block ? 1 : 0;
    }
  return n;
}

/* Whoever has asked everybody to be let in has to take what is offered. */
static gboolean
is_outside (DfnMembership *self)
{
  return self->config.seeks && dfn_membership_count (self, TRUE, FALSE) == 0;
}

/* It was of no use a while ago. */
static gboolean
is_unwanted (DfnMembership *self, const guint8 *key, gint64 now_us)
{
  const DfnKnownMember *member = dfn_membership_table_find (self->table, key);

  return member != NULL && member->is_dropped && now_us < member->retry_us;
}

/* Of what the reserve leaves, for those who come to us. The last places are for those with the
 * fewest links: members that all fill up with each other would let nobody else in. */
static gboolean
has_room_for_stranger (DfnMembership *self, guint n_links, gint64 now_us)
{
  guint n = self->links->len + MIN (n_links, self->config.max_links * 3 / 10);
  guint n_inbound = self->links->len - dfn_membership_count (self, FALSE, TRUE);
  guint reserve = self->config.seeks ? dfn_membership_reserve (self) : 0;

  if (n < self->config.max_links && n_inbound < self->config.max_links - reserve)
    return TRUE;
  /* One that is of no use gives way, once the new one is there. */
  return self->links->len <= self->config.max_links
         && (now_us >= self->replace_us || now_us - self->joined_us < ANSWER_US)
         && dfn_membership_find_weakest (self, FALSE, now_us) != NULL;
}

DfnMembershipVerdict
dfn_membership_judge_offer (
    DfnMembership *self, const guint8 *key, guint64 block, guint n_links, gint64 now_us)
{
  DfnMembershipLink *link = dfn_membership_find_link (self, key);

  if (memcmp (key, self->config.key, DFN_MEMBER_KEY_SIZE) == 0)
    return DFN_MEMBERSHIP_IGNORE;
  if (link != NULL && (link->is_up || !link->is_outbound))
    return DFN_MEMBERSHIP_ACCEPT; /* it has lost the connection that we still believe in */
  if (link != NULL)
    {
      /* Both offered. Either side finds the same answer: the smaller key's offer counts. */
      if (memcmp (self->config.key, key, DFN_MEMBER_KEY_SIZE) < 0)
        return DFN_MEMBERSHIP_IGNORE;
      link->block = block;
      return DFN_MEMBERSHIP_YIELD;
    }
  if (!(self->config.accepts || is_outside (self)) || is_unwanted (self, key, now_us)
      || count_block (self, block, NULL) >= DFN_MEMBERSHIP_MAX_PER_BLOCK
      || !has_room_for_stranger (self, n_links, now_us))
    return DFN_MEMBERSHIP_FULL;
  dfn_membership_add_link (self, key, FALSE, 0, now_us)->block = block;
  return DFN_MEMBERSHIP_ACCEPT;
}

gboolean
dfn_membership_has_link (DfnMembership *self, const guint8 *key)
{
  return dfn_membership_find_link (self, key) != NULL;
}

void
dfn_membership_link_answered (DfnMembership *self, const guint8 *key)
{
  DfnMembershipLink *link = dfn_membership_find_link (self, key);

  if (link != NULL)
    link->is_answered = TRUE;
}

static void
drop_for (DfnMembership *self, DfnMembershipLink *newcomer, gint64 now_us)
{
  DfnMembershipLink *weakest = dfn_membership_find_weakest (self, newcomer->is_outbound, now_us);

  if (weakest == NULL || weakest == newcomer)
    weakest = newcomer; /* whom it should have replaced has become useful */
  weakest->is_dropping = TRUE;
  self->replace_us = now_us + REPLACE_EVERY_US;
  self->n_replaced++;
}

static void
hasten_exchange (DfnMembership *self, gint64 now_us)
{
  gint64 soon_us = MAX (now_us + SOON_US, self->exchanged_us + EARLY_EXCHANGE_US);

  if (dfn_membership_count (self, TRUE, FALSE) <= self->config.max_links / 2)
    self->exchange_us = MIN (self->exchange_us, soon_us);
}

gboolean
dfn_membership_link_up (DfnMembership *self, const guint8 *key, guint64 block, gint64 now_us)
{
  DfnMembershipLink *link = dfn_membership_find_link (self, key);
  DfnKnownMember *member = dfn_membership_table_find (self->table, key);

  if (link == NULL)
    link = dfn_membership_add_link (self, key, FALSE, 0, now_us);
  if (!link->is_up)
    link->since_us = self->changed_us = now_us;
  link->is_up = TRUE;
  link->is_answered = TRUE;
  link->block = block;
  self->n_joins = 0;
  self->n_contact_failures = 0;
  if (link->is_answer)
    self->eagerness = MIN (self->eagerness * 1.25, 1);
  link->is_answer = FALSE;
  if (member != NULL)
    member->n_failures = 0;
  hasten_exchange (self, now_us);
  if (count_block (self, block, link) >= DFN_MEMBERSHIP_MAX_PER_BLOCK)
    return FALSE;
  if (dfn_membership_count (self, TRUE, FALSE) > self->config.max_links)
    drop_for (self, link, now_us);
  return TRUE;
}

static gint64
back_off (gint64 first_us, gint64 most_us, guint n_failures)
{
  return MIN (first_us << MIN (n_failures, 10), most_us);
}

static void
contact_failed (DfnMembership *self, DfnMembershipEnd end, gint64 now_us)
{
  self->contact_us =
      now_us + back_off (CONTACT_RETRY_US, CONTACT_MAX_RETRY_US, self->n_contact_failures);
  self->n_contact_failures++;
  /* It named others, who may have room: they are given the time that it was given. */
  if (end == DFN_MEMBERSHIP_REFUSED)
    self->join_us = MAX (self->join_us, now_us + DFN_MEMBERSHIP_JOIN_AFTER_US);
}

void
dfn_membership_link_down (DfnMembership *self,
                          const guint8 *key,
                          DfnMembershipEnd end,
                          gint64 now_us)
{
  DfnMembershipLink *link = dfn_membership_find_link (self, key);
  DfnKnownMember *member = dfn_membership_table_find (self->table, key);
  gboolean was_up = link != NULL && link->is_up;
  gboolean was_late = link != NULL && link->is_answer && end == DFN_MEMBERSHIP_REFUSED;

  if (link != NULL)
    g_ptr_array_remove (self->links, link);
  if (self->has_contact && memcmp (key, self->contact, DFN_MEMBER_KEY_SIZE) == 0)
    contact_failed (self, end, now_us);
  if (was_up && dfn_membership_count (self, FALSE, FALSE) == 0)
    self->join_us = now_us + DFN_MEMBERSHIP_JOIN_AFTER_US;
  if (was_late)
    self->eagerness = MAX (self->eagerness / 2, MIN_EAGERNESS);
  if (member == NULL)
    return;
  member->is_dropped = end == DFN_MEMBERSHIP_DROPPED;
  if (end == DFN_MEMBERSHIP_DROPPED)
    member->retry_us = now_us + DROPPED_RETRY_US;
  else if (end == DFN_MEMBERSHIP_REFUSED)
    member->retry_us = now_us + FULL_RETRY_US;
  else
    member->retry_us = now_us + back_off (RETRY_US, MAX_RETRY_US, member->n_failures++);
}

void
dfn_membership_rate (
    DfnMembership *self, const guint8 *key, double score, DfnPeerStanding standing, gint64 idle_us)
{
  DfnMembershipLink *link = dfn_membership_find_link (self, key);

  if (link == NULL)
    return;
  link->score = score;
  link->standing = standing;
  link->idle_us = idle_us;
  if (standing == DFN_PEER_STANDING_DROP || standing == DFN_PEER_STANDING_BAN)
    link->is_dropping = TRUE;
}

/* Members */

gboolean
dfn_membership_learn (DfnMembership *self,
                      const DfnMemberRecord *record,
                      const guint8 *teller,
                      gboolean is_neighbour,
                      gint64 now_s)
{
  if (memcmp (record->key, self->config.key, DFN_MEMBER_KEY_SIZE) == 0)
    return FALSE;
  return dfn_membership_table_learn (self->table, record, dfn_membership_teller_id (teller),
                                     is_neighbour, now_s)
         != NULL;
}

gboolean
dfn_membership_knows (DfnMembership *self, const guint8 *key, gint64 expires_s)
{
  const DfnKnownMember *member = dfn_membership_table_find (self->table, key);

  return member != NULL && member->record.expires_s >= expires_s;
}

/* Adds the records of members that are neighbours, or those that are not, from a place chosen by
 * chance on. */
static guint
list_some (DfnMembership *self,
           gboolean neighbours,
           const guint8 *except,
           gint64 now_s,
           DfnMemberRecord *out,
           guint max)
{
  guint size = dfn_membership_table_get_size (self->table);
  guint start = size > 0 ? dfn_membership_pick (self, size) : 0;
  guint n = 0;

  for (guint i = 0; i < size && n < max; i++)
    {
      const DfnKnownMember *member = dfn_membership_table_get (self->table, (start + i) % size);
      const DfnMembershipLink *link = dfn_membership_find_link (self, member->record.key);

      if ((link != NULL && link->is_up) == neighbours && member->record.expires_s > now_s
          && (except == NULL || memcmp (member->record.key, except, DFN_MEMBER_KEY_SIZE) != 0))
        out[n++] = member->record;
    }
  return n;
}

guint
dfn_membership_list (DfnMembership *self,
                     const guint8 *except,
                     gint64 now_s,
                     DfnMemberRecord *out,
                     guint max,
                     guint *n_neighbours)
{
  /* Some room for others, or two halves of a swarm would never hear of each other. */
  guint n = list_some (self, TRUE, except, now_s, out, max - max / 4);

  *n_neighbours = n;
  return n + list_some (self, FALSE, except, now_s, out + n, max - n);
}

gboolean
dfn_membership_find_route (DfnMembership *self, const guint8 *key, guint8 *out)
{
  const DfnKnownMember *member = dfn_membership_table_find (self->table, key);
  guint n_found = 0;

  for (guint i = 0; member != NULL && i < self->links->len; i++)
    {
      const DfnMembershipLink *link = self->links->pdata[i];
      guint64 id = dfn_membership_teller_id (link->key);

      for (guint k = 0; k < member->n_tellers && link->is_up; k++)
        if (member->tellers[k].id == id && member->tellers[k].is_neighbour
            && dfn_membership_pick (self, ++n_found) == 0)
          memcpy (out, link->key, DFN_MEMBER_KEY_SIZE);
    }
  return n_found > 0;
}

/* Newcomers */

static gboolean
take_join_allowance (DfnMembership *self, gint64 now_us)
{
  double gained = (double) (now_us - self->joins_left_us) / (60.0 * G_USEC_PER_SEC);

  self->joins_left = MIN (self->joins_left + gained * DFN_MEMBERSHIP_JOINS_PER_MINUTE,
                          DFN_MEMBERSHIP_JOINS_PER_MINUTE);
  self->joins_left_us = now_us;
  if (self->joins_left < 1)
    return FALSE;
  self->joins_left--;
  return TRUE;
}

void
dfn_membership_take_join (DfnMembership *self, const guint8 *key, guint attempt, gint64 now_us)
{
  guint n_listeners =
      MIN (dfn_membership_table_get_size (self->table) + 1, DFN_MEMBERSHIP_LISTENERS);
  /* Most of those who hear may have no room, so whoever asks again is answered by more. */
  guint wanted = DFN_MEMBERSHIP_JOIN_ANSWERS << MIN (attempt, DFN_MEMBERSHIP_MAX_ATTEMPT);
  double p = MIN (1, (double) wanted / n_listeners) * self->eagerness;
  double load = (double) self->links->len / self->config.max_links;
  DfnMembershipJoiner joiner;

  if (memcmp (key, self->config.key, DFN_MEMBER_KEY_SIZE) == 0 || !self->config.accepts
      || dfn_membership_find_link (self, key) != NULL || self->joiners->len >= MAX_JOINERS)
    return;
  for (guint i = 0; i < self->joiners->len; i++)
    if (memcmp (g_array_index (self->joiners, DfnMembershipJoiner, i).key, key, DFN_MEMBER_KEY_SIZE)
        == 0)
      return;
  if (!has_room_for_stranger (self, 0, now_us) || dfn_membership_chance (self) >= p
      || !take_join_allowance (self, now_us))
    return;
  memcpy (joiner.key, key, DFN_MEMBER_KEY_SIZE);
  joiner.was_known = dfn_membership_table_find (self->table, key) != NULL;
  joiner.due_us =
      now_us + (gint64) (dfn_membership_chance (self) * MAX_JOIN_DELAY_US * CLAMP (load, 0.05, 1));
  g_array_append_val (self->joiners, joiner);
}

void
dfn_membership_get_stats (DfnMembership *self, DfnMembershipStats *stats)
{
  guint n_up = dfn_membership_count (self, TRUE, FALSE);

  *stats = (DfnMembershipStats){
    .n_up = n_up,
    .n_outbound = dfn_membership_count (self, TRUE, TRUE),
    .n_meeting = dfn_membership_count (self, FALSE, FALSE) - n_up,
    .n_known = dfn_membership_table_get_size (self->table),
    .n_replaced = self->n_replaced,
  };
}
