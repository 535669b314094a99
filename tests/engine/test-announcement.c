/* SPDX-License-Identifier: MIT */
#include "dfn-announcement.h"
#include "dfn-nip19.h"
#include "dfn-nostr-kinds.h"

#include <string.h>

#define CONTACT "00000000000000000000000000000000000000000000000000000000000000aa"
#define NOW 1700000000

static DfnManifest *
make_manifest (void)
{
  guint8 root[DFN_HASH_SIZE] = { 1, 2, 3 };
  guint8 digest[DFN_HASH_SIZE] = { 4, 5, 6 };

  return dfn_manifest_new ("日本.mkv", "A title", "About it", "video/x-matroska", 300000, 1 << 16,
                           root, digest);
}

static void
test_round_trip (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnManifest) manifest = make_manifest ();
  g_autoptr (DfnNostrEvent) event = dfn_announcement_sign (key, manifest, CONTACT, NOW);
  g_autofree char *identifier = dfn_announcement_identify (manifest);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnAnnouncement) read = dfn_announcement_read (event, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (dfn_nostr_event_get_kind (event), ==, DFN_NOSTR_KIND_FILE);
  g_assert_cmpstr (dfn_nostr_event_get_tag (event, "title"), ==, "A title");
  g_assert_cmpint (dfn_nostr_event_get_expiration (event), ==, NOW + 7 * 24 * 60 * 60);
  g_assert_cmpstr (read->contact, ==, CONTACT);
  g_assert_cmpstr (read->pubkey, ==, dfn_nostr_key_get_pubkey (key));
  g_assert_cmpstr (read->identifier, ==, identifier);
  g_assert_cmpint (read->created_at, ==, NOW);
  g_assert_cmpmem (dfn_manifest_get_root (read->manifest), DFN_HASH_SIZE,
                   dfn_manifest_get_root (manifest), DFN_HASH_SIZE);
}

/* The filter that a link gives finds the announcement it was made for, and no other. */
static void
test_filter (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) other = dfn_nostr_key_generate ();
  g_autoptr (DfnManifest) manifest = make_manifest ();
  g_autoptr (DfnNostrEvent) event = dfn_announcement_sign (key, manifest, CONTACT, NOW);
  g_autoptr (DfnNostrEvent) foreign = dfn_announcement_sign (other, manifest, CONTACT, NOW);
  g_autofree char *identifier = dfn_announcement_identify (manifest);
  g_autoptr (DfnAddress) address =
      dfn_address_new (dfn_nostr_key_get_pubkey (key), identifier, (const char *[]){ NULL });
  g_autoptr (DfnNostrFilter) filter = dfn_address_to_filter (address);

  g_assert_true (dfn_nostr_filter_matches (filter, event));
  g_assert_false (dfn_nostr_filter_matches (filter, foreign));
}

static void
test_damaged (void)
{
  static const char *const contacts[] = { "", "aa", "not hexadecimal" };
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnManifest) manifest = make_manifest ();

  for (guint i = 0; i < G_N_ELEMENTS (contacts); i++)
    {
      g_autoptr (DfnNostrEvent) event = dfn_announcement_sign (key, manifest, contacts[i], NOW);
      g_autoptr (GError) error = NULL;

      g_assert_null (dfn_announcement_read (event, &error));
      g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INTEGRITY);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GPtrArray) tags = i == 0 ? dfn_nostr_tags_new () : dfn_manifest_to_tags (manifest);
      g_autoptr (DfnNostrEvent) event = NULL;
      g_autoptr (GError) error = NULL;

      dfn_nostr_tags_add (tags, "contact", CONTACT, NULL);
      if (i == 0)
        dfn_nostr_tags_add (tags, "d", "x", NULL);
      event = dfn_nostr_event_new (key, DFN_NOSTR_KIND_FILE, NOW, tags, "");
      g_assert_null (dfn_announcement_read (event, &error));
      g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INTEGRITY);
    }
}

static void
test_link (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  const char *relays[] = { "ws://192.0.2.1:7447/", "wss://relay.example/", NULL };
  g_autoptr (DfnAddress) address =
      dfn_address_new (dfn_nostr_key_get_pubkey (key), "0123abcd", relays);
  g_autofree char *link = dfn_address_to_link (address);
  const char *bare = link + strlen ("defiance:");
  g_autofree char *with_slashes = g_strconcat ("defiance://", bare, NULL);
  g_autofree char *capital = g_strconcat ("Defiance:", bare, NULL);
  const char *forms[] = { link, bare, with_slashes, capital };

  g_assert_true (g_str_has_prefix (link, "defiance:naddr1"));
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DfnAddress) back = dfn_address_parse (forms[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (back->pubkey, ==, address->pubkey);
      g_assert_cmpstr (back->identifier, ==, "0123abcd");
      g_assert_cmpuint (g_strv_length (back->relays), ==, 2);
      g_assert_cmpstr (back->relays[1], ==, relays[1]);
    }
}

/* A link of a live stream says so, and whom to ask. */
static void
test_live_link (void)
{
  g_autoptr (DfnNostrKey) contact = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  const char *relays[] = { "wss://relay.example.org", NULL };
  g_autoptr (DfnAddress) address =
      dfn_address_new_live (dfn_nostr_key_get_pubkey (key), "evening", relays);
  g_autofree char *link = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnAddress) back = NULL;

  address->contact = g_strdup (dfn_nostr_key_get_pubkey (contact));
  link = dfn_address_to_link (address);
  back = dfn_address_parse (link, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (back->kind, ==, DFN_NOSTR_KIND_LIVE);
  g_assert_cmpstr (back->contact, ==, address->contact);
  g_assert_cmpstr (back->identifier, ==, "evening");
  g_assert_cmpstr (back->relays[0], ==, relays[0]);
}

static void
assert_no_link (const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (dfn_address_parse (text, &error));
  g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INVALID_LINK);
}

static void
test_foreign_links (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  const char *pubkey = dfn_nostr_key_get_pubkey (key);
  const char *nowhere[] = { NULL };
  g_autofree char *long_name = g_strnfill (DFN_ANNOUNCEMENT_IDENTIFIER_MAX + 1, 'x');
  g_autoptr (DfnNip19) article = dfn_nip19_new_naddr (30023, pubkey, "x", nowhere, NULL);
  g_autoptr (DfnNip19) person = dfn_nip19_new_npub (pubkey);
  g_autoptr (DfnNip19) too_long =
      dfn_nip19_new_naddr (DFN_NOSTR_KIND_FILE, pubkey, long_name, nowhere, NULL);
  DfnNip19 *foreign[] = { article, person, too_long };

  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autofree char *text = dfn_nip19_to_string (foreign[i]);

      assert_no_link (text);
    }
  assert_no_link ("");
  assert_no_link ("defiance:");
  assert_no_link ("https://example.org/");
  assert_no_link ("defiance:naddr1qqqqqq");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/announcement/round-trip", test_round_trip);
  g_test_add_func ("/engine/announcement/filter", test_filter);
  g_test_add_func ("/engine/announcement/damaged", test_damaged);
  g_test_add_func ("/engine/announcement/link", test_link);
  g_test_add_func ("/engine/announcement/live-link", test_live_link);
  g_test_add_func ("/engine/announcement/foreign-links", test_foreign_links);
  return g_test_run ();
}
