/* SPDX-License-Identifier: MIT */
#include "dfn-manifest.h"

#include <stdint.h>
#include <string.h>

/* The tags of an announcement: a line each, fields separated by tabs. What is accepted keeps its
 * meaning when it is written and read again, and its name is safe. */
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

static void
check_safe_name (const char *name)
{
  g_assert (name[0] != '\0' && strchr (".- ", name[0]) == NULL);
  g_assert (strlen (name) <= DFN_MANIFEST_MAX_SAFE_NAME);
  g_assert (g_utf8_validate (name, -1, NULL));
  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_assert (c != '/' && c != '\\' && !g_unichar_iscntrl (c));
      g_assert (!(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069));
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) tags = parse_tags (data, size);
  g_autoptr (DfnManifest) manifest = dfn_manifest_from_tags (tags, NULL);
  g_autoptr (GPtrArray) written = NULL;
  g_autoptr (DfnManifest) back = NULL;

  if (manifest == NULL)
    return 0;
  written = dfn_manifest_to_tags (manifest);
  back = dfn_manifest_from_tags (written, NULL);
  g_assert (back != NULL);
  g_assert_cmpstr (dfn_manifest_get_name (back), ==, dfn_manifest_get_name (manifest));
  g_assert_cmpstr (dfn_manifest_get_title (back), ==, dfn_manifest_get_title (manifest));
  g_assert_cmpstr (dfn_manifest_get_summary (back), ==, dfn_manifest_get_summary (manifest));
  g_assert_cmpstr (dfn_manifest_get_mime_type (back), ==, dfn_manifest_get_mime_type (manifest));
  g_assert (dfn_manifest_get_size (back) == dfn_manifest_get_size (manifest));
  g_assert (dfn_manifest_get_chunk_size (back) == dfn_manifest_get_chunk_size (manifest));
  g_assert (dfn_manifest_check_chunk_size (dfn_manifest_get_size (back),
                                           dfn_manifest_get_chunk_size (back)));
  g_assert (dfn_manifest_get_n_chunks (back) >= 1);
  check_safe_name (dfn_manifest_get_safe_name (manifest));
  return 0;
}
