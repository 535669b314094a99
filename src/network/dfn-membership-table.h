/* SPDX-License-Identifier: MIT */
#pragma once

/* Whom DfnMembership knows of; nobody else uses this. */

#include "dfn-membership.h"

G_BEGIN_DECLS

/* Tellers remembered of one member: enough to find a way to it and to count its origin. */
#define DFN_MEMBERSHIP_MAX_TELLERS 4

/**
 * DfnKnownMember:
 * @record: the newest; all zero but its key for a contact, of which there may be none
 * @tellers: who named it, the first one first
 * @retry_us: not to be tried before
 * @is_dropped: the last link to it was ended by this side
 * @is_contact: never forgotten
 */
typedef struct {
  DfnMemberRecord record;
  struct {
    guint64 id;
    gboolean is_neighbour;
  } tellers[DFN_MEMBERSHIP_MAX_TELLERS];
  guint n_tellers;
  guint n_failures;
  gint64 retry_us;
  gboolean is_dropped;
  gboolean is_contact;
} DfnKnownMember;

/* What stands for a teller: the start of its key. 0 for the member itself. */
guint64 dfn_membership_teller_id (const guint8 *key);

typedef struct _DfnMembershipTable DfnMembershipTable;

DfnMembershipTable *dfn_membership_table_new (void);
void dfn_membership_table_free (DfnMembershipTable *self);

DfnKnownMember *dfn_membership_table_find (DfnMembershipTable *self, const guint8 *key);
DfnKnownMember *dfn_membership_table_set_contact (DfnMembershipTable *self, const guint8 *key);
/* Returns NULL when there is no room. */
DfnKnownMember *dfn_membership_table_learn (DfnMembershipTable *self,
                                            const DfnMemberRecord *record,
                                            guint64 teller,
                                            gboolean is_neighbour,
                                            gint64 now_s);
guint dfn_membership_table_get_size (DfnMembershipTable *self);
/* In the order that they became known, which is the same in every run. */
DfnKnownMember *dfn_membership_table_get (DfnMembershipTable *self, guint n);
void dfn_membership_table_expire (DfnMembershipTable *self, gint64 now_s);

G_END_DECLS
