/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-event.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* No mutation finds a signature, so the input is also signed: as the content, and its lines as a
 * tag. What we sign we must read, and read as the same. */
static void
sign_and_read (const char *text)
{
  static DfnNostrKey *key;
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (DfnNostrEvent) event = NULL, read = NULL;
  g_auto (GStrv) lines = g_strsplit (text, "\n", 20);

  if (key == NULL)
    key = dfn_nostr_key_generate ();
  if (lines[0] != NULL)
    g_ptr_array_add (tags, g_steal_pointer (&lines));
  event = dfn_nostr_event_new (key, 1, 0, tags, text);
  if (strlen (dfn_nostr_event_to_json (event)) > DFN_NOSTR_EVENT_MAX_SIZE)
    return;
  read = dfn_nostr_event_from_json (dfn_nostr_event_to_json (event), -1, NULL);
  g_assert_nonnull (read);
  g_assert_cmpstr (dfn_nostr_event_get_content (read), ==, dfn_nostr_event_get_content (event));
  g_assert_cmpstr (dfn_nostr_event_to_json (read), ==, dfn_nostr_event_to_json (event));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrEvent) event =
      dfn_nostr_event_from_json ((const char *) data, (gssize) size, &error);

  g_assert_true ((event == NULL) == (error != NULL));
  if (g_utf8_validate_len ((const char *) data, size, NULL))
    {
      g_autofree char *text = g_strndup ((const char *) data, size);

      sign_and_read (text);
    }
  return 0;
}
