/* SPDX-License-Identifier: MIT */
#include "dfn-decay-ranker.h"

#include "dfn-decay-peer.h"

#include <math.h>

/* How often a choice explores. */
#define EXPLORATION 0.03
/* What peers are like before any has answered: 4 Mbit/s at 100 ms, and how fast that is unlearned.
 */
#define FIRST_PACE (1 / 500e3)
#define FIRST_LATENCY 0.1
#define PRIOR_GAIN 0.05
/* The slowest a peer of which the average is taken can be: 8 kbit/s. */
#define WORST_PACE (1 / 1e3)

struct _DfnDecayRanker {
  GObject parent_instance;

  GHashTable *peers; /* id: owned DfnDecayPeer, which holds the key */
  DfnDecayPrior prior;
  guint64 random;
};

static void dfn_decay_ranker_iface_init (DfnPeerRankerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DfnDecayRanker,
                               dfn_decay_ranker,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DFN_TYPE_PEER_RANKER,
                                                      dfn_decay_ranker_iface_init))

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
 * Returns a number from 0 up to but without 1. */
static double
draw (DfnDecayRanker *self)
{
  guint64 z = self->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (double) (z >> 11) * 0x1p-53;
}

static DfnDecayPeer *
lookup (DfnDecayRanker *self, guint64 peer)
{
  return g_hash_table_lookup (self->peers, &peer);
}

static const char *
get_policy (DfnPeerRanker *ranker)
{
  return "decay-1";
}

static gboolean
add_peer (DfnPeerRanker *ranker, gint64 now_us, guint64 id)
{
  DfnDecayRanker *self = DFN_DECAY_RANKER (ranker);
  DfnDecayPeer *peer;

  if (g_hash_table_size (self->peers) >= DFN_PEER_RANKER_MAX_PEERS || lookup (self, id) != NULL)
    return FALSE;
  peer = dfn_decay_peer_new (id, now_us);
  g_hash_table_insert (self->peers, &peer->id, peer);
  return TRUE;
}

static void
remove_peer (DfnPeerRanker *ranker, guint64 id)
{
  g_hash_table_remove (DFN_DECAY_RANKER (ranker)->peers, &id);
}

static void
set_path (DfnPeerRanker *ranker, guint64 id, gint64 rtt_us, double loss)
{
  DfnDecayPeer *peer = lookup (DFN_DECAY_RANKER (ranker), id);

  if (peer == NULL)
    return;
  peer->rtt = (double) MAX (rtt_us, 0) / G_USEC_PER_SEC;
  peer->loss = CLAMP (loss, 0, 1);
}

static void
claims (DfnPeerRanker *ranker, gint64 now_us, guint64 id, const DfnPeerClaims *claimed)
{
  DfnDecayPeer *peer = lookup (DFN_DECAY_RANKER (ranker), id);

  if (peer == NULL)
    return;
  peer->claims = *claimed;
  if (!isfinite (claimed->rate) || claimed->rate < 0)
    peer->claims.rate = 0;
}

static void
asked (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 chunk, guint64 bytes)
{
  DfnDecayPeer *peer = lookup (DFN_DECAY_RANKER (ranker), id);

  if (peer != NULL)
    dfn_decay_peer_ask (peer, now_us, chunk, bytes);
}

static void
answered (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 chunk, gint64 first_byte_us)
{
  DfnDecayRanker *self = DFN_DECAY_RANKER (ranker);
  DfnDecayPeer *peer = lookup (self, id);
  double pace;

  if (peer == NULL || !dfn_decay_peer_answer (peer, now_us, chunk, &self->prior, &pace))
    return;
  self->prior.pace += PRIOR_GAIN * (MIN (pace, WORST_PACE) - self->prior.pace);
  if (peer->rtt > 0)
    self->prior.latency += PRIOR_GAIN * (peer->rtt - self->prior.latency);
}

static void
failed (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 chunk, DfnPeerOutcome outcome)
{
  DfnDecayRanker *self = DFN_DECAY_RANKER (ranker);
  DfnDecayPeer *peer = lookup (self, id);

  if (peer != NULL)
    dfn_decay_peer_fail (peer, now_us, chunk, outcome, &self->prior);
}

static double
expect (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 bytes)
{
  DfnDecayRanker *self = DFN_DECAY_RANKER (ranker);
  DfnDecayPeer *peer = lookup (self, id);

  return peer != NULL ? dfn_decay_peer_expect (peer, now_us, bytes, &self->prior) : G_MAXDOUBLE;
}

/* Peers that promise the same are as good as each other: which is taken is drawn, so that not all
 * who know nothing yet ask the first one on their lists. Exploration favours peers that promise
 * more, for a chunk that comes late is what it costs. */
static guint
choose (DfnPeerRanker *ranker,
        gint64 now_us,
        const guint64 *peers,
        guint n,
        guint64 bytes,
        double *probability)
{
  DfnDecayRanker *self = DFN_DECAY_RANKER (ranker);
  g_autofree double *promise = g_new (double, n); /* 1/s */
  double most = 0, sum = 0, number = draw (self);
  guint n_best = 0, place = 0;

  for (guint i = 0; i < n; i++)
    {
      promise[i] = 1 / MAX (expect (ranker, now_us, peers[i], bytes), 1e-6);
      sum += promise[i];
      if (promise[i] > most)
        n_best = 0;
      most = MAX (most, promise[i]);
      n_best += promise[i] >= most;
    }
  for (guint i = 0; i < n; i++)
    {
      double share = EXPLORATION * promise[i] / sum;

      if (promise[i] >= most)
        share += (1 - EXPLORATION) / n_best;
      place = i;
      *probability = share;
      if (number < share)
        break;
      number -= share;
    }
  return place;
}

static gboolean
measure (DfnPeerRanker *ranker, gint64 now_us, guint64 id, DfnPeerMeasurements *measurements)
{
  DfnDecayPeer *peer = lookup (DFN_DECAY_RANKER (ranker), id);

  if (peer != NULL)
    dfn_decay_peer_measure (peer, now_us, measurements);
  return peer != NULL;
}

static void
dfn_decay_ranker_iface_init (DfnPeerRankerInterface *iface)
{
  iface->get_policy = get_policy;
  iface->add_peer = add_peer;
  iface->remove_peer = remove_peer;
  iface->set_path = set_path;
  iface->claims = claims;
  iface->asked = asked;
  iface->answered = answered;
  iface->failed = failed;
  iface->expect = expect;
  iface->choose = choose;
  iface->measure = measure;
}

static void
dfn_decay_ranker_finalize (GObject *object)
{
  g_hash_table_unref (DFN_DECAY_RANKER (object)->peers);
  G_OBJECT_CLASS (dfn_decay_ranker_parent_class)->finalize (object);
}

static void
dfn_decay_ranker_class_init (DfnDecayRankerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_decay_ranker_finalize;
}

static void
dfn_decay_ranker_init (DfnDecayRanker *self)
{
  self->peers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                       (GDestroyNotify) dfn_decay_peer_free);
  self->prior = (DfnDecayPrior){ .pace = FIRST_PACE, .latency = FIRST_LATENCY };
}

DfnDecayRanker *
dfn_decay_ranker_new (guint64 seed)
{
  DfnDecayRanker *self = g_object_new (DFN_TYPE_DECAY_RANKER, NULL);

  self->random = seed;
  return self;
}
