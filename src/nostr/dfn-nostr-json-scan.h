/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_NOSTR_JSON_MAX_DEPTH: the most arrays and objects inside one another taken from anybody */
#define DFN_NOSTR_JSON_MAX_DEPTH 32
/** DFN_NOSTR_JSON_MAX_VALUES: the most values in one text, each of which costs a node */
#define DFN_NOSTR_JSON_MAX_VALUES 32768
/** DFN_NOSTR_JSON_MAX_MEMBERS: the most members of one object */
#define DFN_NOSTR_JSON_MAX_MEMBERS 256

/**
 * dfn_nostr_json_scan:
 * @text: (array length=length): bytes from anywhere
 * @members: (out): the members of all objects in @text together, duplicates counted
 *
 * Judges bytes by the grammar of RFC 8259 without building anything and without recursion.
 * Refused besides: text that is not UTF-8, `\u0000` and lone surrogates in strings, integers beyond
 * 63 bits, and what exceeds the limits above.
 *
 * Returns: (nullable): what is wrong, a static sentence fragment; %NULL when all is well
 */
const char *dfn_nostr_json_scan (const char *text, gsize length, gsize *members);

G_END_DECLS
