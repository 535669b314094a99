/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"

#include <glib-object.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/** DFN_NOSTR_FILTER_MAX_VALUES: the most values taken for one condition from anybody */
#define DFN_NOSTR_FILTER_MAX_VALUES 1000

/**
 * DfnNostrFilter:
 *
 * A NIP-01 filter: a set of conditions that an event meets or not. Built with the add and set
 * functions, then shared by reference and no longer changed.
 */
typedef struct _DfnNostrFilter DfnNostrFilter;

#define DFN_TYPE_NOSTR_FILTER (dfn_nostr_filter_get_type ())
GType dfn_nostr_filter_get_type (void);

DfnNostrFilter *dfn_nostr_filter_new (void);
DfnNostrFilter *dfn_nostr_filter_ref (DfnNostrFilter *self);
void dfn_nostr_filter_unref (DfnNostrFilter *self);

void dfn_nostr_filter_add_id (DfnNostrFilter *self, const char *id);
void dfn_nostr_filter_add_author (DfnNostrFilter *self, const char *pubkey);
void dfn_nostr_filter_add_kind (DfnNostrFilter *self, guint kind);
/* @name: one letter, the tag's name */
void dfn_nostr_filter_add_tag (DfnNostrFilter *self, char name, const char *value);
void dfn_nostr_filter_set_since (DfnNostrFilter *self, gint64 seconds);
void dfn_nostr_filter_set_until (DfnNostrFilter *self, gint64 seconds);
void dfn_nostr_filter_set_limit (DfnNostrFilter *self, guint limit);

/**
 * dfn_nostr_filter_from_node:
 * @node: JSON from anywhere
 *
 * Returns: (transfer full) (nullable): the filter, or %NULL with %DFN_NOSTR_ERROR_INVALID_FILTER
 */
DfnNostrFilter *dfn_nostr_filter_from_node (JsonNode *node, GError **error);

/**
 * dfn_nostr_filter_to_node:
 *
 * Returns: (transfer full): the filter as a JSON object
 */
JsonNode *dfn_nostr_filter_to_node (DfnNostrFilter *self);

/**
 * dfn_nostr_filter_matches:
 *
 * Returns: %TRUE if @event meets every condition (`limit` aside)
 */
gboolean dfn_nostr_filter_matches (DfnNostrFilter *self, DfnNostrEvent *event);

/**
 * dfn_nostr_filter_get_limit:
 *
 * Returns: the most stored events wanted, or %G_MAXUINT when the filter does not say
 */
guint dfn_nostr_filter_get_limit (DfnNostrFilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNostrFilter, dfn_nostr_filter_unref)

G_END_DECLS
