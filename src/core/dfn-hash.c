/* SPDX-License-Identifier: MIT */
#include "dfn-hash.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* GnuTLS fails here only when memory is gone or SHA-256 is forbidden by policy; neither leaves
 * a way to go on, so both end the program with a message. */
static void
check (int result)
{
  if (G_UNLIKELY (result < 0))
    g_error ("SHA-256 is not available from GnuTLS: %s", gnutls_strerror (result));
}

void
dfn_sha256 (const void *data, gsize length, guint8 out[DFN_HASH_SIZE])
{
  check (gnutls_hash_fast (GNUTLS_DIG_SHA256, data, length, out));
}

DfnSha256 *
dfn_sha256_new (void)
{
  gnutls_hash_hd_t handle;

  check (gnutls_hash_init (&handle, GNUTLS_DIG_SHA256));
  return (DfnSha256 *) handle;
}

void
dfn_sha256_update (DfnSha256 *self, const void *data, gsize length)
{
  check (gnutls_hash ((gnutls_hash_hd_t) self, data, length));
}

void
dfn_sha256_finish (DfnSha256 *self, guint8 out[DFN_HASH_SIZE])
{
  gnutls_hash_output ((gnutls_hash_hd_t) self, out);
}

void
dfn_sha256_free (DfnSha256 *self)
{
  gnutls_hash_deinit ((gnutls_hash_hd_t) self, NULL);
}

void
dfn_hmac_sha256 (
    const void *key, gsize key_length, const void *data, gsize length, guint8 out[DFN_HASH_SIZE])
{
  check (gnutls_hmac_fast (GNUTLS_MAC_SHA256, key, key_length, data, length, out));
}
