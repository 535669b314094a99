/* SPDX-License-Identifier: MIT */
#include "dfn-cli-prompt.h"

#include "dfn-cli-exit.h"
#include "dfn-secret.h"

#include <glib/gi18n-lib.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A key is 63 letters; more than this is something else by mistake. */
#define MAX_LINE 1024

/* What on_signal() has to put back. */
static struct termios settings_before;
static int prompt_fd = -1;

/* Only what signal-safety(7) allows. */
static void
on_signal (int number)
{
  (void) tcsetattr (prompt_fd, TCSAFLUSH, &settings_before);
  (void) !write (STDERR_FILENO, "\n", 1);
  _exit (dfn_cli_exit_for_signal (number));
}

static gboolean
hide_typing (int fd)
{
  struct sigaction action = { .sa_handler = on_signal };
  struct termios settings;

  if (tcgetattr (fd, &settings_before) != 0)
    return FALSE;
  prompt_fd = fd;
  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGHUP, &action, NULL);
  settings = settings_before;
  settings.c_lflag &= (tcflag_t) ~ECHO;
  return tcsetattr (fd, TCSAFLUSH, &settings) == 0;
}

static void
show_typing (int fd)
{
  (void) tcsetattr (fd, TCSAFLUSH, &settings_before);
  signal (SIGINT, SIG_DFL);
  signal (SIGTERM, SIG_DFL);
  signal (SIGHUP, SIG_DFL);
}

/* Byte for byte: what stands after the line may be for somebody else, and no buffer of ours keeps
 * a copy. Returns the length, or -1 with errno set; MAX_LINE if it is too long. */
static gssize
read_line (int fd, char *line)
{
  gsize length = 0;

  while (length < MAX_LINE)
    {
      gssize got = read (fd, line + length, 1);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return -1;
      if (got == 0 || line[length] == '\n')
        break;
      length++;
    }
  return (gssize) length;
}

static gboolean
check_length (gssize length, int saved_errno, GError **error)
{
  if (length < 0)
    g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_FILE, _ ("Cannot read standard input: %s"),
                 g_strerror (saved_errno));
  else if (length == 0)
    g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         _ ("No secret key was given on standard input"));
  else if (length == MAX_LINE)
    g_set_error_literal (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                         _ ("What was given on standard input is too long to be a secret key"));
  else
    return TRUE;
  return FALSE;
}

static void
strip (char *line, gsize length)
{
  gsize begin = 0;

  while (length > 0 && g_ascii_isspace (line[length - 1]))
    line[--length] = '\0';
  while (g_ascii_isspace (line[begin]))
    begin++;
  memmove (line, line + begin, length - MIN (begin, length) + 1);
}

char *
dfn_cli_prompt_read_secret (DfnCliOutput *output, int fd, const char *question, GError **error)
{
  char *line = dfn_secret_new (MAX_LINE + 1);
  gboolean is_terminal = isatty (fd);
  gssize length;
  int saved_errno;

  if (is_terminal)
    {
      dfn_cli_output_warn (output, "%s", question);
      is_terminal = hide_typing (fd);
    }
  length = read_line (fd, line);
  saved_errno = errno;
  if (is_terminal)
    show_typing (fd);
  if (check_length (length, saved_errno, error))
    {
      line[length] = '\0';
      strip (line, (gsize) length);
      return line;
    }
  dfn_secret_free (line);
  return NULL;
}

gboolean
dfn_cli_prompt_confirm (DfnCliOutput *output, int fd, const char *question)
{
  g_autofree char *line = g_malloc0 (MAX_LINE + 1);
  g_autofree char *answer = NULL;
  /* Translators: what somebody types to say yes; the first letter, in lower case, is enough */
  const char *yes = C_ ("answer", "yes");
  gssize length;

  dfn_cli_output_warn (output, "%s", question);
  length = read_line (fd, line);
  if (length <= 0 || length == MAX_LINE)
    return FALSE;
  line[length] = '\0';
  answer = g_utf8_strdown (g_strstrip (line), -1);
  return answer[0] != '\0' && (g_str_has_prefix (yes, answer) || g_str_has_prefix ("yes", answer));
}
