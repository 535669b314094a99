/* SPDX-License-Identifier: MIT */
/* An engine whose working halves play a script instead of using the network, so that tests see what
 * the command line makes of everything that an engine can report. They are linked before the real
 * ones; node, sessions and catalog are the real ones.
 *
 * The environment variable DFN_REHEARSAL names the script. Each line is one step:
 *   wait MILLISECONDS
 *   state NUMBER          of the state of whatever session it is
 *   set MEMBER VALUE      of the snapshot, with C escapes
 *   fail CODE SENTENCE    a DfnEngineError that ends it
 *   report                tells what has been set
 *   peer NUMBER FAMILY RELAYED RTT IN OUT TAKEN GIVEN    one more in the swarm
 *   entry SIZE AGE TITLE  an announcement in the catalog
 *   problem SENTENCE      of the catalog
 *   complete CONNECTED    of the catalog
 *   hang                  never lets go of the engine's thread again
 */
#include "dfn-broadcast-task.h"
#include "dfn-catalog-task.h"
#include "dfn-live-broadcast-task.h"
#include "dfn-live-watch-task.h"
#include "dfn-watch-task.h"
#include "rehearsal-task.h"

#include <stdlib.h>

#define MEMBER(Report, name, kind, member)                                                         \
  {                                                                                                \
    name, REHEARSAL_##kind, G_STRUCT_OFFSET (Report, member)                                       \
  }

/* A final class with the names and the snapshots of the real one. */
#define REHEARSE(Task, task, Report, report, FAILED)                                               \
  struct _##Task {                                                                                 \
    RehearsalTask parent_instance;                                                                 \
  };                                                                                               \
  G_DEFINE_FINAL_TYPE (Task, task, REHEARSAL_TYPE_TASK)                                            \
  static void task##_class_init (Task##Class *klass)                                               \
  {                                                                                                \
    DFN_TASK_CLASS (klass)->layout = &report##_layout;                                             \
  }                                                                                                \
  static void task##_init (Task *self)                                                             \
  {                                                                                                \
    self->parent_instance.members = task##_members;                                                \
    self->parent_instance.state = G_STRUCT_OFFSET (Report, state);                                 \
    self->parent_instance.failed = FAILED;                                                         \
  }

static const RehearsalMember dfn_watch_task_members[] = {
  MEMBER (DfnWatchReport, "title", TEXT, title),
  MEMBER (DfnWatchReport, "path", TEXT, path),
  MEMBER (DfnWatchReport, "problem", TEXT, problem),
  MEMBER (DfnWatchReport, "size", INT64, size),
  MEMBER (DfnWatchReport, "done", INT64, bytes_done),
  MEMBER (DfnWatchReport, "before", INT64, bytes_before),
  MEMBER (DfnWatchReport, "checked", INT64, bytes_checked),
  MEMBER (DfnWatchReport, "rate", DOUBLE, rate),
  MEMBER (DfnWatchReport, "peers", INT, n_peers),
  MEMBER (DfnWatchReport, "relayed", INT, is_relayed),
  { NULL },
};

REHEARSE (DfnWatchTask, dfn_watch_task, DfnWatchReport, dfn_watch_report, DFN_WATCH_FAILED)

DfnWatchTask *
dfn_watch_task_new (DfnNode *node,
                    DfnAddress *address,
                    const char *output,
                    int fd,
                    gboolean is_sharing,
                    DfnMailbox *mailbox)
{
  dfn_address_free (address);
  return dfn_task_new (DFN_TYPE_WATCH_TASK, node, mailbox);
}

static const RehearsalMember dfn_broadcast_task_members[] = {
  MEMBER (DfnBroadcastReport, "title", TEXT, title),
  MEMBER (DfnBroadcastReport, "link", TEXT, link),
  MEMBER (DfnBroadcastReport, "problem", TEXT, problem),
  MEMBER (DfnBroadcastReport, "relays", WORDS, relays),
  MEMBER (DfnBroadcastReport, "lan", INT, is_lan),
  MEMBER (DfnBroadcastReport, "size", INT64, size),
  MEMBER (DfnBroadcastReport, "indexed", INT64, bytes_indexed),
  MEMBER (DfnBroadcastReport, "sent", INT64, bytes_sent),
  MEMBER (DfnBroadcastReport, "rate", DOUBLE, rate),
  MEMBER (DfnBroadcastReport, "peers", INT, n_peers),
  { NULL },
};

REHEARSE (DfnBroadcastTask,
          dfn_broadcast_task,
          DfnBroadcastReport,
          dfn_broadcast_report,
          DFN_BROADCAST_FAILED)

DfnBroadcastTask *
dfn_broadcast_task_new (
    DfnNode *node, DfnNostrKey *key, const char *path, const char *title, DfnMailbox *mailbox)
{
  return dfn_task_new (DFN_TYPE_BROADCAST_TASK, node, mailbox);
}

static const RehearsalMember dfn_live_watch_task_members[] = {
  MEMBER (DfnLiveWatchReport, "title", TEXT, title),
  MEMBER (DfnLiveWatchReport, "type", TEXT, media_type),
  MEMBER (DfnLiveWatchReport, "path", TEXT, path),
  MEMBER (DfnLiveWatchReport, "problem", TEXT, problem),
  MEMBER (DfnLiveWatchReport, "written", INT64, bytes_written),
  MEMBER (DfnLiveWatchReport, "rate", DOUBLE, rate),
  MEMBER (DfnLiveWatchReport, "join", INT64, join_us),
  MEMBER (DfnLiveWatchReport, "peers", INT64, live.peers),
  MEMBER (DfnLiveWatchReport, "stalls", INT64, live.stalls),
  MEMBER (DfnLiveWatchReport, "lag", INT64, live.lag_us),
  { NULL },
};

REHEARSE (DfnLiveWatchTask,
          dfn_live_watch_task,
          DfnLiveWatchReport,
          dfn_live_watch_report,
          DFN_LIVE_WATCH_FAILED)

DfnLiveWatchTask *
dfn_live_watch_task_new (DfnNode *node,
                         DfnAddress *address,
                         const char *output,
                         int fd,
                         gint64 behind_us,
                         DfnMailbox *mailbox)
{
  dfn_address_free (address);
  return dfn_task_new (DFN_TYPE_LIVE_WATCH_TASK, node, mailbox);
}

static const RehearsalMember dfn_live_broadcast_task_members[] = {
  MEMBER (DfnLiveBroadcastReport, "title", TEXT, title),
  MEMBER (DfnLiveBroadcastReport, "link", TEXT, link),
  MEMBER (DfnLiveBroadcastReport, "problem", TEXT, problem),
  MEMBER (DfnLiveBroadcastReport, "lan", INT, is_lan),
  MEMBER (DfnLiveBroadcastReport, "rate", DOUBLE, rate),
  MEMBER (DfnLiveBroadcastReport, "sent", INT64, live.bytes_sent),
  MEMBER (DfnLiveBroadcastReport, "made", INT64, live.bytes_made),
  MEMBER (DfnLiveBroadcastReport, "peers", INT64, live.peers),
  { NULL },
};

REHEARSE (DfnLiveBroadcastTask,
          dfn_live_broadcast_task,
          DfnLiveBroadcastReport,
          dfn_live_broadcast_report,
          DFN_LIVE_BROADCAST_FAILED)

DfnLiveBroadcastTask *
dfn_live_broadcast_task_new (DfnNode *node,
                             DfnNostrKey *key,
                             int fd,
                             const char *name,
                             const char *title,
                             DfnMailbox *mailbox)
{
  return dfn_task_new (DFN_TYPE_LIVE_BROADCAST_TASK, node, mailbox);
}

/* --- the catalog --- */

struct _DfnCatalogTask {
  GObject parent_instance;
  DfnMailbox *mailbox;
  RehearsalScript *script;
  guint n_entries;
};

G_DEFINE_FINAL_TYPE (DfnCatalogTask, dfn_catalog_task, G_TYPE_OBJECT)

static DfnCatalogEntry *
make_entry (DfnCatalogTask *self, const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 3);
  DfnCatalogEntry *entry = g_new0 (DfnCatalogEntry, 1);

  entry->link = g_strdup_printf ("defiance:naddr1entry%u", self->n_entries++);
  entry->title = g_strcompress (words[2]);
  entry->mime_type = g_strdup ("video/mp4");
  entry->size = g_ascii_strtoull (words[0], NULL, 10);
  entry->pubkey = g_strdup ("f00d");
  entry->announced_at = g_get_real_time () / G_USEC_PER_SEC - g_ascii_strtoll (words[1], NULL, 10);
  return entry;
}

static void
catalog_step (gpointer task, const char *verb, const char *rest)
{
  DfnCatalogTask *self = task;
  DfnCatalogMessage *message = g_new0 (DfnCatalogMessage, 1);

  if (g_str_equal (verb, "entry"))
    message->entry = make_entry (self, rest);
  else if (g_str_equal (verb, "problem"))
    message->problem = g_strcompress (rest);
  else if (g_str_equal (verb, "complete"))
    {
      message->n_connected = (guint) atoi (rest);
      message->is_complete = TRUE;
    }
  else
    g_error ("A script says %s %s", verb, rest);
  dfn_mailbox_post (self->mailbox, message);
}

void
dfn_catalog_task_start (gpointer task)
{
  ((DfnCatalogTask *) task)->script = rehearsal_script_begin (catalog_step, task);
}

void
dfn_catalog_task_stop (gpointer task)
{
  g_clear_pointer (&((DfnCatalogTask *) task)->script, rehearsal_script_end);
}

static void
dfn_catalog_task_finalize (GObject *object)
{
  dfn_mailbox_unref (DFN_CATALOG_TASK (object)->mailbox);
  G_OBJECT_CLASS (dfn_catalog_task_parent_class)->finalize (object);
}

static void
dfn_catalog_task_class_init (DfnCatalogTaskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_catalog_task_finalize;
}

static void
dfn_catalog_task_init (DfnCatalogTask *self)
{
}

DfnCatalogTask *
dfn_catalog_task_new (DfnNode *node, DfnMailbox *mailbox)
{
  DfnCatalogTask *self = g_object_new (DFN_TYPE_CATALOG_TASK, NULL);

  self->mailbox = dfn_mailbox_ref (mailbox);
  return self;
}
