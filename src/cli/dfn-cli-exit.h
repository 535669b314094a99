/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnCliExit:
 * @DFN_CLI_EXIT_OK: it is done
 * @DFN_CLI_EXIT_FAILURE: something that has no code of its own
 * @DFN_CLI_EXIT_USAGE: a command, option or argument that cannot be used as it was given
 * @DFN_CLI_EXIT_NOT_FOUND: the relays answered, and what was asked for is not there
 * @DFN_CLI_EXIT_NETWORK: no relay or peer can be reached, or an address cannot be listened on
 * @DFN_CLI_EXIT_INTEGRITY: what came is not what was announced
 * @DFN_CLI_EXIT_FILE: a file on this computer cannot be used
 * @DFN_CLI_EXIT_HANGUP: ended by SIGHUP
 * @DFN_CLI_EXIT_INTERRUPTED: ended by SIGINT, as Ctrl+C sends it
 * @DFN_CLI_EXIT_CLOSED: nobody reads standard output any more
 * @DFN_CLI_EXIT_TERMINATED: ended by SIGTERM
 *
 * What the program ends with; the manual page says the same. From 128 on it is 128 and the number
 * of the signal, as a shell shows it.
 */
typedef enum {
  DFN_CLI_EXIT_OK = 0,
  DFN_CLI_EXIT_FAILURE = 1,
  DFN_CLI_EXIT_USAGE = 2,
  DFN_CLI_EXIT_NOT_FOUND = 3,
  DFN_CLI_EXIT_NETWORK = 4,
  DFN_CLI_EXIT_INTEGRITY = 5,
  DFN_CLI_EXIT_FILE = 6,
  DFN_CLI_EXIT_HANGUP = 129,
  DFN_CLI_EXIT_INTERRUPTED = 130,
  DFN_CLI_EXIT_CLOSED = 141,
  DFN_CLI_EXIT_TERMINATED = 143,
} DfnCliExit;

/**
 * DfnCliError:
 * @DFN_CLI_ERROR_USAGE: a command, option or argument that cannot be used as it was given
 * @DFN_CLI_ERROR_NOT_FOUND: what was asked for is not there
 * @DFN_CLI_ERROR_NETWORK: no relay can be reached
 * @DFN_CLI_ERROR_FILE: a file or standard output cannot be read or written
 */
typedef enum {
  DFN_CLI_ERROR_USAGE,
  DFN_CLI_ERROR_NOT_FOUND,
  DFN_CLI_ERROR_NETWORK,
  DFN_CLI_ERROR_FILE,
} DfnCliError;

#define DFN_CLI_ERROR (dfn_cli_error_quark ())
GQuark dfn_cli_error_quark (void);

/**
 * dfn_cli_exit_for_error:
 * @error: an error of any module
 * @word: (out) (optional) (transfer none): the error's name in the JSON event `error`, e.g.
 *   "not-found"
 *
 * Returns: the code to end with
 */
DfnCliExit dfn_cli_exit_for_error (const GError *error, const char **word);

/**
 * dfn_cli_exit_for_signal:
 * @number: a signal's number
 *
 * Returns: the code to end with
 */
int dfn_cli_exit_for_signal (int number);

G_END_DECLS
