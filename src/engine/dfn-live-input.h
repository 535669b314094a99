/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-stream-cutter.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_LIVE_INPUT (dfn_live_input_get_type ())
G_DECLARE_FINAL_TYPE (DfnLiveInput, dfn_live_input, DFN, LIVE_INPUT, GObject)

/**
 * DfnLiveInput:
 *
 * Reads a stream of bytes at its own pace and cuts it. It lives in the thread-default main context
 * of its creation.
 *
 * Signals:
 * - `cut` (DfnCut *cut): the next payload, which stays the input's; times are of the monotonic
 * clock
 * - `ended` (GError *error): the stream is over; @error is %NULL at its end in good order
 */

/**
 * dfn_live_input_new:
 * @fd: where to read; not closed
 * @slot_us: how long bytes wait for others to go with
 * @max_size: the most bytes of one payload
 *
 * Returns: (transfer full): an input that begins to read when the context runs
 */
DfnLiveInput *dfn_live_input_new (int fd, gint64 slot_us, gsize max_size);

/* @is_held: whether nothing is to be read for now; whoever writes has to wait */
void dfn_live_input_set_held (DfnLiveInput *self, gboolean is_held);

DfnStreamKind dfn_live_input_get_kind (DfnLiveInput *self);

G_END_DECLS
