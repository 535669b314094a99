/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-options.h"
#include "dfn-live-watch-session.h"

G_BEGIN_DECLS

/*
 * What `broadcast --live` and `view` do with live streams. Both return what to end with.
 */

int dfn_cli_live_broadcast_run (const DfnCliOptions *options, DfnCliOutput *output);
int dfn_cli_live_view_run (const DfnCliOptions *options, DfnCliOutput *output);

/**
 * dfn_cli_live_tell:
 * @last_us: (inout): when it was told last, 0 at first
 * @now_us: the present time, microseconds on any clock that starts beyond 0; %G_MAXINT64 to tell it
 *   for the last time
 * @rate: of the stream, bytes per second
 * @stats: how it goes
 *
 * To be called with every report: prints the event `live` once a second.
 */
void dfn_cli_live_tell (DfnCliOutput *output,
                        gint64 *last_us,
                        gint64 now_us,
                        double rate,
                        const DfnLiveSwarmStats *stats);

/**
 * dfn_cli_live_format:
 *
 * Returns: (transfer full): a line about a stream that is watched, for people
 */
char *dfn_cli_live_format (double rate, const DfnLiveSwarmStats *stats);

G_END_DECLS
