/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-node.h"

G_BEGIN_DECLS

/**
 * DfnCatalogEntry:
 * @link: `defiance:naddr1…`
 * @title: what the broadcaster calls it; clean for display
 * @summary: (nullable): a description
 * @mime_type: what kind of file or stream it is
 * @size: bytes; 0 of a live stream
 * @is_live: whether it is a live stream that goes on now
 * @pubkey: who announced it, 64 hexadecimal digits
 * @announced_at: when, seconds since 1970
 *
 * Something that can be watched.
 */
typedef struct {
  char *link;
  char *title;
  char *summary;
  char *mime_type;
  guint64 size;
  gboolean is_live;
  char *pubkey;
  gint64 announced_at;
} DfnCatalogEntry;

DfnCatalogEntry *dfn_catalog_entry_copy (const DfnCatalogEntry *self);
void dfn_catalog_entry_free (DfnCatalogEntry *self);

#define DFN_TYPE_CATALOG (dfn_catalog_get_type ())
G_DECLARE_FINAL_TYPE (DfnCatalog, dfn_catalog, DFN, CATALOG, GObject)

/**
 * dfn_catalog_new:
 * @node: the engine
 *
 * Asks the node's relays, or without any those of this network, for announcements; goes on until
 * it is unreferenced.
 *
 * Signals:
 * - `entry` (DfnCatalogEntry *entry): an announcement, new or newer than the one seen before
 * - `complete`: every relay has told what it had
 * - `problem` (const char *sentence): a relay cannot be reached, for display
 *
 * Returns: (transfer full): the catalog
 */
DfnCatalog *dfn_catalog_new (DfnNode *node);

/**
 * dfn_catalog_get_n_connected:
 *
 * Returns: how many relays are connected, as of the last signal
 */
guint dfn_catalog_get_n_connected (DfnCatalog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnCatalogEntry, dfn_catalog_entry_free)

G_END_DECLS
