/* SPDX-License-Identifier: MIT */
#include "dfn-bech32.h"
#include "dfn-bytes.h"
#include "dfn-secret.h"

#include <string.h>

static gboolean
decodes (const char *text)
{
  g_autofree char *hrp = NULL;
  g_autoptr (GError) error = NULL;
  guint8 *data = NULL;
  gsize length;

  if (!dfn_bech32_decode (text, &hrp, &data, &length, &error))
    {
      g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_ENTITY);
      return FALSE;
    }
  dfn_secret_free (data);
  return TRUE;
}

/* The public key of NIP-19's examples. */
static void
test_published (void)
{
  const char *text = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
  const char *hex = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
  g_autofree char *hrp = NULL;
  g_autofree char *encoded = NULL;
  g_autofree char *decoded = NULL;
  g_autoptr (GError) error = NULL;
  guint8 *data = NULL;
  gsize length;

  g_assert_true (dfn_bech32_decode (text, &hrp, &data, &length, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (hrp, ==, "npub");
  decoded = dfn_hex_encode (data, length);
  g_assert_cmpstr (decoded, ==, hex);
  encoded = dfn_bech32_encode (hrp, data, length);
  g_assert_cmpstr (encoded, ==, text);
  dfn_secret_free (data);
}

/* BIP-173's lists, as far as the data part is whole bytes there. */
static void
test_validity (void)
{
  static const char *const valid[] = {
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "?1ezyfcl",
  };
  static const char *const invalid[] = {
    "",
    "1",
    "npub",
    "\x20"
    "1nwldj5",
    "\x7f"
    "1axkwrx",
    "\x80"
    "1eym55h",
    "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "de1lg7wt\xff",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
    "a12UEL5L",
    "a12uel5m",
    /* Bech32m (BIP-350), whose checksum ends in another constant. */
    "a1lqfn3a",
  };

  for (guint i = 0; i < G_N_ELEMENTS (valid); i++)
    g_assert_true (decodes (valid[i]));
  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++)
    if (decodes (invalid[i]))
      g_error ("Accepted: %s", invalid[i]);
}

static void
test_every_length (void)
{
  guint8 bytes[64];

  for (guint i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (i * 37 + 11);
  for (guint length = 0; length <= sizeof bytes; length++)
    {
      g_autofree char *text = dfn_bech32_encode ("test", bytes, length);
      g_autofree char *upper = g_ascii_strup (text, -1);
      g_autofree char *hrp = NULL;
      guint8 *data = NULL;
      gsize decoded;

      g_assert_true (dfn_bech32_decode (upper, &hrp, &data, &decoded, NULL));
      g_assert_cmpstr (hrp, ==, "test");
      g_assert_cmpmem (data, decoded, bytes, length);
      dfn_secret_free (data);

      text[5 + length / 2] = text[5 + length / 2] == 'q' ? 'p' : 'q';
      g_assert_false (decodes (text));
    }
}

static void
test_length_limit (void)
{
  g_autofree guint8 *bytes = g_malloc0 (DFN_BECH32_MAX_LENGTH);
  g_autofree char *longest = dfn_bech32_encode ("a", bytes, (DFN_BECH32_MAX_LENGTH - 8) * 5 / 8);
  g_autofree char *too_long = dfn_bech32_encode ("a", bytes, DFN_BECH32_MAX_LENGTH * 5 / 8 + 1);

  g_assert_cmpuint (strlen (longest), ==, DFN_BECH32_MAX_LENGTH);
  g_assert_true (decodes (longest));
  g_assert_false (decodes (too_long));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/bech32/published", test_published);
  g_test_add_func ("/nostr/bech32/validity", test_validity);
  g_test_add_func ("/nostr/bech32/every-length", test_every_length);
  g_test_add_func ("/nostr/bech32/length-limit", test_length_limit);
  return g_test_run ();
}
