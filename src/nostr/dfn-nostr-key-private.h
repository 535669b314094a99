/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-key.h"

G_BEGIN_DECLS

/* What published vectors need and the program does not: for tests alone. */

/**
 * dfn_nostr_key_sign_message:
 * @message: (array length=length): bytes of any number
 * @aux: BIP-340's auxiliary random data, 32 bytes
 * @signature: (out caller-allocates): 64 bytes
 */
void dfn_nostr_key_sign_message (DfnNostrKey *self,
                                 const guint8 *message,
                                 gsize length,
                                 const guint8 aux[32],
                                 guint8 signature[64]);

/**
 * dfn_nostr_signature_verify_message:
 * @message: (array length=length): bytes of any number
 *
 * Returns: as dfn_nostr_signature_verify()
 */
gboolean dfn_nostr_signature_verify_message (const char *pubkey,
                                             const guint8 *message,
                                             gsize length,
                                             const guint8 signature[64]);

G_END_DECLS
