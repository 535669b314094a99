/* SPDX-License-Identifier: MIT */
#include "dfn-delay-record.h"

#include <stdlib.h>
#include <string.h>

void
dfn_delay_record_add (DfnDelayRecord *self, gint64 delay_us)
{
  self->delays_us[self->next] = delay_us;
  self->next = (self->next + 1) % DFN_DELAY_RECORD_SIZE;
  self->n = MIN (self->n + 1, DFN_DELAY_RECORD_SIZE);
}

static int
compare (const void *a, const void *b)
{
  gint64 first = *(const gint64 *) a, second = *(const gint64 *) b;

  return first < second ? -1 : first > second;
}

void
dfn_delay_record_get (const DfnDelayRecord *self, gint64 *p50_us, gint64 *p99_us)
{
  gint64 sorted[DFN_DELAY_RECORD_SIZE];

  *p50_us = *p99_us = 0;
  if (self->n == 0)
    return;
  memcpy (sorted, self->delays_us, self->n * sizeof *sorted);
  qsort (sorted, self->n, sizeof *sorted, compare);
  *p50_us = sorted[(self->n - 1) / 2];
  *p99_us = sorted[(self->n - 1) * 99 / 100];
}
