/* SPDX-License-Identifier: MIT */
#include "dfn-swarm-report.h"

G_DEFINE_BOXED_TYPE (DfnSwarmReport, dfn_swarm_report, dfn_swarm_report_ref, dfn_swarm_report_unref)

DfnSwarmReport *
dfn_swarm_report_new (guint n_peers)
{
  DfnSwarmReport *self = g_atomic_rc_box_new0 (DfnSwarmReport);

  self->n_peers = n_peers;
  self->peers = g_new0 (DfnPeerReport, n_peers);
  return self;
}

DfnSwarmReport *
dfn_swarm_report_ref (DfnSwarmReport *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  g_free (((DfnSwarmReport *) data)->peers);
}

void
dfn_swarm_report_unref (DfnSwarmReport *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

double
dfn_swarm_report_get_control_share (const DfnSwarmReport *self)
{
  guint64 most = MAX (self->bytes_in, self->bytes_out);

  return most > 0 ? (double) self->control_bytes / (double) most : 0;
}

double
dfn_swarm_report_get_copies (const DfnSwarmReport *self)
{
  if (self->counts.content_bytes == 0)
    return -1;
  return (double) self->chunk_bytes_out / (double) self->counts.content_bytes;
}
