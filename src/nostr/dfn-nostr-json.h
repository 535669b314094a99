/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * dfn_nostr_json_parse:
 * @text: bytes from anywhere
 * @length: how many, or -1 if they end with a zero byte
 * @max_size: the most bytes to accept
 * @code: the code to report for bytes that are not acceptable JSON
 * @error: return location
 *
 * The one door for JSON from outside. Exactly RFC 8259 passes, in UTF-8, nested at most
 * %DFN_NOSTR_JSON_MAX_DEPTH deep, with a bounded number of values, no NUL in any string, no integer
 * beyond 63 bits and no object with two members of one name. json-glib alone takes comments, octal
 * numbers and assignments, wraps large integers around, cuts strings at a NUL, keeps the last of
 * two members and, in older versions, recurses without limit.
 *
 * Returns: (transfer full) (nullable): the root, never a %NULL node's absence; or %NULL with
 *   %DFN_NOSTR_ERROR_TOO_LARGE or @code
 */
JsonNode *dfn_nostr_json_parse (
    const char *text, gssize length, gsize max_size, DfnNostrError code, GError **error);

/**
 * dfn_nostr_json_get_string:
 * @node: (nullable): a node
 *
 * Returns: (transfer none) (nullable): the string in @node, or %NULL if it holds anything else
 */
const char *dfn_nostr_json_get_string (JsonNode *node);

/**
 * dfn_nostr_json_get_integer:
 * @node: (nullable): a node
 * @min: the least acceptable value
 * @max: the greatest
 * @value: (out): receives the number
 *
 * Returns: %TRUE if @node holds an integer in the range; a number written with a point or an
 *   exponent is none
 */
gboolean dfn_nostr_json_get_integer (JsonNode *node, gint64 min, gint64 max, gint64 *value);

/**
 * dfn_nostr_json_append_string:
 * @json: text to append to
 * @text: UTF-8 text
 *
 * Appends @text as a JSON string, in quotation marks.
 */
void dfn_nostr_json_append_string (GString *json, const char *text);

/**
 * dfn_nostr_json_append_canonical:
 * @json: text to append to
 * @text: UTF-8 text
 *
 * The same as NIP-01 wants it below an event's id: the seven escapes it lists and every other
 * character, control characters included, as it is. The result is then not always valid JSON.
 */
void dfn_nostr_json_append_canonical (GString *json, const char *text);

G_END_DECLS
