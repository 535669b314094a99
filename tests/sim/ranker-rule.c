/* SPDX-License-Identifier: MIT */
#include "ranker-rule.h"

#include "sim-random.h"

#define GAIN 0.25

typedef struct {
  guint64 id;
  GHashTable *asked; /* chunk: owned Request */
  double throughput; /* bytes/s of one request, smoothed; 0 before the first answer */
  double rtt;
  guint64 n_delivered;
  guint64 n_failed;
} Peer;

typedef struct {
  guint64 chunk;
  guint64 bytes;
  gint64 asked_us;
} Request;

struct _RankerRule {
  GObject parent_instance;

  RankerRuleKind kind;
  GHashTable *peers;
  SimRandom random;
};

static void ranker_rule_iface_init (DfnPeerRankerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (RankerRule,
                               ranker_rule,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DFN_TYPE_PEER_RANKER, ranker_rule_iface_init))

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  g_hash_table_unref (peer->asked);
  g_free (peer);
}

static Peer *
lookup (DfnPeerRanker *ranker, guint64 id)
{
  return g_hash_table_lookup (RANKER_RULE (ranker)->peers, &id);
}

static const char *
get_policy (DfnPeerRanker *ranker)
{
  static const char *names[] = { "throughput", "score", "random", "rtt", "loaded", "grudge" };

  return names[RANKER_RULE (ranker)->kind];
}

static gboolean
add_peer (DfnPeerRanker *ranker, gint64 now_us, guint64 id)
{
  Peer *peer = g_new0 (Peer, 1);

  peer->id = id;
  peer->asked = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  return g_hash_table_insert (RANKER_RULE (ranker)->peers, &peer->id, peer);
}

static void
remove_peer (DfnPeerRanker *ranker, guint64 id)
{
  g_hash_table_remove (RANKER_RULE (ranker)->peers, &id);
}

static void
set_path (DfnPeerRanker *ranker, guint64 id, gint64 rtt_us, double loss)
{
  lookup (ranker, id)->rtt = (double) rtt_us / G_USEC_PER_SEC;
}

static void
claims (DfnPeerRanker *ranker, gint64 now_us, guint64 id, const DfnPeerClaims *claimed)
{
}

static void
asked (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 chunk, guint64 bytes)
{
  Request *request = g_new (Request, 1);

  *request = (Request){ .chunk = chunk, .bytes = bytes, .asked_us = now_us };
  g_hash_table_insert (lookup (ranker, id)->asked, &request->chunk, request);
}

static void
add_throughput (Peer *peer, gint64 now_us, const Request *request)
{
  double seconds = (double) MAX (now_us - request->asked_us, 1) / G_USEC_PER_SEC;
  double throughput = (double) request->bytes / seconds;

  if (peer->throughput > 0)
    peer->throughput += GAIN * (throughput - peer->throughput);
  else
    peer->throughput = throughput;
}

static void
answered (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 chunk, gint64 first_byte_us)
{
  Peer *peer = lookup (ranker, id);

  peer->n_delivered++;
  add_throughput (peer, now_us, g_hash_table_lookup (peer->asked, &chunk));
  g_hash_table_remove (peer->asked, &chunk);
}

static void
failed (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 chunk, DfnPeerOutcome outcome)
{
  Peer *peer = lookup (ranker, id);

  peer->n_failed++;
  /* Without this, a peer that never answers would keep the throughput it once had. */
  add_throughput (peer, now_us, g_hash_table_lookup (peer->asked, &chunk));
  g_hash_table_remove (peer->asked, &chunk);
}

static double
expect (DfnPeerRanker *ranker, gint64 now_us, guint64 id, guint64 bytes)
{
  Peer *peer = lookup (ranker, id);

  return peer->rtt + (peer->throughput > 0 ? (double) bytes / peer->throughput : 0);
}

static double
get_score (const Peer *peer, double most)
{
  double n = (double) (peer->n_delivered + peer->n_failed);
  double reliability = n > 0 ? (double) peer->n_delivered / n : 1;
  double throughput = most > 0 ? peer->throughput / most : 1;

  if (n == 0)
    return 2;
  return 0.4 * throughput + 0.2 * (0.05 / (0.05 + peer->rtt)) + 0.2 * reliability
         + 0.2 / (1 + g_hash_table_size (peer->asked));
}

/* Bytes/s of one more request, each peer tried first. */
static double
get_share (const Peer *peer)
{
  double throughput = peer->throughput > 0 ? peer->throughput : 1e12;

  return throughput / (1 + g_hash_table_size (peer->asked));
}

static double
get_value (RankerRule *self, const Peer *peer, double most)
{
  switch (self->kind)
    {
    case RANKER_RULE_THROUGHPUT:
      return peer->throughput > 0 ? peer->throughput : 1e12 - g_hash_table_size (peer->asked);
    case RANKER_RULE_SCORE:
      return get_score (peer, most);
    case RANKER_RULE_RANDOM:
      return peer->throughput > 0 ? peer->throughput : most;
    case RANKER_RULE_RTT:
      return 1 / peer->rtt;
    case RANKER_RULE_LOADED:
      return get_share (peer);
    case RANKER_RULE_GRUDGE:
      return get_share (peer) / (1 + (double) peer->n_failed);
    }
  return 0;
}

static guint
draw (RankerRule *self, const double *values, guint n, double *probability)
{
  double sum = 0, number;

  for (guint i = 0; i < n; i++)
    sum += values[i];
  number = sum * sim_random_unit (&self->random);
  for (guint i = 0; i < n; i++)
    {
      *probability = sum > 0 ? values[i] / sum : 1.0 / n;
      if (number < values[i] || i + 1 == n)
        return i;
      number -= values[i];
    }
  return 0;
}

static guint
choose (DfnPeerRanker *ranker,
        gint64 now_us,
        const guint64 *peers,
        guint n,
        guint64 bytes,
        double *probability)
{
  RankerRule *self = RANKER_RULE (ranker);
  g_autofree double *values = g_new (double, n);
  double most = 0;
  guint best = 0;

  for (guint i = 0; i < n; i++)
    most = MAX (most, lookup (ranker, peers[i])->throughput);
  for (guint i = 0; i < n; i++)
    {
      values[i] = get_value (self, lookup (ranker, peers[i]), most);
      if (values[i] > values[best])
        best = i;
    }
  if (self->kind == RANKER_RULE_RANDOM)
    return draw (self, values, n, probability);
  *probability = 1;
  return best;
}

static gboolean
measure (DfnPeerRanker *ranker, gint64 now_us, guint64 id, DfnPeerMeasurements *measurements)
{
  return FALSE;
}

static void
ranker_rule_iface_init (DfnPeerRankerInterface *iface)
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
ranker_rule_finalize (GObject *object)
{
  g_hash_table_unref (RANKER_RULE (object)->peers);
  G_OBJECT_CLASS (ranker_rule_parent_class)->finalize (object);
}

static void
ranker_rule_class_init (RankerRuleClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ranker_rule_finalize;
}

static void
ranker_rule_init (RankerRule *self)
{
  self->peers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, peer_free);
}

RankerRule *
ranker_rule_new (RankerRuleKind kind, guint64 seed)
{
  RankerRule *self = g_object_new (RANKER_TYPE_RULE, NULL);

  self->kind = kind;
  sim_random_init (&self->random, seed);
  return self;
}
