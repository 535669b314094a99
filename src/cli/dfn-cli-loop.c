/* SPDX-License-Identifier: MIT */
#include "dfn-cli-loop.h"

#include "dfn-cli-exit.h"

#include <glib-unix.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define GRACE_S 1

#define STILL_RUNNING (-1)

struct _DfnCliLoop {
  DfnCliOutput *output;
  GSource *signals;
  int code;
};

static const int caught_signals[] = { SIGINT, SIGTERM, SIGHUP };

/* Between the handler and the loop; a handler has no other place. */
static volatile sig_atomic_t caught_signal;
static int pipe_ends[2] = { -1, -1 };

/* Only what signal-safety(7) allows. The line feed leaves the shell's prompt on a line of its own
 * when a status line stands on the terminal. */
static void
end_at_once (int number)
{
  if (isatty (STDERR_FILENO))
    (void) !write (STDERR_FILENO, "\n", 1);
  _exit (dfn_cli_exit_for_signal (number));
}

static void
on_signal (int number)
{
  int saved_errno = errno;

  if (caught_signal != 0)
    end_at_once (number == SIGALRM ? caught_signal : number);
  caught_signal = number;
  alarm (GRACE_S);
  (void) !write (pipe_ends[1], "", 1);
  errno = saved_errno;
}

static void
catch_signals (void)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (SIGALRM, &action, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (caught_signals); i++)
    {
      struct sigaction old;

      /* nohup(1) means it; shells that start us in the background do not mean SIGINT. */
      sigaction (caught_signals[i], NULL, &old);
      if (caught_signals[i] != SIGHUP || old.sa_handler != SIG_IGN)
        sigaction (caught_signals[i], &action, NULL);
    }
}

static gboolean
on_pipe_readable (int fd, GIOCondition condition, gpointer user_data)
{
  dfn_cli_loop_quit (user_data, dfn_cli_exit_for_signal (caught_signal));
  return G_SOURCE_REMOVE;
}

static void
on_output_closed (int code, gpointer user_data)
{
  dfn_cli_loop_quit (user_data, code);
}

DfnCliLoop *
dfn_cli_loop_new (DfnCliOutput *output)
{
  DfnCliLoop *self = g_new0 (DfnCliLoop, 1);
  g_autoptr (GError) error = NULL;

  self->output = output;
  self->code = STILL_RUNNING;
  /* The pipe stays until the program ends, as the handlers do. */
  if (pipe_ends[0] < 0)
    {
      if (!g_unix_open_pipe (pipe_ends, FD_CLOEXEC, &error))
        g_error ("%s", error->message);
      catch_signals ();
    }
  self->signals = g_unix_fd_source_new (pipe_ends[0], G_IO_IN);
  g_source_set_callback (self->signals, G_SOURCE_FUNC (on_pipe_readable), self, NULL);
  g_source_attach (self->signals, NULL);
  dfn_cli_output_set_closed_func (output, on_output_closed, self);
  return self;
}

void
dfn_cli_loop_free (DfnCliLoop *self)
{
  dfn_cli_output_set_closed_func (self->output, NULL, NULL);
  g_source_destroy (self->signals);
  g_source_unref (self->signals);
  g_free (self);
}

static const char *
get_signal_name (void)
{
  switch (caught_signal)
    {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    default:
      return NULL;
    }
}

static void
tell_signal (DfnCliLoop *self)
{
  DfnCliEvent *event;

  if (get_signal_name () == NULL)
    return;
  event = dfn_cli_event_new ("interrupted");
  dfn_cli_event_add_string (event, "signal", get_signal_name ());
  dfn_cli_event_add_integer (event, "exit", (guint64) self->code);
  dfn_cli_output_event (self->output, event);
}

int
dfn_cli_loop_run (DfnCliLoop *self)
{
  while (g_atomic_int_get (&self->code) == STILL_RUNNING)
    g_main_context_iteration (NULL, TRUE);
  dfn_cli_output_set_status (self->output, NULL);
  tell_signal (self);
  return self->code;
}

void
dfn_cli_loop_quit (DfnCliLoop *self, int code)
{
  if (g_atomic_int_compare_and_exchange (&self->code, STILL_RUNNING, code))
    g_main_context_wakeup (NULL);
}
