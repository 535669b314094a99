/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-key.h"
#include "dfn-peer-manager.h"
#include "dfn-relay-pool.h"

G_BEGIN_DECLS

#define DFN_TYPE_SIGNALING (dfn_signaling_get_type ())
G_DECLARE_FINAL_TYPE (DfnSignaling, dfn_signaling, DFN, SIGNALING, GObject)

/**
 * DfnSignaling:
 *
 * Carries the signals of a #DfnPeerManager through Nostr relays: each is a NIP-44 payload in an
 * ephemeral event of kind %DFN_NOSTR_KIND_SIGNAL with a `p` tag, signed with a key that is used
 * for nothing else. What neighbours can carry goes another way first, see
 * dfn_signaling_set_router(). Relays get no more at once than they take (#DfnSignalQueue).
 */

/**
 * dfn_signaling_new:
 * @pool: the relays
 * @key: this side's key for signals, made for one broadcast or one run; never the broadcaster's
 *   identity
 * @manager: whose signals to carry
 *
 * Listens for signals to @key and sends what @manager wants sent, as long as it lives.
 *
 * Signal `problem` (const char *sentence): a signal could not be sent, for display
 *
 * Signal `heard` (const char *pubkey): a signal came from @pubkey, whichever way
 *
 * Returns: (transfer full): the carrier
 */
DfnSignaling *dfn_signaling_new (DfnRelayPool *pool, DfnNostrKey *key, DfnPeerManager *manager);

/* Both (transfer none). */
DfnPeerManager *dfn_signaling_get_manager (DfnSignaling *self);
DfnNostrKey *dfn_signaling_get_key (DfnSignaling *self);

/**
 * DfnSignalingRouter:
 * @to: the Nostr key that it is for
 * @payload: NIP-44
 * @urgency: a #DfnSignalUrgency
 *
 * Returns: %TRUE if a neighbour carries it, so that no relay has to
 */
typedef gboolean (*DfnSignalingRouter) (const char *to,
                                        const char *payload,
                                        guint urgency,
                                        gpointer user_data);

/* @router: (nullable): is asked before relays */
void dfn_signaling_set_router (DfnSignaling *self, DfnSignalingRouter router, gpointer user_data);

/**
 * dfn_signaling_publish:
 *
 * Gives a payload that the router had taken to the relays after all.
 */
void dfn_signaling_publish (DfnSignaling *self, const char *to, const char *payload, guint urgency);

/**
 * dfn_signaling_take_payload:
 * @from: the Nostr key that is said to have encrypted it
 * @payload: from anybody
 *
 * Takes a signal that came some other way than through a relay.
 *
 * Returns: %FALSE if it is no signal of @from to this side, or too many came
 */
gboolean dfn_signaling_take_payload (DfnSignaling *self, const char *from, const char *payload);

/**
 * dfn_signaling_ask_to_join:
 * @content: %DFN_WIRE_CONTENT_SIZE bytes
 * @attempt: how often it was done in vain
 *
 * Asks all who listen for @content to offer to this side.
 */
void dfn_signaling_ask_to_join (DfnSignaling *self, const guint8 *content, guint attempt);

/**
 * DfnSignalingJoinFunc:
 * @pubkey: who wants to join
 * @attempt: how often it has asked in vain, as it says
 */
typedef void (*DfnSignalingJoinFunc) (const char *pubkey, guint attempt, gpointer user_data);

/**
 * dfn_signaling_listen_for_joins:
 * @func: (nullable): hears of newcomers; %NULL to stop
 */
void dfn_signaling_listen_for_joins (DfnSignaling *self,
                                     const guint8 *content,
                                     DfnSignalingJoinFunc func,
                                     gpointer user_data);

/**
 * dfn_signaling_make_join_tag:
 *
 * Returns: (transfer full): the `x` tag by which joins of @content are found, which tells the
 *   content only to those who know it
 */
char *dfn_signaling_make_join_tag (const guint8 *content);

/* How many events relays were given. */
guint64 dfn_signaling_get_n_published (DfnSignaling *self);

G_END_DECLS
