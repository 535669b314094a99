/* SPDX-License-Identifier: MIT */
#include "rehearsal-task.h"

#include "dfn-source.h"

#include <stdlib.h>
#include <string.h>

/* --- the script --- */

struct _RehearsalScript {
  char **lines;
  guint next;
  GSource *timer;
  gpointer user_data;
  RehearsalStep func;
};

static gboolean
play (gpointer user_data)
{
  RehearsalScript *self = user_data;

  dfn_source_clear (&self->timer);
  while (self->lines[self->next] != NULL)
    {
      const char *line = self->lines[self->next++];
      g_auto (GStrv) words = g_strsplit (line, " ", 2);

      if (words[0] == NULL || words[0][0] == '#')
        continue;
      if (g_str_equal (words[0], "hang"))
        for (;;)
          g_usleep (G_USEC_PER_SEC);
      if (g_str_equal (words[0], "wait"))
        {
          self->timer = dfn_source_attach (g_timeout_source_new ((guint) atoi (words[1])),
                                           g_main_context_get_thread_default (), play, self);
          return G_SOURCE_REMOVE;
        }
      self->func (self->user_data, words[0], words[1] != NULL ? words[1] : "");
    }
  return G_SOURCE_REMOVE;
}

RehearsalScript *
rehearsal_script_begin (RehearsalStep func, gpointer user_data)
{
  RehearsalScript *self = g_new0 (RehearsalScript, 1);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (g_getenv ("DFN_REHEARSAL"), &text, NULL, NULL))
    g_error ("DFN_REHEARSAL names no script");
  self->lines = g_strsplit (g_strchomp (text), "\n", -1);
  self->func = func;
  self->user_data = user_data;
  self->timer = dfn_source_attach (g_timeout_source_new (0), g_main_context_get_thread_default (),
                                   play, self);
  return self;
}

void
rehearsal_script_end (RehearsalScript *self)
{
  dfn_source_clear (&self->timer);
  g_strfreev (self->lines);
  g_free (self);
}

/* --- tasks --- */

G_DEFINE_ABSTRACT_TYPE (RehearsalTask, rehearsal_task, DFN_TYPE_TASK)

static void
set_member (gpointer report, const RehearsalMember *member, const char *value)
{
  gpointer place = (guint8 *) report + member->offset;

  switch (member->kind)
    {
    case REHEARSAL_TEXT:
      g_free (*(char **) place);
      *(char **) place = g_str_equal (value, "-") ? NULL : g_strcompress (value);
      break;
    case REHEARSAL_WORDS:
      g_strfreev (*(char ***) place);
      *(char ***) place = g_strsplit (value, " ", -1);
      break;
    case REHEARSAL_INT:
      *(gint *) place = atoi (value);
      break;
    case REHEARSAL_INT64:
      *(gint64 *) place = g_ascii_strtoll (value, NULL, 10);
      break;
    case REHEARSAL_DOUBLE:
      *(double *) place = g_ascii_strtod (value, NULL);
      break;
    }
}

static void
set (RehearsalTask *self, const char *rest)
{
  const RehearsalMember *member = self->members;
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  while (member->name != NULL && !g_str_equal (member->name, words[0]))
    member++;
  if (member->name == NULL)
    g_error ("A script sets %s", rest);
  set_member (self->task.report, member, words[1]);
}

static void
set_state (RehearsalTask *self, int state)
{
  *(int *) ((guint8 *) self->task.report + self->state) = state;
}

static void
fail (RehearsalTask *self, const char *rest)
{
  const DfnReportLayout *layout = DFN_TASK_GET_CLASS (self)->layout;
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  set_state (self, self->failed);
  *(GError **) ((guint8 *) self->task.report + layout->error) =
      g_error_new_literal (DFN_ENGINE_ERROR, atoi (words[0]), words[1]);
}

/* Snapshots do not change, so there is another one for each peer. */
static void
add_peer (DfnSwarmReport **swarm, const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 8);
  guint n = *swarm != NULL ? (*swarm)->n_peers : 0;
  DfnSwarmReport *more = dfn_swarm_report_new (n + 1);

  for (guint i = 0; i < n; i++)
    more->peers[i] = (*swarm)->peers[i];
  more->peers[n] = (DfnPeerReport){
    .number = (guint) atoi (words[0]),
    .family = (guint) atoi (words[1]),
    .is_relayed = atoi (words[2]),
    .rtt_us = atoi (words[3]),
    .rate_in = g_ascii_strtod (words[4], NULL),
    .rate_out = g_ascii_strtod (words[5], NULL),
    .chunks_taken = g_ascii_strtoull (words[6], NULL, 10),
    .chunks_given = g_ascii_strtoull (words[7], NULL, 10),
  };
  more->bytes_in = 1000000;
  more->bytes_out = 500000;
  more->control_bytes = 5000;
  more->counts.duplicates = 3;
  more->uplink = (DfnUplinkState){ .rate = G_MAXUINT64, .estimate = 1250000, .queue_us = 12000 };
  g_clear_pointer (swarm, dfn_swarm_report_unref);
  *swarm = more;
}

static void
step (gpointer task, const char *verb, const char *rest)
{
  RehearsalTask *self = task;

  if (g_str_equal (verb, "state"))
    set_state (self, atoi (rest));
  else if (g_str_equal (verb, "fail"))
    fail (self, rest);
  else if (g_str_equal (verb, "report"))
    dfn_task_tell_now (task);
  else if (g_str_equal (verb, "peer"))
    add_peer (dfn_report_get_swarm (self->task.report), rest);
  else if (g_str_equal (verb, "set"))
    set (self, rest);
  else
    g_error ("A script says %s %s", verb, rest);
}

static void
rehearsal_task_start (DfnTask *task)
{
  ((RehearsalTask *) task)->script = rehearsal_script_begin (step, task);
}

static void
rehearsal_task_stop (DfnTask *task)
{
  g_clear_pointer (&((RehearsalTask *) task)->script, rehearsal_script_end);
}

/* The script alone changes what is told. */
static void
rehearsal_task_describe (DfnTask *task)
{
}

static void
rehearsal_task_class_init (RehearsalTaskClass *klass)
{
  DfnTaskClass *task_class = DFN_TASK_CLASS (klass);

  task_class->start = rehearsal_task_start;
  task_class->stop = rehearsal_task_stop;
  task_class->describe = rehearsal_task_describe;
}

static void
rehearsal_task_init (RehearsalTask *self)
{
}
