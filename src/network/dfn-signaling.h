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
 * for nothing else.
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
 * Returns: (transfer full): the carrier
 */
DfnSignaling *dfn_signaling_new (DfnRelayPool *pool, DfnNostrKey *key, DfnPeerManager *manager);

G_END_DECLS
