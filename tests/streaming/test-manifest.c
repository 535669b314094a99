/* SPDX-License-Identifier: MIT */
#include "dfn-manifest.h"
#include "dfn-safe-name.h"
#include "dfn-streaming-error.h"

#include <string.h>

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const guint8 root[DFN_HASH_SIZE] = { 1, 2, 3 };
static const guint8 sha256[DFN_HASH_SIZE] = { 4, 5, 6 };

static const char *
tag_of (GPtrArray *tags, const char *name)
{
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = g_ptr_array_index (tags, i);

      if (strcmp (tag[0], name) == 0)
        return tag[1];
    }
  return NULL;
}

/* Tags from pairs of name and value; a NULL value makes a tag of its name alone. */
static GPtrArray *
tags_of (const char *const *pairs)
{
  GPtrArray *tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (; pairs[0] != NULL; pairs += 2)
    {
      const char *tag[] = { pairs[0], pairs[1], NULL };

      g_ptr_array_add (tags, g_strdupv ((char **) tag));
    }
  return tags;
}

static void
test_round_trip (void)
{
  g_autoptr (DfnManifest) manifest =
      dfn_manifest_new ("Кіно 映画 فيلم.webm", "A film", "Two\nlines", "Video/WebM", 5368709121,
                        1 << 18, root, sha256);
  g_autoptr (GPtrArray) tags = dfn_manifest_to_tags (manifest);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnManifest) back = dfn_manifest_from_tags (tags, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (tag_of (tags, "size"), ==, "5368709121");
  g_assert_cmpstr (tag_of (tags, "chunk"), ==, "262144");
  g_assert_cmpstr (tag_of (tags, "m"), ==, "video/webm");
  g_assert_cmpstr (tag_of (tags, "alt"), ==, "Shared file: A film");
  g_assert_true (g_str_has_prefix (tag_of (tags, "x"), "040506"));
  g_assert_true (g_str_has_prefix (tag_of (tags, "root"), "010203"));

  g_assert_cmpstr (dfn_manifest_get_name (back), ==, "Кіно 映画 فيلم.webm");
  g_assert_cmpstr (dfn_manifest_get_safe_name (back), ==, "Кіно 映画 فيلم.webm");
  g_assert_cmpstr (dfn_manifest_get_title (back), ==, "A film");
  g_assert_cmpstr (dfn_manifest_get_summary (back), ==, "Two\nlines");
  g_assert_cmpstr (dfn_manifest_get_mime_type (back), ==, "video/webm");
  g_assert_cmpuint (dfn_manifest_get_size (back), ==, 5368709121);
  g_assert_cmpmem (dfn_manifest_get_root (back), DFN_HASH_SIZE, root, DFN_HASH_SIZE);
  g_assert_cmpmem (dfn_manifest_get_sha256 (back), DFN_HASH_SIZE, sha256, DFN_HASH_SIZE);
}

static void
test_chunks (void)
{
  static const struct {
    guint64 size;
    guint32 chunk_size;
    guint32 n_chunks;
    gsize last;
  } cases[] = {
    { 1, 1 << 14, 1, 1 },
    { (1 << 16) - 1, 1 << 16, 1, (1 << 16) - 1 },
    { 1 << 16, 1 << 16, 1, 1 << 16 },
    { (1 << 16) + 1, 1 << 16, 2, 1 },
    { DFN_MANIFEST_MAX_SIZE, 1 << 18, 1 << 25, 1 << 18 },
    { DFN_MANIFEST_MAX_SIZE, 1 << 20, 1 << 23, 1 << 20 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DfnManifest) manifest = dfn_manifest_new (NULL, NULL, NULL, NULL, cases[i].size,
                                                           cases[i].chunk_size, root, sha256);
      guint32 last = cases[i].n_chunks - 1;

      g_assert_cmpuint (dfn_manifest_get_n_chunks (manifest), ==, cases[i].n_chunks);
      g_assert_cmpuint (dfn_manifest_get_chunk_length (manifest, last), ==, cases[i].last);
      g_assert_cmpuint ((guint64) dfn_manifest_get_chunk_offset (manifest, last) + cases[i].last,
                        ==, cases[i].size);
      if (last > 0)
        g_assert_cmpuint (dfn_manifest_get_chunk_length (manifest, 0), ==, cases[i].chunk_size);
    }
}

/* Small chunks for small files, and not many of them for others. */
static void
test_chunk_size (void)
{
  static const struct {
    guint64 size;
    guint32 chunk_size;
  } cases[] = {
    { 1, 1 << 16 },       { 1 << 26, 1 << 16 },       { (1 << 26) + 1, 1 << 17 },
    { 1 << 27, 1 << 17 }, { (1 << 27) + 1, 1 << 18 }, { DFN_MANIFEST_MAX_SIZE, 1 << 18 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpuint (dfn_manifest_choose_chunk_size (cases[i].size), ==, cases[i].chunk_size);
      g_assert_true (dfn_manifest_check_chunk_size (cases[i].size, cases[i].chunk_size));
    }
  g_assert_true (dfn_manifest_check_chunk_size ((guint64) 1 << 39, DFN_MANIFEST_MIN_CHUNK_SIZE));
  g_assert_false (
      dfn_manifest_check_chunk_size (((guint64) 1 << 39) + 1, DFN_MANIFEST_MIN_CHUNK_SIZE));
}

/* Whatever another program has chosen, within the limits. */
static void
test_other_chunk_size (void)
{
  const char *pairs[] = { "x", HEX_A, "size", "300000", "root", HEX_B, "chunk", "16384", NULL };

  for (guint size = DFN_MANIFEST_MIN_CHUNK_SIZE; size <= DFN_MANIFEST_MAX_CHUNK_SIZE; size *= 2)
    {
      g_autofree char *chunk = g_strdup_printf ("%u", size);
      g_autoptr (GPtrArray) tags = NULL;
      g_autoptr (GPtrArray) back = NULL;
      g_autoptr (DfnManifest) manifest = NULL;

      pairs[7] = chunk;
      tags = tags_of (pairs);
      manifest = dfn_manifest_from_tags (tags, NULL);
      g_assert_cmpuint (dfn_manifest_get_chunk_size (manifest), ==, size);
      g_assert_cmpuint (dfn_manifest_get_n_chunks (manifest), ==, (300000 + size - 1) / size);
      back = dfn_manifest_to_tags (manifest);
      g_assert_cmpstr (tag_of (back, "chunk"), ==, chunk);
    }
}

static void
test_defaults (void)
{
  const char *pairs[] = { "x", HEX_A,   "size", "1",  "root",  HEX_B,          "chunk", "262144",
                          "d", "other", "p",    NULL, "title", "Only a title", NULL };
  g_autoptr (GPtrArray) tags = tags_of (pairs);
  g_autoptr (DfnManifest) manifest = dfn_manifest_from_tags (tags, NULL);

  g_assert_cmpstr (dfn_manifest_get_name (manifest), ==, "Only a title");
  g_assert_cmpstr (dfn_manifest_get_mime_type (manifest), ==, "application/octet-stream");
  g_assert_null (dfn_manifest_get_summary (manifest));
}

/* Each case replaces, adds or removes one tag of a valid set. */
static void
test_refused (void)
{
  static const char *const good[] = { "x",   HEX_A,   "size",   "300000", "root",
                                      HEX_B, "chunk", "262144", "name",   "a.txt" };
  static const struct {
    const char *name;
    const char *value;
  } cases[] = {
    { "x", "" },
    { "x", "aa" },
    { "x", HEX_A "aa" },
    { "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    { "root", "zz" },
    { "size", "" },
    { "size", "0" },
    { "size", "-1" },
    { "size", "+1" },
    { "size", "01" },
    { "size", " 1" },
    { "size", "1 " },
    { "size", "1e3" },
    { "size", "0x10" },
    { "size", "8796093022209" },
    { "size", "18446744073709551617" },
    { "chunk", "1" },
    { "chunk", "262145" },
    { "chunk", "0" },
    { "chunk", "8192" },
    { "chunk", "196608" },
    { "chunk", "2097152" },
    { "chunk", "4294967296" },
    { "name", "\xff\xfe" },
    { "m", "\xc3" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *pairs[G_N_ELEMENTS (good) + 3] = { NULL };
      gboolean replaced = FALSE;
      g_autoptr (GPtrArray) tags = NULL;
      g_autoptr (GError) error = NULL;

      for (guint j = 0; j < G_N_ELEMENTS (good); j += 2)
        {
          gboolean here = strcmp (good[j], cases[i].name) == 0;

          pairs[j] = good[j];
          pairs[j + 1] = here ? cases[i].value : good[j + 1];
          replaced |= here;
        }
      if (!replaced)
        {
          pairs[G_N_ELEMENTS (good)] = cases[i].name;
          pairs[G_N_ELEMENTS (good) + 1] = cases[i].value;
        }
      tags = tags_of (pairs);
      g_assert_null (dfn_manifest_from_tags (tags, &error));
      g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST);
    }
}

static void
test_missing_and_double (void)
{
  static const char *const good[] = { "x",   HEX_A,   "size",   "300000", "root",
                                      HEX_B, "chunk", "262144", "name",   "a.txt" };

  for (guint missing = 0; missing < G_N_ELEMENTS (good); missing += 2)
    {
      g_autoptr (GPtrArray) tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
      gboolean required = strcmp (good[missing], "name") != 0;

      for (guint round = 0; round < 2; round++)
        {
          g_autoptr (DfnManifest) manifest = NULL;
          g_autoptr (GError) error = NULL;

          /* The first round lacks one tag, the second has all the others twice. */
          for (guint i = 0; i < G_N_ELEMENTS (good); i += 2)
            if (i != missing || round == 1)
              g_ptr_array_add (
                  tags, g_strdupv ((char *[]){ (char *) good[i], (char *) good[i + 1], NULL }));
          manifest = dfn_manifest_from_tags (tags, &error);
          if (required || round == 1)
            g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST);
          else
            g_assert_nonnull (manifest);
        }
    }
}

static void
test_too_long (void)
{
  g_autofree char *name = g_strnfill (DFN_MANIFEST_MAX_NAME + 1, 'n');
  g_autofree char *summary = g_strnfill (DFN_MANIFEST_MAX_SUMMARY + 1, 's');
  const char *pairs[] = { "x",     HEX_A,    "size", "1",  "root", HEX_B,
                          "chunk", "262144", "name", name, NULL };
  g_autoptr (GPtrArray) tags = tags_of (pairs);
  g_autoptr (DfnManifest) cut =
      dfn_manifest_new (name, name, summary, NULL, 1, 1 << 16, root, sha256);
  g_autoptr (GPtrArray) cut_tags = dfn_manifest_to_tags (cut);
  g_autoptr (DfnManifest) back = dfn_manifest_from_tags (cut_tags, NULL);

  g_assert_null (dfn_manifest_from_tags (tags, NULL));
  g_assert_cmpuint (strlen (dfn_manifest_get_name (back)), ==, DFN_MANIFEST_MAX_NAME);
  g_assert_cmpuint (strlen (dfn_manifest_get_summary (back)), ==, DFN_MANIFEST_MAX_SUMMARY);
}

/* What would move the cursor of a terminal or turn a line around never reaches a screen. */
static void
test_clean_text (void)
{
  static const struct {
    const char *from;
    const char *to;
  } cases[] = {
    { "plain", "plain" },
    { "a\033[2Jb\r\n\tc", "a [2Jb   c" },
    { "  \n ", NULL },
    { "", NULL },
    { "evil\u202egnp.exe", "evilgnp.exe" },
    { "\u2067iso\u2069late", "isolate" },
    { "c1 \xc2\x85 end", "c1   end" },
    { "می‌خواهم", "می‌خواهم" },
    { "👨‍👩‍👧 família", "👨‍👩‍👧 família" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = dfn_clean_text (cases[i].from, 100, FALSE);

      g_assert_cmpstr (clean, ==, cases[i].to);
    }
}

static void
test_safe_names (void)
{
  static const struct {
    const char *from;
    const char *to;
  } cases[] = {
    { "holiday.webm", "holiday.webm" },
    { "../../etc/passwd", "_._etc_passwd" },
    { "/etc/passwd", "_etc_passwd" },
    { "..", "file" },
    { ".", "file" },
    { "", "file" },
    { "   ", "file" },
    { "\n\r\t", "file" },
    { ".bashrc", "bashrc" },
    { "-rf", "rf" },
    { "--output=x", "output=x" },
    { " . - . x", "x" },
    { "a\\b:c*d?e\"f<g>h|i", "a_b_c_d_e_f_g_h_i" },
    { "line\nbreak", "line break" },
    { "\u202egpj.exe", "gpj.exe" },
    { "zero\u200bwidth\ufeff", "zerowidth" },
    { "CON", "_CON" },
    { "nul.txt", "_nul.txt" },
    { "com1", "_com1" },
    { "console", "console" },
    { "trailing. . ", "trailing" },
    { "Ελληνικά.mp4", "Ελληνικά.mp4" },
    { "हिन्दी फ़िल्म.mkv", "हिन्दी फ़िल्म.mkv" },
    { "עברית.mp3", "עברית.mp3" },
    { "한국어 영화.mp4", "한국어 영화.mp4" },
    { "ภาพยนตร์.avi", "ภาพยนตร์.avi" },
    { "می‌خواهم.ogg", "می‌خواهم.ogg" },
    { "🎬.webm", "🎬.webm" },
    { "wide\u3000space", "wide space" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *safe = dfn_safe_name (cases[i].from, DFN_MANIFEST_MAX_SAFE_NAME);

      g_assert_cmpstr (safe, ==, cases[i].to);
    }
}

static void
test_safe_name_is_cut (void)
{
  for (guint n = 0; n < 8; n++)
    {
      g_autoptr (GString) name = g_string_new (NULL);
      g_autofree char *safe = NULL;

      for (guint i = 0; i < n; i++)
        g_string_append_c (name, 'a');
      for (guint i = 0; i < 200; i++)
        g_string_append (name, i % 2 == 0 ? "映" : "🎬");
      g_string_append (name, ".webm");
      safe = dfn_safe_name (name->str, DFN_MANIFEST_MAX_SAFE_NAME);
      g_assert_true (g_utf8_validate (safe, -1, NULL));
      g_assert_cmpuint (strlen (safe), <=, DFN_MANIFEST_MAX_SAFE_NAME);
      g_assert_cmpuint (strlen (safe), >=, DFN_MANIFEST_MAX_SAFE_NAME - 5);
      g_assert_true (g_str_has_suffix (safe, ".webm"));
    }
}

/* Whatever the characters, a safe name is one plain component. */
static void
test_safe_name_of_noise (void)
{
  static const char *const pieces[] = { "/", "..", ".",   "-",    "\\",     " ", "\n",     "\u202e",
                                        "é", "映", "con", ".txt", "\u200f", "🎬", "\u0301", "\x7f" };
  g_autoptr (GRand) random = g_rand_new_with_seed (5);

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GString) name = g_string_new (NULL);
      g_autofree char *safe = NULL;
      g_autofree char *again = NULL;
      gint32 n = g_rand_int_range (random, 0, 120);

      while (n-- > 0)
        g_string_append (name, pieces[g_rand_int_range (random, 0, G_N_ELEMENTS (pieces))]);
      safe = dfn_safe_name (name->str, DFN_MANIFEST_MAX_SAFE_NAME);
      g_assert_true (g_utf8_validate (safe, -1, NULL));
      g_assert_cmpuint (strlen (safe), >, 0);
      g_assert_cmpuint (strlen (safe), <=, DFN_MANIFEST_MAX_SAFE_NAME);
      g_assert_null (strpbrk (safe, "/\\\n\x7f"));
      g_assert_null (strchr (".- ", safe[0]));
      g_assert_null (strstr (safe, "\u202e"));
      again = dfn_safe_name (safe, DFN_MANIFEST_MAX_SAFE_NAME);
      if (name->len <= DFN_MANIFEST_MAX_SAFE_NAME)
        g_assert_cmpstr (again, ==, safe);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/manifest/round-trip", test_round_trip);
  g_test_add_func ("/streaming/manifest/chunks", test_chunks);
  g_test_add_func ("/streaming/manifest/chunk-size", test_chunk_size);
  g_test_add_func ("/streaming/manifest/other-chunk-size", test_other_chunk_size);
  g_test_add_func ("/streaming/manifest/defaults", test_defaults);
  g_test_add_func ("/streaming/manifest/refused", test_refused);
  g_test_add_func ("/streaming/manifest/missing-and-double", test_missing_and_double);
  g_test_add_func ("/streaming/manifest/too-long", test_too_long);
  g_test_add_func ("/streaming/manifest/clean-text", test_clean_text);
  g_test_add_func ("/streaming/manifest/safe-names", test_safe_names);
  g_test_add_func ("/streaming/manifest/safe-name-is-cut", test_safe_name_is_cut);
  g_test_add_func ("/streaming/manifest/safe-name-of-noise", test_safe_name_of_noise);
  return g_test_run ();
}
