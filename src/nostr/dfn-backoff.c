/* SPDX-License-Identifier: MIT */
#include "dfn-backoff.h"

guint
dfn_backoff_delay_ms (guint failures, guint32 random)
{
  guint doublings = MIN (MAX (failures, 1) - 1, 16);
  guint64 high = MIN ((guint64) 2 * DFN_BACKOFF_MIN_MS << doublings, DFN_BACKOFF_MAX_MS);
  guint64 low = high / 2;

  return (guint) (low + random % (high - low + 1));
}
