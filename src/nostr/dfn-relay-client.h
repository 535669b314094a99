/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"
#include "dfn-nostr-filter.h"
#include "dfn-relay-connection.h"
#include "dfn-relay-info.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_CLIENT (dfn_relay_client_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelayClient, dfn_relay_client, DFN, RELAY_CLIENT, GObject)

/**
 * dfn_relay_client_new:
 * @url: a `ws://` or `wss://` address
 * @error: return location
 *
 * One relay (NIP-01, NIP-11, NIP-42) as a client sees it. It reconnects by itself, asks again for
 * all subscriptions then, and takes nothing at the relay's word: an event whose signature is wrong
 * or that nobody asked for is dropped, and a relay that sends many of them is left for a while.
 *
 * Properties, both notify: `state` (#DfnRelayState), `problem` (string: why the relay cannot be
 * used at this moment, a sentence for display, or %NULL).
 *
 * Signals, emitted in the context that was the thread's default at creation:
 * - `event` (const char *subscription, DfnNostrEvent *event): matches the subscription
 * - `eose` (const char *subscription): the relay has sent all that it had stored; once for each
 *   connection
 * - `closed` (const char *subscription, const char *reason): the relay does not serve the
 *   subscription; it is asked again after the next connection
 *
 * Returns: (transfer full) (nullable): a client, stopped; or %NULL with
 *   %DFN_NOSTR_ERROR_INVALID_URL
 */
DfnRelayClient *dfn_relay_client_new (const char *url, GError **error);

/**
 * dfn_relay_client_get_url:
 *
 * Returns: (transfer none): the address as dfn_relay_url_normalise() gives it
 */
const char *dfn_relay_client_get_url (DfnRelayClient *self);

/**
 * dfn_relay_client_set_key:
 * @key: (nullable): who to be for a relay that wants to know (NIP-42)
 *
 * The key is used only when the relay has refused something for want of it; a challenge alone
 * stays unanswered, because an answer tells the relay who we are.
 */
void dfn_relay_client_set_key (DfnRelayClient *self, DfnNostrKey *key);

/**
 * DfnRelaySeenFunc:
 * @subscription: a subscription's id
 * @event_id: 64 hexadecimal digits
 *
 * Returns: %TRUE if the event is known and need not be verified and emitted again
 */
typedef gboolean (*DfnRelaySeenFunc) (DfnRelayClient *client,
                                      const char *subscription,
                                      const char *event_id,
                                      gpointer user_data);

/**
 * dfn_relay_client_set_seen_func:
 * @func: (nullable): asked before an event is verified
 *
 * Saves the verification of what other relays have sent already.
 */
void
dfn_relay_client_set_seen_func (DfnRelayClient *self, DfnRelaySeenFunc func, gpointer user_data);

/**
 * dfn_relay_client_set_timeouts:
 * @connect_ms: how long an attempt to connect may take, milliseconds; 10,000 at first
 * @publish_ms: how long a relay has for its answer to an event; 10,000 at first
 * @keepalive_seconds: how often to ping; 20 at first. A relay silent for two and a half times as
 *   long is taken for dead.
 */
void dfn_relay_client_set_timeouts (DfnRelayClient *self,
                                    guint connect_ms,
                                    guint publish_ms,
                                    guint keepalive_seconds);

/**
 * dfn_relay_client_start:
 *
 * Connects, and from now on connects again whenever the connection is lost.
 */
void dfn_relay_client_start (DfnRelayClient *self);

/**
 * dfn_relay_client_stop:
 *
 * Closes the connection. What waits to be published fails; subscriptions stay for the next start.
 */
void dfn_relay_client_stop (DfnRelayClient *self);

DfnRelayState dfn_relay_client_get_state (DfnRelayClient *self);

/**
 * dfn_relay_client_get_problem:
 *
 * Returns: (transfer none) (nullable): the `problem` property
 */
const char *dfn_relay_client_get_problem (DfnRelayClient *self);

/**
 * dfn_relay_client_publish_async:
 * @event: an event
 * @cancellable: (nullable): to stop waiting; the event may have been sent by then
 *
 * Sends an event and waits for the relay's answer, ten seconds in all, part of which may go into
 * connecting.
 */
void dfn_relay_client_publish_async (DfnRelayClient *self,
                                     DfnNostrEvent *event,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);

/**
 * dfn_relay_client_publish_finish:
 *
 * Returns: %TRUE when the relay has the event; else %FALSE with %DFN_NOSTR_ERROR_RELAY (refused,
 *   not reached, no answer in time: the message says which, and the relay's words are safe to
 *   show), %DFN_NOSTR_ERROR_TOO_LARGE (beyond the relay's limits, not sent) or
 * %G_IO_ERROR_CANCELLED
 */
gboolean
dfn_relay_client_publish_finish (DfnRelayClient *self, GAsyncResult *result, GError **error);

/**
 * dfn_relay_client_subscribe:
 * @filters: (element-type DfnNostrFilter): 1 to %DFN_NOSTR_MAX_FILTERS conditions, kept by
 *   reference and not to be changed
 *
 * Asks for what the relay has stored and for what will come, now or as soon as there is a
 * connection, until dfn_relay_client_unsubscribe().
 *
 * Returns: (transfer full): the subscription's id
 */
char *dfn_relay_client_subscribe (DfnRelayClient *self, GPtrArray *filters);

/**
 * dfn_relay_client_unsubscribe:
 * @subscription: an id from dfn_relay_client_subscribe()
 */
void dfn_relay_client_unsubscribe (DfnRelayClient *self, const char *subscription);

/**
 * dfn_relay_client_get_info:
 *
 * Returns: (transfer none) (nullable): the relay's limits (NIP-11), or %NULL while they are not
 *   known; they are asked for once connected, and nothing waits for them
 */
const DfnRelayInfo *dfn_relay_client_get_info (DfnRelayClient *self);

/**
 * dfn_relay_client_get_n_lies:
 *
 * Returns: how many messages were dropped since the start because they were malformed, forged or
 *   not asked for
 */
guint64 dfn_relay_client_get_n_lies (DfnRelayClient *self);

G_END_DECLS
