/* SPDX-License-Identifier: MIT */
#include "dfn-live-announcement.h"
#include "dfn-nostr-kinds.h"
#include "dfn-nostr-tags.h"

#include <string.h>

static const guint8 stream_key[DFN_LIVE_KEY_SIZE] = { 1, 2, 3 };

static DfnLiveManifest *
make (void)
{
  DfnLiveManifest *manifest =
      dfn_live_manifest_new ("Evening show", NULL, stream_key, 1764081234, 100000, 1764081234);

  dfn_live_manifest_add_track (manifest, "video/mp2t", NULL, 0);
  return manifest;
}

static void
test_round_trip (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) contact = dfn_nostr_key_generate ();
  g_autoptr (DfnLiveManifest) manifest = make ();
  g_autoptr (DfnNostrEvent) event = dfn_live_announcement_sign (
      key, manifest, "evening", dfn_nostr_key_get_pubkey (contact), 1764081300);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnLiveAnnouncement) back = dfn_live_announcement_read (event, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (dfn_nostr_event_get_kind (event), ==, DFN_NOSTR_KIND_LIVE);
  g_assert_cmpstr (dfn_nostr_event_get_tag (event, "p"), ==, dfn_nostr_key_get_pubkey (key));
  g_assert_cmpstr (dfn_nostr_event_get_tag (event, "status"), ==, "live");
  g_assert_cmpstr (dfn_nostr_event_get_tag (event, "expiration"), ==, "1764167700");
  g_assert_cmpstr (back->identifier, ==, "evening");
  g_assert_cmpstr (back->contact, ==, dfn_nostr_key_get_pubkey (contact));
  g_assert_cmpstr (back->pubkey, ==, dfn_nostr_key_get_pubkey (key));
  g_assert_cmpint (back->created_at, ==, 1764081300);
  g_assert_cmpstr (back->manifest->title, ==, "Evening show");
  g_assert_cmpmem (back->manifest->key, DFN_LIVE_KEY_SIZE, stream_key, DFN_LIVE_KEY_SIZE);
}

/* The same broadcaster and name are the same stream; anybody else's is another. */
static void
test_stream (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrKey) other = dfn_nostr_key_generate ();
  DfnNostrKey *keys[] = { key, key, other, key };
  const char *names[] = { "evening", "evening", "evening", "morning" };
  g_autoptr (DfnLiveManifest) manifest = make ();
  guint8 streams[4][DFN_LIVE_STREAM_ID_SIZE];

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (DfnNostrEvent) event = dfn_live_announcement_sign (
          keys[i], manifest, names[i], dfn_nostr_key_get_pubkey (other), 1764081300 + i);
      g_autoptr (DfnLiveAnnouncement) back = dfn_live_announcement_read (event, NULL);

      memcpy (streams[i], back->stream, sizeof streams[i]);
    }
  g_assert_cmpint (memcmp (streams[0], streams[1], sizeof streams[0]), ==, 0);
  g_assert_cmpint (memcmp (streams[0], streams[2], sizeof streams[0]), !=, 0);
  g_assert_cmpint (memcmp (streams[0], streams[3], sizeof streams[0]), !=, 0);
}

/* What other programs announce is passed over with an error. */
static void
test_foreign (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (DfnNostrEvent) event = NULL;
  g_autoptr (GError) error = NULL;
  DfnLiveAnnouncement *announcement;

  dfn_nostr_tags_add (tags, "d", "x", NULL);
  dfn_nostr_tags_add (tags, "title", "Elsewhere", NULL);
  dfn_nostr_tags_add (tags, "streaming", "https://example.org/live.m3u8", NULL);
  event = dfn_nostr_event_new (key, DFN_NOSTR_KIND_LIVE, 1764081300, tags, "");
  announcement = dfn_live_announcement_read (event, &error);
  g_assert_null (announcement);
  g_assert_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INTEGRITY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/live-announcement/round-trip", test_round_trip);
  g_test_add_func ("/engine/live-announcement/stream", test_stream);
  g_test_add_func ("/engine/live-announcement/foreign", test_foreign);
  return g_test_run ();
}
