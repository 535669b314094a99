/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-event.h"

G_BEGIN_DECLS

/**
 * DfnCliOutput:
 *
 * Where everything goes that the program says: results to standard output, words for people to
 * standard error. With `--json` standard output carries events and nothing else, and standard
 * error only errors and, if wanted, the log.
 *
 * What is said comes out at once, one write a line, and without characters that a terminal takes
 * as commands, whoever chose the words. On a terminal a status line may stand below all this.
 * May be used from any thread.
 */
typedef struct _DfnCliOutput DfnCliOutput;

/**
 * DfnCliOutputFlags:
 * @DFN_CLI_OUTPUT_JSON: events instead of words
 * @DFN_CLI_OUTPUT_QUIET: nothing but results and errors
 * @DFN_CLI_OUTPUT_VERBOSE: the log as well
 */
typedef enum {
  DFN_CLI_OUTPUT_JSON = 1 << 0,
  DFN_CLI_OUTPUT_QUIET = 1 << 1,
  DFN_CLI_OUTPUT_VERBOSE = 1 << 2,
} DfnCliOutputFlags;

/**
 * DfnCliOutputClosedFunc:
 * @code: what to end with
 *
 * Standard output cannot be written any more.
 */
typedef void (*DfnCliOutputClosedFunc) (int code, gpointer user_data);

/**
 * dfn_cli_output_new:
 * @out_fd: standard output
 * @err_fd: standard error
 *
 * Returns: (transfer full): an output; it does not close the descriptors
 */
DfnCliOutput *dfn_cli_output_new (int out_fd, int err_fd, DfnCliOutputFlags flags);
void dfn_cli_output_free (DfnCliOutput *self);

/* Takes over GLib's log, until the output is freed: it must not tear the status line apart. */
void dfn_cli_output_take_log (DfnCliOutput *self);

/* Whether events are wanted; what they cost need not be spent otherwise. */
gboolean dfn_cli_output_is_json (DfnCliOutput *self);
gboolean dfn_cli_output_is_quiet (DfnCliOutput *self);

/**
 * dfn_cli_output_get_width:
 *
 * Returns: the columns of the terminal that standard error is, at this moment; 0 if it is none
 */
guint dfn_cli_output_get_width (DfnCliOutput *self);

/**
 * dfn_cli_output_get_height:
 *
 * Returns: its lines; 0 if it is none
 */
guint dfn_cli_output_get_height (DfnCliOutput *self);

/**
 * dfn_cli_output_get_result_width:
 *
 * Returns: the columns of the terminal that standard output is; 0 if it is none
 */
guint dfn_cli_output_get_result_width (DfnCliOutput *self);

/**
 * dfn_cli_output_say:
 *
 * A sentence for people, on standard error; not with `--json` or `--quiet`.
 */
void dfn_cli_output_say (DfnCliOutput *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * dfn_cli_output_warn:
 *
 * A sentence that must not be missed, on standard error whatever the flags.
 */
void dfn_cli_output_warn (DfnCliOutput *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * dfn_cli_output_fail:
 * @error: what went wrong
 *
 * Says it on standard error and, with `--json`, as event `error`.
 *
 * Returns: the code to end with
 */
int dfn_cli_output_fail (DfnCliOutput *self, const GError *error);

/**
 * dfn_cli_output_result:
 * @line: a result, without a line feed. On a terminal it is cleaned, elsewhere it is written as it
 *   is: a file's name has to be usable, whatever bytes it consists of
 *
 * Not with `--json`.
 */
void dfn_cli_output_result (DfnCliOutput *self, const char *line);

/**
 * dfn_cli_output_text:
 * @text: several lines of our own, e.g. a help text, with the last line feed
 *
 * Writes a text to standard output as it is.
 */
void dfn_cli_output_text (DfnCliOutput *self, const char *text);

/**
 * dfn_cli_output_secret:
 * @before: (nullable): what stands before it, e.g. the beginning of an event
 * @secret: in guarded memory; no copy is made
 * @after: (nullable): what follows, a line feed at its end
 *
 * Writes a secret to standard output.
 */
void dfn_cli_output_secret (DfnCliOutput *self,
                            const char *before,
                            const char *secret,
                            const char *after);

/**
 * dfn_cli_output_event:
 * @event: (transfer full): what happened; written with `--json`, forgotten otherwise
 */
void dfn_cli_output_event (DfnCliOutput *self, DfnCliEvent *event);

/**
 * dfn_cli_output_set_status:
 * @status: (nullable): lines with line feeds between them, mostly one, or %NULL for none
 *
 * Sets what stands at the foot of the terminal, cut to its width and height; without a terminal
 * nothing happens.
 */
void dfn_cli_output_set_status (DfnCliOutput *self, const char *status);

/**
 * dfn_cli_output_set_closed_func:
 *
 * What to call, once, when standard output cannot be written any more; at once if that is so
 * already. The call comes in the thread that tried to write.
 */
void dfn_cli_output_set_closed_func (DfnCliOutput *self,
                                     DfnCliOutputClosedFunc func,
                                     gpointer user_data);

/**
 * dfn_cli_output_get_closed:
 *
 * Returns: what to end with because standard output cannot be written, or 0
 */
int dfn_cli_output_get_closed (DfnCliOutput *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnCliOutput, dfn_cli_output_free)

G_END_DECLS
