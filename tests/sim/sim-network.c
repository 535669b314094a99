/* SPDX-License-Identifier: MIT */
#include "sim-network.h"

#include "sim-events.h"

#include <math.h>

#define S 1000000

typedef enum {
  EVENT_BEGUN,
  EVENT_LEFT,
  EVENT_ARRIVED,
  EVENT_DATAGRAM,
  EVENT_LOST,
  EVENT_TIMER,
} EventKind;

/* What waits for an uplink, or is on it. */
typedef struct {
  guint32 next; /* in the queue of its sender, or of free ones; NONE ends both */
  guint32 to, to_life;
  guint64 payload, link_bytes;
  gint64 deadline_us, begun_us;
  guint64 cookie;
  guint32 n_lost; /* packets sent again */
  guint32 serial; /* tells this use of the place from others */
} Transfer;

#define NONE G_MAXUINT32

typedef struct {
  SimNodeSettings settings;
  guint32 life;
  gboolean is_alive;
  guint32 current; /* transfer on the uplink */
  guint32 queue;   /* those that wait */
  gint64 debt_us;  /* by which the current one is later, for what went between its packets */
  gint64 downlink_free_us; /* when it has taken all that is on the way there */
  SimTraffic traffic;
} Node;

struct _SimNetwork {
  SimNetworkFuncs funcs;
  gpointer user;
  SimRandom random;
  SimEvents *events;
  Node *nodes;
  guint n_nodes;
  GArray *transfers; /* Transfer */
  guint32 free_transfers;
  gint64 now_us;
  guint64 n_events;
  guint32 n_transfers;
  double loss, jitter_us;
};

SimNetwork *
sim_network_new (guint n_nodes, guint64 seed, const SimNetworkFuncs *funcs, gpointer user)
{
  SimNetwork *self = g_new0 (SimNetwork, 1);

  self->funcs = *funcs;
  self->user = user;
  self->n_nodes = n_nodes;
  self->nodes = g_new0 (Node, n_nodes);
  self->events = sim_events_new ();
  self->transfers = g_array_new (FALSE, FALSE, sizeof (Transfer));
  self->free_transfers = NONE;
  sim_random_init (&self->random, seed);
  for (guint i = 0; i < n_nodes; i++)
    self->nodes[i].current = self->nodes[i].queue = NONE;
  return self;
}

void
sim_network_free (SimNetwork *self)
{
  sim_events_free (self->events);
  g_array_unref (self->transfers);
  g_free (self->nodes);
  g_free (self);
}

void
sim_network_set_weather (SimNetwork *self, double loss, double jitter_us)
{
  self->loss = loss;
  self->jitter_us = jitter_us;
}

static Transfer *
transfer_at (SimNetwork *self, guint32 handle)
{
  return &g_array_index (self->transfers, Transfer, handle);
}

static guint32
new_transfer (SimNetwork *self)
{
  guint32 handle = self->free_transfers;

  if (handle == NONE)
    {
      handle = self->transfers->len;
      g_array_set_size (self->transfers, handle + 1);
    }
  else
    self->free_transfers = transfer_at (self, handle)->next;
  return handle;
}

static void
free_transfer (SimNetwork *self, guint32 handle)
{
  transfer_at (self, handle)->next = self->free_transfers;
  transfer_at (self, handle)->cookie = G_MAXUINT64;
  self->free_transfers = handle;
}

static void
drop_queue (SimNetwork *self, Node *node)
{
  guint32 handle = node->queue, next;

  for (; handle != NONE; handle = next)
    {
      next = transfer_at (self, handle)->next;
      free_transfer (self, handle);
    }
  node->queue = NONE;
  if (node->current != NONE)
    free_transfer (self, node->current);
  node->current = NONE;
}

void
sim_network_start_node (SimNetwork *self, guint32 index, const SimNodeSettings *settings)
{
  Node *node = &self->nodes[index];

  g_assert (!node->is_alive && settings->uplink > 0 && settings->downlink > 0);
  node->settings = *settings;
  node->is_alive = TRUE;
  node->debt_us = 0;
  node->downlink_free_us = 0;
}

void
sim_network_stop_node (SimNetwork *self, guint32 index)
{
  Node *node = &self->nodes[index];

  g_assert (node->is_alive);
  node->is_alive = FALSE;
  node->life++;
  drop_queue (self, node);
}

gboolean
sim_network_is_alive (SimNetwork *self, guint32 node)
{
  return self->nodes[node].is_alive;
}

guint32
sim_network_get_life (SimNetwork *self, guint32 node)
{
  return self->nodes[node].life;
}

void
sim_network_set_uplink (SimNetwork *self, guint32 node, guint64 bytes_per_second)
{
  self->nodes[node].settings.uplink = bytes_per_second;
}

gint64
sim_network_get_now (SimNetwork *self)
{
  return self->now_us;
}

SimTraffic *
sim_network_get_traffic (SimNetwork *self, guint32 node)
{
  return &self->nodes[node].traffic;
}

guint64
sim_network_get_n_events (SimNetwork *self)
{
  return self->n_events;
}

gint64
sim_network_get_one_way_us (SimNetwork *self, guint32 a, guint32 b)
{
  const SimNodeSettings *from = &self->nodes[a].settings, *to = &self->nodes[b].settings;
  double x = from->x - to->x, y = from->y - to->y;

  return from->access_us + to->access_us + (gint64) sqrt (x * x + y * y);
}

guint64
sim_network_link_bytes (guint64 payload)
{
  return payload + (payload + SIM_PACKET_PAYLOAD - 1) / SIM_PACKET_PAYLOAD * SIM_PACKET_HEADER;
}

static gint64
time_for (guint64 bytes, guint64 rate)
{
  return (gint64) (bytes * S / rate);
}

static gint64
way_us (SimNetwork *self, guint32 from, guint32 to)
{
  gint64 way = sim_network_get_one_way_us (self, from, to);

  if (self->jitter_us > 0)
    way += (gint64) sim_random_exponential (&self->random, self->jitter_us);
  return way;
}

static void
announce_begin (SimNetwork *self, guint32 index, const Transfer *transfer)
{
  guint64 packet = MIN (transfer->link_bytes, SIM_PACKET_PAYLOAD + SIM_PACKET_HEADER);

  if (self->funcs.begun == NULL)
    return;
  sim_events_add (self->events,
                  &(SimEvent){ .at_us = self->now_us + way_us (self, index, transfer->to)
                                        + time_for (packet, self->nodes[index].settings.uplink),
                               .kind = EVENT_BEGUN,
                               .node = transfer->to,
                               .life = transfer->to_life,
                               .other = index,
                               .other_life = self->nodes[index].life,
                               .cookie = transfer->cookie });
}

/* The uplink takes the first that waits. */
static void
begin_next (SimNetwork *self, guint32 index)
{
  Node *node = &self->nodes[index];
  Transfer *transfer;
  guint n_packets;

  node->current = node->queue;
  if (node->current == NONE)
    return;
  transfer = transfer_at (self, node->current);
  node->queue = transfer->next;
  transfer->begun_us = self->now_us;
  announce_begin (self, index, transfer);
  n_packets = (guint) ((transfer->payload + SIM_PACKET_PAYLOAD - 1) / SIM_PACKET_PAYLOAD);
  transfer->n_lost = sim_random_count (&self->random, n_packets, self->loss);
  node->debt_us = 0;
  sim_events_add (
      self->events,
      &(SimEvent){
          .at_us = self->now_us
                   + time_for (transfer->link_bytes
                                   + transfer->n_lost * (SIM_PACKET_PAYLOAD + SIM_PACKET_HEADER),
                               node->settings.uplink),
          .kind = EVENT_LEFT,
          .node = index,
          .life = node->life,
          .handle = node->current,
          .other = transfer->serial,
          .cookie = transfer->cookie });
}

guint32
sim_network_send (
    SimNetwork *self, guint32 from, guint32 to, guint64 payload, gint64 deadline_us, guint64 cookie)
{
  Node *node = &self->nodes[from];
  guint32 handle = new_transfer (self), *place = &node->queue;
  Transfer *transfer = transfer_at (self, handle);

  g_assert (node->is_alive && payload > 0);
  *transfer = (Transfer){ .to = to,
                          .to_life = self->nodes[to].life,
                          .payload = payload,
                          .link_bytes = sim_network_link_bytes (payload),
                          .deadline_us = deadline_us,
                          .serial = ++self->n_transfers,
                          .cookie = cookie };
  while (*place != NONE && transfer_at (self, *place)->deadline_us <= deadline_us)
    place = &transfer_at (self, *place)->next;
  transfer->next = *place;
  *place = handle;
  if (node->current == NONE)
    begin_next (self, from);
  return handle;
}

gboolean
sim_network_abort (SimNetwork *self, guint32 handle, guint32 from, guint64 cookie)
{
  Node *node = &self->nodes[from];
  guint32 *place = &node->queue;

  if (node->current == handle && transfer_at (self, handle)->cookie == cookie)
    {
      gint64 sent_us = self->now_us - transfer_at (self, handle)->begun_us;

      node->traffic.wasted += (guint64) sent_us * node->settings.uplink / S;
      node->traffic.busy_us += sent_us;
      free_transfer (self, handle);
      begin_next (self, from);
      return TRUE;
    }
  while (*place != NONE && *place != handle)
    place = &transfer_at (self, *place)->next;
  if (*place == NONE || transfer_at (self, handle)->cookie != cookie)
    return FALSE;
  *place = transfer_at (self, handle)->next;
  free_transfer (self, handle);
  return TRUE;
}

/* Bytes that go between the packets of a transfer. */
static void
send_between (Node *node, guint64 bytes)
{
  gint64 time = time_for (bytes, node->settings.uplink);

  node->debt_us += time;
  node->traffic.busy_us += time;
}

void
sim_network_send_datagram (
    SimNetwork *self, guint32 from, guint32 to, guint size, gboolean is_reliable, guint64 cookie)
{
  Node *node = &self->nodes[from];
  gboolean is_lost = self->loss > 0 && sim_random_unit (&self->random) < self->loss;
  gint64 way = way_us (self, from, to);

  node->traffic.control += size + SIM_DATAGRAM_HEADER;
  send_between (node, size + SIM_DATAGRAM_HEADER);
  if (is_lost && is_reliable)
    {
      /* Lost once, noticed and sent again (RFC 9002 section 6.2: about three round trips). */
      way += 6 * sim_network_get_one_way_us (self, from, to);
      node->traffic.control += size + SIM_DATAGRAM_HEADER;
      send_between (node, size + SIM_DATAGRAM_HEADER);
      is_lost = FALSE;
    }
  sim_events_add (self->events, &(SimEvent){ .at_us = self->now_us + way,
                                             .kind = is_lost ? EVENT_LOST : EVENT_DATAGRAM,
                                             .node = to,
                                             .life = self->nodes[to].life,
                                             .other = from,
                                             .other_life = node->life,
                                             .cookie = cookie });
}

void
sim_network_set_timer (SimNetwork *self, guint32 node, gint64 at_us, guint64 cookie)
{
  sim_events_add (self->events, &(SimEvent){ .at_us = MAX (at_us, self->now_us),
                                             .kind = EVENT_TIMER,
                                             .node = node,
                                             .life = self->nodes[node].life,
                                             .cookie = cookie });
}

/* The receiver acknowledges as it receives; counted when all is there. */
static void
acknowledge (SimNetwork *self, guint32 index, guint n_packets)
{
  guint bytes = (n_packets + SIM_ACK_EVERY - 1) / SIM_ACK_EVERY * SIM_ACK_PACKET;

  self->nodes[index].traffic.acks += bytes;
  send_between (&self->nodes[index], bytes);
}

static void
account (Node *node, const Transfer *transfer)
{
  node->traffic.payload += transfer->payload;
  node->traffic.header += transfer->link_bytes - transfer->payload;
  node->traffic.retransmitted += transfer->n_lost * (SIM_PACKET_PAYLOAD + SIM_PACKET_HEADER);
}

/* All of a transfer is on its way: it is there when its last packet is, through the downlink. A
 * lost packet comes a round trip and a bit later; of those sent again, some are lost again. */
static void
deliver (SimNetwork *self, guint32 index, const Transfer *transfer)
{
  Node *node = &self->nodes[index], *to = &self->nodes[transfer->to];
  gint64 way = way_us (self, index, transfer->to);
  gint64 arrives_us = self->now_us + way;
  guint n_lost = transfer->n_lost;

  for (; n_lost > 0; n_lost = sim_random_count (&self->random, n_lost, self->loss))
    arrives_us += 2 * way + way / 4;
  to->downlink_free_us = MAX (to->downlink_free_us, transfer->begun_us + way)
                         + time_for (transfer->link_bytes, to->settings.downlink);
  sim_events_add (self->events, &(SimEvent){ .at_us = MAX (arrives_us, to->downlink_free_us),
                                             .kind = EVENT_ARRIVED,
                                             .node = transfer->to,
                                             .life = transfer->to_life,
                                             .other = index,
                                             .other_life = node->life,
                                             .handle = (guint32) transfer->payload,
                                             .cookie = transfer->cookie });
}

static void
on_left (SimNetwork *self, const SimEvent *event)
{
  Node *node = &self->nodes[event->node];
  Transfer transfer;

  if (node->life != event->life || node->current != event->handle
      || transfer_at (self, event->handle)->serial != event->other)
    return;
  if (node->debt_us > 0)
    {
      SimEvent again = *event;

      again.at_us = self->now_us + node->debt_us;
      node->debt_us = 0;
      sim_events_add (self->events, &again);
      return;
    }
  transfer = *transfer_at (self, event->handle);
  account (node, &transfer);
  node->traffic.busy_us +=
      time_for (transfer.link_bytes + transfer.n_lost * (SIM_PACKET_PAYLOAD + SIM_PACKET_HEADER),
                node->settings.uplink);
  free_transfer (self, event->handle);
  if (transfer.to_life == self->nodes[transfer.to].life)
    deliver (self, event->node, &transfer);
  begin_next (self, event->node);
  self->funcs.left (self->user, event->node, event->cookie);
}

static void
handle (SimNetwork *self, const SimEvent *event)
{
  Node *node = &self->nodes[event->node];
  gboolean is_here = node->is_alive && node->life == event->life;

  switch ((EventKind) event->kind)
    {
    case EVENT_BEGUN:
      if (is_here)
        self->funcs.begun (self->user, event->node, event->other, event->other_life, event->cookie);
      break;
    case EVENT_LEFT:
      on_left (self, event);
      break;
    case EVENT_ARRIVED:
      if (!is_here)
        break;
      acknowledge (self, event->node,
                   (event->handle + SIM_PACKET_PAYLOAD - 1) / SIM_PACKET_PAYLOAD);
      self->funcs.arrived (self->user, event->node, event->other, event->other_life, event->cookie);
      break;
    case EVENT_DATAGRAM:
    case EVENT_LOST:
      self->funcs.datagram (self->user, event->node, event->other, event->other_life, event->cookie,
                            event->kind == EVENT_LOST || !is_here);
      break;
    case EVENT_TIMER:
      if (is_here)
        self->funcs.timer (self->user, event->node, event->cookie);
      break;
    }
}

void
sim_network_run (SimNetwork *self, gint64 until_us)
{
  SimEvent event;

  while (sim_events_peek (self->events) <= until_us)
    {
      sim_events_take (self->events, &event);
      g_assert (event.at_us >= self->now_us);
      self->now_us = event.at_us;
      self->n_events++;
      handle (self, &event);
    }
  self->now_us = MAX (self->now_us, until_us);
}
