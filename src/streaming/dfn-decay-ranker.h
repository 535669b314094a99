/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer-ranker.h"

G_BEGIN_DECLS

#define DFN_TYPE_DECAY_RANKER (dfn_decay_ranker_get_type ())
G_DECLARE_FINAL_TYPE (DfnDecayRanker, dfn_decay_ranker, DFN, DECAY_RANKER, GObject)

/**
 * DfnDecayRanker:
 *
 * The #DfnPeerRanker for whoever has not learned a better one: expects of each peer what its last
 * answers showed, exponentially weighted, times what is asked of it already. The older its answers
 * are, the nearer it is taken to what peers are like on average; a request that waits longer than
 * expected tells on the peer at once, without its answer; failures are forgiven with time.
 */

/**
 * dfn_decay_ranker_new:
 * @seed: decides which choices explore; the same seed and history give the same choices
 *
 * Returns: (transfer full): a ranker without peers
 */
DfnDecayRanker *dfn_decay_ranker_new (guint64 seed);

G_END_DECLS
