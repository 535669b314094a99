/* SPDX-License-Identifier: MIT */
#include "dfn-live-watch-task.h"

#include "dfn-bytes.h"
#include "dfn-live-announcement.h"
#include "dfn-nostr-kinds.h"
#include "dfn-output.h"
#include "dfn-rate-meter.h"
#include "dfn-safe-name.h"
#include "dfn-source.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

/* Without a chunk for as long, the state says so. */
#define SILENCE_MS 3000
/* For the last chunks of a stream that is said to have ended. */
#define END_PATIENCE_MS 8000
#define MAX_NAME 200
/* An offer takes a few milliseconds to make; the way to the relays, which is longer, begins first.
 */
#define EARLY_START_MS 5

struct _DfnLiveWatchTask {
  DfnTask task;

  DfnAddress *address;
  char *output_name;
  int fd;
  gboolean owns_fd;
  char *notice;     /* what the swarm had to say last */
  gint64 behind_us; /* how far behind the live edge it begins, 0 for there */

  DfnLiveAnnouncement *announcement; /* the newest */
  DfnLiveSwarm *swarm;
  DfnOutput *output;
  GSource *silence;
  GSource *patience;
  GSource *early;
  gint64 started_us;
  gboolean is_finishing; /* everything was played; the output may still be writing */

  DfnLiveWatchReport *report; /* the parent's */
  DfnRateMeter meter;
};

G_DEFINE_FINAL_TYPE (DfnLiveWatchTask, dfn_live_watch_task, DFN_TYPE_TASK)

/* Reports */

static gboolean
is_over (DfnLiveWatchTask *self)
{
  return self->report->state == DFN_LIVE_WATCH_ENDED
         || self->report->state == DFN_LIVE_WATCH_FAILED;
}

static void
report_swarm (DfnLiveWatchTask *self)
{
  DfnSwarmCounts counts = { 0 };

  if (self->swarm == NULL)
    return;
  dfn_live_swarm_get_stats (self->swarm, &self->report->live);
  if (self->report->live.first_chunk_us > 0)
    self->report->join_us = self->report->live.first_chunk_us - self->started_us;
  counts.duplicates = self->report->live.chunks_duplicate;
  counts.late = self->report->live.chunks_late;
  counts.missed = self->report->live.chunks_missed;
  counts.content_bytes = self->report->live.bytes_received;
  dfn_task_count_peers (DFN_TASK (self), is_over (self), &counts);
}

static void
dfn_live_watch_task_describe (DfnTask *task)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);

  self->report->rate = dfn_rate_meter_get (&self->meter, g_get_monotonic_time ());
  report_swarm (self);
}

static void
set_state (DfnLiveWatchTask *self, DfnLiveWatchState state, const char *problem)
{
  g_autofree char *old = g_steal_pointer (&self->report->problem);

  self->report->problem = g_strdup (problem);
  if (self->report->state == state && g_strcmp0 (old, problem) == 0)
    return;
  self->report->state = state;
  dfn_task_tell_now (DFN_TASK (self));
}

static void
shut_down (DfnLiveWatchTask *self)
{
  dfn_source_clear (&self->silence);
  dfn_source_clear (&self->patience);
  dfn_source_clear (&self->early);
  dfn_task_drop (self, &self->swarm);
  if (self->output != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->output, self);
      dfn_output_stop (self->output);
    }
  g_clear_object (&self->output);
  dfn_task_leave (DFN_TASK (self));
}

static void
fail_with (DfnLiveWatchTask *self, const GError *error)
{
  if (is_over (self))
    return;
  self->report->error = g_error_copy (error);
  set_state (self, DFN_LIVE_WATCH_FAILED, NULL);
  shut_down (self);
}

static void
finish (DfnLiveWatchTask *self)
{
  if (is_over (self))
    return;
  self->is_finishing = TRUE;
  if (self->output != NULL && dfn_output_get_queued (self->output) > 0)
    return; /* when it is written */
  set_state (self, DFN_LIVE_WATCH_ENDED, NULL);
  shut_down (self);
}

/* Members */

/* Whatever was lost, the state says what it means to the user. */
static void
set_waiting (DfnLiveWatchTask *self, const char *problem)
{
  gboolean has_begun = self->report->state == DFN_LIVE_WATCH_PLAYING
                       || self->report->state == DFN_LIVE_WATCH_WAITING;

  if (self->announcement == NULL)
    return; /* nobody promised that the key in the link is anybody's */
  set_state (self, has_begun ? DFN_LIVE_WATCH_WAITING : DFN_LIVE_WATCH_CONNECTING, problem);
}

/* Whoever is where the announcement says that the broadcaster is. */
static void
note_source (DfnLiveWatchTask *self, DfnPeer *peer)
{
  const char *pubkey = dfn_swarm_members_get_pubkey (self->task.members, peer);

  if (self->announcement != NULL && g_strcmp0 (pubkey, self->announcement->contact) == 0)
    dfn_live_swarm_set_source_peer (self->swarm, peer);
}

static void
dfn_live_watch_task_newcomer (DfnTask *task, DfnPeer *peer)
{
  dfn_live_swarm_welcome (DFN_LIVE_WATCH_TASK (task)->swarm, peer);
}

static void
dfn_live_watch_task_peer_added (DfnTask *task, DfnPeer *peer)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);

  dfn_live_swarm_add_peer (self->swarm, peer);
  note_source (self, peer);
  dfn_task_tell_now (DFN_TASK (self));
}

static void
dfn_live_watch_task_peer_removed (DfnTask *task, DfnPeer *peer, const GError *error)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);

  dfn_live_swarm_remove_peer (self->swarm, peer);
  dfn_task_tell_now (DFN_TASK (self));
  if (dfn_swarm_members_get_n_peers (self->task.members) == 0)
    set_waiting (self, error->message);
}

static void
dfn_live_watch_task_in_trouble (DfnTask *task, const GError *error)
{
  set_waiting (DFN_LIVE_WATCH_TASK (task), error->message);
}

static void
on_broke (DfnLiveSwarm *swarm, DfnPeer *peer, DfnLiveWatchTask *self)
{
  DfnPeerScore *score = dfn_swarm_members_get_score (self->task.members, peer);

  if (score != NULL)
    dfn_peer_score_fault (score, g_get_monotonic_time (), DFN_PEER_FAULT_BROKEN_CLAIM);
}

/* The stream */

static gboolean
on_silence (gpointer user_data)
{
  DfnLiveWatchTask *self = user_data;

  dfn_source_clear (&self->silence);
  if (self->report->state == DFN_LIVE_WATCH_PLAYING)
    set_state (self, DFN_LIVE_WATCH_WAITING, NULL);
  return G_SOURCE_REMOVE;
}

/* Something comes, or is played from the past. */
static void
note_life (DfnLiveWatchTask *self)
{
  dfn_source_clear (&self->silence);
  self->silence = dfn_task_add_timer (DFN_TASK (self), SILENCE_MS, on_silence);
  set_state (self, DFN_LIVE_WATCH_PLAYING, self->notice);
}

static void
on_received (DfnLiveSwarm *swarm, DfnLiveChunk *chunk, DfnPeer *peer, DfnLiveWatchTask *self)
{
  note_life (self);
  dfn_task_tell_soon (DFN_TASK (self));
}

static void
on_chunk (DfnLiveSwarm *swarm, DfnLiveChunk *chunk, gboolean begins, DfnLiveWatchTask *self)
{
  gsize skipped = begins ? 0 : chunk->header.preamble;
  gsize size = chunk->header.size - skipped;
  g_autoptr (GBytes) bytes = NULL;

  if (size == 0 || (chunk->header.flags & DFN_LIVE_FLAG_END) != 0)
    return;
  bytes = g_bytes_new_from_bytes (chunk->payload, skipped, size);
  note_life (self);
  self->report->bytes_written += size;
  dfn_rate_meter_add (&self->meter, size, g_get_monotonic_time ());
  dfn_task_tell_soon (DFN_TASK (self));
  if (!dfn_output_write (self->output, bytes) && self->swarm != NULL)
    dfn_live_swarm_set_held (self->swarm, TRUE);
}

static void
on_misbehaved (DfnLiveSwarm *swarm, DfnPeer *peer, DfnLiveWatchTask *self)
{
  dfn_swarm_members_misbehaved (self->task.members, peer);
}

static void
on_ended (DfnLiveSwarm *swarm, DfnLiveWatchTask *self)
{
  finish (self);
}

static void
on_notice (DfnLiveSwarm *swarm, const char *sentence, DfnLiveWatchTask *self)
{
  g_free (self->notice);
  self->notice = g_strdup (sentence);
  set_state (self, self->report->state, sentence);
}

/* The output */

static void
on_room (DfnOutput *output, DfnLiveWatchTask *self)
{
  dfn_live_swarm_set_held (self->swarm, FALSE);
}

static void
on_drained (DfnOutput *output, DfnLiveWatchTask *self)
{
  if (self->is_finishing)
    finish (self);
}

static void
on_output_failed (DfnOutput *output, const GError *error, DfnLiveWatchTask *self)
{
  fail_with (self, error);
}

static const char *
get_extension (const char *media_type)
{
  return g_strcmp0 (media_type, "video/mp2t") == 0 ? ".ts" : ".bin";
}

static char *
choose_path (DfnLiveWatchTask *self)
{
  g_autofree char *title =
      g_strconcat (self->report->title, get_extension (self->report->media_type), NULL);
  g_autofree char *name = dfn_safe_name (title, MAX_NAME);

  if (self->output_name == NULL)
    return g_steal_pointer (&name);
  if (g_file_test (self->output_name, G_FILE_TEST_IS_DIR))
    return g_build_filename (self->output_name, name, NULL);
  return g_strdup (self->output_name);
}

static gboolean
open_output (DfnLiveWatchTask *self, GError **error)
{
  if (self->fd < 0)
    {
      self->report->path = choose_path (self);
      self->fd = g_open (self->report->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
      self->owns_fd = self->fd >= 0;
    }
  if (self->fd < 0)
    {
      g_autofree char *name = g_filename_display_name (self->report->path);

      g_set_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_FILE, "Cannot write “%s”: %s", name,
                   g_strerror (errno));
      return FALSE;
    }
  self->output = dfn_output_new (self->fd);
  g_signal_connect (self->output, "room", G_CALLBACK (on_room), self);
  g_signal_connect (self->output, "drained", G_CALLBACK (on_drained), self);
  g_signal_connect (self->output, "failed", G_CALLBACK (on_output_failed), self);
  return TRUE;
}

/* Finding it */

static void
start_swarm (DfnLiveWatchTask *self)
{
  guint8 stream[DFN_LIVE_STREAM_ID_SIZE];
  guint8 pubkey[DFN_NOSTR_PUBKEY_SIZE];

  if (self->swarm != NULL)
    return;
  dfn_hex_decode (self->address->pubkey, pubkey, sizeof pubkey);
  dfn_live_stream_id (pubkey, self->address->identifier, stream);
  self->swarm =
      dfn_live_swarm_new (stream, FALSE, DFN_LIVE_STORE_WINDOW_US, DFN_LIVE_STORE_MAX_BYTES);
  dfn_live_swarm_set_request_log (self->swarm, self->task.log);
  if (self->behind_us > 0)
    dfn_live_swarm_go_back (self->swarm, self->behind_us);
  g_signal_connect (self->swarm, "received", G_CALLBACK (on_received), self);
  g_signal_connect (self->swarm, "chunk", G_CALLBACK (on_chunk), self);
  g_signal_connect (self->swarm, "misbehaved", G_CALLBACK (on_misbehaved), self);
  g_signal_connect (self->swarm, "ended", G_CALLBACK (on_ended), self);
  g_signal_connect (self->swarm, "notice", G_CALLBACK (on_notice), self);
  g_signal_connect (self->swarm, "broke", G_CALLBACK (on_broke), self);
  dfn_task_join (DFN_TASK (self), stream);
  dfn_swarm_members_set_accepting (self->task.members, TRUE);
  dfn_swarm_members_set_hurrying (self->task.members, TRUE);
}

/* A link that says whom to ask saves the round trip to the relays that it takes to hear so. */
static void
try_early_start (DfnLiveWatchTask *self)
{
  if (self->swarm != NULL || is_over (self) || self->address->contact == NULL
      || self->address->kind != DFN_NOSTR_KIND_LIVE
      || !dfn_presence_can_offer (self->task.presence))
    return;
  start_swarm (self);
  dfn_swarm_members_add_contact (self->task.members, self->address->contact);
  dfn_swarm_members_start (self->task.members);
}

static gboolean
take_first_announcement (DfnLiveWatchTask *self)
{
  const DfnLiveManifest *manifest = self->announcement->manifest;
  const DfnLiveTrack *track = manifest->tracks->pdata[0];
  g_autoptr (GError) error = NULL;

  dfn_finder_succeed (self->task.finder);
  self->report->title = g_strdup (manifest->title);
  self->report->media_type = g_strdup (track->media_type);
  if (!open_output (self, &error))
    {
      fail_with (self, error);
      return FALSE;
    }
  start_swarm (self);
  set_state (self, DFN_LIVE_WATCH_CONNECTING, NULL);
  return TRUE;
}

/* Who is behind has as much more to play. */
static guint
get_patience_ms (DfnLiveWatchTask *self)
{
  DfnLiveSwarmStats stats;

  dfn_live_swarm_get_stats (self->swarm, &stats);
  return END_PATIENCE_MS + (guint) (CLAMP (stats.lag_us, 0, DFN_LIVE_STORE_WINDOW_US) / 1000);
}

static gboolean
on_patience_over (gpointer user_data)
{
  finish (user_data);
  return G_SOURCE_REMOVE;
}

static void
fail_as_ended (DfnLiveWatchTask *self)
{
  g_autoptr (GError) error = g_error_new_literal (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NOT_FOUND,
                                                  "This broadcast has ended");

  fail_with (self, error);
}

/* Whoever renews an announcement is there; who announces a new epoch knows nothing of the
 * connection to him that there was. */
static void
meet_source (DfnLiveWatchTask *self, gboolean is_new_run)
{
  g_autoptr (GPtrArray) peers = dfn_swarm_members_list_peers (self->task.members);

  for (guint i = 0; i < peers->len; i++)
    note_source (self, peers->pdata[i]);
  if (is_new_run)
    dfn_swarm_members_contact_is_back (self->task.members, self->announcement->contact);
  else
    dfn_swarm_members_add_contact (self->task.members, self->announcement->contact);
  dfn_swarm_members_start (self->task.members);
}

static void
replace_announcement (DfnLiveWatchTask *self,
                      DfnLiveAnnouncement *announcement,
                      DfnNostrEvent *event)
{
  gboolean is_first = self->announcement == NULL;
  gboolean is_ended = announcement->manifest->is_ended;
  gboolean is_new_run = !is_first
                        && strcmp (announcement->contact, self->announcement->contact) == 0
                        && announcement->manifest->epoch > self->announcement->manifest->epoch;

  g_clear_pointer (&self->announcement, dfn_live_announcement_free);
  self->announcement = announcement;
  if (is_first && is_ended)
    {
      fail_as_ended (self);
      return;
    }
  if (is_first && !take_first_announcement (self))
    return;
  dfn_source_clear (&self->patience);
  dfn_swarm_members_set_announcement (self->task.members, event);
  dfn_live_swarm_set_manifest (self->swarm, announcement->manifest);
  if (self->swarm == NULL)
    return; /* whoever was played to has had enough */
  if (is_ended)
    {
      self->patience =
          dfn_task_add_timer (DFN_TASK (self), get_patience_ms (self), on_patience_over);
      return;
    }
  meet_source (self, is_new_run);
}

static void
dfn_live_watch_task_heard (DfnTask *task, DfnNostrEvent *event)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnLiveAnnouncement) announcement = NULL;

  /* Relays were asked for this alone; a member may pass anything on. */
  if (is_over (self) || !dfn_address_matches (self->address, event))
    return;
  announcement = dfn_live_announcement_read (event, &error);
  if (announcement == NULL)
    {
      if (self->announcement == NULL)
        fail_with (self, error);
      return;
    }
  if (self->announcement != NULL && announcement->created_at <= self->announcement->created_at)
    return;
  replace_announcement (self, g_steal_pointer (&announcement), event);
}

static void
dfn_live_watch_task_failed (DfnTask *task, const GError *error)
{
  fail_with (DFN_LIVE_WATCH_TASK (task), error);
}

static void
dfn_live_watch_task_relays_changed (DfnTask *task)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);
  g_autofree char *problem = dfn_presence_get_problem (self->task.presence);

  if (self->report->state == DFN_LIVE_WATCH_FINDING)
    set_state (self, DFN_LIVE_WATCH_FINDING, problem);
  try_early_start (self);
}

static gboolean
on_early_start (gpointer user_data)
{
  DfnLiveWatchTask *self = user_data;

  dfn_source_clear (&self->early);
  try_early_start (self);
  return G_SOURCE_REMOVE;
}

static void
dfn_live_watch_task_start (DfnTask *task)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);

  self->started_us = g_get_monotonic_time ();
  dfn_task_appear (DFN_TASK (self), NULL);
  dfn_task_find (DFN_TASK (self), self->address);
  self->early = dfn_task_add_timer (DFN_TASK (self), EARLY_START_MS, on_early_start);
}

static void
dfn_live_watch_task_stop (DfnTask *task)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (task);

  shut_down (self);
}

/* Life */

static void
dfn_live_watch_task_finalize (GObject *object)
{
  DfnLiveWatchTask *self = DFN_LIVE_WATCH_TASK (object);

  if (self->owns_fd)
    g_close (self->fd, NULL);
  g_clear_pointer (&self->announcement, dfn_live_announcement_free);
  dfn_address_free (self->address);
  g_free (self->output_name);
  g_free (self->notice);
  G_OBJECT_CLASS (dfn_live_watch_task_parent_class)->finalize (object);
}

static void
dfn_live_watch_task_class_init (DfnLiveWatchTaskClass *klass)
{
  DfnTaskClass *task_class = DFN_TASK_CLASS (klass);

  task_class->layout = &dfn_live_watch_report_layout;
  task_class->start = dfn_live_watch_task_start;
  task_class->stop = dfn_live_watch_task_stop;
  task_class->describe = dfn_live_watch_task_describe;
  task_class->newcomer = dfn_live_watch_task_newcomer;
  task_class->peer_added = dfn_live_watch_task_peer_added;
  task_class->peer_removed = dfn_live_watch_task_peer_removed;
  task_class->in_trouble = dfn_live_watch_task_in_trouble;
  task_class->heard = dfn_live_watch_task_heard;
  task_class->failed = dfn_live_watch_task_failed;
  task_class->relays_changed = dfn_live_watch_task_relays_changed;
  G_OBJECT_CLASS (klass)->finalize = dfn_live_watch_task_finalize;
}

static void
dfn_live_watch_task_init (DfnLiveWatchTask *self)
{
}

DfnLiveWatchTask *
dfn_live_watch_task_new (DfnNode *node,
                         DfnAddress *address,
                         const char *output,
                         int fd,
                         gint64 behind_us,
                         DfnMailbox *mailbox)
{
  DfnLiveWatchTask *self = dfn_task_new (DFN_TYPE_LIVE_WATCH_TASK, node, mailbox);

  self->report = self->task.report;
  self->address = address;
  self->output_name = g_strdup (output);
  self->fd = fd;
  self->behind_us = behind_us;
  return self;
}
