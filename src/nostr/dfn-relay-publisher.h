/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"
#include "dfn-relay-info.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * DfnRelayPublisher:
 *
 * The events that wait for one relay's answer. Each ends exactly once: accepted, refused, out of
 * time, cancelled, or lost with the connection.
 */
typedef struct _DfnRelayPublisher DfnRelayPublisher;

/**
 * DfnRelaySendFunc:
 * @text: a message for the relay
 */
typedef void (*DfnRelaySendFunc) (const char *text, gpointer user_data);

/**
 * dfn_relay_publisher_new:
 * @url: the relay's address, for messages
 * @send: how to send to the relay
 *
 * Returns: (transfer full): a publisher with nothing to publish
 */
DfnRelayPublisher *
dfn_relay_publisher_new (const char *url, DfnRelaySendFunc send, gpointer user_data);

/* Frees it; what is left fails. */
void dfn_relay_publisher_free (DfnRelayPublisher *self);

/**
 * dfn_relay_publisher_add:
 * @task: (transfer full): returns %TRUE or an error
 * @event: what to publish
 * @timeout_ms: how long it may take, milliseconds
 *
 * Takes an event in. It is sent by the next dfn_relay_publisher_flush().
 */
void dfn_relay_publisher_add (DfnRelayPublisher *self,
                              GTask *task,
                              DfnNostrEvent *event,
                              guint timeout_ms);

/**
 * dfn_relay_publisher_set_problem:
 * @problem: (nullable): why the relay cannot be used, for the message of what runs out of time
 */
void dfn_relay_publisher_set_problem (DfnRelayPublisher *self, const char *problem);

/**
 * dfn_relay_publisher_flush:
 * @info: (nullable): the relay's limits, where known
 *
 * Sends what has not been sent. What is beyond the limits fails instead.
 */
void dfn_relay_publisher_flush (DfnRelayPublisher *self, const DfnRelayInfo *info);

/**
 * dfn_relay_publisher_settle:
 * @event_id: what an OK names
 * @accepted: what it says
 * @text: its reason
 * @can_authenticate: whether a refusal for want of NIP-42 can be helped
 *
 * Returns: %TRUE if the event now waits for dfn_relay_publisher_authenticated()
 */
gboolean dfn_relay_publisher_settle (DfnRelayPublisher *self,
                                     const char *event_id,
                                     gboolean accepted,
                                     const char *text,
                                     gboolean can_authenticate);

/**
 * dfn_relay_publisher_authenticated:
 * @refusal: (nullable): why the relay did not take our identity; %NULL when it did
 *
 * Makes what waits for this ready to be sent again, once; or fails it.
 */
void dfn_relay_publisher_authenticated (DfnRelayPublisher *self, const char *refusal);

/**
 * dfn_relay_publisher_lost:
 * @reason: why, for the errors
 *
 * The connection is gone: fails what has been sent. What has not waits for the next one.
 */
void dfn_relay_publisher_lost (DfnRelayPublisher *self, const char *reason);

/**
 * dfn_relay_publisher_fail_all:
 * @reason: why
 */
void dfn_relay_publisher_fail_all (DfnRelayPublisher *self, const char *reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnRelayPublisher, dfn_relay_publisher_free)

G_END_DECLS
