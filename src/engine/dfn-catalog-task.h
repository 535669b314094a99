/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-catalog.h"
#include "dfn-mailbox.h"

G_BEGIN_DECLS

/**
 * DfnCatalogMessage:
 * @entry: (nullable): an announcement
 * @is_complete: whether every relay has told what it had
 * @problem: (nullable): a sentence for display
 * @n_connected: relays connected now
 *
 * What the working half tells the catalog.
 */
typedef struct {
  DfnCatalogEntry *entry;
  gboolean is_complete;
  char *problem;
  guint n_connected;
} DfnCatalogMessage;

void dfn_catalog_message_free (DfnCatalogMessage *self);

#define DFN_TYPE_CATALOG_TASK (dfn_catalog_task_get_type ())
G_DECLARE_FINAL_TYPE (DfnCatalogTask, dfn_catalog_task, DFN, CATALOG_TASK, GObject)

/**
 * dfn_catalog_task_new:
 * @mailbox: gets #DfnCatalogMessage
 *
 * The working half of a #DfnCatalog. Made on any thread; everything else happens on the engine's.
 *
 * Returns: (transfer full): a task that has done nothing yet
 */
DfnCatalogTask *dfn_catalog_task_new (DfnNode *node, DfnMailbox *mailbox);

/* For dfn_node_start_task() and dfn_node_stop_task(). */
void dfn_catalog_task_start (gpointer task);
void dfn_catalog_task_stop (gpointer task);

G_END_DECLS
