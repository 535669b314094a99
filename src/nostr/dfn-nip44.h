/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"
#include "dfn-nostr-key.h"

#include <glib-object.h>

G_BEGIN_DECLS

/** DFN_NIP44_MAX_PLAINTEXT: the most bytes that version 2 encrypts; the least is 1 */
#define DFN_NIP44_MAX_PLAINTEXT 65535
/** DFN_NIP44_MAX_PAYLOAD: the characters of the longest payload */
#define DFN_NIP44_MAX_PAYLOAD 87472

/**
 * DfnNip44Conversation:
 *
 * What two keys share for NIP-44 version 2: the conversation key, derived once, in guarded memory.
 * Both sides derive the same, so one object encrypts to the peer and decrypts what the peer sent.
 * Immutable and reference-counted; may be used from any thread.
 *
 * NIP-44 authenticates a payload only together with the signature of the event around it: decrypt
 * the content of a verified #DfnNostrEvent, with its author as the peer.
 */
typedef struct _DfnNip44Conversation DfnNip44Conversation;

#define DFN_TYPE_NIP44_CONVERSATION (dfn_nip44_conversation_get_type ())
GType dfn_nip44_conversation_get_type (void);

/**
 * dfn_nip44_conversation_new:
 * @own: our key
 * @peer_pubkey: theirs, 64 lower-case hexadecimal digits
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the conversation; %NULL with %DFN_NOSTR_ERROR_INVALID_KEY if
 *   @peer_pubkey is no point of the curve
 */
DfnNip44Conversation *
dfn_nip44_conversation_new (DfnNostrKey *own, const char *peer_pubkey, GError **error);

DfnNip44Conversation *dfn_nip44_conversation_ref (DfnNip44Conversation *self);
void dfn_nip44_conversation_unref (DfnNip44Conversation *self);

/**
 * dfn_nip44_encrypt:
 * @plaintext: (array length=length): bytes; other programs expect UTF-8 text
 * @length: 1 to %DFN_NIP44_MAX_PLAINTEXT
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the payload in base64, fit for an event's content; %NULL
 *   with %DFN_NOSTR_ERROR_TOO_LARGE if @length is out of range
 */
char *
dfn_nip44_encrypt (DfnNip44Conversation *self, const void *plaintext, gsize length, GError **error);

/**
 * dfn_nip44_decrypt:
 * @payload: text from anywhere
 * @length: (out) (optional): the plaintext's bytes
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the plaintext with a zero byte behind it; any bytes, so text
 *   is still to be checked for UTF-8; %NULL with %DFN_NOSTR_ERROR_DECRYPT
 */
char *
dfn_nip44_decrypt (DfnNip44Conversation *self, const char *payload, gsize *length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNip44Conversation, dfn_nip44_conversation_unref)

G_END_DECLS
