/* SPDX-License-Identifier: MIT */
#include "dfn-tag-reader.h"

#include "dfn-bytes.h"
#include "dfn-streaming-error.h"

#include <string.h>

/* RFC 6838, section 4.2: 127 characters on each side of the slash. */
#define MAX_MIME_TYPE 255
/* More digits than this are no number within our limits. */
#define MAX_DIGITS 15

G_GNUC_PRINTF (2, 3)
static gboolean
invalid (GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST, reason);
  return FALSE;
}

gboolean
dfn_tag_find_text (
    GPtrArray *tags, const char *name, gsize max_size, const char **value, GError **error)
{
  *value = NULL;
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = g_ptr_array_index (tags, i);

      if (tag == NULL || g_strcmp0 (tag[0], name) != 0)
        continue;
      if (*value != NULL)
        return invalid (error, "the tag “%s” comes twice", name);
      if (tag[1] == NULL)
        return invalid (error, "the tag “%s” is empty", name);
      if (strnlen (tag[1], max_size + 1) > max_size)
        return invalid (error, "the tag “%s” is longer than %" G_GSIZE_FORMAT " bytes", name,
                        max_size);
      if (!g_utf8_validate (tag[1], -1, NULL))
        return invalid (error, "the tag “%s” is not UTF-8", name);
      *value = tag[1];
    }
  return TRUE;
}

gboolean
dfn_tag_find_bytes (GPtrArray *tags, const char *name, guint8 *out, gsize length, GError **error)
{
  const char *text;

  if (!dfn_tag_find_text (tags, name, 2 * length, &text, error))
    return FALSE;
  if (!dfn_hex_decode (text, out, length))
    return invalid (
        error, "the tag “%s” is not %" G_GSIZE_FORMAT " bytes in lower-case hexadecimal digits",
        name, length);
  return TRUE;
}

gboolean
dfn_tag_parse_number (const char *text, guint64 *number)
{
  if (text == NULL || !g_ascii_isdigit (text[0]) || (text[0] == '0' && text[1] != '\0')
      || strnlen (text, MAX_DIGITS + 1) > MAX_DIGITS || text[strspn (text, "0123456789")] != '\0')
    return FALSE;
  *number = g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

gboolean
dfn_tag_find_number (GPtrArray *tags, const char *name, guint64 *number, GError **error)
{
  const char *text;

  if (!dfn_tag_find_text (tags, name, MAX_DIGITS, &text, error))
    return FALSE;
  if (!dfn_tag_parse_number (text, number) || *number == 0)
    return invalid (error, "the tag “%s” is no number above zero", name);
  return TRUE;
}

gboolean
dfn_tag_is_mime_type (const char *text)
{
  const char *slash = strchr (text, '/');

  if (slash == NULL || slash == text || slash[1] == '\0' || strlen (text) > MAX_MIME_TYPE)
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    if (p != slash && !g_ascii_isalnum (*p) && strchr ("!#$&-^_.+", *p) == NULL)
      return FALSE;
  return TRUE;
}

void
dfn_tag_add (GPtrArray *tags, const char *name, const char *value)
{
  const char *tag[] = { name, value, NULL };

  g_ptr_array_add (tags, g_strdupv ((char **) tag));
}
