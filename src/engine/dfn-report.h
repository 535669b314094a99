/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-swarm-report.h"

G_BEGIN_DECLS

#define DFN_REPORT_MAX_TEXTS 6

/**
 * DfnReportLayout:
 * @size: bytes of the snapshot
 * @texts: offsets of the texts that it owns, each nullable; ended by 0
 * @strings: offset of a list of texts that it owns, nullable; 0 without
 * @swarm: offset of its #DfnSwarmReport, nullable
 * @error: offset of its #GError, nullable
 *
 * What a kind of snapshot owns, so that all kinds are copied and freed alike. The first member of a
 * snapshot is a pointer to its layout; dfn_report_new() sets it.
 */
typedef struct {
  gsize size;
  gsize texts[DFN_REPORT_MAX_TEXTS + 1];
  gsize strings;
  gsize swarm;
  gsize error;
} DfnReportLayout;

/* Returns: (transfer full): a snapshot whose members are all zero */
gpointer dfn_report_new (const DfnReportLayout *layout);

/* Returns: (transfer full): a copy, for another thread */
gpointer dfn_report_copy (gconstpointer report);
void dfn_report_free (gpointer report);

/* Returns: (transfer none): where a snapshot has its #DfnSwarmReport */
DfnSwarmReport **dfn_report_get_swarm (gpointer report);

G_END_DECLS
