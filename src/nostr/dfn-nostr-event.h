/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"
#include "dfn-nostr-key.h"
#include "dfn-nostr-tags.h"

#include <glib-object.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/** DFN_NOSTR_EVENT_MAX_SIZE: the bytes of the largest event taken from anybody, as JSON */
#define DFN_NOSTR_EVENT_MAX_SIZE (128 * 1024)
/** DFN_NOSTR_EVENT_MAX_TAGS: the most tags an event may carry */
#define DFN_NOSTR_EVENT_MAX_TAGS 2000
/** DFN_NOSTR_EVENT_MAX_CREATED_AT: the last second of the year 9999, so that every date can be
 * shown */
#define DFN_NOSTR_EVENT_MAX_CREATED_AT G_GINT64_CONSTANT (253402300799)

/**
 * DfnNostrEvent:
 *
 * A signed NIP-01 event. An object of this type exists only for an event whose id and signature
 * are right; it is immutable and reference-counted and may be used from any thread.
 */
typedef struct _DfnNostrEvent DfnNostrEvent;

#define DFN_TYPE_NOSTR_EVENT (dfn_nostr_event_get_type ())
GType dfn_nostr_event_get_type (void);

/**
 * dfn_nostr_event_new:
 * @key: the author
 * @kind: 0 to 65535
 * @created_at: seconds since 1970, 0 to %DFN_NOSTR_EVENT_MAX_CREATED_AT
 * @tags: (transfer none) (nullable) (element-type GStrv): its tags, kept and not to be changed;
 * each has a name, all are UTF-8 text
 * @content: UTF-8 text
 *
 * Signs an event. It is for the caller to stay below %DFN_NOSTR_EVENT_MAX_SIZE and
 * %DFN_NOSTR_EVENT_MAX_TAGS: text that a user typed is to be judged before. Control characters
 * other than line break, carriage return, tab, backspace and form feed become U+FFFD, in the event
 * and not in @tags: programs disagree about how they are hashed, so some relay would refuse the
 * event whatever we did (issue 1403 of github.com/nostr-protocol/nips).
 *
 * Returns: (transfer full): the event
 */
DfnNostrEvent *dfn_nostr_event_new (
    DfnNostrKey *key, guint kind, gint64 created_at, GPtrArray *tags, const char *content);

/**
 * dfn_nostr_event_from_node:
 * @node: JSON from anywhere, through dfn_nostr_json_parse()
 * @error: return location
 *
 * Checks form, limits, id and signature. Members that NIP-01 does not know are ignored. Of an event
 * with the control characters that dfn_nostr_event_new() replaces, the id may follow NIP-01's
 * words or JSON's rules.
 *
 * Returns: (transfer full) (nullable): the event, or %NULL with %DFN_NOSTR_ERROR_INVALID_EVENT or
 *   %DFN_NOSTR_ERROR_BAD_SIGNATURE
 */
DfnNostrEvent *dfn_nostr_event_from_node (JsonNode *node, GError **error);

/**
 * dfn_nostr_event_from_json:
 * @json: text from anywhere, at most %DFN_NOSTR_EVENT_MAX_SIZE bytes
 * @length: its bytes, or -1 if it ends with a zero byte
 *
 * The same for text.
 *
 * Returns: (transfer full) (nullable): as dfn_nostr_event_from_node()
 */
DfnNostrEvent *dfn_nostr_event_from_json (const char *json, gssize length, GError **error);

DfnNostrEvent *dfn_nostr_event_ref (DfnNostrEvent *self);
void dfn_nostr_event_unref (DfnNostrEvent *self);

/**
 * dfn_nostr_event_to_json:
 *
 * Returns: (transfer none): the event as one line of JSON
 */
const char *dfn_nostr_event_to_json (DfnNostrEvent *self);

/* Each returns what the event holds: (transfer none), hexadecimal digits in lower case. */
const char *dfn_nostr_event_get_id (DfnNostrEvent *self);
const char *dfn_nostr_event_get_pubkey (DfnNostrEvent *self);
gint64 dfn_nostr_event_get_created_at (DfnNostrEvent *self);
guint dfn_nostr_event_get_kind (DfnNostrEvent *self);
GPtrArray *dfn_nostr_event_get_tags (DfnNostrEvent *self);
const char *dfn_nostr_event_get_content (DfnNostrEvent *self);

/**
 * dfn_nostr_event_get_tag:
 * @name: a tag's name
 *
 * Returns: (transfer none) (nullable): dfn_nostr_tags_lookup() on the event's tags
 */
const char *dfn_nostr_event_get_tag (DfnNostrEvent *self, const char *name);

/**
 * dfn_nostr_event_get_address:
 *
 * Returns: (transfer full) (nullable): `kind:pubkey:d-tag` of a replaceable or addressable event
 *   (NIP-01), %NULL for others
 */
char *dfn_nostr_event_get_address (DfnNostrEvent *self);

/**
 * dfn_nostr_event_get_expiration:
 *
 * Returns: the NIP-40 expiration in seconds since 1970, or %G_MAXINT64 when there is none
 */
gint64 dfn_nostr_event_get_expiration (DfnNostrEvent *self);

/* What NIP-01's ranges of kinds say of storage. */
gboolean dfn_nostr_kind_is_replaceable (guint kind);
gboolean dfn_nostr_kind_is_ephemeral (guint kind);
gboolean dfn_nostr_kind_is_addressable (guint kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNostrEvent, dfn_nostr_event_unref)

G_END_DECLS
