/* SPDX-License-Identifier: MIT */
#include "dfn-catalog.h"

#include "dfn-catalog-task.h"
#include "dfn-node-private.h"

struct _DfnCatalog {
  GObject parent_instance;

  DfnNode *node;
  DfnMailbox *mailbox;
  DfnCatalogTask *task;
  guint n_connected;
};

G_DEFINE_FINAL_TYPE (DfnCatalog, dfn_catalog, G_TYPE_OBJECT)

enum { SIGNAL_ENTRY, SIGNAL_COMPLETE, SIGNAL_PROBLEM, N_SIGNALS };

static guint signals[N_SIGNALS];

DfnCatalogEntry *
dfn_catalog_entry_copy (const DfnCatalogEntry *self)
{
  DfnCatalogEntry *copy = g_memdup2 (self, sizeof *self);

  copy->link = g_strdup (self->link);
  copy->title = g_strdup (self->title);
  copy->summary = g_strdup (self->summary);
  copy->mime_type = g_strdup (self->mime_type);
  copy->pubkey = g_strdup (self->pubkey);
  return copy;
}

void
dfn_catalog_entry_free (DfnCatalogEntry *self)
{
  g_free (self->link);
  g_free (self->title);
  g_free (self->summary);
  g_free (self->mime_type);
  g_free (self->pubkey);
  g_free (self);
}

void
dfn_catalog_message_free (DfnCatalogMessage *self)
{
  g_clear_pointer (&self->entry, dfn_catalog_entry_free);
  g_free (self->problem);
  g_free (self);
}

static void
on_message (gpointer data, gpointer user_data)
{
  DfnCatalogMessage *message = data;
  g_autoptr (DfnCatalog) self = g_object_ref (user_data);

  self->n_connected = message->n_connected;
  if (message->entry != NULL)
    g_signal_emit (self, signals[SIGNAL_ENTRY], 0, message->entry);
  if (message->problem != NULL)
    g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, message->problem);
  if (message->is_complete)
    g_signal_emit (self, signals[SIGNAL_COMPLETE], 0);
}

static void
dfn_catalog_dispose (GObject *object)
{
  DfnCatalog *self = DFN_CATALOG (object);

  dfn_mailbox_close (self->mailbox);
  if (self->task != NULL)
    dfn_node_stop_task (self->node, g_steal_pointer (&self->task), dfn_catalog_task_stop);
  g_clear_object (&self->node);
  G_OBJECT_CLASS (dfn_catalog_parent_class)->dispose (object);
}

static void
dfn_catalog_finalize (GObject *object)
{
  dfn_mailbox_unref (DFN_CATALOG (object)->mailbox);
  G_OBJECT_CLASS (dfn_catalog_parent_class)->finalize (object);
}

static void
dfn_catalog_class_init (DfnCatalogClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_catalog_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_catalog_finalize;

  signals[SIGNAL_ENTRY] = g_signal_new ("entry", DFN_TYPE_CATALOG, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SIGNAL_COMPLETE] = g_signal_new ("complete", DFN_TYPE_CATALOG, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_PROBLEM] = g_signal_new ("problem", DFN_TYPE_CATALOG, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
dfn_catalog_init (DfnCatalog *self)
{
  self->mailbox = dfn_mailbox_new (on_message, self, (GDestroyNotify) dfn_catalog_message_free);
}

DfnCatalog *
dfn_catalog_new (DfnNode *node)
{
  DfnCatalog *self = g_object_new (DFN_TYPE_CATALOG, NULL);

  self->node = g_object_ref (node);
  self->task = dfn_catalog_task_new (node, self->mailbox);
  dfn_node_start_task (node, self->task, dfn_catalog_task_start);
  return self;
}

guint
dfn_catalog_get_n_connected (DfnCatalog *self)
{
  return self->n_connected;
}
