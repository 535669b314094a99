/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-member-record.h"

#include <string.h>

#define NOW_S G_GINT64_CONSTANT (1800000000)

static const guint8 swarm[DFN_MEMBER_SWARM_SIZE] = "a swarm";

static void
test_round_trip (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autofree char *hex = NULL;
  DfnMemberRecord record;

  dfn_member_record_sign (key, swarm, NOW_S + DFN_MEMBER_RECORD_SECONDS, &record);
  hex = dfn_hex_encode (record.key, sizeof record.key);
  g_assert_cmpstr (hex, ==, dfn_nostr_key_get_pubkey (key));
  g_assert_true (dfn_member_record_verify (&record, swarm, NOW_S));
}

/* What doc/protocol.md says is signed, put together by hand. */
static void
test_as_documented (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  guint8 text[18 + 32 + 8] = "defiance member 1";
  DfnMemberRecord record = { .expires_s = NOW_S + 60 };
  guint8 hash[DFN_HASH_SIZE];

  memcpy (text + 18, swarm, sizeof swarm);
  dfn_write_be32 (text + 54, (guint32) (NOW_S + 60));
  dfn_sha256 (text, sizeof text, hash);
  dfn_nostr_key_sign (key, hash, record.signature);
  g_assert_true (dfn_hex_decode (dfn_nostr_key_get_pubkey (key), record.key, sizeof record.key));
  g_assert_true (dfn_member_record_verify (&record, swarm, NOW_S));
}

static void
test_refused (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  const guint8 other[DFN_MEMBER_SWARM_SIZE] = "another swarm";
  DfnMemberRecord record, changed;

  dfn_member_record_sign (key, swarm, NOW_S + 600, &record);
  g_assert_false (dfn_member_record_verify (&record, other, NOW_S));
  g_assert_false (dfn_member_record_verify (&record, swarm, NOW_S + 600));
  changed = record;
  changed.expires_s++;
  g_assert_false (dfn_member_record_verify (&changed, swarm, NOW_S));
  for (guint i = 0; i < sizeof record.signature; i += 7)
    {
      changed = record;
      changed.signature[i] ^= 1;
      g_assert_false (dfn_member_record_verify (&changed, swarm, NOW_S));
    }
  changed = record;
  memset (changed.key, 0xff, sizeof changed.key); /* no point of the curve */
  g_assert_false (dfn_member_record_verify (&changed, swarm, NOW_S));
  dfn_member_record_sign (key, swarm, NOW_S + DFN_MEMBER_RECORD_MAX_SECONDS + 1, &record);
  g_assert_false (dfn_member_record_verify (&record, swarm, NOW_S));
  dfn_member_record_sign (key, swarm, -1, &record);
  g_assert_false (dfn_member_record_verify (&record, swarm, NOW_S));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/member-record/round-trip", test_round_trip);
  g_test_add_func ("/network/member-record/as-documented", test_as_documented);
  g_test_add_func ("/network/member-record/refused", test_refused);
  return g_test_run ();
}
