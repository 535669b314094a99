/* SPDX-License-Identifier: MIT */
#include "lab-control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab-host.h"

#define LONGEST_LINE 4096

struct _LabControl {
  Cloud *cloud;
  GPtrArray *hosts;
  GString *pending;
  char *fifo;
  int fd;
};

LabControl *
lab_control_new (Cloud *cloud, GPtrArray *hosts)
{
  LabControl *self = g_new0 (LabControl, 1);

  self->cloud = cloud;
  self->hosts = g_ptr_array_ref (hosts);
  self->pending = g_string_new (NULL);
  self->fd = -1;
  return self;
}

void
lab_control_free (LabControl *self)
{
  if (self->fifo != NULL)
    {
      unlink (self->fifo);
      close (self->fd);
    }
  g_free (self->fifo);
  g_string_free (self->pending, TRUE);
  g_ptr_array_unref (self->hosts);
  g_free (self);
}

int
lab_control_open (LabControl *self, const char *fifo, GError **error)
{
  if (fifo == NULL)
    return self->fd = STDIN_FILENO;
  /* Open for writing too, so that it does not end when a writer goes. */
  if (mkfifo (fifo, 0600) == 0)
    self->fd = open (fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (self->fd < 0)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", fifo,
                 g_strerror (errno));
  else
    self->fifo = g_strdup (fifo);
  return self->fd;
}

static void
answer (const char *line)
{
  puts (line);
  fflush (stdout);
}

static void
answer_error (const char *message)
{
  g_autofree char *escaped = g_strescape (message, NULL);
  g_autofree char *line = g_strdup_printf ("{\"event\":\"error\",\"message\":\"%s\"}", escaped);

  answer (line);
}

typedef char *(*Describe) (const LabHost *host, const Cloud *cloud);

static char *
describe_all (LabControl *self, Describe describe)
{
  GString *list = g_string_new ("[");

  for (guint i = 0; i < self->hosts->len; i++)
    {
      g_autofree char *text = describe (g_ptr_array_index (self->hosts, i), self->cloud);

      if (i > 0)
        g_string_append_c (list, ',');
      g_string_append (list, text);
    }
  g_string_append_c (list, ']');
  return g_string_free (list, FALSE);
}

void
lab_control_announce (LabControl *self)
{
  g_autofree char *hosts = describe_all (self, lab_host_describe);
  g_autofree char *line =
      g_strdup_printf ("{\"event\":\"ready\",\"pid\":%d,\"hosts\":%s}", getpid (), hosts);

  answer (line);
}

static void
answer_stats (LabControl *self)
{
  g_autofree char *hosts = describe_all (self, lab_host_report);
  g_autofree char *line =
      g_strdup_printf ("{\"event\":\"stats\",\"unroutable\":%" G_GUINT64_FORMAT ",\"hosts\":%s}",
                       cloud_unroutable (self->cloud), hosts);

  answer (line);
}

static LabHost *
find_host (LabControl *self, const char *name)
{
  for (guint i = 0; i < self->hosts->len; i++)
    {
      LabHost *host = g_ptr_array_index (self->hosts, i);

      if (strcmp (host->name, name) == 0)
        return host;
    }
  return NULL;
}

static void
set_host (LabControl *self, const char *name, const char *settings, guint64 now_ns)
{
  g_autoptr (GError) error = NULL;
  LabHost *host = find_host (self, name);

  if (host == NULL)
    answer_error ("There is no such host");
  else if (!lab_host_set (host, self->cloud, now_ns, settings, &error))
    answer_error (error->message);
  else
    answer ("{\"event\":\"ok\"}");
}

static gboolean
obey (LabControl *self, const char *line, guint64 now_ns)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  guint count = g_strv_length (words);

  if (count == 1 && strcmp (words[0], "quit") == 0)
    return FALSE;
  if (count == 1 && strcmp (words[0], "stats") == 0)
    answer_stats (self);
  else if (count == 3 && strcmp (words[0], "set") == 0)
    set_host (self, words[1], words[2], now_ns);
  else
    answer_error ("Commands are: set HOST KEY=VALUE,…; stats; quit");
  return TRUE;
}

gboolean
lab_control_read (LabControl *self, guint64 now_ns)
{
  char buffer[1024];
  gssize length = read (self->fd, buffer, sizeof buffer);
  char *end;

  if (length <= 0)
    return length < 0 && (errno == EAGAIN || errno == EINTR);
  g_string_append_len (self->pending, buffer, length);
  while ((end = strchr (self->pending->str, '\n')) != NULL)
    {
      gboolean go_on;

      *end = '\0';
      go_on = obey (self, self->pending->str, now_ns);
      g_string_erase (self->pending, 0, end + 1 - self->pending->str);
      if (!go_on)
        return FALSE;
    }
  if (self->pending->len > LONGEST_LINE)
    g_string_truncate (self->pending, 0);
  return TRUE;
}
