/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** DFN_OUTPUT_MAX_QUEUED: what may wait to be written, in bytes, before the output is full */
#define DFN_OUTPUT_MAX_QUEUED (1024 * 1024)

#define DFN_TYPE_OUTPUT (dfn_output_get_type ())
G_DECLARE_FINAL_TYPE (DfnOutput, dfn_output, DFN, OUTPUT, GObject)

/**
 * DfnOutput:
 *
 * Writes bytes to a file descriptor of any kind on a thread of its own, in order, as fast as they
 * are taken. It lives in the thread-default main context of its creation.
 *
 * Signals:
 * - `room`: an output that was full takes more now
 * - `failed` (GError *error): nothing more can be written; once. %G_IO_ERROR_BROKEN_PIPE if nobody
 *   reads it any more
 * - `drained`: all that was given is written
 */

/* @fd: (transfer none): not closed. Returns: (transfer full): an output */
DfnOutput *dfn_output_new (int fd);

/**
 * dfn_output_write:
 * @bytes: (transfer none): what follows
 *
 * Returns: %FALSE if the output is full now; @bytes are taken in any case
 */
gboolean dfn_output_write (DfnOutput *self, GBytes *bytes);

gboolean dfn_output_is_full (DfnOutput *self);

/* Gives up what is not written; nothing is emitted any more. */
void dfn_output_stop (DfnOutput *self);

/* Returns: the bytes that wait to be written */
gsize dfn_output_get_queued (DfnOutput *self);

G_END_DECLS
