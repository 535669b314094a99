/* SPDX-License-Identifier: MIT */
#include "dfn-live-swarm-private.h"

/* Going back to what was there before we came: it is in the windows of others. */

/* How many have to be without a chunk before it counts as gone while a time is looked for. */
#define MAX_TRIES 3
/* After that long the best place known has to do. */
#define SEARCH_US (10 * G_USEC_PER_SEC)
/* So much less than was asked for is worth a word. */
#define SHORT_US (5 * G_USEC_PER_SEC)
/* Who has enough to do is asked again after that. */
#define BUSY_US (100 * 1000)
/* What is remembered of who has not got what. */
#define MAX_REFUSALS 4096

typedef enum { ASKED, LATER, NOWHERE } Asking;

static guint64
refusal_key (guint32 sequence, guint64 member)
{
  return (guint64) sequence << 32 | (member & G_MAXUINT32);
}

/* Finds whom to ask next: of those that may have it and are not busy with enough for us, the one
 * that has the least to do. */
static Asking
choose_member (DfnLiveSwarm *self, gint64 now_us, guint32 sequence, DfnLiveMember **chosen)
{
  GHashTableIter iter;
  gpointer data;
  guint n_refused = 0;
  gboolean is_possible = FALSE;

  *chosen = NULL;
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      DfnLiveMember *member = data;
      guint64 key = refusal_key (sequence, member->id);

      if (g_hash_table_contains (self->back.refusals, &key))
        {
          n_refused++;
          continue;
        }
      is_possible = TRUE;
      if (member->n_past_asked < DFN_LIVE_SWARM_MAX_PAST && member->past_wait_us <= now_us
          && (*chosen == NULL || member->n_past_asked < (*chosen)->n_past_asked))
        *chosen = member;
    }
  if (n_refused > 0 && (!is_possible || (self->back.search != NULL && n_refused >= MAX_TRIES)))
    return NOWHERE;
  return *chosen != NULL ? ASKED : LATER;
}

static Asking
ask (DfnLiveSwarm *self, gint64 now_us, guint32 sequence)
{
  DfnChunkId id = { 0, sequence };
  DfnLiveMember *member;
  Asking asking = choose_member (self, now_us, sequence, &member);

  if (asking != ASKED)
    return asking;
  if (!dfn_live_talk_request (member->talk, id))
    return LATER;
  member->n_past_asked++;
  g_hash_table_insert (self->back.asked, GUINT_TO_POINTER (sequence), member);
  dfn_live_requests_asked (self->requests, now_us, member->id,
                           dfn_live_talk_get_peer (member->talk), id, DFN_LIVE_SWARM_CHUNK_SIZE,
                           G_MAXINT64);
  return ASKED;
}

static void
tell_shortage (DfnLiveSwarm *self, gint64 captured_us)
{
  gint64 behind_us = self->edge_us - captured_us;
  g_autofree char *sentence = NULL;

  if (captured_us <= self->back.wanted_us + SHORT_US)
    return;
  sentence = g_strdup_printf ("Nobody here has more of the past than the last %u s",
                              (guint) (MAX (behind_us, 0) / G_USEC_PER_SEC));
  g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_NOTICE], 0, sentence);
}

static void
settle (DfnLiveSwarm *self, gint64 now_us)
{
  g_autoptr (DfnLivePast) search = g_steal_pointer (&self->back.search);
  guint32 sequence;
  gint64 captured_us;

  if (dfn_live_past_get_place (search, &sequence, &captured_us))
    {
      self->back.is_fetching = TRUE;
      dfn_playout_seek (self->playout, now_us, sequence, captured_us);
    }
  tell_shortage (self, captured_us);
}

static void
go_on_searching (DfnLiveSwarm *self, gint64 now_us)
{
  guint32 sequence;

  while (now_us < self->back.deadline_us && dfn_live_past_get_probe (self->back.search, &sequence))
    {
      if (g_hash_table_contains (self->back.asked, GUINT_TO_POINTER (sequence))
          || ask (self, now_us, sequence) != NOWHERE)
        return;
      dfn_live_past_missing (self->back.search, sequence);
    }
  settle (self, now_us);
}

/* What is played next and was before our time. */
static void
go_on_fetching (DfnLiveSwarm *self, gint64 now_us)
{
  guint32 sequence;
  guint n;

  if (!dfn_playout_get_needed (self->playout, &sequence, &n))
    return;
  for (guint i = 0; i < n; i++, sequence++)
    if (!dfn_live_scheduler_cares (self->scheduler, (DfnChunkId){ 0, sequence })
        && !dfn_live_store_has (self->store, 0, sequence)
        && !g_hash_table_contains (self->back.asked, GUINT_TO_POINTER (sequence))
        && ask (self, now_us, sequence) == LATER)
      break;
}

/* Looks for the wanted time from the first chunk on that is known. */
static void
begin_search (DfnLiveSwarm *self, gint64 now_us, const DfnLiveHeader *known)
{
  self->back.wanted_us = MAX (self->edge_us, self->edge_heard_us) - self->back.behind_us;
  self->back.behind_us = 0;
  self->back.deadline_us = now_us + SEARCH_US;
  self->back.search = dfn_live_past_new (self->back.wanted_us, known->sequence, known->captured_us,
                                         self->manifest->slot_us);
}

void
dfn_live_swarm_note_live (DfnLiveSwarm *self, gint64 now_us, const DfnLiveHeader *header)
{
  if (header->track != 0 || self->back.has_first)
    return;
  self->back.has_first = TRUE;
  if (self->back.behind_us > 0)
    begin_search (self, now_us, header);
}

gboolean
dfn_live_swarm_go_on_back (DfnLiveSwarm *self, gint64 now_us)
{
  if (self->back.search != NULL)
    go_on_searching (self, now_us);
  if (self->back.is_fetching)
    go_on_fetching (self, now_us);
  return self->back.behind_us == 0 && self->back.search == NULL;
}

gint64
dfn_live_swarm_get_back_wakeup (DfnLiveSwarm *self)
{
  gint64 wakeup_us = self->back.search != NULL ? self->back.deadline_us : G_MAXINT64;

  if ((self->back.search != NULL || self->back.is_fetching)
      && self->back.retry_us > g_get_monotonic_time ())
    wakeup_us = MIN (wakeup_us, self->back.retry_us);
  return wakeup_us;
}

/* Forgets that a chunk was asked for; %FALSE if it was not, here. */
static gboolean
forget_asked (DfnLiveSwarm *self, DfnChunkId id, DfnLiveMember *member)
{
  gpointer key = GUINT_TO_POINTER (id.sequence);

  if (id.track != 0 || g_hash_table_lookup (self->back.asked, key) != member)
    return FALSE;
  g_hash_table_remove (self->back.asked, key);
  member->n_past_asked--;
  return TRUE;
}

gboolean
dfn_live_swarm_take_past (DfnLiveSwarm *self,
                          gint64 now_us,
                          DfnLiveMember *member,
                          DfnLiveChunk *chunk)
{
  DfnChunkId id = { chunk->header.track, chunk->header.sequence };

  if (!forget_asked (self, id, member))
    return FALSE;
  dfn_live_store_add (self->store, chunk);
  if (self->back.search != NULL)
    dfn_live_past_found (self->back.search, id.sequence, chunk->header.captured_us);
  if (self->back.is_fetching)
    dfn_playout_add (self->playout, now_us, chunk, FALSE);
  return TRUE;
}

gboolean
dfn_live_swarm_take_past_failure (DfnLiveSwarm *self,
                                  DfnLiveMember *member,
                                  DfnChunkId id,
                                  DfnLiveFailure failure)
{
  guint64 key = refusal_key (id.sequence, member->id);

  if (!forget_asked (self, id, member))
    return FALSE;
  if (failure == DFN_LIVE_FAILURE_BUSY)
    {
      self->back.retry_us = member->past_wait_us = g_get_monotonic_time () + BUSY_US;
      return TRUE;
    }
  if (g_hash_table_size (self->back.refusals) >= MAX_REFUSALS)
    g_hash_table_remove_all (self->back.refusals);
  g_hash_table_add (self->back.refusals, g_memdup2 (&key, sizeof key));
  return TRUE;
}

static gboolean
is_of_member (gpointer sequence, gpointer member, gpointer gone)
{
  return member == gone;
}

void
dfn_live_swarm_forget_past_of (DfnLiveSwarm *self, DfnLiveMember *member)
{
  g_hash_table_foreach_remove (self->back.asked, is_of_member, member);
}

void
dfn_live_swarm_init_back (DfnLiveSwarm *self)
{
  self->back.asked = g_hash_table_new (NULL, NULL);
  self->back.refusals = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

void
dfn_live_swarm_reset_back (DfnLiveSwarm *self)
{
  GHashTableIter iter;
  gpointer member;

  g_clear_pointer (&self->back.search, dfn_live_past_free);
  g_hash_table_remove_all (self->back.asked);
  g_hash_table_remove_all (self->back.refusals);
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    ((DfnLiveMember *) member)->n_past_asked = 0;
  self->back.is_fetching = self->back.has_first = FALSE;
}

void
dfn_live_swarm_free_back (DfnLiveSwarm *self)
{
  g_hash_table_unref (self->back.asked);
  g_hash_table_unref (self->back.refusals);
}

void
dfn_live_swarm_go_back (DfnLiveSwarm *self, gint64 us)
{
  gint64 now_us = g_get_monotonic_time (), captured_us, wanted_us = self->edge_us - us;
  guint32 sequence;

  g_clear_pointer (&self->back.search, dfn_live_past_free);
  self->back.behind_us = MAX (us, 0);
  if (self->playout == NULL || !self->back.has_first)
    return; /* as soon as there is something to go back from */
  if (us <= 0)
    {
      self->back.is_fetching = FALSE;
      dfn_playout_go_live (self->playout);
    }
  else if (dfn_live_store_find (self->store, 0, wanted_us, &sequence, &captured_us))
    {
      DfnLiveHeader known = { .sequence = sequence, .captured_us = captured_us };

      if (captured_us > wanted_us)
        begin_search (self, now_us, &known);
      else
        {
          self->back.behind_us = 0;
          dfn_playout_seek (self->playout, now_us, sequence, captured_us);
        }
    }
  dfn_live_swarm_wake (self);
}
