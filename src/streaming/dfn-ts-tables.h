/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_TS_PACKET: the bytes of a transport stream's packet (ISO/IEC 13818-1, section 2.4.3.2) */
#define DFN_TS_PACKET 188
#define DFN_TS_SYNC 0x47

/**
 * DfnTsTables:
 *
 * What a transport stream's tables (PAT and PMT) say, as far as its cutter needs it: where a
 * decoder can begin, and which packets tell it what is what. Bounded whatever comes; no clock, no
 * I/O.
 */
typedef struct _DfnTsTables DfnTsTables;

/**
 * DfnTsRole:
 * @DFN_TS_OTHER: a packet of no particular meaning
 * @DFN_TS_TABLE: part of a table
 * @DFN_TS_JOIN: a decoder can begin with it
 */
typedef enum {
  DFN_TS_OTHER,
  DFN_TS_TABLE,
  DFN_TS_JOIN,
} DfnTsRole;

DfnTsTables *dfn_ts_tables_new (void);
void dfn_ts_tables_free (DfnTsTables *self);

/**
 * dfn_ts_tables_take:
 * @packet: the next packet, %DFN_TS_PACKET bytes from anywhere
 *
 * Returns: what it is. With a picture among the streams, only its packets are such that one can
 * join at; a stream that never marks any can be joined at each PAT
 */
DfnTsRole dfn_ts_tables_take (DfnTsTables *self, const guint8 *packet);

/* Returns: whether there is a picture among the streams. */
gboolean dfn_ts_tables_have_picture (DfnTsTables *self);

/* Returns: whether both kinds of table have come. */
gboolean dfn_ts_tables_are_complete (DfnTsTables *self);

/* Appends the packets of the last PAT and PMTs to @out, if they are not more than @max_size bytes.
 */
void dfn_ts_tables_write (DfnTsTables *self, GByteArray *out, gsize max_size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnTsTables, dfn_ts_tables_free)

G_END_DECLS
