/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-ice-link.h"
#include "dfn-peer.h"

G_BEGIN_DECLS

#define DFN_TYPE_RENDEZVOUS (dfn_rendezvous_get_type ())
G_DECLARE_FINAL_TYPE (DfnRendezvous, dfn_rendezvous, DFN, RENDEZVOUS, GObject)

/**
 * DfnRendezvous:
 *
 * How one peer is met: an offer and an answer, candidates that come later, ICE, QUIC; and then the
 * peer for as long as it stays. It sends signals by #DfnRendezvous::signal and knows nothing of
 * how they travel.
 */

/**
 * dfn_rendezvous_new_offer:
 * @pubkey: whom to meet: the Nostr key that signals are encrypted to
 * @content: %DFN_WIRE_CONTENT_SIZE bytes: what it is about
 *
 * Returns: (transfer full): a rendezvous that offers as soon as dfn_rendezvous_start() is called
 */
DfnRendezvous *dfn_rendezvous_new_offer (DfnIceConfig *config,
                                         DfnQuicIdentity *identity,
                                         const char *pubkey,
                                         const guint8 *content);

/**
 * dfn_rendezvous_new_answer:
 * @pubkey: who offers
 * @session: %DFN_WIRE_SESSION_SIZE bytes, chosen by it
 * @content: %DFN_WIRE_CONTENT_SIZE bytes: what it is about
 *
 * Returns: (transfer full): a rendezvous that answers as soon as dfn_rendezvous_start() is called
 */
DfnRendezvous *dfn_rendezvous_new_answer (DfnIceConfig *config,
                                          DfnQuicIdentity *identity,
                                          const char *pubkey,
                                          const guint8 *session,
                                          const guint8 *content);

/**
 * dfn_rendezvous_start:
 * @offer: (nullable): what to answer; %NULL at the side that offers
 *
 * Begins; connect to the signals first. They are #DfnRendezvous::signal, ::answered, ::early,
 * ::met,
 * ::over.
 */
void dfn_rendezvous_start (DfnRendezvous *self, const Dfn__Offer *offer);

/**
 * dfn_rendezvous_take_signal:
 * @signal: from the same peer, of the same session
 */
void dfn_rendezvous_take_signal (DfnRendezvous *self, const Dfn__Signal *signal);

/**
 * dfn_rendezvous_restart:
 *
 * Looks for a new path, over which the same connection goes on; for when an address has changed.
 * Nothing happens unless the peer has been met.
 */
void dfn_rendezvous_restart (DfnRendezvous *self);

/* Whether a new path is being looked for. */
gboolean dfn_rendezvous_is_moving (DfnRendezvous *self);

/**
 * dfn_rendezvous_fail:
 * @error: (transfer full): why
 *
 * Gives up, unless it is already over.
 */
void dfn_rendezvous_fail (DfnRendezvous *self, GError *error);

/* Each is (transfer none). */
const char *dfn_rendezvous_get_pubkey (DfnRendezvous *self);
const guint8 *dfn_rendezvous_get_session (DfnRendezvous *self);
const guint8 *dfn_rendezvous_get_content (DfnRendezvous *self);
DfnIceLink *dfn_rendezvous_get_link (DfnRendezvous *self);

/**
 * dfn_rendezvous_get_peer:
 *
 * Returns: (transfer none) (nullable): the peer, once its key is known
 */
DfnPeer *dfn_rendezvous_get_peer (DfnRendezvous *self);

/* Whether the peer has been reached and has proved its key. */
gboolean dfn_rendezvous_is_met (DfnRendezvous *self);
gboolean dfn_rendezvous_is_offerer (DfnRendezvous *self);

/* How many links this side has, told with its offer; before dfn_rendezvous_start(). */
void dfn_rendezvous_set_n_links (DfnRendezvous *self, guint n_links);
/* The same of whichever side offered, as it said. */
guint dfn_rendezvous_get_n_links (DfnRendezvous *self);

G_END_DECLS
