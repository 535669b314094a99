/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-relay-limits.h"
#include "dfn-relay-store.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_SESSION (dfn_relay_session_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelaySession, dfn_relay_session, DFN, RELAY_SESSION, GObject)

/**
 * dfn_relay_session_new:
 * @store: where events are kept
 * @limits: what the client may use; copied
 * @host: (nullable): the host and port by which the client addressed the relay; NIP-42 answers
 *   must name it
 * @require_auth: whether everything but NIP-42 is refused until the client has answered
 *
 * The relay's side of one connection: NIP-01, NIP-09, NIP-40 and NIP-42 without a socket and
 * without a clock.
 *
 * Signals:
 * - `reply` (const char *text): a message for the client
 * - `accepted` (DfnNostrEvent *event): an event that came in and is for everybody who has asked
 *   for such; offer it to all sessions, this one too
 *
 * Returns: (transfer full): a session; call dfn_relay_session_start() next
 */
DfnRelaySession *dfn_relay_session_new (DfnRelayStore *store,
                                        const DfnRelayLimits *limits,
                                        const char *host,
                                        gboolean require_auth);

/**
 * dfn_relay_session_start:
 *
 * Sends what comes before any request: the NIP-42 challenge where one is needed.
 */
void dfn_relay_session_start (DfnRelaySession *self);

/**
 * dfn_relay_session_handle:
 * @text: a message from the client, whatever it is
 * @now: seconds since 1970
 * @now_us: monotonic time, microseconds, for the rate limits
 *
 * Answers a message. Whatever is wrong with it is answered too.
 */
void dfn_relay_session_handle (DfnRelaySession *self, const char *text, gint64 now, gint64 now_us);

/**
 * dfn_relay_session_offer:
 * @event: an event that has just come in
 *
 * Sends @event once for each subscription that it matches.
 */
void dfn_relay_session_offer (DfnRelaySession *self, DfnNostrEvent *event);

/**
 * dfn_relay_session_get_n_subscriptions:
 *
 * Returns: how many subscriptions are open
 */
guint dfn_relay_session_get_n_subscriptions (DfnRelaySession *self);

G_END_DECLS
