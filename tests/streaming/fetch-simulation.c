/* SPDX-License-Identifier: MIT */
#include "fetch-simulation.h"

#define CHUNK_SIZE (256 * 1024)

FetchSimulation *
fetch_simulation_new (guint64 size)
{
  FetchSimulation *self = g_new0 (FetchSimulation, 1);

  self->size = size;
  self->n_chunks = (guint32) ((size + CHUNK_SIZE - 1) / CHUNK_SIZE);
  self->plan = dfn_fetch_plan_new (size, CHUNK_SIZE, NULL, 2024);
  self->n_arrived = g_new0 (guint, self->n_chunks);
  self->n_asked = g_new0 (guint, self->n_chunks);
  self->random = g_rand_new_with_seed (2024);
  return self;
}

void
fetch_simulation_free (FetchSimulation *self)
{
  for (guint i = 0; i < self->n_peers; i++)
    g_array_unref (self->peers[i].answers);
  dfn_fetch_plan_free (self->plan);
  g_rand_free (self->random);
  g_free (self->n_arrived);
  g_free (self->n_asked);
  g_free (self);
}

SimulatedPeer *
fetch_simulation_add_peer (FetchSimulation *self, double mbit, gint64 rtt_us)
{
  SimulatedPeer *peer = &self->peers[self->n_peers++];

  *peer = (SimulatedPeer){ .id = 1000 + self->n_peers,
                           .rate = mbit * 1e6 / 8,
                           .rtt_us = rtt_us,
                           .silent_from_us = G_MAXINT64,
                           .gone_at_us = G_MAXINT64,
                           .slower_at_us = G_MAXINT64,
                           .answers = g_array_new (FALSE, FALSE, sizeof (SimulatedAnswer)) };
  g_assert_true (dfn_fetch_plan_add_peer (self->plan, self->now_us, peer->id, NULL));
  return peer;
}

static SimulatedPeer *
peer_of (FetchSimulation *self, guint64 id)
{
  for (guint i = 0; i < self->n_peers; i++)
    if (self->peers[i].id == id)
      return &self->peers[i];
  g_assert_not_reached ();
}

static guint32
length_of (FetchSimulation *self, guint32 index)
{
  return (guint32) MIN (CHUNK_SIZE, self->size - (guint64) index * CHUNK_SIZE);
}

static gint64
rtt_of (FetchSimulation *self, SimulatedPeer *peer)
{
  return self->now_us >= peer->slower_at_us ? peer->rtt_us * 10 : peer->rtt_us;
}

/* Processor sharing: with n answers under way, each advances at rate / n. */
static void
advance_parallel (SimulatedPeer *peer, gint64 now_us)
{
  if (peer->answers->len > 0)
    peer->progress += peer->rate * (double) (now_us - peer->progress_us) / S / peer->answers->len;
  peer->progress_us = now_us;
}

static void
expect_parallel (SimulatedPeer *peer)
{
  for (guint i = 0; i < peer->answers->len; i++)
    {
      SimulatedAnswer *answer = &g_array_index (peer->answers, SimulatedAnswer, i);
      double left = MAX (0, answer->due - peer->progress) * peer->answers->len;

      answer->arrives_us = peer->progress_us + (gint64) (left / peer->rate * S) + 1;
    }
}

static void
send_request (FetchSimulation *self, SimulatedPeer *peer, guint32 index)
{
  gint64 begin = MAX (peer->free_us, self->now_us + rtt_of (self, peer) / 2);
  SimulatedAnswer answer = { .index = index };

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
drain (FetchSimulation *self)
{
  guint64 id;
  guint32 index;
  guint n_calls = 0;

  while (dfn_fetch_plan_next_abandoned (self->plan, self->now_us, &id, &index))
    {
      SimulatedPeer *peer = peer_of (self, id);

      for (guint i = 0; i < peer->answers->len; i++)
        if (g_array_index (peer->answers, SimulatedAnswer, i).index == index)
          g_array_index (peer->answers, SimulatedAnswer, i).is_abandoned = TRUE;
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
arrive (FetchSimulation *self, SimulatedPeer *peer, SimulatedAnswer answer)
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
next_event (FetchSimulation *self, SimulatedPeer **peer, guint *place)
{
  gint64 next = dfn_fetch_plan_get_wakeup (self->plan, self->now_us);

  g_assert_cmpint (next, >, self->now_us);
  *peer = NULL;
  for (guint i = 0; i < self->n_peers; i++)
    {
      SimulatedPeer *candidate = &self->peers[i];

      if (!candidate->is_gone && candidate->gone_at_us <= next)
        {
          next = candidate->gone_at_us;
          *peer = candidate;
          *place = G_MAXUINT;
        }
      for (guint j = 0; j < candidate->answers->len; j++)
        if (g_array_index (candidate->answers, SimulatedAnswer, j).arrives_us < next)
          {
            next = g_array_index (candidate->answers, SimulatedAnswer, j).arrives_us;
            *peer = candidate;
            *place = j;
          }
    }
  return next;
}

gboolean
fetch_simulation_run (FetchSimulation *self, gint64 limit_us)
{
  drain (self);
  while (!dfn_fetch_plan_is_done (self->plan))
    {
      SimulatedPeer *peer;
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
          SimulatedAnswer answer = g_array_index (peer->answers, SimulatedAnswer, place);

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

void
fetch_simulation_assert_each_once (FetchSimulation *self)
{
  for (guint32 i = 0; i < self->n_chunks; i++)
    {
      g_assert_cmpuint (self->n_arrived[i], ==, 1);
      g_assert_cmpuint (self->n_asked[i], ==, 1);
    }
}

void
fetch_simulation_assert_each_here (FetchSimulation *self)
{
  DfnFetchStats stats;

  for (guint32 i = 0; i < self->n_chunks; i++)
    g_assert_cmpuint (self->n_arrived[i], >=, 1);
  dfn_fetch_plan_get_stats (self->plan, &stats);
  g_assert_cmpuint (stats.n_missing, ==, 0);
  g_assert_cmpuint (stats.n_outstanding, ==, 0);
}
