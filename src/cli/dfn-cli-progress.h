/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnCliFigures:
 * @bytes: what is there
 * @total: all there will be, 0 while unknown
 * @rate: bytes per second
 * @n_peers: who is connected
 *
 * How far a transfer is.
 */
typedef struct {
  guint64 bytes;
  guint64 total;
  double rate;
  guint n_peers;
} DfnCliFigures;

/**
 * dfn_cli_progress_get_eta:
 *
 * Returns: the seconds that are left at the present rate, or -1 if that cannot be said
 */
double dfn_cli_progress_get_eta (const DfnCliFigures *figures);

/**
 * dfn_cli_progress_format_percent:
 *
 * Returns: (transfer full): the percentage in a width that stays, e.g. " 42 %"; 100 only when all
 *   is there
 */
char *dfn_cli_progress_format_percent (const DfnCliFigures *figures);

/**
 * dfn_cli_progress_format_bar:
 * @figures: how far it is
 * @width: the columns there are
 *
 * A line for a terminal: percentage, bar, bytes, rate, peers, time left; the less room there is the
 * fewer of them. Figures stay in their columns while they change.
 *
 * Returns: (transfer full): a line of at most @width columns
 */
char *dfn_cli_progress_format_bar (const DfnCliFigures *figures, guint width);

/**
 * dfn_cli_progress_format_line:
 *
 * Returns: (transfer full): the same as a line for a log
 */
char *dfn_cli_progress_format_line (const DfnCliFigures *figures);

/**
 * DfnCliPace:
 * @last_us: when the last line was due; 0 before the first report
 * @last_percent: how far it was then
 *
 * When a progress line is due where there is no terminal; zeroed at first.
 */
typedef struct {
  gint64 last_us;
  guint last_percent;
} DfnCliPace;

/**
 * dfn_cli_pace_is_due:
 * @now_us: the present time, microseconds on any clock that starts beyond 0
 *
 * To be called with every report. A line is due after every tenth of the whole, but not within two
 * seconds of the first report or the last line, and half a minute after those in any case.
 *
 * Returns: %TRUE if it is; the next one is counted from here on
 */
gboolean dfn_cli_pace_is_due (DfnCliPace *self, const DfnCliFigures *figures, gint64 now_us);

G_END_DECLS
