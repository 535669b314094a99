/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer.h"
#include "dfn-request-log.h"

G_BEGIN_DECLS

/**
 * dfn_request_facts_init:
 * @facts: (out caller-allocates): becomes what the connection to @peer tells: a number for it, the
 *   class of its path, round trip and loss; chosen by nobody, with no end to its time, and the rest
 *   zero
 * @log: (nullable): that it is for
 */
void dfn_request_facts_init (DfnRequestFacts *facts, DfnRequestLog *log, DfnPeer *peer);

/**
 * dfn_request_facts_set_ranker:
 * @ranker: who chose, or could have
 * @peer: its number of the peer
 *
 * Adds what @ranker has measured; round trip and loss stay as the connection told them.
 */
void dfn_request_facts_set_ranker (DfnRequestFacts *facts,
                                   DfnPeerRanker *ranker,
                                   gint64 now_us,
                                   guint64 peer);

G_END_DECLS
