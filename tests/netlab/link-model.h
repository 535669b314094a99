/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "link-settings.h"
#include "packet-queue.h"

G_BEGIN_DECLS

/** LinkRandom: a random sequence of its own for each link (splitmix64), given by its seed */
typedef struct {
  guint64 state;
} LinkRandom;

/**
 * link_random_next:
 *
 * Returns: the next number of the sequence, in [0, 1)
 */
double link_random_next (LinkRandom *self);

/**
 * LinkCounters:
 * @packets: packets that passed the queue, and were delivered or lost
 * @bytes: their bytes
 * @lost: those among @packets that were lost on the way
 * @overflowed: packets that found the queue full
 * @longest_queue: the most bytes that stood in the queue
 */
typedef struct {
  guint64 packets;
  guint64 bytes;
  guint64 lost;
  guint64 overflowed;
  guint64 longest_queue;
} LinkCounters;

/**
 * LinkModel:
 *
 * One direction of one access link: a drop-tail queue, a serialiser with a rate, then loss, delay,
 * jitter and reordering. No clock and no randomness inside: the same calls give the same answers.
 * All times are nanoseconds of any monotonic clock and never go back.
 */
typedef struct {
  LinkSettings settings;
  double nominal_rate;
  guint64 trace_start_ns;
  Packet *head;
  Packet *tail;
  guint64 queued_bytes;
  double head_sent;
  guint64 head_clock_ns;
  guint64 last_due_ns;
  gboolean in_loss;
  LinkCounters counters;
} LinkModel;

void link_model_init (LinkModel *self);

/**
 * link_model_clear:
 *
 * The queue must have been emptied with link_model_drop_all() before.
 */
void link_model_clear (LinkModel *self);

/**
 * link_model_configure:
 * @now_ns: the present; what the packet in the serialiser has sent until now stays sent
 * @settings: how the link is from now on
 */
void link_model_configure (LinkModel *self, guint64 now_ns, const LinkSettings *settings);

/**
 * link_model_offer:
 * @now_ns: when the packet arrives at the queue
 * @packet: (transfer full): a packet; its caller keeps it when the answer is %FALSE
 *
 * Returns: %FALSE when the queue is full
 */
gboolean link_model_offer (LinkModel *self, guint64 now_ns, Packet *packet);

/**
 * link_model_next_ns:
 *
 * Returns: when the first packet leaves the serialiser; %PACKET_NEVER when there is none, or when
 *   nothing passes
 */
guint64 link_model_next_ns (const LinkModel *self);

/**
 * link_model_take:
 * @now_ns: the present
 * @random: the link's random sequence
 * @lost: (out): whether the packet is lost
 *
 * Returns: (transfer full) (nullable): the next packet that left the serialiser by @now_ns, with
 *   @due_ns set to its arrival at the other end; %NULL when there is none yet
 */
Packet *link_model_take (LinkModel *self, guint64 now_ns, LinkRandom *random, gboolean *lost);

/**
 * link_model_drop_all:
 *
 * Returns: (transfer full) (nullable): the list of the packets that stood in the queue
 */
Packet *link_model_drop_all (LinkModel *self);

G_END_DECLS
