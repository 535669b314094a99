/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/** DFN_RELAY_INFO_MAX_SIZE: the bytes of the largest NIP-11 document read */
#define DFN_RELAY_INFO_MAX_SIZE (64 * 1024)

/**
 * DfnRelayInfo:
 *
 * What a relay's NIP-11 document says of its limits. A number is 0 where the relay names none.
 *
 * @max_message_length: bytes of the largest message it takes
 * @max_subscriptions: open subscriptions on one connection
 * @max_filters: filters in one subscription
 * @max_limit: stored events it sends for one filter
 * @max_subid_length: characters of a subscription's id
 * @max_event_tags: tags of an event
 * @max_content_length: characters of an event's content
 * @created_at_lower: how many seconds old an event may be
 * @created_at_upper: how many seconds in the future an event may be
 * @auth_required: whether it serves only who answers NIP-42
 */
typedef struct {
  guint max_message_length;
  guint max_subscriptions;
  guint max_filters;
  guint max_limit;
  guint max_subid_length;
  guint max_event_tags;
  guint max_content_length;
  guint created_at_lower;
  guint created_at_upper;
  gboolean auth_required;
} DfnRelayInfo;

/**
 * dfn_relay_info_parse:
 * @self: (out caller-allocates): receives the limits; all 0 after a failure
 * @json: text from anywhere
 * @length: its bytes, at most %DFN_RELAY_INFO_MAX_SIZE
 * @error: return location
 *
 * Reads a NIP-11 document. Members of a wrong type count as absent.
 *
 * Returns: %TRUE if @json is an object; else %FALSE with %DFN_NOSTR_ERROR_INVALID_MESSAGE
 */
gboolean dfn_relay_info_parse (DfnRelayInfo *self, const char *json, gsize length, GError **error);

/**
 * dfn_relay_info_check_event:
 * @event: an event about to be published
 * @now: seconds since 1970
 * @error: return location
 *
 * Returns: %TRUE if the relay's limits allow @event; else %FALSE with %DFN_NOSTR_ERROR_TOO_LARGE
 *   for sizes or %DFN_NOSTR_ERROR_RELAY for its time
 */
gboolean dfn_relay_info_check_event (const DfnRelayInfo *self,
                                     DfnNostrEvent *event,
                                     gint64 now,
                                     GError **error);

/**
 * dfn_relay_info_fetch_async:
 * @url: the relay's address as dfn_relay_url_normalise() returns it
 *
 * Asks for the NIP-11 document over HTTP, for at most five seconds.
 */
void dfn_relay_info_fetch_async (const char *url,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/**
 * dfn_relay_info_fetch_finish:
 * @self: (out caller-allocates): receives the limits
 *
 * Returns: %TRUE on success, else %FALSE with an error
 */
gboolean dfn_relay_info_fetch_finish (DfnRelayInfo *self, GAsyncResult *result, GError **error);

G_END_DECLS
