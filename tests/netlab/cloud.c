/* SPDX-License-Identifier: MIT */
#include "cloud.h"

#include <string.h>

#define IPV4_HEADER_SIZE 20
#define IPV6_HEADER_SIZE 40

/* Bytes of an address that all hosts have in common. */
#define IPV4_NETWORK_SIZE 2
#define IPV6_NETWORK_SIZE 4

/* A host beyond the 255th shares its neighbour's /24, and is told from it by these bits of the
 * last byte less one; the bits above them are for other addresses of the same host. */
#define SHARING_MASK 3

typedef struct {
  LinkModel model;
  LinkRandom random;
  guint64 armed_ns;
} CloudLink;

typedef struct {
  CloudLink links[2];
} CloudHost;

struct _Cloud {
  GPtrArray *hosts;
  PacketPool pool;
  PacketQueue departures; /* CloudLink: its first packet leaves the serialiser */
  PacketQueue arrivals;   /* Packet: it reaches the end of the link it is on */
  struct in_addr ipv4;
  struct in6_addr ipv6;
  guint64 seed;
  guint64 unroutable;
  CloudDeliver deliver;
  gpointer data;
};

static CloudLink *
link_of (const Cloud *self, guint host, LinkDirection direction)
{
  return &((CloudHost *) g_ptr_array_index (self->hosts, host))->links[direction];
}

Cloud *
cloud_new (gsize packet_capacity, guint64 seed, CloudDeliver deliver, gpointer data)
{
  Cloud *self = g_new0 (Cloud, 1);

  self->hosts = g_ptr_array_new_with_free_func (g_free);
  self->seed = seed;
  self->deliver = deliver;
  self->data = data;
  packet_pool_init (&self->pool, packet_capacity);
  return self;
}

void
cloud_free (Cloud *self)
{
  TimedEntry entry;

  while (packet_queue_pop (&self->arrivals, &entry))
    packet_pool_give (&self->pool, entry.item);
  for (guint host = 0; host < self->hosts->len; host++)
    for (int direction = LINK_UP; direction <= LINK_DOWN; direction++)
      {
        LinkModel *model = &link_of (self, host, direction)->model;
        Packet *packet = link_model_drop_all (model);

        while (packet != NULL)
          {
            Packet *next = packet->next;
            packet_pool_give (&self->pool, packet);
            packet = next;
          }
        link_model_clear (model);
      }
  packet_queue_clear (&self->arrivals);
  packet_queue_clear (&self->departures);
  packet_pool_clear (&self->pool);
  g_ptr_array_unref (self->hosts);
  g_free (self);
}

void
cloud_set_prefixes (Cloud *self, const struct in_addr *ipv4, const struct in6_addr *ipv6)
{
  self->ipv4.s_addr = ipv4->s_addr & htonl (0xffff0000);
  self->ipv6 = *ipv6;
  memset (self->ipv6.s6_addr + IPV6_NETWORK_SIZE, 0, sizeof self->ipv6 - IPV6_NETWORK_SIZE);
}

guint
cloud_add_host (Cloud *self)
{
  CloudHost *host = g_new0 (CloudHost, 1);
  guint index = self->hosts->len;

  g_assert (index < CLOUD_MAX_HOSTS);
  for (int direction = LINK_UP; direction <= LINK_DOWN; direction++)
    {
      CloudLink *link = &host->links[direction];

      link_model_init (&link->model);
      link->armed_ns = PACKET_NEVER;
      /* Two links never share a sequence, whatever the seed. */
      link->random.state = self->seed * G_GUINT64_CONSTANT (0xd1342543de82ef95)
                           + (2 * index + (guint) direction) * G_GUINT64_CONSTANT (0x100000001b3);
    }
  g_ptr_array_add (self->hosts, host);
  return index;
}

guint
cloud_n_hosts (const Cloud *self)
{
  return self->hosts->len;
}

struct in_addr
cloud_ipv4 (const Cloud *self, guint host)
{
  guint number = host + 1;

  return (struct in_addr){ self->ipv4.s_addr | htonl ((number & 0xff) << 8 | ((number >> 8) + 1)) };
}

struct in6_addr
cloud_ipv6 (const Cloud *self, guint host)
{
  struct in6_addr address = self->ipv6;

  address.s6_addr[IPV6_NETWORK_SIZE] = (guint8) ((host + 1) >> 8);
  address.s6_addr[IPV6_NETWORK_SIZE + 1] = (guint8) (host + 1);
  address.s6_addr[15] = 1;
  return address;
}

static void drain (Cloud *self, CloudLink *link, guint64 now_ns);

/* A packet that leaves the serialiser is of no concern until it can have crossed the link, or until
 * somebody looks at the queue: whoever offers a packet or changes a setting drains the link first.
 * So each packet costs one wake-up a link, not two. */
static void
arm (Cloud *self, CloudLink *link)
{
  guint64 next_ns = link_model_next_ns (&link->model);

  if (next_ns != PACKET_NEVER)
    next_ns += link->model.settings.delay_ns;
  if (next_ns != PACKET_NEVER && next_ns != link->armed_ns)
    packet_queue_add (&self->departures, next_ns, link);
  link->armed_ns = next_ns;
}

static gboolean
apply (Cloud *self,
       CloudLink *link,
       guint64 now_ns,
       const char *key,
       const char *value,
       GError **error)
{
  LinkSettings settings = { 0 };
  gboolean done;

  drain (self, link, now_ns);
  link_settings_copy (&settings, &link->model.settings);
  done = link_settings_set (&settings, key, value, error);
  if (done)
    {
      link_model_configure (&link->model, now_ns, &settings);
      arm (self, link);
    }
  link_settings_clear (&settings);
  return done;
}

gboolean
cloud_set (
    Cloud *self, guint host, guint64 now_ns, const char *key, const char *value, GError **error)
{
  g_autofree char *base = g_strdup (key);
  gboolean up = g_str_has_suffix (key, ".up");
  gboolean down = g_str_has_suffix (key, ".down");

  if (up || down)
    *strrchr (base, '.') = '\0';
  if (!down && !apply (self, link_of (self, host, LINK_UP), now_ns, base, value, error))
    return FALSE;
  return up || apply (self, link_of (self, host, LINK_DOWN), now_ns, base, value, error);
}

const LinkCounters *
cloud_counters (const Cloud *self, guint host, LinkDirection direction)
{
  return &link_of (self, host, direction)->model.counters;
}

guint64
cloud_unroutable (const Cloud *self)
{
  return self->unroutable;
}

Packet *
cloud_take_packet (Cloud *self)
{
  return packet_pool_take (&self->pool);
}

void
cloud_give_packet (Cloud *self, Packet *packet)
{
  packet_pool_give (&self->pool, packet);
}

/* RFC 791 section 3.1, RFC 8200 section 3: the destination of a packet. A host has all addresses of
 * its network, so that it can change the one it uses. */
static gboolean
find_receiver (const Cloud *self, const Packet *packet, guint *receiver)
{
  const guint8 *target;
  guint number = 0;

  if (packet->length >= IPV4_HEADER_SIZE && packet->data[0] >> 4 == 4)
    {
      target = packet->data + 16;
      if (memcmp (target, &self->ipv4, IPV4_NETWORK_SIZE) == 0 && target[3] > 0)
        number = (guint) ((target[3] - 1) & SHARING_MASK) << 8 | target[2];
    }
  else if (packet->length >= IPV6_HEADER_SIZE && packet->data[0] >> 4 == 6)
    {
      target = packet->data + 24;
      if (memcmp (target, &self->ipv6, IPV6_NETWORK_SIZE) == 0)
        number = (guint) target[IPV6_NETWORK_SIZE] << 8 | target[IPV6_NETWORK_SIZE + 1];
    }
  if (number == 0 || number > self->hosts->len)
    return FALSE;
  *receiver = number - 1;
  return TRUE;
}

static void
enter_link (Cloud *self, CloudLink *link, guint64 now_ns, Packet *packet)
{
  drain (self, link, now_ns);
  if (!link_model_offer (&link->model, now_ns, packet))
    packet_pool_give (&self->pool, packet);
  drain (self, link, now_ns);
}

/* A packet has reached the end of a link: the core of the cloud, or its receiver. */
static void
on_arrival (Cloud *self, Packet *packet)
{
  if (packet->downlink)
    {
      self->deliver (self->data, packet->to, packet);
      packet_pool_give (&self->pool, packet);
      return;
    }
  packet->downlink = TRUE;
  enter_link (self, link_of (self, packet->to, LINK_DOWN), packet->due_ns, packet);
}

static void
drain (Cloud *self, CloudLink *link, guint64 now_ns)
{
  gboolean lost;
  Packet *packet;

  while ((packet = link_model_take (&link->model, now_ns, &link->random, &lost)) != NULL)
    {
      if (lost)
        packet_pool_give (&self->pool, packet);
      else if (packet->due_ns <= now_ns && packet_queue_next_ns (&self->arrivals) > now_ns)
        on_arrival (self, packet);
      else
        packet_queue_add (&self->arrivals, packet->due_ns, packet);
    }
  arm (self, link);
}

void
cloud_send (Cloud *self, guint from, guint64 now_ns, Packet *packet)
{
  guint receiver;

  if (!find_receiver (self, packet, &receiver))
    {
      self->unroutable++;
      packet_pool_give (&self->pool, packet);
      return;
    }
  packet->to = (guint16) receiver;
  packet->downlink = FALSE;
  enter_link (self, link_of (self, from, LINK_UP), now_ns, packet);
}

void
cloud_run (Cloud *self, guint64 now_ns)
{
  TimedEntry entry;

  while (cloud_next_ns (self) <= now_ns)
    {
      gboolean departs =
          packet_queue_next_ns (&self->departures) <= packet_queue_next_ns (&self->arrivals);
      CloudLink *link;

      packet_queue_pop (departs ? &self->departures : &self->arrivals, &entry);
      if (!departs)
        {
          on_arrival (self, entry.item);
          continue;
        }
      link = entry.item;
      /* A change of the settings arms a link anew and leaves the old entry behind. */
      if (entry.due_ns != link->armed_ns)
        continue;
      link->armed_ns = PACKET_NEVER;
      drain (self, link, entry.due_ns);
    }
}

guint64
cloud_next_ns (const Cloud *self)
{
  return MIN (packet_queue_next_ns (&self->departures), packet_queue_next_ns (&self->arrivals));
}
