/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-ice-config.h"
#include "dfn-peer-manager.h"
#include "dfn-relay-pool.h"
#include "dfn-swarm-members.h"

G_BEGIN_DECLS

#define DFN_TYPE_PRESENCE (dfn_presence_get_type ())
G_DECLARE_FINAL_TYPE (DfnPresence, dfn_presence, DFN, PRESENCE, GObject)

/**
 * DfnPresence:
 *
 * Where one session can be met: its relays, a Nostr key made for it alone that signals go to, and
 * its peers. For the engine's thread.
 *
 * Signal `changed`: the state or the problem of a relay is another now.
 */

/**
 * dfn_presence_new:
 * @ice: STUN and TURN servers; copied
 *
 * Returns: (transfer full): a presence nowhere yet
 */
DfnPresence *dfn_presence_new (DfnIceConfig *ice);

/**
 * dfn_presence_new_with_key:
 * @key: that signals go to; never a person's
 *
 * As dfn_presence_new(), which makes a new key.
 */
DfnPresence *dfn_presence_new_with_key (DfnIceConfig *ice, DfnNostrKey *key);

/**
 * dfn_presence_add_relay:
 * @url: a relay's address; nothing happens if it is there already
 *
 * Addresses are told and believed as far as the most public of the relays is heard.
 *
 * Returns: %FALSE with a %DFN_NOSTR_ERROR
 */
gboolean dfn_presence_add_relay (DfnPresence *self, const char *url, GError **error);

/* Each is (transfer none). */
DfnRelayPool *dfn_presence_get_pool (DfnPresence *self);
DfnPeerManager *dfn_presence_get_manager (DfnPresence *self);
const char *dfn_presence_get_pubkey (DfnPresence *self);

/**
 * dfn_presence_join:
 * @content: %DFN_WIRE_CONTENT_SIZE bytes: what is shared
 *
 * The first call takes a place in that swarm, later ones return it: a presence is in one swarm.
 * Connect to its signals, say what is to be said, then dfn_swarm_members_start().
 *
 * Returns: (transfer none): the place, as long as the presence lives
 */
DfnSwarmMembers *dfn_presence_join (DfnPresence *self, const guint8 *content);

/**
 * dfn_presence_can_offer:
 *
 * Returns: whether there is nothing to wait for before a peer is met: what helps to find paths is
 *   known, or a relay waits for us; #DfnPresence::changed tells when it becomes so
 */
gboolean dfn_presence_can_offer (DfnPresence *self);

/* How far signalling is heard. */
DfnScope dfn_presence_get_scope (DfnPresence *self);

/**
 * dfn_presence_get_problem:
 *
 * Returns: (transfer full) (nullable): why no relay is connected, a sentence for display; %NULL
 *   while one is, or while it is too early to say
 */
char *dfn_presence_get_problem (DfnPresence *self);

G_END_DECLS
