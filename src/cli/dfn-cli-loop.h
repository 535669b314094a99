/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-output.h"

G_BEGIN_DECLS

/**
 * DfnCliLoop:
 *
 * The main loop of a command that goes on until it is done or somebody ends it. Only one at a time.
 *
 * SIGINT, SIGTERM and, unless it was ignored, SIGHUP end the loop; so does standard output when
 * nobody reads it any more. After the first signal the program has a second to close everything in
 * good order, then it ends whatever it is doing; the second signal ends it at once. That is why
 * what matters has to be on the disk in a form that bears a sudden end.
 */
typedef struct _DfnCliLoop DfnCliLoop;

/**
 * dfn_cli_loop_new:
 * @output: (transfer none): outlives the loop
 *
 * Returns: (transfer full): a loop; from now on signals are caught
 */
DfnCliLoop *dfn_cli_loop_new (DfnCliOutput *output);
void dfn_cli_loop_free (DfnCliLoop *self);

/**
 * dfn_cli_loop_run:
 *
 * Runs the default main context until something ends it; returns at once if that has happened
 * already. With `--json` a signal is told as event `interrupted`.
 *
 * Returns: what to end with
 */
int dfn_cli_loop_run (DfnCliLoop *self);

/**
 * dfn_cli_loop_quit:
 * @code: what to end with; the first one counts
 *
 * May be called from any thread.
 */
void dfn_cli_loop_quit (DfnCliLoop *self, int code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnCliLoop, dfn_cli_loop_free)

G_END_DECLS
