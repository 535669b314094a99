/* SPDX-License-Identifier: MIT */
/* The plan against simulated peers: a clock of its own, queues of bytes, fixed seeds. */
#include "dfn-fetch-plan.h"
#include "dfn-manifest.h"

#include <string.h>

#define MS 1000
#define S 1000000
#define MIB (1024 * 1024)
#define MAX_SIMULATED 16

typedef struct {
  guint32 index;
  gint64 arrives_us;
  gboolean is_abandoned;
  double due; /* of a parallel peer: its progress when this answer is whole */
} Answer;

/* A peer answers in order at its rate; one way takes half its round trip. */
typedef struct {
  guint64 id;
  double rate; /* bytes/s */
  gint64 rtt_us;
  gint64 silent_from_us; /* loses everything that would arrive from then on */
  gint64 silent_until_us;
  gint64 gone_at_us;
  gint64 slower_at_us; /* its round trip is ten times as long from then on */
  guint corrupt_percent;
  gboolean is_gone;
  gboolean is_parallel; /* answers everything at once, each at its share of the rate */
  double progress;      /* bytes of each answer under way that it has sent since it began */
  gint64 progress_us;   /* when that was so */
  gint64 free_us;       /* when its queue is empty */
  GArray *answers;      /* Answer */
  guint64 n_sent;
} Peer;

typedef struct {
  DfnFetchPlan *plan;
  guint32 n_chunks;
  guint64 size;
  gint64 now_us;
  Peer peers[MAX_SIMULATED];
  guint n_peers;
  guint *n_arrived; /* a chunk */
  guint *n_asked;   /* a chunk */
  GRand *random;
  gsize most_outstanding;
} Simulation;

static Simulation *
simulation_new (guint64 size)
{
  Simulation *self = g_new0 (Simulation, 1);

  self->size = size;
  self->n_chunks = (guint32) ((size + DFN_CHUNK_SIZE - 1) / DFN_CHUNK_SIZE);
  self->plan = dfn_fetch_plan_new (size, NULL);
  self->n_arrived = g_new0 (guint, self->n_chunks);
  self->n_asked = g_new0 (guint, self->n_chunks);
  self->random = g_rand_new_with_seed (2024);
  return self;
}

static void
simulation_free (Simulation *self)
{
  for (guint i = 0; i < self->n_peers; i++)
    g_array_unref (self->peers[i].answers);
  dfn_fetch_plan_free (self->plan);
  g_rand_free (self->random);
  g_free (self->n_arrived);
  g_free (self->n_asked);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Simulation, simulation_free)

static Peer *
add_peer (Simulation *self, double mbit, gint64 rtt_us)
{
  Peer *peer = &self->peers[self->n_peers++];

  *peer = (Peer){ .id = 1000 + self->n_peers,
                  .rate = mbit * 1e6 / 8,
                  .rtt_us = rtt_us,
                  .silent_from_us = G_MAXINT64,
                  .gone_at_us = G_MAXINT64,
                  .slower_at_us = G_MAXINT64,
                  .answers = g_array_new (FALSE, FALSE, sizeof (Answer)) };
  g_assert_true (dfn_fetch_plan_add_peer (self->plan, self->now_us, peer->id, NULL));
  return peer;
}

static Peer *
peer_of (Simulation *self, guint64 id)
{
  for (guint i = 0; i < self->n_peers; i++)
    if (self->peers[i].id == id)
      return &self->peers[i];
  g_assert_not_reached ();
}

static guint32
length_of (Simulation *self, guint32 index)
{
  return (guint32) MIN (DFN_CHUNK_SIZE, self->size - (guint64) index * DFN_CHUNK_SIZE);
}

static gint64
rtt_of (Simulation *self, Peer *peer)
{
  return self->now_us >= peer->slower_at_us ? peer->rtt_us * 10 : peer->rtt_us;
}

/* Processor sharing: with n answers under way, each advances at rate / n. */
static void
advance_parallel (Peer *peer, gint64 now_us)
{
  if (peer->answers->len > 0)
    peer->progress += peer->rate * (double) (now_us - peer->progress_us) / S / peer->answers->len;
  peer->progress_us = now_us;
}

static void
expect_parallel (Peer *peer)
{
  for (guint i = 0; i < peer->answers->len; i++)
    {
      Answer *answer = &g_array_index (peer->answers, Answer, i);
      double left = MAX (0, answer->due - peer->progress) * peer->answers->len;

      answer->arrives_us = peer->progress_us + (gint64) (left / peer->rate * S) + 1;
    }
}

static void
send_request (Simulation *self, Peer *peer, guint32 index)
{
  gint64 begin = MAX (peer->free_us, self->now_us + rtt_of (self, peer) / 2);
  Answer answer = { .index = index };

  g_assert_false (peer->is_gone);
  peer->free_us = begin + (gint64) (length_of (self, index) / peer->rate * S);
  answer.arrives_us = peer->free_us + rtt_of (self, peer) / 2;
  if (answer.arrives_us >= peer->silent_from_us && answer.arrives_us < peer->silent_until_us)
    answer.arrives_us = G_MAXINT64;
  if (peer->is_parallel)
    {
      advance_parallel (peer, self->now_us);
      answer.due = peer->progress + length_of (self, index);
    }
  g_array_append_val (peer->answers, answer);
  if (peer->is_parallel)
    expect_parallel (peer);
  peer->n_sent++;
  self->n_asked[index]++;
}

static void
drain (Simulation *self)
{
  guint64 id;
  guint32 index;
  guint n_calls = 0;

  while (dfn_fetch_plan_next_abandoned (self->plan, self->now_us, &id, &index))
    {
      Peer *peer = peer_of (self, id);

      for (guint i = 0; i < peer->answers->len; i++)
        if (g_array_index (peer->answers, Answer, i).index == index)
          g_array_index (peer->answers, Answer, i).is_abandoned = TRUE;
    }
  while (dfn_fetch_plan_next (self->plan, self->now_us, &id, &index))
    {
      DfnFetchPeerStats stats;

      g_assert_cmpuint (n_calls++, <, 20000);
      send_request (self, peer_of (self, id), index);
      g_assert_true (dfn_fetch_plan_get_peer_stats (self->plan, id, &stats));
      g_assert_cmpuint (stats.outstanding, <=, stats.window);
      g_assert_cmpuint (stats.outstanding, <=, DFN_FETCH_PLAN_MAX_WINDOW);
      self->most_outstanding = MAX (self->most_outstanding, stats.outstanding);
    }
}

static void
arrive (Simulation *self, Peer *peer, Answer answer)
{
  if (answer.is_abandoned)
    return;
  if (g_rand_int_range (self->random, 0, 100) < (gint32) peer->corrupt_percent)
    {
      dfn_fetch_plan_failed (self->plan, self->now_us, peer->id, answer.index,
                             DFN_FETCH_FAILURE_REFUSED);
      return;
    }
  self->n_arrived[answer.index]++;
  dfn_fetch_plan_received (self->plan, self->now_us, peer->id, answer.index);
}

/* What happens next, and when. */
static gint64
next_event (Simulation *self, Peer **peer, guint *place)
{
  gint64 next = dfn_fetch_plan_get_wakeup (self->plan, self->now_us);

  g_assert_cmpint (next, >, self->now_us);
  *peer = NULL;
  for (guint i = 0; i < self->n_peers; i++)
    {
      Peer *candidate = &self->peers[i];

      if (!candidate->is_gone && candidate->gone_at_us <= next)
        {
          next = candidate->gone_at_us;
          *peer = candidate;
          *place = G_MAXUINT;
        }
      for (guint j = 0; j < candidate->answers->len; j++)
        if (g_array_index (candidate->answers, Answer, j).arrives_us < next)
          {
            next = g_array_index (candidate->answers, Answer, j).arrives_us;
            *peer = candidate;
            *place = j;
          }
    }
  return next;
}

/* Runs until all is here, or @limit_us; returns whether all is. */
static gboolean
run (Simulation *self, gint64 limit_us)
{
  drain (self);
  while (!dfn_fetch_plan_is_done (self->plan))
    {
      Peer *peer;
      guint place;
      gint64 next = next_event (self, &peer, &place);

      if (next >= limit_us)
        return FALSE;
      self->now_us = MAX (self->now_us, next);
      if (peer != NULL && place == G_MAXUINT)
        {
          peer->is_gone = TRUE;
          g_array_set_size (peer->answers, 0);
          dfn_fetch_plan_remove_peer (self->plan, peer->id);
        }
      else if (peer != NULL)
        {
          Answer answer = g_array_index (peer->answers, Answer, place);

          if (peer->is_parallel)
            advance_parallel (peer, self->now_us);
          g_array_remove_index (peer->answers, place);
          if (peer->is_parallel)
            expect_parallel (peer);
          arrive (self, peer, answer);
        }
      drain (self);
    }
  return TRUE;
}

static void
assert_each_once (Simulation *self)
{
  for (guint32 i = 0; i < self->n_chunks; i++)
    {
      g_assert_cmpuint (self->n_arrived[i], ==, 1);
      g_assert_cmpuint (self->n_asked[i], ==, 1);
    }
}

static void
assert_each_here (Simulation *self)
{
  DfnFetchStats stats;

  for (guint32 i = 0; i < self->n_chunks; i++)
    g_assert_cmpuint (self->n_arrived[i], >=, 1);
  dfn_fetch_plan_get_stats (self->plan, &stats);
  g_assert_cmpuint (stats.n_missing, ==, 0);
  g_assert_cmpuint (stats.n_outstanding, ==, 0);
}

/* One link is kept full from the first request to the last, whatever its rate and length. */
static void
test_one_peer (void)
{
  static const struct {
    double mbit;
    gint64 rtt_us;
    guint64 size;
  } cases[] = {
    { 1, 40 * MS, 8 * MIB },       { 20, 100 * MS, 50 * MIB },      { 50, 40 * MS, 300 * MIB },
    { 1000, 1 * MS, 2000u * MIB }, { 1000, 100 * MS, 2000u * MIB }, { 100, 300 * MS, 500 * MIB },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Simulation) sim = simulation_new (cases[i].size + 12345);
      double ideal = cases[i].rtt_us / 1e6 + (double) sim->size / (cases[i].mbit * 1e6 / 8);

      add_peer (sim, cases[i].mbit, cases[i].rtt_us);
      g_assert_true (run (sim, G_MAXINT64));
      assert_each_once (sim);
      g_test_message ("%g Mbit/s, %d ms: %.3f of the link, at most %.1f MiB asked", cases[i].mbit,
                      (int) (cases[i].rtt_us / MS), ideal / (sim->now_us / 1e6),
                      (double) sim->most_outstanding / MIB);
      g_assert_cmpfloat (ideal / (sim->now_us / 1e6), >, 0.95);
    }
}

/* Full links, but not queues without end: at most about four times what the link holds. */
static void
test_window_is_bounded (void)
{
  g_autoptr (Simulation) sim = simulation_new (500 * MIB);
  DfnFetchPeerStats stats;
  Peer *peer = add_peer (sim, 50, 40 * MS);

  g_assert_false (run (sim, 5 * S));
  g_assert_true (dfn_fetch_plan_get_peer_stats (sim->plan, peer->id, &stats));
  g_assert_cmpuint (stats.window, >=, DFN_FETCH_PLAN_MIN_WINDOW);
  g_assert_cmpuint (stats.window, <=, 4 * MIB);
  g_assert_cmpfloat (stats.rate, >, 0.8 * 50e6 / 8);
  g_assert_cmpfloat (stats.rate, <, 1.2 * 50e6 / 8);
}

/* A peer that answers everything at once answers the later the more is asked: that must not make
 * the window grow without end. */
static void
test_parallel_peer (void)
{
  g_autoptr (Simulation) sim = simulation_new (500 * MIB);
  Peer *peer = add_peer (sim, 50, 0);

  peer->is_parallel = TRUE;
  g_assert_true (run (sim, G_MAXINT64));
  assert_each_once (sim);
  g_test_message ("at most %.1f MiB asked", (double) sim->most_outstanding / MIB);
  g_assert_cmpuint (sim->most_outstanding, <=, 10 * MIB);
}

/* The first requests: eight chunks, the file's beginning, in order. */
static void
test_start (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, NULL);
  guint64 peer;
  guint32 index;

  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer (plan, 0, 7, NULL);
  for (guint32 i = 0; i < 8; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_cmpuint (peer, ==, 7);
      g_assert_cmpuint (index, ==, i);
    }
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
}

static void
test_two_peers (void)
{
  g_autoptr (Simulation) sim = simulation_new (200 * MIB);
  Peer *fast = add_peer (sim, 100, 20 * MS);
  Peer *slow = add_peer (sim, 10, 60 * MS);
  double ideal = sim->size / (110e6 / 8), share;

  g_assert_true (run (sim, G_MAXINT64));
  assert_each_once (sim);
  share = (double) slow->n_sent / (double) (fast->n_sent + slow->n_sent);
  g_test_message ("the slow peer gave %.3f; %.3f of both links", share,
                  ideal / (sim->now_us / 1e6));
  g_assert_cmpfloat (share, >, 0.07);
  g_assert_cmpfloat (share, <, 0.11);
  g_assert_cmpfloat (ideal / (sim->now_us / 1e6), >, 0.95);
}

/* A small file is not held up by the slow peer's part of it. */
static void
test_slow_peer_at_the_end (void)
{
  g_autoptr (Simulation) sim = simulation_new (20 * MIB);
  double alone;

  add_peer (sim, 100, 20 * MS);
  add_peer (sim, 1, 20 * MS);
  alone = sim->size / (100e6 / 8);
  g_assert_true (run (sim, G_MAXINT64));
  assert_each_here (sim);
  g_test_message ("%.2f s; the fast peer alone takes %.2f s", sim->now_us / 1e6, alone);
  g_assert_cmpfloat (sim->now_us / 1e6, <, alone + 3);
}

static void
test_silent_peer (void)
{
  g_autoptr (Simulation) sim = simulation_new (100 * MIB);
  Peer *good = add_peer (sim, 50, 40 * MS);
  Peer *bad = add_peer (sim, 50, 40 * MS);
  DfnFetchPeerStats stats;

  bad->silent_from_us = 2 * S;
  bad->silent_until_us = G_MAXINT64;
  g_assert_true (run (sim, 60 * S));
  assert_each_here (sim);
  g_assert_true (dfn_fetch_plan_get_peer_stats (sim->plan, bad->id, &stats));
  g_assert_true (stats.is_stalled);
  g_assert_cmpuint (stats.n_timeouts, >=, 4);
  /* The good one needs 100 MiB less what the bad one gave in 2 s. */
  g_assert_cmpfloat (sim->now_us / 1e6, <, 100 * MIB / (50e6 / 8) + 3);
  g_assert_cmpuint (good->n_sent, >, bad->n_sent);
}

/* The only peer falls silent and comes back: nothing is asked in a storm, and all arrives. */
static void
test_only_peer_is_silent (void)
{
  g_autoptr (Simulation) sim = simulation_new (20 * MIB);
  Peer *peer = add_peer (sim, 20, 40 * MS);
  guint64 n_sent;

  peer->silent_from_us = 1 * S;
  peer->silent_until_us = 61 * S;
  g_assert_false (run (sim, 61 * S));
  n_sent = peer->n_sent;
  g_assert_cmpuint (n_sent, <, 40);
  g_assert_true (run (sim, 200 * S));
  assert_each_here (sim);
}

/* A slow link is not a silent one as long as bytes arrive. */
static void
test_slow_but_alive (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (10 * MIB, NULL);
  guint64 peer;
  guint32 index;
  gint64 now = 0;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  while (dfn_fetch_plan_next (plan, now, &peer, &index))
    ;
  for (; now < 60 * S; now += S)
    {
      g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
      dfn_fetch_plan_active (plan, now, 1);
    }
  now += 2 * S;
  g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
  now += 4 * S;
  for (guint i = 0; i < 8; i++)
    g_assert_true (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
  g_assert_false (dfn_fetch_plan_next_abandoned (plan, now, &peer, &index));
}

/* One request in many gets lost; the others go on, and the lost one is asked again. */
static void
test_lost_alone (void)
{
  g_autoptr (Simulation) sim = simulation_new (100 * MIB);
  Peer *peer = add_peer (sim, 50, 40 * MS);

  peer->silent_from_us = 1 * S;
  peer->silent_until_us = 1 * S + 30 * MS;
  g_assert_true (run (sim, 60 * S));
  assert_each_here (sim);
  g_assert_cmpfloat (sim->now_us / 1e6, <, 100 * MIB / (50e6 / 8) + 1);
}

static void
test_peers_come_and_go (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (77);

  for (guint round = 0; round < 30; round++)
    {
      g_autoptr (Simulation) sim = simulation_new (60 * MIB + 1);
      guint n = (guint) g_rand_int_range (random, 2, MAX_SIMULATED);
      DfnFetchStats stats;

      add_peer (sim, 8, 50 * MS);
      for (guint i = 1; i < n; i++)
        {
          Peer *peer = add_peer (sim, g_rand_double_range (random, 1, 60),
                                 g_rand_int_range (random, 1, 200) * MS);

          if (g_rand_boolean (random))
            peer->gone_at_us = g_rand_int_range (random, 0, 5 * S);
          else if (g_rand_boolean (random))
            peer->silent_from_us = g_rand_int_range (random, 0, 5 * S);
          peer->silent_until_us = G_MAXINT64;
          peer->corrupt_percent = (guint) g_rand_int_range (random, 0, 20);
        }
      g_assert_true (run (sim, 300 * S));
      assert_each_here (sim);
      dfn_fetch_plan_get_stats (sim->plan, &stats);
      g_assert_cmpuint (stats.n_requests, <, 2 * sim->n_chunks);
      g_assert_cmpuint (stats.n_duplicates, <, sim->n_chunks / 10);
    }
}

/* The way to the peer becomes ten times as long: the window follows. */
static void
test_longer_way (void)
{
  g_autoptr (Simulation) sim = simulation_new (2000u * MIB);
  Peer *peer = add_peer (sim, 400, 20 * MS);
  double ideal = sim->size / (400e6 / 8);

  peer->slower_at_us = 5 * S;
  g_assert_true (run (sim, G_MAXINT64));
  assert_each_once (sim);
  g_test_message ("%.3f of the link", ideal / (sim->now_us / 1e6));
  g_assert_cmpfloat (ideal / (sim->now_us / 1e6), >, 0.8);
}

static void
test_removed_goes_to_the_front (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (100 * MIB, NULL);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint i = 0; i < 8; i++)
    g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_true (dfn_fetch_plan_received (plan, 100 * MS, 1, 2));
  dfn_fetch_plan_remove_peer (plan, 1);
  dfn_fetch_plan_add_peer (plan, 0, 2, NULL);
  for (guint32 i = 0; i < 8; i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 200 * MS, &peer, &index));
      g_assert_cmpuint (peer, ==, 2);
      g_assert_cmpuint (index, ==, i < 2 ? i : i + 1);
    }
  /* What the first one had sent before it went is still taken, and asked of nobody else. */
  g_assert_true (dfn_fetch_plan_received (plan, 300 * MS, 1, 4));
  g_assert_true (dfn_fetch_plan_next_abandoned (plan, 300 * MS, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_cmpuint (index, ==, 4);
  g_assert_false (dfn_fetch_plan_received (plan, 300 * MS, 2, 4));
}

static void
test_playhead (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, NULL);
  static const guint32 expected[] = { 12, 13, 14, 15, 0, 1, 2, 3 };
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_set_playhead (plan, 12);
  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
      g_assert_cmpuint (index, ==, expected[i]);
    }
  /* A chunk that comes back and lies ahead is the next one. */
  dfn_fetch_plan_failed (plan, 0, 1, 13, DFN_FETCH_FAILURE_REFUSED);
  dfn_fetch_plan_add_peer (plan, 0, 2, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);
  g_assert_cmpuint (index, ==, 13);
}

static void
test_partial_peers (void)
{
  static const guint8 map[] = { 0x0a, 0x80 };
  g_autoptr (DfnBitmap) has = dfn_bitmap_new_from_bytes (map, 2, 16);
  g_autoptr (DfnBitmap) present = dfn_bitmap_new (16);
  g_autoptr (DfnFetchPlan) plan = NULL;
  guint64 peer;
  guint32 index;

  dfn_bitmap_add (present, 3);
  plan = dfn_fetch_plan_new (4 * MIB, present);
  dfn_fetch_plan_add_peer (plan, 0, 1, has);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 1);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 15);
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_add_peer_chunk (plan, 1, 5);
  dfn_fetch_plan_add_peer_chunk (plan, 1, 16);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 5);
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_set_peer_chunks (plan, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpuint (index, ==, 0);
}

/* A peer that did wrong gets nothing before its back-off ends, which doubles. */
static void
test_hard_failure (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, NULL);
  gint64 now = 0;
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  for (guint i = 0; i < 4; i++)
    {
      gint64 wakeup;

      g_assert_true (dfn_fetch_plan_next (plan, now, &peer, &index));
      g_assert_true (dfn_fetch_plan_received (plan, now, 1, index));
      dfn_fetch_plan_failed (plan, now, 1, index, DFN_FETCH_FAILURE_HARD);
      dfn_fetch_plan_lost (plan, index);
      g_assert_false (dfn_fetch_plan_is_done (plan));
      g_assert_false (dfn_fetch_plan_next (plan, now + 999 * MS, &peer, &index));
      wakeup = dfn_fetch_plan_get_wakeup (plan, now + 999 * MS);
      g_assert_cmpint (wakeup, >=, now + S);
      now = wakeup;
    }
}

/* A refusal sends the chunk elsewhere, and back to the only peer only after a while. */
static void
test_refusal (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (DFN_CHUNK_SIZE, NULL);
  guint64 peer;
  guint32 index;

  dfn_fetch_plan_add_peer (plan, 0, 1, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, 0, &peer, &index));
  dfn_fetch_plan_failed (plan, 0, 1, 0, DFN_FETCH_FAILURE_REFUSED);
  g_assert_false (dfn_fetch_plan_next (plan, 0, &peer, &index));
  g_assert_cmpint (dfn_fetch_plan_get_wakeup (plan, 0), ==, S);
  g_assert_true (dfn_fetch_plan_next (plan, S, &peer, &index));
  dfn_fetch_plan_failed (plan, S, 1, 0, DFN_FETCH_FAILURE_REFUSED);
  dfn_fetch_plan_add_peer (plan, S, 2, NULL);
  g_assert_true (dfn_fetch_plan_next (plan, S, &peer, &index));
  g_assert_cmpuint (peer, ==, 2);

  /* A late refusal of what came from elsewhere changes nothing. */
  g_assert_true (dfn_fetch_plan_received (plan, S, 2, 0));
  dfn_fetch_plan_failed (plan, S, 1, 0, DFN_FETCH_FAILURE_REFUSED);
  g_assert_true (dfn_fetch_plan_is_done (plan));
}

/* A peer that refuses everything is not asked for the whole file at once. */
static void
test_refuses_everything (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (1000 * MIB, NULL);
  guint n_asked = 0;
  guint64 peer;
  guint32 index;
  gint64 now = 0;

  dfn_fetch_plan_add_peer (plan, now, 1, NULL);
  while (now < 60 * S)
    {
      while (dfn_fetch_plan_next (plan, now, &peer, &index))
        {
          n_asked++;
          dfn_fetch_plan_failed (plan, now, peer, index, DFN_FETCH_FAILURE_REFUSED);
        }
      now = dfn_fetch_plan_get_wakeup (plan, now);
    }
  g_assert_cmpuint (n_asked, >=, 16);
  g_assert_cmpuint (n_asked, <=, 80);
}

/* At the very end a late request is asked of a second peer, and the slower of both is called off.
 */
static void
test_hedge (void)
{
  g_autoptr (Simulation) sim = simulation_new (30 * MIB);
  Peer *good = add_peer (sim, 50, 40 * MS);
  Peer *bad = add_peer (sim, 50, 40 * MS);
  DfnFetchStats stats;

  bad->silent_from_us = (gint64) (30 * MIB / (100e6 / 8) * S) - 100 * MS;
  bad->silent_until_us = G_MAXINT64;
  g_assert_true (run (sim, 60 * S));
  dfn_fetch_plan_get_stats (sim->plan, &stats);
  g_test_message ("%" G_GUINT64_FORMAT " hedges, %.2f s", stats.n_hedges, sim->now_us / 1e6);
  g_assert_cmpuint (stats.n_hedges, >=, 1);
  g_assert_cmpuint (stats.n_hedges, <=, 8);
  g_assert_cmpfloat (sim->now_us / 1e6, <, 30 * MIB / (100e6 / 8) + 2.5);
  g_assert_cmpuint (good->n_sent, >, bad->n_sent);
}

static void
test_too_many_peers (void)
{
  g_autoptr (DfnFetchPlan) plan = dfn_fetch_plan_new (4 * MIB, NULL);

  for (guint i = 0; i < DFN_FETCH_PLAN_MAX_PEERS; i++)
    g_assert_true (dfn_fetch_plan_add_peer (plan, 0, i, NULL));
  g_assert_false (dfn_fetch_plan_add_peer (plan, 0, 1000, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/fetch-plan/start", test_start);
  g_test_add_func ("/streaming/fetch-plan/one-peer", test_one_peer);
  g_test_add_func ("/streaming/fetch-plan/window-is-bounded", test_window_is_bounded);
  g_test_add_func ("/streaming/fetch-plan/parallel-peer", test_parallel_peer);
  g_test_add_func ("/streaming/fetch-plan/two-peers", test_two_peers);
  g_test_add_func ("/streaming/fetch-plan/slow-peer-at-the-end", test_slow_peer_at_the_end);
  g_test_add_func ("/streaming/fetch-plan/silent-peer", test_silent_peer);
  g_test_add_func ("/streaming/fetch-plan/only-peer-is-silent", test_only_peer_is_silent);
  g_test_add_func ("/streaming/fetch-plan/slow-but-alive", test_slow_but_alive);
  g_test_add_func ("/streaming/fetch-plan/lost-alone", test_lost_alone);
  g_test_add_func ("/streaming/fetch-plan/peers-come-and-go", test_peers_come_and_go);
  g_test_add_func ("/streaming/fetch-plan/longer-way", test_longer_way);
  g_test_add_func ("/streaming/fetch-plan/removed-goes-to-the-front",
                   test_removed_goes_to_the_front);
  g_test_add_func ("/streaming/fetch-plan/playhead", test_playhead);
  g_test_add_func ("/streaming/fetch-plan/partial-peers", test_partial_peers);
  g_test_add_func ("/streaming/fetch-plan/hard-failure", test_hard_failure);
  g_test_add_func ("/streaming/fetch-plan/refusal", test_refusal);
  g_test_add_func ("/streaming/fetch-plan/refuses-everything", test_refuses_everything);
  g_test_add_func ("/streaming/fetch-plan/hedge", test_hedge);
  g_test_add_func ("/streaming/fetch-plan/too-many-peers", test_too_many_peers);
  return g_test_run ();
}
