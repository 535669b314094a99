/* SPDX-License-Identifier: MIT */
#include "dfn-live-manifest.h"
#include "dfn-streaming-error.h"
#include "dfn-tag-reader.h"

#include <string.h>

static const guint8 key[DFN_LIVE_KEY_SIZE] = { 1, 2, 3 };

static DfnLiveManifest *
make (void)
{
  DfnLiveManifest *manifest =
      dfn_live_manifest_new ("Evening\x1bshow", "On\nair", key, 1764081234, 100000, 1764081234);

  dfn_live_manifest_add_track (manifest, "video/mp2t", NULL, 0);
  dfn_live_manifest_add_track (manifest, "audio/ogg", "audio/x-opus, rate=48000", 24000);
  return manifest;
}

static void
test_round_trip (void)
{
  g_autoptr (DfnLiveManifest) manifest = make ();
  g_autoptr (GPtrArray) tags = NULL;
  g_autoptr (DfnLiveManifest) back = NULL;
  g_autoptr (GError) error = NULL;
  const DfnLiveTrack *track;

  manifest->is_ended = TRUE;
  manifest->ends_s = 1764085000;
  tags = dfn_live_manifest_to_tags (manifest);
  back = dfn_live_manifest_from_tags (tags, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (back->title, ==, "Evening show");
  g_assert_cmpstr (back->summary, ==, "On\nair");
  g_assert_cmpmem (back->key, sizeof back->key, key, sizeof key);
  g_assert_cmpuint (back->epoch, ==, 1764081234);
  g_assert_cmpint (back->slot_us, ==, 100000);
  g_assert_cmpint (back->starts_s, ==, 1764081234);
  g_assert_cmpint (back->ends_s, ==, 1764085000);
  g_assert_true (back->is_ended);
  g_assert_cmpuint (back->tracks->len, ==, 2);
  track = back->tracks->pdata[0];
  g_assert_cmpstr (track->media_type, ==, "video/mp2t");
  g_assert_null (track->caps);
  track = back->tracks->pdata[1];
  g_assert_cmpstr (track->caps, ==, "audio/x-opus, rate=48000");
  g_assert_cmpuint (track->bitrate, ==, 24000);
}

/* Replaces the value of a tag, or with a NULL value removes it; then the tags must be refused. */
static void
assert_refused (const char *name, const char *value)
{
  g_autoptr (DfnLiveManifest) manifest = make ();
  g_autoptr (GPtrArray) tags = dfn_live_manifest_to_tags (manifest);
  g_autoptr (GError) error = NULL;
  DfnLiveManifest *back;
  gboolean is_found = FALSE;

  for (guint i = tags->len; i-- > 0;)
    {
      char **tag = tags->pdata[i];

      if (strcmp (tag[0], name) != 0)
        continue;
      is_found = TRUE;
      g_ptr_array_remove_index (tags, i);
    }
  g_assert_true (is_found);
  if (value != NULL)
    dfn_tag_add (tags, name, value);
  back = dfn_live_manifest_from_tags (tags, &error);
  g_assert_null (back);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST);
}

static void
test_refused (void)
{
  const char *const required[] = { "key", "epoch", "slot", "chunks", "track" };

  for (guint i = 0; i < G_N_ELEMENTS (required); i++)
    assert_refused (required[i], NULL);
  assert_refused ("key", "00");
  assert_refused ("epoch", "0");
  assert_refused ("epoch", "-5");
  assert_refused ("epoch", "1234567890123456");
  assert_refused ("slot", "9");
  assert_refused ("slot", "2001");
  assert_refused ("chunks", "2");
  assert_refused ("track", "0");
}

static void
test_refused_tracks (void)
{
  const char *const bad[][5] = {
    { "track", "2", "video/mp2t", "0", NULL },          /* a gap before it */
    { "track", "0", "video/mp2t", "0", NULL },          /* twice */
    { "track", "1", "video", "0", NULL },               /* no type */
    { "track", "1", "video/mp2t", "fast", NULL },       /* no bitrate */
    { "track", "1", "video/mp2t", "1000000001", NULL }, /* too fast */
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (DfnLiveManifest) manifest =
          dfn_live_manifest_new (NULL, NULL, key, 1, 100000, 1764081234);
      g_autoptr (GPtrArray) tags = NULL;
      g_autoptr (DfnLiveManifest) back = NULL;

      dfn_live_manifest_add_track (manifest, "video/mp2t", NULL, 0);
      tags = dfn_live_manifest_to_tags (manifest);
      g_ptr_array_add (tags, g_strdupv ((char **) bad[i]));
      back = dfn_live_manifest_from_tags (tags, NULL);
      g_assert_null (back);
    }
}

/* What other programs announce is no stream of ours, and no crash. */
static void
test_foreign (void)
{
  g_autoptr (GPtrArray) tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autoptr (GError) error = NULL;
  DfnLiveManifest *manifest;

  dfn_tag_add (tags, "title", "Elsewhere");
  dfn_tag_add (tags, "streaming", "https://example.org/live.m3u8");
  dfn_tag_add (tags, "status", "live");
  manifest = dfn_live_manifest_from_tags (tags, &error);
  g_assert_null (manifest);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST);
}

static void
test_copy (void)
{
  g_autoptr (DfnLiveManifest) manifest = make ();
  g_autoptr (DfnLiveManifest) copy = dfn_live_manifest_copy (manifest);
  g_autoptr (GPtrArray) a = dfn_live_manifest_to_tags (manifest);
  g_autoptr (GPtrArray) b = dfn_live_manifest_to_tags (copy);

  g_assert_cmpuint (a->len, ==, b->len);
  for (guint i = 0; i < a->len; i++)
    g_assert_true (g_strv_equal (a->pdata[i], b->pdata[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live-manifest/round-trip", test_round_trip);
  g_test_add_func ("/live-manifest/refused", test_refused);
  g_test_add_func ("/live-manifest/refused-tracks", test_refused_tracks);
  g_test_add_func ("/live-manifest/foreign", test_foreign);
  g_test_add_func ("/live-manifest/copy", test_copy);
  return g_test_run ();
}
