/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-nostr-key-private.h"
#include "dfn-nostr-key.h"
#include "dfn-secret.h"
#include "dfn-test-vectors.h"

#include <string.h>

/* NIP-19's example of a secret key, and BIP-340's first public key, that of the number 3. */
#define NSEC "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
#define NSEC_HEX "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"
#define THREE "0000000000000000000000000000000000000000000000000000000000000003"
#define THREE_PUBKEY "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"

/* What NSEC gives for the purpose "live contact a": HMAC-SHA256 and the curve, computed elsewhere.
 */
#define DERIVED_PUBKEY "def70c27845a2b30c7dae31b6fa954a6325b270a1641b4b1a2686d939df329dc"

static void
test_import_export (void)
{
  static const char *const texts[] = { NSEC, NSEC_HEX };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (texts[i], &error);
      char *exported;

      g_assert_no_error (error);
      exported = dfn_nostr_key_export (key);
      g_assert_cmpstr (exported, ==, NSEC);
      dfn_secret_free_string (exported);
    }
}

/* The same each time, another for each purpose and each key. */
static void
test_derive (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (NSEC, NULL);
  g_autoptr (DfnNostrKey) other = dfn_nostr_key_import (THREE, NULL);
  g_autoptr (DfnNostrKey) once = dfn_nostr_key_derive (key, "live contact a");
  g_autoptr (DfnNostrKey) again = dfn_nostr_key_derive (key, "live contact a");
  g_autoptr (DfnNostrKey) another = dfn_nostr_key_derive (key, "live contact b");
  g_autoptr (DfnNostrKey) of_other = dfn_nostr_key_derive (other, "live contact a");
  const char *pubkey = dfn_nostr_key_get_pubkey (once);

  g_assert_cmpstr (pubkey, ==, DERIVED_PUBKEY);
  g_assert_cmpstr (pubkey, ==, dfn_nostr_key_get_pubkey (again));
  g_assert_cmpstr (pubkey, !=, dfn_nostr_key_get_pubkey (key));
  g_assert_cmpstr (pubkey, !=, dfn_nostr_key_get_pubkey (another));
  g_assert_cmpstr (pubkey, !=, dfn_nostr_key_get_pubkey (of_other));
}

static void
test_import_refuses (void)
{
  static const char *const texts[] = {
    "",
    "nsec1",
    "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe4",
    "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
    "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ff",
    "67DEA2ED018072D675F5415ECFAED7D2597555E202D85B3D65EA4E58D2D92FFA",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (texts[i], &error);

      g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY);
      g_assert_null (key);
      if (strlen (texts[i]) > 60)
        g_assert_null (strstr (error->message, texts[i]));
    }
}

static void
test_sign (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) other = dfn_nostr_key_generate ();
  guint8 hash[32] = { 1, 2, 3 };
  guint8 signature[64];

  dfn_nostr_key_sign (key, hash, signature);
  g_assert_true (dfn_nostr_signature_verify (dfn_nostr_key_get_pubkey (key), hash, signature));
  g_assert_false (dfn_nostr_signature_verify (dfn_nostr_key_get_pubkey (other), hash, signature));
  hash[31] ^= 1;
  g_assert_false (dfn_nostr_signature_verify (dfn_nostr_key_get_pubkey (key), hash, signature));
  hash[31] ^= 1;
  signature[63] ^= 1;
  g_assert_false (dfn_nostr_signature_verify (dfn_nostr_key_get_pubkey (key), hash, signature));
  g_assert_false (dfn_nostr_signature_verify ("nonsense", hash, signature));
}

static void
test_ecdh (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) a = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) b = dfn_nostr_key_import (THREE, &error);
  guint8 *ab = dfn_secret_new (32), *ba = dfn_secret_new (32);

  g_assert_no_error (error);
  g_assert_cmpstr (dfn_nostr_key_get_pubkey (b), ==, THREE_PUBKEY);
  g_assert_true (dfn_nostr_key_ecdh (a, THREE_PUBKEY, ab, &error));
  g_assert_true (dfn_nostr_key_ecdh (b, dfn_nostr_key_get_pubkey (a), ba, &error));
  g_assert_true (dfn_secret_equal (ab, ba, 32));
  /* BIP-340's vector 5: x is not on the curve. */
  g_assert_false (dfn_nostr_key_ecdh (
      a, "eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34", ab, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY);
  dfn_secret_free (ab);
  dfn_secret_free (ba);
}

static void
check_signing (const char *secret,
               const char *pubkey,
               const char *aux_hex,
               GByteArray *message,
               const guint8 signature[64])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (secret, &error);
  guint8 aux[32], made[64];

  g_assert_no_error (error);
  g_assert_cmpstr (dfn_nostr_key_get_pubkey (key), ==, pubkey);
  g_assert_true (dfn_hex_decode (aux_hex, aux, sizeof aux));
  dfn_nostr_key_sign_message (key, message->data, message->len, aux, made);
  g_assert_cmpmem (made, sizeof made, signature, 64);
}

/* A row: index, secret key, public key, aux_rand, message, signature, result, comment. */
static void
check_row (const char *row)
{
  g_autofree char *lower = g_ascii_strdown (row, -1);
  g_auto (GStrv) fields = g_strsplit (lower, ",", 8);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8 signature[64];

  g_assert_cmpuint (g_strv_length (fields), ==, 8);
  g_byte_array_set_size (message, (guint) strlen (fields[4]) / 2);
  g_assert_true (dfn_hex_decode (fields[4], message->data, message->len));
  g_assert_true (dfn_hex_decode (fields[5], signature, sizeof signature));
  g_test_message ("vector %s: %s", fields[0], fields[7]);
  g_assert_cmpint (
      dfn_nostr_signature_verify_message (fields[2], message->data, message->len, signature), ==,
      strcmp (fields[6], "true") == 0);
  if (*fields[1] != '\0')
    check_signing (fields[1], fields[2], fields[3], message, signature);
}

/* BIP-340's vectors 0 (signing), 6 and 7 (a wrong R, a negated message). */
static void
test_bip340 (void)
{
  static const char *const rows[] = {
    "0," THREE "," THREE_PUBKEY ",0000000000000000000000000000000000000000000000000000000000000000"
    ",0000000000000000000000000000000000000000000000000000000000000000"
    ",E907831F80848D1069A5371B402410364BDF1C5F8307B0084C55F1CE2DCA8215"
    "25F66A4A85EA8B71E482A74F382D2CE5EBEEE8FDB2172F477DF4900D310536C0,TRUE,",
    "6,,DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659,"
    ",243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89"
    ",FFF97BD5755EEEA420453A14355235D382F6472F8568A18B2F057A1460297556"
    "3CC27944640AC607CD107AE10923D9EF7A73C643E166BE5EBEAFA34B1AC553E2,FALSE,",
    "7,,DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659,"
    ",243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89"
    ",1FA62E331EDBC21C394792D2AB1100A7B432B013DF3F6FF4F99FCB33E0E1515F"
    "28890B3EDB6E7189B630448B515CE4F8622A954CFE545735AAEA5134FCCDB2BD,FALSE,",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_row (rows[i]);
}

static void
test_bip340_all (void)
{
  g_autofree char *text = dfn_test_vectors_read ("bip340", "test-vectors.csv");
  g_auto (GStrv) lines = NULL;
  guint rows = 0;

  if (text == NULL)
    return;
  lines = g_strsplit (text, "\n", 0);
  for (guint i = 1; lines[i] != NULL; i++)
    {
      g_strchomp (lines[i]);
      if (*lines[i] == '\0')
        continue;
      check_row (lines[i]);
      rows++;
    }
  g_assert_cmpuint (rows, >=, 19);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/key/import-export", test_import_export);
  g_test_add_func ("/nostr/key/derive", test_derive);
  g_test_add_func ("/nostr/key/import-refuses", test_import_refuses);
  g_test_add_func ("/nostr/key/sign", test_sign);
  g_test_add_func ("/nostr/key/ecdh", test_ecdh);
  g_test_add_func ("/nostr/key/bip340", test_bip340);
  g_test_add_func ("/nostr/key/bip340-all", test_bip340_all);
  return g_test_run ();
}
