/* SPDX-License-Identifier: MIT */
#include "dfn-live-swarm-private.h"

#include "dfn-random.h"
#include "dfn-timer.h"
#include "dfn-uplink-governor.h"

#include <string.h>

/* How much longer a chunk is kept in memory than it is of use to the swarm. */
#define RECENT_FACTOR 3
/* What the swarm's members have to bring a chunk to everybody. */
#define SWARM_BUFFER_US (5 * G_USEC_PER_SEC)
/* Bytes/s to begin with, while nobody knows how much the uplink can do. */
#define FIRST_UPLINK 2500000
/* How often what is known of the paths goes to the scheduler. */
#define PATH_US (G_USEC_PER_SEC / 2)
/* Reads of the past under way, for ourselves. */
#define MAX_READING 8

G_DEFINE_FINAL_TYPE (DfnLiveSwarm, dfn_live_swarm, G_TYPE_OBJECT)

guint dfn_live_swarm_signals[DFN_LIVE_SWARM_N_SIGNALS];

void
dfn_live_swarm_wake (DfnLiveSwarm *self)
{
  self->is_woken = TRUE;
  if (self->timer != NULL)
    dfn_timer_source_set (self->timer, 0);
}

DfnLiveMember *
dfn_live_swarm_find_member (DfnLiveSwarm *self, DfnLiveTalk *talk)
{
  return g_hash_table_lookup (self->members, dfn_live_talk_get_peer (talk));
}

static void
member_free (gpointer data)
{
  DfnLiveMember *member = data;

  dfn_live_talk_free (member->talk);
  g_free (member);
}

gint64
dfn_live_swarm_to_local (DfnLiveSwarm *self, gint64 now_us, gint64 captured_us)
{
  gint64 offset_us;

  if (self->is_source)
    return captured_us - g_get_real_time () + now_us;
  return dfn_playout_get_offset (self->playout, &offset_us) ? captured_us + offset_us : now_us;
}

void
dfn_live_swarm_keep (DfnLiveSwarm *self, gint64 now_us, DfnLiveChunk *chunk)
{
  dfn_live_store_add (self->store, chunk);
  if (self->playout != NULL && chunk->header.track == 0)
    dfn_playout_add (self->playout, now_us, chunk, TRUE);
  self->edge_us = MAX (self->edge_us, chunk->header.captured_us);
  dfn_live_swarm_note_live (self, now_us, &chunk->header);
  if (chunk->header.track != 0 || (chunk->header.flags & DFN_LIVE_FLAG_JOIN) == 0
      || (self->has_join && chunk->header.sequence < self->join_sequence))
    return;
  self->join_sequence = chunk->header.sequence;
  self->has_join = TRUE;
}

static const DfnLiveTalkHandler talk_handler = {
  .update = dfn_live_swarm_take_update,
  .wants = dfn_live_swarm_wants,
  .chunk = dfn_live_swarm_take_chunk,
  .failed = dfn_live_swarm_take_failure,
  .request = dfn_live_swarm_take_request,
  .sent = dfn_live_swarm_take_sent,
  .withdrawn = dfn_live_swarm_take_withdrawal,
};

/* Scheduling */

/* What the swarm may use of our uplink: what the owner said, or what all connections together found
 * out; as long as nothing has filled it, it may be more than was seen. */
static guint64
get_uplink (DfnLiveSwarm *self)
{
  DfnUplinkGovernor *governor = dfn_uplink_governor_get_default ();
  guint64 rate = dfn_uplink_governor_get_rate (governor);

  if (self->uplink > 0)
    return self->uplink;
  if (rate != DFN_UPLINK_UNLIMITED)
    return rate;
  return MAX (2 * dfn_uplink_governor_get_estimate (governor), FIRST_UPLINK);
}

/* What is late for the reader is late for the scheduler: only so it asks in time for what does not
 * come by itself. */
static void
look_at_buffer (DfnLiveSwarm *self)
{
  DfnPlayoutStats stats;

  if (self->playout == NULL)
    return;
  dfn_playout_get_stats (self->playout, &stats);
  dfn_live_scheduler_set_buffer (self->scheduler,
                                 CLAMP (stats.delay_us, 4 * self->manifest->slot_us,
                                        MAX (SWARM_BUFFER_US, 4 * self->manifest->slot_us)));
}

static void
look_at_paths (DfnLiveSwarm *self, gint64 now_us)
{
  GHashTableIter iter;
  gpointer peer, data;

  if (now_us < self->paths_us + PATH_US)
    return;
  self->paths_us = now_us;
  look_at_buffer (self);
  dfn_live_scheduler_set_uplink (self->scheduler, get_uplink (self));
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, &peer, &data))
    {
      DfnLiveMember *member = data;
      DfnQuicStats stats;
      guint64 rate = 0;

      dfn_quic_get_stats (dfn_peer_get_quic (peer), &stats);
      if (stats.rtt_us > 0)
        rate = stats.congestion_window * G_USEC_PER_SEC / (guint64) stats.rtt_us;
      dfn_live_scheduler_set_peer_path (self->scheduler, member->id, stats.rtt_us, rate);
    }
}

static void
schedule (DfnLiveSwarm *self, gint64 now_us)
{
  GHashTableIter iter;
  gpointer member;
  DfnLiveAction action;

  look_at_paths (self, now_us);
  while (dfn_live_scheduler_next (self->scheduler, now_us, &action))
    dfn_live_swarm_perform (self, now_us, &action);
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    dfn_live_talk_flush (((DfnLiveMember *) member)->talk, self->manifest->epoch, self->edge_us,
                         get_uplink (self));
}

/* Playing */

static void
on_own_past_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnLiveSwarm) self = user_data;
  g_autoptr (DfnLiveChunk) chunk =
      dfn_live_store_read_finish (DFN_LIVE_STORE (source), result, NULL);

  if (DFN_LIVE_STORE (source) != self->store || chunk == NULL)
    return;
  g_hash_table_remove (self->reading, GUINT_TO_POINTER (chunk->header.sequence));
  dfn_playout_add (self->playout, g_get_monotonic_time (), chunk, FALSE);
  dfn_live_swarm_wake (self);
}

/* Behind the live edge, what is to be played comes back from the store. */
static void
read_past (DfnLiveSwarm *self)
{
  guint32 sequence;
  guint n;

  if (!dfn_playout_get_needed (self->playout, &sequence, &n))
    return;
  for (guint i = 0; i < n && g_hash_table_size (self->reading) < MAX_READING; i++, sequence++)
    if (dfn_live_store_has (self->store, 0, sequence)
        && g_hash_table_add (self->reading, GUINT_TO_POINTER (sequence)))
      dfn_live_store_read_async (self->store, 0, sequence, self->epoch_cancellable,
                                 on_own_past_read, g_object_ref (self));
}

/* Whoever is played to may end everything at any time. */
static void
play (DfnLiveSwarm *self, gint64 now_us)
{
  DfnLiveChunk *chunk;
  gboolean begins;

  dfn_playout_note_edge (self->playout, self->edge_heard_us);
  if (!dfn_live_swarm_go_on_back (self, now_us))
    return;
  while (self->playout != NULL && !self->is_held
         && (chunk = dfn_playout_next (self->playout, now_us, &begins)) != NULL)
    {
      self->stats.bytes_played += chunk->header.size;
      g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_CHUNK], 0, chunk, begins);
      dfn_live_chunk_unref (chunk);
    }
  if (self->playout == NULL)
    return;
  read_past (self);
  if (dfn_playout_is_ended (self->playout))
    g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_ENDED], 0);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnLiveSwarm) self = g_object_ref (user_data);
  gint64 now_us = g_get_monotonic_time ();
  gint64 wakeup_us;

  self->is_woken = FALSE;
  if (self->scheduler != NULL)
    schedule (self, now_us);
  if (self->playout != NULL)
    play (self, now_us);
  if (self->timer == NULL || self->scheduler == NULL)
    return G_SOURCE_CONTINUE; /* whoever was played to has had enough */
  wakeup_us = dfn_live_scheduler_get_wakeup (self->scheduler, now_us);
  if (self->playout != NULL)
    wakeup_us = MIN (wakeup_us, dfn_playout_get_wakeup (self->playout, now_us));
  wakeup_us = MIN (wakeup_us, dfn_live_swarm_get_back_wakeup (self));
  if (self->is_woken)
    wakeup_us = 0;
  dfn_timer_source_set (self->timer, wakeup_us == G_MAXINT64 ? -1 : wakeup_us);
  return G_SOURCE_CONTINUE;
}

/* Epochs */

static void
on_notice (DfnLiveStore *store, const char *sentence, DfnLiveSwarm *self)
{
  g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_NOTICE], 0, sentence);
}

static void
end_epoch (DfnLiveSwarm *self)
{
  GHashTableIter iter;
  gpointer member;

  g_cancellable_cancel (self->epoch_cancellable);
  g_clear_object (&self->epoch_cancellable);
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    dfn_live_talk_reset (((DfnLiveMember *) member)->talk);
  dfn_live_requests_cancel_all (self->requests, g_get_monotonic_time ());
  g_hash_table_remove_all (self->reading);
  dfn_live_swarm_reset_back (self);
  dfn_live_swarm_sum_epoch (self);
  if (self->store != NULL)
    g_signal_handlers_disconnect_by_data (self->store, self);
  g_clear_pointer (&self->scheduler, dfn_live_scheduler_free);
  g_clear_pointer (&self->playout, dfn_playout_free);
  g_clear_pointer (&self->manifest, dfn_live_manifest_free);
  g_clear_object (&self->store);
}

static void
add_to_scheduler (DfnLiveSwarm *self, DfnLiveMember *member)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->scheduler != NULL)
    dfn_live_scheduler_add_peer (self->scheduler, now_us, member->id);
  if (self->scheduler != NULL && member->is_source)
    dfn_live_scheduler_set_peer_source (self->scheduler, member->id);
  dfn_live_swarm_note_welcome (self, member);
  self->paths_us = 0;
}

static void
begin_epoch (DfnLiveSwarm *self, const DfnLiveManifest *manifest)
{
  DfnLiveSchedulerConfig config = {
    .slot_us = manifest->slot_us,
    .buffer_us = MAX (SWARM_BUFFER_US, 4 * manifest->slot_us),
    .chunk_size = DFN_LIVE_SWARM_CHUNK_SIZE,
    .uplink = get_uplink (self),
    .is_source = self->is_source,
  };
  DfnPlayoutConfig playout;
  GHashTableIter iter;
  gpointer member;

  dfn_random_bytes (&config.seed, sizeof config.seed);
  self->manifest = dfn_live_manifest_copy (manifest);
  self->scheduler = dfn_live_scheduler_new (&config);
  self->epoch_cancellable = g_cancellable_new ();
  self->store =
      dfn_live_store_new (NULL, self->window_us, self->max_bytes, RECENT_FACTOR * config.buffer_us);
  g_signal_connect (self->store, "notice", G_CALLBACK (on_notice), self);
  dfn_playout_config_init (&playout, manifest->slot_us);
  if (!self->is_source)
    self->playout = dfn_playout_new (&playout);
  self->edge_us = self->edge_heard_us = 0;
  self->has_join = FALSE;
  memset (self->next_sequence, 0, sizeof self->next_sequence);
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    add_to_scheduler (self, member);
  dfn_live_swarm_wake (self);
}

gboolean
dfn_live_swarm_set_manifest (DfnLiveSwarm *self, const DfnLiveManifest *manifest)
{
  G_GNUC_UNUSED g_autoptr (DfnLiveSwarm) alive = g_object_ref (self);

  if (self->manifest != NULL && manifest->epoch <= self->manifest->epoch)
    {
      if (manifest->epoch == self->manifest->epoch)
        self->manifest->is_ended |= manifest->is_ended;
      return FALSE;
    }
  if (self->playout != NULL)
    {
      dfn_playout_finish (self->playout);
      play (self, g_get_monotonic_time ());
    }
  if (self->timer == NULL)
    return FALSE;
  end_epoch (self);
  begin_epoch (self, manifest);
  return TRUE;
}

void
dfn_live_swarm_publish (DfnLiveSwarm *self,
                        DfnLiveSigner *signer,
                        const DfnLiveHeader *header,
                        GBytes *payload)
{
  DfnLiveHeader full = *header;
  DfnChunkId id = { header->track, self->next_sequence[header->track]++ };
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (DfnLiveChunk) chunk = NULL;

  full.epoch = self->manifest->epoch;
  full.sequence = id.sequence;
  chunk = dfn_live_chunk_new_signed (signer, &full, payload);
  self->stats.bytes_made += chunk->header.size;
  dfn_live_swarm_keep (self, now_us, chunk);
  dfn_live_scheduler_add_chunk (self->scheduler, now_us, id, chunk->header.size,
                                dfn_live_swarm_to_local (self, now_us, chunk->header.captured_us));
  dfn_live_swarm_wake (self);
}

gsize
dfn_live_swarm_get_pending (DfnLiveSwarm *self)
{
  DfnLiveStoreStats stats = { 0 };

  if (self->store != NULL)
    dfn_live_store_get_stats (self->store, &stats);
  return stats.memory_bytes / RECENT_FACTOR;
}

/* Members */

void
dfn_live_swarm_add_peer (DfnLiveSwarm *self, DfnPeer *peer)
{
  DfnLiveMember *member;

  if (self->timer == NULL || g_hash_table_contains (self->members, peer))
    return;
  member = g_new0 (DfnLiveMember, 1);
  member->id = ++self->next_member;
  member->talk = dfn_live_talk_new (peer, self->id, &talk_handler, self);
  g_hash_table_insert (self->members, peer, member);
  dfn_live_requests_add_peer (self->requests, g_get_monotonic_time (), member->id);
  add_to_scheduler (self, member);
  dfn_live_swarm_wake (self);
}

void
dfn_live_swarm_set_source_peer (DfnLiveSwarm *self, DfnPeer *peer)
{
  DfnLiveMember *member = g_hash_table_lookup (self->members, peer);

  if (member == NULL)
    return;
  member->is_source = TRUE;
  if (self->scheduler != NULL)
    dfn_live_scheduler_set_peer_source (self->scheduler, member->id);
}

void
dfn_live_swarm_remove_peer (DfnLiveSwarm *self, DfnPeer *peer)
{
  DfnLiveMember *member = g_hash_table_lookup (self->members, peer);
  DfnPeerStats stats;

  if (member == NULL)
    return;
  dfn_peer_get_stats (peer, &stats);
  self->stats.bytes_control += stats.control_bytes_sent;
  dfn_live_requests_remove_peer (self->requests, g_get_monotonic_time (), member->id);
  if (self->scheduler != NULL)
    dfn_live_scheduler_remove_peer (self->scheduler, g_get_monotonic_time (), member->id);
  dfn_live_swarm_forget_past_of (self, member);
  g_hash_table_remove (self->members, peer);
  dfn_live_swarm_wake (self);
}

/* Use */

void
dfn_live_swarm_set_request_log (DfnLiveSwarm *self, DfnRequestLog *log)
{
  g_return_if_fail (g_hash_table_size (self->members) == 0);

  dfn_live_requests_free (self->requests);
  self->requests = dfn_live_requests_new (log);
}

void
dfn_live_swarm_set_uplink (DfnLiveSwarm *self, guint64 bytes_per_second)
{
  self->uplink = bytes_per_second;
  self->paths_us = 0;
  dfn_live_swarm_wake (self);
}

void
dfn_live_swarm_set_held (DfnLiveSwarm *self, gboolean is_held)
{
  if (self->is_held == is_held)
    return;
  self->is_held = is_held;
  if (self->playout != NULL)
    dfn_playout_set_paused (self->playout, g_get_monotonic_time (), is_held);
  dfn_live_swarm_wake (self);
}

/* Life */

static void
dfn_live_swarm_dispose (GObject *object)
{
  DfnLiveSwarm *self = DFN_LIVE_SWARM (object);

  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  end_epoch (self);
  g_hash_table_remove_all (self->members);
  G_OBJECT_CLASS (dfn_live_swarm_parent_class)->dispose (object);
}

static void
dfn_live_swarm_finalize (GObject *object)
{
  DfnLiveSwarm *self = DFN_LIVE_SWARM (object);

  g_hash_table_unref (self->members);
  dfn_live_swarm_free_back (self);
  dfn_live_requests_free (self->requests);
  g_hash_table_unref (self->reading);
  G_OBJECT_CLASS (dfn_live_swarm_parent_class)->finalize (object);
}

static void
add_signal (guint which, const char *name, guint n, const GType *types)
{
  dfn_live_swarm_signals[which] = g_signal_newv (name, DFN_TYPE_LIVE_SWARM, G_SIGNAL_RUN_LAST, NULL,
                                                 NULL, NULL, NULL, G_TYPE_NONE, n, (GType *) types);
}

static void
dfn_live_swarm_class_init (DfnLiveSwarmClass *klass)
{
  const GType chunk[] = { G_TYPE_POINTER, G_TYPE_BOOLEAN };
  const GType received[] = { G_TYPE_POINTER, DFN_TYPE_PEER };
  const GType exchanged[] = { DFN_TYPE_PEER, G_TYPE_UINT };
  const GType text[] = { G_TYPE_STRING };

  G_OBJECT_CLASS (klass)->dispose = dfn_live_swarm_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_live_swarm_finalize;
  dfn_live_swarm_install_properties (G_OBJECT_CLASS (klass));
  add_signal (DFN_LIVE_SWARM_SIGNAL_CHUNK, "chunk", 2, chunk);
  add_signal (DFN_LIVE_SWARM_SIGNAL_RECEIVED, "received", 2, received);
  add_signal (DFN_LIVE_SWARM_SIGNAL_GAVE, "gave", 2, exchanged);
  add_signal (DFN_LIVE_SWARM_SIGNAL_TOOK, "took", 2, exchanged);
  add_signal (DFN_LIVE_SWARM_SIGNAL_BROKE, "broke", 1, exchanged);
  add_signal (DFN_LIVE_SWARM_SIGNAL_MISBEHAVED, "misbehaved", 1, exchanged);
  add_signal (DFN_LIVE_SWARM_SIGNAL_ENDED, "ended", 0, NULL);
  add_signal (DFN_LIVE_SWARM_SIGNAL_NOTICE, "notice", 1, text);
}

static void
dfn_live_swarm_init (DfnLiveSwarm *self)
{
  dfn_live_swarm_init_back (self);
  self->members = g_hash_table_new_full (NULL, NULL, NULL, member_free);
  self->requests = dfn_live_requests_new (NULL);
  self->reading = g_hash_table_new (NULL, NULL);
  self->timer = dfn_timer_source_new ();
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

DfnLiveSwarm *
dfn_live_swarm_new (const guint8 id[DFN_LIVE_STREAM_ID_SIZE],
                    gboolean is_source,
                    gint64 window_us,
                    guint64 max_bytes)
{
  DfnLiveSwarm *self = g_object_new (DFN_TYPE_LIVE_SWARM, NULL);

  memcpy (self->id, id, sizeof self->id);
  self->is_source = is_source;
  self->window_us = window_us;
  self->max_bytes = max_bytes;
  return self;
}
