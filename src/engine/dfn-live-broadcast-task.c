/* SPDX-License-Identifier: MIT */
#include "dfn-live-broadcast-task.h"

#include "dfn-bytes.h"
#include "dfn-live-announcement.h"
#include "dfn-live-input.h"
#include "dfn-rate-meter.h"
#include "dfn-source.h"

#define SLOT_US 100000
#define MAX_PAYLOAD (16 * 1024)
/* NIP-53 takes what was not renewed for an hour for ended. */
#define RENEW_S (30 * 60)
/* How long the first bytes are waited for, which tell what kind of stream it is. */
#define RECOGNISE_MS 300
/* Bytes of young chunks beyond which the input has to wait: it comes faster than anybody plays. */
#define MAX_PENDING (24 * 1024 * 1024)
#define RELEASE_MS 100
/* How long those who watch have to get the end. */
#define LINGER_MS 6000
/* The same when the user does not want to wait: less than the engine's thread waits. */
#define FAREWELL_MS 250

struct _DfnLiveBroadcastTask {
  DfnTask task;

  DfnNostrKey *key;
  int fd;
  char *name;
  char *title;

  DfnSubscription *others; /* runs of this broadcast that are announced later */
  DfnLiveSigner *signer;
  DfnLiveManifest *manifest;
  DfnLiveSwarm *swarm;
  DfnLiveInput *input;
  GSource *recognition; /* until the first announcement */
  GSource *release;     /* while the input is held */
  GSource *farewell;
  gint64 started_us; /* on the monotonic clock */

  DfnLiveBroadcastReport *report; /* the parent's */
  DfnRateMeter made;
  DfnRateMeter sent;
};

G_DEFINE_FINAL_TYPE (DfnLiveBroadcastTask, dfn_live_broadcast_task, DFN_TYPE_TASK)

/* Reports */

static gboolean
is_over (DfnLiveBroadcastTask *self)
{
  return self->report->state == DFN_LIVE_BROADCAST_ENDED
         || self->report->state == DFN_LIVE_BROADCAST_FAILED;
}

static void
report_swarm (DfnLiveBroadcastTask *self)
{
  DfnSwarmCounts counts = { 0 };

  if (self->swarm == NULL)
    return;
  dfn_live_swarm_get_stats (self->swarm, &self->report->live);
  counts.content_bytes = self->report->live.bytes_made;
  dfn_task_count_peers (DFN_TASK (self), is_over (self), &counts);
}

static void
dfn_live_broadcast_task_describe (DfnTask *task)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);
  gint64 now_us = g_get_monotonic_time ();

  self->report->rate = dfn_rate_meter_get (&self->made, now_us);
  self->report->rate_sent = dfn_rate_meter_get (&self->sent, now_us);
  report_swarm (self);
}

static void
set_state (DfnLiveBroadcastTask *self, DfnLiveBroadcastState state)
{
  self->report->state = state;
  dfn_task_tell_now (DFN_TASK (self));
}

/* Ends everything but the reports. */
static void
shut_down (DfnLiveBroadcastTask *self)
{
  dfn_source_clear (&self->recognition);
  dfn_source_clear (&self->release);
  dfn_source_clear (&self->farewell);
  dfn_task_drop (self, &self->input);
  if (self->others != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->others, self);
      dfn_subscription_close (self->others);
    }
  g_clear_object (&self->others);
  dfn_task_drop (self, &self->swarm);
  dfn_task_leave (DFN_TASK (self));
  g_clear_pointer (&self->signer, dfn_live_signer_free);
}

static void
fail (DfnLiveBroadcastTask *self, gint code, const GError *error)
{
  if (is_over (self))
    return;
  self->report->error = g_error_new_literal (DFN_ENGINE_ERROR, code, error->message);
  set_state (self, DFN_LIVE_BROADCAST_FAILED);
  shut_down (self);
}

/* Viewers */

static void
dfn_live_broadcast_task_newcomer (DfnTask *task, DfnPeer *peer)
{
  dfn_live_swarm_welcome (DFN_LIVE_BROADCAST_TASK (task)->swarm, peer);
}

static void
dfn_live_broadcast_task_peer_added (DfnTask *task, DfnPeer *peer)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);

  dfn_live_swarm_add_peer (self->swarm, peer);
  dfn_task_tell_now (DFN_TASK (self));
}

static void
dfn_live_broadcast_task_peer_removed (DfnTask *task, DfnPeer *peer, const GError *error)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);

  dfn_live_swarm_remove_peer (self->swarm, peer);
  dfn_task_tell_now (DFN_TASK (self));
}

static void
on_misbehaved (DfnLiveSwarm *swarm, DfnPeer *peer, DfnLiveBroadcastTask *self)
{
  dfn_swarm_members_misbehaved (self->task.members, peer);
}

static void
on_took (DfnLiveSwarm *swarm, DfnPeer *peer, guint bytes, DfnLiveBroadcastTask *self)
{
  dfn_rate_meter_add (&self->sent, bytes, g_get_monotonic_time ());
  dfn_task_tell_soon (DFN_TASK (self));
}

static void
on_notice (DfnLiveSwarm *swarm, const char *sentence, DfnLiveBroadcastTask *self)
{
  g_free (self->report->problem);
  self->report->problem = g_strdup (sentence);
  dfn_task_tell_now (DFN_TASK (self));
}

/* The stream */

static void
publish_chunk (DfnLiveBroadcastTask *self,
               GBytes *payload,
               guint32 preamble,
               guint32 flags,
               gint64 captured_us)
{
  gint64 now_us = g_get_monotonic_time ();
  DfnLiveHeader header = {
    .presented_us = MAX (captured_us - self->started_us, 0),
    .captured_us = g_get_real_time () - (now_us - captured_us),
    .flags = flags,
    .preamble = preamble,
  };

  dfn_live_swarm_publish (self->swarm, self->signer, &header, payload);
  dfn_rate_meter_add (&self->made, g_bytes_get_size (payload), now_us);
  dfn_task_tell_soon (DFN_TASK (self));
}

static void
announce (DfnLiveBroadcastTask *self)
{
  dfn_source_clear (&self->recognition);
  dfn_publication_announce (self->task.publication);
}

static gboolean
on_recognition_over (gpointer user_data)
{
  announce (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_release (gpointer user_data)
{
  DfnLiveBroadcastTask *self = user_data;

  if (dfn_live_swarm_get_pending (self->swarm) > MAX_PENDING)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->release, g_source_unref);
  dfn_live_input_set_held (self->input, FALSE);
  return G_SOURCE_REMOVE;
}

static void
on_cut (DfnLiveInput *input, const DfnCut *cut, DfnLiveBroadcastTask *self)
{
  const DfnLiveTrack *track = self->manifest->tracks->pdata[0];

  if (dfn_live_input_get_kind (input) == DFN_STREAM_TRANSPORT && !self->report->is_transport)
    {
      g_ptr_array_set_size (self->manifest->tracks, 0);
      dfn_live_manifest_add_track (self->manifest, "video/mp2t", NULL, 0);
      self->report->is_transport = TRUE;
      track = NULL;
    }
  if (self->recognition != NULL || track == NULL)
    announce (self);
  publish_chunk (self, cut->payload, cut->preamble, cut->can_join ? DFN_LIVE_FLAG_JOIN : 0,
                 cut->captured_us);
  if (self->release != NULL || dfn_live_swarm_get_pending (self->swarm) <= MAX_PENDING)
    return;
  dfn_live_input_set_held (self->input, TRUE);
  self->release = dfn_task_add_timer (DFN_TASK (self), RELEASE_MS, on_release);
}

/* The end */

static gboolean
on_farewell_over (gpointer user_data)
{
  DfnLiveBroadcastTask *self = user_data;

  dfn_source_clear (&self->farewell);
  set_state (self, DFN_LIVE_BROADCAST_ENDED);
  shut_down (self);
  return G_SOURCE_REMOVE;
}

/* Tells viewers and relays that it is over. */
static void
say_farewell (DfnLiveBroadcastTask *self, guint patience_ms)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 1);

  if (self->report->state == DFN_LIVE_BROADCAST_ENDING)
    return;
  dfn_source_clear (&self->recognition);
  g_signal_handlers_disconnect_by_data (self->input, self);
  /* A chunk has a byte at least; as a preamble it is read by nobody. */
  publish_chunk (self, nothing, 1, DFN_LIVE_FLAG_END, g_get_monotonic_time ());
  self->manifest->is_ended = TRUE;
  self->manifest->ends_s = g_get_real_time () / G_USEC_PER_SEC;
  dfn_publication_announce (self->task.publication);
  self->farewell = dfn_task_add_timer (DFN_TASK (self), patience_ms, on_farewell_over);
  set_state (self, DFN_LIVE_BROADCAST_ENDING);
}

static void
on_input_ended (DfnLiveInput *input, const GError *error, DfnLiveBroadcastTask *self)
{
  gboolean has_viewers = dfn_swarm_members_get_n_peers (self->task.members) > 0;

  if (error != NULL && self->report->live.bytes_made == 0)
    fail (self, DFN_ENGINE_ERROR_FILE, error);
  else
    say_farewell (self, has_viewers ? LINGER_MS : FAREWELL_MS);
}

/* Announcing */

static DfnNostrEvent *
sign (gint64 created_at_s, gpointer user_data)
{
  DfnLiveBroadcastTask *self = user_data;
  DfnNostrEvent *event =
      dfn_live_announcement_sign (self->key, self->manifest, self->name,
                                  dfn_presence_get_pubkey (self->task.presence), created_at_s);

  if (self->task.members != NULL)
    dfn_swarm_members_set_announcement (self->task.members, event);
  return event;
}

/* Signals for the one that started last come here, too, as both have the key of the broadcast: it
 * alone answers them from then on. Earlier ones are what relays had stored. */
static void
on_other_run (DfnSubscription *subscription, DfnNostrEvent *event, DfnLiveBroadcastTask *self)
{
  g_autoptr (DfnLiveAnnouncement) other = NULL;

  if (!dfn_subscription_has_eose (subscription) || self->manifest == NULL)
    return;
  other = dfn_live_announcement_read (event, NULL);
  if (other == NULL || other->manifest->epoch <= self->manifest->epoch)
    return;
  dfn_swarm_members_stop (self->task.members);
  dfn_publication_cease (self->task.publication);
}

static void
look_out_for_others (DfnLiveBroadcastTask *self)
{
  g_autoptr (DfnAddress) address =
      dfn_address_new_live (dfn_nostr_key_get_pubkey (self->key), self->name, NULL);
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  if (self->others != NULL)
    return;
  g_ptr_array_add (filters, dfn_address_to_filter (address));
  self->others = dfn_relay_pool_subscribe (dfn_presence_get_pool (self->task.presence), filters);
  g_signal_connect (self->others, "event", G_CALLBACK (on_other_run), self);
}

static void
dfn_live_broadcast_task_announced (DfnTask *task)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);

  look_out_for_others (self);
  self->report->link = dfn_publication_get_link (task->publication);
  if (self->report->state == DFN_LIVE_BROADCAST_ANNOUNCING)
    set_state (self, DFN_LIVE_BROADCAST_ON_AIR);
}

static void
dfn_live_broadcast_task_failed (DfnTask *task, const GError *error)
{
  fail (DFN_LIVE_BROADCAST_TASK (task), DFN_ENGINE_ERROR_NETWORK, error);
}

static void
dfn_live_broadcast_task_relays_changed (DfnTask *task)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);

  g_free (self->report->problem);
  self->report->problem = g_strdup (dfn_publication_get_problem (task->publication));
  dfn_task_tell_now (DFN_TASK (self));
}

/* Beginning */

static void
get_stream_id (DfnLiveBroadcastTask *self, guint8 id[DFN_LIVE_STREAM_ID_SIZE])
{
  guint8 pubkey[DFN_NOSTR_PUBKEY_SIZE];

  dfn_hex_decode (dfn_nostr_key_get_pubkey (self->key), pubkey, sizeof pubkey);
  dfn_live_stream_id (pubkey, self->name, id);
}

static void
start_swarm (DfnLiveBroadcastTask *self, const guint8 id[DFN_LIVE_STREAM_ID_SIZE])
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

  self->signer = dfn_live_signer_new (id);
  self->manifest = dfn_live_manifest_new (self->title, NULL, dfn_live_signer_get_key (self->signer),
                                          (guint64) now_s, SLOT_US, now_s);
  dfn_live_manifest_add_track (self->manifest, "application/octet-stream", NULL, 0);
  self->report->title = g_strdup (self->manifest->title);
  self->swarm = dfn_live_swarm_new (id, TRUE, DFN_LIVE_STORE_WINDOW_US, DFN_LIVE_STORE_MAX_BYTES);
  dfn_live_swarm_set_manifest (self->swarm, self->manifest);
  g_signal_connect (self->swarm, "misbehaved", G_CALLBACK (on_misbehaved), self);
  g_signal_connect (self->swarm, "took", G_CALLBACK (on_took), self);
  g_signal_connect (self->swarm, "notice", G_CALLBACK (on_notice), self);
  dfn_task_join (DFN_TASK (self), id);
}

static gboolean
start_publication (DfnLiveBroadcastTask *self, GError **error)
{
  DfnAddress *address =
      dfn_address_new_live (dfn_nostr_key_get_pubkey (self->key), self->name, NULL);

  address->contact = g_strdup (dfn_presence_get_pubkey (self->task.presence));
  if (!dfn_task_publish (DFN_TASK (self), address, RENEW_S, sign, error))
    return FALSE;
  self->report->relays = g_strdupv ((char **) dfn_publication_get_relays (self->task.publication));
  self->report->is_lan = dfn_publication_is_lan (self->task.publication);
  /* A source only answers. */
  dfn_swarm_members_set_seeking (self->task.members, FALSE);
  dfn_swarm_members_set_accepting (self->task.members, TRUE);
  dfn_swarm_members_start (self->task.members);
  return TRUE;
}

/* Signals go to the same key each time, so that a link that names it stays good. */
static void
appear (DfnLiveBroadcastTask *self)
{
  g_autofree char *purpose = g_strconcat ("live contact ", self->name, NULL);
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_derive (self->key, purpose);

  dfn_task_appear (DFN_TASK (self), key);
}

static void
dfn_live_broadcast_task_start (DfnTask *task)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);
  guint8 id[DFN_LIVE_STREAM_ID_SIZE];
  g_autoptr (GError) error = NULL;

  self->started_us = g_get_monotonic_time ();
  appear (self);
  get_stream_id (self, id);
  start_swarm (self, id);
  if (!start_publication (self, &error))
    {
      fail (self, DFN_ENGINE_ERROR_NETWORK, error);
      return;
    }
  self->recognition = dfn_task_add_timer (DFN_TASK (self), RECOGNISE_MS, on_recognition_over);
  self->input = dfn_live_input_new (self->fd, SLOT_US, MAX_PAYLOAD);
  g_signal_connect (self->input, "cut", G_CALLBACK (on_cut), self);
  g_signal_connect (self->input, "ended", G_CALLBACK (on_input_ended), self);
  set_state (self, DFN_LIVE_BROADCAST_ANNOUNCING);
}

static gboolean
on_stop_over (gpointer user_data)
{
  DfnLiveBroadcastTask *self = user_data;

  shut_down (self);
  return G_SOURCE_REMOVE;
}

static void
dfn_live_broadcast_task_stop (DfnTask *task)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (task);
  g_autoptr (GSource) source = NULL;

  if (self->swarm == NULL || is_over (self))
    {
      shut_down (self);
      return;
    }
  /* Whoever watches should not think that it will go on. */
  if (self->report->link != NULL)
    say_farewell (self, LINGER_MS);
  dfn_source_clear (&self->farewell);
  source = g_timeout_source_new (FAREWELL_MS);
  g_source_set_callback (source, on_stop_over, g_object_ref (self), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

/* Life */

static void
dfn_live_broadcast_task_finalize (GObject *object)
{
  DfnLiveBroadcastTask *self = DFN_LIVE_BROADCAST_TASK (object);

  g_clear_pointer (&self->manifest, dfn_live_manifest_free);
  dfn_nostr_key_unref (self->key);
  g_free (self->name);
  g_free (self->title);
  G_OBJECT_CLASS (dfn_live_broadcast_task_parent_class)->finalize (object);
}

static void
dfn_live_broadcast_task_class_init (DfnLiveBroadcastTaskClass *klass)
{
  DfnTaskClass *task_class = DFN_TASK_CLASS (klass);

  task_class->layout = &dfn_live_broadcast_report_layout;
  task_class->start = dfn_live_broadcast_task_start;
  task_class->stop = dfn_live_broadcast_task_stop;
  task_class->describe = dfn_live_broadcast_task_describe;
  task_class->newcomer = dfn_live_broadcast_task_newcomer;
  task_class->peer_added = dfn_live_broadcast_task_peer_added;
  task_class->peer_removed = dfn_live_broadcast_task_peer_removed;
  task_class->announced = dfn_live_broadcast_task_announced;
  task_class->failed = dfn_live_broadcast_task_failed;
  task_class->relays_changed = dfn_live_broadcast_task_relays_changed;
  G_OBJECT_CLASS (klass)->finalize = dfn_live_broadcast_task_finalize;
}

static void
dfn_live_broadcast_task_init (DfnLiveBroadcastTask *self)
{
}

DfnLiveBroadcastTask *
dfn_live_broadcast_task_new (DfnNode *node,
                             DfnNostrKey *key,
                             int fd,
                             const char *name,
                             const char *title,
                             DfnMailbox *mailbox)
{
  DfnLiveBroadcastTask *self = dfn_task_new (DFN_TYPE_LIVE_BROADCAST_TASK, node, mailbox);

  self->report = self->task.report;
  self->key = dfn_nostr_key_ref (key);
  self->fd = fd;
  self->name = g_strdup (name);
  self->title = g_strdup (title);
  return self;
}
