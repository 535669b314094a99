/* SPDX-License-Identifier: MIT */
#pragma once

/* Shared by dfn-membership.c (links) and dfn-membership-choice.c (decisions), nobody else. */

#include "dfn-membership-table.h"

G_BEGIN_DECLS

/**
 * DfnMembershipLink:
 * @is_outbound: this side chose the member, so that it counts for the reserve
 * @is_answer: this side offers because the member asked everybody; not for the reserve
 * @teller: who had named it
 * @since_us: when it began, then when it came up
 */
typedef struct {
  guint8 key[DFN_MEMBER_KEY_SIZE];
  gboolean is_outbound;
  gboolean is_answer;
  gboolean is_up;
  gboolean is_answered;
  gboolean is_dropping;
  guint64 teller;
  guint64 block;
  gint64 since_us;
  double score;
  DfnPeerStanding standing;
  gint64 idle_us;
} DfnMembershipLink;

/* A newcomer that is to be answered when its time has come, unless somebody else has done so. */
typedef struct {
  guint8 key[DFN_MEMBER_KEY_SIZE];
  gboolean was_known; /* it was a member before, and has lost its links */
  gint64 due_us;
} DfnMembershipJoiner;

struct _DfnMembership {
  DfnMembershipConfig config;
  guint64 chance;
  DfnMembershipTable *table;
  GPtrArray *links; /* owned DfnMembershipLink */
  GArray *joiners;  /* of DfnMembershipJoiner */
  guint8 contact[DFN_MEMBER_KEY_SIZE];
  gboolean has_contact;
  guint n_contact_failures;
  gint64 contact_us; /* when to try it, while there is nobody else */
  gint64 join_us;    /* when to ask everybody */
  guint n_joins;
  gint64 joined_us; /* when that was done last */
  gint64 exchange_us;
  gint64 exchanged_us; /* the last time */
  gint64 replace_us;   /* not before */
  gint64 anchor_us;    /* when to look for one again */
  gint64 changed_us;   /* when a link last came up */
  gint64 listen_us;    /* when to draw anew */
  double listen_lot;   /* 0 to 1: low ones listen */
  gboolean is_listening;
  double joins_left; /* of this minute's, see DFN_MEMBERSHIP_JOINS_PER_MINUTE */
  gint64 joins_left_us;
  double relay_left; /* offers that may go through relays now */
  gint64 relay_left_us;
  double eagerness; /* to answer newcomers: falls when others were faster */
  guint64 n_replaced;
};

DfnMembershipLink *dfn_membership_find_link (DfnMembership *self, const guint8 *key);
DfnMembershipLink *dfn_membership_add_link (
    DfnMembership *self, const guint8 *key, gboolean is_outbound, guint64 teller, gint64 now_us);
/* 0 to 1, exclusive. */
double dfn_membership_chance (DfnMembership *self);
guint dfn_membership_pick (DfnMembership *self, guint n);
guint dfn_membership_reserve (DfnMembership *self);
guint dfn_membership_count (DfnMembership *self, gboolean only_up, gboolean only_outbound);
/* Finds a link that may give way: to a stranger only one that a stranger made, to a member that
 * this side chooses any. NULL if there is none. */
DfnMembershipLink *
dfn_membership_find_weakest (DfnMembership *self, gboolean is_outbound, gint64 now_us);

G_END_DECLS
