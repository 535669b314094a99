/* SPDX-License-Identifier: MIT */
#include "dfn-cli-commands.h"

#include "dfn-catalog.h"
#include "dfn-cli-entry.h"
#include "dfn-cli-exit.h"
#include "dfn-cli-loop.h"
#include "dfn-cli-node.h"
#include "dfn-cli-report.h"

#include <glib/gi18n-lib.h>

/* Anybody may announce anything; a list beyond this is no use to a reader, and costs memory. */
#define MAX_ENTRIES 10000

typedef struct {
  const DfnCliOptions *options;
  DfnCliOutput *output;
  DfnCliLoop *loop;
  DfnCatalog *catalog;
  gboolean is_alone;

  /* By link; until all relays have answered, so that the list can be sorted. */
  GHashTable *entries;
  gboolean is_complete;
  guint n_told;
  char *problem;
} Browse;

static void
tell_entry (Browse *self, const DfnCatalogEntry *entry)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *text =
      dfn_cli_entry_format (entry, now, dfn_cli_output_get_result_width (self->output));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    dfn_cli_output_result (self->output, lines[i]);
}

static void
on_entry (DfnCatalog *catalog, const DfnCatalogEntry *entry, Browse *self)
{
  dfn_cli_output_event (self->output, dfn_cli_entry_to_event (entry));
  self->n_told++;
  if (dfn_cli_output_is_json (self->output))
    return;
  if (self->is_complete)
    tell_entry (self, entry);
  else if (g_hash_table_size (self->entries) < MAX_ENTRIES)
    {
      DfnCatalogEntry *copy = dfn_catalog_entry_copy (entry);
      g_hash_table_replace (self->entries, copy->link, copy);
    }
}

static int
compare_newest_first (gconstpointer a, gconstpointer b)
{
  const DfnCatalogEntry *first = *(const DfnCatalogEntry *const *) a;
  const DfnCatalogEntry *second = *(const DfnCatalogEntry *const *) b;

  if (first->announced_at != second->announced_at)
    return first->announced_at > second->announced_at ? -1 : 1;
  return g_strcmp0 (first->link, second->link);
}

static void
tell_list (Browse *self)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, self->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    g_ptr_array_add (sorted, entry);
  g_ptr_array_sort (sorted, compare_newest_first);
  for (guint i = 0; i < sorted->len; i++)
    tell_entry (self, sorted->pdata[i]);
  g_hash_table_remove_all (self->entries);
}

static void
fail_unreachable (Browse *self)
{
  g_autoptr (GError) error = NULL;

  g_set_error (&error, DFN_CLI_ERROR, DFN_CLI_ERROR_NETWORK, _ ("No relay can be reached: %s"),
               self->problem != NULL ? self->problem : _ ("none answered"));
  dfn_cli_loop_quit (self->loop, dfn_cli_output_fail (self->output, error));
}

static void
on_complete (DfnCatalog *catalog, Browse *self)
{
  if (self->is_complete)
    return;
  self->is_complete = TRUE;
  dfn_cli_output_set_status (self->output, NULL);
  tell_list (self);
  /* On a network of one's own there need not be a relay: nobody shares anything then. */
  if (self->n_told == 0 && dfn_catalog_get_n_connected (catalog) == 0 && !self->is_alone
      && !self->options->follow)
    {
      fail_unreachable (self);
      return;
    }
  if (self->n_told == 0)
    dfn_cli_output_say (self->output, self->is_alone ? _ ("Nothing is shared on this network.")
                                                     : _ ("Nothing is announced at these relays."));
  if (!self->options->follow)
    dfn_cli_loop_quit (self->loop, DFN_CLI_EXIT_OK);
  else
    dfn_cli_output_say (self->output, _ ("Waiting for more. Press Ctrl+C to stop."));
}

static void
on_problem (DfnCatalog *catalog, const char *sentence, Browse *self)
{
  dfn_cli_report_problem (self->output, &self->problem, sentence, TRUE);
}

static void
start (Browse *self, DfnNode *node)
{
  self->is_alone = dfn_node_get_relays (node)[0] == NULL;
  self->catalog = dfn_catalog_new (node);
  g_signal_connect (self->catalog, "entry", G_CALLBACK (on_entry), self);
  g_signal_connect (self->catalog, "complete", G_CALLBACK (on_complete), self);
  g_signal_connect (self->catalog, "problem", G_CALLBACK (on_problem), self);
  if (self->is_alone)
    dfn_cli_output_say (self->output, _ ("No relay was named; looking around on this network."));
  dfn_cli_output_set_status (self->output, _ ("Asking the relays…"));
}

int
dfn_cli_browse_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (DfnCliLoop) loop = dfn_cli_loop_new (output);
  g_autoptr (GHashTable) entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                                          (GDestroyNotify) dfn_catalog_entry_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNode) node = NULL;
  Browse self = { .options = options, .output = output, .loop = loop, .entries = entries };
  int code;

  node = dfn_cli_node_new (options, &error);
  if (node == NULL)
    return dfn_cli_output_fail (output, error);
  start (&self, node);
  code = dfn_cli_loop_run (loop);

  g_signal_handlers_disconnect_by_data (self.catalog, &self);
  g_object_unref (self.catalog);
  g_free (self.problem);
  return code;
}
