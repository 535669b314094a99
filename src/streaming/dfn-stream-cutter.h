/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_STREAM_CUTTER_MAX_PREAMBLE: the bytes of the longest preamble */
#define DFN_STREAM_CUTTER_MAX_PREAMBLE 4096

/**
 * DfnStreamCutter:
 *
 * Cuts a stream of bytes that comes at its own pace into the payloads of live chunks. It has no
 * clock: the caller says what time it is, in microseconds of any clock that never runs backwards.
 *
 * A transport stream (ISO/IEC 13818-1, packets of 188 bytes) is recognised and cut at its packets,
 * and before each place where a decoder can begin. Anything else is cut anywhere and can be joined
 * anywhere. In both cases all payloads together, without their preambles, are the input: nothing is
 * ever changed, dropped or added.
 *
 *     dfn_stream_cutter_push(); or when dfn_stream_cutter_get_deadline() is reached:
 *       while dfn_stream_cutter_next(): use the cut
 */
typedef struct _DfnStreamCutter DfnStreamCutter;

/**
 * DfnStreamKind:
 * @DFN_STREAM_UNKNOWN: too few bytes have come
 * @DFN_STREAM_TRANSPORT: an MPEG transport stream
 * @DFN_STREAM_OPAQUE: anything else
 */
typedef enum {
  DFN_STREAM_UNKNOWN,
  DFN_STREAM_TRANSPORT,
  DFN_STREAM_OPAQUE,
} DfnStreamKind;

/**
 * DfnCut:
 * @payload: (transfer full): preamble and bytes of the stream
 * @preamble: how many bytes at its start are tables repeated from earlier in the stream, for those
 *   who begin here
 * @can_join: whether a reader can begin here
 * @captured_us: when its last byte came
 */
typedef struct {
  GBytes *payload;
  guint32 preamble;
  gboolean can_join;
  gint64 captured_us;
} DfnCut;

/**
 * dfn_stream_cutter_new:
 * @slot_us: how long bytes wait for others to go with
 * @max_size: the most bytes of the stream in one payload, at least 1316; a preamble comes on top
 *
 * Returns: (transfer full): a cutter at the start of a stream
 */
DfnStreamCutter *dfn_stream_cutter_new (gint64 slot_us, gsize max_size);
void dfn_stream_cutter_free (DfnStreamCutter *self);

/**
 * dfn_stream_cutter_push:
 * @data: (array length=length): the next bytes of the stream
 *
 * All that can be cut is to be taken with dfn_stream_cutter_next() before the next push.
 */
void
dfn_stream_cutter_push (DfnStreamCutter *self, gint64 now_us, const guint8 *data, gsize length);

/* The stream ends: what waits will come out at once. */
void dfn_stream_cutter_finish (DfnStreamCutter *self);

/**
 * dfn_stream_cutter_next:
 * @cut: (out): the next payload
 *
 * Returns: whether there is one
 */
gboolean dfn_stream_cutter_next (DfnStreamCutter *self, gint64 now_us, DfnCut *cut);

/* Returns: when dfn_stream_cutter_next() will have something even if nothing is pushed until then;
 * %G_MAXINT64 if never. */
gint64 dfn_stream_cutter_get_deadline (DfnStreamCutter *self);

DfnStreamKind dfn_stream_cutter_get_kind (DfnStreamCutter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnStreamCutter, dfn_stream_cutter_free)

G_END_DECLS
