/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_CONNECTION (dfn_relay_connection_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelayConnection, dfn_relay_connection, DFN, RELAY_CONNECTION, GObject)

/**
 * DfnRelayState:
 * @DFN_RELAY_STOPPED: not started
 * @DFN_RELAY_CONNECTING: an attempt is under way
 * @DFN_RELAY_CONNECTED: the relay can be used
 * @DFN_RELAY_WAITING: the last attempt failed; the next one follows after a pause
 */
typedef enum {
  DFN_RELAY_STOPPED,
  DFN_RELAY_CONNECTING,
  DFN_RELAY_CONNECTED,
  DFN_RELAY_WAITING,
} DfnRelayState;

#define DFN_TYPE_RELAY_STATE (dfn_relay_state_get_type ())
GType dfn_relay_state_get_type (void);

/**
 * dfn_relay_connection_new:
 * @url: an address as dfn_relay_url_normalise() returns it
 *
 * A WebSocket to a relay that is opened again whenever it is lost, after pauses that grow with
 * every failure (dfn_backoff_delay_ms()).
 *
 * Properties, both notify: `state` (#DfnRelayState), `problem` (string: why the relay cannot be
 * used at this moment, a sentence for display, or %NULL).
 *
 * Signals, in the context that was the thread's default at creation:
 * - `opened`: the relay can be written to; the state changes after this
 * - `message` (const char *text): something from the relay
 * - `lost` (const char *what): the connection or the attempt is over; @what completes a sentence
 *   that begins with the relay's name
 *
 * Returns: (transfer full): a connection, stopped
 */
DfnRelayConnection *dfn_relay_connection_new (const char *url);

/**
 * dfn_relay_connection_set_timeouts:
 * @connect_ms: how long an attempt may take, milliseconds
 * @keepalive_seconds: how often to ping
 */
void dfn_relay_connection_set_timeouts (DfnRelayConnection *self,
                                        guint connect_ms,
                                        guint keepalive_seconds);

void dfn_relay_connection_start (DfnRelayConnection *self);

/* Says goodbye. `lost` is not emitted. */
void dfn_relay_connection_stop (DfnRelayConnection *self);

/**
 * dfn_relay_connection_reject:
 * @what: what is wrong with the relay, completing a sentence that begins with its name
 *
 * Leaves a relay that misbehaves, for longer than one that merely fails.
 */
void dfn_relay_connection_reject (DfnRelayConnection *self, const char *what);

/**
 * dfn_relay_connection_is_open:
 *
 * Returns: %TRUE between `opened` and `lost`
 */
gboolean dfn_relay_connection_is_open (DfnRelayConnection *self);

/* Sends a message; does nothing while the connection is not open. */
void dfn_relay_connection_send (DfnRelayConnection *self, const char *text);

DfnRelayState dfn_relay_connection_get_state (DfnRelayConnection *self);
const char *dfn_relay_connection_get_problem (DfnRelayConnection *self);

G_END_DECLS
