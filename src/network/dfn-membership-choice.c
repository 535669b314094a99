/* SPDX-License-Identifier: MIT */
#include "dfn-membership-private.h"

#include <string.h>

/* Offers under way that this side chose to make. */
#define MAX_MEETING 4
/* With so many links, relays are spared: whoever has no neighbour in common has to wait. */
#define LINKS_WITHOUT_RELAYS 3
/* The share of choices that tellers who came to us have together. */
#define STRANGERS_SHARE 0.2
/* Links to the contact or to whom it named: the announcement vouches for it alone, so whoever else
 * came first, the honest part of a swarm stays in reach. */
#define ANCHORS 2
#define ANCHOR_EVERY_US (30 * G_USEC_PER_SEC)
#define STARVING_US (60 * G_USEC_PER_SEC)
#define STARVING_JOIN_US (2 * 60 * G_USEC_PER_SEC)
/* For others to come, before more than a third of the links is chosen by this side. */
#define PATIENCE_US (10 * G_USEC_PER_SEC)
/* Whoever is in a hurry does not wait where so few are known that nobody may come after it: those
 * who join last would have the fewest links. */
#define SMALL_SWARM 30
/* What finding a path takes at most where it is found easily. */
#define PATH_US (4 * G_USEC_PER_SEC)
#define MAX_JOIN_INTERVAL_US (30 * G_USEC_PER_SEC)
/* Who listens changes, so that a swarm does not depend on those who were chosen first. */
#define LISTEN_EVERY_US (2 * 60 * G_USEC_PER_SEC)
#define IDLE_WAKEUP_US (1 * G_USEC_PER_SEC)
#define MIN_WAKEUP_US (20 * 1000)

/* Choosing whom to meet */

static DfnMembershipLink *
find_teller (DfnMembership *self, guint64 id)
{
  for (guint i = 0; i < self->links->len && id != 0; i++)
    {
      DfnMembershipLink *link = self->links->pdata[i];

      if (link->is_up && dfn_membership_teller_id (link->key) == id)
        return link;
    }
  return NULL;
}

/* Whether a signal can reach it through a neighbour. */
static gboolean
has_way (DfnMembership *self, const DfnKnownMember *member)
{
  for (guint i = 0; i < member->n_tellers; i++)
    if (member->tellers[i].is_neighbour && find_teller (self, member->tellers[i].id) != NULL)
      return TRUE;
  return FALSE;
}

static guint
count_of_teller (DfnMembership *self, guint64 teller)
{
  guint n = 0;

  for (guint i = 0; i < self->links->len; i++)
    {
      const DfnMembershipLink *link = self->links->pdata[i];

      n += link->is_outbound && link->teller == teller ? 1 : 0;
    }
  return n;
}

static gboolean
is_limited_teller (DfnMembership *self, guint64 teller)
{
  return teller != 0 && !(self->has_contact && teller == dfn_membership_teller_id (self->contact));
}

/* A crowd that comes at once would otherwise try one full member after the other, each over the
 * relays: asking everybody is better. */
static void
gain_relay_offers (DfnMembership *self, gint64 now_us)
{
  self->relay_left += (double) (now_us - self->relay_left_us) / DFN_MEMBERSHIP_RELAY_OFFER_US;
  self->relay_left = MIN (self->relay_left, DFN_MEMBERSHIP_RELAY_OFFERS);
  self->relay_left_us = now_us;
}

/* With a few links relays are spared, but not for ever: those with few may be an island. */
static gboolean
may_use_relays (DfnMembership *self)
{
  guint n = dfn_membership_count (self, TRUE, FALSE);

  return self->relay_left >= 1
         && (n < LINKS_WITHOUT_RELAYS
             || (n < DFN_MEMBERSHIP_MIN_LINKS && self->relay_left >= DFN_MEMBERSHIP_RELAY_OFFERS));
}

static gboolean
is_eligible (DfnMembership *self,
             const DfnKnownMember *member,
             gboolean by_relay,
             gint64 now_us,
             gint64 now_s)
{
  guint64 teller = member->n_tellers > 0 ? member->tellers[0].id : 0;

  if (member->retry_us > now_us || dfn_membership_find_link (self, member->record.key) != NULL
      || (member->record.expires_s <= now_s && !member->is_contact))
    return FALSE;
  if (is_limited_teller (self, teller)
      && count_of_teller (self, teller) >= DFN_MEMBERSHIP_MAX_LINKS_PER_SOURCE)
    return FALSE;
  return by_relay || has_way (self, member);
}

/* One voice: all candidates that one teller named first. */
typedef struct {
  guint64 teller;
  gboolean is_stranger;
  guint n;
} Voice;

static Voice *
find_voice (GArray *voices, guint64 teller)
{
  for (guint i = 0; i < voices->len; i++)
    if (g_array_index (voices, Voice, i).teller == teller)
      return &g_array_index (voices, Voice, i);
  return NULL;
}

static GArray *
collect_voices (DfnMembership *self, gboolean by_relay, gint64 now_us, gint64 now_s)
{
  GArray *voices = g_array_new (FALSE, FALSE, sizeof (Voice));

  for (guint i = 0; i < dfn_membership_table_get_size (self->table); i++)
    {
      const DfnKnownMember *member = dfn_membership_table_get (self->table, i);
      guint64 id = member->n_tellers > 0 ? member->tellers[0].id : 0;
      const DfnMembershipLink *teller = find_teller (self, id);
      Voice new_voice = { id, teller != NULL && !teller->is_outbound, 1 };
      Voice *voice;

      if (!is_eligible (self, member, by_relay, now_us, now_s))
        continue;
      voice = find_voice (voices, id);
      if (voice != NULL)
        voice->n++;
      else
        g_array_append_val (voices, new_voice);
    }
  return voices;
}

static const Voice *
choose_voice (DfnMembership *self, GArray *voices)
{
  guint n_strangers = 0;
  guint n_ours, at;
  gboolean want_stranger;

  for (guint i = 0; i < voices->len; i++)
    n_strangers += g_array_index (voices, Voice, i).is_stranger ? 1 : 0;
  n_ours = voices->len - n_strangers;
  want_stranger =
      n_ours == 0 || (n_strangers > 0 && dfn_membership_chance (self) < STRANGERS_SHARE);
  at = dfn_membership_pick (self, want_stranger ? n_strangers : n_ours);
  for (guint i = 0; i < voices->len; i++)
    if (g_array_index (voices, Voice, i).is_stranger == want_stranger && at-- == 0)
      return &g_array_index (voices, Voice, i);
  g_assert_not_reached ();
}

static DfnKnownMember *
choose_member (DfnMembership *self, gboolean by_relay, gint64 now_us, gint64 now_s)
{
  g_autoptr (GArray) voices = collect_voices (self, by_relay, now_us, now_s);
  const Voice *voice;
  guint at;

  if (voices->len == 0)
    return NULL;
  voice = choose_voice (self, voices);
  at = dfn_membership_pick (self, voice->n);
  for (guint i = 0; i < dfn_membership_table_get_size (self->table); i++)
    {
      DfnKnownMember *member = dfn_membership_table_get (self->table, i);

      if ((member->n_tellers > 0 ? member->tellers[0].id : 0) == voice->teller
          && is_eligible (self, member, by_relay, now_us, now_s) && at-- == 0)
        return member;
    }
  return NULL;
}

static guint
count_meeting_by_choice (DfnMembership *self)
{
  return dfn_membership_count (self, FALSE, TRUE) - dfn_membership_count (self, TRUE, TRUE);
}

/* Links there are, but nothing comes from any: this side may be among a group that only pretends to
 * be the swarm, and knocks at its door once more. */
static gboolean
is_starving (DfnMembership *self)
{
  guint n = 0;

  for (guint i = 0; i < self->links->len; i++)
    {
      const DfnMembershipLink *link = self->links->pdata[i];

      if (link->is_up && link->idle_us < STARVING_US)
        return FALSE;
      n += link->is_up ? 1 : 0;
    }
  return n > 0;
}

static gboolean
has_few_links (DfnMembership *self)
{
  return dfn_membership_count (self, FALSE, FALSE)
         < MIN (DFN_MEMBERSHIP_MIN_LINKS, self->config.max_links);
}

/* Others choose us as we choose them, so a third of the links is enough to choose; more only when
 * nobody has come for a while. */
static gboolean
lacks_links (DfnMembership *self, gint64 now_us)
{
  return dfn_membership_count (self, FALSE, TRUE) < dfn_membership_reserve (self)
         || (has_few_links (self) && now_us - self->changed_us >= PATIENCE_US);
}

/* Whether one more link is wanted, and if so, whether one that is of no use has to go for it. */
static gboolean
wants_link (DfnMembership *self, gint64 now_us)
{
  guint n = dfn_membership_count (self, FALSE, FALSE);

  if (!self->config.seeks || count_meeting_by_choice (self) >= MAX_MEETING)
    return FALSE;
  /* When nothing comes from anybody, a broadcast may pause: no other member would be better. */
  if (is_starving (self))
    return n < self->config.max_links && lacks_links (self, now_us);
  if (n < self->config.max_links)
    return lacks_links (self, now_us)
           || (now_us >= self->replace_us
               && dfn_membership_find_weakest (self, TRUE, now_us) != NULL);
  return n == self->config.max_links && now_us >= self->replace_us
         && dfn_membership_find_weakest (self, TRUE, now_us) != NULL;
}

static guint
count_anchors (DfnMembership *self)
{
  return count_of_teller (self, dfn_membership_teller_id (self->contact))
         + (dfn_membership_find_link (self, self->contact) != NULL ? 1 : 0);
}

static DfnKnownMember *
choose_anchor (DfnMembership *self, gint64 now_us, gint64 now_s)
{
  guint64 id = dfn_membership_teller_id (self->contact);
  DfnKnownMember *chosen = NULL;
  guint n = 0;

  for (guint i = 0; i < dfn_membership_table_get_size (self->table); i++)
    {
      DfnKnownMember *member = dfn_membership_table_get (self->table, i);

      if ((member->is_contact || (member->n_tellers > 0 && member->tellers[0].id == id))
          && is_eligible (self, member, TRUE, now_us, now_s)
          && dfn_membership_pick (self, ++n) == 0)
        chosen = member;
    }
  return chosen;
}

static DfnKnownMember *
choose_anybody (DfnMembership *self, gint64 now_us, gint64 now_s)
{
  DfnKnownMember *member = NULL;

  gain_relay_offers (self, now_us);
  if (self->has_contact && now_us >= self->anchor_us && count_anchors (self) < ANCHORS)
    {
      member = choose_anchor (self, now_us, now_s);
      self->anchor_us = now_us + ANCHOR_EVERY_US;
    }
  if (member == NULL)
    member = choose_member (self, FALSE, now_us, now_s);
  if (member == NULL && may_use_relays (self))
    member = choose_member (self, TRUE, now_us, now_s);
  if (member != NULL && !has_way (self, member))
    self->relay_left = MAX (self->relay_left - 1, 0);
  return member;
}

/* One more at once, if a neighbour can carry the offer. */
static gboolean
wants_neighbour (DfnMembership *self)
{
  return self->config.seeks && self->config.hurries && has_few_links (self)
         && dfn_membership_table_get_size (self->table) <= SMALL_SWARM
         && count_meeting_by_choice (self) < MAX_MEETING;
}

static gboolean
choose_connection (DfnMembership *self, gint64 now_us, gint64 now_s, DfnMembershipAction *action)
{
  DfnKnownMember *member = NULL;

  if (wants_link (self, now_us))
    member = choose_anybody (self, now_us, now_s);
  else if (wants_neighbour (self))
    member = choose_member (self, FALSE, now_us, now_s);
  if (member == NULL)
    return FALSE;
  dfn_membership_add_link (self, member->record.key, TRUE,
                           member->n_tellers > 0 ? member->tellers[0].id : 0, now_us);
  action->what = DFN_MEMBERSHIP_CONNECT;
  memcpy (action->key, member->record.key, DFN_MEMBER_KEY_SIZE);
  return TRUE;
}

/* Coming in */

static gboolean
try_contact (DfnMembership *self, gint64 now_us, DfnMembershipAction *action)
{
  if (!self->config.seeks || !self->has_contact || now_us < self->contact_us
      || (dfn_membership_count (self, TRUE, FALSE) > 0 && !is_starving (self))
      || dfn_membership_find_link (self, self->contact) != NULL)
    return FALSE;
  dfn_membership_add_link (self, self->contact, TRUE, 0, now_us);
  self->contact_us = G_MAXINT64;
  action->what = DFN_MEMBERSHIP_CONNECT;
  memcpy (action->key, self->contact, DFN_MEMBER_KEY_SIZE);
  return TRUE;
}

/* Whether somebody is there who will be linked soon: there may be no path to who answered. */
static gboolean
has_answer (DfnMembership *self, gint64 now_us)
{
  for (guint i = 0; i < self->links->len; i++)
    {
      const DfnMembershipLink *link = self->links->pdata[i];

      if (link->is_up || (link->is_answered && now_us - link->since_us < PATH_US))
        return TRUE;
    }
  return FALSE;
}

static gboolean
try_join (DfnMembership *self, gint64 now_us, DfnMembershipAction *action)
{
  gint64 longest_us = is_starving (self) ? STARVING_JOIN_US : MAX_JOIN_INTERVAL_US;

  if (!self->config.seeks || now_us < self->join_us
      || (has_answer (self, now_us) && !is_starving (self)))
    return FALSE;
  action->attempt = self->n_joins++;
  self->join_us =
      now_us
      + MIN (DFN_MEMBERSHIP_JOIN_AFTER_US << CLAMP ((gint) self->n_joins - 1, 0, 7), longest_us);
  self->joined_us = now_us;
  action->what = DFN_MEMBERSHIP_JOIN;
  return TRUE;
}

/* Newcomers */

static gboolean
answer_joiner (DfnMembership *self, gint64 now_us, DfnMembershipAction *action)
{
  for (guint i = 0; i < self->joiners->len; i++)
    {
      DfnMembershipJoiner joiner = g_array_index (self->joiners, DfnMembershipJoiner, i);

      if (joiner.due_us > now_us)
        continue;
      g_array_remove_index_fast (self->joiners, i--);
      /* It has come to us in the meantime, or others have taken the room. A member that has been
       * let in elsewhere is known by its record. */
      if (dfn_membership_find_link (self, joiner.key) != NULL
          || (!joiner.was_known && dfn_membership_table_find (self->table, joiner.key) != NULL)
          || self->links->len >= self->config.max_links)
        continue;
      dfn_membership_add_link (self, joiner.key, FALSE, 0, now_us)->is_answer = TRUE;
      action->what = DFN_MEMBERSHIP_CONNECT;
      memcpy (action->key, joiner.key, DFN_MEMBER_KEY_SIZE);
      return TRUE;
    }
  return FALSE;
}

static gboolean
choose_listening (DfnMembership *self, gint64 now_us, DfnMembershipAction *action)
{
  guint n = dfn_membership_table_get_size (self->table) + 1;
  /* Whoever is on the way in itself has nothing to offer, and would make an island. */
  gboolean is_inside = !self->config.seeks || dfn_membership_count (self, TRUE, FALSE) > 0;
  gboolean may_listen =
      self->config.accepts && is_inside && self->links->len < self->config.max_links;

  if (now_us >= self->listen_us)
    {
      self->listen_us = now_us + LISTEN_EVERY_US;
      self->listen_lot = dfn_membership_chance (self);
    }
  /* Those with much room are the more likely to be of help. */
  if (self->links->len < self->config.max_links * 7 / 10)
    n /= 4;
  may_listen = may_listen && self->listen_lot * n < DFN_MEMBERSHIP_LISTENERS;
  if (may_listen == self->is_listening)
    return FALSE;
  self->is_listening = may_listen;
  action->what = may_listen ? DFN_MEMBERSHIP_LISTEN : DFN_MEMBERSHIP_DEAFEN;
  return TRUE;
}

/* What to do */

static gboolean
choose_drop (DfnMembership *self, DfnMembershipAction *action)
{
  for (guint i = 0; i < self->links->len; i++)
    {
      DfnMembershipLink *link = self->links->pdata[i];

      if (!link->is_dropping)
        continue;
      action->what = DFN_MEMBERSHIP_DROP;
      memcpy (action->key, link->key, DFN_MEMBER_KEY_SIZE);
      return TRUE;
    }
  return FALSE;
}

static gboolean
choose_exchange (DfnMembership *self, gint64 now_us, DfnMembershipAction *action)
{
  if (now_us < self->exchange_us)
    return FALSE;
  self->exchanged_us = now_us;
  /* Not all at the same time: between three and five quarters of the interval. */
  self->exchange_us =
      now_us + (gint64) ((0.75 + 0.5 * dfn_membership_chance (self)) * DFN_MEMBERSHIP_EXCHANGE_US);
  action->what = DFN_MEMBERSHIP_EXCHANGE;
  return TRUE;
}

gboolean
dfn_membership_next (DfnMembership *self, gint64 now_us, gint64 now_s, DfnMembershipAction *action)
{
  memset (action, 0, sizeof *action);
  return choose_drop (self, action) || try_contact (self, now_us, action)
         || answer_joiner (self, now_us, action) || choose_connection (self, now_us, now_s, action)
         || try_join (self, now_us, action) || choose_exchange (self, now_us, action)
         || choose_listening (self, now_us, action);
}

gint64
dfn_membership_get_wakeup (DfnMembership *self, gint64 now_us)
{
  gint64 wakeup = MIN (now_us + IDLE_WAKEUP_US, self->exchange_us);

  if (self->config.seeks && dfn_membership_count (self, TRUE, FALSE) == 0)
    wakeup = MIN (wakeup, MIN (self->join_us, self->contact_us));
  for (guint i = 0; i < self->joiners->len; i++)
    wakeup = MIN (wakeup, g_array_index (self->joiners, DfnMembershipJoiner, i).due_us);
  return MAX (wakeup, now_us + MIN_WAKEUP_US);
}
