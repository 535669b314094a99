/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer.h"

G_BEGIN_DECLS

/** DFN_HAVE_KEEPER_MAX: how many messages of one peer are kept */
#define DFN_HAVE_KEEPER_MAX 256

/**
 * DfnHaveKeeper:
 *
 * Keeps what peers say of their chunks while nobody is there to hear it, because the disk is still
 * being looked at.
 */
typedef struct _DfnHaveKeeper DfnHaveKeeper;

/** dfn_have_keeper_new: keeps nothing yet (transfer full) */
DfnHaveKeeper *dfn_have_keeper_new (void);

/** dfn_have_keeper_free: stops to listen */
void dfn_have_keeper_free (DfnHaveKeeper *self);

/**
 * dfn_have_keeper_add_peer:
 * @peer: one that has just been met
 *
 * Keeps what it says from now on, the first %DFN_HAVE_KEEPER_MAX messages, until it closes.
 */
void dfn_have_keeper_add_peer (DfnHaveKeeper *self, DfnPeer *peer);

/**
 * dfn_have_keeper_hand_over:
 * @func: called for each peer, which may then listen itself
 *
 * Hands all peers over: after @func, each one's #DfnPeer::have is emitted again for what was kept.
 */
void dfn_have_keeper_hand_over (DfnHaveKeeper *self,
                                void (*func) (DfnPeer *peer, gpointer user_data),
                                gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnHaveKeeper, dfn_have_keeper_free)

G_END_DECLS
