/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnReportPacer:
 *
 * Decides when a task tells its session how things are: at once when that matters, otherwise ten
 * times a second at most, and at least once a second so that rates do not go stale.
 */
typedef struct _DfnReportPacer DfnReportPacer;

/* @func: makes and posts a report, in this thread's default context */
DfnReportPacer *dfn_report_pacer_new (void (*func) (gpointer user_data), gpointer user_data);
void dfn_report_pacer_free (DfnReportPacer *self);

void dfn_report_pacer_now (DfnReportPacer *self);
void dfn_report_pacer_soon (DfnReportPacer *self);

G_END_DECLS
