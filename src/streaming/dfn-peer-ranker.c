/* SPDX-License-Identifier: MIT */
#include "dfn-peer-ranker.h"

G_DEFINE_INTERFACE (DfnPeerRanker, dfn_peer_ranker, G_TYPE_OBJECT)

static void
dfn_peer_ranker_default_init (DfnPeerRankerInterface *iface)
{
}

const char *
dfn_peer_ranker_get_policy (DfnPeerRanker *self)
{
  return DFN_PEER_RANKER_GET_IFACE (self)->get_policy (self);
}

gboolean
dfn_peer_ranker_add_peer (DfnPeerRanker *self, gint64 now_us, guint64 peer)
{
  return DFN_PEER_RANKER_GET_IFACE (self)->add_peer (self, now_us, peer);
}

void
dfn_peer_ranker_remove_peer (DfnPeerRanker *self, guint64 peer)
{
  DFN_PEER_RANKER_GET_IFACE (self)->remove_peer (self, peer);
}

void
dfn_peer_ranker_set_path (DfnPeerRanker *self, guint64 peer, gint64 rtt_us, double loss)
{
  DFN_PEER_RANKER_GET_IFACE (self)->set_path (self, peer, rtt_us, loss);
}

void
dfn_peer_ranker_claims (DfnPeerRanker *self,
                        gint64 now_us,
                        guint64 peer,
                        const DfnPeerClaims *claims)
{
  DFN_PEER_RANKER_GET_IFACE (self)->claims (self, now_us, peer, claims);
}

void
dfn_peer_ranker_asked (
    DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, guint64 bytes)
{
  DFN_PEER_RANKER_GET_IFACE (self)->asked (self, now_us, peer, chunk, bytes);
}

void
dfn_peer_ranker_answered (
    DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, gint64 first_byte_us)
{
  DFN_PEER_RANKER_GET_IFACE (self)->answered (self, now_us, peer, chunk, first_byte_us);
}

void
dfn_peer_ranker_failed (
    DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 chunk, DfnPeerOutcome outcome)
{
  g_return_if_fail (outcome != DFN_PEER_OUTCOME_DELIVERED);

  DFN_PEER_RANKER_GET_IFACE (self)->failed (self, now_us, peer, chunk, outcome);
}

double
dfn_peer_ranker_expect (DfnPeerRanker *self, gint64 now_us, guint64 peer, guint64 bytes)
{
  return DFN_PEER_RANKER_GET_IFACE (self)->expect (self, now_us, peer, bytes);
}

guint
dfn_peer_ranker_choose (DfnPeerRanker *self,
                        gint64 now_us,
                        const guint64 *peers,
                        guint n,
                        guint64 bytes,
                        double *probability)
{
  double ignored;

  g_return_val_if_fail (n > 0, 0);

  return DFN_PEER_RANKER_GET_IFACE (self)->choose (self, now_us, peers, n, bytes,
                                                   probability != NULL ? probability : &ignored);
}

gboolean
dfn_peer_ranker_measure (DfnPeerRanker *self,
                         gint64 now_us,
                         guint64 peer,
                         DfnPeerMeasurements *measurements)
{
  return DFN_PEER_RANKER_GET_IFACE (self)->measure (self, now_us, peer, measurements);
}
