/* SPDX-License-Identifier: MIT */
#include "dfn-live-swarm-private.h"

static void
add_control_bytes (DfnLiveSwarm *self, DfnLiveSwarmStats *stats)
{
  GHashTableIter iter;
  gpointer peer;
  DfnPeerStats of_peer;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    {
      dfn_peer_get_stats (peer, &of_peer);
      stats->bytes_control += of_peer.control_bytes_sent;
    }
}

/* Of the present epoch. */
static void
add_playout (DfnLiveSwarm *self, DfnLiveSwarmStats *stats)
{
  DfnPlayoutStats playout;

  if (self->playout == NULL)
    return;
  dfn_playout_get_stats (self->playout, &playout);
  stats->chunks_missed += playout.n_missed;
  stats->chunks_late += playout.n_late;
  stats->buffer_us = playout.buffered_us;
  stats->lag_us = playout.delay_us;
  stats->target_us = playout.target_us;
  stats->stalls += playout.n_stalls;
  stats->stalled_us += playout.stalled_us;
}

void
dfn_live_swarm_sum_epoch (DfnLiveSwarm *self)
{
  add_playout (self, &self->stats);
}

void
dfn_live_swarm_get_stats (DfnLiveSwarm *self, DfnLiveSwarmStats *stats)
{
  *stats = self->stats;
  stats->peers = g_hash_table_size (self->members);
  add_control_bytes (self, stats);
  dfn_delay_record_get (&self->delays, &stats->delay_p50_us, &stats->delay_p99_us);
  if (self->is_source && stats->bytes_made > 0)
    stats->source_copies = (double) stats->bytes_sent / (double) stats->bytes_made;
  add_playout (self, stats);
  if (self->store != NULL)
    {
      DfnLiveStoreStats store;

      dfn_live_store_get_stats (self->store, &store);
      stats->window_us = store.window_us;
    }
}

/* Properties: a number each, by the name of the field. */

typedef struct {
  const char *name;
  gsize offset;
  GType type;
} Property;

#define FIELD(name, type) G_STRUCT_OFFSET (DfnLiveSwarmStats, name), type

static const Property fields[] = {
  { "peers", FIELD (peers, G_TYPE_UINT64) },
  { "chunks-received", FIELD (chunks_received, G_TYPE_UINT64) },
  { "chunks-sent", FIELD (chunks_sent, G_TYPE_UINT64) },
  { "chunks-missed", FIELD (chunks_missed, G_TYPE_UINT64) },
  { "chunks-late", FIELD (chunks_late, G_TYPE_UINT64) },
  { "chunks-duplicate", FIELD (chunks_duplicate, G_TYPE_UINT64) },
  { "chunks-invalid", FIELD (chunks_invalid, G_TYPE_UINT64) },
  { "bytes-received", FIELD (bytes_received, G_TYPE_UINT64) },
  { "bytes-sent", FIELD (bytes_sent, G_TYPE_UINT64) },
  { "bytes-control", FIELD (bytes_control, G_TYPE_UINT64) },
  { "bytes-played", FIELD (bytes_played, G_TYPE_UINT64) },
  { "bytes-made", FIELD (bytes_made, G_TYPE_UINT64) },
  { "source-copies", FIELD (source_copies, G_TYPE_DOUBLE) },
  { "delay-p50-us", FIELD (delay_p50_us, G_TYPE_INT64) },
  { "delay-p99-us", FIELD (delay_p99_us, G_TYPE_INT64) },
  { "buffer-us", FIELD (buffer_us, G_TYPE_INT64) },
  { "lag-us", FIELD (lag_us, G_TYPE_INT64) },
  { "target-us", FIELD (target_us, G_TYPE_INT64) },
  { "stalls", FIELD (stalls, G_TYPE_UINT64) },
  { "stalled-us", FIELD (stalled_us, G_TYPE_INT64) },
  { "window-us", FIELD (window_us, G_TYPE_INT64) },
  { "first-chunk-us", FIELD (first_chunk_us, G_TYPE_INT64) },
};

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const Property *field = &fields[id - 1];
  DfnLiveSwarmStats stats;

  dfn_live_swarm_get_stats (DFN_LIVE_SWARM (object), &stats);
  if (field->type == G_TYPE_DOUBLE)
    g_value_set_double (value, G_STRUCT_MEMBER (double, &stats, field->offset));
  else if (field->type == G_TYPE_INT64)
    g_value_set_int64 (value, G_STRUCT_MEMBER (gint64, &stats, field->offset));
  else
    g_value_set_uint64 (value, G_STRUCT_MEMBER (guint64, &stats, field->offset));
}

static GParamSpec *
make_property (const Property *field)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  if (field->type == G_TYPE_DOUBLE)
    return g_param_spec_double (field->name, NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  if (field->type == G_TYPE_INT64)
    return g_param_spec_int64 (field->name, NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);
  return g_param_spec_uint64 (field->name, NULL, NULL, 0, G_MAXUINT64, 0, flags);
}

void
dfn_live_swarm_install_properties (GObjectClass *klass)
{
  klass->get_property = get_property;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    g_object_class_install_property (klass, i + 1, make_property (&fields[i]));
}
