/* SPDX-License-Identifier: MIT */
#include "dfn-watch-task.h"

#include "dfn-file-player.h"
#include "dfn-file-swarm.h"
#include "dfn-have-keeper.h"
#include "dfn-rate-meter.h"
#include "dfn-scratch.h"
#include "dfn-streaming-error.h"

#include <string.h>

struct _DfnWatchTask {
  DfnTask task;

  DfnAddress *address;
  char *output;
  int fd;           /* where it is written to instead, or -1 */
  char *store_path; /* the file of the store */

  GCancellable *cancellable;
  DfnAnnouncement *announcement; /* the newest */
  DfnChunkStore *store;
  DfnFileSwarm *swarm;
  DfnFilePlayer *player; /* with @fd, once there is a store */
  DfnHaveKeeper *early;  /* peers, until there is a swarm for them */
  gboolean is_sharing;   /* goes on when the file is complete */

  DfnWatchReport *report; /* the parent's */
  DfnRateMeter meter;
};

G_DEFINE_FINAL_TYPE (DfnWatchTask, dfn_watch_task, DFN_TYPE_TASK)

/* Reports */

/* The path of one peer stands for all. */
static void
describe_path (DfnWatchTask *self)
{
  g_autoptr (GPtrArray) peers =
      self->task.members != NULL ? dfn_swarm_members_list_peers (self->task.members) : NULL;
  DfnIceLink *link = NULL;
  DfnQuicStats stats;

  if (peers != NULL && peers->len > 0)
    link = dfn_peer_manager_find_link (dfn_presence_get_manager (self->task.presence),
                                       peers->pdata[0]);
  if (link == NULL)
    return;
  dfn_quic_get_stats (dfn_peer_get_quic (peers->pdata[0]), &stats);
  self->report->rtt_us = stats.rtt_us;
  self->report->is_relayed = dfn_ice_link_is_relayed (link);
  g_free (self->report->path_description);
  self->report->path_description = dfn_ice_link_describe (link);
}

static gboolean
is_over (DfnWatchTask *self)
{
  return self->report->state == DFN_WATCH_COMPLETE || self->report->state == DFN_WATCH_FAILED;
}

static void
report_swarm (DfnWatchTask *self)
{
  DfnSwarmCounts counts = { .content_bytes = self->report->size };
  DfnFetchStats stats = { 0 };

  if (self->swarm != NULL)
    dfn_file_swarm_get_fetch_stats (self->swarm, &stats);
  counts.duplicates = stats.n_duplicates;
  dfn_task_count_peers (DFN_TASK (self), is_over (self), &counts);
}

static void
dfn_watch_task_describe (DfnTask *task)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);

  self->report->rate = dfn_rate_meter_get (&self->meter, g_get_monotonic_time ());
  self->report->n_peers = self->swarm != NULL ? dfn_file_swarm_get_n_peers (self->swarm) : 0;
  describe_path (self);
  report_swarm (self);
}

static void
set_state (DfnWatchTask *self, DfnWatchState state, const char *problem)
{
  g_autofree char *old = g_steal_pointer (&self->report->problem);

  self->report->problem = g_strdup (problem);
  if (self->report->state == state && g_strcmp0 (old, problem) == 0)
    return;
  self->report->state = state;
  dfn_task_tell_now (DFN_TASK (self));
}

static void
shut_down (DfnWatchTask *self)
{
  g_cancellable_cancel (self->cancellable);
  dfn_task_drop (self, &self->player);
  if (self->swarm != NULL)
    g_signal_handlers_disconnect_by_data (self->swarm, self);
  g_clear_pointer (&self->early, dfn_have_keeper_free);
  g_clear_object (&self->swarm);
  dfn_task_leave (DFN_TASK (self));
  g_clear_object (&self->store);
}

static void
fail (DfnWatchTask *self, gint code, const char *message)
{
  if (is_over (self))
    return;
  self->report->error = g_error_new_literal (DFN_ENGINE_ERROR, code, message);
  set_state (self, DFN_WATCH_FAILED, NULL);
  shut_down (self);
}

static void
fail_with (DfnWatchTask *self, const GError *error)
{
  gboolean is_integrity =
      g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY)
      || g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST);

  fail (self, is_integrity ? DFN_ENGINE_ERROR_INTEGRITY : DFN_ENGINE_ERROR_FILE, error->message);
}

/* Peers */

/* Whatever was lost, the state says what it means to the user. */
static void
set_waiting (DfnWatchTask *self, const char *problem)
{
  gboolean has_begun =
      self->report->state == DFN_WATCH_RECEIVING || self->report->state == DFN_WATCH_WAITING;

  if (self->report->state == DFN_WATCH_CHECKING || self->report->state == DFN_WATCH_SHARING)
    return;
  /* All of it is here; whoever reads has not taken it yet. */
  if (self->store != NULL && dfn_chunk_store_is_full (self->store))
    return;
  set_state (self, has_begun ? DFN_WATCH_WAITING : DFN_WATCH_CONNECTING, problem);
}

static void
use_peer (DfnPeer *peer, gpointer user_data)
{
  DfnWatchTask *self = user_data;

  dfn_file_swarm_add_peer (self->swarm, peer);
  if (!dfn_chunk_store_is_full (self->store))
    set_state (self, DFN_WATCH_RECEIVING, NULL);
}

static void
dfn_watch_task_peer_added (DfnTask *task, DfnPeer *peer)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);

  if (self->swarm != NULL)
    use_peer (peer, self);
  else
    dfn_have_keeper_add_peer (self->early, peer);
}

static void
dfn_watch_task_peer_removed (DfnTask *task, DfnPeer *peer, const GError *error)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);

  if (dfn_swarm_members_get_n_peers (self->task.members) == 0 && !is_over (self))
    set_waiting (self, error->message);
}

static void
dfn_watch_task_in_trouble (DfnTask *task, const GError *error)
{
  set_waiting (DFN_WATCH_TASK (task), error->message);
}

/* Fetching */

static void
on_stored (DfnFileSwarm *swarm, guint64 bytes, DfnWatchTask *self)
{
  self->report->bytes_done += bytes;
  if (self->player != NULL)
    dfn_file_player_go_on (self->player, self->swarm);
  dfn_rate_meter_add (&self->meter, bytes, g_get_monotonic_time ());
  dfn_task_tell_soon (DFN_TASK (self));
}

/* Whoever sends wrong data is met no more; the others go on. */
static void
on_misbehaved (DfnFileSwarm *swarm, DfnPeer *peer, DfnWatchTask *self)
{
  const char *pubkey = dfn_swarm_members_get_pubkey (self->task.members, peer);
  gboolean is_broadcaster = g_strcmp0 (pubkey, self->announcement->contact) == 0;

  dfn_swarm_members_misbehaved (self->task.members, peer);
  if (is_broadcaster && dfn_swarm_members_get_n_peers (self->task.members) == 0)
    fail (self, DFN_ENGINE_ERROR_INTEGRITY,
          "The broadcaster sent data that is not what it had announced. Nothing of it was kept");
}

static void
on_withdrawn (DfnFileSwarm *swarm, DfnPeer *peer, DfnWatchTask *self)
{
  DfnFetchStats stats;

  dfn_file_swarm_get_fetch_stats (self->swarm, &stats);
  if (stats.n_peers > 0)
    return; /* others still have it */
  fail (self, DFN_ENGINE_ERROR_NOT_FOUND,
        "The broadcaster no longer shares this: the file was changed or removed there");
}

static void
on_swarm_failed (DfnFileSwarm *swarm, const GError *error, DfnWatchTask *self)
{
  fail_with (self, error);
}

static void start_swarm (DfnWatchTask *self);

/* It is where it should be. */
static void
arrive (DfnWatchTask *self)
{
  if (!self->is_sharing)
    {
      set_state (self, DFN_WATCH_COMPLETE, NULL);
      shut_down (self);
      return;
    }
  if (self->swarm == NULL)
    start_swarm (self);
  dfn_swarm_members_set_seeking (self->task.members, FALSE);
  set_state (self, DFN_WATCH_SHARING, NULL);
}

static void
on_completed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnWatchTask) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean ok = dfn_chunk_store_complete_finish (DFN_CHUNK_STORE (source), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return; /* stopped in the meantime: the file is in its place, and nobody wants to hear it */
  if (ok)
    {
      arrive (self);
      return;
    }
  fail_with (self, error);
  shut_down (self);
}

static void
complete (DfnWatchTask *self)
{
  self->report->bytes_done = self->report->size;
  dfn_chunk_store_complete_async (self->store, on_completed, g_object_ref (self));
}

static void
on_played (DfnFilePlayer *player, DfnWatchTask *self)
{
  arrive (self);
}

static void
on_player_failed (DfnFilePlayer *player, const GError *error, DfnWatchTask *self)
{
  if (error->domain != G_IO_ERROR)
    {
      fail_with (self, error);
      return;
    }
  if (is_over (self))
    return;
  self->report->error = g_error_copy (error);
  set_state (self, DFN_WATCH_FAILED, NULL);
  shut_down (self);
}

static void
start_player (DfnWatchTask *self)
{
  self->player = dfn_file_player_new (self->store, self->fd);
  g_signal_connect (self->player, "done", G_CALLBACK (on_played), self);
  g_signal_connect (self->player, "failed", G_CALLBACK (on_player_failed), self);
  dfn_file_player_go_on (self->player, self->swarm);
}

static void
on_fetched (DfnFileSwarm *swarm, DfnWatchTask *self)
{
  /* With a player it is complete when all of it is written. */
  if (self->player == NULL)
    complete (self);
}

static void
on_sent (DfnFileSwarm *swarm, guint64 bytes, DfnWatchTask *self)
{
  if (self->player != NULL)
    dfn_file_player_go_on (self->player, self->swarm);
  dfn_task_tell_soon (DFN_TASK (self));
}

static void
start_swarm (DfnWatchTask *self)
{
  self->swarm = dfn_file_swarm_new (self->store);
  dfn_file_swarm_set_request_log (self->swarm, self->task.log);
  g_signal_connect (self->swarm, "stored", G_CALLBACK (on_stored), self);
  g_signal_connect (self->swarm, "sent", G_CALLBACK (on_sent), self);
  g_signal_connect (self->swarm, "misbehaved", G_CALLBACK (on_misbehaved), self);
  g_signal_connect (self->swarm, "withdrawn", G_CALLBACK (on_withdrawn), self);
  g_signal_connect (self->swarm, "failed", G_CALLBACK (on_swarm_failed), self);
  g_signal_connect (self->swarm, "complete", G_CALLBACK (on_fetched), self);
  dfn_swarm_members_set_accepting (self->task.members, TRUE);
  /* Whoever has everything waits to be asked. */
  dfn_swarm_members_set_seeking (self->task.members, !dfn_chunk_store_is_full (self->store));
  if (!dfn_chunk_store_is_full (self->store))
    set_state (self, DFN_WATCH_CONNECTING, NULL);
  dfn_have_keeper_hand_over (self->early, use_peer, self);
}

/* The disk */

static void
on_check_progress (goffset done, goffset total, gpointer user_data)
{
  DfnWatchTask *self = user_data;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  self->report->bytes_checked = (guint64) done;
  self->report->bytes_before = (guint64) total;
  dfn_task_tell_soon (DFN_TASK (self));
}

static guint64
count_present_bytes (DfnChunkStore *store)
{
  DfnManifest *manifest = dfn_chunk_store_get_manifest (store);
  guint32 last = dfn_manifest_get_n_chunks (manifest) - 1;
  guint32 chunk_size = dfn_manifest_get_chunk_size (manifest);
  guint64 bytes = (guint64) dfn_chunk_store_get_n_present (store) * chunk_size;

  if (dfn_chunk_store_has (store, last))
    bytes -= chunk_size - dfn_manifest_get_chunk_length (manifest, last);
  return bytes;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnWatchTask) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnChunkStore) store = dfn_chunk_store_open_download_finish (result, &error);

  if (self->fd >= 0)
    dfn_scratch_forget (self->store_path);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (store == NULL)
    {
      fail_with (self, error);
      return;
    }
  self->store = g_steal_pointer (&store);
  self->report->bytes_done = self->report->bytes_before = count_present_bytes (self->store);
  if (dfn_chunk_store_is_full (self->store))
    complete (self);
  else
    start_swarm (self);
  if (self->fd >= 0)
    start_player (self);
}

static char *
choose_path (DfnWatchTask *self, DfnManifest *manifest)
{
  const char *name = dfn_manifest_get_safe_name (manifest);

  if (self->output == NULL)
    return g_strdup (name);
  if (g_file_test (self->output, G_FILE_TEST_IS_DIR))
    return g_build_filename (self->output, name, NULL);
  return g_strdup (self->output);
}

/* Finding it */

static void
join (DfnWatchTask *self)
{
  const guint8 *root = dfn_manifest_get_root (self->announcement->manifest);

  dfn_task_join (DFN_TASK (self), root);
}

static void
take_first_announcement (DfnWatchTask *self)
{
  DfnManifest *manifest = self->announcement->manifest;
  g_autoptr (GError) error = NULL;

  dfn_finder_succeed (self->task.finder);
  self->report->title = g_strdup (dfn_manifest_get_title (manifest));
  self->report->size = dfn_manifest_get_size (manifest);
  if (self->fd < 0)
    {
      self->report->path = choose_path (self, manifest);
      self->store_path = g_strdup (self->report->path);
    }
  else if ((self->store_path = dfn_scratch_make (&error)) == NULL)
    {
      fail (self, error->code, error->message);
      return;
    }
  set_state (self, DFN_WATCH_CHECKING, NULL);
  /* The disk and the network do not wait for each other. */
  join (self);
  dfn_chunk_store_open_download_async (self->store_path, manifest, self->cancellable,
                                       on_check_progress, self, on_opened, g_object_ref (self));
}

static gboolean
is_same_content (DfnAnnouncement *a, DfnAnnouncement *b)
{
  return memcmp (dfn_manifest_get_root (a->manifest), dfn_manifest_get_root (b->manifest),
                 DFN_HASH_SIZE)
             == 0
         && dfn_manifest_get_size (a->manifest) == dfn_manifest_get_size (b->manifest);
}

static void
replace_announcement (DfnWatchTask *self, DfnAnnouncement *announcement, DfnNostrEvent *event)
{
  gboolean is_first = self->announcement == NULL;

  g_clear_pointer (&self->announcement, dfn_announcement_free);
  self->announcement = announcement;
  if (is_first)
    take_first_announcement (self);
  if (self->task.members == NULL)
    return;
  dfn_swarm_members_set_announcement (self->task.members, event);
  /* Whoever renews an announcement is there. */
  dfn_swarm_members_add_contact (self->task.members, self->announcement->contact);
  dfn_swarm_members_start (self->task.members);
}

static void
dfn_watch_task_heard (DfnTask *task, DfnNostrEvent *event)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnAnnouncement) announcement = NULL;

  /* Relays were asked for this alone; a member may pass anything on. */
  if (is_over (self) || !dfn_address_matches (self->address, event))
    return;
  announcement = dfn_announcement_read (event, &error);
  if (announcement == NULL)
    {
      if (self->announcement == NULL)
        fail (self, DFN_ENGINE_ERROR_INTEGRITY, error->message);
      return;
    }
  if (self->announcement != NULL && announcement->created_at < self->announcement->created_at)
    return;
  if (self->announcement != NULL && !is_same_content (announcement, self->announcement))
    {
      fail (self, DFN_ENGINE_ERROR_INTEGRITY,
            "The broadcaster has put another file under this link; what was received is kept");
      return;
    }
  replace_announcement (self, g_steal_pointer (&announcement), event);
}

static void
dfn_watch_task_failed (DfnTask *task, const GError *error)
{
  fail (DFN_WATCH_TASK (task), error->code, error->message);
}

static void
dfn_watch_task_relays_changed (DfnTask *task)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);
  g_autofree char *problem = dfn_presence_get_problem (self->task.presence);

  if (self->report->state == DFN_WATCH_FINDING)
    set_state (self, DFN_WATCH_FINDING, problem);
}

static void
dfn_watch_task_start (DfnTask *task)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);

  dfn_task_appear (DFN_TASK (self), NULL);
  dfn_task_find (DFN_TASK (self), self->address);
}

static void
dfn_watch_task_stop (DfnTask *task)
{
  DfnWatchTask *self = DFN_WATCH_TASK (task);

  shut_down (self);
}

/* Life */

static void
dfn_watch_task_finalize (GObject *object)
{
  DfnWatchTask *self = DFN_WATCH_TASK (object);

  g_clear_pointer (&self->announcement, dfn_announcement_free);
  g_clear_pointer (&self->early, dfn_have_keeper_free);
  g_clear_object (&self->cancellable);
  dfn_address_free (self->address);
  g_free (self->output);
  g_free (self->store_path);
  G_OBJECT_CLASS (dfn_watch_task_parent_class)->finalize (object);
}

static void
dfn_watch_task_class_init (DfnWatchTaskClass *klass)
{
  DfnTaskClass *task_class = DFN_TASK_CLASS (klass);

  task_class->layout = &dfn_watch_report_layout;
  task_class->start = dfn_watch_task_start;
  task_class->stop = dfn_watch_task_stop;
  task_class->describe = dfn_watch_task_describe;
  task_class->peer_added = dfn_watch_task_peer_added;
  task_class->peer_removed = dfn_watch_task_peer_removed;
  task_class->in_trouble = dfn_watch_task_in_trouble;
  task_class->heard = dfn_watch_task_heard;
  task_class->failed = dfn_watch_task_failed;
  task_class->relays_changed = dfn_watch_task_relays_changed;
  G_OBJECT_CLASS (klass)->finalize = dfn_watch_task_finalize;
}

static void
dfn_watch_task_init (DfnWatchTask *self)
{
  self->cancellable = g_cancellable_new ();
  self->early = dfn_have_keeper_new ();
}

DfnWatchTask *
dfn_watch_task_new (DfnNode *node,
                    DfnAddress *address,
                    const char *output,
                    int fd,
                    gboolean is_sharing,
                    DfnMailbox *mailbox)
{
  DfnWatchTask *self = dfn_task_new (DFN_TYPE_WATCH_TASK, node, mailbox);

  self->report = self->task.report;
  self->address = address;
  self->output = g_strdup (output);
  self->fd = fd;
  self->is_sharing = is_sharing;
  return self;
}
