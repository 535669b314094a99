/* SPDX-License-Identifier: MIT */
#include "dfn-cli-exit.h"
#include "dfn-node.h"
#include "dfn-nostr-error.h"

#include <signal.h>

static void
check (GQuark domain, int code, DfnCliExit expected, const char *expected_word)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, "It is so");
  const char *word = NULL;

  g_assert_cmpint (dfn_cli_exit_for_error (error, &word), ==, expected);
  g_assert_cmpstr (word, ==, expected_word);
  g_assert_cmpint (dfn_cli_exit_for_error (error, NULL), ==, expected);
}

static void
test_errors (void)
{
  check (DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE, DFN_CLI_EXIT_USAGE, "usage");
  check (DFN_CLI_ERROR, DFN_CLI_ERROR_NOT_FOUND, DFN_CLI_EXIT_NOT_FOUND, "not-found");
  check (DFN_CLI_ERROR, DFN_CLI_ERROR_NETWORK, DFN_CLI_EXIT_NETWORK, "network");
  check (DFN_CLI_ERROR, DFN_CLI_ERROR_FILE, DFN_CLI_EXIT_FILE, "file");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INVALID_LINK, DFN_CLI_EXIT_USAGE, "invalid-link");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NOT_FOUND, DFN_CLI_EXIT_NOT_FOUND, "not-found");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NETWORK, DFN_CLI_EXIT_NETWORK, "network");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INTEGRITY, DFN_CLI_EXIT_INTEGRITY, "integrity");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_FILE, DFN_CLI_EXIT_FILE, "file");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY, DFN_CLI_EXIT_FILE, "identity");
  check (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_SETTINGS, DFN_CLI_EXIT_USAGE, "settings");
  check (DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY, DFN_CLI_EXIT_USAGE, "usage");
  check (DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_URL, DFN_CLI_EXIT_USAGE, "usage");
  check (DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_STORE, DFN_CLI_EXIT_FILE, "file");
  check (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS, DFN_CLI_EXIT_USAGE, "usage");
  check (G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE, DFN_CLI_EXIT_NETWORK, "network");
  check (G_FILE_ERROR, G_FILE_ERROR_NOENT, DFN_CLI_EXIT_FILE, "file");
  check (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, DFN_CLI_EXIT_USAGE, "usage");
  check (G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, DFN_CLI_EXIT_FAILURE, "unexpected");
}

static void
test_signals (void)
{
  g_assert_cmpint (dfn_cli_exit_for_signal (SIGINT), ==, DFN_CLI_EXIT_INTERRUPTED);
  g_assert_cmpint (dfn_cli_exit_for_signal (SIGTERM), ==, DFN_CLI_EXIT_TERMINATED);
  g_assert_cmpint (dfn_cli_exit_for_signal (SIGHUP), ==, DFN_CLI_EXIT_HANGUP);
  g_assert_cmpint (dfn_cli_exit_for_signal (SIGPIPE), ==, DFN_CLI_EXIT_CLOSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/exit/errors", test_errors);
  g_test_add_func ("/cli/exit/signals", test_signals);
  return g_test_run ();
}
