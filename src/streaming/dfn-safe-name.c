/* SPDX-License-Identifier: MIT */
#include "dfn-safe-name.h"

#include <string.h>

#define FALLBACK_NAME "file"
#define MAX_EXTENSION 16

/* Embeddings and overrides (U+202A to U+202E) and isolates (U+2066 to U+2069) of UAX #9. */
static gboolean
turns_direction (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Marks that show nothing and that no script needs inside a file name. The joiners U+200C and
 * U+200D are not among them: Persian, the Indic scripts and emoji are misspelt without. */
static gboolean
is_invisible (gunichar c)
{
  return c == 0x00ad || c == 0x061c || c == 0x180e || c == 0x200b || c == 0x200e || c == 0x200f
         || (c >= 0x2028 && c <= 0x2029) || (c >= 0x2060 && c <= 0x2064)
         || (c >= 0x206a && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

static gboolean
is_noncharacter (gunichar c)
{
  return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

static char *
cut (char *text, gsize max_size)
{
  gsize length = strlen (text);

  if (length > max_size)
    *g_utf8_find_prev_char (text, text + max_size + 1) = '\0';
  return text;
}

char *
dfn_clean_text (const char *text, gsize max_size, gboolean keep_lines)
{
  g_autoptr (GString) clean = g_string_new (NULL);

  if (text == NULL)
    return NULL;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (keep_lines && (c == '\n' || c == '\t'))
        g_string_append_unichar (clean, c);
      else if (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029)
        g_string_append_c (clean, ' ');
      else if (!turns_direction (c) && !is_noncharacter (c))
        g_string_append_unichar (clean, c);
    }
  g_strstrip (cut (clean->str, max_size));
  return clean->str[0] != '\0' ? g_strdup (clean->str) : NULL;
}

static GString *
replace_unsafe (const char *name)
{
  GString *safe = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (turns_direction (c) || is_invisible (c) || is_noncharacter (c))
        continue;
      if (c < 0x80 && strchr ("/\\:*?\"<>|", (int) c) != NULL)
        g_string_append_c (safe, '_');
      else if (g_unichar_isspace (c) || g_unichar_iscntrl (c))
        g_string_append_c (safe, ' ');
      else
        g_string_append_unichar (safe, c);
    }
  return safe;
}

static const char *
skip_leading (const char *name)
{
  return name + strspn (name, ".- ");
}

static void
strip_trailing (char *name)
{
  gsize length = strlen (name);

  while (length > 0 && strchr (". ", name[length - 1]) != NULL)
    name[--length] = '\0';
}

/* The names that Windows gives to devices, with any extension. */
static gboolean
is_device (const char *name)
{
  static const char *const devices[] = { "con", "prn", "aux", "nul" };
  gsize length = strcspn (name, ".");

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    if (length == 3 && g_ascii_strncasecmp (name, devices[i], 3) == 0)
      return TRUE;
  return length == 4 && g_ascii_isdigit (name[3])
         && (g_ascii_strncasecmp (name, "com", 3) == 0
             || g_ascii_strncasecmp (name, "lpt", 3) == 0);
}

/* The last extension with its dot, or the end of the name when it has none worth keeping. */
static const char *
extension_of (const char *name)
{
  const char *dot = strrchr (name, '.');

  return dot != NULL && strlen (dot) <= MAX_EXTENSION ? dot : name + strlen (name);
}

char *
dfn_safe_name (const char *name, gsize max_size)
{
  g_autoptr (GString) replaced = replace_unsafe (name);
  g_autofree char *stem = NULL;
  g_autofree char *extension = NULL;
  const char *begin, *prefix;

  strip_trailing (replaced->str);
  begin = skip_leading (replaced->str);
  extension = g_strdup (extension_of (begin));
  stem = g_strndup (begin, strlen (begin) - strlen (extension));
  if (stem[0] == '\0')
    return g_strconcat (FALLBACK_NAME, extension, NULL);

  strip_trailing (stem);
  prefix = is_device (stem) ? "_" : "";
  strip_trailing (cut (stem, max_size - strlen (prefix) - strlen (extension)));
  return g_strconcat (prefix, stem, extension, NULL);
}
