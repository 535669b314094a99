/* SPDX-License-Identifier: MIT */
#include "dfn-broadcast-task.h"

#include "dfn-announcement.h"
#include "dfn-file-indexer.h"
#include "dfn-file-swarm.h"
#include "dfn-home-relay.h"
#include "dfn-peer-census.h"
#include "dfn-presence.h"
#include "dfn-rate-meter.h"
#include "dfn-report-pacer.h"
#include "dfn-source.h"
#include "dfn-streaming-error.h"

#define RENEW_SECONDS (12 * 60 * 60)

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
  DfnHomeRelay *home;
  DfnPresence *presence;
  DfnSwarmMembers *members; /* the presence's */
  DfnChunkStore *store;
  DfnFileSwarm *swarm;
  GSource *renewal;
  gint64 announced_s;       /* the last announcement's created_at */
  DfnSubscription *earlier; /* set once relays were asked for the announcement they have */
  guint n_connected;

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

static void
set_problem (DfnBroadcastTask *self, char *problem)
{
  g_autofree char *owned = problem;

  if (g_strcmp0 (self->report.problem, problem) == 0)
    return;
  g_free (self->report.problem);
  self->report.problem = g_steal_pointer (&owned);
  dfn_report_pacer_now (self->pacer);
}

/* Ends everything but the reports. */
static void
shut_down (DfnBroadcastTask *self)
{
  g_cancellable_cancel (self->cancellable);
  dfn_source_clear (&self->renewal);
  if (self->earlier != NULL)
    g_signal_handlers_disconnect_by_data (self->earlier, self);
  if (self->swarm != NULL)
    g_signal_handlers_disconnect_by_data (self->swarm, self);
  if (self->members != NULL)
    g_signal_handlers_disconnect_by_data (self->members, self);
  if (self->presence != NULL)
    g_signal_handlers_disconnect_by_data (self->presence, self);
  self->members = NULL;
  g_clear_object (&self->earlier);
  g_clear_object (&self->swarm);
  g_clear_pointer (&self->census, dfn_peer_census_free);
  g_clear_object (&self->presence);
  g_clear_object (&self->home);
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

static void publish (DfnBroadcastTask *self, DfnPublishMode mode);

static gboolean
on_renewal (gpointer user_data)
{
  publish (user_data, DFN_PUBLISH_ALL);
  return G_SOURCE_CONTINUE;
}

static void
start_renewal (DfnBroadcastTask *self)
{
  self->renewal = dfn_source_attach (g_timeout_source_new_seconds (RENEW_SECONDS),
                                     g_main_context_get_thread_default (), on_renewal, self);
}

static DfnAddress *
get_address (DfnBroadcastTask *self)
{
  g_autofree char *identifier =
      dfn_announcement_identify (dfn_chunk_store_get_manifest (self->store));

  return dfn_address_new (dfn_nostr_key_get_pubkey (self->key), identifier,
                          (const char *const *) self->report.relays);
}

static void
on_earlier (DfnSubscription *subscription, DfnNostrEvent *event, DfnBroadcastTask *self)
{
  self->announced_s = MAX (self->announced_s, dfn_nostr_event_get_created_at (event));
}

static void
on_earlier_known (DfnSubscription *subscription, DfnBroadcastTask *self)
{
  dfn_subscription_close (subscription);
  publish (self, DFN_PUBLISH_FIRST);
}

/* A relay keeps the newest announcement of an address. One from an earlier run may be as new as
 * ours, made within the same second or by a clock that was ahead: ours has to be newer. */
static void
ask_for_earlier (DfnBroadcastTask *self)
{
  g_autoptr (DfnAddress) address = get_address (self);
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  g_ptr_array_add (filters, dfn_address_to_filter (address));
  self->earlier = dfn_relay_pool_subscribe (dfn_presence_get_pool (self->presence), filters);
  g_signal_connect (self->earlier, "event", G_CALLBACK (on_earlier), self);
  g_signal_connect (self->earlier, "eose", G_CALLBACK (on_earlier_known), self);
}

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnBroadcastTask) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnAddress) address = NULL;
  g_autoptr (DfnPublishReport) published =
      dfn_relay_pool_publish_finish (DFN_RELAY_POOL (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->presence == NULL)
    return;
  if (published == NULL)
    {
      /* One that was announced before stays; the relays may be back for the next renewal. */
      if (self->report.state == DFN_BROADCAST_ANNOUNCING && self->earlier == NULL
          && dfn_relay_pool_get_n_connected (DFN_RELAY_POOL (source)) > 0)
        ask_for_earlier (self);
      else if (self->report.state == DFN_BROADCAST_ANNOUNCING)
        fail (self, DFN_ENGINE_ERROR_NETWORK, error);
      else
        set_problem (self, g_strdup (error->message));
      return;
    }
  set_problem (self, published->n_refused > 0 ? g_strdup (published->problems[0]) : NULL);
  if (self->report.state != DFN_BROADCAST_ANNOUNCING)
    return;
  address = get_address (self);
  self->report.link = dfn_address_to_link (address);
  start_renewal (self);
  set_state (self, DFN_BROADCAST_SERVING);
  /* The link is good as soon as one relay has it; what the others say is heard in their own time.
   */
  if (published->n_pending > 0)
    publish (self, DFN_PUBLISH_ALL);
}

static void
publish (DfnBroadcastTask *self, DfnPublishMode mode)
{
  g_autoptr (DfnNostrEvent) event = NULL;

  /* Of two announcements of one second relays keep either (NIP-01): never make two. */
  self->announced_s = MAX (g_get_real_time () / G_USEC_PER_SEC, self->announced_s + 1);
  event = dfn_announcement_sign (self->key, dfn_chunk_store_get_manifest (self->store),
                                 dfn_presence_get_pubkey (self->presence), self->announced_s);
  dfn_relay_pool_publish_async (dfn_presence_get_pool (self->presence), event, mode,
                                self->cancellable, on_published, g_object_ref (self));
  /* Members that have lost every relay hear of it as well. */
  dfn_swarm_members_set_announcement (self->members, event);
}

static void
on_presence_changed (DfnPresence *presence, DfnBroadcastTask *self)
{
  guint n_connected = dfn_relay_pool_get_n_connected (dfn_presence_get_pool (presence));

  /* A relay that is back may have forgotten, or never have heard of it. */
  if (n_connected > self->n_connected && self->report.state == DFN_BROADCAST_SERVING)
    publish (self, DFN_PUBLISH_ALL);
  self->n_connected = n_connected;
  if (self->report.state == DFN_BROADCAST_SERVING || n_connected == 0)
    set_problem (self, dfn_presence_get_problem (presence));
}

static gboolean
add_relays (DfnBroadcastTask *self, GError **error)
{
  g_autofree char *local = NULL;

  if (self->relays[0] == NULL)
    {
      self->home = dfn_home_relay_new (error);
      if (self->home == NULL)
        return FALSE;
      self->report.is_lan = TRUE;
      self->report.relays = dfn_home_relay_get_urls (self->home);
      local = dfn_home_relay_get_local_url (self->home);
      return dfn_presence_add_relay (self->presence, local, error);
    }
  self->report.relays = g_strdupv (self->relays);
  for (char **url = self->relays; *url != NULL; url++)
    if (!dfn_presence_add_relay (self->presence, *url, error))
      return FALSE;
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
  g_signal_connect (self->presence, "changed", G_CALLBACK (on_presence_changed), self);
  if (!add_relays (self, &error))
    {
      fail (self, DFN_ENGINE_ERROR_NETWORK, error);
      return;
    }
  /* Whoever has everything waits to be asked. */
  dfn_swarm_members_set_seeking (self->members, FALSE);
  dfn_swarm_members_set_accepting (self->members, TRUE);
  dfn_swarm_members_start (self->members);
  set_state (self, DFN_BROADCAST_ANNOUNCING);
  publish (self, DFN_PUBLISH_FIRST);
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
