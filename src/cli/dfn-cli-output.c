/* SPDX-License-Identifier: MIT */
#include "dfn-cli-output.h"

#include "dfn-cli-exit.h"
#include "dfn-cli-text.h"

#include <glib/gi18n-lib.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A terminal that does not tell its width has the width of a punched card. */
#define DEFAULT_WIDTH 80
/* ECMA-48: back to the first column, erase to the end of the line. */
#define ERASE_LINE "\r\033[K"
/* Erases to the end of the screen. */
#define ERASE_BELOW "\033[J"
#define DEFAULT_HEIGHT 24

struct _DfnCliOutput {
  int out_fd;
  int err_fd;
  DfnCliOutputFlags flags;
  gboolean has_status_line;
  gboolean has_log;

  GMutex lock;
  char *status;
  guint n_shown; /* lines of it that are on the screen, the cursor being in the last one */
  int closed_code;
  gboolean is_closed_told;
  DfnCliOutputClosedFunc closed_func;
  gpointer closed_data;
};

/* The log has no place for user data that outlives its writer; one output at a time may have it. */
static DfnCliOutput *log_output;

/* A terminal or pipe may have been set non-blocking by whoever shares it with us. */
static gboolean
write_all (int fd, const char *data, gsize length)
{
  while (length > 0)
    {
      gssize written = write (fd, data, length);

      if (written >= 0)
        {
          data += written;
          length -= (gsize) written;
        }
      else if (errno == EAGAIN)
        (void) poll (&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
      else if (errno != EINTR)
        return FALSE;
    }
  return TRUE;
}

/* Nothing can be done about standard error being gone. */
static void
write_error_stream (DfnCliOutput *self, const char *text)
{
  (void) write_all (self->err_fd, text, strlen (text));
}

static guint
count_lines (const char *text)
{
  guint n = 1;

  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

/* To the beginning of the first line of the status that is shown. */
static void
append_way_back (DfnCliOutput *self, GString *text)
{
  g_string_append_c (text, '\r');
  if (self->n_shown > 1)
    g_string_append_printf (text, "\033[%uA", self->n_shown - 1);
}

static void
hide_status (DfnCliOutput *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->n_shown == 0)
    return;
  append_way_back (self, text);
  g_string_append (text, self->n_shown > 1 ? ERASE_BELOW : ERASE_LINE);
  write_error_stream (self, text->str);
  self->n_shown = 0;
}

/* Over the old one rather than after erasing it, which would flicker. */
static void
show_status (DfnCliOutput *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_shown = self->n_shown;

  if (self->status == NULL)
    return;
  if (n_shown > 0)
    append_way_back (self, text);
  for (const char *p = self->status; *p != '\0'; p++)
    if (*p == '\n' && n_shown > 0)
      g_string_append (text, "\033[K\n");
    else
      g_string_append_c (text, *p);
  self->n_shown = count_lines (self->status);
  if (n_shown > 0)
    g_string_append (text, n_shown > self->n_shown ? "\033[K" ERASE_BELOW : "\033[K");
  write_error_stream (self, text->str);
}

static void
write_line_to_error_stream (DfnCliOutput *self, const char *text)
{
  g_autofree char *clean = dfn_cli_text_clean (text);
  g_autofree char *line = g_strconcat (clean, "\n", NULL);

  g_mutex_lock (&self->lock);
  hide_status (self);
  write_error_stream (self, line);
  show_status (self);
  g_mutex_unlock (&self->lock);
}

static void
tell_closed (DfnCliOutput *self)
{
  DfnCliOutputClosedFunc func = NULL;

  g_mutex_lock (&self->lock);
  if (self->closed_code != 0 && self->closed_func != NULL && !self->is_closed_told)
    {
      func = self->closed_func;
      self->is_closed_told = TRUE;
    }
  g_mutex_unlock (&self->lock);
  if (func != NULL)
    func (self->closed_code, self->closed_data);
}

/* A reader who has left, as `head` does, is none of the user's troubles; a full disk is. */
static void
note_closed (DfnCliOutput *self, int error_number)
{
  if (self->closed_code != 0)
    return;
  self->closed_code = error_number == EPIPE ? DFN_CLI_EXIT_CLOSED : DFN_CLI_EXIT_FILE;
  if (error_number != EPIPE)
    {
      g_autofree char *text = g_strdup_printf (_ ("defiance-cli: Cannot write the output: %s\n"),
                                               g_strerror (error_number));
      write_error_stream (self, text);
    }
}

static void
write_result (DfnCliOutput *self, const char *const *parts)
{
  g_mutex_lock (&self->lock);
  hide_status (self);
  for (guint i = 0; parts[i] != NULL && self->closed_code == 0; i++)
    if (!write_all (self->out_fd, parts[i], strlen (parts[i])))
      note_closed (self, errno);
  show_status (self);
  g_mutex_unlock (&self->lock);
  tell_closed (self);
}

static guint
get_height_of (int fd)
{
  struct winsize size;

  if (isatty (fd) && ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0)
    return size.ws_row;
  return DEFAULT_HEIGHT;
}

static guint
get_width_of (int fd)
{
  struct winsize size;

  if (!isatty (fd))
    return 0;
  if (ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return DEFAULT_WIDTH;
}

DfnCliOutput *
dfn_cli_output_new (int out_fd, int err_fd, DfnCliOutputFlags flags)
{
  DfnCliOutput *self = g_new0 (DfnCliOutput, 1);

  self->out_fd = out_fd;
  self->err_fd = err_fd;
  self->flags = flags;
  /* A terminal without a cursor to move, as inside an editor, is written to like a file. */
  self->has_status_line = isatty (err_fd) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0
                          && (flags & (DFN_CLI_OUTPUT_JSON | DFN_CLI_OUTPUT_QUIET)) == 0;
  g_mutex_init (&self->lock);
  return self;
}

void
dfn_cli_output_free (DfnCliOutput *self)
{
  dfn_cli_output_set_status (self, NULL);
  if (self->has_log)
    g_atomic_pointer_set (&log_output, NULL);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_ours (const char *domain)
{
  return domain == NULL || domain[0] == '\0' || g_str_has_prefix (domain, "defiance");
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  DfnCliOutput *self = g_atomic_pointer_get (&log_output);
  const char *message = NULL, *domain = NULL;
  g_autofree char *line = NULL;

  if (self == NULL)
    return g_log_writer_default (level, fields, n_fields, user_data);
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      message = fields[i].value;
    else if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
      domain = fields[i].value;
  if (message == NULL)
    return G_LOG_WRITER_UNHANDLED;
  if ((level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)) != 0
      && !((self->flags & DFN_CLI_OUTPUT_VERBOSE) != 0 && is_ours (domain))
      && g_log_writer_default_would_drop (level, domain))
    return G_LOG_WRITER_HANDLED;

  line = g_log_writer_format_fields (level, fields, n_fields, FALSE);
  write_line_to_error_stream (self, g_strstrip (line));
  return G_LOG_WRITER_HANDLED;
}

void
dfn_cli_output_take_log (DfnCliOutput *self)
{
  static gsize is_set;

  self->has_log = TRUE;
  g_atomic_pointer_set (&log_output, self);
  if (g_once_init_enter (&is_set))
    {
      g_log_set_writer_func (write_log, NULL, NULL);
      g_once_init_leave (&is_set, 1);
    }
}

gboolean
dfn_cli_output_is_json (DfnCliOutput *self)
{
  return (self->flags & DFN_CLI_OUTPUT_JSON) != 0;
}

gboolean
dfn_cli_output_is_quiet (DfnCliOutput *self)
{
  return (self->flags & (DFN_CLI_OUTPUT_QUIET | DFN_CLI_OUTPUT_JSON)) != 0;
}

guint
dfn_cli_output_get_height (DfnCliOutput *self)
{
  return self->has_status_line ? get_height_of (self->err_fd) : 0;
}

guint
dfn_cli_output_get_width (DfnCliOutput *self)
{
  return self->has_status_line ? get_width_of (self->err_fd) : 0;
}

guint
dfn_cli_output_get_result_width (DfnCliOutput *self)
{
  return get_width_of (self->out_fd);
}

void
dfn_cli_output_say (DfnCliOutput *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (dfn_cli_output_is_quiet (self))
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  write_line_to_error_stream (self, text);
}

void
dfn_cli_output_warn (DfnCliOutput *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  write_line_to_error_stream (self, text);
}

int
dfn_cli_output_fail (DfnCliOutput *self, const GError *error)
{
  const char *word;
  DfnCliExit code = dfn_cli_exit_for_error (error, &word);
  DfnCliEvent *event = dfn_cli_event_new ("error");

  dfn_cli_output_set_status (self, NULL);
  dfn_cli_output_warn (self, "defiance-cli: %s", error->message);
  dfn_cli_event_add_string (event, "code", word);
  dfn_cli_event_add_string (event, "message", error->message);
  dfn_cli_event_add_integer (event, "exit", code);
  dfn_cli_output_event (self, event);
  return code;
}

void
dfn_cli_output_result (DfnCliOutput *self, const char *line)
{
  g_autofree char *clean = isatty (self->out_fd) ? dfn_cli_text_clean (line) : NULL;
  g_autofree char *whole = g_strconcat (clean != NULL ? clean : line, "\n", NULL);

  if (!dfn_cli_output_is_json (self))
    write_result (self, (const char *[]){ whole, NULL });
}

void
dfn_cli_output_text (DfnCliOutput *self, const char *text)
{
  write_result (self, (const char *[]){ text, NULL });
}

void
dfn_cli_output_secret (DfnCliOutput *self,
                       const char *before,
                       const char *secret,
                       const char *after)
{
  write_result (self,
                (const char *[]){ before != NULL ? before : "", secret, after ? after : "", NULL });
}

void
dfn_cli_output_event (DfnCliOutput *self, DfnCliEvent *event)
{
  g_autoptr (DfnCliEvent) owned = event;

  if (dfn_cli_output_is_json (self))
    {
      g_autofree char *line = dfn_cli_event_to_line (owned);
      write_result (self, (const char *[]){ line, NULL });
    }
}

/* A line that fills the last column makes some terminals start the next one, and lines that have
 * left the screen cannot be reached any more. */
static char *
fit_status (DfnCliOutput *self, const char *status)
{
  g_auto (GStrv) lines = g_strsplit (status, "\n", -1);
  g_autoptr (GString) text = g_string_new (NULL);
  guint width = get_width_of (self->err_fd);
  guint height = get_height_of (self->err_fd);

  for (guint i = 0; lines[i] != NULL && i < height; i++)
    {
      g_autofree char *clean = dfn_cli_text_clean (lines[i]);
      g_autofree char *cut = dfn_cli_text_cut (clean, MAX (width, 1) - 1);

      g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", cut);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

void
dfn_cli_output_set_status (DfnCliOutput *self, const char *status)
{
  g_autofree char *line = status != NULL ? fit_status (self, status) : NULL;

  if (!self->has_status_line || g_strcmp0 (line, self->status) == 0)
    return;
  g_mutex_lock (&self->lock);
  g_free (self->status);
  self->status = g_steal_pointer (&line);
  if (self->status == NULL)
    hide_status (self);
  show_status (self);
  g_mutex_unlock (&self->lock);
}

void
dfn_cli_output_set_closed_func (DfnCliOutput *self, DfnCliOutputClosedFunc func, gpointer user_data)
{
  g_mutex_lock (&self->lock);
  self->closed_func = func;
  self->closed_data = user_data;
  g_mutex_unlock (&self->lock);
  tell_closed (self);
}

int
dfn_cli_output_get_closed (DfnCliOutput *self)
{
  int code;

  g_mutex_lock (&self->lock);
  code = self->closed_code;
  g_mutex_unlock (&self->lock);
  return code;
}
