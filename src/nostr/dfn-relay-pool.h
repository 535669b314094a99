/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"
#include "dfn-relay-client.h"
#include "dfn-subscription.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_POOL (dfn_relay_pool_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelayPool, dfn_relay_pool, DFN, RELAY_POOL, GObject)

/** DFN_RELAY_POOL_MAX_RELAYS: the most relays used at once */
#define DFN_RELAY_POOL_MAX_RELAYS 20

/**
 * dfn_relay_pool_new:
 *
 * Several relays at once. Everything happens in the context that is the thread's default now.
 *
 * Properties, both read-only and notified: `n-relays`, `n-connected` (uint).
 *
 * Signal `relay-changed` (DfnRelayClient *relay): its state or its problem is another now.
 *
 * Returns: (transfer full): a pool without relays
 */
DfnRelayPool *dfn_relay_pool_new (void);

/**
 * dfn_relay_pool_add:
 * @url: a `ws://` or `wss://` address
 * @error: return location
 *
 * Adds a relay, connects to it and asks it for all that is subscribed to. Nothing changes when it
 * is there already.
 *
 * Returns: %TRUE on success; else %FALSE with %DFN_NOSTR_ERROR_INVALID_URL, or with
 *   %DFN_NOSTR_ERROR_RELAY when there are %DFN_RELAY_POOL_MAX_RELAYS
 */
gboolean dfn_relay_pool_add (DfnRelayPool *self, const char *url, GError **error);

/**
 * dfn_relay_pool_remove:
 * @url: an address in any form
 *
 * Lets go of a relay.
 *
 * Returns: %TRUE if it was there
 */
gboolean dfn_relay_pool_remove (DfnRelayPool *self, const char *url);

/**
 * dfn_relay_pool_get_relays:
 *
 * Returns: (transfer none) (element-type DfnRelayClient): the relays in the order they were added,
 *   for reading their state and their problem
 */
GPtrArray *dfn_relay_pool_get_relays (DfnRelayPool *self);

/**
 * dfn_relay_pool_set_key:
 * @key: (nullable): who to be for relays that want to know, see dfn_relay_client_set_key()
 */
void dfn_relay_pool_set_key (DfnRelayPool *self, DfnNostrKey *key);

guint dfn_relay_pool_get_n_relays (DfnRelayPool *self);
guint dfn_relay_pool_get_n_connected (DfnRelayPool *self);

/**
 * dfn_relay_pool_subscribe:
 * @filters: (element-type DfnNostrFilter): 1 to %DFN_NOSTR_MAX_FILTERS conditions, kept by
 *   reference and not to be changed
 *
 * Asks all relays, also those that are added later.
 *
 * Returns: (transfer full): the subscription; nothing is emitted before the context runs again
 */
DfnSubscription *dfn_relay_pool_subscribe (DfnRelayPool *self, GPtrArray *filters);

/**
 * DfnPublishMode:
 * @DFN_PUBLISH_ALL: wait for the answer of every relay
 * @DFN_PUBLISH_FIRST: be done with the first relay that takes the event, for what must be quick;
 *   the others get it as well
 */
typedef enum {
  DFN_PUBLISH_ALL,
  DFN_PUBLISH_FIRST,
} DfnPublishMode;

/**
 * DfnPublishReport:
 * @n_accepted: relays that took the event
 * @n_refused: relays that refused it or did not answer
 * @n_pending: relays whose answer was not waited for
 * @problems: (array zero-terminated=1): a sentence for display for each of @n_refused
 */
typedef struct {
  guint n_accepted;
  guint n_refused;
  guint n_pending;
  char **problems;
} DfnPublishReport;

void dfn_publish_report_free (DfnPublishReport *report);

/**
 * dfn_relay_pool_publish_async:
 * @event: an event
 * @mode: when to be done
 * @cancellable: (nullable): to stop waiting
 *
 * Sends an event to all relays.
 */
void dfn_relay_pool_publish_async (DfnRelayPool *self,
                                   DfnNostrEvent *event,
                                   DfnPublishMode mode,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

/**
 * dfn_relay_pool_publish_finish:
 *
 * Returns: (transfer full) (nullable): what became of it, when at least one relay took the event;
 *   %NULL with %DFN_NOSTR_ERROR_RELAY when none did or there is none, or %G_IO_ERROR_CANCELLED
 */
DfnPublishReport *
dfn_relay_pool_publish_finish (DfnRelayPool *self, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnPublishReport, dfn_publish_report_free)

G_END_DECLS
