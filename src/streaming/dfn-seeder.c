/* SPDX-License-Identifier: MIT */
#include "dfn-seeder.h"

#include "dfn-streaming-error.h"

#include <string.h>

/* One Have holds this many bytes of bitmap; a larger file takes several. */
#define BITMAP_PIECE 16384

struct _DfnSeeder {
  GObject parent_instance;

  DfnChunkStore *store;
  GPtrArray *peers; /* of DfnPeer */
  gboolean has_failed;
};

G_DEFINE_FINAL_TYPE (DfnSeeder, dfn_seeder, G_TYPE_OBJECT)

enum { SIGNAL_SENT, SIGNAL_FAILED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* A request that waits for the disk. */
typedef struct {
  DfnSeeder *seeder;
  DfnPeer *peer;
  gint64 request;
} Reading;

static void
reading_free (Reading *reading)
{
  g_object_unref (reading->seeder);
  g_object_unref (reading->peer);
  g_free (reading);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

static const guint8 *
get_content (DfnSeeder *self)
{
  return dfn_manifest_get_root (dfn_chunk_store_get_manifest (self->store));
}

static void
withdraw (DfnSeeder *self, const GError *error)
{
  Dfn__Have have = DFN__HAVE__INIT;

  if (self->has_failed)
    return;
  self->has_failed = TRUE;
  have.content.data = (guint8 *) get_content (self);
  have.content.len = DFN_WIRE_CONTENT_SIZE;
  have.withdrawn = TRUE;
  for (guint i = 0; i < self->peers->len; i++)
    dfn_peer_send_have (self->peers->pdata[i], &have);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static Dfn__ContentResponse__Status
status_of_error (const GError *error)
{
  if (g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY))
    return DFN__CONTENT_RESPONSE__STATUS__BUSY;
  return DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Reading) reading = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) path = NULL;
  g_autoptr (GBytes) data =
      dfn_chunk_store_read_finish (DFN_CHUNK_STORE (source), result, &path, &error);

  if (data == NULL)
    {
      Dfn__ContentResponse__Status status = status_of_error (error);

      dfn_peer_respond (reading->peer, reading->request, status, NULL, NULL);
      if (status == DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN)
        withdraw (reading->seeder, error);
      return;
    }
  dfn_peer_respond (reading->peer, reading->request, DFN__CONTENT_RESPONSE__STATUS__OK, data, path);
  g_signal_emit (reading->seeder, signals[SIGNAL_SENT], 0, (guint64) g_bytes_get_size (data));
}

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *content,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  DfnSeeder *self = user_data;
  Reading *reading;

  if (memcmp (content, get_content (self), DFN_WIRE_CONTENT_SIZE) != 0
      || chunk >= dfn_manifest_get_n_chunks (dfn_chunk_store_get_manifest (self->store))
      || !dfn_chunk_store_has (self->store, chunk))
    {
      dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND, NULL, NULL);
      return;
    }
  if (self->has_failed)
    {
      dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN, NULL, NULL);
      return;
    }
  reading = g_new (Reading, 1);
  reading->seeder = g_object_ref (self);
  reading->peer = g_object_ref (peer);
  reading->request = request;
  dfn_chunk_store_read_async (self->store, chunk, NULL, on_read, reading);
}

static void
tell_what_there_is (DfnSeeder *self, DfnPeer *peer)
{
  Dfn__Have have = DFN__HAVE__INIT;
  g_autoptr (GBytes) map = NULL;
  const guint8 *bytes;
  gsize length;

  have.content.data = (guint8 *) get_content (self);
  have.content.len = DFN_WIRE_CONTENT_SIZE;
  have.complete = dfn_chunk_store_is_full (self->store);
  if (have.complete)
    {
      dfn_peer_send_have (peer, &have);
      return;
    }
  map = dfn_chunk_store_get_buffer_map (self->store);
  bytes = g_bytes_get_data (map, &length);
  for (gsize at = 0; at < length; at += BITMAP_PIECE)
    {
      have.first_chunk = (guint32) at * 8;
      have.bitmap.data = (guint8 *) bytes + at;
      have.bitmap.len = MIN (BITMAP_PIECE, length - at);
      dfn_peer_send_have (peer, &have);
    }
}

static void
on_peer_closed (DfnPeer *peer, DfnSeeder *self)
{
  dfn_peer_set_provider (peer, NULL, NULL);
  g_signal_handlers_disconnect_by_data (peer, self);
  g_ptr_array_remove_fast (self->peers, peer);
}

static void
dfn_seeder_dispose (GObject *object)
{
  DfnSeeder *self = DFN_SEEDER (object);

  while (self->peers->len > 0)
    on_peer_closed (self->peers->pdata[0], self);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (dfn_seeder_parent_class)->dispose (object);
}

static void
dfn_seeder_finalize (GObject *object)
{
  g_ptr_array_unref (DFN_SEEDER (object)->peers);
  G_OBJECT_CLASS (dfn_seeder_parent_class)->finalize (object);
}

static void
dfn_seeder_class_init (DfnSeederClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_seeder_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_seeder_finalize;

  signals[SIGNAL_SENT] = g_signal_new ("sent", DFN_TYPE_SEEDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                       NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", DFN_TYPE_SEEDER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dfn_seeder_init (DfnSeeder *self)
{
  self->peers = g_ptr_array_new_with_free_func (g_object_unref);
}

DfnSeeder *
dfn_seeder_new (DfnChunkStore *store)
{
  DfnSeeder *self = g_object_new (DFN_TYPE_SEEDER, NULL);

  self->store = g_object_ref (store);
  return self;
}

void
dfn_seeder_add_peer (DfnSeeder *self, DfnPeer *peer)
{
  g_ptr_array_add (self->peers, g_object_ref (peer));
  g_signal_connect (peer, "closed", G_CALLBACK (on_peer_closed), self);
  tell_what_there_is (self, peer);
  dfn_peer_set_provider (peer, on_wanted, self);
}
