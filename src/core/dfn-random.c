/* SPDX-License-Identifier: MIT */
#include "dfn-random.h"

#include "dfn-bytes.h"

#include <sodium.h>

void
dfn_random_bytes (void *out, gsize length)
{
  randombytes_buf (out, length);
}

guint32
dfn_random_uniform (guint32 bound)
{
  g_return_val_if_fail (bound > 0, 0);
  return randombytes_uniform (bound);
}

char *
dfn_random_hex (gsize length)
{
  g_autofree guint8 *bytes = g_malloc (length);

  dfn_random_bytes (bytes, length);
  return dfn_hex_encode (bytes, length);
}
