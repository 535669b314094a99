/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-address-block.h"

#include <glib.h>

G_BEGIN_DECLS

/** DFN_PEER_MEMORY_MAX: addresses remembered; those not seen for longest are forgotten first */
#define DFN_PEER_MEMORY_MAX 2048
/** DFN_PEER_MEMORY_BAN_S: how long whoever is proven bad is not let in, seconds */
#define DFN_PEER_MEMORY_BAN_S (60 * 60)
/** DFN_PEER_MEMORY_HALF_LIFE_S: after so long half of a remembered score is left, seconds */
#define DFN_PEER_MEMORY_HALF_LIFE_S (24 * 60 * 60)
/** DFN_PEER_MEMORY_DAYS: after that nothing is remembered */
#define DFN_PEER_MEMORY_DAYS 7

/**
 * DfnPeerMemory:
 *
 * What is remembered of peers from one run to the next. A peer's key lives for one run, so it is
 * its address that is remembered, as an HMAC with a salt that never leaves this computer: the file
 * says nothing to whoever reads it without trying all addresses, and nothing at all elsewhere.
 * Reference-counted, for one thread. No clock inside: `now_s` is seconds since 1970.
 */
typedef struct _DfnPeerMemory DfnPeerMemory;

/**
 * dfn_peer_memory_new:
 * @path: (nullable): the file; %NULL to remember for this run alone
 *
 * Returns: (transfer full): what the file holds that is still of use; nothing if it is missing,
 *   damaged or of another version
 */
DfnPeerMemory *dfn_peer_memory_new (const char *path, gint64 now_s);
DfnPeerMemory *dfn_peer_memory_ref (DfnPeerMemory *self);
void dfn_peer_memory_unref (DfnPeerMemory *self);

/* The memory that the file in the data folder holds, one for the thread's life. */
DfnPeerMemory *dfn_peer_memory_get_default (void);

/**
 * dfn_peer_memory_note:
 * @holder: dfn_address_holder_of() the peer's address
 * @score: what its connection ended with, -1 to 1
 */
void dfn_peer_memory_note (DfnPeerMemory *self,
                           const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                           double score,
                           gint64 now_s);
void dfn_peer_memory_ban (DfnPeerMemory *self,
                          const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                          gint64 now_s);

/**
 * dfn_peer_memory_get_score:
 *
 * Returns: what is left of the score that was noted; 0 for a stranger
 */
double dfn_peer_memory_get_score (DfnPeerMemory *self,
                                  const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                                  gint64 now_s);
gboolean dfn_peer_memory_is_banned (DfnPeerMemory *self,
                                    const guint8 holder[DFN_ADDRESS_HOLDER_SIZE],
                                    gint64 now_s);

/**
 * dfn_peer_memory_save:
 *
 * Writes the file if anything is new.
 *
 * Returns: %FALSE with a %G_FILE_ERROR
 */
gboolean dfn_peer_memory_save (DfnPeerMemory *self, gint64 now_s, GError **error);

guint dfn_peer_memory_get_size (DfnPeerMemory *self);

/**
 * dfn_peer_memory_parse:
 * @data: a file's content, from anywhere
 *
 * Returns: %FALSE if it is damaged; nothing has changed then
 */
gboolean
dfn_peer_memory_parse (DfnPeerMemory *self, const guint8 *data, gsize length, gint64 now_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnPeerMemory, dfn_peer_memory_unref)

G_END_DECLS
