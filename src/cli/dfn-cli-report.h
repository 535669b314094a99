/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-loop.h"
#include "dfn-cli-options.h"

G_BEGIN_DECLS

/*
 * What several commands say in the same way, each as an event and in words.
 */

/**
 * dfn_cli_report_state:
 * @word: (transfer none): where the command stands, as the event `state` names it
 */
void dfn_cli_report_state (DfnCliOutput *output, const char *word);

/**
 * dfn_cli_report_problem:
 * @last: (inout): the sentence that was told last, kept here; to be freed with g_free()
 * @sentence: (nullable): what is in the way at the moment
 * @for_people: whether it is said in words as well
 *
 * Tells of a problem when it is a new one.
 */
void dfn_cli_report_problem (DfnCliOutput *output,
                             char **last,
                             const char *sentence,
                             gboolean for_people);

/**
 * dfn_cli_report_reading:
 * @name: the event, `indexing` or `checking`
 * @sentence: what is being done, translated
 * @bytes: what is read
 * @total: all there is to read
 *
 * Shows how far a file on this computer is read.
 */
void dfn_cli_report_reading (
    DfnCliOutput *output, const char *name, const char *sentence, guint64 bytes, guint64 total);

/* Says who sees this computer's address while something is viewed, if anybody does. */
void dfn_cli_report_exposure (const DfnCliOptions *options, DfnCliOutput *output);

/**
 * dfn_cli_report_failure:
 * @error: what has ended a view; a #GIOErrorEnum of what it writes to
 *
 * Says so, and ends the loop with the code for it.
 */
void dfn_cli_report_failure (DfnCliOutput *output, DfnCliLoop *loop, const GError *error);

G_END_DECLS
