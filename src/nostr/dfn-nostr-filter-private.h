/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-filter.h"

G_BEGIN_DECLS

/* What matching and JSON share. */

#define DFN_NOSTR_FILTER_MAX_KIND 65535
/* 'A' to 'Z', then 'a' to 'z'. */
#define DFN_NOSTR_FILTER_N_LETTERS 52

/* Values in the order they came, and a set of the same strings for matching; both %NULL where
 * there is no such condition. */
typedef struct {
  GPtrArray *list;
  GHashTable *set;
} DfnNostrFilterValues;

struct _DfnNostrFilter {
  gatomicrefcount ref_count;
  DfnNostrFilterValues ids;
  DfnNostrFilterValues authors;
  DfnNostrFilterValues tags[DFN_NOSTR_FILTER_N_LETTERS];
  GArray *kinds;
  gint64 since;
  gint64 until;
  guint limit;
};

/* Makes it a condition, with no value yet. */
void dfn_nostr_filter_values_demand (DfnNostrFilterValues *values);
void dfn_nostr_filter_values_add (DfnNostrFilterValues *values, const char *text);
DfnNostrFilterValues *dfn_nostr_filter_tag_values (DfnNostrFilter *self, char name);
char dfn_nostr_filter_tag_letter (guint index);

G_END_DECLS
