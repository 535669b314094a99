/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define DFN_TYPE_SUBSCRIPTION (dfn_subscription_get_type ())
G_DECLARE_FINAL_TYPE (DfnSubscription, dfn_subscription, DFN, SUBSCRIPTION, GObject)

/** DFN_SUBSCRIPTION_EOSE_MS: how long relays have for what they have stored, milliseconds */
#define DFN_SUBSCRIPTION_EOSE_MS 4000

/*
 * What several relays have for some filters, as one stream. Made by dfn_relay_pool_subscribe();
 * lives until dfn_subscription_close() or until the last reference goes.
 *
 * Signals, in the context of the pool:
 * - `event` (DfnNostrEvent *event): each event once, however many relays send it; of a replaceable
 *   or addressable event only versions newer than those already emitted
 * - `eose`: once, when every relay has sent what it had stored, has refused or cannot be reached,
 *   or when %DFN_SUBSCRIPTION_EOSE_MS have passed. Events that come later are new, or from a relay
 *   that was slow.
 * - `refused` (const char *url, const char *reason): a relay does not serve these filters
 */

/**
 * dfn_subscription_close:
 *
 * Tells the relays. Nothing is emitted afterwards.
 */
void dfn_subscription_close (DfnSubscription *self);

/**
 * dfn_subscription_has_eose:
 *
 * Returns: %TRUE once `eose` has been emitted
 */
gboolean dfn_subscription_has_eose (DfnSubscription *self);

G_END_DECLS
