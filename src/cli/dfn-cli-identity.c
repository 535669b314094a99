/* SPDX-License-Identifier: MIT */
#include "dfn-cli-commands.h"

#include "dfn-cli-exit.h"
#include "dfn-cli-prompt.h"
#include "dfn-cli-text.h"
#include "dfn-identity.h"
#include "dfn-nip19.h"
#include "dfn-secret.h"

#include <glib/gi18n-lib.h>

#include <string.h>
#include <unistd.h>

typedef struct {
  const char *name;
  int (*run) (const DfnCliOptions *options, DfnCliOutput *output, GError **error);
} Action;

static int show (const DfnCliOptions *options, DfnCliOutput *output, GError **error);
static int create (const DfnCliOptions *options, DfnCliOutput *output, GError **error);
static int import (const DfnCliOptions *options, DfnCliOutput *output, GError **error);
static int export(const DfnCliOptions *options, DfnCliOutput *output, GError **error);

static const Action actions[] = {
  { "show", show },
  { "create", create },
  { "import", import },
  { "export", export },
};

static void
tell (DfnNostrKey *key, DfnCliOutput *output)
{
  const char *pubkey = dfn_nostr_key_get_pubkey (key);
  g_autoptr (DfnNip19) entity = dfn_nip19_new_npub (pubkey);
  g_autofree char *npub = dfn_nip19_to_string (entity);
  DfnCliEvent *event = dfn_cli_event_new ("identity");

  dfn_cli_event_add_string (event, "npub", npub);
  dfn_cli_event_add_string (event, "pubkey", pubkey);
  dfn_cli_output_event (output, event);
  dfn_cli_output_result (output, npub);
}

static DfnNostrKey *
load (GError **error)
{
  GError *load_error = NULL;
  DfnNostrKey *key = dfn_identity_load (&load_error);

  if (key == NULL && load_error == NULL)
    g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_NOT_FOUND,
                         _ ("There is no identity yet. “defiance-cli identity create” makes one, "
                            "and so does the first broadcast."));
  if (load_error != NULL)
    g_propagate_error (error, load_error);
  return key;
}

static int
show (const DfnCliOptions *options, DfnCliOutput *output, GError **error)
{
  g_autoptr (DfnNostrKey) key = load (error);

  if (key == NULL)
    return DFN_CLI_EXIT_FAILURE;
  tell (key, output);
  return DFN_CLI_EXIT_OK;
}

static int
store (DfnNostrKey *key, const DfnCliOptions *options, DfnCliOutput *output, GError **error)
{
  if (!dfn_identity_store (key, options->replace, error))
    return DFN_CLI_EXIT_FAILURE;
  dfn_cli_output_say (output, _ ("This is who you are to others from now on:"));
  tell (key, output);
  return DFN_CLI_EXIT_OK;
}

/* Said before anything is typed or generated; storing checks once more. */
static gboolean
check_replace (const DfnCliOptions *options, GError **error)
{
  g_autoptr (GError) load_error = NULL;
  g_autoptr (DfnNostrKey) key = dfn_identity_load (&load_error);

  if (options->replace || (key == NULL && load_error == NULL))
    return TRUE;
  if (load_error != NULL)
    g_propagate_error (error, g_steal_pointer (&load_error));
  else
    g_set_error_literal (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY,
                         _ ("There is an identity already; --replace puts the new one in its "
                            "place and keeps the old one beside it."));
  return FALSE;
}

static int
create (const DfnCliOptions *options, DfnCliOutput *output, GError **error)
{
  g_autoptr (DfnNostrKey) key = NULL;

  if (!check_replace (options, error))
    return DFN_CLI_EXIT_FAILURE;
  key = dfn_nostr_key_generate ();
  return store (key, options, output, error);
}

static int
import (const DfnCliOptions *options, DfnCliOutput *output, GError **error)
{
  g_autoptr (DfnNostrKey) key = NULL;
  char *secret;

  if (!check_replace (options, error))
    return DFN_CLI_EXIT_FAILURE;
  secret = dfn_cli_prompt_read_secret (
      output, STDIN_FILENO, _ ("Secret key (nsec1…; it is not shown while you type):"), error);
  if (secret == NULL)
    return DFN_CLI_EXIT_FAILURE;
  key = dfn_nostr_key_import (secret, error);
  dfn_secret_free (secret);
  return key != NULL ? store (key, options, output, error) : DFN_CLI_EXIT_FAILURE;
}

static gboolean
confirm_export (const DfnCliOptions *options, DfnCliOutput *output, GError **error)
{
  dfn_cli_output_warn (output, _ ("Whoever has the secret key can broadcast in your name for ever. "
                                  "Show it to nobody."));
  if (options->yes || dfn_cli_output_get_result_width (output) == 0)
    return TRUE;
  if (!isatty (STDIN_FILENO))
    g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         _ ("--yes is needed to show the secret key on a terminal"));
  else if (dfn_cli_prompt_confirm (output, STDIN_FILENO,
                                   _ ("Show it on this terminal? Type “yes” or “no”:")))
    return TRUE;
  else
    g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         _ ("The secret key was not shown"));
  return FALSE;
}

static int export(const DfnCliOptions *options, DfnCliOutput *output, GError **error)
{
  g_autoptr (DfnNostrKey) key = load (error);
  char *secret;

  if (key == NULL || !confirm_export (options, output, error))
    return DFN_CLI_EXIT_FAILURE;
  secret = dfn_nostr_key_export (key);
  if (dfn_cli_output_is_json (output))
    dfn_cli_output_secret (output, "{\"event\":\"secret-key\",\"nsec\":\"", secret, "\"}\n");
  else
    dfn_cli_output_secret (output, NULL, secret, "\n");
  dfn_secret_free_string (secret);
  return DFN_CLI_EXIT_OK;
}

/* In NIP-19's form or as 64 hexadecimal digits, whole or mistyped. */
static gboolean
looks_secret (const char *word)
{
  return g_ascii_strncasecmp (word, "nsec", 4) == 0
         || strspn (word, "0123456789abcdefABCDEF") > DFN_NOSTR_PUBKEY_SIZE;
}

static gboolean
check_words (char **words, GError **error)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (looks_secret (words[i]) || (i > 0 && g_str_equal (words[0], "import")))
      {
        g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                             _ ("A secret key is not taken from the command line, where every user "
                                "of this computer can read it: “defiance-cli identity import” "
                                "asks for it, or reads it from standard input."));
        return FALSE;
      }
  if (words[0] == NULL || words[1] == NULL)
    return TRUE;
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
               _ ("There are more arguments than “defiance-cli %s” takes"), "identity");
  return FALSE;
}

static const Action *
find_action (const DfnCliOptions *options, GError **error)
{
  char **words = options->arguments;
  const char *names[G_N_ELEMENTS (actions) + 1] = { NULL };
  const char *suggestion;

  if (!check_words (words, error))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      if (words[0] == NULL || g_str_equal (words[0], actions[i].name))
        return &actions[i];
      names[i] = actions[i].name;
    }
  suggestion = dfn_cli_text_suggest (words[0], names);
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
               suggestion != NULL ? _ ("Unknown action; did you mean “%s”?")
                                  : _ ("Unknown action; there are show, create, import and "
                                       "export"),
               suggestion);
  return NULL;
}

int
dfn_cli_identity_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (GError) error = NULL;
  const Action *action = find_action (options, &error);
  int code = action != NULL ? action->run (options, output, &error) : DFN_CLI_EXIT_USAGE;

  if (error != NULL)
    return dfn_cli_output_fail (output, error);
  return dfn_cli_output_get_closed (output) != 0 ? dfn_cli_output_get_closed (output) : code;
}
