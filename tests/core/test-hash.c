/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-hash.h"

#include <string.h>

/* FIPS 180-4 examples and RFC 4231 test case 2. */
static void
test_known_digests (void)
{
  static const struct {
    const char *text;
    const char *digest;
  } cases[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
  };
  guint8 digest[DFN_HASH_SIZE];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *hex = NULL;

      dfn_sha256 (cases[i].text, strlen (cases[i].text), digest);
      hex = dfn_hex_encode (digest, sizeof digest);
      g_assert_cmpstr (hex, ==, cases[i].digest);
    }
}

static void
test_pieces (void)
{
  g_autoptr (DfnSha256) hash = dfn_sha256_new ();
  guint8 whole[DFN_HASH_SIZE], pieces[DFN_HASH_SIZE];

  dfn_sha256 ("abcdef", 6, whole);
  for (guint round = 0; round < 2; round++)
    {
      dfn_sha256_update (hash, "abc", 3);
      dfn_sha256_update (hash, "", 0);
      dfn_sha256_update (hash, "def", 3);
      dfn_sha256_finish (hash, pieces);
      g_assert_cmpmem (whole, sizeof whole, pieces, sizeof pieces);
    }
}

static void
test_hmac (void)
{
  guint8 code[DFN_HASH_SIZE];
  g_autofree char *hex = NULL;

  dfn_hmac_sha256 ("Jefe", 4, "what do ya want for nothing?", 28, code);
  hex = dfn_hex_encode (code, sizeof code);
  g_assert_cmpstr (hex, ==, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/hash/known-digests", test_known_digests);
  g_test_add_func ("/core/hash/pieces", test_pieces);
  g_test_add_func ("/core/hash/hmac", test_hmac);
  return g_test_run ();
}
