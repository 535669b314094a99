/* SPDX-License-Identifier: MIT */
#include "dfn-file-player.h"

#include "dfn-output.h"
#include "dfn-streaming-error.h"

/* Bytes that are fetched before others: five seconds of a stream of 10 Mbit/s. */
#define AHEAD (6 * 1024 * 1024)

struct _DfnFilePlayer {
  GObject parent_instance;

  DfnChunkStore *store;
  DfnOutput *output;
  GCancellable *cancellable;
  guint32 next; /* the chunk to be read, or being read */
  guint32 playhead;
  gboolean is_reading;
  gboolean has_playhead;
  gboolean is_done;
};

G_DEFINE_FINAL_TYPE (DfnFilePlayer, dfn_file_player, G_TYPE_OBJECT)

enum { SIGNAL_DONE, SIGNAL_FAILED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void read_next (DfnFilePlayer *self);

static guint32
get_n_chunks (DfnFilePlayer *self)
{
  return dfn_manifest_get_n_chunks (dfn_chunk_store_get_manifest (self->store));
}

static void
fail (DfnFilePlayer *self, const GError *error)
{
  g_cancellable_cancel (self->cancellable);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnFilePlayer) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      dfn_chunk_store_read_finish (DFN_CHUNK_STORE (source), result, NULL, &error);

  self->is_reading = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  /* Too many others read: the next chunk that comes, or goes out, wakes it. */
  if (bytes == NULL && !g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY))
    fail (self, error);
  if (bytes == NULL)
    return;
  self->next++;
  dfn_output_write (self->output, bytes);
  read_next (self);
}

static void
read_next (DfnFilePlayer *self)
{
  if (self->is_reading || g_cancellable_is_cancelled (self->cancellable)
      || self->next == get_n_chunks (self) || dfn_output_is_full (self->output)
      || !dfn_chunk_store_has (self->store, self->next))
    return;
  self->is_reading = TRUE;
  dfn_chunk_store_read_async (self->store, self->next, self->cancellable, on_read,
                              g_object_ref (self));
}

static void
on_room (DfnOutput *output, DfnFilePlayer *self)
{
  read_next (self);
}

static void
on_drained (DfnOutput *output, DfnFilePlayer *self)
{
  if (self->next < get_n_chunks (self))
    {
      read_next (self);
      return;
    }
  self->is_done = TRUE;
  g_signal_emit (self, signals[SIGNAL_DONE], 0);
}

static void
on_output_failed (DfnOutput *output, const GError *error, DfnFilePlayer *self)
{
  fail (self, error);
}

void
dfn_file_player_go_on (DfnFilePlayer *self, DfnFileSwarm *swarm)
{
  guint32 chunk_size = dfn_manifest_get_chunk_size (dfn_chunk_store_get_manifest (self->store));

  read_next (self);
  if (swarm == NULL || self->next == get_n_chunks (self)
      || (self->has_playhead && self->playhead == self->next))
    return;
  self->has_playhead = TRUE;
  self->playhead = self->next;
  dfn_file_swarm_set_playhead (swarm, self->next, AHEAD / chunk_size);
}

gboolean
dfn_file_player_is_done (DfnFilePlayer *self)
{
  return self->is_done;
}

static void
dfn_file_player_dispose (GObject *object)
{
  DfnFilePlayer *self = DFN_FILE_PLAYER (object);

  g_cancellable_cancel (self->cancellable);
  if (self->output != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->output, self);
      dfn_output_stop (self->output);
    }
  g_clear_object (&self->output);
  G_OBJECT_CLASS (dfn_file_player_parent_class)->dispose (object);
}

static void
dfn_file_player_finalize (GObject *object)
{
  DfnFilePlayer *self = DFN_FILE_PLAYER (object);

  g_object_unref (self->store);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (dfn_file_player_parent_class)->finalize (object);
}

static void
dfn_file_player_class_init (DfnFilePlayerClass *klass)
{
  GType type = DFN_TYPE_FILE_PLAYER;

  G_OBJECT_CLASS (klass)->dispose = dfn_file_player_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_file_player_finalize;
  signals[SIGNAL_DONE] =
      g_signal_new ("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dfn_file_player_init (DfnFilePlayer *self)
{
  self->cancellable = g_cancellable_new ();
}

DfnFilePlayer *
dfn_file_player_new (DfnChunkStore *store, int fd)
{
  DfnFilePlayer *self = g_object_new (DFN_TYPE_FILE_PLAYER, NULL);

  self->store = g_object_ref (store);
  self->output = dfn_output_new (fd);
  g_signal_connect (self->output, "room", G_CALLBACK (on_room), self);
  g_signal_connect (self->output, "drained", G_CALLBACK (on_drained), self);
  g_signal_connect (self->output, "failed", G_CALLBACK (on_output_failed), self);
  return self;
}
