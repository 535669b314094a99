/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** PACKET_NEVER: a time in nanoseconds that does not come */
#define PACKET_NEVER G_MAXUINT64

typedef struct _Packet Packet;

/**
 * Packet:
 * @next: the one behind it in the list that holds it; %NULL at its end
 * @due_ns: when it reaches the end of the link it is on
 * @length: the bytes used in @data
 * @to: the index of the host it goes to
 * @downlink: whether it has passed its sender's uplink already
 * @data: the packet from its IP header on
 */
struct _Packet {
  Packet *next;
  guint64 due_ns;
  guint32 length;
  guint16 to;
  gboolean downlink;
  guint8 data[];
};

/** PacketPool: packets of one size, used again rather than freed */
typedef struct {
  Packet *free;
  gsize capacity;
} PacketPool;

void packet_pool_init (PacketPool *self, gsize capacity);
void packet_pool_clear (PacketPool *self);

/**
 * packet_pool_take:
 *
 * Returns: (transfer full): a packet with room for the pool's capacity; give it back with
 *   packet_pool_give()
 */
Packet *packet_pool_take (PacketPool *self);
void packet_pool_give (PacketPool *self, Packet *packet);

/**
 * TimedEntry:
 * @due_ns: when something happens
 * @order: breaks ties: what was added first comes first
 * @item: what it happens to; the queue never looks at it
 */
typedef struct {
  guint64 due_ns;
  guint64 order;
  gpointer item;
} TimedEntry;

/** PacketQueue: a binary heap by time, then by order of arrival */
typedef struct {
  TimedEntry *entries;
  gsize length;
  gsize allocated;
  guint64 added;
} PacketQueue;

void packet_queue_clear (PacketQueue *self);
void packet_queue_add (PacketQueue *self, guint64 due_ns, gpointer item);

/**
 * packet_queue_next_ns:
 *
 * Returns: the time of the first entry; %PACKET_NEVER when there is none
 */
guint64 packet_queue_next_ns (const PacketQueue *self);

/**
 * packet_queue_pop:
 * @entry: (out): the first entry
 *
 * Returns: %FALSE when the queue is empty
 */
gboolean packet_queue_pop (PacketQueue *self, TimedEntry *entry);

G_END_DECLS
