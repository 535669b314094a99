/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <netinet/in.h>

#include "link-model.h"
#include "packet-queue.h"

G_BEGIN_DECLS

/** CLOUD_MAX_HOSTS: the most hosts of one cloud */
#define CLOUD_MAX_HOSTS 1000

typedef struct _Cloud Cloud;

typedef enum {
  LINK_UP,
  LINK_DOWN,
} LinkDirection;

/**
 * CloudDeliver:
 * @host: the index of the host that @packet has reached
 * @packet: (transfer none): the packet
 */
typedef void (*CloudDeliver) (gpointer data, guint host, const Packet *packet);

/**
 * Cloud:
 *
 * Hosts that are joined by nothing but their access links: a packet waits in its sender's uplink,
 * travels, waits in its receiver's downlink, travels, and is delivered. A cloud routes unicast by
 * IPv4 and IPv6 address; it carries no multicast. It has no clock, no file descriptor and no
 * thread: time is an argument (nanoseconds, never going back), delivery a callback.
 */
Cloud *cloud_new (gsize packet_capacity, guint64 seed, CloudDeliver deliver, gpointer data);
void cloud_free (Cloud *self);

/**
 * cloud_set_prefixes:
 * @ipv4: network of all hosts, of 16 bits
 * @ipv6: network of all hosts, of 32 bits
 *
 * As homes on the Internet do, each host has a network of its own inside: that of 24 bits whose
 * third byte is its number (index + 1), and that of 48 bits. Only hosts beyond the 255th share one
 * of 24 bits. cloud_ipv4() and cloud_ipv6() name the first address; in the network of 48 bits all
 * others are the host's too, in that of 24 bits every fourth one (.5, .9, … for .1).
 */
void cloud_set_prefixes (Cloud *self, const struct in_addr *ipv4, const struct in6_addr *ipv6);
guint cloud_add_host (Cloud *self);
guint cloud_n_hosts (const Cloud *self);
struct in_addr cloud_ipv4 (const Cloud *self, guint host);
struct in6_addr cloud_ipv6 (const Cloud *self, guint host);

/**
 * cloud_set:
 * @now_ns: the present
 * @key: a key of link_settings_set(), alone or followed by `.up` or `.down`
 *
 * Returns: %TRUE when the host's link or links are so from now on; else an @error of
 *   link_settings_set()
 */
gboolean cloud_set (
    Cloud *self, guint host, guint64 now_ns, const char *key, const char *value, GError **error);
const LinkCounters *cloud_counters (const Cloud *self, guint host, LinkDirection direction);

/**
 * cloud_unroutable:
 *
 * Returns: the packets that were addressed to no host
 */
guint64 cloud_unroutable (const Cloud *self);

/**
 * cloud_take_packet:
 *
 * Returns: (transfer full): an empty packet for cloud_send() or cloud_give_packet()
 */
Packet *cloud_take_packet (Cloud *self);
void cloud_give_packet (Cloud *self, Packet *packet);

/**
 * cloud_send:
 * @from: the index of the sender
 * @now_ns: the present
 * @packet: (transfer full): a packet with its data and length
 */
void cloud_send (Cloud *self, guint from, guint64 now_ns, Packet *packet);

/**
 * cloud_run:
 * @now_ns: the present; everything that is due until then happens, in order of time
 */
void cloud_run (Cloud *self, guint64 now_ns);

/**
 * cloud_next_ns:
 *
 * Returns: when cloud_run() has something to do next; %PACKET_NEVER when nothing is under way
 */
guint64 cloud_next_ns (const Cloud *self);

G_END_DECLS
