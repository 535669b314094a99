/* SPDX-License-Identifier: MIT */
#include "dfn-member-record.h"

#include "dfn-bytes.h"
#include "dfn-hash.h"

static const char domain[] = "defiance member 1"; /* its zero byte is hashed, too */

static void
hash_record (const guint8 *swarm, gint64 expires_s, guint8 hash[DFN_HASH_SIZE])
{
  g_autoptr (DfnSha256) sha = dfn_sha256_new ();
  guint8 expiry[8];

  dfn_write_be32 (expiry, (guint32) ((guint64) expires_s >> 32));
  dfn_write_be32 (expiry + 4, (guint32) expires_s);
  dfn_sha256_update (sha, domain, sizeof domain);
  dfn_sha256_update (sha, swarm, DFN_MEMBER_SWARM_SIZE);
  dfn_sha256_update (sha, expiry, sizeof expiry);
  dfn_sha256_finish (sha, hash);
}

void
dfn_member_record_sign (DfnNostrKey *key,
                        const guint8 *swarm,
                        gint64 expires_s,
                        DfnMemberRecord *out)
{
  guint8 hash[DFN_HASH_SIZE];

  if (!dfn_hex_decode (dfn_nostr_key_get_pubkey (key), out->key, sizeof out->key))
    g_assert_not_reached ();
  out->expires_s = expires_s;
  hash_record (swarm, expires_s, hash);
  dfn_nostr_key_sign (key, hash, out->signature);
}

gboolean
dfn_member_record_verify (const DfnMemberRecord *self, const guint8 *swarm, gint64 now_s)
{
  guint8 hash[DFN_HASH_SIZE];
  g_autofree char *pubkey = NULL;

  if (self->expires_s <= now_s || self->expires_s > now_s + DFN_MEMBER_RECORD_MAX_SECONDS)
    return FALSE;
  hash_record (swarm, self->expires_s, hash);
  pubkey = dfn_hex_encode (self->key, sizeof self->key);
  return dfn_nostr_signature_verify (pubkey, hash, self->signature);
}
