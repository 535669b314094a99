/* SPDX-License-Identifier: MIT */
#include "packet-queue.h"

void
packet_pool_init (PacketPool *self, gsize capacity)
{
  self->free = NULL;
  self->capacity = capacity;
}

void
packet_pool_clear (PacketPool *self)
{
  while (self->free != NULL)
    {
      Packet *packet = self->free;
      self->free = packet->next;
      g_free (packet);
    }
}

Packet *
packet_pool_take (PacketPool *self)
{
  Packet *packet = self->free;

  if (packet == NULL)
    packet = g_malloc (sizeof *packet + self->capacity);
  else
    self->free = packet->next;
  packet->next = NULL;
  packet->due_ns = 0;
  packet->length = 0;
  packet->to = 0;
  packet->downlink = FALSE;
  return packet;
}

void
packet_pool_give (PacketPool *self, Packet *packet)
{
  packet->next = self->free;
  self->free = packet;
}

void
packet_queue_clear (PacketQueue *self)
{
  g_free (self->entries);
  *self = (PacketQueue){ 0 };
}

static gboolean
comes_before (const TimedEntry *a, const TimedEntry *b)
{
  return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

void
packet_queue_add (PacketQueue *self, guint64 due_ns, gpointer item)
{
  TimedEntry entry = { due_ns, self->added++, item };
  gsize hole = self->length++;

  if (self->length > self->allocated)
    {
      self->allocated = MAX (1024, self->allocated * 2);
      self->entries = g_renew (TimedEntry, self->entries, self->allocated);
    }
  while (hole > 0 && comes_before (&entry, &self->entries[(hole - 1) / 2]))
    {
      self->entries[hole] = self->entries[(hole - 1) / 2];
      hole = (hole - 1) / 2;
    }
  self->entries[hole] = entry;
}

guint64
packet_queue_next_ns (const PacketQueue *self)
{
  return self->length > 0 ? self->entries[0].due_ns : PACKET_NEVER;
}

gboolean
packet_queue_pop (PacketQueue *self, TimedEntry *entry)
{
  const TimedEntry *last;
  gsize hole = 0;

  if (self->length == 0)
    return FALSE;
  *entry = self->entries[0];
  last = &self->entries[--self->length];
  for (;;)
    {
      gsize child = 2 * hole + 1;

      if (child >= self->length)
        break;
      if (child + 1 < self->length
          && comes_before (&self->entries[child + 1], &self->entries[child]))
        child++;
      if (!comes_before (&self->entries[child], last))
        break;
      self->entries[hole] = self->entries[child];
      hole = child;
    }
  self->entries[hole] = *last;
  return TRUE;
}
