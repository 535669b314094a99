/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_nostr_tags_new:
 *
 * An event's tags: a #GPtrArray of %NULL-terminated string arrays, the tag's name first.
 *
 * Returns: (transfer full) (element-type GStrv): an empty list, to be freed with
 *   g_ptr_array_unref()
 */
GPtrArray *dfn_nostr_tags_new (void);

/**
 * dfn_nostr_tags_add:
 * @tags: (element-type GStrv): a list
 * @name: the tag's name
 * @...: its values, ended by %NULL
 */
void dfn_nostr_tags_add (GPtrArray *tags, const char *name, ...) G_GNUC_NULL_TERMINATED;

/**
 * dfn_nostr_tags_lookup:
 * @tags: (element-type GStrv): a list
 * @name: a tag's name
 *
 * Returns: (transfer none) (nullable): the first value of the first tag of that name that has one
 */
const char *dfn_nostr_tags_lookup (GPtrArray *tags, const char *name);

G_END_DECLS
