/* SPDX-License-Identifier: MIT */
#include "dfn-live-manifest.h"

#include <stdint.h>

/* The tags of an announcement: a line each, fields separated by tabs. What is accepted keeps its
 * meaning when it is written and read again. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static GPtrArray *
parse_tags (const uint8_t *data, size_t size)
{
  GPtrArray *tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 200);

  for (guint i = 0; lines[i] != NULL; i++)
    g_ptr_array_add (tags, g_strsplit (lines[i], "\t", 20));
  return tags;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) tags = parse_tags (data, size);
  g_autoptr (DfnLiveManifest) manifest = dfn_live_manifest_from_tags (tags, NULL);
  g_autoptr (GPtrArray) written = NULL;
  g_autoptr (DfnLiveManifest) back = NULL;

  if (manifest == NULL)
    return 0;
  g_assert (manifest->tracks->len >= 1);
  g_assert (manifest->tracks->len <= DFN_LIVE_MANIFEST_MAX_TRACKS);
  written = dfn_live_manifest_to_tags (manifest);
  back = dfn_live_manifest_from_tags (written, NULL);
  g_assert (back != NULL);
  g_assert_cmpstr (back->title, ==, manifest->title);
  g_assert_cmpstr (back->summary, ==, manifest->summary);
  g_assert (back->epoch == manifest->epoch && back->slot_us == manifest->slot_us);
  g_assert (back->is_ended == manifest->is_ended && back->starts_s == manifest->starts_s);
  g_assert (back->tracks->len == manifest->tracks->len);
  return 0;
}
