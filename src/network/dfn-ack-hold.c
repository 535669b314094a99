/* SPDX-License-Identifier: MIT */
#include "dfn-ack-hold.h"

#define MS G_GUINT64_CONSTANT (1000000)
/* So many packets tell the sender what it wants to know of the path. */
#define N_FIRST 100
/* Waiting for less costs more wake-ups than it is worth. */
#define SHORTEST_NS (1 * MS)
#define LONGEST_NS (DFN_ACK_HOLD_LONGEST_US * G_GUINT64_CONSTANT (1000))

void
dfn_ack_hold_received (DfnAckHold *self, guint64 now_ns, gboolean wants_answer)
{
  self->n_heard++;
  self->n_waiting++;
  if (wants_answer && self->since_ns == 0)
    self->since_ns = now_ns;
}

void
dfn_ack_hold_written (DfnAckHold *self)
{
  self->n_waiting = 0;
}

gboolean
dfn_ack_hold_may_wait (const DfnAckHold *self)
{
  return self->n_heard > N_FIRST && self->n_waiting < DFN_ACK_HOLD_PACKETS;
}

/* When ngtcp2 acknowledges a packet that came at @since_ns. */
static guint64
get_early (guint64 since_ns, guint64 rtt_ns)
{
  return since_ns + MIN (rtt_ns / 8, DFN_ACK_HOLD_TOLD_MS * MS);
}

guint64
dfn_ack_hold_get_expiry (DfnAckHold *self, guint64 expiry_ns, guint64 rtt_ns)
{
  guint64 early = get_early (self->since_ns, rtt_ns);

  if (self->since_ns == 0 || expiry_ns < early)
    return expiry_ns;
  /* It wants nothing at that time any more, so the packet was answered meanwhile. */
  if (expiry_ns > early)
    {
      self->since_ns = 0;
      return expiry_ns;
    }
  return MAX (early, self->since_ns + CLAMP (rtt_ns / 2, SHORTEST_NS, LONGEST_NS));
}
