/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For manifests: reading tags that come from anywhere. A tag of ours that comes twice is refused,
 * so that two programs never read two different things from one announcement. Each returns FALSE
 * with %DFN_STREAMING_ERROR_INVALID_MANIFEST, whose message is half a sentence. */

/**
 * dfn_tag_find_text:
 * @tags: (element-type GStrv): tags
 * @max_size: the bytes of the longest value taken
 * @value: (out) (transfer none) (nullable): the first value of the tag @name, UTF-8; %NULL without
 */
gboolean dfn_tag_find_text (
    GPtrArray *tags, const char *name, gsize max_size, const char **value, GError **error);

/**
 * dfn_tag_find_bytes:
 * @out: (out caller-allocates): @length bytes, from as many pairs of lower-case hexadecimal digits
 */
gboolean
dfn_tag_find_bytes (GPtrArray *tags, const char *name, guint8 *out, gsize length, GError **error);

/**
 * dfn_tag_find_number:
 * @number: (out): a decimal number above 0
 */
gboolean dfn_tag_find_number (GPtrArray *tags, const char *name, guint64 *number, GError **error);

/**
 * dfn_tag_parse_number:
 * @text: (nullable): from anywhere
 *
 * Returns: whether it is a decimal number of at most 15 digits, without a sign or leading zeros
 */
gboolean dfn_tag_parse_number (const char *text, guint64 *number);

/** dfn_tag_is_mime_type: whether @text is a type and subtype as RFC 6838, section 4.2, wants them
 */
gboolean dfn_tag_is_mime_type (const char *text);

/** dfn_tag_add: adds the tag of @name and @value to @tags (element-type GStrv) */
void dfn_tag_add (GPtrArray *tags, const char *name, const char *value);

G_END_DECLS
