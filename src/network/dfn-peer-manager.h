/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-member-record.h"
#include "dfn-rendezvous.h"

G_BEGIN_DECLS

#define DFN_TYPE_PEER_MANAGER (dfn_peer_manager_get_type ())
G_DECLARE_FINAL_TYPE (DfnPeerManager, dfn_peer_manager, DFN, PEER_MANAGER, GObject)

/**
 * DfnPeerManager:
 *
 * All the peers of this program: meets those it is told to, answers those who ask, within limits.
 * Signals reach it by dfn_peer_manager_take_signal() and leave it by
 * #DfnPeerManager::send-signal, whatever carries them.
 */

/** DFN_PEER_MANAGER_MAX_PEERS: how many peers are kept at once */
#define DFN_PEER_MANAGER_MAX_PEERS 64
/** DFN_PEER_MANAGER_MAX_MEETING: how many may be on their way in at once */
#define DFN_PEER_MANAGER_MAX_MEETING 32

/**
 * DfnPeerVerdict:
 * @DFN_PEER_ACCEPT: answer the offer
 * @DFN_PEER_YIELD: answer it, and forget our own offer to the same peer
 * @DFN_PEER_IGNORE: say nothing
 * @DFN_PEER_REFUSE: say that there is no room
 */
typedef enum {
  DFN_PEER_ACCEPT,
  DFN_PEER_YIELD,
  DFN_PEER_IGNORE,
  DFN_PEER_REFUSE,
} DfnPeerVerdict;

/**
 * DfnPeerManagerHandler:
 * @judge: whether to take an offer of @from
 * @refer: whom else a peer that is refused may ask: writes at most %DFN_WIRE_MAX_MEMBERS records
 *   and returns how many
 * @count_links: how many peers this side has, told with an offer
 *
 * Who decides, instead of dfn_peer_manager_set_accepting().
 */
typedef struct {
  DfnPeerVerdict (*judge) (const char *from, const Dfn__Offer *offer, gpointer user_data);
  guint (*refer) (const char *from,
                  const Dfn__Offer *offer,
                  DfnMemberRecord *out,
                  gpointer user_data);
  guint (*count_links) (gpointer user_data);
} DfnPeerManagerHandler;

/**
 * dfn_peer_manager_new:
 * @config: how paths are found
 *
 * Returns: (transfer full): a manager with a new identity and no peers
 */
DfnPeerManager *dfn_peer_manager_new (DfnIceConfig *config);

/**
 * dfn_peer_manager_set_accepting:
 * @accepting: whether offers are answered; %FALSE at first
 */
void dfn_peer_manager_set_accepting (DfnPeerManager *self, gboolean accepting);

/* @handler: (nullable) (transfer none): static functions; @user_data goes with them */
void dfn_peer_manager_set_handler (DfnPeerManager *self,
                                   const DfnPeerManagerHandler *handler,
                                   gpointer user_data);

/**
 * dfn_peer_manager_connect:
 * @pubkey: the Nostr key that the peer's signals go to
 * @content: %DFN_WIRE_CONTENT_SIZE bytes: what it is about
 *
 * Starts to meet a peer; ends in #DfnPeerManager::peer-added or
 * #DfnPeerManager::connect-failed.
 */
void dfn_peer_manager_connect (DfnPeerManager *self,
                               const char *pubkey,
                               const guint8 content[DFN_WIRE_CONTENT_SIZE]);

/**
 * dfn_peer_manager_take_signal:
 * @from: the Nostr key that it was signed with
 * @signal: a signal, already checked
 */
void
dfn_peer_manager_take_signal (DfnPeerManager *self, const char *from, const Dfn__Signal *signal);

/**
 * dfn_peer_manager_drop:
 * @peer: one of its peers
 * @reason: told to it
 * @error: (nullable) (transfer full): why, for #DfnPeerManager::peer-removed
 */
void
dfn_peer_manager_drop (DfnPeerManager *self, DfnPeer *peer, Dfn__CloseReason reason, GError *error);

/* Says goodbye to everybody and answers nobody any more. */
void dfn_peer_manager_close (DfnPeerManager *self);

guint dfn_peer_manager_get_n_peers (DfnPeerManager *self);

/* Looks for a new path to @peer, over which the same connection goes on. */
void dfn_peer_manager_restart (DfnPeerManager *self, DfnPeer *peer);

/* Whether a new path to @peer is being looked for, because this computer's address has changed. */
gboolean dfn_peer_manager_is_moving (DfnPeerManager *self, DfnPeer *peer);

/* Whether this side offered to @peer, rather than the other way round. */
gboolean dfn_peer_manager_is_offerer (DfnPeerManager *self, DfnPeer *peer);

/**
 * dfn_peer_manager_find_link:
 *
 * Returns: (transfer none) (nullable): the path to @peer
 */
DfnIceLink *dfn_peer_manager_find_link (DfnPeerManager *self, DfnPeer *peer);

G_END_DECLS
