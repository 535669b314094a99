/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"

#include <string.h>

char *
dfn_hex_encode (const void *data, gsize length)
{
  static const char digits[] = "0123456789abcdef";
  const guint8 *bytes = data;
  char *hex = g_malloc (length * 2 + 1);

  for (gsize i = 0; i < length; i++)
    {
      hex[2 * i] = digits[bytes[i] >> 4];
      hex[2 * i + 1] = digits[bytes[i] & 15];
    }
  hex[2 * length] = '\0';
  return hex;
}

static int
nibble (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return -1;
}

gboolean
dfn_hex_decode (const char *hex, void *out, gsize length)
{
  guint8 *bytes = out;

  if (hex == NULL || strnlen (hex, 2 * length + 1) != 2 * length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      int high = nibble (hex[2 * i]);
      int low = nibble (hex[2 * i + 1]);
      if (high < 0 || low < 0)
        return FALSE;
      bytes[i] = (guint8) (high << 4 | low);
    }
  return TRUE;
}

guint32
dfn_read_be32 (const void *data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

void
dfn_write_be32 (void *data, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (data, &value, sizeof value);
}

/* Of most processors; with others it is only less of use. */
#define CACHE_LINE 64

void
dfn_prefetch (const void *data, gsize length)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < length; i += CACHE_LINE)
    __builtin_prefetch (bytes + i, 0);
}

/* The instruction that takes a line away from other processors at once does nothing where it is not
 * known, but compilers have to be told that they may use it. */
#ifdef __x86_64__
__attribute__ ((target ("prfchw")))
#endif
void
dfn_prefetch_to_write (void *data, gsize length)
{
  guint8 *bytes = data;

  for (gsize i = 0; i < length; i += CACHE_LINE)
    __builtin_prefetch (bytes + i, 1);
}
