/* SPDX-License-Identifier: MIT */
/* What the store finds for a filter must be what the filter says of each event. */
#include "dfn-nostr-json.h"
#include "dfn-relay-store.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define N_EVENTS 24
#define NOW 100000
#define SECRET "000000000000000000000000000000000000000000000000000000000000000%u"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static DfnRelayStore *store;
static DfnNostrEvent *events[N_EVENTS];

static void
fill (void)
{
  static const guint kinds[] = { 1, 7, 5, 1311 };
  static const char *const names[] = { "t", "e", "T", "d", "long" };
  static const char *const values[] = { "cat", "", "\"quoted\"", "\xc3\xa4\xe2\x80\xa8'%_" };

  store = dfn_relay_store_open (NULL, NULL);
  for (guint i = 0; i < N_EVENTS; i++)
    {
      g_autofree char *secret = g_strdup_printf (SECRET, i % 3 + 1);
      g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (secret, NULL);
      g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
      dfn_nostr_tags_add (tags, names[i % 5], values[i % 4], "more", NULL);
      dfn_nostr_tags_add (tags, names[i % 3], values[i % 2], NULL);
      dfn_nostr_tags_add (tags, "x", NULL);
      events[i] = dfn_nostr_event_new (key, kinds[i % 4], i % 10, tags, "");
      dfn_relay_store_add (store, events[i], NOW, NULL);
    }
  g_assert_cmpuint (dfn_relay_store_get_usage (store, NULL), ==, N_EVENTS);
}

/* Newest first, and of the same second the lowest id (NIP-01). */
static gboolean
comes_before (DfnNostrEvent *a, DfnNostrEvent *b)
{
  gint64 difference = dfn_nostr_event_get_created_at (a) - dfn_nostr_event_get_created_at (b);

  if (difference != 0)
    return difference > 0;
  return strcmp (dfn_nostr_event_get_id (a), dfn_nostr_event_get_id (b)) < 0;
}

/* How many events that match come before this one. */
static guint
place_of (DfnNostrEvent *event, DfnNostrFilter *filter)
{
  guint place = 0;

  for (guint i = 0; i < N_EVENTS; i++)
    place += dfn_nostr_filter_matches (filter, events[i]) && comes_before (events[i], event);
  return place;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  g_autoptr (GPtrArray) found = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = dfn_nostr_json_parse ((const char *) data, (gssize) size, 1 << 18,
                                                    DFN_NOSTR_ERROR_INVALID_FILTER, NULL);
  DfnNostrFilter *filter = node != NULL ? dfn_nostr_filter_from_node (node, NULL) : NULL;
  guint expected = 0;

  if (store == NULL)
    fill ();
  if (filter == NULL)
    return 0;
  g_ptr_array_add (filters, filter);
  for (guint i = 0; i < N_EVENTS; i++)
    expected += dfn_nostr_filter_matches (filter, events[i]);
  found = dfn_relay_store_query (store, filters, 1000, NOW, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (found->len, ==, MIN (expected, dfn_nostr_filter_get_limit (filter)));
  for (guint i = 0; i < found->len; i++)
    {
      g_autoptr (DfnNostrEvent) event = dfn_nostr_event_from_json (found->pdata[i], -1, &error);
      g_assert_no_error (error);
      g_assert_true (dfn_nostr_filter_matches (filter, event));
      g_assert_cmpuint (place_of (event, filter), ==, i);
    }
  return 0;
}
