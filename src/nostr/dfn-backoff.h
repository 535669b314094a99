/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_BACKOFF_MIN_MS: the shortest wait before a new attempt, milliseconds */
#define DFN_BACKOFF_MIN_MS 500
/** DFN_BACKOFF_MAX_MS: the longest wait before a new attempt, milliseconds: somebody may be waiting
 * for a relay that is back */
#define DFN_BACKOFF_MAX_MS 16000

/**
 * dfn_backoff_delay_ms:
 * @failures: attempts that failed in a row, at least 1
 * @random: any random number
 *
 * Exponential back-off with jitter: the upper end of the range starts at one second and doubles
 * with each failure up to %DFN_BACKOFF_MAX_MS, the lower end is half of it. The jitter keeps a
 * thousand viewers from coming back to a restarted relay in the same instant.
 *
 * Returns: how long to wait, milliseconds
 */
guint dfn_backoff_delay_ms (guint failures, guint32 random);

G_END_DECLS
