/* SPDX-License-Identifier: MIT */
#include "dfn-token-bucket.h"

void
dfn_token_bucket_init (DfnTokenBucket *self, double rate, double burst, gint64 now_us)
{
  self->rate = rate;
  self->burst = burst;
  self->tokens = burst;
  self->last_us = now_us;
}

static void
refill (DfnTokenBucket *self, gint64 now_us)
{
  double gained = (double) MAX (now_us - self->last_us, 0) * self->rate / G_USEC_PER_SEC;

  self->tokens = MIN (self->tokens + gained, self->burst);
  self->last_us = MAX (now_us, self->last_us);
}

gboolean
dfn_token_bucket_take (DfnTokenBucket *self, double amount, gint64 now_us)
{
  refill (self, now_us);
  if (self->tokens < amount)
    return FALSE;
  self->tokens -= amount;
  return TRUE;
}

void
dfn_token_bucket_charge (DfnTokenBucket *self, double amount, gint64 now_us)
{
  refill (self, now_us);
  self->tokens -= amount;
}
