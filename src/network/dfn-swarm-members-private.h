/* SPDX-License-Identifier: MIT */
#pragma once

/* Shared by dfn-swarm-members.c (life and decisions) and dfn-swarm-members-frames.c (what members
 * say to each other), nobody else. */

#include "dfn-membership.h"
#include "dfn-peer-memory.h"
#include "dfn-swarm-members.h"
#include "dfn-token-bucket.h"

G_BEGIN_DECLS

/** DFN_SWARM_MEMBERS_TOLD: member records of one message; fewer than may come in one */
#define DFN_SWARM_MEMBERS_TOLD 20

/**
 * DfnSwarmMember:
 *
 * A member that is linked.
 */
typedef struct {
  DfnPeer *peer;
  guint8 key[DFN_MEMBER_KEY_SIZE];
  char *pubkey; /* the same as hexadecimal digits */
  DfnPeerScore score;
  guint64 received; /* chunk bytes that the score knows of */
  guint64 sent;
  guint8 holder[DFN_ADDRESS_HOLDER_SIZE];
  gboolean has_holder;
  gboolean has_joined; /* its JoinBroadcast came */
  DfnTokenBucket announcements;
  DfnTokenBucket forwards;
} DfnSwarmMember;

/* A signal that a neighbour carries; the relays get it when nothing is heard. */
typedef struct {
  char *to;
  char *payload;
  guint urgency;
  gint64 due_us;
  gboolean was_linked; /* when it was sent: that link is in doubt */
} DfnSwarmFallback;

/* By which neighbour somebody was heard, so that answers go the same way. */
typedef struct {
  char *pubkey;
  guint8 via[DFN_MEMBER_KEY_SIZE];
  gint64 until_us;
} DfnSwarmWay;

struct _DfnSwarmMembers {
  GObject parent_instance;

  DfnSignaling *signaling;
  DfnPeerManager *manager;
  DfnPeerMemory *memory;
  guint8 content[DFN_WIRE_CONTENT_SIZE];
  guint8 contact[DFN_MEMBER_KEY_SIZE]; /* all zero if none is known */
  DfnMembership *membership;
  GPtrArray *members;   /* owned DfnSwarmMember */
  GPtrArray *fallbacks; /* owned DfnSwarmFallback */
  GPtrArray *ways;      /* owned DfnSwarmWay, the oldest first */
  DfnMemberRecord record;
  DfnNostrEvent *announcement;
  GSource *timer;
  gboolean is_started;
  DfnSwarmMembersStats stats;
};

void dfn_swarm_members_run (DfnSwarmMembers *self);
DfnSwarmMember *dfn_swarm_members_find (DfnSwarmMembers *self, const guint8 *key);
/* Our own record, good for a while. */
const DfnMemberRecord *dfn_swarm_members_get_record (DfnSwarmMembers *self);

/* Connects to what @member says. */
void dfn_swarm_members_listen_to (DfnSwarmMembers *self, DfnSwarmMember *member);
void dfn_swarm_members_send_join (DfnSwarmMembers *self, DfnSwarmMember *member);
void dfn_swarm_members_send_peers (DfnSwarmMembers *self, DfnSwarmMember *member);
void dfn_swarm_members_send_announcement (DfnSwarmMembers *self, DfnSwarmMember *member);
/* Learns what is signed of what @teller (nullable: nobody that is linked) tells. */
void dfn_swarm_members_learn (DfnSwarmMembers *self,
                              const guint8 *teller,
                              Dfn__MemberRecord **records,
                              gsize n,
                              gsize n_neighbours);
/* The router of signals. */
gboolean
dfn_swarm_members_route (const char *to, const char *payload, guint urgency, gpointer user_data);
/* Gives to the relays what no neighbour brought an answer to; returns when to look again. */
gint64 dfn_swarm_members_fall_back (DfnSwarmMembers *self, gint64 now_us);

G_END_DECLS
