/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <ngtcp2/ngtcp2.h>

G_BEGIN_DECLS

/**
 * DfnQuicStream:
 *
 * The sending half of a QUIC stream: bytes stay at their address, in reference-counted blocks,
 * until the peer has acknowledged them. Pure bookkeeping; offsets are bytes from the stream's
 * start.
 */
typedef struct _DfnQuicStream DfnQuicStream;

/**
 * dfn_quic_stream_new:
 * @id: the QUIC stream id
 * @priority: lower is sent first, usually a deadline in microseconds
 */
DfnQuicStream *dfn_quic_stream_new (gint64 id, gint64 priority);
void dfn_quic_stream_free (DfnQuicStream *self);

gint64 dfn_quic_stream_get_id (const DfnQuicStream *self);
gint64 dfn_quic_stream_get_priority (const DfnQuicStream *self);
void dfn_quic_stream_set_priority (DfnQuicStream *self, gint64 priority);

/**
 * dfn_quic_stream_append:
 * @bytes: (transfer none) (nullable): more content
 * @fin: whether nothing follows
 */
void dfn_quic_stream_append (DfnQuicStream *self, GBytes *bytes, gboolean fin);

/**
 * dfn_quic_stream_is_ended:
 *
 * Returns: %TRUE if nothing more may be appended
 */
gboolean dfn_quic_stream_is_ended (const DfnQuicStream *self);

/**
 * dfn_quic_stream_abandon:
 *
 * Gives up what was not sent; nothing is pending afterwards, nothing more may be appended.
 *
 * Returns: how many bytes that were
 */
gsize dfn_quic_stream_abandon (DfnQuicStream *self);

/**
 * dfn_quic_stream_is_pending:
 *
 * Returns: %TRUE if there are bytes, or an end, that were not yet given to a packet
 */
gboolean dfn_quic_stream_is_pending (const DfnQuicStream *self);

/**
 * dfn_quic_stream_get_unsent:
 *
 * Returns: the bytes not yet given to a packet
 */
gsize dfn_quic_stream_get_unsent (const DfnQuicStream *self);

/**
 * dfn_quic_stream_peek:
 * @vectors: (out caller-allocates) (array length=n_vectors): receives where unsent bytes lie
 * @fin: (out): whether they reach the stream's end
 *
 * Returns: the number of vectors written
 */
gsize dfn_quic_stream_peek (const DfnQuicStream *self,
                            ngtcp2_vec *vectors,
                            gsize n_vectors,
                            gboolean *fin);

/**
 * dfn_quic_stream_sent:
 * @n_bytes: how many of the peeked bytes a packet took
 * @fin: whether it took the end too
 */
void dfn_quic_stream_sent (DfnQuicStream *self, gsize n_bytes, gboolean fin);

/**
 * dfn_quic_stream_acked:
 * @offset: everything before it is acknowledged and let go
 */
void dfn_quic_stream_acked (DfnQuicStream *self, guint64 offset);

/**
 * dfn_quic_stream_compare:
 *
 * Returns: which of two streams goes first: the lower priority value, then the older stream
 */
gint dfn_quic_stream_compare (gconstpointer a, gconstpointer b, gpointer unused);

G_END_DECLS
