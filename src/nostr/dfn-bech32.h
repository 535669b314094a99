/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"

G_BEGIN_DECLS

/** DFN_BECH32_MAX_LENGTH: the most characters taken; BIP-173's 90 are too few for NIP-19 */
#define DFN_BECH32_MAX_LENGTH 5000

/**
 * dfn_bech32_encode:
 * @hrp: the human-readable part: lower-case ASCII, 1 to 83 characters
 * @data: (array length=length): bytes
 *
 * Encodes bytes as Bech32 (BIP-173, the constant 1 and not Bech32m), without its length limit.
 *
 * Returns: (transfer full): the text; wipe it where @data was secret
 */
char *dfn_bech32_encode (const char *hrp, const guint8 *data, gsize length);

/**
 * dfn_bech32_decode:
 * @text: text from anywhere, at most %DFN_BECH32_MAX_LENGTH characters, in upper or lower case but
 *   not both
 * @hrp: (out): the human-readable part in lower case, to be freed with g_free()
 * @data: (out) (array length=length): guarded memory with the bytes, to be freed with
 *   dfn_secret_free(), because they may be a secret key
 * @length: (out): their number
 * @error: return location
 *
 * Returns: %TRUE, or %FALSE with %DFN_NOSTR_ERROR_INVALID_ENTITY, whose message never repeats @text
 */
gboolean
dfn_bech32_decode (const char *text, char **hrp, guint8 **data, gsize *length, GError **error);

G_END_DECLS
