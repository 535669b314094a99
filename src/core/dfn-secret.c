/* SPDX-License-Identifier: MIT */
#include "dfn-secret.h"

#include <sodium.h>
#include <string.h>

static void
ensure_sodium (void)
{
  static gsize ready;

  if (g_once_init_enter (&ready))
    {
      if (sodium_init () < 0)
        g_error ("libsodium could not be initialised");
      g_once_init_leave (&ready, 1);
    }
}

void *
dfn_secret_new (gsize length)
{
  void *secret;

  ensure_sodium ();
  secret = sodium_malloc (length);
  if (secret == NULL)
    g_error ("No guarded memory left for %" G_GSIZE_FORMAT " bytes", length);
  memset (secret, 0, length);
  return secret;
}

void *
dfn_secret_dup (const void *data, gsize length)
{
  void *secret = dfn_secret_new (length);

  memcpy (secret, data, length);
  return secret;
}

void
dfn_secret_free (void *secret)
{
  sodium_free (secret);
}

void
dfn_secret_wipe (void *data, gsize length)
{
  sodium_memzero (data, length);
}

gboolean
dfn_secret_equal (const void *a, const void *b, gsize length)
{
  return sodium_memcmp (a, b, length) == 0;
}

void
dfn_secret_free_string (char *text)
{
  if (text == NULL)
    return;
  sodium_memzero (text, strlen (text));
  g_free (text);
}
