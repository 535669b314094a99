/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-relay-client.h"
#include "dfn-subscription.h"

G_BEGIN_DECLS

/* What the pool does with a subscription. */

/**
 * dfn_subscription_new:
 * @filters: (element-type DfnNostrFilter): conditions, kept by reference
 *
 * Returns: (transfer full): a subscription to no relay; the time until `eose` begins
 */
DfnSubscription *dfn_subscription_new (GPtrArray *filters);

/* Asks one more relay. */
void dfn_subscription_add_relay (DfnSubscription *self, DfnRelayClient *client);

/* No longer asks a relay. */
void dfn_subscription_remove_relay (DfnSubscription *self, DfnRelayClient *client);

/**
 * dfn_subscription_knows:
 * @id: what @client calls the subscription, or another one's id
 * @event_id: an event's id
 *
 * Returns: %TRUE if @id is this subscription and the event has been emitted
 */
gboolean dfn_subscription_knows (DfnSubscription *self,
                                 DfnRelayClient *client,
                                 const char *id,
                                 const char *event_id);

G_END_DECLS
