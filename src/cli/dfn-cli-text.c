/* SPDX-License-Identifier: MIT */
#include "dfn-cli-text.h"

#include <string.h>

#define ELLIPSIS "…"
/* A word that is longer is none of ours; comparing costs the square of it. */
#define LONGEST_WORD 40

gboolean
dfn_cli_text_is_unsafe (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f
         || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
dfn_cli_text_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      g_string_append_unichar (clean, dfn_cli_text_is_unsafe (c) ? ' ' : c);
    }
  return g_string_free (clean, FALSE);
}

static guint
width_of (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

guint
dfn_cli_text_get_width (const char *text)
{
  guint width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += width_of (g_utf8_get_char (p));
  return width;
}

char *
dfn_cli_text_cut (const char *text, guint width)
{
  GString *cut = g_string_new (NULL);
  guint used = 0;

  if (dfn_cli_text_get_width (text) <= width)
    return g_strdup (text);
  for (const char *p = text; width > 0; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (used + width_of (c) > width - 1)
        break;
      used += width_of (c);
      g_string_append_unichar (cut, c);
    }
  if (width > 0)
    g_string_append (cut, ELLIPSIS);
  return g_string_free (cut, FALSE);
}

char *
dfn_cli_text_fit (const char *text, guint width)
{
  g_autofree char *cut = dfn_cli_text_cut (text, width);
  guint used = dfn_cli_text_get_width (cut);

  return g_strdup_printf ("%s%*s", cut, used < width ? (int) (width - used) : 0, "");
}

char *
dfn_cli_text_wrap (const char *text, guint width)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GString *lines = g_string_new (NULL);
  guint used = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint needed = dfn_cli_text_get_width (words[i]);

      if (i > 0)
        g_string_append_c (lines, used + 1 + needed > width ? '\n' : ' ');
      used = i == 0 || used + 1 + needed > width ? needed : used + 1 + needed;
      g_string_append (lines, words[i]);
    }
  g_string_append_c (lines, '\n');
  return g_string_free (lines, FALSE);
}

/* How many letters are to be added, left out, changed or swapped with their neighbour to make one
 * word of the other (the "optimal string alignment" distance). */
static guint
distance (const char *a, const char *b)
{
  guint rows[3][LONGEST_WORD + 1] = { { 0 } };
  guint length_a = (guint) strlen (a), length_b = (guint) strlen (b);

  for (guint j = 0; j <= length_b; j++)
    rows[0][j] = j;
  for (guint i = 1; i <= length_a; i++)
    {
      guint *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

      row[0] = i;
      for (guint j = 1; j <= length_b; j++)
        {
          row[j] = MIN (last[j - 1] + (a[i - 1] != b[j - 1]), MIN (last[j], row[j - 1]) + 1);
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], before[j - 2] + 1);
        }
    }
  return rows[length_a % 3][length_b];
}

const char *
dfn_cli_text_suggest (const char *word, const char *const *known)
{
  const char *nearest = NULL;
  guint least = G_MAXUINT;

  if (word[0] == '\0' || strlen (word) > LONGEST_WORD)
    return NULL;
  for (guint i = 0; known[i] != NULL; i++)
    {
      guint found;

      if (strlen (known[i]) > LONGEST_WORD)
        continue;
      found = distance (word, known[i]);
      if (strlen (word) >= 2 && g_str_has_prefix (known[i], word))
        found = MIN (found, 1);
      if (found < least && found <= 2 && found < strlen (known[i]) / 2 + 1)
        {
          least = found;
          nearest = known[i];
        }
    }
  return nearest;
}
