/* SPDX-License-Identifier: MIT */
#include "sim-live-private.h"

#include <math.h>

guint64
sim_live_peer_id (Sim *sim, guint32 node)
{
  return (guint64) sim_network_get_life (sim->network, node) << 32 | node;
}

/* The rate whose bytes on the link are the wanted share of what the uplinks can carry. */
void
sim_live_set_rate (Sim *sim)
{
  const SimLiveSettings *settings = &sim->settings;
  SimLiveResult *result = sim->result;
  double sum = 0, n = settings->n_viewers, overhead = 1.05, link_rate = 0;

  for (guint i = 1; i < sim->n_members; i++)
    sum += sim->members[i].is_free_rider || sim->members[i].is_claimer
                   || sim->members[i].is_polluter || sim->members[i].is_flooder
               ? 0
               : (double) sim->members[i].uplink;
  for (guint i = 0; i < 20; i++)
    {
      double slots = (double) S / (double) sim->slot_us, chunk, frames = 30 / slots;
      double gop = 30 + settings->key - 1;

      link_rate = settings->rate > 0
                      ? settings->rate * overhead
                      : settings->load * sum / (n - settings->source * settings->load);
      result->rate = link_rate / overhead;
      sim->chunk_size = (guint64) MIN (result->rate / slots, 65536);
      chunk = result->rate * frames / gop;
      chunk /= MAX (1, ceil (chunk / (double) sim->chunk_size - 0.05));
      overhead = (double) sim_network_link_bytes ((guint64) chunk + CHUNK_HEADER) / chunk;
    }
  result->link_rate = link_rate;
  sim->members[0].uplink = (guint64) (settings->source * link_rate);
  result->limit =
      MIN ((double) sim->members[0].uplink, ((double) sim->members[0].uplink + sum) / n);
  result->header_share = 1 - 1 / overhead;
}

void
sim_live_choose_kinds (Sim *sim)
{
  const SimLiveSettings *settings = &sim->settings;
  double low = settings->spread > 1
                   ? settings->uplink * log (settings->spread) / (settings->spread - 1)
                   : settings->uplink;

  for (guint i = 1; i < sim->n_members; i++)
    {
      Member *member = &sim->members[i];
      /* Evenly over the range, so that seeds do not differ in the sum. */
      double place = ((double) (i - 1) + 0.5) / settings->n_viewers;
      double kind = sim_random_unit (&sim->random);

      member->uplink = (guint64) (low * pow (settings->spread, place));
      member->is_free_rider = kind < settings->free_riders;
      kind -= settings->free_riders;
      member->is_polluter = kind >= 0 && kind < settings->polluters;
      kind -= settings->polluters;
      member->is_claimer = kind >= 0 && kind < settings->claimers;
      kind -= settings->claimers;
      member->is_flooder = kind >= 0 && kind < settings->flooders;
      kind -= settings->flooders;
      member->is_liar = kind >= 0 && kind < settings->liars;
    }
}

static gboolean
is_neighbour (Member *member, guint32 other)
{
  for (guint i = 0; i < member->n_neighbours; i++)
    if (member->neighbours[i] == other)
      return TRUE;
  return FALSE;
}

static void
add_neighbour (Sim *sim, guint32 node, guint32 other)
{
  Member *member = &sim->members[node];
  guint64 id = sim_live_peer_id (sim, other);
  gint64 now_us = sim_network_get_now (sim->network);
  const Member *peer = &sim->members[other];

  member->lives[member->n_neighbours] = sim_network_get_life (sim->network, other);
  member->neighbours[member->n_neighbours++] = other;
  dfn_live_scheduler_add_peer (member->scheduler, now_us, id);
  dfn_live_scheduler_set_peer_path (member->scheduler, id,
                                    2 * sim_network_get_one_way_us (sim->network, node, other), 0);
  dfn_live_scheduler_set_peer_uplink (
      member->scheduler, id,
      peer->is_liar || peer->is_free_rider ? (guint64) (10 * sim->settings.uplink) : peer->uplink);
  if (other == 0)
    dfn_live_scheduler_set_peer_source (member->scheduler, id);
}

static gboolean
connect_members (Sim *sim, guint32 a, guint32 b, guint most)
{
  if (a == b || !sim_network_is_alive (sim->network, a) || !sim_network_is_alive (sim->network, b)
      || sim->members[a].n_neighbours >= most || sim->members[b].n_neighbours >= most
      || is_neighbour (&sim->members[a], b))
    return FALSE;
  add_neighbour (sim, a, b);
  add_neighbour (sim, b, a);
  return TRUE;
}

void
sim_live_find_neighbours (Sim *sim, guint32 node, guint wanted)
{
  for (guint tries = 0; sim->members[node].n_neighbours < wanted && tries < 200; tries++)
    connect_members (sim, node, sim_random_below (&sim->random, sim->n_members),
                     sim->settings.degree + 4);
}

static void
lose_neighbour (Sim *sim, guint32 node, guint place)
{
  Member *member = &sim->members[node];
  guint64 id = (guint64) member->lives[place] << 32 | member->neighbours[place];

  dfn_live_scheduler_remove_peer (member->scheduler, sim_network_get_now (sim->network), id);
  member->n_neighbours--;
  member->neighbours[place] = member->neighbours[member->n_neighbours];
  member->lives[place] = member->lives[member->n_neighbours];
}

void
sim_live_start_member (Sim *sim, guint32 node)
{
  Member *member = &sim->members[node];
  double angle = 2 * G_PI * sim_random_unit (&sim->random);
  double radius = sqrt (sim_random_unit (&sim->random)) * sim->settings.way_ms * 1000 * 0.66;
  SimNodeSettings settings = {
    .uplink = member->uplink,
    .downlink =
        (guint64) (sim->settings.downlink * MAX ((double) member->uplink, sim->result->link_rate)),
    .x = radius * cos (angle),
    .y = radius * sin (angle),
    .access_us = (gint64) (sim->settings.way_ms * 1000 * 0.2)
  };
  DfnLiveSchedulerConfig config = { .slot_us = sim->slot_us,
                                    .buffer_us = node == 0 ? MAX (SOURCE_BUFFER_US, sim->buffer_us)
                                                           : sim->buffer_us,
                                    .chunk_size = (guint32) sim->chunk_size,
                                    .uplink = member->uplink,
                                    .is_source = node == 0,
                                    .seed = sim_random_next (&sim->random) };

  sim_network_start_node (sim->network, node, &settings);
  member->scheduler = dfn_live_scheduler_new (&config);
  member->n_neighbours = 0;
  member->n_sends = 0;
  if (member->in_time == NULL)
    member->in_time = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_set_size (member->in_time, 0);
  member->wake_us = G_MAXINT64;
  member->joined_us = sim_network_get_now (sim->network);
}

void
sim_live_replace_member (Sim *sim, guint32 node)
{
  Member *member = &sim->members[node];
  gint64 now_us = sim_network_get_now (sim->network);

  for (guint i = 0; i < member->n_neighbours; i++)
    if (sim_network_is_alive (sim->network, member->neighbours[i])
        && sim_network_get_life (sim->network, member->neighbours[i]) == member->lives[i])
      sim_network_set_timer (sim->network, member->neighbours[i], now_us + DETECT_US,
                             (guint64) node << 8 | TIMER_LOST);
  sim_live_judge (sim, node, now_us - sim->buffer_us);
  dfn_live_scheduler_free (member->scheduler);
  member->scheduler = NULL;
  sim_network_stop_node (sim->network, node);
  sim_live_start_member (sim, node);
  sim_network_set_timer (sim->network, node, now_us + CONNECT_US, TIMER_CONNECT);
}

/* Neighbours whose life is another are gone. */
void
sim_live_notice_lost (Sim *sim, guint32 node, guint32 lost)
{
  Member *member = &sim->members[node];

  for (guint i = member->n_neighbours; i > 0; i--)
    if (member->neighbours[i - 1] == lost
        && (!sim_network_is_alive (sim->network, lost)
            || member->lives[i - 1] != sim_network_get_life (sim->network, lost)))
      lose_neighbour (sim, node, i - 1);
  sim_live_find_neighbours (sim, node, sim->settings.degree);
}
