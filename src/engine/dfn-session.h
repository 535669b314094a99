/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-mailbox.h"
#include "dfn-node.h"

G_BEGIN_DECLS

#define DFN_TYPE_SESSION (dfn_session_get_type ())
G_DECLARE_DERIVABLE_TYPE (DfnSession, dfn_session, DFN, SESSION, GObject)

/**
 * DfnSessionClass:
 * @copy_report: copies one of the session's snapshots
 * @free_report: frees one
 * @start: begins the working half's work, on the engine's thread
 * @stop: ends it there
 *
 * The half of a session that the user of the engine sees: it keeps the newest snapshot of what its
 * working half does on the engine's thread.
 *
 * Signal `report` (gpointer report): there is a newer snapshot, of the type that the final class
 * names.
 */
struct _DfnSessionClass {
  GObjectClass parent_class;

  gpointer (*copy_report) (gconstpointer report);
  void (*free_report) (gpointer report);
  void (*start) (gpointer task);
  void (*stop) (gpointer task);
};

/* For final classes. The mailbox takes reports from the working half. */
DfnMailbox *dfn_session_get_mailbox (DfnSession *self);

/**
 * dfn_session_begin:
 * @task: (transfer full): the working half, which has done nothing yet
 * @report: (transfer full): the first snapshot
 */
void dfn_session_begin (DfnSession *self, DfnNode *node, gpointer task, gpointer report);
gconstpointer dfn_session_get_newest (DfnSession *self);

G_END_DECLS
