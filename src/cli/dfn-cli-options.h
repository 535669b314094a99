/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-output.h"

G_BEGIN_DECLS

/**
 * DfnCliCommandId:
 *
 * The commands, as a set: an option belongs to some of them.
 */
typedef enum {
  DFN_CLI_RELAY = 1 << 0,
  DFN_CLI_BROADCAST = 1 << 1,
  DFN_CLI_VIEW = 1 << 2,
  DFN_CLI_BROWSE = 1 << 3,
  DFN_CLI_IDENTITY = 1 << 4,
} DfnCliCommandId;

/**
 * DfnCliOptions:
 * @arguments: (nullable) (array zero-terminated=1): what is left beside the options, in the file
 *   system's encoding
 *
 * What a command was told. Texts are bytes as they were given; those that are no names of files
 * have been checked to be UTF-8.
 */
typedef struct {
  gboolean help;
  gboolean json;
  gboolean quiet;
  gboolean verbose;
  char **relays;
  char **stun;
  gboolean force_relay;
  gboolean share;
  char *behind;         /* as it was given */
  gint64 behind_us;     /* the same in microseconds, 0 for none */
  char *uplink;         /* as it was given */
  guint64 uplink_limit; /* the same in bytes a second, 0 for none */
  gboolean swarm;
  int stats; /* seconds between statistics, 0 for none */
  char *listen;
  char *store;
  char *title;
  gboolean live;
  char *identifier;
  char *links;     /* as it was given */
  guint max_links; /* the same, 0 for as many as a swarm needs */
  char *output;
  gboolean follow;
  gboolean replace;
  gboolean yes;
  char **arguments;
} DfnCliOptions;

/**
 * DfnCliCommand:
 * @id: which it is
 * @name: as it is typed
 * @arguments: (nullable): what follows it, for the help text; not translated yet
 * @summary: a line about it; not translated yet
 * @description: some sentences about it; not translated yet
 * @min_arguments: how many have to follow
 * @max_arguments: how many may follow
 * @missing: (nullable): what to say when some are missing; not translated yet
 * @run: does it and returns what to end with
 */
typedef struct {
  DfnCliCommandId id;
  const char *name;
  const char *arguments;
  const char *summary;
  const char *description;
  guint min_arguments;
  guint max_arguments;
  const char *missing;
  int (*run) (const DfnCliOptions *options, DfnCliOutput *output);
} DfnCliCommand;

/**
 * dfn_cli_options_parse:
 * @command: which command's options are understood
 * @argv: (array zero-terminated=1): what follows the command's name
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the options, or %NULL with %DFN_CLI_ERROR_USAGE and a
 *   message that says what was probably meant
 */
DfnCliOptions *
dfn_cli_options_parse (const DfnCliCommand *command, const char *const *argv, GError **error);
void dfn_cli_options_free (DfnCliOptions *self);

/* Returns: whether what is viewed goes to standard output */
gboolean dfn_cli_options_is_pipe (const DfnCliOptions *self);

/**
 * dfn_cli_options_format_help:
 *
 * Returns: (transfer full): what `--help` of @command shows
 */
char *dfn_cli_options_format_help (const DfnCliCommand *command);

/* What the output has to know of the options. */
DfnCliOutputFlags dfn_cli_options_get_output_flags (const DfnCliOptions *self);

/**
 * dfn_cli_options_guess_output_flags:
 * @argv: (array zero-terminated=1): arguments that may not be understood
 *
 * Returns: what they ask of the output; for the errors that they may have
 */
DfnCliOutputFlags dfn_cli_options_guess_output_flags (const char *const *argv);

/**
 * dfn_cli_options_is_known:
 * @word: a word with its leading dashes
 *
 * Returns: %TRUE if some command has that option
 */
gboolean dfn_cli_options_is_known (const char *word);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnCliOptions, dfn_cli_options_free)

G_END_DECLS
