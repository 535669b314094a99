/* SPDX-License-Identifier: MIT */
#include "dfn-peer-census.h"

#include "dfn-ice-link.h"
#include "dfn-uplink-governor.h"

/* Reports are posted more often than anybody reads what is in here. */
#define KEPT_US (G_USEC_PER_SEC - 20000)

typedef struct {
  guint number;
  DfnPeer *peer;
} Member;

struct _DfnPeerCensus {
  GPtrArray *members; /* owned Member */
  guint last_number;
  DfnSwarmReport *gone; /* the sums of those that are */
  DfnSwarmReport *newest;
  gint64 taken_us;
};

static void
member_free (gpointer data)
{
  Member *member = data;

  g_object_unref (member->peer);
  g_free (member);
}

DfnPeerCensus *
dfn_peer_census_new (void)
{
  DfnPeerCensus *self = g_new0 (DfnPeerCensus, 1);

  self->members = g_ptr_array_new_with_free_func (member_free);
  self->gone = dfn_swarm_report_new (0);
  return self;
}

void
dfn_peer_census_free (DfnPeerCensus *self)
{
  g_clear_pointer (&self->newest, dfn_swarm_report_unref);
  dfn_swarm_report_unref (self->gone);
  g_ptr_array_unref (self->members);
  g_free (self);
}

static void
forget_newest (DfnPeerCensus *self)
{
  g_clear_pointer (&self->newest, dfn_swarm_report_unref);
}

void
dfn_peer_census_add (DfnPeerCensus *self, DfnPeer *peer)
{
  Member *member = g_new0 (Member, 1);

  member->number = ++self->last_number;
  member->peer = g_object_ref (peer);
  g_ptr_array_add (self->members, member);
  forget_newest (self);
}

static void
add_up (DfnSwarmReport *sums, DfnPeer *peer, const DfnQuicStats *quic)
{
  DfnPeerStats stats;

  dfn_peer_get_stats (peer, &stats);
  sums->bytes_in += quic->bytes_received;
  sums->bytes_out += quic->bytes_sent;
  sums->chunks_taken += stats.chunks_received;
  sums->chunks_given += stats.chunks_sent;
  sums->chunk_bytes_in += stats.chunk_bytes_received;
  sums->chunk_bytes_out += stats.chunk_bytes_sent;
  sums->control_bytes += stats.control_bytes_sent;
}

void
dfn_peer_census_remove (DfnPeerCensus *self, DfnPeer *peer)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      Member *member = self->members->pdata[i];
      DfnQuicStats quic;

      if (member->peer != peer)
        continue;
      dfn_quic_get_stats (dfn_peer_get_quic (peer), &quic);
      add_up (self->gone, peer, &quic);
      g_ptr_array_remove_index (self->members, i);
      forget_newest (self);
      return;
    }
}

/* A share instead of a number around zero. */
static double
get_score (DfnSwarmMembers *members, DfnPeer *peer)
{
  DfnPeerScore *score = members != NULL ? dfn_swarm_members_get_score (members, peer) : NULL;

  return score != NULL ? (dfn_peer_score_get (score, g_get_monotonic_time ()) + 1) / 2 : -1;
}

/* The path may have become another one since the peer came. */
static void
describe_path (DfnPeer *peer, DfnPeerReport *report)
{
  DfnLink *link = dfn_quic_get_link (dfn_peer_get_quic (peer));

  if (!DFN_IS_ICE_LINK (link))
    return;
  report->family = dfn_ice_link_get_family (DFN_ICE_LINK (link));
  report->is_relayed = dfn_ice_link_is_relayed (DFN_ICE_LINK (link));
}

static void
describe (const Member *member,
          DfnSwarmMembers *members,
          DfnSwarmReport *sums,
          DfnPeerReport *report)
{
  DfnQuicStats quic;
  DfnPeerStats stats;

  dfn_quic_get_stats (dfn_peer_get_quic (member->peer), &quic);
  dfn_peer_get_stats (member->peer, &stats);
  add_up (sums, member->peer, &quic);
  *report = (DfnPeerReport){
    .number = member->number,
    .rtt_us = quic.rtt_us,
    .rate_in = quic.rate_in,
    .rate_out = quic.rate_out,
    .bytes_in = quic.bytes_received,
    .bytes_out = quic.bytes_sent,
    .loss = quic.loss,
    .chunks_taken = stats.chunks_received,
    .chunks_given = stats.chunks_sent,
    .score = get_score (members, member->peer),
  };
  describe_path (member->peer, report);
}

static void
describe_uplink (DfnUplinkState *uplink)
{
  DfnUplinkGovernor *governor = dfn_uplink_governor_get_default ();

  uplink->limit = dfn_uplink_governor_get_limit (governor);
  uplink->rate = dfn_uplink_governor_get_rate (governor);
  uplink->estimate = dfn_uplink_governor_get_estimate (governor);
  uplink->queue_us = dfn_uplink_governor_get_queue_delay (governor);
  g_object_get (governor, "competing", &uplink->is_competing, NULL);
}

DfnSwarmReport *
dfn_peer_census_take (DfnPeerCensus *self,
                      DfnSwarmMembers *members,
                      gint64 now_us,
                      const DfnSwarmCounts *counts)
{
  DfnSwarmReport *report;

  if (self->newest != NULL && now_us - self->taken_us < KEPT_US)
    return dfn_swarm_report_ref (self->newest);
  report = dfn_swarm_report_new (self->members->len);
  report->bytes_in = self->gone->bytes_in;
  report->bytes_out = self->gone->bytes_out;
  report->chunks_taken = self->gone->chunks_taken;
  report->chunks_given = self->gone->chunks_given;
  report->chunk_bytes_in = self->gone->chunk_bytes_in;
  report->chunk_bytes_out = self->gone->chunk_bytes_out;
  report->control_bytes = self->gone->control_bytes;
  report->counts = *counts;
  describe_uplink (&report->uplink);
  for (guint i = 0; i < report->n_peers; i++)
    describe (self->members->pdata[i], members, report, &report->peers[i]);
  forget_newest (self);
  self->newest = dfn_swarm_report_ref (report);
  self->taken_us = now_us;
  return report;
}
