/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * DfnProgress:
 *
 * Carries how far a worker's thread is to the context of whoever asked, at most ten times a second
 * and never more than one report at a time. Reference-counted.
 */
typedef struct _DfnProgress DfnProgress;

/**
 * dfn_progress_new:
 * @callback: (nullable): called with the bytes done and the bytes altogether
 * @user_data: for @callback
 *
 * Returns: (transfer full): a progress that calls in the thread-default context of the caller
 */
DfnProgress *dfn_progress_new (GFileProgressCallback callback, gpointer user_data);
DfnProgress *dfn_progress_ref (DfnProgress *self);
void dfn_progress_unref (DfnProgress *self);

/**
 * dfn_progress_report:
 * @done: bytes done
 * @total: bytes altogether
 *
 * May be called from any thread, as often as it pleases.
 */
void dfn_progress_report (DfnProgress *self, goffset done, goffset total);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnProgress, dfn_progress_unref)

G_END_DECLS
