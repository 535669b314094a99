/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"
#include "dfn-peer-manager.h"
#include "dfn-peer-score.h"
#include "dfn-signaling.h"

G_BEGIN_DECLS

#define DFN_TYPE_SWARM_MEMBERS (dfn_swarm_members_get_type ())
G_DECLARE_FINAL_TYPE (DfnSwarmMembers, dfn_swarm_members, DFN, SWARM_MEMBERS, GObject)

/** DFN_SWARM_MEMBERS_MAX_LINKS: how many peers of one swarm are kept, unless told otherwise */
#define DFN_SWARM_MEMBERS_MAX_LINKS 20

/**
 * DfnSwarmMembers:
 *
 * This program's place in one swarm: joins it, keeps links to some of its members, learns of
 * others, replaces links that are of no use, answers newcomers, and carries signals between two
 * neighbours. Its owner says what the swarm is about and hears of peers; whom to ask for what is
 * the owner's business.
 *
 * It lives in the thread-default main context of its creation.
 *
 * Signals:
 * - `newcomer` (DfnPeer *peer): one that has nobody else, as it says, will be added once it has
 *   proved its key, if it does; what anybody may have can be pushed to it already
 * - `peer-added` (DfnPeer *peer): a member to whom requests may be sent; connect to its frames now
 * - `peer-removed` (DfnPeer *peer, GError *error): it has gone; @error says why
 * - `announcement` (DfnNostrEvent *event): a member passed it on. Its signature is right; whose it
 *   is and what it says is for the owner to judge. Told once for each version
 * - `problem` (GError *error): the last try to meet somebody failed and there is no peer now; tries
 *   go on
 */

/**
 * dfn_swarm_members_new:
 * @signaling: how peers are met; it names the run key and the manager
 * @content: %DFN_WIRE_CONTENT_SIZE bytes: what the members share: the root of a file's hash tree,
 *   or a live stream's id
 *
 * Returns: (transfer full): a place in no swarm yet: see dfn_swarm_members_start()
 */
DfnSwarmMembers *dfn_swarm_members_new (DfnSignaling *signaling, const guint8 *content);

/**
 * dfn_swarm_members_add_contact:
 * @pubkey: the announcement's `contact`: 64 hexadecimal digits
 *
 * Names who surely is (or was) in the swarm. It is offered to at once, and again for as long as
 * there is nobody else. The newest one counts.
 */
void dfn_swarm_members_add_contact (DfnSwarmMembers *self, const char *pubkey);

/**
 * dfn_swarm_members_contact_is_back:
 *
 * As dfn_swarm_members_add_contact(), of a contact that has begun anew: whatever there is of a
 * connection to it leads nowhere, and another is made beside it.
 */
void dfn_swarm_members_contact_is_back (DfnSwarmMembers *self, const char *pubkey);

/**
 * dfn_swarm_members_set_accepting:
 * @accepting: whether strangers' offers and joins are answered; %FALSE at first
 */
void dfn_swarm_members_set_accepting (DfnSwarmMembers *self, gboolean accepting);

/**
 * dfn_swarm_members_set_max_links:
 * @max_links: 1 to %DFN_PEER_MANAGER_MAX_PEERS; a third of them is kept for peers that this side
 *   chooses
 */
void dfn_swarm_members_set_max_links (DfnSwarmMembers *self, guint max_links);

/**
 * dfn_swarm_members_set_seeking:
 * @seeking: whether this side looks for peers itself, %TRUE at first; a source, or a member that
 *   has everything, only answers
 */
void dfn_swarm_members_set_seeking (DfnSwarmMembers *self, gboolean seeking);

/**
 * dfn_swarm_members_set_hurrying:
 * @hurrying: whether this side needs enough peers at once, %FALSE at first; otherwise it waits for
 *   some to come to it
 */
void dfn_swarm_members_set_hurrying (DfnSwarmMembers *self, gboolean hurrying);

/**
 * dfn_swarm_members_set_announcement:
 * @event: (nullable): the announcement that newcomers are given, which must be the one that the
 *   content is of
 */
void dfn_swarm_members_set_announcement (DfnSwarmMembers *self, DfnNostrEvent *event);

/* Begins to meet and to answer. */
void dfn_swarm_members_start (DfnSwarmMembers *self);

/* Answers nobody and looks for nobody any more; whoever is there stays. */
void dfn_swarm_members_stop (DfnSwarmMembers *self);

/* Whose links are up, (element-type DfnPeer) (transfer container). */
GPtrArray *dfn_swarm_members_list_peers (DfnSwarmMembers *self);
guint dfn_swarm_members_get_n_peers (DfnSwarmMembers *self);

/**
 * dfn_swarm_members_get_score:
 *
 * The record of @peer's service, by which links are kept or replaced. What was given and taken is
 * noted here; whoever exchanges chunks with it adds faults, and how long answers took.
 *
 * Returns: (transfer none) (nullable): it, as long as @peer is one of the members
 */
DfnPeerScore *dfn_swarm_members_get_score (DfnSwarmMembers *self, DfnPeer *peer);

/**
 * dfn_swarm_members_get_pubkey:
 *
 * Returns: (transfer none) (nullable): the run key of @peer, 64 hexadecimal digits
 */
const char *dfn_swarm_members_get_pubkey (DfnSwarmMembers *self, DfnPeer *peer);

/**
 * dfn_swarm_members_misbehaved:
 * @peer: one of the members
 *
 * @peer gave what its content's proof contradicts: it is dropped and, for a while, not let in
 * again, whatever it calls itself.
 */
void dfn_swarm_members_misbehaved (DfnSwarmMembers *self, DfnPeer *peer);

/**
 * DfnSwarmMembersStats:
 * @n_links: peers now
 * @n_outbound: those of them that this side chose
 * @n_known: members known of, linked or not
 * @relay_signals_sent: signals and joins that this side gave to relays
 * @neighbour_signals_sent: signals of this side that went through a neighbour
 * @signals_forwarded: signals of others carried on
 * @joins_answered: newcomers offered to
 * @frames_refused: messages of neighbours beyond what they are allowed
 */
typedef struct {
  guint n_links;
  guint n_outbound;
  guint n_known;
  guint64 relay_signals_sent;
  guint64 neighbour_signals_sent;
  guint64 signals_forwarded;
  guint64 joins_answered;
  guint64 frames_refused;
} DfnSwarmMembersStats;

void dfn_swarm_members_get_stats (DfnSwarmMembers *self, DfnSwarmMembersStats *stats);

G_END_DECLS
