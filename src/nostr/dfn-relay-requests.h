/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-filter.h"
#include "dfn-relay-info.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnRelayRequests:
 *
 * The subscriptions at one relay: which have been sent, what the relay has said to each, and
 * whether an event is one that was asked for. Knows no connection.
 */
typedef struct _DfnRelayRequests DfnRelayRequests;

/**
 * DfnRelayRequestCalls:
 * @send: sends a message to the relay
 * @refused: tells that a subscription is not served; it may change the subscriptions
 */
typedef struct {
  void (*send) (const char *text, gpointer user_data);
  void (*refused) (const char *id, const char *reason, gpointer user_data);
} DfnRelayRequestCalls;

/**
 * DfnRelayVerdict:
 * @DFN_RELAY_WANTED: the event belongs to an open subscription
 * @DFN_RELAY_STRAY: it belongs to none; after an unsubscribe that may happen
 * @DFN_RELAY_EXCESS: more stored events than the filters' limits allow
 */
typedef enum {
  DFN_RELAY_WANTED,
  DFN_RELAY_STRAY,
  DFN_RELAY_EXCESS,
} DfnRelayVerdict;

/**
 * DfnRelayClosedOutcome:
 * @DFN_RELAY_CLOSED_IGNORED: no such subscription is open
 * @DFN_RELAY_CLOSED_WANTS_AUTH: it waits for dfn_relay_requests_authenticated()
 * @DFN_RELAY_CLOSED_ASK_AGAIN: it was refused for a reason that may pass
 * @DFN_RELAY_CLOSED_REFUSED: it was refused
 */
typedef enum {
  DFN_RELAY_CLOSED_IGNORED,
  DFN_RELAY_CLOSED_WANTS_AUTH,
  DFN_RELAY_CLOSED_ASK_AGAIN,
  DFN_RELAY_CLOSED_REFUSED,
} DfnRelayClosedOutcome;

/* @calls is kept by reference. */
DfnRelayRequests *dfn_relay_requests_new (const DfnRelayRequestCalls *calls, gpointer user_data);
void dfn_relay_requests_free (DfnRelayRequests *self);

/**
 * dfn_relay_requests_add:
 * @filters: (element-type DfnNostrFilter): conditions, kept by reference
 *
 * Adds a subscription. It is sent by the next dfn_relay_requests_flush().
 *
 * Returns: (transfer none): its id
 */
const char *dfn_relay_requests_add (DfnRelayRequests *self, GPtrArray *filters);

/**
 * dfn_relay_requests_remove:
 * @id: a subscription's id
 *
 * Ends a subscription, and tells the relay if it knows of it.
 */
void dfn_relay_requests_remove (DfnRelayRequests *self, const char *id);

/**
 * dfn_relay_requests_flush:
 * @info: (nullable): the relay's limits, where known
 *
 * Sends what is new. What is beyond the limits is refused instead.
 */
void dfn_relay_requests_flush (DfnRelayRequests *self, const DfnRelayInfo *info);

/* The connection is gone: everything is new again. */
void dfn_relay_requests_reset (DfnRelayRequests *self);

/* Makes new again what was refused for a reason that may pass. */
void dfn_relay_requests_renew (DfnRelayRequests *self);

/**
 * dfn_relay_requests_authenticated:
 * @refusal: (nullable): why the relay did not take our identity; %NULL when it did
 *
 * Makes new again what waits for this, or refuses it.
 */
void dfn_relay_requests_authenticated (DfnRelayRequests *self, const char *refusal);

/* Counts an event that arrived for @id, and judges it before its signature is checked. */
DfnRelayVerdict dfn_relay_requests_judge (DfnRelayRequests *self, const char *id);

/* Whether @event is what the subscription asks for. */
gboolean dfn_relay_requests_matches (DfnRelayRequests *self, const char *id, DfnNostrEvent *event);

/* Notes an EOSE. Returns %TRUE if it is the first for an open subscription. */
gboolean dfn_relay_requests_eose (DfnRelayRequests *self, const char *id);

/**
 * dfn_relay_requests_closed:
 * @id: what a CLOSED names
 * @reason: its reason
 * @can_authenticate: whether a refusal for want of NIP-42 can be helped
 *
 * Returns: what that means; for the last two, `refused` has been called
 */
DfnRelayClosedOutcome dfn_relay_requests_closed (DfnRelayRequests *self,
                                                 const char *id,
                                                 const char *reason,
                                                 gboolean can_authenticate);

G_END_DECLS
