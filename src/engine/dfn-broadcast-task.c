/* SPDX-License-Identifier: MIT */
#include "dfn-broadcast-task.h"

#include "dfn-announcement.h"
#include "dfn-file-indexer.h"
#include "dfn-file-swarm.h"
#include "dfn-rate-meter.h"

#define RENEW_S (12 * 60 * 60)

struct _DfnBroadcastTask {
  DfnTask task;

  DfnNostrKey *key;
  char *path;
  char *title;

  GCancellable *cancellable;
  DfnChunkStore *store;
  DfnFileSwarm *swarm;

  DfnBroadcastReport *report; /* the parent's */
  DfnRateMeter meter;
};

G_DEFINE_FINAL_TYPE (DfnBroadcastTask, dfn_broadcast_task, DFN_TYPE_TASK)

/* Reports */

static void
report_swarm (DfnBroadcastTask *self)
{
  DfnSwarmCounts counts = { .content_bytes = self->report->size };

  dfn_task_count_peers (DFN_TASK (self), self->report->state == DFN_BROADCAST_FAILED, &counts);
}

static void
dfn_broadcast_task_describe (DfnTask *task)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  self->report->rate = dfn_rate_meter_get (&self->meter, g_get_monotonic_time ());
  if (self->task.members != NULL)
    self->report->n_peers = dfn_swarm_members_get_n_peers (self->task.members);
  report_swarm (self);
}

static void
set_state (DfnBroadcastTask *self, DfnBroadcastState state)
{
  self->report->state = state;
  dfn_task_tell_now (DFN_TASK (self));
}

/* Ends everything but the reports. */
static void
shut_down (DfnBroadcastTask *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->swarm != NULL)
    g_signal_handlers_disconnect_by_data (self->swarm, self);
  g_clear_object (&self->swarm);
  dfn_task_leave (DFN_TASK (self));
  g_clear_object (&self->store);
}

static void
fail (DfnBroadcastTask *self, gint code, const GError *error)
{
  if (self->report->state == DFN_BROADCAST_FAILED)
    return;
  self->report->error = g_error_new_literal (DFN_ENGINE_ERROR, code, error->message);
  set_state (self, DFN_BROADCAST_FAILED);
  shut_down (self);
}

/* Serving */

static void
dfn_broadcast_task_peer_added (DfnTask *task, DfnPeer *peer)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  dfn_file_swarm_add_peer (self->swarm, peer);
  dfn_task_tell_now (DFN_TASK (self));
}

static void
dfn_broadcast_task_peer_removed (DfnTask *task, DfnPeer *peer, const GError *error)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  dfn_task_tell_now (DFN_TASK (self));
}

static void
on_sent (DfnFileSwarm *swarm, guint64 bytes, DfnBroadcastTask *self)
{
  self->report->bytes_sent += bytes;
  dfn_rate_meter_add (&self->meter, bytes, g_get_monotonic_time ());
  dfn_task_tell_soon (DFN_TASK (self));
}

static void
on_swarm_failed (DfnFileSwarm *swarm, const GError *error, DfnBroadcastTask *self)
{
  fail (self, DFN_ENGINE_ERROR_FILE, error);
}

/* Announcing */

static DfnNostrEvent *
sign (gint64 created_at_s, gpointer user_data)
{
  DfnBroadcastTask *self = user_data;
  DfnNostrEvent *event =
      dfn_announcement_sign (self->key, dfn_chunk_store_get_manifest (self->store),
                             dfn_presence_get_pubkey (self->task.presence), created_at_s);

  /* Members that have lost every relay hear of it as well. */
  dfn_swarm_members_set_announcement (self->task.members, event);
  return event;
}

static void
dfn_broadcast_task_announced (DfnTask *task)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  self->report->link = dfn_publication_get_link (task->publication);
  set_state (self, DFN_BROADCAST_SERVING);
}

static void
dfn_broadcast_task_failed (DfnTask *task, const GError *error)
{
  fail (DFN_BROADCAST_TASK (task), DFN_ENGINE_ERROR_NETWORK, error);
}

static void
dfn_broadcast_task_relays_changed (DfnTask *task)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  g_free (self->report->problem);
  self->report->problem = g_strdup (dfn_publication_get_problem (task->publication));
  dfn_task_tell_now (DFN_TASK (self));
}

static gboolean
start_publication (DfnBroadcastTask *self, GError **error)
{
  g_autofree char *identifier =
      dfn_announcement_identify (dfn_chunk_store_get_manifest (self->store));
  DfnAddress *address = dfn_address_new (dfn_nostr_key_get_pubkey (self->key), identifier, NULL);

  if (!dfn_task_publish (DFN_TASK (self), address, RENEW_S, sign, error))
    return FALSE;
  self->report->relays = g_strdupv ((char **) dfn_publication_get_relays (self->task.publication));
  self->report->is_lan = dfn_publication_is_lan (self->task.publication);
  return TRUE;
}

static void
go_on_air (DfnBroadcastTask *self)
{
  g_autoptr (GError) error = NULL;

  dfn_task_appear (DFN_TASK (self), NULL);
  self->swarm = dfn_file_swarm_new (self->store);
  dfn_task_join (DFN_TASK (self),
                 dfn_manifest_get_root (dfn_chunk_store_get_manifest (self->store)));
  g_signal_connect (self->swarm, "sent", G_CALLBACK (on_sent), self);
  g_signal_connect (self->swarm, "failed", G_CALLBACK (on_swarm_failed), self);
  if (!start_publication (self, &error))
    {
      fail (self, DFN_ENGINE_ERROR_NETWORK, error);
      return;
    }
  /* Whoever has everything waits to be asked. */
  dfn_swarm_members_set_seeking (self->task.members, FALSE);
  dfn_swarm_members_set_accepting (self->task.members, TRUE);
  dfn_swarm_members_start (self->task.members);
  set_state (self, DFN_BROADCAST_ANNOUNCING);
  dfn_publication_announce (self->task.publication);
}

/* Indexing */

static void
on_index_progress (goffset done, goffset total, gpointer user_data)
{
  DfnBroadcastTask *self = user_data;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  self->report->bytes_indexed = (guint64) done;
  self->report->size = (guint64) total;
  dfn_task_tell_soon (DFN_TASK (self));
}

static void
on_indexed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnBroadcastTask) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnChunkStore) store = dfn_file_index_finish (result, &error);
  DfnManifest *manifest;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (store == NULL)
    {
      fail (self, DFN_ENGINE_ERROR_FILE, error);
      return;
    }
  self->store = g_steal_pointer (&store);
  manifest = dfn_chunk_store_get_manifest (self->store);
  self->report->size = self->report->bytes_indexed = dfn_manifest_get_size (manifest);
  self->report->title = g_strdup (dfn_manifest_get_title (manifest));
  go_on_air (self);
}

static void
dfn_broadcast_task_start (DfnTask *task)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  dfn_file_index_async (self->path, self->title, NULL, self->cancellable, on_index_progress, self,
                        on_indexed, g_object_ref (self));
}

static void
dfn_broadcast_task_stop (DfnTask *task)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (task);

  shut_down (self);
}

/* Life */

static void
dfn_broadcast_task_finalize (GObject *object)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (object);

  g_clear_object (&self->cancellable);
  dfn_nostr_key_unref (self->key);
  g_free (self->path);
  g_free (self->title);
  G_OBJECT_CLASS (dfn_broadcast_task_parent_class)->finalize (object);
}

static void
dfn_broadcast_task_class_init (DfnBroadcastTaskClass *klass)
{
  DfnTaskClass *task_class = DFN_TASK_CLASS (klass);

  task_class->layout = &dfn_broadcast_report_layout;
  task_class->start = dfn_broadcast_task_start;
  task_class->stop = dfn_broadcast_task_stop;
  task_class->describe = dfn_broadcast_task_describe;
  task_class->peer_added = dfn_broadcast_task_peer_added;
  task_class->peer_removed = dfn_broadcast_task_peer_removed;
  task_class->announced = dfn_broadcast_task_announced;
  task_class->failed = dfn_broadcast_task_failed;
  task_class->relays_changed = dfn_broadcast_task_relays_changed;
  G_OBJECT_CLASS (klass)->finalize = dfn_broadcast_task_finalize;
}

static void
dfn_broadcast_task_init (DfnBroadcastTask *self)
{
  self->cancellable = g_cancellable_new ();
}

DfnBroadcastTask *
dfn_broadcast_task_new (
    DfnNode *node, DfnNostrKey *key, const char *path, const char *title, DfnMailbox *mailbox)
{
  DfnBroadcastTask *self = dfn_task_new (DFN_TYPE_BROADCAST_TASK, node, mailbox);

  self->report = self->task.report;
  self->key = dfn_nostr_key_ref (key);
  self->path = g_strdup (path);
  self->title = g_strdup (title);
  return self;
}
