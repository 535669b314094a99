/* SPDX-License-Identifier: MIT */
#include "dfn-request-facts.h"

#include "dfn-ice-link.h"

void
dfn_request_facts_init (DfnRequestFacts *facts, DfnRequestLog *log, DfnPeer *peer)
{
  DfnQuic *quic = dfn_peer_get_quic (peer);
  DfnLink *link = dfn_quic_get_link (quic);
  DfnQuicStats stats;

  dfn_quic_get_stats (quic, &stats);
  *facts = (DfnRequestFacts){
    .peer = dfn_request_log_name_peer (log, dfn_quic_get_peer_key (quic), DFN_QUIC_KEY_SIZE),
    .own = { .age_us = -1, .rtt_us = stats.rtt_us, .loss = stats.loss },
    .probability = 1,
    .n_candidates = 1,
    .slack_us = G_MAXINT64,
  };
  if (!DFN_IS_ICE_LINK (link))
    return;
  facts->is_relayed = dfn_ice_link_is_relayed (DFN_ICE_LINK (link));
  switch (dfn_ice_link_get_family (DFN_ICE_LINK (link)))
    {
    case 4:
      facts->family = DFN_REQUEST_FAMILY_IPV4;
      break;
    case 6:
      facts->family = DFN_REQUEST_FAMILY_IPV6;
      break;
    default:
      break;
    }
}

void
dfn_request_facts_set_ranker (DfnRequestFacts *facts,
                              DfnPeerRanker *ranker,
                              gint64 now_us,
                              guint64 peer)
{
  DfnPeerMeasurements own;

  if (!dfn_peer_ranker_measure (ranker, now_us, peer, &own))
    return;
  own.rtt_us = facts->own.rtt_us;
  own.loss = facts->own.loss;
  facts->own = own;
}
