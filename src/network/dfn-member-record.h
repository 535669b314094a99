/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-key.h"

G_BEGIN_DECLS

#define DFN_MEMBER_KEY_SIZE 32
#define DFN_MEMBER_SIGNATURE_SIZE 64
/** DFN_MEMBER_SWARM_SIZE: the bytes that name a swarm: what its members share */
#define DFN_MEMBER_SWARM_SIZE 32
/** DFN_MEMBER_RECORD_SECONDS: how long a record made now is good */
#define DFN_MEMBER_RECORD_SECONDS (15 * 60)
/** DFN_MEMBER_RECORD_MAX_SECONDS: none is believed that lasts longer; clocks differ */
#define DFN_MEMBER_RECORD_MAX_SECONDS (30 * 60)

/**
 * DfnMemberRecord:
 * @key: the member's run key, as bytes: where its signals go
 * @expires_s: until when it says so, seconds since 1970
 * @signature: its BIP-340 signature
 *
 * "I am a member of this swarm", signed by the member with the key of its run, so that nobody can
 * name members that do not exist. The signed hash is SHA-256 over "defiance member 1", a zero byte,
 * the swarm's 32 bytes, and the expiry as 8 bytes, big-endian.
 */
typedef struct {
  guint8 key[DFN_MEMBER_KEY_SIZE];
  gint64 expires_s;
  guint8 signature[DFN_MEMBER_SIGNATURE_SIZE];
} DfnMemberRecord;

/**
 * dfn_member_record_sign:
 * @key: the run key
 * @swarm: %DFN_MEMBER_SWARM_SIZE bytes
 * @expires_s: seconds since 1970
 * @out: (out caller-allocates): the record
 */
void dfn_member_record_sign (DfnNostrKey *key,
                             const guint8 *swarm,
                             gint64 expires_s,
                             DfnMemberRecord *out);

/**
 * dfn_member_record_verify:
 * @self: from anywhere
 * @swarm: %DFN_MEMBER_SWARM_SIZE bytes
 * @now_s: seconds since 1970
 *
 * Returns: %TRUE if it is signed for this swarm, has not expired and does not last longer than
 *   %DFN_MEMBER_RECORD_MAX_SECONDS; what is cheap is checked first
 */
gboolean dfn_member_record_verify (const DfnMemberRecord *self, const guint8 *swarm, gint64 now_s);

G_END_DECLS
