/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"

#include <glib-object.h>

G_BEGIN_DECLS

/** DFN_NOSTR_PUBKEY_SIZE: the bytes of an x-only public key (BIP-340) */
#define DFN_NOSTR_PUBKEY_SIZE 32

/**
 * DfnNostrKey:
 *
 * A secp256k1 key pair. The secret half stays in guarded memory and leaves it only through
 * dfn_nostr_key_export(). Immutable and reference-counted; may be used from any thread.
 */
typedef struct _DfnNostrKey DfnNostrKey;

#define DFN_TYPE_NOSTR_KEY (dfn_nostr_key_get_type ())
GType dfn_nostr_key_get_type (void);

/**
 * dfn_nostr_key_generate:
 *
 * Returns: (transfer full): a new random key
 */
DfnNostrKey *dfn_nostr_key_generate (void);

/**
 * dfn_nostr_key_import:
 * @text: an `nsec1…` (NIP-19) or 64 lower-case hexadecimal digits
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the key, or %NULL with %DFN_NOSTR_ERROR_INVALID_KEY, whose
 *   message never repeats @text
 */
DfnNostrKey *dfn_nostr_key_import (const char *text, GError **error);

/**
 * dfn_nostr_key_export:
 *
 * Returns: (transfer full): the secret key as `nsec1…`, to be freed with dfn_secret_free_string()
 */
char *dfn_nostr_key_export (DfnNostrKey *self);

/**
 * dfn_nostr_key_derive:
 * @purpose: what the new key is for
 *
 * Returns: (transfer full): a key that is the same for the same purpose each time, that only the
 *   owner of @self can make, and that tells nothing of @self to whoever has it
 */
DfnNostrKey *dfn_nostr_key_derive (DfnNostrKey *self, const char *purpose);

DfnNostrKey *dfn_nostr_key_ref (DfnNostrKey *self);
void dfn_nostr_key_unref (DfnNostrKey *self);

/**
 * dfn_nostr_key_get_pubkey:
 *
 * Returns: (transfer none): the public key, 64 lower-case hexadecimal digits
 */
const char *dfn_nostr_key_get_pubkey (DfnNostrKey *self);

/**
 * dfn_nostr_key_sign:
 * @hash: 32 bytes, usually an event's id
 * @signature: (out caller-allocates): the BIP-340 signature, 64 bytes
 */
void dfn_nostr_key_sign (DfnNostrKey *self, const guint8 hash[32], guint8 signature[64]);

/**
 * dfn_nostr_key_ecdh:
 * @pubkey: the other side's public key, 64 lower-case hexadecimal digits
 * @shared_x: (out caller-allocates): the unhashed x coordinate of the shared point, 32 bytes;
 *   guarded memory of the caller
 * @error: return location
 *
 * Returns: %TRUE on success; %FALSE with %DFN_NOSTR_ERROR_INVALID_KEY if @pubkey is no point
 */
gboolean
dfn_nostr_key_ecdh (DfnNostrKey *self, const char *pubkey, guint8 shared_x[32], GError **error);

/**
 * dfn_nostr_signature_verify:
 * @pubkey: 64 lower-case hexadecimal digits
 * @hash: 32 bytes
 * @signature: 64 bytes
 *
 * Returns: %TRUE if @signature is @pubkey's BIP-340 signature of @hash
 */
gboolean
dfn_nostr_signature_verify (const char *pubkey, const guint8 hash[32], const guint8 signature[64]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNostrKey, dfn_nostr_key_unref)

G_END_DECLS
