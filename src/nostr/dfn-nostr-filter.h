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
/* @name: one ASCII letter, the tag's name */
void dfn_nostr_filter_add_tag (DfnNostrFilter *self, char name, const char *value);
void dfn_nostr_filter_set_since (DfnNostrFilter *self, gint64 seconds);
void dfn_nostr_filter_set_until (DfnNostrFilter *self, gint64 seconds);
void dfn_nostr_filter_set_limit (DfnNostrFilter *self, guint limit);

/**
 * dfn_nostr_filter_from_node:
 * @node: JSON from anywhere, through dfn_nostr_json_parse()
 * @error: return location
 *
 * Members that NIP-01 does not know are ignored, NIP-50's `search` among them; conditions on tags
 * whose names are longer than a letter are refused, since ignoring one would answer more than was
 * asked for.
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

/*
 * What the filter holds, for a store that turns it into a query. Each list is (transfer none)
 * (nullable), %NULL when there is no such condition; an empty list is a condition that no event
 * meets.
 */
GPtrArray *dfn_nostr_filter_get_ids (DfnNostrFilter *self);     /* (element-type utf8) */
GPtrArray *dfn_nostr_filter_get_authors (DfnNostrFilter *self); /* (element-type utf8) */
GArray *dfn_nostr_filter_get_kinds (DfnNostrFilter *self);      /* (element-type guint) */
/* @name: one ASCII letter */
GPtrArray *dfn_nostr_filter_get_tag (DfnNostrFilter *self, char name); /* (element-type utf8) */

/**
 * dfn_nostr_filter_get_tag_names:
 *
 * Returns: (transfer full): the letters for which there is a condition, upper case first
 */
char *dfn_nostr_filter_get_tag_names (DfnNostrFilter *self);

/* In seconds since 1970; %G_MININT64 and %G_MAXINT64 when the filter does not say. */
gint64 dfn_nostr_filter_get_since (DfnNostrFilter *self);
gint64 dfn_nostr_filter_get_until (DfnNostrFilter *self);

/**
 * dfn_nostr_filter_get_limit:
 *
 * Returns: the most stored events wanted, or %G_MAXUINT when the filter does not say
 */
guint dfn_nostr_filter_get_limit (DfnNostrFilter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNostrFilter, dfn_nostr_filter_unref)

G_END_DECLS
