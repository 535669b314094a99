/* SPDX-License-Identifier: MIT */
#include "dfn-bech32.h"
#include "dfn-bytes.h"
#include "dfn-nip19.h"
#include "dfn-secret.h"

#include <string.h>

/* NIP-19's examples. */
#define NPUB "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg"
#define NPUB_HEX "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"
#define NSEC "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
#define NPROFILE                                                                                   \
  "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mh"  \
  "xue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p"
#define NPROFILE_HEX "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d"

static void
assert_refused (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNip19) entity = dfn_nip19_parse (text, &error);

  if (entity != NULL)
    g_error ("Accepted: %s", text);
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_ENTITY);
}

static DfnNip19 *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  DfnNip19 *entity = dfn_nip19_parse (text, &error);

  g_assert_no_error (error);
  return entity;
}

static void
assert_text (DfnNip19 *entity, const char *expected)
{
  g_autofree char *text = dfn_nip19_to_string (entity);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_published (void)
{
  g_autoptr (DfnNip19) npub = parse (NPUB);
  g_autoptr (DfnNip19) nsec = parse (NSEC);
  g_autoptr (DfnNip19) nprofile = parse (NPROFILE);
  const char *const *relays = dfn_nip19_get_relays (nprofile);

  g_assert_cmpint (dfn_nip19_get_entity_type (npub), ==, DFN_NIP19_NPUB);
  g_assert_cmpstr (dfn_nip19_get_pubkey (npub), ==, NPUB_HEX);
  g_assert_null (dfn_nip19_get_id (npub));
  g_assert_null (dfn_nip19_get_key (npub));
  g_assert_null (dfn_nip19_get_relays (npub)[0]);
  assert_text (npub, NPUB);

  g_assert_cmpint (dfn_nip19_get_entity_type (nsec), ==, DFN_NIP19_NSEC);
  g_assert_cmpstr (dfn_nip19_get_pubkey (nsec), ==, NPUB_HEX);
  g_assert_nonnull (dfn_nip19_get_key (nsec));
  assert_text (nsec, NSEC);

  g_assert_cmpint (dfn_nip19_get_entity_type (nprofile), ==, DFN_NIP19_NPROFILE);
  g_assert_cmpstr (dfn_nip19_get_pubkey (nprofile), ==, NPROFILE_HEX);
  g_assert_cmpstr (relays[0], ==, "wss://r.x.com");
  g_assert_cmpstr (relays[1], ==, "wss://djbas.sadkb.com");
  g_assert_null (relays[2]);
  assert_text (nprofile, NPROFILE);
}

static void
test_scheme_and_case (void)
{
  static const char *const good[] = { "nostr:" NPUB, "NOSTR:" NPUB,
                                      "Nostr:NPUB10ELFCS4FR0L0R8AF98JLMGDH9C8TCXJVZ9QKW038JS35"
                                      "MP4DMA8QZVJPTG" };
  static const char *const bad[] = {
    "",
    "nostr:",
    "nostr:nostr:" NPUB,
    "nostr:" NSEC,
    "nostr://" NPUB,
    " " NPUB,
    NPUB " ",
    "Npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
    "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptG",
    "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjpth",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (DfnNip19) entity = parse (good[i]);

      assert_text (entity, NPUB);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i]);
}

static void
test_note (void)
{
  g_autoptr (DfnNip19) note = dfn_nip19_new_note (NPUB_HEX);
  g_autofree char *text = dfn_nip19_to_string (note);
  g_autoptr (DfnNip19) read = parse (text);

  g_assert_true (g_str_has_prefix (text, "note1"));
  g_assert_cmpint (dfn_nip19_get_entity_type (read), ==, DFN_NIP19_NOTE);
  g_assert_cmpstr (dfn_nip19_get_id (read), ==, NPUB_HEX);
  g_assert_null (dfn_nip19_get_pubkey (read));
}

static void
test_nevent (void)
{
  static const char *const relays[] = { "ws://127.0.0.1:7777", "wss://relay.example", NULL };
  g_autoptr (DfnNip19) full = dfn_nip19_new_nevent (NPUB_HEX, NPROFILE_HEX, 1311, relays);
  g_autoptr (DfnNip19) bare = dfn_nip19_new_nevent (NPUB_HEX, NULL, DFN_NIP19_NO_KIND, NULL);
  g_autofree char *full_text = dfn_nip19_to_string (full);
  g_autofree char *bare_text = dfn_nip19_to_string (bare);
  g_autoptr (DfnNip19) read = parse (full_text);
  g_autoptr (DfnNip19) read_bare = parse (bare_text);

  g_assert_cmpstr (dfn_nip19_get_id (read), ==, NPUB_HEX);
  g_assert_cmpstr (dfn_nip19_get_pubkey (read), ==, NPROFILE_HEX);
  g_assert_cmpuint (dfn_nip19_get_kind (read), ==, 1311);
  g_assert_true (g_strv_equal (dfn_nip19_get_relays (read), relays));
  g_assert_cmpstr (dfn_nip19_get_id (read_bare), ==, NPUB_HEX);
  g_assert_null (dfn_nip19_get_pubkey (read_bare));
  g_assert_cmpuint (dfn_nip19_get_kind (read_bare), ==, DFN_NIP19_NO_KIND);
}

static void
test_naddr (void)
{
  static const char *const identifiers[] = { "", "movie", "première 😀" };
  static const char *const relays[] = { "wss://relay.example/path?x=1", NULL };
  g_autofree char *too_long = g_strnfill (256, 'd');
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (identifiers); i++)
    {
      g_autoptr (DfnNip19) entity =
          dfn_nip19_new_naddr (35910, NPUB_HEX, identifiers[i], relays, &error);
      g_autofree char *text = NULL;
      g_autoptr (DfnNip19) read = NULL;

      g_assert_no_error (error);
      text = dfn_nip19_to_string (entity);
      read = parse (text);
      g_assert_cmpint (dfn_nip19_get_entity_type (read), ==, DFN_NIP19_NADDR);
      g_assert_cmpstr (dfn_nip19_get_identifier (read), ==, identifiers[i]);
      g_assert_cmpstr (dfn_nip19_get_pubkey (read), ==, NPUB_HEX);
      g_assert_cmpuint (dfn_nip19_get_kind (read), ==, 35910);
      g_assert_true (g_strv_equal (dfn_nip19_get_relays (read), relays));
    }
  g_assert_null (dfn_nip19_new_naddr (35910, NPUB_HEX, too_long, NULL, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_ENTITY);
}

/* A TLV of our own: others' readers and our older ones pass over it, and nothing else changes. */
static void
test_contact (void)
{
  static const char *const relays[] = { "wss://relay.example", NULL };
  g_autoptr (DfnNip19) bare = dfn_nip19_new_naddr (30311, NPUB_HEX, "live", relays, NULL);
  g_autoptr (DfnNip19) entity =
      dfn_nip19_new_naddr_with_contact (30311, NPUB_HEX, "live", relays, NPROFILE_HEX, NULL);
  g_autoptr (DfnNip19) without =
      dfn_nip19_new_naddr_with_contact (30311, NPUB_HEX, "live", relays, NULL, NULL);
  g_autofree char *bare_text = dfn_nip19_to_string (bare);
  g_autofree char *without_text = dfn_nip19_to_string (without);
  g_autofree char *text = dfn_nip19_to_string (entity);
  g_autoptr (DfnNip19) read = parse (text);
  g_autoptr (DfnNip19) read_bare = parse (bare_text);

  g_assert_cmpstr (bare_text, ==, without_text);
  g_assert_cmpstr (bare_text, !=, text);
  g_assert_null (dfn_nip19_get_contact (read_bare));
  g_assert_cmpstr (dfn_nip19_get_contact (read), ==, NPROFILE_HEX);
  g_assert_cmpstr (dfn_nip19_get_pubkey (read), ==, NPUB_HEX);
  g_assert_cmpstr (dfn_nip19_get_identifier (read), ==, "live");
  g_assert_true (g_strv_equal (dfn_nip19_get_relays (read), relays));
}

/* What we write we can read, however many relays there are. */
static void
test_many_relays (void)
{
  g_autoptr (GPtrArray) relays = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (DfnNip19) entity = NULL, read = NULL;
  g_autofree char *text = NULL;
  guint count;

  g_ptr_array_add (relays, g_strdup ("wss://relay.example/\n"));
  g_ptr_array_add (relays, g_strnfill (256, 'r'));
  g_ptr_array_add (relays, g_strdup (""));
  for (guint i = 0; i < 40; i++)
    g_ptr_array_add (relays, g_strnfill (255, 'r'));
  g_ptr_array_add (relays, NULL);
  entity = dfn_nip19_new_nprofile (NPUB_HEX, (const char *const *) relays->pdata);
  count = g_strv_length ((char **) dfn_nip19_get_relays (entity));
  g_assert_cmpuint (count, ==, DFN_NIP19_MAX_RELAYS);
  text = dfn_nip19_to_string (entity);
  g_assert_cmpuint (strlen (text), <=, DFN_BECH32_MAX_LENGTH);
  read = parse (text);
  g_assert_cmpstr (dfn_nip19_get_relays (read)[0], ==, relays->pdata[3]);
}

/* @hex: the TLVs, in hexadecimal digits, K standing for 32 bytes of a key or an id */
static char *
tlv_text (const char *name, const char *hex)
{
  g_auto (GStrv) parts = g_strsplit (hex, "K", -1);
  g_autofree char *full = g_strjoinv (NPUB_HEX, parts);
  gsize length = strlen (full) / 2;
  g_autofree guint8 *data = g_malloc (length + 1);

  g_assert_true (dfn_hex_decode (full, data, length));
  return dfn_bech32_encode (name, data, length);
}

static const struct {
  const char *name;
  const char *hex;
  gboolean is_good;
} tlv_cases[] = {
  { "nprofile", "0020K", TRUE },
  /* Unknown types, of any length, and types that mean nothing here. */
  { "nprofile",
    "ff00"
    "0020K"
    "6303abcdef"
    "0303000000"
    "0201ab",
    TRUE },
  { "nevent",
    "0020K"
    "0220K"
    "03040000ffff",
    TRUE },
  { "naddr",
    "0000"
    "0220K"
    "030400008c46",
    TRUE },
  /* A relay that is no text is only a hint less. */
  { "nprofile",
    "0020K"
    "0102ff0a"
    "0100",
    TRUE },
  { "nprofile", "", FALSE },
  { "nprofile",
    "0020K"
    "00",
    FALSE },
  { "nprofile",
    "0020K"
    "0105aabb",
    FALSE },
  { "nprofile", "001fK", FALSE },
  { "nprofile", "0021K00", FALSE },
  { "nprofile",
    "0020K"
    "0020K",
    FALSE },
  { "nprofile", "0104abcdefab", FALSE },
  { "nevent", "0220K", FALSE },
  { "nevent",
    "0020K"
    "0220K"
    "0220K",
    FALSE },
  { "nevent",
    "0020K"
    "030400010000",
    FALSE },
  { "nevent",
    "0020K"
    "03020001",
    FALSE },
  { "nevent",
    "0020K"
    "030400000001"
    "030400000001",
    FALSE },
  { "naddr",
    "0220K"
    "030400008c46",
    FALSE },
  { "naddr",
    "0000"
    "030400008c46",
    FALSE },
  { "naddr",
    "0000"
    "0220K",
    FALSE },
  { "naddr",
    "0000"
    "0000"
    "0220K"
    "030400008c46",
    FALSE },
  { "naddr",
    "0003610062"
    "0220K"
    "030400008c46",
    FALSE },
  { "naddr",
    "0001ff"
    "0220K"
    "030400008c46",
    FALSE },
  { "npub", "K00", FALSE },
  { "npub", "", FALSE },
  { "note", "K00", FALSE },
  { "nsec", "K00", FALSE },
  { "nsec", "0000000000000000000000000000000000000000000000000000000000000000", FALSE },
  { "nrelay", "0003777373", FALSE },
  { "nwhat", "K", FALSE },
};

static void
test_tlv (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (tlv_cases); i++)
    {
      g_autofree char *text = tlv_text (tlv_cases[i].name, tlv_cases[i].hex);

      if (tlv_cases[i].is_good)
        dfn_nip19_unref (parse (text));
      else
        assert_refused (text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/nip19/published", test_published);
  g_test_add_func ("/nostr/nip19/scheme-and-case", test_scheme_and_case);
  g_test_add_func ("/nostr/nip19/note", test_note);
  g_test_add_func ("/nostr/nip19/nevent", test_nevent);
  g_test_add_func ("/nostr/nip19/naddr", test_naddr);
  g_test_add_func ("/nostr/nip19/contact", test_contact);
  g_test_add_func ("/nostr/nip19/many-relays", test_many_relays);
  g_test_add_func ("/nostr/nip19/tlv", test_tlv);
  return g_test_run ();
}
