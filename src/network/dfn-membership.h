/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-member-record.h"
#include "dfn-peer-score.h"

G_BEGIN_DECLS

/** DFN_MEMBERSHIP_MIN_LINKS: with fewer, this side looks for more */
#define DFN_MEMBERSHIP_MIN_LINKS 12
/** DFN_MEMBERSHIP_MAX_LINKS: more are not kept */
#define DFN_MEMBERSHIP_MAX_LINKS 20
/** DFN_MEMBERSHIP_MAX_PER_BLOCK: links to one address block (see dfn-address-block.h) */
#define DFN_MEMBERSHIP_MAX_PER_BLOCK 3
/** DFN_MEMBERSHIP_MAX_KNOWN: members remembered, linked or not */
#define DFN_MEMBERSHIP_MAX_KNOWN 300
/** DFN_MEMBERSHIP_MAX_PER_SOURCE: members remembered from one teller */
#define DFN_MEMBERSHIP_MAX_PER_SOURCE 40
/** DFN_MEMBERSHIP_MAX_LINKS_PER_SOURCE: links to members chosen from what one neighbour told; the
 * contact, which has to know everybody, may name more */
#define DFN_MEMBERSHIP_MAX_LINKS_PER_SOURCE 3
/** DFN_MEMBERSHIP_JOIN_AFTER_US: after so long without an answer, anybody is asked */
#define DFN_MEMBERSHIP_JOIN_AFTER_US (1500 * 1000)
/** DFN_MEMBERSHIP_EXCHANGE_US: between two announcements to a neighbour */
#define DFN_MEMBERSHIP_EXCHANGE_US (30 * G_USEC_PER_SEC)
/** DFN_MEMBERSHIP_JOIN_ANSWERS: how many answers a newcomer should get from all members together */
#define DFN_MEMBERSHIP_JOIN_ANSWERS 3
/** DFN_MEMBERSHIP_MAX_ATTEMPT: asking oftener makes nobody more willing */
#define DFN_MEMBERSHIP_MAX_ATTEMPT 4
/** DFN_MEMBERSHIP_LISTENERS: how many members should hear newcomers, about */
#define DFN_MEMBERSHIP_LISTENERS 48
/** DFN_MEMBERSHIP_JOINS_PER_MINUTE: newcomers that one member answers at most */
#define DFN_MEMBERSHIP_JOINS_PER_MINUTE 60

/** DFN_MEMBERSHIP_RELAY_OFFERS: offers that may go through relays at once; then one in each
 * %DFN_MEMBERSHIP_RELAY_OFFER_US */
#define DFN_MEMBERSHIP_RELAY_OFFERS 2
#define DFN_MEMBERSHIP_RELAY_OFFER_US (5 * G_USEC_PER_SEC)

/**
 * DfnMembership:
 *
 * Who is in a swarm and to whom this side keeps links: a core without clock, socket or chance.
 * Members are named by their run keys; records are checked by the caller. What happens is told by
 * functions, what is to be done asked by dfn_membership_next().
 *
 * A third of the links is kept for members that this side chose itself, which nobody else can
 * fill; they are chosen by teller first and member second, and tellers that came to us are one
 * voice together. So a group that knocks at every door, and names only its own, gets its share of
 * the other links but not these.
 *
 * Times are microseconds of any clock that does not run backwards; `now_s` is seconds since 1970.
 */
typedef struct _DfnMembership DfnMembership;

/**
 * DfnMembershipConfig:
 * @key: this side's run key
 * @seed: decides everything that is left to chance
 * @max_links: at least 1
 * @accepts: whether strangers may come
 * @seeks: whether this side looks for links
 * @hurries: whether it needs enough of them at once, as whoever watches live does
 */
typedef struct {
  guint8 key[DFN_MEMBER_KEY_SIZE];
  guint64 seed;
  guint max_links;
  gboolean accepts;
  gboolean seeks;
  gboolean hurries;
} DfnMembershipConfig;

/**
 * DfnMembershipVerdict:
 * @DFN_MEMBERSHIP_ACCEPT: answer the offer
 * @DFN_MEMBERSHIP_YIELD: answer it, and give up our own offer to the same member
 * @DFN_MEMBERSHIP_IGNORE: it will answer ours
 * @DFN_MEMBERSHIP_FULL: refuse it
 */
typedef enum {
  DFN_MEMBERSHIP_ACCEPT,
  DFN_MEMBERSHIP_YIELD,
  DFN_MEMBERSHIP_IGNORE,
  DFN_MEMBERSHIP_FULL,
} DfnMembershipVerdict;

/**
 * DfnMembershipEnd:
 * @DFN_MEMBERSHIP_UNREACHED: it did not answer, or no path was found
 * @DFN_MEMBERSHIP_REFUSED: it said that it has no room
 * @DFN_MEMBERSHIP_LEFT: it was linked and is no more
 * @DFN_MEMBERSHIP_DROPPED: this side ended it
 */
typedef enum {
  DFN_MEMBERSHIP_UNREACHED,
  DFN_MEMBERSHIP_REFUSED,
  DFN_MEMBERSHIP_LEFT,
  DFN_MEMBERSHIP_DROPPED,
} DfnMembershipEnd;

/**
 * DfnMembershipDo:
 * @DFN_MEMBERSHIP_CONNECT: offer to a member; it counts as begun
 * @DFN_MEMBERSHIP_DROP: end a link; say so by dfn_membership_link_down()
 * @DFN_MEMBERSHIP_JOIN: ask relays whether any member has room
 * @DFN_MEMBERSHIP_EXCHANGE: tell the neighbours of members
 * @DFN_MEMBERSHIP_LISTEN: hear those who join
 * @DFN_MEMBERSHIP_DEAFEN: do not hear them any more
 */
typedef enum {
  DFN_MEMBERSHIP_CONNECT,
  DFN_MEMBERSHIP_DROP,
  DFN_MEMBERSHIP_JOIN,
  DFN_MEMBERSHIP_EXCHANGE,
  DFN_MEMBERSHIP_LISTEN,
  DFN_MEMBERSHIP_DEAFEN,
} DfnMembershipDo;

/**
 * DfnMembershipAction:
 * @key: of CONNECT and DROP
 * @attempt: of JOIN: how often it was done in vain
 */
typedef struct {
  DfnMembershipDo what;
  guint8 key[DFN_MEMBER_KEY_SIZE];
  guint attempt;
} DfnMembershipAction;

DfnMembership *dfn_membership_new (const DfnMembershipConfig *config, gint64 now_us);
void dfn_membership_free (DfnMembership *self);

void dfn_membership_set_max_links (DfnMembership *self, guint max_links);
void dfn_membership_set_accepts (DfnMembership *self, gboolean accepts);
void dfn_membership_set_seeks (DfnMembership *self, gboolean seeks);
void dfn_membership_set_hurries (DfnMembership *self, gboolean hurries);

/**
 * dfn_membership_set_contact:
 * @key: who is in the swarm as its announcement says; tried at once
 */
void dfn_membership_set_contact (DfnMembership *self, const guint8 *key, gint64 now_us);

/**
 * dfn_membership_learn:
 * @record: checked by the caller
 * @teller: (nullable): who told; %NULL for the member itself
 * @is_neighbour: whether @teller says that it has a link to the member
 *
 * Returns: %FALSE if there is no room for it
 */
gboolean dfn_membership_learn (DfnMembership *self,
                               const DfnMemberRecord *record,
                               const guint8 *teller,
                               gboolean is_neighbour,
                               gint64 now_s);

/**
 * dfn_membership_knows:
 *
 * Returns: %TRUE if a record of @key that is good until @expires_s or later is here, so that
 *   another need not be checked
 */
gboolean dfn_membership_knows (DfnMembership *self, const guint8 *key, gint64 expires_s);

/**
 * dfn_membership_list:
 * @except: (nullable): whom not to name: the reader itself
 * @out: (out caller-allocates): room for @max records
 * @n_neighbours: (out): how many of the first are neighbours
 *
 * What to tell another of the swarm: neighbours first, then others, by chance.
 *
 * Returns: how many
 */
guint dfn_membership_list (DfnMembership *self,
                           const guint8 *except,
                           gint64 now_s,
                           DfnMemberRecord *out,
                           guint max,
                           guint *n_neighbours);

/**
 * dfn_membership_find_route:
 * @key: whom to reach
 * @out: (out caller-allocates): %DFN_MEMBER_KEY_SIZE bytes: a neighbour that said that it has a
 *   link to @key
 *
 * Returns: %FALSE if there is none
 */
gboolean dfn_membership_find_route (DfnMembership *self, const guint8 *key, guint8 *out);

/**
 * dfn_membership_judge_offer:
 * @block: dfn_address_block_of() what the offer names; 0 if nothing is known
 * @n_links: how many links the other has, as it says: the last places are for those with none
 *
 * Returns: what to do about an offer; on ACCEPT or YIELD the link counts as begun
 */
DfnMembershipVerdict dfn_membership_judge_offer (
    DfnMembership *self, const guint8 *key, guint64 block, guint n_links, gint64 now_us);

/* Whether @key is linked, or being met. */
gboolean dfn_membership_has_link (DfnMembership *self, const guint8 *key);

/* The member answered: somebody is there. */
void dfn_membership_link_answered (DfnMembership *self, const guint8 *key);

/**
 * dfn_membership_link_up:
 * @block: of the address it is reached at
 *
 * Returns: %FALSE if its address block has enough links, so that it must be dropped
 */
gboolean
dfn_membership_link_up (DfnMembership *self, const guint8 *key, guint64 block, gint64 now_us);
void dfn_membership_link_down (DfnMembership *self,
                               const guint8 *key,
                               DfnMembershipEnd end,
                               gint64 now_us);

/**
 * dfn_membership_rate:
 * @score: dfn_peer_score_get()
 * @idle_us: dfn_peer_score_get_idle_us()
 *
 * What a link is worth; it is asked for before decisions that depend on it.
 */
void dfn_membership_rate (
    DfnMembership *self, const guint8 *key, double score, DfnPeerStanding standing, gint64 idle_us);

/**
 * dfn_membership_take_join:
 * @key: who wants to join
 * @attempt: how often it has asked in vain, as it says
 *
 * This side may answer, after a while.
 */
void
dfn_membership_take_join (DfnMembership *self, const guint8 *key, guint attempt, gint64 now_us);

/**
 * dfn_membership_next:
 * @action: (out): what to do
 *
 * Call until it returns %FALSE: after everything that was told, and at dfn_membership_get_wakeup().
 */
gboolean
dfn_membership_next (DfnMembership *self, gint64 now_us, gint64 now_s, DfnMembershipAction *action);
gint64 dfn_membership_get_wakeup (DfnMembership *self, gint64 now_us);

/**
 * DfnMembershipStats:
 * @n_up: links
 * @n_outbound: those of them that this side chose
 * @n_meeting: on their way
 * @n_known: members known of
 * @n_replaced: links that gave way to others so far
 */
typedef struct {
  guint n_up;
  guint n_outbound;
  guint n_meeting;
  guint n_known;
  guint64 n_replaced;
} DfnMembershipStats;

void dfn_membership_get_stats (DfnMembership *self, DfnMembershipStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnMembership, dfn_membership_free)

G_END_DECLS
