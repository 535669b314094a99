/* SPDX-License-Identifier: MIT */
#pragma once

#include "sim-random.h"

G_BEGIN_DECLS

/*
 * Computers on a simulated internet. Each has an uplink that sends one transfer at a time, in the
 * order of their deadlines, as behind the uplink governor; a downlink; and a place, so that the way
 * between two takes time. All that travels is counted in bytes on the link, with the headers of IP,
 * UDP and QUIC. The clock is microseconds since the start, everything happens in the order of
 * time, and the same seed gives the same history.
 *
 * Datagrams and acknowledgements go between the packets of a transfer: they leave at once and make
 * the transfer that much later.
 */

#define SIM_PACKET_PAYLOAD 1416 /* stream bytes in a full packet ... */
#define SIM_PACKET_HEADER 64    /* ... and IP, UDP, QUIC and STREAM headers with AEAD tag */
#define SIM_DATAGRAM_HEADER 58  /* the same of a packet that holds a DATAGRAM frame */
#define SIM_ACK_PACKET 62
#define SIM_ACK_EVERY 10 /* packets that one acknowledgement is for (ngtcp2's ack_thresh) */

typedef struct _SimNetwork SimNetwork;

typedef struct {
  guint64 uplink;   /* bytes/s */
  guint64 downlink; /* bytes/s */
  double x, y;      /* a place in microseconds of one way's time */
  gint64 access_us; /* one way, added to each way from and to here */
} SimNodeSettings;

typedef struct {
  guint64 payload;       /* bytes of transfers, without any header */
  guint64 header;        /* headers of their packets */
  guint64 retransmitted; /* lost packets of transfers, sent again */
  guint64 wasted;        /* of transfers that were stopped half-way, with headers */
  guint64 control;       /* datagrams and small streams, with headers */
  guint64 acks;
  gint64 busy_us; /* how long the uplink was in use */
} SimTraffic;

/*
 * What is told to whoever runs the simulation. @cookie is what was given with the transfer,
 * datagram or timer. Computers are named by index and life: one that left and one that came in its
 * place differ in @life, and what is for an earlier life arrives nowhere.
 */
typedef struct {
  /* (nullable): the first packet of a transfer arrived at @to; what follows may be gone by now. */
  void (*begun) (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie);
  /* The last byte of a transfer left: the uplink of @from takes the next. */
  void (*left) (gpointer user, guint32 from, guint64 cookie);
  /* It arrived whole at @to; @from may be gone. */
  void (*arrived) (gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie);
  /* A datagram arrived; or, with @to gone or the datagram lost, @is_lost, only to free what it
   * held. */
  void (*datagram) (
      gpointer user, guint32 to, guint32 from, guint32 from_life, guint64 cookie, gboolean is_lost);
  void (*timer) (gpointer user, guint32 node, guint64 cookie);
} SimNetworkFuncs;

SimNetwork *
sim_network_new (guint n_nodes, guint64 seed, const SimNetworkFuncs *funcs, gpointer user);
void sim_network_free (SimNetwork *self);

/* Share of packets lost, and the mean of the exponentially distributed delay added to each way. */
void sim_network_set_weather (SimNetwork *self, double loss, double jitter_us);

/* A computer (another one, if there was one with this index) comes to life. */
void sim_network_start_node (SimNetwork *self, guint32 node, const SimNodeSettings *settings);
/* It is gone without a goodbye: its transfers stop, nothing arrives there any more. */
void sim_network_stop_node (SimNetwork *self, guint32 node);
gboolean sim_network_is_alive (SimNetwork *self, guint32 node);
guint32 sim_network_get_life (SimNetwork *self, guint32 node);
void sim_network_set_uplink (SimNetwork *self, guint32 node, guint64 bytes_per_second);

gint64 sim_network_get_now (SimNetwork *self);
gint64 sim_network_get_one_way_us (SimNetwork *self, guint32 a, guint32 b);
SimTraffic *sim_network_get_traffic (SimNetwork *self, guint32 node);
guint64 sim_network_get_n_events (SimNetwork *self);

/* Bytes on the link for this many bytes of a transfer. */
guint64 sim_network_link_bytes (guint64 payload);

/*
 * @payload bytes from @from to @to, after those of @from that have an earlier deadline; one that
 * has begun is not interrupted. Returns a handle for sim_network_abort().
 */
guint32 sim_network_send (SimNetwork *self,
                          guint32 from,
                          guint32 to,
                          guint64 payload,
                          gint64 deadline_us,
                          guint64 cookie);

/* Stops the transfer with this handle and cookie if it has not left yet; returns whether it had
 * not. There will be no left() and no arrived() for it. */
gboolean sim_network_abort (SimNetwork *self, guint32 handle, guint32 from, guint64 cookie);

/* @size bytes without headers. What is @is_reliable (a small stream) comes late instead of never.
 */
void sim_network_send_datagram (
    SimNetwork *self, guint32 from, guint32 to, guint size, gboolean is_reliable, guint64 cookie);

void sim_network_set_timer (SimNetwork *self, guint32 node, gint64 at_us, guint64 cookie);

/* Runs until this time. */
void sim_network_run (SimNetwork *self, gint64 until_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimNetwork, sim_network_free)

G_END_DECLS
