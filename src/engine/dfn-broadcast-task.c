/* SPDX-License-Identifier: MIT */
#include "dfn-broadcast-task.h"

#include "dfn-announcement.h"
#include "dfn-file-indexer.h"
#include "dfn-file-swarm.h"
#include "dfn-peer-census.h"
#include "dfn-publication.h"
#include "dfn-rate-meter.h"
#include "dfn-report-pacer.h"

#define RENEW_S (12 * 60 * 60)

struct _DfnBroadcastTask {
  GObject parent_instance;

  DfnMailbox *mailbox;
  DfnNostrKey *key;
  char *path;
  char *title;
  char **relays; /* that the user named; empty: bring one */
  DfnIceConfig *ice;

  GCancellable *cancellable;
  DfnReportPacer *pacer;
  DfnPresence *presence;
  DfnSwarmMembers *members; /* the presence's */
  DfnPublication *publication;
  DfnChunkStore *store;
  DfnFileSwarm *swarm;

  DfnPeerCensus *census;
  DfnBroadcastReport report; /* its texts are owned */
  DfnRateMeter meter;
};

G_DEFINE_FINAL_TYPE (DfnBroadcastTask, dfn_broadcast_task, G_TYPE_OBJECT)

/* Reports */

static void
report_swarm (DfnBroadcastTask *self)
{
  DfnSwarmCounts counts = { .content_bytes = self->report.size };
  gint64 now_us = self->report.state == DFN_BROADCAST_FAILED ? G_MAXINT64 : g_get_monotonic_time ();

  if (self->census == NULL)
    return;
  g_clear_pointer (&self->report.swarm, dfn_swarm_report_unref);
  self->report.swarm = dfn_peer_census_take (self->census, self->members, now_us, &counts);
}

static void
post_report (gpointer user_data)
{
  DfnBroadcastTask *self = user_data;

  self->report.rate = dfn_rate_meter_get (&self->meter, g_get_monotonic_time ());
  if (self->members != NULL)
    self->report.n_peers = dfn_swarm_members_get_n_peers (self->members);
  report_swarm (self);
  dfn_mailbox_post (self->mailbox, dfn_broadcast_report_copy (&self->report));
}

static void
set_state (DfnBroadcastTask *self, DfnBroadcastState state)
{
  self->report.state = state;
  dfn_report_pacer_now (self->pacer);
}

/* Ends everything but the reports. */
static void
shut_down (DfnBroadcastTask *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->publication != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->publication, self);
      g_object_run_dispose (G_OBJECT (self->publication));
    }
  if (self->swarm != NULL)
    g_signal_handlers_disconnect_by_data (self->swarm, self);
  if (self->members != NULL)
    g_signal_handlers_disconnect_by_data (self->members, self);
  self->members = NULL;
  g_clear_object (&self->publication);
  g_clear_object (&self->swarm);
  g_clear_pointer (&self->census, dfn_peer_census_free);
  g_clear_object (&self->presence);
  g_clear_object (&self->store);
}

static void
fail (DfnBroadcastTask *self, gint code, const GError *error)
{
  if (self->report.state == DFN_BROADCAST_FAILED)
    return;
  self->report.error = g_error_new_literal (DFN_ENGINE_ERROR, code, error->message);
  set_state (self, DFN_BROADCAST_FAILED);
  shut_down (self);
}

/* Serving */

static void
on_peer_added (DfnSwarmMembers *members, DfnPeer *peer, DfnBroadcastTask *self)
{
  dfn_peer_census_add (self->census, peer);
  dfn_file_swarm_add_peer (self->swarm, peer);
  dfn_report_pacer_now (self->pacer);
}

static void
on_peer_removed (DfnSwarmMembers *members,
                 DfnPeer *peer,
                 const GError *error,
                 DfnBroadcastTask *self)
{
  dfn_peer_census_remove (self->census, peer);
  dfn_report_pacer_now (self->pacer);
}

static void
on_sent (DfnFileSwarm *swarm, guint64 bytes, DfnBroadcastTask *self)
{
  self->report.bytes_sent += bytes;
  dfn_rate_meter_add (&self->meter, bytes, g_get_monotonic_time ());
  dfn_report_pacer_soon (self->pacer);
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
                             dfn_presence_get_pubkey (self->presence), created_at_s);

  /* Members that have lost every relay hear of it as well. */
  dfn_swarm_members_set_announcement (self->members, event);
  return event;
}

static void
on_announced (DfnPublication *publication, DfnBroadcastTask *self)
{
  self->report.link = dfn_publication_get_link (publication);
  set_state (self, DFN_BROADCAST_SERVING);
}

static void
on_announcing_failed (DfnPublication *publication, const GError *error, DfnBroadcastTask *self)
{
  fail (self, DFN_ENGINE_ERROR_NETWORK, error);
}

static void
on_publication_changed (DfnPublication *publication, DfnBroadcastTask *self)
{
  g_free (self->report.problem);
  self->report.problem = g_strdup (dfn_publication_get_problem (publication));
  dfn_report_pacer_now (self->pacer);
}

static gboolean
start_publication (DfnBroadcastTask *self, GError **error)
{
  g_autofree char *identifier =
      dfn_announcement_identify (dfn_chunk_store_get_manifest (self->store));
  DfnAddress *address = dfn_address_new (dfn_nostr_key_get_pubkey (self->key), identifier, NULL);

  self->publication = dfn_publication_new (self->presence, address, RENEW_S, sign, self);
  g_signal_connect (self->publication, "announced", G_CALLBACK (on_announced), self);
  g_signal_connect (self->publication, "failed", G_CALLBACK (on_announcing_failed), self);
  g_signal_connect (self->publication, "changed", G_CALLBACK (on_publication_changed), self);
  if (!dfn_publication_add_relays (self->publication, self->relays, error))
    return FALSE;
  self->report.relays = g_strdupv ((char **) dfn_publication_get_relays (self->publication));
  self->report.is_lan = dfn_publication_is_lan (self->publication);
  return TRUE;
}

static void
go_on_air (DfnBroadcastTask *self)
{
  g_autoptr (GError) error = NULL;

  self->presence = dfn_presence_new (self->ice);
  self->swarm = dfn_file_swarm_new (self->store);
  self->members = dfn_presence_join (
      self->presence, dfn_manifest_get_root (dfn_chunk_store_get_manifest (self->store)));
  g_signal_connect (self->members, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->members, "peer-removed", G_CALLBACK (on_peer_removed), self);
  g_signal_connect (self->swarm, "sent", G_CALLBACK (on_sent), self);
  g_signal_connect (self->swarm, "failed", G_CALLBACK (on_swarm_failed), self);
  if (!start_publication (self, &error))
    {
      fail (self, DFN_ENGINE_ERROR_NETWORK, error);
      return;
    }
  /* Whoever has everything waits to be asked. */
  dfn_swarm_members_set_seeking (self->members, FALSE);
  dfn_swarm_members_set_accepting (self->members, TRUE);
  dfn_swarm_members_start (self->members);
  set_state (self, DFN_BROADCAST_ANNOUNCING);
  dfn_publication_announce (self->publication);
}

/* Indexing */

static void
on_index_progress (goffset done, goffset total, gpointer user_data)
{
  DfnBroadcastTask *self = user_data;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  self->report.bytes_indexed = (guint64) done;
  self->report.size = (guint64) total;
  dfn_report_pacer_soon (self->pacer);
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
  self->report.size = self->report.bytes_indexed = dfn_manifest_get_size (manifest);
  self->report.title = g_strdup (dfn_manifest_get_title (manifest));
  go_on_air (self);
}

void
dfn_broadcast_task_start (gpointer task)
{
  DfnBroadcastTask *self = task;

  self->pacer = dfn_report_pacer_new (post_report, self);
  dfn_file_index_async (self->path, self->title, NULL, self->cancellable, on_index_progress, self,
                        on_indexed, g_object_ref (self));
}

void
dfn_broadcast_task_stop (gpointer task)
{
  DfnBroadcastTask *self = task;

  shut_down (self);
  g_clear_pointer (&self->pacer, dfn_report_pacer_free);
}

/* Life */

static void
dfn_broadcast_task_finalize (GObject *object)
{
  DfnBroadcastTask *self = DFN_BROADCAST_TASK (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->ice);
  dfn_mailbox_unref (self->mailbox);
  dfn_nostr_key_unref (self->key);
  g_strfreev (self->relays);
  g_free (self->path);
  g_free (self->title);
  g_free (self->report.title);
  g_free (self->report.link);
  g_strfreev (self->report.relays);
  g_clear_pointer (&self->report.swarm, dfn_swarm_report_unref);
  g_free (self->report.problem);
  g_clear_error (&self->report.error);
  G_OBJECT_CLASS (dfn_broadcast_task_parent_class)->finalize (object);
}

static void
dfn_broadcast_task_class_init (DfnBroadcastTaskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_broadcast_task_finalize;
}

static void
dfn_broadcast_task_init (DfnBroadcastTask *self)
{
  self->cancellable = g_cancellable_new ();
  self->census = dfn_peer_census_new ();
}

DfnBroadcastTask *
dfn_broadcast_task_new (
    DfnNode *node, DfnNostrKey *key, const char *path, const char *title, DfnMailbox *mailbox)
{
  DfnBroadcastTask *self = g_object_new (DFN_TYPE_BROADCAST_TASK, NULL);

  self->mailbox = dfn_mailbox_ref (mailbox);
  self->key = dfn_nostr_key_ref (key);
  self->path = g_strdup (path);
  self->title = g_strdup (title);
  self->relays = g_strdupv ((char **) dfn_node_get_relays (node));
  self->ice = dfn_ice_config_copy (dfn_node_get_ice_config (node));
  return self;
}
