/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"
#include "dfn-nostr-filter.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define DFN_TYPE_RELAY_STORE (dfn_relay_store_get_type ())
G_DECLARE_FINAL_TYPE (DfnRelayStore, dfn_relay_store, DFN, RELAY_STORE, GObject)

/** DFN_RELAY_STORE_MAX_EVENTS: how many events a store in a file holds unless told otherwise */
#define DFN_RELAY_STORE_MAX_EVENTS 100000
/** DFN_RELAY_STORE_MAX_BYTES: how many bytes of events, as JSON, unless told otherwise */
#define DFN_RELAY_STORE_MAX_BYTES (G_GUINT64_CONSTANT (256) * 1024 * 1024)

/* The same for a store in memory, which lives inside other programs. */
#define DFN_RELAY_STORE_MAX_EVENTS_IN_MEMORY 10000
#define DFN_RELAY_STORE_MAX_BYTES_IN_MEMORY (G_GUINT64_CONSTANT (16) * 1024 * 1024)

/**
 * DfnRelayStored:
 * @DFN_RELAY_STORED_ADDED: the event is in the store now
 * @DFN_RELAY_STORED_DUPLICATE: it was there already
 * @DFN_RELAY_STORED_SUPERSEDED: a newer version of the same replaceable event is there (NIP-01)
 * @DFN_RELAY_STORED_DELETED: its author has asked for its deletion (NIP-09)
 * @DFN_RELAY_STORED_EXPIRED: its time is over (NIP-40)
 * @DFN_RELAY_STORED_EPHEMERAL: its kind is not for storing (NIP-01)
 * @DFN_RELAY_STORED_FAILED: the database failed
 */
typedef enum {
  DFN_RELAY_STORED_ADDED,
  DFN_RELAY_STORED_DUPLICATE,
  DFN_RELAY_STORED_SUPERSEDED,
  DFN_RELAY_STORED_DELETED,
  DFN_RELAY_STORED_EXPIRED,
  DFN_RELAY_STORED_EPHEMERAL,
  DFN_RELAY_STORED_FAILED,
} DfnRelayStored;

/**
 * dfn_relay_store_open:
 * @path: (nullable): a database file, made when it is not there; %NULL for one in memory
 * @error: return location
 *
 * Opens an SQLite store. A file that is damaged, no database or not one of ours is left as it is.
 *
 * Every call does its work on the calling thread and is short: a query is cut off after a quarter
 * of a second, a write waits for no disk (WAL without a sync for each transaction; a power cut
 * may lose the last seconds but never damages the file), and what does wait for the disk, the
 * checkpoint, runs on a thread of its own.
 *
 * Returns: (transfer full) (nullable): the store, or %NULL with %DFN_NOSTR_ERROR_STORE
 */
DfnRelayStore *dfn_relay_store_open (const char *path, GError **error);

/**
 * dfn_relay_store_set_limits:
 * @max_events: the most events held, at least 1
 * @max_bytes: the most bytes of events as JSON
 *
 * Beyond either, the oldest regular events go first, then the oldest of all.
 */
void dfn_relay_store_set_limits (DfnRelayStore *self, guint max_events, guint64 max_bytes);

/**
 * dfn_relay_store_add:
 * @event: an event
 * @now: seconds since 1970
 * @error: return location
 *
 * Takes an event under the rules of NIP-01, NIP-09 and NIP-40. A deletion request (kind 5) takes
 * effect on its author's events that its `e` and `a` tags name, now and whenever they come again;
 * an `a` tag reaches the versions up to the request's own time. Its `k` tags are kept for queries
 * and neither widen nor narrow the request. Deletion requests cannot be deleted.
 *
 * Returns: what became of it; %DFN_RELAY_STORED_FAILED with %DFN_NOSTR_ERROR_STORE
 */
DfnRelayStored
dfn_relay_store_add (DfnRelayStore *self, DfnNostrEvent *event, gint64 now, GError **error);

/**
 * dfn_relay_store_query:
 * @filters: (element-type DfnNostrFilter): conditions; an event that meets one of them is wanted
 * @max_limit: the most events to return for one filter
 * @now: seconds since 1970
 * @error: return location
 *
 * Returns: (transfer full) (element-type utf8) (nullable): the events as JSON, each once, for each
 *   filter newest first and for the same second the lowest id first; %NULL with
 *   %DFN_NOSTR_ERROR_STORE if the database failed, or if it did not find them in a quarter of a
 *   second (%DFN_NOSTR_ERROR_TOO_LARGE)
 */
GPtrArray *dfn_relay_store_query (
    DfnRelayStore *self, GPtrArray *filters, guint max_limit, gint64 now, GError **error);

/**
 * dfn_relay_store_purge_expired:
 * @now: seconds since 1970
 *
 * Removes events whose NIP-40 time is over, at most a thousand. They are never returned in any
 * case.
 *
 * Returns: how many went
 */
guint dfn_relay_store_purge_expired (DfnRelayStore *self, gint64 now);

/**
 * dfn_relay_store_get_usage:
 * @bytes: (out) (optional): the bytes of all events as JSON
 *
 * Returns: how many events are held
 */
guint dfn_relay_store_get_usage (DfnRelayStore *self, guint64 *bytes);

G_END_DECLS
