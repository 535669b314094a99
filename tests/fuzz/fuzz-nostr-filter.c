/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-filter.h"
#include "dfn-nostr-json.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static DfnNostrEvent *
make_event (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();

  dfn_nostr_tags_add (tags, "t", "cats", NULL);
  dfn_nostr_tags_add (tags, "e", NULL);
  return dfn_nostr_event_new (key, 1, 1000, tags, "");
}

static DfnNostrFilter *
parse (const char *text, gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node =
      dfn_nostr_json_parse (text, length, 1 << 20, DFN_NOSTR_ERROR_INVALID_FILTER, &error);
  DfnNostrFilter *filter = node != NULL ? dfn_nostr_filter_from_node (node, &error) : NULL;

  g_assert_true ((filter == NULL) == (error != NULL));
  return filter;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static DfnNostrEvent *event;
  g_autoptr (DfnNostrFilter) filter = parse ((const char *) data, (gssize) size);
  g_autoptr (DfnNostrFilter) again = NULL;
  g_autoptr (JsonNode) node = NULL, node_again = NULL;
  g_autofree char *text = NULL;

  if (event == NULL)
    event = make_event ();
  if (filter == NULL)
    return 0;
  /* What we read we can write, and it means the same. */
  node = dfn_nostr_filter_to_node (filter);
  text = json_to_string (node, FALSE);
  again = parse (text, -1);
  g_assert_nonnull (again);
  node_again = dfn_nostr_filter_to_node (again);
  g_assert_true (json_node_equal (node, node_again));
  g_assert_cmpint (dfn_nostr_filter_matches (filter, event), ==,
                   dfn_nostr_filter_matches (again, event));
  return 0;
}
