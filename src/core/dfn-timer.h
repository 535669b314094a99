/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_timer_source_new:
 *
 * A #GSource that fires once at a set time, to the microsecond where the system can: GLib's own
 * ready time is rounded up to a whole millisecond, which would halve the rate of a paced sender.
 * Its callback is a #GSourceFunc; what it returns decides whether the source stays.
 *
 * Returns: (transfer full): an idle timer, not yet attached
 */
GSource *dfn_timer_source_new (void);

/**
 * dfn_timer_source_set:
 * @source: a timer
 * @when_us: when to fire, on g_get_monotonic_time()'s clock in microseconds; in the past: at
 *   once; -1: never
 *
 * For the thread that runs the source's context.
 */
void dfn_timer_source_set (GSource *source, gint64 when_us);

G_END_DECLS
