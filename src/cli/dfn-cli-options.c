/* SPDX-License-Identifier: MIT */
#include "dfn-cli-options.h"

#include "dfn-cli-exit.h"
#include "dfn-cli-text.h"
#include "dfn-format.h"
#include "dfn-node.h"

#include <glib/gi18n-lib.h>

#include <string.h>

#define ALL_COMMANDS                                                                               \
  (DFN_CLI_RELAY | DFN_CLI_BROADCAST | DFN_CLI_VIEW | DFN_CLI_BROWSE | DFN_CLI_IDENTITY)
#define NODE_COMMANDS (DFN_CLI_BROADCAST | DFN_CLI_VIEW)

/* GOption takes G_OPTION_ARG_STRING apart by the locale's encoding and refuses "--title Fête" in
 * the C locale; names of files come through as they are. */
#define TEXT G_OPTION_ARG_FILENAME
#define TEXTS G_OPTION_ARG_FILENAME_ARRAY

typedef struct {
  guint commands;
  const char *name;
  char letter;
  GOptionArg type;
  gsize offset;
  const char *description;
  const char *argument;
} Option;

#define LONGEST_STATS_S 86400
/* What is younger comes by itself; nobody keeps more. */
#define LEAST_BEHIND_S 10
#define MOST_BEHIND_S 1800
#define LOWEST_UPLINK 16000.0 /* bytes a second: 128 kbit/s */

/* The columns of a help text. */
#define HELP_WIDTH 79

#define FIELD(name) G_STRUCT_OFFSET (DfnCliOptions, name)

static const Option all_options[] = {
  { DFN_CLI_RELAY, "listen", 'l', TEXT, FIELD (listen), N_ ("Where to serve (default: port 7447)"),
    /* Translators: what follows an option in a help text, e.g. "--listen=ADDRESS:PORT" */
    N_ ("ADDRESS:PORT") },
  { DFN_CLI_RELAY, "store", 's', TEXT, FIELD (store),
    N_ ("Keep events in this file (default: in memory)"), N_ ("FILE") },
  { DFN_CLI_BROADCAST, "title", 't', TEXT, FIELD (title),
    N_ ("What viewers read (default: the file's name)"), N_ ("TEXT") },
  { DFN_CLI_BROADCAST, "live", 0, G_OPTION_ARG_NONE, FIELD (live),
    N_ ("Broadcast FILE as it comes; “-” is standard input"), NULL },
  { DFN_CLI_BROADCAST, "identifier", 0, TEXT, FIELD (identifier),
    N_ ("With --live: which of my streams it is (default: live)"), N_ ("TEXT") },
  { DFN_CLI_VIEW, "output", 'o', TEXT, FIELD (output),
    N_ ("Where to put it: a file or folder; “-”: standard output"), N_ ("FILE") },
  { DFN_CLI_VIEW, "behind", 'b', TEXT, FIELD (behind),
    N_ ("Begin so far behind a live stream, e.g. 10min"), N_ ("TIME") },
  { DFN_CLI_VIEW, "share", 's', G_OPTION_ARG_NONE, FIELD (share),
    N_ ("Go on giving it to others when it is complete"), NULL },
  { DFN_CLI_BROADCAST, "relay", 'r', TEXTS, FIELD (relays),
    /* Translators: repeatable means that the option may be given several times */
    N_ ("Announce it at this relay (repeatable)"), N_ ("URL") },
  { DFN_CLI_VIEW | DFN_CLI_BROWSE, "relay", 'r', TEXTS, FIELD (relays),
    N_ ("Ask this relay (repeatable)"), N_ ("URL") },
  { DFN_CLI_BROWSE, "follow", 'f', G_OPTION_ARG_NONE, FIELD (follow),
    N_ ("Go on with what is announced from now on"), NULL },
  { DFN_CLI_IDENTITY, "replace", 0, G_OPTION_ARG_NONE, FIELD (replace),
    N_ ("Put the new key in the place of the old one"), NULL },
  { DFN_CLI_IDENTITY, "yes", 'y', G_OPTION_ARG_NONE, FIELD (yes),
    N_ ("Show the secret key without asking"), NULL },
  { NODE_COMMANDS, "stun", 0, TEXTS, FIELD (stun),
    N_ ("Learn my address from this server (repeatable)"), N_ ("HOST:PORT") },
  { NODE_COMMANDS, "force-relay", 0, G_OPTION_ARG_NONE, FIELD (force_relay),
    N_ ("Hide my address: use nothing but the TURN server"), NULL },
  { NODE_COMMANDS, "uplink", 0, TEXT, FIELD (uplink),
    N_ ("Never send faster than this, e.g. 8mbit"), N_ ("RATE") },
  { DFN_CLI_BROADCAST, "max-links", 0, TEXT, FIELD (links),
    N_ ("Keep connections to so many viewers (default: 20)"), N_ ("NUMBER") },
  { NODE_COMMANDS, "swarm", 0, G_OPTION_ARG_NONE, FIELD (swarm),
    N_ ("Show on the terminal with whom it is exchanged"), NULL },
  { NODE_COMMANDS, "stats", 0, G_OPTION_ARG_INT, FIELD (stats),
    N_ ("Print statistics each time so many seconds have passed"), N_ ("SECONDS") },
  { ALL_COMMANDS, "json", 'j', G_OPTION_ARG_NONE, FIELD (json),
    N_ ("Print one JSON object a line for every event"), NULL },
  { ALL_COMMANDS, "quiet", 'q', G_OPTION_ARG_NONE, FIELD (quiet),
    N_ ("Print only results and errors"), NULL },
  { ALL_COMMANDS, "verbose", 'v', G_OPTION_ARG_NONE, FIELD (verbose), N_ ("Print a log as well"),
    NULL },
  { ALL_COMMANDS, "help", 'h', G_OPTION_ARG_NONE, FIELD (help), N_ ("Show this help"), NULL },
};

/* The options of one command; G_MAXUINT stands for all. */
static GArray *
list_options (guint commands, DfnCliOptions *values)
{
  GArray *entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  for (guint i = 0; i < G_N_ELEMENTS (all_options); i++)
    {
      const Option *option = &all_options[i];
      GOptionEntry entry = {
        .long_name = option->name,
        .short_name = option->letter,
        .arg = option->type,
        .arg_data = G_STRUCT_MEMBER_P (values, option->offset),
        .description = option->description,
        .arg_description = option->argument,
      };

      if ((option->commands & commands) != 0)
        g_array_append_val (entries, entry);
    }
  return entries;
}

static GOptionContext *
make_context (const DfnCliCommand *command, DfnCliOptions *values)
{
  GOptionContext *context = g_option_context_new (
      command->arguments != NULL ? g_dgettext (GETTEXT_PACKAGE, command->arguments) : NULL);
  g_autoptr (GArray) entries = list_options (command->id, values);
  g_autofree char *name = g_strconcat ("defiance-cli ", command->name, NULL);

  g_set_prgname (name);
  /* GOption's own --help converts to the locale's encoding and ends the program on the spot. */
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, (GOptionEntry *) entries->data, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, command->summary);
  return context;
}

/* The first word that GOption will not have known, without dashes and value. */
static char *
find_unknown (const DfnCliCommand *command, const char *const *argv, const char **suggestion)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (all_options); i++)
    if ((all_options[i].commands & command->id) != 0)
      g_ptr_array_add (known, (gpointer) all_options[i].name);
  g_ptr_array_add (known, NULL);

  for (guint i = 0; argv[i] != NULL && !g_str_equal (argv[i], "--"); i++)
    {
      g_autofree char *word =
          g_strndup (argv[i] + 2 * g_str_has_prefix (argv[i], "--"),
                     strcspn (argv[i], "=") - 2 * g_str_has_prefix (argv[i], "--"));

      if (!g_str_has_prefix (argv[i], "--")
          || g_strv_contains ((const char *const *) known->pdata, word))
        continue;
      *suggestion = dfn_cli_text_suggest (word, (const char *const *) known->pdata);
      return g_steal_pointer (&word);
    }
  return NULL;
}

static void
explain (const DfnCliCommand *command, const char *const *argv, GError **error, GError *parse_error)
{
  const char *suggestion = NULL;
  g_autofree char *word = NULL;

  if (g_error_matches (parse_error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
    word = find_unknown (command, argv, &suggestion);
  if (suggestion != NULL)
    g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                 _ ("Unknown option --%s; did you mean --%s?"), word, suggestion);
  else
    g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                 _ ("%s. “defiance-cli %s --help” lists the options."), parse_error->message,
                 command->name);
  g_error_free (parse_error);
}

static gboolean
check_text (const char *name, const char *text, GError **error)
{
  if (text == NULL || g_utf8_validate (text, -1, NULL))
    return TRUE;
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE, _ ("What follows --%s is not UTF-8"),
               name);
  return FALSE;
}

static gboolean
check_texts (const DfnCliOptions *self, GError **error)
{
  for (guint i = 0; self->relays != NULL && self->relays[i] != NULL; i++)
    if (!check_text ("relay", self->relays[i], error))
      return FALSE;
  for (guint i = 0; self->stun != NULL && self->stun[i] != NULL; i++)
    if (!check_text ("stun", self->stun[i], error))
      return FALSE;
  return check_text ("title", self->title, error)
         && check_text ("identifier", self->identifier, error)
         && check_text ("listen", self->listen, error);
}

static gboolean
check_uplink (DfnCliOptions *self, GError **error)
{
  double rate;

  if (self->uplink == NULL)
    return TRUE;
  if (dfn_format_parse_rate (self->uplink, &rate) && rate >= LOWEST_UPLINK)
    {
      self->uplink_limit = (guint64) rate;
      return TRUE;
    }
  g_set_error_literal (
      error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
      _ ("--uplink takes a rate of at least 128kbit, as 900kbit, 8mbit or 2mbyte"));
  return FALSE;
}

/* A number, of seconds unless "min" follows. */
static gboolean
check_behind (DfnCliOptions *self, GError **error)
{
  char *end = NULL;
  double seconds;

  if (self->behind == NULL)
    return TRUE;
  seconds = g_ascii_strtod (self->behind, &end);
  if (g_str_equal (end, "min"))
    seconds *= 60;
  else if (end[0] != '\0' && !g_str_equal (end, "s"))
    seconds = 0;
  if (end != self->behind && seconds >= LEAST_BEHIND_S && seconds <= MOST_BEHIND_S)
    {
      self->behind_us = (gint64) (seconds * G_USEC_PER_SEC);
      return TRUE;
    }
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
               _ ("--behind takes a time of %d s to %d min, as 90s or 10min"), LEAST_BEHIND_S,
               MOST_BEHIND_S / 60);
  return FALSE;
}

static gboolean
check_links (DfnCliOptions *self, GError **error)
{
  guint64 number;

  if (self->links == NULL)
    return TRUE;
  if (g_ascii_string_to_unsigned (self->links, 10, 1, DFN_NODE_MAX_LINKS, &number, NULL))
    {
      self->max_links = (guint) number;
      return TRUE;
    }
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE, _ ("--max-links takes a number up to %d"),
               DFN_NODE_MAX_LINKS);
  return FALSE;
}

static gboolean
check_numbers (const DfnCliOptions *self, GError **error)
{
  if (self->stats >= 0 && self->stats <= LONGEST_STATS_S)
    return TRUE;
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
               _ ("--stats takes a number of seconds up to %d"), LONGEST_STATS_S);
  return FALSE;
}

static gboolean
check_arguments (const DfnCliCommand *command, char **arguments, GError **error)
{
  guint count = g_strv_length (arguments);

  if (count < command->min_arguments)
    {
      g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                           g_dgettext (GETTEXT_PACKAGE, command->missing));
      return FALSE;
    }
  if (count <= command->max_arguments)
    return TRUE;
  /* An argument is not repeated in a message before it is known to be no secret key. */
  g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
               command->id == DFN_CLI_BROADCAST
                   ? _ ("Only one file can be given; a name with spaces has to be quoted")
                   : _ ("There are more arguments than “defiance-cli %s” takes"),
               command->name);
  return FALSE;
}

/* GOption stops at the first word that it does not know. */
static gboolean
asks_for_help (const char *const *argv)
{
  for (guint i = 0; argv[i] != NULL && !g_str_equal (argv[i], "--"); i++)
    if (g_str_equal (argv[i], "--help") || g_str_equal (argv[i], "-h"))
      return TRUE;
  return FALSE;
}

/* GOption leaves a "--" where it is when a word with a dash follows. */
static char **
take_arguments (char **words)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean is_dropped = FALSE;

  for (guint i = 1; words[i] != NULL; i++)
    if (!is_dropped && g_str_equal (words[i], "--"))
      is_dropped = TRUE;
    else
      g_strv_builder_add (builder, words[i]);
  return g_strv_builder_end (builder);
}

DfnCliOptions *
dfn_cli_options_parse (const DfnCliCommand *command, const char *const *argv, GError **error)
{
  g_autoptr (DfnCliOptions) self = g_new0 (DfnCliOptions, 1);
  g_autoptr (GOptionContext) context = make_context (command, self);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;
  GError *parse_error = NULL;
  gboolean is_parsed;

  g_strv_builder_add (builder, "defiance-cli");
  g_strv_builder_addv (builder, (const char **) argv);
  words = g_strv_builder_end (builder);
  is_parsed = g_option_context_parse_strv (context, &words, &parse_error);
  /* Whoever asks for help gets it, whatever else is wrong. */
  if (self->help || (!is_parsed && asks_for_help (argv)))
    {
      g_clear_error (&parse_error);
      self->help = TRUE;
      return g_steal_pointer (&self);
    }
  if (!is_parsed)
    {
      explain (command, argv, error, parse_error);
      return NULL;
    }
  self->arguments = take_arguments (words);
  if (!check_texts (self, error) || !check_numbers (self, error) || !check_uplink (self, error)
      || !check_behind (self, error) || !check_links (self, error)
      || !check_arguments (command, self->arguments, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
dfn_cli_options_free (DfnCliOptions *self)
{
  g_strfreev (self->relays);
  g_strfreev (self->stun);
  g_free (self->listen);
  g_free (self->store);
  g_free (self->title);
  g_free (self->identifier);
  g_free (self->output);
  g_free (self->behind);
  g_free (self->uplink);
  g_free (self->links);
  g_strfreev (self->arguments);
  g_free (self);
}

char *
dfn_cli_options_format_help (const DfnCliCommand *command)
{
  g_autoptr (DfnCliOptions) unused = g_new0 (DfnCliOptions, 1);
  g_autoptr (GOptionContext) context = make_context (command, unused);
  g_autofree char *description =
      dfn_cli_text_wrap (g_dgettext (GETTEXT_PACKAGE, command->description), HELP_WIDTH);
  g_autofree char *help = g_option_context_get_help (context, TRUE, NULL);

  return g_strconcat (help, description, NULL);
}

gboolean
dfn_cli_options_is_pipe (const DfnCliOptions *self)
{
  return g_strcmp0 (self->output, "-") == 0;
}

DfnCliOutputFlags
dfn_cli_options_get_output_flags (const DfnCliOptions *self)
{
  return (self->json ? DFN_CLI_OUTPUT_JSON : 0) | (self->quiet ? DFN_CLI_OUTPUT_QUIET : 0)
         | (self->verbose ? DFN_CLI_OUTPUT_VERBOSE : 0);
}

DfnCliOutputFlags
dfn_cli_options_guess_output_flags (const char *const *argv)
{
  for (guint i = 0; argv[i] != NULL && !g_str_equal (argv[i], "--"); i++)
    if (g_str_equal (argv[i], "--json") || g_str_equal (argv[i], "-j"))
      return DFN_CLI_OUTPUT_JSON;
  return 0;
}

gboolean
dfn_cli_options_is_known (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (all_options); i++)
    if ((word[0] == '-' && word[1] == all_options[i].letter && word[2] == '\0')
        || (g_str_has_prefix (word, "--") && g_str_equal (word + 2, all_options[i].name)))
      return TRUE;
  return FALSE;
}
