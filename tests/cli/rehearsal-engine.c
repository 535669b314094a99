/* SPDX-License-Identifier: MIT */
/* An engine that plays a script instead of using the network, so that tests see what the command
 * line makes of everything that an engine can report. Linked before the real one, of which only the
 * identity's file and the errors are left.
 *
 * The environment variable DFN_REHEARSAL names the script. Each line is one step:
 *   wait MILLISECONDS
 *   state NUMBER          of the state of whatever session it is
 *   set MEMBER VALUE      of the report, with C escapes
 *   fail CODE SENTENCE    a DfnEngineError that ends it
 *   report                emits what has been set
 *   peer NUMBER FAMILY RELAYED RTT IN OUT TAKEN GIVEN    one more in the swarm
 *   entry SIZE AGE TITLE  an announcement in the catalog
 *   problem SENTENCE      of the catalog
 *   complete CONNECTED    of the catalog
 *   hang                  never lets go of the thread again
 */
#include "dfn-broadcast-session.h"
#include "dfn-catalog.h"
#include "dfn-watch-session.h"
#include "rehearsal-script.h"

#include <stdlib.h>
#include <string.h>

/* --- the node --- */

struct _DfnNode {
  GObject parent_instance;
  GPtrArray *relays;
  DfnIceConfig *ice;
};

G_DEFINE_FINAL_TYPE (DfnNode, dfn_node, G_TYPE_OBJECT)

static void
dfn_node_finalize (GObject *object)
{
  DfnNode *self = DFN_NODE (object);

  g_ptr_array_unref (self->relays);
  g_object_unref (self->ice);
  G_OBJECT_CLASS (dfn_node_parent_class)->finalize (object);
}

static void
dfn_node_class_init (DfnNodeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_node_finalize;
}

static void
dfn_node_init (DfnNode *self)
{
  self->relays = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->relays, NULL);
  self->ice = dfn_ice_config_new ();
}

DfnNode *
dfn_node_new (void)
{
  return g_object_new (DFN_TYPE_NODE, NULL);
}

gboolean
dfn_node_add_relay (DfnNode *self, const char *url, GError **error)
{
  g_ptr_array_insert (self->relays, 0, g_strdup (url));
  return TRUE;
}

const char *const *
dfn_node_get_relays (DfnNode *self)
{
  return (const char *const *) self->relays->pdata;
}

DfnIceConfig *
dfn_node_get_ice_config (DfnNode *self)
{
  return self->ice;
}

void
dfn_node_set_uplink_limit (DfnNode *self, guint64 bytes_per_second)
{
}

void
dfn_node_set_request_log (DfnNode *self, const char *path)
{
}

/* --- watching --- */

struct _DfnWatchSession {
  GObject parent_instance;
  RehearsalScript script;
  DfnWatchReport report;
};

G_DEFINE_FINAL_TYPE (DfnWatchSession, dfn_watch_session, G_TYPE_OBJECT)

static guint watch_signal;

static void
watch_step (gpointer session, const char *verb, const char *rest)
{
  DfnWatchSession *self = session;
  DfnWatchReport *report = &self->report;
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  if (g_str_equal (verb, "state"))
    report->state = (DfnWatchState) atoi (rest);
  else if (g_str_equal (verb, "fail"))
    {
      report->state = DFN_WATCH_FAILED;
      report->error = rehearsal_make_error (rest);
    }
  else if (g_str_equal (verb, "report"))
    g_signal_emit (self, watch_signal, 0, report);
  else if (g_str_equal (verb, "peer"))
    rehearsal_add_peer (&report->swarm, rest);
  else if (g_str_equal (words[0], "title"))
    rehearsal_set_text (&report->title, words[1]);
  else if (g_str_equal (words[0], "path"))
    rehearsal_set_text (&report->path, words[1]);
  else if (g_str_equal (words[0], "problem"))
    rehearsal_set_text (&report->problem, words[1]);
  else if (g_str_equal (words[0], "size"))
    report->size = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "done"))
    report->bytes_done = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "before"))
    report->bytes_before = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "checked"))
    report->bytes_checked = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "rate"))
    report->rate = g_ascii_strtod (words[1], NULL);
  else if (g_str_equal (words[0], "peers"))
    report->n_peers = (guint) atoi (words[1]);
  else if (g_str_equal (words[0], "relayed"))
    report->is_relayed = atoi (words[1]);
  else
    g_error ("A script says %s %s", verb, rest);
}

static void
dfn_watch_session_finalize (GObject *object)
{
  DfnWatchSession *self = DFN_WATCH_SESSION (object);

  rehearsal_end (&self->script);
  g_free (self->report.title);
  g_free (self->report.path);
  g_free (self->report.problem);
  g_clear_pointer (&self->report.swarm, dfn_swarm_report_unref);
  g_clear_error (&self->report.error);
  G_OBJECT_CLASS (dfn_watch_session_parent_class)->finalize (object);
}

static void
dfn_watch_session_class_init (DfnWatchSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_watch_session_finalize;
  watch_signal = rehearsal_add_report_signal (klass);
}

static void
dfn_watch_session_init (DfnWatchSession *self)
{
  rehearsal_begin (&self->script, self, watch_step);
}

DfnWatchSession *
dfn_watch_session_new (DfnNode *node, const char *link, const char *output, GError **error)
{
  return g_object_new (DFN_TYPE_WATCH_SESSION, NULL);
}

DfnWatchSession *
dfn_watch_session_new_sharing (DfnNode *node, const char *link, const char *output, GError **error)
{
  return dfn_watch_session_new (node, link, output, error);
}

const DfnWatchReport *
dfn_watch_session_get_report (DfnWatchSession *self)
{
  return &self->report;
}

/* --- broadcasting --- */

struct _DfnBroadcastSession {
  GObject parent_instance;
  RehearsalScript script;
  DfnBroadcastReport report;
};

G_DEFINE_FINAL_TYPE (DfnBroadcastSession, dfn_broadcast_session, G_TYPE_OBJECT)

static guint broadcast_signal;

static void
broadcast_step (gpointer session, const char *verb, const char *rest)
{
  DfnBroadcastSession *self = session;
  DfnBroadcastReport *report = &self->report;
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  if (g_str_equal (verb, "state"))
    report->state = (DfnBroadcastState) atoi (rest);
  else if (g_str_equal (verb, "fail"))
    {
      report->state = DFN_BROADCAST_FAILED;
      report->error = rehearsal_make_error (rest);
    }
  else if (g_str_equal (verb, "report"))
    g_signal_emit (self, broadcast_signal, 0, report);
  else if (g_str_equal (verb, "peer"))
    rehearsal_add_peer (&report->swarm, rest);
  else if (g_str_equal (words[0], "title"))
    rehearsal_set_text (&report->title, words[1]);
  else if (g_str_equal (words[0], "link"))
    rehearsal_set_text (&report->link, words[1]);
  else if (g_str_equal (words[0], "problem"))
    rehearsal_set_text (&report->problem, words[1]);
  else if (g_str_equal (words[0], "relays"))
    {
      g_strfreev (report->relays);
      report->relays = g_strsplit (words[1], " ", -1);
    }
  else if (g_str_equal (words[0], "lan"))
    report->is_lan = atoi (words[1]);
  else if (g_str_equal (words[0], "size"))
    report->size = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "indexed"))
    report->bytes_indexed = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "sent"))
    report->bytes_sent = g_ascii_strtoull (words[1], NULL, 10);
  else if (g_str_equal (words[0], "rate"))
    report->rate = g_ascii_strtod (words[1], NULL);
  else if (g_str_equal (words[0], "peers"))
    report->n_peers = (guint) atoi (words[1]);
  else
    g_error ("A script says %s %s", verb, rest);
}

static void
dfn_broadcast_session_finalize (GObject *object)
{
  DfnBroadcastSession *self = DFN_BROADCAST_SESSION (object);

  rehearsal_end (&self->script);
  g_free (self->report.title);
  g_free (self->report.link);
  g_free (self->report.problem);
  g_clear_pointer (&self->report.swarm, dfn_swarm_report_unref);
  g_strfreev (self->report.relays);
  g_clear_error (&self->report.error);
  G_OBJECT_CLASS (dfn_broadcast_session_parent_class)->finalize (object);
}

static void
dfn_broadcast_session_class_init (DfnBroadcastSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_broadcast_session_finalize;
  broadcast_signal = rehearsal_add_report_signal (klass);
}

static void
dfn_broadcast_session_init (DfnBroadcastSession *self)
{
  rehearsal_begin (&self->script, self, broadcast_step);
}

DfnBroadcastSession *
dfn_broadcast_session_new_file (DfnNode *node,
                                DfnNostrKey *key,
                                const char *path,
                                const char *title)
{
  return g_object_new (DFN_TYPE_BROADCAST_SESSION, NULL);
}

const DfnBroadcastReport *
dfn_broadcast_session_get_report (DfnBroadcastSession *self)
{
  return &self->report;
}

/* --- the catalog --- */

struct _DfnCatalog {
  GObject parent_instance;
  RehearsalScript script;
  guint n_connected;
  guint n_entries;
};

G_DEFINE_FINAL_TYPE (DfnCatalog, dfn_catalog, G_TYPE_OBJECT)

enum { SIGNAL_ENTRY, SIGNAL_COMPLETE, SIGNAL_PROBLEM, N_SIGNALS };
static guint catalog_signals[N_SIGNALS];

static void
add_entry (DfnCatalog *self, const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 3);
  g_autofree char *title = g_strcompress (words[2]);
  g_autofree char *link = g_strdup_printf ("defiance:naddr1entry%u", self->n_entries++);
  DfnCatalogEntry entry = {
    .link = link,
    .title = title,
    .mime_type = (char *) "video/mp4",
    .size = g_ascii_strtoull (words[0], NULL, 10),
    .pubkey = (char *) "f00d",
    .announced_at = g_get_real_time () / G_USEC_PER_SEC - g_ascii_strtoll (words[1], NULL, 10),
  };

  g_signal_emit (self, catalog_signals[SIGNAL_ENTRY], 0, &entry);
}

static void
catalog_step (gpointer session, const char *verb, const char *rest)
{
  DfnCatalog *self = session;
  g_autofree char *text = g_strcompress (rest);

  if (g_str_equal (verb, "entry"))
    add_entry (self, rest);
  else if (g_str_equal (verb, "problem"))
    g_signal_emit (self, catalog_signals[SIGNAL_PROBLEM], 0, text);
  else if (g_str_equal (verb, "complete"))
    {
      self->n_connected = (guint) atoi (rest);
      g_signal_emit (self, catalog_signals[SIGNAL_COMPLETE], 0);
    }
  else
    g_error ("A script says %s %s", verb, rest);
}

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

static void
dfn_catalog_finalize (GObject *object)
{
  rehearsal_end (&DFN_CATALOG (object)->script);
  G_OBJECT_CLASS (dfn_catalog_parent_class)->finalize (object);
}

static void
dfn_catalog_class_init (DfnCatalogClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = dfn_catalog_finalize;
  catalog_signals[SIGNAL_ENTRY] = g_signal_new ("entry", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  catalog_signals[SIGNAL_COMPLETE] =
      g_signal_new ("complete", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  catalog_signals[SIGNAL_PROBLEM] = g_signal_new ("problem", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
dfn_catalog_init (DfnCatalog *self)
{
  rehearsal_begin (&self->script, self, catalog_step);
}

DfnCatalog *
dfn_catalog_new (DfnNode *node)
{
  return g_object_new (DFN_TYPE_CATALOG, NULL);
}

guint
dfn_catalog_get_n_connected (DfnCatalog *self)
{
  return self->n_connected;
}
