/* SPDX-License-Identifier: MIT */
#include "dfn-announcement.h"
#include "dfn-bech32.h"
#include "dfn-nostr-kinds.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The tags of an announcement that somebody signs: a line each, fields separated by tabs. */
static void
read_announcement (const uint8_t *data, size_t size)
{
  static DfnNostrKey *key;
  g_autoptr (GPtrArray) tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_auto (GStrv) lines = g_strsplit (valid, "\n", 100);
  g_autoptr (DfnNostrEvent) event = NULL;
  g_autoptr (DfnAnnouncement) announcement = NULL;
  g_autoptr (GError) error = NULL;

  if (key == NULL)
    key = dfn_nostr_key_generate ();
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (tags, g_strsplit (lines[i], "\t", 20));
  event = dfn_nostr_event_new (key, DFN_NOSTR_KIND_FILE, 1700000000, tags, "");
  announcement = dfn_announcement_read (event, &error);
  g_assert_true ((announcement == NULL) == (error != NULL));
  if (announcement == NULL)
    return;
  g_assert_cmpuint (strlen (announcement->contact), ==, 64);
  g_assert_cmpuint (strlen (announcement->identifier), <=, DFN_ANNOUNCEMENT_IDENTIFIER_MAX);
}

/* A link: as text, or with the checksum that no mutation finds. What is accepted is written and
 * read again as the same. */
static void
read_link (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnAddress) address = dfn_address_parse (text, &error);
  g_autoptr (DfnAddress) again = NULL;
  g_autofree char *written = NULL;

  g_assert_true ((address == NULL) == (error != NULL));
  if (address == NULL)
    return;
  written = dfn_address_to_link (address);
  again = dfn_address_parse (written, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->pubkey, ==, address->pubkey);
  g_assert_cmpstr (again->identifier, ==, address->identifier);
  g_assert_cmpuint (g_strv_length (again->relays), ==, g_strv_length (address->relays));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = NULL;

  if (size == 0 || size > 4000)
    return 0;
  if (data[0] == 't')
    {
      read_announcement (data + 1, size - 1);
      return 0;
    }
  text = data[0] == 'a' ? dfn_bech32_encode ("naddr", data + 1, size - 1)
                        : g_strndup ((const char *) data + 1, size - 1);
  if (text != NULL)
    read_link (text);
  return 0;
}
