/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_HASH_SIZE: the bytes of a SHA-256 digest (FIPS 180-4) */
#define DFN_HASH_SIZE 32

/**
 * dfn_sha256:
 * @data: (array length=length): bytes
 * @out: (out caller-allocates): the digest
 *
 * SHA-256 through GnuTLS, which uses the CPU's SHA instructions where they exist.
 */
void dfn_sha256 (const void *data, gsize length, guint8 out[DFN_HASH_SIZE]);

/**
 * DfnSha256:
 *
 * A SHA-256 computation in progress, for input that arrives in pieces.
 */
typedef struct _DfnSha256 DfnSha256;

DfnSha256 *dfn_sha256_new (void);
void dfn_sha256_update (DfnSha256 *self, const void *data, gsize length);

/**
 * dfn_sha256_finish:
 * @self: a computation
 * @out: (out caller-allocates): the digest of everything since the last finish
 *
 * Writes the digest and starts over with empty input.
 */
void dfn_sha256_finish (DfnSha256 *self, guint8 out[DFN_HASH_SIZE]);
void dfn_sha256_free (DfnSha256 *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnSha256, dfn_sha256_free)

/**
 * dfn_hmac_sha256:
 * @key: (array length=key_length): key bytes
 * @data: (array length=length): message
 * @out: (out caller-allocates): the code (RFC 2104)
 */
void dfn_hmac_sha256 (
    const void *key, gsize key_length, const void *data, gsize length, guint8 out[DFN_HASH_SIZE]);

G_END_DECLS
