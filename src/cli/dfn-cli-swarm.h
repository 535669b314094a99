/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-options.h"
#include "dfn-swarm-report.h"

G_BEGIN_DECLS

/*
 * What `--swarm` and `--stats` show of the computers that a file or stream is exchanged with: a
 * number each, how it goes, and never an address.
 */

/**
 * dfn_cli_swarm_format_table:
 * @width: the columns there are; the less, the fewer of the table's
 * @n_lines: the lines there are
 *
 * Returns: (transfer full): a heading and a line for each peer, with line feeds between them; where
 *   there are more peers than lines, the last one says how many
 */
char *dfn_cli_swarm_format_table (const DfnSwarmReport *swarm, guint width, guint n_lines);

/**
 * dfn_cli_swarm_format_sums:
 *
 * Returns: (transfer full): a line about all of them together
 */
char *dfn_cli_swarm_format_sums (const DfnSwarmReport *swarm);

/**
 * dfn_cli_swarm_format_uplink:
 *
 * Returns: (transfer full): a line about what this computer may and can send
 */
char *dfn_cli_swarm_format_uplink (const DfnUplinkState *uplink);

/**
 * dfn_cli_swarm_add_table:
 * @status: (transfer full) (nullable): what stands at the foot of the terminal
 * @swarm: (nullable): the newest snapshot
 *
 * Returns: (transfer full) (nullable): @status, with the table below it if that is wanted
 */
char *dfn_cli_swarm_add_table (const DfnCliOptions *options,
                               DfnCliOutput *output,
                               char *status,
                               const DfnSwarmReport *swarm);

/**
 * dfn_cli_swarm_tell_stats:
 * @last_us: (inout): when they were told last, 0 at first
 * @swarm: (nullable): the newest snapshot
 * @now_us: the present time, microseconds on any clock that starts beyond 0; %G_MAXINT64 to tell
 *   them for the last time
 *
 * To be called with every report: tells statistics, as events or in words, if they are wanted and
 * it is time.
 */
void dfn_cli_swarm_tell_stats (const DfnCliOptions *options,
                               DfnCliOutput *output,
                               gint64 *last_us,
                               const DfnSwarmReport *swarm,
                               gint64 now_us);

G_END_DECLS
