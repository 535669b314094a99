/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-mailbox.h"
#include "dfn-node.h"
#include "dfn-report.h"

G_BEGIN_DECLS

#define DFN_TYPE_SESSION (dfn_session_get_type ())
G_DECLARE_DERIVABLE_TYPE (DfnSession, dfn_session, DFN, SESSION, GObject)

/**
 * DfnSessionClass:
 * @layout: of its snapshots
 *
 * The half of a session that the user of the engine sees: it keeps the newest snapshot of what its
 * working half does on the engine's thread.
 *
 * Signal `report` (gpointer report): there is a newer snapshot, of the type that the final class
 * names. What it says of the peers is there as properties, too, to be read after the signal:
 * - `swarm` (#DfnSwarmReport, nullable): all of it
 * - `n-peers` (guint): who is connected
 * - `bytes-in`, `bytes-out` (guint64): from and to all peers so far, with headers
 * - `chunks-taken`, `chunks-given` (guint64): from and to them
 * - `duplicates`, `late`, `missed` (guint64): chunks that came twice, after their time, or not
 * - `copies` (double): whole copies that the chunks given are, -1 while unknown
 * - `control-share` (double): as dfn_swarm_report_get_control_share() counts it
 */
struct _DfnSessionClass {
  GObjectClass parent_class;

  const DfnReportLayout *layout;
};

/* For final classes. The mailbox takes reports from the working half. */
DfnMailbox *dfn_session_get_mailbox (DfnSession *self);

/**
 * dfn_session_begin:
 * @task: (transfer full): the working half, a #DfnTask which has done nothing yet
 */
void dfn_session_begin (DfnSession *self, DfnNode *node, gpointer task);
gconstpointer dfn_session_get_newest (DfnSession *self);

G_END_DECLS
