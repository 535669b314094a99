/* SPDX-License-Identifier: MIT */
#include "dfn-cli-exit.h"

#include "dfn-node.h"
#include "dfn-nostr-error.h"

#include <gio/gio.h>

typedef struct {
  DfnCliExit code;
  const char *word;
} Outcome;

static const Outcome usage = { DFN_CLI_EXIT_USAGE, "usage" };
static const Outcome not_found = { DFN_CLI_EXIT_NOT_FOUND, "not-found" };
static const Outcome network = { DFN_CLI_EXIT_NETWORK, "network" };
static const Outcome integrity = { DFN_CLI_EXIT_INTEGRITY, "integrity" };
static const Outcome file = { DFN_CLI_EXIT_FILE, "file" };
static const Outcome failure = { DFN_CLI_EXIT_FAILURE, "unexpected" };

G_DEFINE_QUARK (dfn - cli - error - quark, dfn_cli_error)

static Outcome
judge_cli (DfnCliError code)
{
  switch (code)
    {
    case DFN_CLI_ERROR_USAGE:
      return usage;
    case DFN_CLI_ERROR_NOT_FOUND:
      return not_found;
    case DFN_CLI_ERROR_NETWORK:
      return network;
    case DFN_CLI_ERROR_FILE:
      return file;
    }
  return failure;
}

static Outcome
judge_engine (DfnEngineError code)
{
  switch (code)
    {
    case DFN_ENGINE_ERROR_INVALID_LINK:
      return (Outcome){ DFN_CLI_EXIT_USAGE, "invalid-link" };
    case DFN_ENGINE_ERROR_NOT_FOUND:
      return not_found;
    case DFN_ENGINE_ERROR_NETWORK:
      return network;
    case DFN_ENGINE_ERROR_INTEGRITY:
      return integrity;
    case DFN_ENGINE_ERROR_FILE:
      return file;
    case DFN_ENGINE_ERROR_IDENTITY:
      return (Outcome){ DFN_CLI_EXIT_FILE, "identity" };
    case DFN_ENGINE_ERROR_SETTINGS:
      return (Outcome){ DFN_CLI_EXIT_USAGE, "settings" };
    }
  return failure;
}

/* The few of its errors that come here without the engine between: keys and addresses that the
 * user gave, and the relay's own file. */
static Outcome
judge_nostr (DfnNostrError code)
{
  switch (code)
    {
    case DFN_NOSTR_ERROR_INVALID_KEY:
    case DFN_NOSTR_ERROR_INVALID_ENTITY:
    case DFN_NOSTR_ERROR_INVALID_URL:
      return usage;
    case DFN_NOSTR_ERROR_STORE:
      return file;
    case DFN_NOSTR_ERROR_RELAY:
      return network;
    case DFN_NOSTR_ERROR_INVALID_EVENT:
    case DFN_NOSTR_ERROR_BAD_SIGNATURE:
    case DFN_NOSTR_ERROR_INVALID_FILTER:
    case DFN_NOSTR_ERROR_INVALID_MESSAGE:
    case DFN_NOSTR_ERROR_DECRYPT:
    case DFN_NOSTR_ERROR_TOO_LARGE:
      return integrity;
    }
  return failure;
}

static Outcome
judge (const GError *error)
{
  if (error->domain == DFN_CLI_ERROR)
    return judge_cli ((DfnCliError) error->code);
  if (error->domain == DFN_ENGINE_ERROR)
    return judge_engine ((DfnEngineError) error->code);
  if (error->domain == DFN_NOSTR_ERROR)
    return judge_nostr ((DfnNostrError) error->code);
  if (error->domain == G_OPTION_ERROR)
    return usage;
  if (error->domain == DFN_NETWORK_ERROR)
    return error->code == DFN_NETWORK_ERROR_INVALID_ADDRESS ? usage : network;
  if (error->domain == G_IO_ERROR || error->domain == G_RESOLVER_ERROR)
    return network;
  if (error->domain == G_FILE_ERROR)
    return file;
  return failure;
}

DfnCliExit
dfn_cli_exit_for_error (const GError *error, const char **word)
{
  Outcome outcome = judge (error);

  if (word != NULL)
    *word = outcome.word;
  return outcome.code;
}

int
dfn_cli_exit_for_signal (int number)
{
  return 128 + number;
}
