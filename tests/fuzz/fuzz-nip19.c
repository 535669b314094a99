/* SPDX-License-Identifier: MIT */
#include "dfn-bech32.h"
#include "dfn-nip19.h"
#include "dfn-secret.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNip19) entity = dfn_nip19_parse (text, &error);
  g_autoptr (DfnNip19) again = NULL;
  char *written, *rewritten;

  g_assert_true ((entity == NULL) == (error != NULL));
  if (entity == NULL)
    return;
  /* What we read we can write, and read again as the same. */
  written = dfn_nip19_to_string (entity);
  again = dfn_nip19_parse (written, &error);
  g_assert_no_error (error);
  rewritten = dfn_nip19_to_string (again);
  g_assert_cmpstr (rewritten, ==, written);
  dfn_secret_free_string (written);
  dfn_secret_free_string (rewritten);
}

/* The first byte says what the rest is: text, or the data of an entity, around which the checksum
 * is put that no mutation finds. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const struct {
    char letter;
    const char *name;
  } kinds[] = {
    { 'p', "npub" },     { 's', "nsec" },   { 'n', "note" },
    { 'r', "nprofile" }, { 'e', "nevent" }, { 'a', "naddr" },
  };
  g_autofree char *text = NULL;

  if (size == 0 || size > DFN_BECH32_MAX_LENGTH)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (data[0] == kinds[i].letter)
      text = dfn_bech32_encode (kinds[i].name, data + 1, size - 1);
  if (text == NULL)
    text = g_strndup ((const char *) data + 1, size - 1);
  parse (text);
  return 0;
}
