/* SPDX-License-Identifier: MIT */
#include "dfn-seeder.h"

#include "dfn-have.h"
#include "dfn-random.h"
#include "dfn-source.h"
#include "dfn-streaming-error.h"
#include "dfn-timer.h"
#include "dfn-uplink-governor.h"

#include <string.h>

/* A peer, and what it has asked for. */
typedef struct {
  DfnSeeder *seeder;
  DfnPeer *peer;
  guint64 id;
  GHashTable *requests; /* chunk: request */
  GHashTable *chunks;   /* request: chunk */
} Client;

struct _DfnSeeder {
  GObject parent_instance;

  DfnChunkStore *store;
  DfnUploadQueue *queue;
  GPtrArray *clients; /* of owned Client */
  guint64 last_id;
  DfnBitmap *news; /* chunks that peers are still to be told of */
  gint64 told_us;  /* when they were told of some last */
  GSource *pump_timer;
  GSource *tell_timer;
  gboolean has_failed;
};

G_DEFINE_FINAL_TYPE (DfnSeeder, dfn_seeder, G_TYPE_OBJECT)

enum { SIGNAL_SENT, SIGNAL_FAILED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* A request that waits for the disk. */
typedef struct {
  DfnSeeder *seeder;
  DfnPeer *peer;
  guint64 client;
  guint32 chunk;
  gint64 request;
} Reading;

static void pump (DfnSeeder *self);

static void
reading_free (Reading *reading)
{
  g_object_unref (reading->seeder);
  g_object_unref (reading->peer);
  g_free (reading);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reading, reading_free)

static void
client_free (Client *client)
{
  g_signal_handlers_disconnect_by_data (client->peer, client);
  dfn_peer_set_provider (client->peer, NULL, NULL);
  dfn_peer_set_taken_back (client->peer, NULL, NULL);
  dfn_peer_set_sent (client->peer, NULL, NULL);
  g_hash_table_unref (client->requests);
  g_hash_table_unref (client->chunks);
  g_object_unref (client->peer);
  g_free (client);
}

static Client *
client_at (DfnSeeder *self, guint place)
{
  return g_ptr_array_index (self->clients, place);
}

static Client *
find_by_id (DfnSeeder *self, guint64 id)
{
  for (guint i = 0; i < self->clients->len; i++)
    if (client_at (self, i)->id == id)
      return client_at (self, i);
  return NULL;
}

static Client *
find_by_peer (DfnSeeder *self, DfnPeer *peer)
{
  for (guint i = 0; i < self->clients->len; i++)
    if (client_at (self, i)->peer == peer)
      return client_at (self, i);
  return NULL;
}

static void
remove_client (DfnSeeder *self, Client *client)
{
  dfn_upload_queue_remove_peer (self->queue, client->id);
  g_ptr_array_remove (self->clients, client);
}

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
  for (guint i = 0; i < self->clients->len; i++)
    dfn_peer_send_have (client_at (self, i)->peer, &have);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

/* Requests */

static void
forget (Client *client, gint64 request)
{
  guint32 chunk;
  gpointer value;

  if (!g_hash_table_lookup_extended (client->chunks, GSIZE_TO_POINTER (request), NULL, &value))
    return;
  chunk = GPOINTER_TO_UINT (value);
  g_hash_table_remove (client->chunks, GSIZE_TO_POINTER (request));
  g_hash_table_remove (client->requests, GUINT_TO_POINTER (chunk));
}

static Dfn__ContentResponse__Status
status_of_error (const GError *error)
{
  if (g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY))
    return DFN__CONTENT_RESPONSE__STATUS__BUSY;
  return DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN;
}

static void
on_read_failed (const Reading *reading, const GError *error)
{
  DfnSeeder *self = reading->seeder;
  Client *client = find_by_id (self, reading->client);
  Dfn__ContentResponse__Status status = status_of_error (error);

  if (client != NULL)
    {
      forget (client, reading->request);
      dfn_upload_queue_cancel (self->queue, client->id, reading->chunk);
    }
  dfn_peer_respond (reading->peer, reading->request, status, NULL, NULL);
  if (status == DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN)
    withdraw (self, error);
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
      on_read_failed (reading, error);
      pump (reading->seeder);
      return;
    }
  /* What was chosen earlier goes first, so that the uplink is not split among all; and everything
   * that is due, as live chunks are, goes before. */
  dfn_quic_set_priority (dfn_peer_get_quic (reading->peer), reading->request,
                         g_get_monotonic_time () + DFN_UPLINK_SPARE_OFFSET_US);
  dfn_peer_respond (reading->peer, reading->request, DFN__CONTENT_RESPONSE__STATUS__OK, data, path);
}

static void
serve (DfnSeeder *self, guint64 id, guint32 chunk)
{
  Client *client = find_by_id (self, id);
  gpointer request = g_hash_table_lookup (client->requests, GUINT_TO_POINTER (chunk));
  Reading *reading = g_new (Reading, 1);

  reading->seeder = g_object_ref (self);
  reading->peer = g_object_ref (client->peer);
  reading->client = id;
  reading->chunk = chunk;
  reading->request = (gint64) GPOINTER_TO_SIZE (request);
  dfn_chunk_store_read_async (self->store, chunk, NULL, on_read, reading);
}

static void
tell_idle (DfnSeeder *self, gint64 now)
{
  Dfn__Have have = DFN__HAVE__INIT;
  guint64 told[DFN_UPLOAD_QUEUE_MAX_TOLD];
  guint n = dfn_upload_queue_take_idle (self->queue, now, told);

  have.content.data = (guint8 *) get_content (self);
  have.content.len = DFN_WIRE_CONTENT_SIZE;
  have.idle = TRUE;
  for (guint i = 0; i < n; i++)
    dfn_peer_send_have (find_by_id (self, told[i])->peer, &have);
}

/* What the connections may send together, of which headers are a small part. */
static double
get_uplink (void)
{
  guint64 rate = dfn_uplink_governor_get_rate (dfn_uplink_governor_get_default ());

  return rate == DFN_UPLINK_UNLIMITED ? 0 : (double) rate;
}

/* Does what the queue says is due. */
static void
pump (DfnSeeder *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 wakeup;
  guint64 id;
  guint32 chunk;

  if (self->pump_timer == NULL)
    return;
  dfn_upload_queue_set_uplink (self->queue, get_uplink ());
  while (dfn_upload_queue_next (self->queue, now, &id, &chunk))
    serve (self, id, chunk);
  tell_idle (self, now);
  wakeup = dfn_upload_queue_get_wakeup (self->queue, now);
  dfn_timer_source_set (self->pump_timer, wakeup == G_MAXINT64 ? -1 : wakeup);
}

static gboolean
on_pump_timer (gpointer user_data)
{
  pump (user_data);
  return G_SOURCE_CONTINUE;
}

static void
refuse (DfnPeer *peer, gint64 request, Dfn__ContentResponse__Status status)
{
  dfn_peer_respond (peer, request, status, NULL, NULL);
}

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *content,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  Client *client = user_data;
  DfnSeeder *self = client->seeder;

  if (memcmp (content, get_content (self), DFN_WIRE_CONTENT_SIZE) != 0
      || !dfn_chunk_store_has (self->store, chunk))
    refuse (peer, request, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND);
  else if (self->has_failed)
    refuse (peer, request, DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN);
  else if (!dfn_upload_queue_request (self->queue, g_get_monotonic_time (), client->id, chunk))
    refuse (peer, request, DFN__CONTENT_RESPONSE__STATUS__BUSY);
  else
    {
      g_hash_table_insert (client->requests, GUINT_TO_POINTER (chunk), GSIZE_TO_POINTER (request));
      g_hash_table_insert (client->chunks, GSIZE_TO_POINTER (request), GUINT_TO_POINTER (chunk));
      pump (self);
    }
}

static void
on_taken_back (DfnPeer *peer, gint64 request, gpointer user_data)
{
  Client *client = user_data;
  DfnSeeder *self = client->seeder;
  gpointer chunk;

  if (!g_hash_table_lookup_extended (client->chunks, GSIZE_TO_POINTER (request), NULL, &chunk))
    return;
  forget (client, request);
  dfn_upload_queue_cancel (self->queue, client->id, GPOINTER_TO_UINT (chunk));
  pump (self);
}

static void
on_sent (DfnPeer *peer, gint64 request, gpointer user_data)
{
  Client *client = user_data;
  g_autoptr (DfnSeeder) self = g_object_ref (client->seeder);
  DfnManifest *manifest = dfn_chunk_store_get_manifest (self->store);
  gpointer chunk;

  if (!g_hash_table_lookup_extended (client->chunks, GSIZE_TO_POINTER (request), NULL, &chunk))
    return;
  forget (client, request);
  dfn_upload_queue_sent (self->queue, g_get_monotonic_time (), client->id,
                         GPOINTER_TO_UINT (chunk));
  g_signal_emit (self, signals[SIGNAL_SENT], 0,
                 dfn_manifest_get_chunk_length (manifest, GPOINTER_TO_UINT (chunk)));
  pump (self);
}

/* Who has what */

static gboolean
on_tell_timer (gpointer user_data)
{
  DfnSeeder *self = user_data;

  dfn_timer_source_set (self->tell_timer, -1);
  self->told_us = g_get_monotonic_time ();
  for (guint i = 0; i < self->clients->len; i++)
    dfn_have_send_chunks (client_at (self, i)->peer, get_content (self), self->news);
  for (guint32 i = dfn_bitmap_next (self->news, 0); i < dfn_bitmap_get_n_bits (self->news);
       i = dfn_bitmap_next (self->news, i + 1))
    dfn_bitmap_remove (self->news, i);
  return G_SOURCE_CONTINUE;
}

void
dfn_seeder_tell (DfnSeeder *self, guint32 index)
{
  DfnManifest *manifest = dfn_chunk_store_get_manifest (self->store);
  guint64 bytes;

  dfn_bitmap_add (self->news, index);
  bytes = (guint64) dfn_bitmap_get_n_set (self->news) * dfn_manifest_get_chunk_size (manifest);
  dfn_timer_source_set (self->tell_timer,
                        MAX (g_get_monotonic_time (), dfn_have_get_due_us (self->told_us, bytes)));
}

static void
tell_what_there_is (DfnSeeder *self, DfnPeer *peer)
{
  Dfn__Have have = DFN__HAVE__INIT;

  if (!dfn_chunk_store_is_full (self->store))
    {
      dfn_have_send_chunks (peer, get_content (self), dfn_chunk_store_get_present (self->store));
      return;
    }
  have.content.data = (guint8 *) get_content (self);
  have.content.len = DFN_WIRE_CONTENT_SIZE;
  have.complete = TRUE;
  dfn_peer_send_have (peer, &have);
}

static void
on_have (DfnPeer *peer, const Dfn__Have *have, Client *client)
{
  DfnSeeder *self = client->seeder;
  gint64 now = g_get_monotonic_time ();

  if (memcmp (have->content.data, get_content (self), DFN_WIRE_CONTENT_SIZE) != 0)
    return;
  if (have->complete)
    dfn_upload_queue_peer_has_all (self->queue, client->id);
  for (gsize i = 0; i < have->bitmap.len * 8; i++)
    if (dfn_have_contains (have, i))
      dfn_upload_queue_peer_has (self->queue, now, client->id, have->first_chunk + (guint32) i);
  pump (self);
}

static void
on_peer_closed (DfnPeer *peer, Client *client)
{
  DfnSeeder *self = client->seeder;

  remove_client (self, client);
  pump (self);
}

/* Life */

static void
dfn_seeder_dispose (GObject *object)
{
  DfnSeeder *self = DFN_SEEDER (object);

  dfn_source_clear (&self->pump_timer);
  dfn_source_clear (&self->tell_timer);
  while (self->clients->len > 0)
    remove_client (self, client_at (self, 0));
  G_OBJECT_CLASS (dfn_seeder_parent_class)->dispose (object);
}

static void
dfn_seeder_finalize (GObject *object)
{
  DfnSeeder *self = DFN_SEEDER (object);

  g_ptr_array_unref (self->clients);
  g_clear_pointer (&self->queue, dfn_upload_queue_free);
  g_clear_pointer (&self->news, dfn_bitmap_free);
  g_clear_object (&self->store);
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

static GSource *
add_timer (DfnSeeder *self, GSourceFunc func)
{
  return dfn_source_attach (dfn_timer_source_new (), g_main_context_get_thread_default (), func,
                            self);
}

static void
dfn_seeder_init (DfnSeeder *self)
{
  self->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  self->pump_timer = add_timer (self, on_pump_timer);
  self->tell_timer = add_timer (self, on_tell_timer);
}

DfnSeeder *
dfn_seeder_new (DfnChunkStore *store)
{
  DfnSeeder *self = g_object_new (DFN_TYPE_SEEDER, NULL);
  DfnManifest *manifest = dfn_chunk_store_get_manifest (store);
  guint32 n_chunks = dfn_manifest_get_n_chunks (manifest);

  self->store = g_object_ref (store);
  self->queue = dfn_upload_queue_new (n_chunks, dfn_manifest_get_chunk_size (manifest));
  self->news = dfn_bitmap_new (n_chunks);
  return self;
}

void
dfn_seeder_add_peer (DfnSeeder *self, DfnPeer *peer)
{
  Client *client;

  if (!dfn_upload_queue_add_peer (self->queue, g_get_monotonic_time (), self->last_id + 1))
    return;
  client = g_new0 (Client, 1);
  client->seeder = self;
  client->peer = g_object_ref (peer);
  client->id = ++self->last_id;
  client->requests = g_hash_table_new (NULL, NULL);
  client->chunks = g_hash_table_new (NULL, NULL);
  g_ptr_array_add (self->clients, client);
  g_signal_connect (peer, "closed", G_CALLBACK (on_peer_closed), client);
  g_signal_connect (peer, "have", G_CALLBACK (on_have), client);
  tell_what_there_is (self, peer);
  dfn_peer_set_sent (peer, on_sent, client);
  dfn_peer_set_taken_back (peer, on_taken_back, client);
  dfn_peer_set_provider (peer, on_wanted, client);
}

void
dfn_seeder_remove_peer (DfnSeeder *self, DfnPeer *peer)
{
  Client *client = find_by_peer (self, peer);

  if (client == NULL)
    return;
  remove_client (self, client);
  pump (self);
}

void
dfn_seeder_asked (DfnSeeder *self, DfnPeer *peer)
{
  Client *client = find_by_peer (self, peer);

  if (client != NULL)
    dfn_upload_queue_asked (self->queue, g_get_monotonic_time (), client->id);
}

void
dfn_seeder_credit (DfnSeeder *self, DfnPeer *peer, guint64 bytes)
{
  Client *client = find_by_peer (self, peer);

  if (client != NULL)
    dfn_upload_queue_credit (self->queue, g_get_monotonic_time (), client->id, bytes);
}

void
dfn_seeder_get_stats (DfnSeeder *self, DfnUploadQueueStats *stats)
{
  dfn_upload_queue_get_stats (self->queue, stats);
}
