/* SPDX-License-Identifier: MIT */
#include "dfn-cli.h"

#include "dfn-cli-commands.h"
#include "dfn-cli-exit.h"
#include "dfn-cli-text.h"

#include <glib/gi18n-lib.h>

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

static const DfnCliCommand commands[] = {
  { DFN_CLI_RELAY, "relay", NULL, N_ ("Run a relay, where broadcasts are announced and found"),
    N_ ("The relay runs until it is interrupted. Its addresses are for --relay of the other "
        "commands."),
    0, 0, NULL, dfn_cli_relay_run },
  { DFN_CLI_BROADCAST, "broadcast", N_ ("FILE"), N_ ("Share a file from this computer"),
    N_ ("The link is the first line on standard output. The file is shared until the command is "
        "interrupted. Without --relay it is found on this network only. With --live a stream "
        "of bytes is broadcast while it comes."),
    1, 1, N_ ("Which file is to be shared? Usage: defiance-cli broadcast FILE"),
    dfn_cli_broadcast_run },
  { DFN_CLI_VIEW, "view", N_ ("LINK"), N_ ("Fetch what a link means"),
    N_ ("The file is put into the present folder unless --output says something else. What an "
        "interrupted run has left is continued. A live stream is written until it ends."),
    1, 1, N_ ("Which link is to be viewed? Usage: defiance-cli view LINK"), dfn_cli_view_run },
  { DFN_CLI_BROWSE, "browse", NULL, N_ ("List what is announced at relays or on this network"),
    N_ ("Without --relay the relays on this network are asked."), 0, 0, NULL, dfn_cli_browse_run },
  { DFN_CLI_IDENTITY, "identity", N_ ("[show|create|import|export]"),
    N_ ("Show, make, import or export the key that broadcasts are signed with"),
    N_ ("“import” reads the secret key from standard input, “export” writes it to standard "
        "output."),
    0, G_MAXUINT, NULL, dfn_cli_identity_run },
};

static const char *const other_words[] = { "help", "--help", "-h", "--version", "-V", NULL };

static char *
format_help (void)
{
  GString *help = g_string_new (NULL);

  g_string_append_printf (help, "%s\n  defiance-cli %s\n  defiance-cli %s --help\n\n%s\n",
                          _ ("Usage:"), _ ("COMMAND [OPTION…] [ARGUMENT]"), _ ("COMMAND"),
                          _ ("Commands:"));
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (help, "  %-13s  %s\n", commands[i].name,
                            g_dgettext (GETTEXT_PACKAGE, commands[i].summary));
  g_string_append_printf (help, "\n%s\n  %-13s  %s\n  %-13s  %s\n\n%s\n", _ ("Options:"),
                          "-h, --help", _ ("Show this help"), "-V, --version",
                          _ ("Show the version"),
                          _ ("The manual page says more: man defiance-cli"));
  return g_string_free (help, FALSE);
}

static const DfnCliCommand *
find_command (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (word, commands[i].name))
      return &commands[i];
  return NULL;
}

static const char *
suggest (const char *word)
{
  const char *names[G_N_ELEMENTS (commands) + G_N_ELEMENTS (other_words)] = { NULL };
  guint n_names = 0;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    names[n_names++] = commands[i].name;
  for (guint i = 0; other_words[i] != NULL; i++)
    names[n_names++] = other_words[i];
  return dfn_cli_text_suggest (word, names);
}

static int
fail_usage (const char *const *argv, const GError *error)
{
  g_autoptr (DfnCliOutput) output =
      dfn_cli_output_new (STDOUT_FILENO, STDERR_FILENO, dfn_cli_options_guess_output_flags (argv));

  return dfn_cli_output_fail (output, error);
}

static int
refuse_word (const char *const *argv)
{
  const char *suggestion = argv[0] != NULL ? suggest (argv[0]) : NULL;
  g_autoptr (GError) error = NULL;

  if (argv[0] == NULL)
    error = g_error_new_literal (DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                                 _ ("No command was given. “defiance-cli --help” lists them."));
  else if (dfn_cli_options_is_known (argv[0]))
    error = g_error_new (DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         _ ("Options follow the command: defiance-cli COMMAND %s"), argv[0]);
  else if (suggestion != NULL)
    error = g_error_new (DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         argv[0][0] == '-' ? _ ("Unknown option %s; did you mean %s?")
                                           : _ ("Unknown command “%s”; did you mean “%s”?"),
                         argv[0], suggestion);
  else
    error = g_error_new (DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         argv[0][0] == '-'
                             ? _ ("Unknown option %s. “defiance-cli --help” says more.")
                             : _ ("Unknown command “%s”. “defiance-cli --help” lists them."),
                         argv[0]);
  return fail_usage (argv, error);
}

static int
print (const char *text)
{
  g_autoptr (DfnCliOutput) output = dfn_cli_output_new (STDOUT_FILENO, STDERR_FILENO, 0);

  dfn_cli_output_text (output, text);
  return dfn_cli_output_get_closed (output);
}

static int
print_help (const DfnCliCommand *command)
{
  g_autofree char *help = command != NULL ? dfn_cli_options_format_help (command) : format_help ();

  return print (help);
}

static int
run_command (const DfnCliCommand *command, const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnCliOptions) options = dfn_cli_options_parse (command, argv, &error);
  g_autoptr (DfnCliOutput) output = NULL;
  gboolean is_pipe;

  if (options == NULL)
    return fail_usage (argv, error);
  if (options->help)
    return print_help (command);
  /* Where content goes to standard output, nothing else does. */
  is_pipe = command->id == DFN_CLI_VIEW && dfn_cli_options_is_pipe (options);
  output = dfn_cli_output_new (is_pipe ? STDERR_FILENO : STDOUT_FILENO, STDERR_FILENO,
                               dfn_cli_options_get_output_flags (options));
  dfn_cli_output_take_log (output);
  return command->run (options, output);
}

/* Were one of the first three descriptors closed, the next file to be opened would take its place,
 * and our words would end up in it. What stands there now refuses to be read or written. */
static void
occupy_standard_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      (void) !open ("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int
dfn_cli_main (int argc, char **argv)
{
  const char *const *words = (const char *const *) argv + MIN (argc, 1);
  const DfnCliCommand *command;

  occupy_standard_streams ();
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, DFN_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  /* GLib translates for a program that has chosen its domain only. */
  textdomain (GETTEXT_PACKAGE);
  /* Whoever reads our output may leave early, as head does: writing then fails, and that is seen.
   */
  signal (SIGPIPE, SIG_IGN);

  if (words[0] == NULL)
    return refuse_word (words);
  if (g_str_equal (words[0], "--version") || g_str_equal (words[0], "-V"))
    return print ("defiance-cli " DFN_VERSION "\n");
  if (g_str_equal (words[0], "--help") || g_str_equal (words[0], "-h")
      || (g_str_equal (words[0], "help") && words[1] == NULL))
    return print_help (NULL);
  command = find_command (g_str_equal (words[0], "help") ? words[1] : words[0]);
  if (command == NULL)
    return refuse_word (words + g_str_equal (words[0], "help"));
  return g_str_equal (words[0], "help") ? print_help (command) : run_command (command, words + 1);
}
