/* SPDX-License-Identifier: MIT */
#include "dfn-rate-meter.h"

#define N_SLOTS (DFN_RATE_METER_SLOTS + 1)

/* Empties the slots of the seconds that have begun since the last call. */
static void
advance (DfnRateMeter *self, gint64 now_us)
{
  gint64 now_s = now_us / G_USEC_PER_SEC;

  if (self->first_us == 0)
    {
      self->first_us = now_us;
      self->now_s = now_s;
    }
  if (now_s - self->now_s > N_SLOTS)
    self->now_s = now_s - N_SLOTS;
  while (self->now_s < now_s)
    self->bytes[++self->now_s % N_SLOTS] = 0;
}

void
dfn_rate_meter_add (DfnRateMeter *self, guint64 bytes, gint64 now_us)
{
  advance (self, now_us);
  self->bytes[self->now_s % N_SLOTS] += bytes;
}

double
dfn_rate_meter_get (DfnRateMeter *self, gint64 now_us)
{
  guint64 sum = 0;
  double into_this_s, span_s, since_first_s;

  if (self->first_us == 0)
    return 0;
  advance (self, now_us);
  for (guint i = 0; i < N_SLOTS; i++)
    sum += self->bytes[i];
  into_this_s = (double) (now_us % G_USEC_PER_SEC) / G_USEC_PER_SEC;
  since_first_s = (double) (now_us - self->first_us) / G_USEC_PER_SEC;
  span_s = MIN (DFN_RATE_METER_SLOTS + into_this_s, MAX (since_first_s, 0.2));
  return (double) sum / span_s;
}
