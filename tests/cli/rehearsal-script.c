/* SPDX-License-Identifier: MIT */
#include "rehearsal-script.h"

#include "dfn-engine-error.h"

#include <stdlib.h>
#include <string.h>

static gboolean
play (gpointer user_data)
{
  RehearsalScript *self = user_data;

  self->timer = 0;
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
          self->timer = g_timeout_add ((guint) atoi (words[1]), play, self);
          return G_SOURCE_REMOVE;
        }
      self->func (self->session, words[0], words[1] != NULL ? words[1] : "");
    }
  return G_SOURCE_REMOVE;
}

void
rehearsal_begin (RehearsalScript *self, gpointer session, RehearsalStep func)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (g_getenv ("DFN_REHEARSAL"), &text, NULL, NULL))
    g_error ("DFN_REHEARSAL names no script");
  self->lines = g_strsplit (g_strchomp (text), "\n", -1);
  self->session = session;
  self->func = func;
  self->timer = g_timeout_add (0, play, self);
}

void
rehearsal_end (RehearsalScript *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->lines, g_strfreev);
}

GError *
rehearsal_make_error (const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 2);

  return g_error_new_literal (DFN_ENGINE_ERROR, atoi (words[0]), words[1]);
}

void
rehearsal_set_text (char **member, const char *value)
{
  g_free (*member);
  *member = g_str_equal (value, "-") ? NULL : g_strcompress (value);
}

guint
rehearsal_add_report_signal (gpointer klass)
{
  return g_signal_new ("report", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                       G_TYPE_NONE, 1, G_TYPE_POINTER);
}

/* Snapshots do not change, so there is another one for each peer. */
void
rehearsal_add_peer (DfnSwarmReport **swarm, const char *rest)
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
  g_clear_pointer (swarm, dfn_swarm_report_unref);
  *swarm = more;
}
