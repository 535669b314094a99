/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-output.h"

G_BEGIN_DECLS

/**
 * dfn_cli_prompt_read_secret:
 * @output: where to ask
 * @fd: standard input
 * @question: what to ask for when @fd is a terminal
 * @error: return location
 *
 * Reads one line that nobody is to see: on a terminal it is asked for and not shown while it is
 * typed, also when Ctrl+C ends the program meanwhile.
 *
 * Returns: (transfer full) (nullable): the line without blanks at its ends, in guarded memory, to
 *   be freed with dfn_secret_free(); %NULL with %DFN_CLI_ERROR_USAGE if there is none or it is
 *   longer than any key, or with %DFN_CLI_ERROR_FILE
 */
char *
dfn_cli_prompt_read_secret (DfnCliOutput *output, int fd, const char *question, GError **error);

/**
 * dfn_cli_prompt_confirm:
 * @fd: standard input, a terminal
 * @question: what is to be answered with yes or no
 *
 * Returns: %TRUE if the answer is yes
 */
gboolean dfn_cli_prompt_confirm (DfnCliOutput *output, int fd, const char *question);

G_END_DECLS
