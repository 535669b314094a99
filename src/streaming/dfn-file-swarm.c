/* SPDX-License-Identifier: MIT */
#include "dfn-file-swarm.h"

#include "dfn-fetcher.h"
#include "dfn-seeder.h"

struct _DfnFileSwarm {
  GObject parent_instance;

  DfnChunkStore *store;
  DfnSeeder *seeder;
  DfnFetcher *fetcher; /* NULL if nothing was missing */
  guint64 bytes_sent;
  guint64 bytes_stored;
};

G_DEFINE_FINAL_TYPE (DfnFileSwarm, dfn_file_swarm, G_TYPE_OBJECT)

enum {
  PROP_0,
  PROP_N_PEERS,
  PROP_CHUNKS_MISSING,
  PROP_BYTES_SENT,
  PROP_BYTES_STORED,
  PROP_DUPLICATES,
  PROP_N_IDLERS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

enum {
  SIGNAL_STORED,
  SIGNAL_SENT,
  SIGNAL_COMPLETE,
  SIGNAL_MISBEHAVED,
  SIGNAL_WITHDRAWN,
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* Fetching */

static void
on_asked (DfnFetcher *fetcher, DfnPeer *peer, DfnFileSwarm *self)
{
  dfn_seeder_asked (self->seeder, peer);
}

static void
on_stored (DfnFetcher *fetcher, guint64 bytes, guint chunk, DfnPeer *peer, DfnFileSwarm *self)
{
  self->bytes_stored += bytes;
  dfn_seeder_tell (self->seeder, chunk);
  dfn_seeder_credit (self->seeder, peer, bytes);
  g_signal_emit (self, signals[SIGNAL_STORED], 0, bytes);
}

static void
on_complete (DfnFetcher *fetcher, DfnFileSwarm *self)
{
  g_signal_emit (self, signals[SIGNAL_COMPLETE], 0);
}

static void
on_misbehaved (DfnFetcher *fetcher, DfnPeer *peer, DfnFileSwarm *self)
{
  dfn_seeder_remove_peer (self->seeder, peer);
  g_signal_emit (self, signals[SIGNAL_MISBEHAVED], 0, peer);
}

static void
on_withdrawn (DfnFetcher *fetcher, DfnPeer *peer, DfnFileSwarm *self)
{
  g_signal_emit (self, signals[SIGNAL_WITHDRAWN], 0, peer);
}

static void
on_fetcher_failed (DfnFetcher *fetcher, const GError *error, DfnFileSwarm *self)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

/* Giving */

static void
on_sent (DfnSeeder *seeder, guint64 bytes, DfnFileSwarm *self)
{
  self->bytes_sent += bytes;
  g_signal_emit (self, signals[SIGNAL_SENT], 0, bytes);
}

static void
on_seeder_failed (DfnSeeder *seeder, const GError *error, DfnFileSwarm *self)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

/* Life */

static void
dfn_file_swarm_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  DfnFileSwarm *self = DFN_FILE_SWARM (object);
  DfnUploadQueueStats upload;
  DfnFetchStats fetch;

  dfn_file_swarm_get_upload_stats (self, &upload);
  dfn_file_swarm_get_fetch_stats (self, &fetch);
  switch (id)
    {
    case PROP_N_PEERS:
      g_value_set_uint (value, upload.n_peers);
      break;
    case PROP_CHUNKS_MISSING:
      g_value_set_uint (value, fetch.n_missing);
      break;
    case PROP_BYTES_SENT:
      g_value_set_uint64 (value, self->bytes_sent);
      break;
    case PROP_BYTES_STORED:
      g_value_set_uint64 (value, self->bytes_stored);
      break;
    case PROP_DUPLICATES:
      g_value_set_uint64 (value, fetch.n_duplicates);
      break;
    case PROP_N_IDLERS:
      g_value_set_uint (value, upload.n_idlers);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
dfn_file_swarm_dispose (GObject *object)
{
  DfnFileSwarm *self = DFN_FILE_SWARM (object);

  if (self->fetcher != NULL)
    g_signal_handlers_disconnect_by_data (self->fetcher, self);
  if (self->seeder != NULL)
    g_signal_handlers_disconnect_by_data (self->seeder, self);
  g_clear_object (&self->fetcher);
  g_clear_object (&self->seeder);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (dfn_file_swarm_parent_class)->dispose (object);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  properties[PROP_N_PEERS] = g_param_spec_uint ("n-peers", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_CHUNKS_MISSING] =
      g_param_spec_uint ("chunks-missing", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_BYTES_SENT] =
      g_param_spec_uint64 ("bytes-sent", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  properties[PROP_BYTES_STORED] =
      g_param_spec_uint64 ("bytes-stored", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  properties[PROP_DUPLICATES] =
      g_param_spec_uint64 ("duplicates", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  properties[PROP_N_IDLERS] = g_param_spec_uint ("n-idlers", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (klass, N_PROPS, properties);
}

static guint
add_signal (const char *name, GType type)
{
  if (type == G_TYPE_NONE)
    return g_signal_new (name, DFN_TYPE_FILE_SWARM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                         G_TYPE_NONE, 0);
  return g_signal_new (name, DFN_TYPE_FILE_SWARM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                       G_TYPE_NONE, 1, type);
}

static void
dfn_file_swarm_class_init (DfnFileSwarmClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = dfn_file_swarm_dispose;
  object_class->get_property = dfn_file_swarm_get_property;
  install_properties (object_class);
  signals[SIGNAL_STORED] = add_signal ("stored", G_TYPE_UINT64);
  signals[SIGNAL_SENT] = add_signal ("sent", G_TYPE_UINT64);
  signals[SIGNAL_COMPLETE] = add_signal ("complete", G_TYPE_NONE);
  signals[SIGNAL_MISBEHAVED] = add_signal ("misbehaved", DFN_TYPE_PEER);
  signals[SIGNAL_WITHDRAWN] = add_signal ("withdrawn", DFN_TYPE_PEER);
  signals[SIGNAL_FAILED] = add_signal ("failed", G_TYPE_ERROR);
}

static void
dfn_file_swarm_init (DfnFileSwarm *self)
{
}

DfnFileSwarm *
dfn_file_swarm_new (DfnChunkStore *store)
{
  DfnFileSwarm *self = g_object_new (DFN_TYPE_FILE_SWARM, NULL);

  self->store = g_object_ref (store);
  self->seeder = dfn_seeder_new (store);
  g_signal_connect (self->seeder, "sent", G_CALLBACK (on_sent), self);
  g_signal_connect (self->seeder, "failed", G_CALLBACK (on_seeder_failed), self);
  if (dfn_chunk_store_is_full (store))
    return self;
  self->fetcher = dfn_fetcher_new (store);
  g_signal_connect (self->fetcher, "asked", G_CALLBACK (on_asked), self);
  g_signal_connect (self->fetcher, "stored", G_CALLBACK (on_stored), self);
  g_signal_connect (self->fetcher, "complete", G_CALLBACK (on_complete), self);
  g_signal_connect (self->fetcher, "misbehaved", G_CALLBACK (on_misbehaved), self);
  g_signal_connect (self->fetcher, "withdrawn", G_CALLBACK (on_withdrawn), self);
  g_signal_connect (self->fetcher, "failed", G_CALLBACK (on_fetcher_failed), self);
  return self;
}

void
dfn_file_swarm_set_request_log (DfnFileSwarm *self, DfnRequestLog *log)
{
  if (self->fetcher != NULL)
    dfn_fetcher_set_request_log (self->fetcher, log);
}

void
dfn_file_swarm_add_peer (DfnFileSwarm *self, DfnPeer *peer)
{
  if (self->fetcher != NULL)
    dfn_fetcher_add_peer (self->fetcher, peer);
  dfn_seeder_add_peer (self->seeder, peer);
}

void
dfn_file_swarm_remove_peer (DfnFileSwarm *self, DfnPeer *peer)
{
  if (self->fetcher != NULL)
    dfn_fetcher_remove_peer (self->fetcher, peer);
  dfn_seeder_remove_peer (self->seeder, peer);
}

void
dfn_file_swarm_set_playhead (DfnFileSwarm *self, guint32 chunk, guint32 n_ahead)
{
  if (self->fetcher != NULL)
    dfn_fetcher_set_playhead (self->fetcher, chunk, n_ahead);
}

guint
dfn_file_swarm_get_n_peers (DfnFileSwarm *self)
{
  DfnUploadQueueStats stats;

  dfn_seeder_get_stats (self->seeder, &stats);
  return stats.n_peers;
}

void
dfn_file_swarm_get_fetch_stats (DfnFileSwarm *self, DfnFetchStats *stats)
{
  *stats = (DfnFetchStats){ 0 };
  if (self->fetcher != NULL)
    dfn_fetcher_get_stats (self->fetcher, stats);
}

void
dfn_file_swarm_get_upload_stats (DfnFileSwarm *self, DfnUploadQueueStats *stats)
{
  dfn_seeder_get_stats (self->seeder, stats);
}
