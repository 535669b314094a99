/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-wire.h"

G_BEGIN_DECLS

/*
 * The limits that stand beside the fields of wire.proto. Used by dfn-wire.c, nobody else.
 */

/** dfn_wire_check_frame: whether every field of a frame from a peer keeps its limits */
gboolean dfn_wire_check_frame (const Dfn__Frame *frame);

/** dfn_wire_check_signal: the same for a signal */
gboolean dfn_wire_check_signal (const Dfn__Signal *signal);

G_END_DECLS
