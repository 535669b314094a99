/* SPDX-License-Identifier: MIT */
#include "dfn-fetch-plan.h"

#include "dfn-decay-ranker.h"
#include "dfn-fetch-peer.h"
#include "dfn-fetch-todo.h"
#include "dfn-manifest.h"

/* A request is moved when that saves half of its time and more than that. What is moved for less
 * is often on its way by the time that it is called off, and comes for nothing. */
#define RELIEF_FACTOR 2.0
#define RELIEF_MARGIN_S 1.5
/* To a peer that says that it is idle, when that saves more than this, within so long. */
#define IDLE_MARGIN_S 0.7
#define IDLE_US 100000
#define RELIEF_EVERY_US 50000
#define RELIEF_WAKE_US 200000

/* A chunk is present, or to be asked for, or neither: then it is asked for. */
struct _DfnFetchPlan {
  guint32 chunk_size;
  guint32 n_chunks;
  guint32 last_length;
  DfnBitmap *present;
  DfnFetchTodo *todo;
  DfnPeerRanker *ranker;
  DfnFetchChoice choice; /* the last one */
  DfnPeerOutcome abandoned;
  gint64 now_us;     /* of the last call that said what time it is */
  GPtrArray *peers;  /* DfnFetchPeer */
  GArray *redundant; /* Redundant */
  guint64 n_calls;
  gint64 relieved_us; /* when requests were last moved from one peer to another */
  DfnFetchStats totals;
};

typedef struct {
  guint64 peer;
  guint32 index;
} Redundant;

DfnFetchPlan *
dfn_fetch_plan_new (guint64 size, guint32 chunk_size, const DfnBitmap *present, guint32 seed)
{
  DfnFetchPlan *self;

  g_return_val_if_fail (size >= 1 && size <= DFN_MANIFEST_MAX_SIZE, NULL);
  g_return_val_if_fail (dfn_manifest_check_chunk_size (size, chunk_size), NULL);

  self = g_new0 (DfnFetchPlan, 1);
  self->chunk_size = chunk_size;
  self->n_chunks = (guint32) ((size - 1) / self->chunk_size + 1);
  self->last_length = (guint32) (size - (guint64) (self->n_chunks - 1) * self->chunk_size);
  self->present = present != NULL ? dfn_bitmap_copy (present) : dfn_bitmap_new (self->n_chunks);
  g_assert (dfn_bitmap_get_n_bits (self->present) == self->n_chunks);
  self->todo = dfn_fetch_todo_new (self->present, seed);
  self->ranker = DFN_PEER_RANKER (dfn_decay_ranker_new (seed));
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_fetch_peer_free);
  self->redundant = g_array_new (FALSE, FALSE, sizeof (Redundant));
  return self;
}

void
dfn_fetch_plan_free (DfnFetchPlan *self)
{
  dfn_bitmap_free (self->present);
  dfn_fetch_todo_free (self->todo);
  g_object_unref (self->ranker);
  g_ptr_array_unref (self->peers);
  g_array_unref (self->redundant);
  g_free (self);
}

static DfnFetchPeer *
peer_at (DfnFetchPlan *self, guint place)
{
  return g_ptr_array_index (self->peers, place);
}

static DfnFetchPeer *
lookup (DfnFetchPlan *self, guint64 id)
{
  for (guint i = 0; i < self->peers->len; i++)
    if (peer_at (self, i)->id == id)
      return peer_at (self, i);
  return NULL;
}

static guint32
length_of (DfnFetchPlan *self, guint32 index)
{
  return index == self->n_chunks - 1 ? self->last_length : self->chunk_size;
}

static gboolean
is_outstanding (DfnFetchPlan *self, guint32 index)
{
  for (guint i = 0; i < self->peers->len; i++)
    if (dfn_fetch_peer_find (peer_at (self, i), index) >= 0)
      return TRUE;
  return FALSE;
}

static void
give_back (DfnFetchPlan *self, guint32 index)
{
  if (!dfn_bitmap_has (self->present, index) && !is_outstanding (self, index))
    dfn_fetch_todo_add (self->todo, index);
}

static void
count_map (DfnFetchPlan *self, const DfnBitmap *has, int change)
{
  if (has == NULL)
    return;
  for (guint32 i = dfn_bitmap_next (has, 0); i < self->n_chunks; i = dfn_bitmap_next (has, i + 1))
    dfn_fetch_todo_count (self->todo, i, change);
}

static void
share_windows (DfnFetchPlan *self)
{
  for (guint i = 0; i < self->peers->len; i++)
    dfn_fetch_peer_share_window (peer_at (self, i), self->peers->len);
}

gboolean
dfn_fetch_plan_add_peer (DfnFetchPlan *self, gint64 now_us, guint64 peer, const DfnBitmap *has)
{
  g_return_val_if_fail (lookup (self, peer) == NULL, FALSE);
  g_return_val_if_fail (has == NULL || dfn_bitmap_get_n_bits (has) == self->n_chunks, FALSE);

  if (self->peers->len >= DFN_FETCH_PLAN_MAX_PEERS)
    return FALSE;
  g_ptr_array_add (self->peers, dfn_fetch_peer_new (peer, self->chunk_size, has, now_us));
  dfn_peer_ranker_add_peer (self->ranker, now_us, peer);
  count_map (self, has, 1);
  share_windows (self);
  return TRUE;
}

void
dfn_fetch_plan_remove_peer (DfnFetchPlan *self, guint64 peer)
{
  DfnFetchPeer *gone = lookup (self, peer);
  g_autoptr (GArray) requests = NULL;

  if (gone == NULL)
    return;
  requests = g_array_ref (gone->requests);
  count_map (self, gone->has, -1);
  for (guint i = self->redundant->len; i > 0; i--)
    if (g_array_index (self->redundant, Redundant, i - 1).peer == peer)
      g_array_remove_index (self->redundant, i - 1);
  g_ptr_array_remove (self->peers, gone);
  dfn_peer_ranker_remove_peer (self->ranker, peer);
  share_windows (self);
  for (guint i = 0; i < requests->len; i++)
    give_back (self, g_array_index (requests, DfnFetchRequest, i).index);
}

void
dfn_fetch_plan_set_peer_chunks (DfnFetchPlan *self, guint64 peer, const DfnBitmap *has)
{
  DfnFetchPeer *changed = lookup (self, peer);

  g_return_if_fail (has == NULL || dfn_bitmap_get_n_bits (has) == self->n_chunks);

  if (changed == NULL)
    return;
  count_map (self, changed->has, -1);
  count_map (self, has, 1);
  g_clear_pointer (&changed->has, dfn_bitmap_free);
  changed->has = has != NULL ? dfn_bitmap_copy (has) : NULL;
  changed->exhausted_generation = 0;
}

void
dfn_fetch_plan_add_peer_chunk (DfnFetchPlan *self, guint64 peer, guint32 index)
{
  DfnFetchPeer *changed = lookup (self, peer);

  if (changed == NULL || changed->has == NULL || index >= self->n_chunks)
    return;
  if (!dfn_bitmap_add (changed->has, index))
    return;
  dfn_fetch_todo_count (self->todo, index, 1);
  changed->exhausted_generation = 0;
}

void
dfn_fetch_plan_peer_is_idle (DfnFetchPlan *self, gint64 now_us, guint64 peer)
{
  DfnFetchPeer *idle = lookup (self, peer);

  if (idle == NULL || idle->outstanding > 0)
    return;
  idle->idle_until_us = now_us + IDLE_US;
  self->relieved_us = 0;
}

/* Takes request number @place back from @peer; the caller hears of it as abandoned. */
static void
call_off (DfnFetchPlan *self, DfnFetchPeer *peer, guint place)
{
  Redundant entry = { .peer = peer->id,
                      .index = g_array_index (peer->requests, DfnFetchRequest, place).index };

  dfn_fetch_peer_forget (peer, place);
  dfn_peer_ranker_failed (self->ranker, self->now_us, peer->id, entry.index,
                          DFN_PEER_OUTCOME_CANCELLED);
  g_array_append_val (self->redundant, entry);
}

void
dfn_fetch_plan_set_playhead (DfnFetchPlan *self, guint32 index, guint32 n_ahead)
{
  g_return_if_fail (index < self->n_chunks);

  dfn_fetch_todo_set_playhead (self->todo, index, n_ahead);
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *peer = peer_at (self, i);

      peer->exhausted_generation = 0;
      for (guint j = peer->requests->len; j > 0; j--)
        {
          DfnFetchRequest request = g_array_index (peer->requests, DfnFetchRequest, j - 1);

          if (request.begun_us != 0 || (request.index >= index && request.index - index < n_ahead))
            continue;
          call_off (self, peer, j - 1);
          give_back (self, request.index);
        }
    }
}

/* What to ask of whom */

/* Near the end a slow peer would keep everybody waiting for its last chunks: it gets none that
 * another could bring sooner even if that one fetched all the others first. */
static gboolean
is_better_left (DfnFetchPlan *self, DfnFetchPeer *peer, guint32 index, gint64 now_us)
{
  guint64 todo_bytes = (guint64) dfn_fetch_todo_get_n (self->todo) * self->chunk_size;
  double expected;

  if (peer->n_received == 0)
    return FALSE;
  expected = dfn_fetch_peer_expect (peer, length_of (self, index), now_us);
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *other = peer_at (self, i);

      if (other != peer && other->n_received > 0 && !other->is_stalled
          && now_us >= other->backoff_until_us && dfn_fetch_peer_has (other, index)
          && !dfn_fetch_todo_is_avoided (self->todo, index, other->id)
          && dfn_fetch_peer_expect (other, todo_bytes, now_us) < expected)
        return TRUE;
    }
  return FALSE;
}

/* Of the peers with room, and not passed over in this call, the one that the ranker chooses. */
static DfnFetchPeer *
choose_peer (DfnFetchPlan *self, gint64 now_us)
{
  DfnFetchPeer *candidates[DFN_FETCH_PLAN_MAX_PEERS];
  guint64 ids[DFN_FETCH_PLAN_MAX_PEERS];
  guint n = 0;

  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *peer = peer_at (self, i);

      if (peer->exhausted_generation == dfn_fetch_todo_get_generation (self->todo)
          || peer->passed_over == self->n_calls
          || !dfn_fetch_peer_has_room (peer, self->chunk_size, now_us))
        continue;
      ids[n] = peer->id;
      candidates[n++] = peer;
    }
  self->choice =
      (DfnFetchChoice){ .policy = dfn_peer_ranker_get_policy (self->ranker), .n_candidates = n };
  if (n == 0)
    return NULL;
  return candidates[dfn_peer_ranker_choose (self->ranker, now_us, ids, n, self->chunk_size,
                                            &self->choice.probability)];
}

static gboolean
ask (DfnFetchPlan *self,
     DfnFetchPeer *from,
     guint32 chunk,
     gint64 now_us,
     guint64 *peer,
     guint32 *index)
{
  dfn_fetch_peer_ask (from, chunk, length_of (self, chunk), now_us);
  dfn_peer_ranker_asked (self->ranker, now_us, from->id, chunk, length_of (self, chunk));
  self->totals.n_requests++;
  *peer = from->id;
  *index = chunk;
  return TRUE;
}

/* The peer with room that would bring a late chunk soonest; a chunk is asked of two at most. */
static DfnFetchPeer *
choose_second (DfnFetchPlan *self, DfnFetchPeer *late, guint32 index, gint64 now_us)
{
  DfnFetchPeer *best = NULL;

  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *peer = peer_at (self, i);

      if (peer == late)
        continue;
      if (dfn_fetch_peer_find (peer, index) >= 0)
        return NULL;
      if (!peer->is_stalled && dfn_fetch_peer_has (peer, index)
          && dfn_fetch_peer_has_room (peer, self->chunk_size, now_us)
          && !dfn_fetch_todo_is_avoided (self->todo, index, peer->id)
          && (best == NULL
              || dfn_fetch_peer_expect (peer, 0, now_us) < dfn_fetch_peer_expect (best, 0, now_us)))
        best = peer;
    }
  return best;
}

static gboolean
hedge (DfnFetchPlan *self, gint64 now_us, guint64 *peer, guint32 *index)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *late = peer_at (self, i);
      gint64 late_us = dfn_fetch_peer_get_late_us (late);

      for (guint j = 0; j < late->requests->len; j++)
        {
          const DfnFetchRequest *request = &g_array_index (late->requests, DfnFetchRequest, j);
          DfnFetchPeer *second = NULL;

          if (now_us >= request->sent_us + late_us)
            second = choose_second (self, late, request->index, now_us);
          if (second == NULL)
            continue;
          self->totals.n_hedges++;
          self->choice = (DfnFetchChoice){
            .policy = "hedge", .probability = 1, .n_candidates = 1, .is_hedge = TRUE
          };
          return ask (self, second, request->index, now_us, peer, index);
        }
    }
  return FALSE;
}

/* A request that waits at one peer while another has nothing to do for us is moved to that one, if
 * it gains much: who waits at a busy peer has only reserved a place. */
static gboolean
find_relief (
    DfnFetchPlan *self, DfnFetchPeer *idle, gint64 now_us, DfnFetchPeer **from, guint *place)
{
  double ours = dfn_fetch_peer_expect (idle, self->chunk_size, now_us);
  double most =
      now_us < idle->idle_until_us ? ours + IDLE_MARGIN_S : RELIEF_FACTOR * ours + RELIEF_MARGIN_S;

  *from = NULL;
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *busy = peer_at (self, i);

      for (guint j = 0; busy != idle && j < busy->requests->len; j++)
        {
          const DfnFetchRequest *request = &g_array_index (busy->requests, DfnFetchRequest, j);
          double theirs;

          if (request->begun_us != 0 || !dfn_fetch_peer_has (idle, request->index)
              || dfn_fetch_todo_is_avoided (self->todo, request->index, idle->id)
              || dfn_fetch_peer_find (idle, request->index) >= 0)
            continue;
          theirs = dfn_fetch_peer_expect_request (busy, j, now_us);
          if (theirs <= most)
            continue;
          most = theirs;
          *from = busy;
          *place = j;
        }
    }
  return *from != NULL;
}

static gboolean
relieve (DfnFetchPlan *self, gint64 now_us, guint64 *peer, guint32 *index)
{
  if (now_us < self->relieved_us + RELIEF_EVERY_US)
    return FALSE;
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *idle = peer_at (self, i);
      DfnFetchPeer *from;
      guint place;
      guint32 chunk;

      if (idle->is_stalled || !dfn_fetch_peer_has_room (idle, self->chunk_size, now_us)
          || !dfn_fetch_peer_takes_over (idle, now_us)
          || !find_relief (self, idle, now_us, &from, &place))
        continue;
      chunk = g_array_index (from->requests, DfnFetchRequest, place).index;
      call_off (self, from, place);
      dfn_fetch_peer_take_over (idle, now_us);
      idle->idle_until_us = 0;
      self->totals.n_moved++;
      self->choice = (DfnFetchChoice){ .policy = "relief", .probability = 1, .n_candidates = 1 };
      return ask (self, idle, chunk, now_us, peer, index);
    }
  self->relieved_us = now_us;
  return FALSE;
}

gboolean
dfn_fetch_plan_next (DfnFetchPlan *self, gint64 now_us, guint64 *peer, guint32 *index)
{
  DfnFetchPeer *chosen;

  self->now_us = now_us;
  dfn_fetch_todo_advance (self->todo, now_us);
  self->n_calls++;
  while ((chosen = choose_peer (self, now_us)) != NULL)
    {
      guint32 chunk = dfn_fetch_todo_find (self->todo, chosen->has, chosen->id);

      if (chunk == self->n_chunks)
        {
          chosen->exhausted_generation = dfn_fetch_todo_get_generation (self->todo);
          continue;
        }
      if (is_better_left (self, chosen, chunk, now_us))
        {
          chosen->passed_over = self->n_calls;
          continue;
        }
      dfn_fetch_todo_remove (self->todo, chunk);
      return ask (self, chosen, chunk, now_us, peer, index);
    }
  if (relieve (self, now_us, peer, index))
    return TRUE;
  if (dfn_fetch_todo_get_n (self->todo) > 0)
    return FALSE;
  return hedge (self, now_us, peer, index);
}

void
dfn_fetch_plan_get_choice (DfnFetchPlan *self, DfnFetchChoice *choice)
{
  *choice = self->choice;
}

DfnPeerOutcome
dfn_fetch_plan_get_abandoned_outcome (DfnFetchPlan *self)
{
  return self->abandoned;
}

DfnPeerRanker *
dfn_fetch_plan_get_ranker (DfnFetchPlan *self)
{
  return self->ranker;
}

gboolean
dfn_fetch_plan_next_abandoned (DfnFetchPlan *self, gint64 now_us, guint64 *peer, guint32 *index)
{
  if (self->redundant->len > 0)
    {
      Redundant last = g_array_index (self->redundant, Redundant, self->redundant->len - 1);

      g_array_set_size (self->redundant, self->redundant->len - 1);
      *peer = last.peer;
      *index = last.index;
      self->abandoned = DFN_PEER_OUTCOME_CANCELLED;
      return TRUE;
    }
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *late = peer_at (self, i);

      if (now_us < dfn_fetch_peer_get_deadline (late))
        continue;
      *peer = late->id;
      *index = g_array_index (late->requests, DfnFetchRequest, 0).index;
      self->totals.n_timeouts++;
      self->abandoned = DFN_PEER_OUTCOME_TIMED_OUT;
      dfn_fetch_peer_expire (late, now_us);
      dfn_fetch_peer_forget (late, 0);
      dfn_peer_ranker_failed (self->ranker, now_us, late->id, *index, DFN_PEER_OUTCOME_TIMED_OUT);
      dfn_fetch_todo_avoid (self->todo, *index, late->id, now_us);
      give_back (self, *index);
      return TRUE;
    }
  return FALSE;
}

static void
wake_at (gint64 *wakeup_us, gint64 time_us, gint64 now_us)
{
  if (time_us > now_us)
    *wakeup_us = MIN (*wakeup_us, time_us);
}

gint64
dfn_fetch_plan_get_wakeup (DfnFetchPlan *self, gint64 now_us)
{
  gboolean is_end = dfn_fetch_todo_get_n (self->todo) == 0;
  gint64 wakeup_us = G_MAXINT64;

  wake_at (&wakeup_us, dfn_fetch_todo_get_wakeup (self->todo), now_us);
  if (self->peers->len > 1 && !dfn_fetch_plan_is_done (self))
    wake_at (&wakeup_us, self->relieved_us + RELIEF_WAKE_US, now_us);
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *peer = peer_at (self, i);

      wake_at (&wakeup_us, dfn_fetch_peer_get_deadline (peer), now_us);
      wake_at (&wakeup_us, peer->backoff_until_us, now_us);
      if (is_end && self->peers->len > 1)
        wake_at (&wakeup_us, dfn_fetch_peer_get_next_late (peer, now_us), now_us);
    }
  return wakeup_us;
}

/* Where a chunk was asked of several, the one that begins to bring it is enough. */
static void
call_off_waiting (DfnFetchPlan *self, guint32 index, DfnFetchPeer *but)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      DfnFetchPeer *peer = peer_at (self, i);
      int place = dfn_fetch_peer_find (peer, index);

      if (peer != but && place >= 0
          && g_array_index (peer->requests, DfnFetchRequest, place).begun_us == 0)
        call_off (self, peer, (guint) place);
    }
}

void
dfn_fetch_plan_active (DfnFetchPlan *self, gint64 now_us, guint64 peer, guint32 index)
{
  DfnFetchPeer *active = lookup (self, peer);
  int place;

  if (active == NULL)
    return;
  dfn_fetch_peer_show_life (active, now_us);
  place = dfn_fetch_peer_find (active, index);
  if (place < 0 || g_array_index (active->requests, DfnFetchRequest, place).begun_us != 0)
    return;
  dfn_fetch_peer_begin (active, (guint) place, now_us);
  call_off_waiting (self, index, active);
}

static void
make_redundant (DfnFetchPlan *self, guint32 index)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      int place = dfn_fetch_peer_find (peer_at (self, i), index);

      if (place >= 0)
        call_off (self, peer_at (self, i), (guint) place);
    }
}

gboolean
dfn_fetch_plan_received (DfnFetchPlan *self, gint64 now_us, guint64 peer, guint32 index)
{
  DfnFetchPeer *from = lookup (self, peer);
  int place;

  g_return_val_if_fail (index < self->n_chunks, FALSE);

  if (from != NULL)
    {
      place = dfn_fetch_peer_find (from, index);
      if (place >= 0)
        dfn_fetch_peer_deliver (from, (guint) place, now_us);
      else
        dfn_fetch_peer_show_life (from, now_us);
      dfn_peer_ranker_answered (self->ranker, now_us, peer, index, 0);
    }
  self->now_us = now_us;
  self->totals.n_received++;
  if (!dfn_bitmap_add (self->present, index))
    {
      self->totals.n_duplicates++;
      return FALSE;
    }
  dfn_fetch_todo_remove (self->todo, index);
  dfn_fetch_todo_forgive (self->todo, index);
  make_redundant (self, index);
  return TRUE;
}

void
dfn_fetch_plan_failed (
    DfnFetchPlan *self, gint64 now_us, guint64 peer, guint32 index, DfnFetchFailure failure)
{
  DfnFetchPeer *from = lookup (self, peer);
  int place;

  g_return_if_fail (index < self->n_chunks);

  self->totals.n_failures++;
  if (from != NULL)
    {
      place = dfn_fetch_peer_find (from, index);
      if (place >= 0)
        dfn_fetch_peer_forget (from, (guint) place);
      dfn_peer_ranker_failed (self->ranker, now_us, peer, index,
                              failure == DFN_FETCH_FAILURE_HARD ? DFN_PEER_OUTCOME_INVALID
                                                                : DFN_PEER_OUTCOME_REFUSED);
      dfn_fetch_peer_fail (from, failure == DFN_FETCH_FAILURE_HARD, now_us);
      dfn_fetch_todo_avoid (self->todo, index, peer, now_us);
    }
  give_back (self, index);
}

void
dfn_fetch_plan_lost (DfnFetchPlan *self, guint32 index)
{
  g_return_if_fail (index < self->n_chunks);

  if (dfn_bitmap_remove (self->present, index))
    give_back (self, index);
}

gboolean
dfn_fetch_plan_is_done (DfnFetchPlan *self)
{
  return dfn_bitmap_get_n_set (self->present) == self->n_chunks;
}

void
dfn_fetch_plan_get_stats (DfnFetchPlan *self, DfnFetchStats *stats)
{
  *stats = self->totals;
  stats->n_peers = self->peers->len;
  stats->n_missing = self->n_chunks - dfn_bitmap_get_n_set (self->present);
  for (guint i = 0; i < self->peers->len; i++)
    {
      stats->n_outstanding += peer_at (self, i)->requests->len;
      stats->rate += peer_at (self, i)->rate;
    }
}

gboolean
dfn_fetch_plan_get_peer_stats (DfnFetchPlan *self, guint64 peer, DfnFetchPeerStats *stats)
{
  DfnFetchPeer *from = lookup (self, peer);

  if (from == NULL)
    return FALSE;
  *stats = (DfnFetchPeerStats){
    .rate = from->rate,
    .response_us = (gint64) from->response_us,
    .window = dfn_fetch_peer_get_window (from),
    .outstanding = from->outstanding,
    .n_received = from->n_received,
    .n_timeouts = from->n_timeouts,
    .n_failures = from->n_failures,
    .is_stalled = from->is_stalled,
  };
  return TRUE;
}
