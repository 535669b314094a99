/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-message.h"

G_BEGIN_DECLS

/* What both directions share. */

/**
 * dfn_nostr_message_open:
 * @name: (out): the message's name, in the array's first place
 *
 * Returns: (transfer full) (nullable): the root, an array of at least two elements; else %NULL
 */
JsonNode *dfn_nostr_message_open (
    const char *text, gssize length, gsize max_size, const char **name, GError **error);

/* Sets %DFN_NOSTR_ERROR_INVALID_MESSAGE; always %FALSE. */
gboolean dfn_nostr_message_fail (GError **error, const char *name, const char *problem);

/* Each reads the element at @index of the array @root into a %NULL place. */
gboolean
dfn_nostr_message_read_subscription (JsonNode *root, guint index, char **id, GError **error);
gboolean dfn_nostr_message_read_event_id (JsonNode *root, guint index, char **id, GError **error);
/* Keeps the node and the id that it claims. */
gboolean dfn_nostr_message_read_event (
    JsonNode *root, guint index, JsonNode **event, char **id, GError **error);

/**
 * dfn_nostr_message_begin:
 * @name: the message's name
 * @first: (nullable): its first value
 *
 * Returns: (transfer full): `["name","first"`, to be gone on with
 */
GString *dfn_nostr_message_begin (const char *name, const char *first);

/* Takes @text; returns (transfer full) the finished message. */
char *dfn_nostr_message_end (GString *text);

G_END_DECLS
