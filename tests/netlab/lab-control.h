/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "cloud.h"

G_BEGIN_DECLS

typedef struct _LabControl LabControl;

/**
 * LabControl:
 *
 * Takes commands, one a line, and answers each with one line of JSON on standard output:
 *
 * - `set HOST KEY=VALUE[,KEY=VALUE]…` changes links at once
 * - `stats` tells what the links have carried
 * - `quit`, like the end of standard input, ends the program
 */
LabControl *lab_control_new (Cloud *cloud, GPtrArray *hosts);
void lab_control_free (LabControl *self);

/**
 * lab_control_open:
 * @fifo: (nullable): a FIFO to make, which goes away in the end; %NULL: standard input
 *
 * Returns: the descriptor to wait for, which stays the control's; -1 with @error
 */
int lab_control_open (LabControl *self, const char *fifo, GError **error);

/**
 * lab_control_announce:
 *
 * Prints that the hosts are ready and where they are.
 */
void lab_control_announce (LabControl *self);

/**
 * lab_control_read:
 *
 * Returns: %FALSE when the program is to end
 */
gboolean lab_control_read (LabControl *self, guint64 now_ns);

G_END_DECLS
