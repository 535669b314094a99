/* SPDX-License-Identifier: MIT */
#include "dfn-uplink-bucket.h"

#include <string.h>

#define SLOT_US 1000
/* What one connection gets at once: the fewer the better the order of deadlines is kept, but fast
 * links need whole batches (one GSO send of at most 64 kB). */
#define QUANTUM_US 2000
#define FAST_QUANTUM_US 4000
#define FAST 3e6 /* bytes a second */
#define MIN_QUANTUM (2 * DFN_UPLINK_PACKET)
#define MAX_QUANTUM 65536
/* A main loop that comes late makes up for so much. */
#define DEPTH_US 12000
/* What did not wait makes others wait for no longer than this. */
#define MAX_DEBT_US 250000

static double
get_pace (const DfnUplinkBucket *self)
{
  if (self->rate > 0 && self->limit > 0)
    return MIN (self->rate, self->limit);
  return self->rate > 0 ? self->rate : self->limit;
}

/* What any 101 slots may hold, so that no 100 ms hold more than their share of the limit. */
static double
get_window (const DfnUplinkBucket *self)
{
  return self->limit * DFN_UPLINK_WINDOW_US / G_USEC_PER_SEC;
}

static double
get_quantum (const DfnUplinkBucket *self)
{
  double pace = get_pace (self);
  double quantum = CLAMP (pace * (pace < FAST ? QUANTUM_US : FAST_QUANTUM_US) / G_USEC_PER_SEC,
                          MIN_QUANTUM, MAX_QUANTUM);

  if (self->limit > 0 && get_window (self) < 4 * quantum)
    quantum = MAX (get_window (self) / 4, DFN_UPLINK_PACKET);
  return quantum;
}

static void
fill (DfnUplinkBucket *self, gint64 now_us)
{
  double pace = get_pace (self);
  double most = MAX (pace * DEPTH_US / G_USEC_PER_SEC, 2 * get_quantum (self));

  if (now_us > self->filled_us)
    self->tokens += pace * (double) (now_us - self->filled_us) / G_USEC_PER_SEC;
  self->tokens = MIN (self->tokens, most);
  self->filled_us = now_us;
}

static void
slide (DfnUplinkBucket *self, gint64 now_us)
{
  gint64 slot = now_us / SLOT_US;

  if (slot - self->slot >= DFN_UPLINK_N_SLOTS)
    {
      memset (self->slots, 0, sizeof self->slots);
      self->in_window = 0;
      self->slot = slot;
    }
  for (; self->slot < slot; self->slot++)
    {
      guint32 *oldest = &self->slots[(self->slot + 1) % DFN_UPLINK_N_SLOTS];

      self->in_window -= *oldest;
      *oldest = 0;
    }
}

void
dfn_uplink_bucket_set (DfnUplinkBucket *self, gint64 now_us, double rate, double limit)
{
  fill (self, now_us);
  if (get_pace (self) <= 0)
    self->tokens = 0;
  self->rate = rate;
  self->limit = limit > 0 ? MAX (limit, DFN_UPLINK_MIN_LIMIT) : 0;
}

gsize
dfn_uplink_bucket_get (DfnUplinkBucket *self, gint64 now_us)
{
  double quantum = get_quantum (self);
  double most;

  if (get_pace (self) <= 0)
    return G_MAXSIZE;
  fill (self, now_us);
  if (self->tokens < quantum)
    return 0;
  most = MIN (self->tokens, MAX (quantum, MIN_QUANTUM));
  if (self->limit > 0)
    {
      slide (self, now_us);
      most = MIN (most, get_window (self) - (double) self->in_window);
    }
  return most >= DFN_UPLINK_PACKET ? (gsize) most : 0;
}

void
dfn_uplink_bucket_take (DfnUplinkBucket *self, gint64 now_us, guint64 bytes)
{
  double pace = get_pace (self);

  slide (self, now_us);
  self->slots[self->slot % DFN_UPLINK_N_SLOTS] += (guint32) MIN (bytes, G_MAXUINT32 / 2);
  self->in_window += MIN (bytes, G_MAXUINT32 / 2);
  if (pace <= 0)
    return;
  fill (self, now_us);
  self->tokens = MAX (self->tokens - (double) bytes, -pace * MAX_DEBT_US / G_USEC_PER_SEC);
}

gint64
dfn_uplink_bucket_get_ready (DfnUplinkBucket *self, gint64 now_us)
{
  double pace = get_pace (self);
  gint64 ready_us = now_us;
  double window;
  guint64 left;

  if (pace <= 0)
    return now_us;
  fill (self, now_us);
  if (self->tokens < get_quantum (self))
    ready_us += (gint64) ((get_quantum (self) - self->tokens) * G_USEC_PER_SEC / pace) + 1;
  if (self->limit <= 0)
    return ready_us;
  slide (self, now_us);
  window = get_window (self) - DFN_UPLINK_PACKET;
  left = self->in_window;
  /* Slot by slot, the oldest first, until a packet fits. */
  for (gint64 slot = self->slot + 1; (double) left > window; slot++)
    {
      left -= self->slots[slot % DFN_UPLINK_N_SLOTS];
      ready_us = MAX (ready_us, slot * SLOT_US);
      if (slot >= self->slot + DFN_UPLINK_N_SLOTS)
        break;
    }
  return ready_us;
}
