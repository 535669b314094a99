/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler.h"
#include "dfn-live-window.h"

#define MS 1000
#define S 1000000
#define SLOT (100 * MS)
#define BUFFER (2 * S)
#define SIZE 40000

static DfnLiveScheduler *
make (gboolean is_source)
{
  DfnLiveSchedulerConfig config = { .slot_us = SLOT,
                                    .buffer_us = BUFFER,
                                    .chunk_size = SIZE,
                                    .uplink = 1000000,
                                    .is_source = is_source,
                                    .seed = 7 };

  return dfn_live_scheduler_new (&config);
}

static void
add_peers (DfnLiveScheduler *self, guint n)
{
  for (guint i = 1; i <= n; i++)
    {
      g_assert_true (dfn_live_scheduler_add_peer (self, 0, i));
      dfn_live_scheduler_set_peer_path (self, i, 40 * MS, 0);
    }
}

static DfnChunkId
id_of (guint32 sequence)
{
  return (DfnChunkId){ 0, sequence };
}

/* The first action of this type until there is none, the others passed over; %FALSE if there is
 * none. */
static gboolean
find (DfnLiveScheduler *self, gint64 now_us, DfnLiveActionType type, DfnLiveAction *found)
{
  DfnLiveAction action;
  gboolean is_found = FALSE;

  for (guint i = 0; dfn_live_scheduler_next (self, now_us, &action); i++)
    {
      g_assert_cmpuint (i, <, 5000);
      if (action.type != type || is_found)
        continue;
      *found = action;
      is_found = TRUE;
    }
  return is_found;
}

static void
have (DfnLiveScheduler *self, gint64 now_us, guint64 peer, guint32 first, guint64 bits)
{
  dfn_live_scheduler_take_have (self, now_us, peer, id_of (first), bits);
}

static void
receive (DfnLiveScheduler *self, gint64 now_us, guint64 peer, guint32 sequence)
{
  g_assert_true (dfn_live_scheduler_received (self, now_us, peer, id_of (sequence), SIZE,
                                              (gint64) sequence * SLOT));
}

static void
test_offer_accept_payload (void)
{
  g_autoptr (DfnLiveScheduler) giver = make (FALSE);
  g_autoptr (DfnLiveScheduler) taker = make (FALSE);
  DfnLiveAction action;
  DfnLiveStats stats;
  gint64 now_us = 10 * SLOT;

  add_peers (giver, 4);
  add_peers (taker, 4);
  /* Half of the neighbours have it: it is not pushed unasked. */
  have (giver, now_us, 3, 10, 1);
  have (giver, now_us, 4, 10, 1);
  g_assert_true (dfn_live_scheduler_add_chunk (giver, now_us, id_of (10), SIZE, now_us));
  g_assert_true (find (giver, now_us, DFN_LIVE_ACTION_OFFER, &action));
  g_assert_cmpuint (action.id.sequence, ==, 10);
  g_assert_cmpuint (action.peer, <=, 2);

  dfn_live_scheduler_take_offer (taker, now_us, 1, id_of (10), SIZE);
  dfn_live_scheduler_take_offer (taker, now_us, 2, id_of (10), SIZE);
  {
    DfnLiveAction first, second;

    g_assert_true (dfn_live_scheduler_next (taker, now_us, &first));
    g_assert_true (dfn_live_scheduler_next (taker, now_us, &second));
    g_assert_cmpint (first.type, ==, DFN_LIVE_ACTION_ACCEPT);
    g_assert_cmpuint (first.peer, ==, 1);
    g_assert_cmpint (second.type, ==, DFN_LIVE_ACTION_DECLINE);
    g_assert_cmpuint (second.peer, ==, 2);
  }
  dfn_live_scheduler_take_answer (giver, now_us, action.peer, id_of (10), TRUE);
  g_assert_true (find (giver, now_us, DFN_LIVE_ACTION_SEND, &action));
  g_assert_cmpuint (action.size, ==, SIZE);
  dfn_live_scheduler_sent (giver, now_us + 40 * MS, action.peer, id_of (10));

  g_assert_true (dfn_live_scheduler_wants (taker, now_us, 1, id_of (10)));
  g_assert_true (dfn_live_scheduler_received (taker, now_us, 1, id_of (10), SIZE, now_us));
  g_assert_true (dfn_live_scheduler_has (taker, id_of (10)));
  g_assert_false (dfn_live_scheduler_wants (taker, now_us, 2, id_of (10)));
  g_assert_false (dfn_live_scheduler_received (taker, now_us, 2, id_of (10), SIZE, now_us));
  dfn_live_scheduler_get_stats (taker, &stats);
  g_assert_cmpuint (stats.n_received, ==, 1);
  g_assert_cmpuint (stats.n_duplicates, ==, 1);
}

/* An offer of several chunks gets one answer, and it says something about the others. */
static void
test_offer_to_choose_from (void)
{
  g_autoptr (DfnLiveScheduler) taker = make (FALSE);
  DfnLiveAction action;

  add_peers (taker, 3);
  receive (taker, 10 * SLOT, 2, 10);
  for (guint32 i = 10; i < 14; i++)
    dfn_live_scheduler_take_offer (taker, 13 * SLOT, 1, id_of (i), SIZE);
  g_assert_true (dfn_live_scheduler_next (taker, 13 * SLOT, &action));
  g_assert_cmpint (action.type, ==, DFN_LIVE_ACTION_ACCEPT);
  g_assert_cmpuint (action.id.sequence, ==, 11);
  g_assert_false (find (taker, 13 * SLOT, DFN_LIVE_ACTION_ACCEPT, &action));
}

/* Whom the source sends @sequence next, its answers and offers accepted; 0 for nobody until
 * @until_us. */
static guint64
find_receiver (DfnLiveScheduler *source, gint64 now_us, gint64 until_us, guint32 sequence)
{
  for (; now_us < until_us; now_us += 10 * MS)
    {
      DfnLiveAction action;
      guint64 peer = 0;

      for (guint i = 0; i < 5000 && dfn_live_scheduler_next (source, now_us, &action); i++)
        {
          if (action.type == DFN_LIVE_ACTION_OFFER)
            dfn_live_scheduler_take_answer (source, now_us, action.peer, action.id, TRUE);
          if (action.type != DFN_LIVE_ACTION_SEND)
            continue;
          dfn_live_scheduler_sent (source, now_us, action.peer, action.id);
          if (action.id.sequence == sequence && peer == 0)
            peer = action.peer;
        }
      if (peer != 0)
        return peer;
    }
  return 0;
}

/* A chunk that stays with whom it was given, whatever he says, is given to another. */
static void
test_source_gives_again (void)
{
  g_autoptr (DfnLiveScheduler) source = make (TRUE);
  gint64 now_us = 10 * SLOT;
  guint64 first, second, other = 1;

  add_peers (source, 8);
  g_assert_true (dfn_live_scheduler_add_chunk (source, now_us, id_of (10), SIZE, now_us));
  first = find_receiver (source, now_us, now_us + SLOT, 10);
  g_assert_cmpuint (first, !=, 0);
  while (other == first)
    other++;
  have (source, now_us + SLOT, first, 10, 1);
  have (source, now_us + SLOT, other, 10, 1);
  second = find_receiver (source, now_us + SLOT, now_us + 8 * SLOT, 10);
  g_assert_cmpuint (second, !=, 0);
  g_assert_cmpuint (second, !=, first);
}

/* A chunk that two others have is not, before its time gets short. */
static void
test_source_trusts_witnesses (void)
{
  g_autoptr (DfnLiveScheduler) source = make (TRUE);
  gint64 now_us = 10 * SLOT;
  guint64 first;

  add_peers (source, 8);
  g_assert_true (dfn_live_scheduler_add_chunk (source, now_us, id_of (10), SIZE, now_us));
  first = find_receiver (source, now_us, now_us + SLOT, 10);
  for (guint64 peer = 1, n = 0; n < 2; peer++)
    if (peer != first)
      {
        have (source, now_us + SLOT, peer, 10, 1);
        n++;
      }
  g_assert_cmpuint (find_receiver (source, now_us + SLOT, now_us + 11 * SLOT, 10), ==, 0);
  /* Who says to have what there is not yet is no witness. */
  now_us += 20 * SLOT;
  have (source, now_us, 7, 30, 1);
  have (source, now_us, 8, 30, 1);
  g_assert_true (dfn_live_scheduler_add_chunk (source, now_us, id_of (30), SIZE, now_us));
  g_assert_cmpuint (find_receiver (source, now_us, now_us + SLOT, 30), !=, 0);
  have (source, now_us + SLOT, 7, 30, 1);
  have (source, now_us + SLOT, 8, 30, 1);
  g_assert_cmpuint (find_receiver (source, now_us + SLOT, now_us + 11 * SLOT, 30), !=, 0);
}

/* Half of its neighbours pass nothing on: soon they get nothing first. */
static void
test_source_learns (void)
{
  g_autoptr (DfnLiveScheduler) source = make (TRUE);
  guint n_wrong = 0;

  add_peers (source, 12);
  for (guint32 i = 10; i < 210; i++)
    {
      gint64 now_us = (gint64) i * SLOT;
      guint64 first;

      g_assert_true (dfn_live_scheduler_add_chunk (source, now_us, id_of (i), SIZE, now_us));
      first = find_receiver (source, now_us, now_us + SLOT / 2, i);
      g_assert_cmpuint (first, !=, 0);
      n_wrong += i >= 110 && first > 6;
      /* What one of the others got is passed on within four slots. */
      for (guint64 peer = 1; first <= 6 && peer <= 12; peer++)
        if (peer != first)
          have (source, now_us + SLOT / 2, peer, i, 1);
    }
  g_assert_cmpuint (n_wrong, <=, 5);
}

/* The source has everything, and is told all the same; but nothing that is only promised. */
static void
test_tells_source (void)
{
  g_autoptr (DfnLiveScheduler) viewer = make (FALSE);
  DfnLiveAction action;
  gboolean is_told = FALSE;

  add_peers (viewer, 4);
  dfn_live_scheduler_set_peer_source (viewer, 4);
  receive (viewer, 10 * SLOT, 1, 10);
  have (viewer, 11 * SLOT, 4, 10, 7);
  dfn_live_scheduler_take_offer (viewer, 11 * SLOT, 1, id_of (11), SIZE);
  for (gint64 now_us = 11 * SLOT; now_us < 14 * SLOT; now_us += 10 * MS)
    while (dfn_live_scheduler_next (viewer, now_us, &action))
      {
        if (action.peer != 4)
          continue;
        g_assert_cmpint (action.type, ==, DFN_LIVE_ACTION_HAVE);
        g_assert_cmpuint (action.id.sequence, ==, 10);
        g_assert_cmpuint (action.have, ==, 1);
        is_told = TRUE;
      }
  g_assert_true (is_told);
}

/* What the source makes goes out at once, to one or two; nobody else can have it. */
static void
test_source_pushes (void)
{
  g_autoptr (DfnLiveScheduler) source = make (TRUE);
  DfnLiveAction action;
  guint n_copies = 0;

  add_peers (source, 12);
  for (guint32 i = 0; i < 50; i++)
    {
      gint64 now_us = i * SLOT;

      dfn_live_scheduler_add_chunk (source, now_us, id_of (i), SIZE, now_us);
      while (find (source, now_us, DFN_LIVE_ACTION_SEND, &action))
        {
          n_copies++;
          g_assert_cmpuint (action.id.sequence, ==, i);
          now_us += 20 * MS;
          dfn_live_scheduler_sent (source, now_us, action.peer, action.id);
        }
      /* The swarm works: some show it, of whom two at least had it from others. */
      for (guint64 peer = 1; peer <= 12; peer += 3)
        have (source, now_us, peer, i, 1);
    }
  g_assert_cmpuint (n_copies, >=, 50);
  g_assert_cmpuint (n_copies, <=, 90);
}

static void
all_have (DfnLiveScheduler *self, gint64 now_us, guint64 n_peers, guint32 first, guint64 bits)
{
  for (guint64 peer = 1; peer <= n_peers; peer++)
    have (self, now_us, peer, first, bits);
}

/* Who lacks a chunk long after everybody else gets it from the source, though it was given twice.
 */
static void
test_source_helps_late (void)
{
  g_autoptr (DfnLiveScheduler) source = make (TRUE);
  const guint64 n_peers = 13, late = 5;
  const guint32 n_before = 60;
  const gint64 begun_us = (gint64) n_before * SLOT;
  guint n_copies[4] = { 0 };
  guint32 twice = 0;
  DfnLiveAction action;

  dfn_live_scheduler_set_buffer (source, 50 * SLOT);
  add_peers (source, n_peers);
  dfn_live_scheduler_remove_peer (source, 0, late);
  /* All show that they pass on what they get. */
  for (guint32 i = 0; i < n_before; i++)
    {
      gint64 now_us = (gint64) i * SLOT;

      dfn_live_scheduler_add_chunk (source, now_us, id_of (i), SIZE, now_us);
      g_assert_cmpuint (find_receiver (source, now_us, now_us + SLOT / 2, i), !=, 0);
      all_have (source, now_us + SLOT / 2, n_peers, i, 1);
    }
  for (guint32 i = 0; i < G_N_ELEMENTS (n_copies); i++)
    dfn_live_scheduler_add_chunk (source, begun_us, id_of (n_before + i), SIZE, begun_us);
  while (find (source, begun_us, DFN_LIVE_ACTION_SEND, &action))
    {
      guint32 at = action.id.sequence - n_before;

      twice = ++n_copies[at] == 2 ? at : twice;
      dfn_live_scheduler_sent (source, begun_us, action.peer, action.id);
    }
  g_assert_cmpuint (n_copies[twice], ==, 2);
  g_assert_true (dfn_live_scheduler_add_peer (source, begun_us, late));
  all_have (source, begun_us + SLOT, n_peers, n_before, 15 & ~(1 << twice));
  for (guint64 peer = 1; peer <= n_peers; peer++)
    if (peer != late)
      have (source, begun_us + SLOT, peer, n_before + twice, 1);
  have (source, begun_us + SLOT, late, 0, G_MAXUINT64 >> (64 - n_before));
  for (guint32 i = 4; i <= 5; i++)
    {
      gint64 now_us = begun_us + (i == 4 ? 13 : 15) * SLOT;

      /* What everybody has, so that it is looked again what there is to offer. */
      dfn_live_scheduler_add_chunk (source, now_us, id_of (n_before + i), SIZE, now_us);
      all_have (source, now_us, n_peers, n_before + i, 1);
      g_assert_cmpint (find (source, now_us, DFN_LIVE_ACTION_OFFER, &action), ==, i == 5);
    }
  g_assert_cmpuint (action.peer, ==, late);
  g_assert_cmpuint (action.id.sequence, ==, n_before + twice);
}

/* What no one offers is requested when its time gets short, of somebody who has it; when that one
 * is late, of another. */
static void
test_repair_and_hedge (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveAction action;
  DfnLiveStats stats;
  guint64 first;
  gint64 now_us;

  add_peers (self, 3);
  receive (self, 10 * SLOT, 1, 10);
  have (self, 11 * SLOT, 2, 11, 1);
  have (self, 11 * SLOT, 3, 11, 1);
  g_assert_false (find (self, 12 * SLOT, DFN_LIVE_ACTION_REQUEST, &action));
  now_us = 11 * SLOT + BUFFER * 82 / 100;
  g_assert_cmpint (dfn_live_scheduler_get_wakeup (self, 12 * SLOT), <=, now_us);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_REQUEST, &action));
  g_assert_cmpuint (action.id.sequence, ==, 11);
  first = action.peer;
  g_assert_false (find (self, now_us + 10 * MS, DFN_LIVE_ACTION_REQUEST, &action));
  now_us += 310 * MS;
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_REQUEST, &action));
  g_assert_cmpuint (action.peer, !=, first);
  dfn_live_scheduler_get_stats (self, &stats);
  g_assert_cmpuint (stats.n_repairs, ==, 1);
  g_assert_cmpuint (stats.n_hedges, ==, 1);
  /* It comes from the second: the first is called off. */
  receive (self, now_us + 20 * MS, action.peer, 11);
  g_assert_true (find (self, now_us + 20 * MS, DFN_LIVE_ACTION_CANCEL, &action));
  g_assert_cmpuint (action.peer, ==, first);
}

/* A peer that refuses is not asked again for the same chunk. */
static void
test_refusal (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveAction action;
  gint64 now_us = 11 * SLOT + BUFFER * 82 / 100;
  guint64 first;

  add_peers (self, 3);
  receive (self, 10 * SLOT, 1, 10);
  have (self, 11 * SLOT, 2, 11, 1);
  have (self, 11 * SLOT, 3, 11, 1);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_REQUEST, &action));
  first = action.peer;
  dfn_live_scheduler_failed (self, now_us, first, id_of (11), DFN_LIVE_FAILURE_REFUSED);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_REQUEST, &action));
  g_assert_cmpuint (action.peer, !=, first);
  dfn_live_scheduler_failed (self, now_us, action.peer, id_of (11), DFN_LIVE_FAILURE_REFUSED);
  g_assert_false (find (self, now_us, DFN_LIVE_ACTION_REQUEST, &action));
}

/* Promises that are not kept cost the peer its score, and the chunk comes from others. */
static void
test_broken_claims (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLivePeerStats peer;
  DfnLiveAction action;

  add_peers (self, 2);
  receive (self, 10 * SLOT, 2, 10);
  for (guint32 i = 11; i < 40; i++)
    {
      dfn_live_scheduler_take_offer (self, i * SLOT, 1, id_of (i), SIZE);
      find (self, i * SLOT, DFN_LIVE_ACTION_ACCEPT, &action);
    }
  g_assert_true (dfn_live_scheduler_get_peer_stats (self, 1, &peer));
  g_assert_cmpuint (peer.n_broken, >, 5);
  g_assert_cmpfloat (peer.score, <, 0.3);
  g_assert_false (peer.is_banned);
  /* Its next claim does not keep another from bringing the chunk. */
  dfn_live_scheduler_take_offer (self, 50 * SLOT, 1, id_of (50), SIZE);
  find (self, 50 * SLOT, DFN_LIVE_ACTION_ACCEPT, &action);
  dfn_live_scheduler_take_offer (self, 50 * SLOT, 2, id_of (50), SIZE);
  g_assert_true (find (self, 50 * SLOT, DFN_LIVE_ACTION_ACCEPT, &action));
  g_assert_cmpuint (action.peer, ==, 2);
}

/* Who serves what does not verify is never used again, in either direction. */
static void
test_invalid_chunk (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLivePeerStats peer;
  DfnLiveAction action;

  add_peers (self, 2);
  receive (self, 10 * SLOT, 2, 10);
  dfn_live_scheduler_take_offer (self, 11 * SLOT, 1, id_of (11), SIZE);
  g_assert_true (find (self, 11 * SLOT, DFN_LIVE_ACTION_ACCEPT, &action));
  dfn_live_scheduler_failed (self, 11 * SLOT, 1, id_of (11), DFN_LIVE_FAILURE_INVALID);
  g_assert_true (dfn_live_scheduler_get_peer_stats (self, 1, &peer));
  g_assert_true (peer.is_banned);
  dfn_live_scheduler_take_offer (self, 12 * SLOT, 1, id_of (12), SIZE);
  have (self, 12 * SLOT, 1, 11, 3);
  g_assert_false (dfn_live_scheduler_wants (self, 12 * SLOT, 1, id_of (12)));
  for (gint64 now_us = 12 * SLOT; now_us < 32 * SLOT; now_us += SLOT)
    while (dfn_live_scheduler_next (self, now_us, &action))
      g_assert_cmpuint (action.peer, !=, 1);
}

/* Any number of offers and claims is answered within limits, and takes no memory. */
static void
test_flood (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveStats before, stats;
  DfnLiveAction action;
  guint n_answers = 0;

  add_peers (self, 2);
  receive (self, 10 * SLOT, 2, 10);
  dfn_live_scheduler_get_stats (self, &before);
  for (guint i = 0; i < 100000; i++)
    {
      guint32 sequence = i % 3 == 0 ? i * 2654435761u : 10 + i % 64;

      dfn_live_scheduler_take_offer (self, 11 * SLOT, 1, id_of (sequence), SIZE);
      have (self, 11 * SLOT, 1, sequence, G_MAXUINT64);
      dfn_live_scheduler_take_request (self, 11 * SLOT, 1, id_of (sequence));
      dfn_live_scheduler_take_cancel (self, 11 * SLOT, 1, id_of (sequence));
      dfn_live_scheduler_take_answer (self, 11 * SLOT, 1, id_of (sequence), TRUE);
    }
  while (dfn_live_scheduler_next (self, 11 * SLOT, &action))
    n_answers += action.type == DFN_LIVE_ACTION_ACCEPT;
  g_assert_cmpuint (n_answers, <=, 1);
  dfn_live_scheduler_get_stats (self, &stats);
  g_assert_cmpuint (stats.n_bytes, ==, before.n_bytes);
  g_assert_cmpuint (stats.n_ignored, >, 50000);
  /* The window is where verified chunks put it. */
  g_assert_true (dfn_live_scheduler_has (self, id_of (10)));
  receive (self, 12 * SLOT, 2, 12);
}

/* Before anything is verified, a liar cannot keep a newcomer from the real edge. */
static void
test_liar_before_the_first_chunk (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveAction action;

  add_peers (self, 2);
  have (self, 0, 1, 4000000000u, G_MAXUINT64);
  dfn_live_scheduler_take_offer (self, 10 * MS, 2, id_of (700), SIZE);
  g_assert_true (find (self, 10 * MS, DFN_LIVE_ACTION_ACCEPT, &action));
  have (self, 20 * MS, 1, 4000000000u, G_MAXUINT64);
  g_assert_true (dfn_live_scheduler_wants (self, 30 * MS, 2, id_of (700)));
  g_assert_true (dfn_live_scheduler_received (self, 60 * MS, 2, id_of (700), SIZE, 0));
  g_assert_true (dfn_live_scheduler_has (self, id_of (700)));
  have (self, 70 * MS, 1, 4000000000u, G_MAXUINT64);
  g_assert_true (dfn_live_scheduler_has (self, id_of (700)));
}

/* A peer vanishes with an offer open, a send under way and a claim of ours. */
static void
test_remove_peer (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveAction action;
  gint64 now_us = 11 * SLOT;

  add_peers (self, 2);
  receive (self, 10 * SLOT, 2, 10);
  g_assert_true (find (self, 10 * SLOT, DFN_LIVE_ACTION_OFFER, &action));
  dfn_live_scheduler_take_answer (self, 10 * SLOT, 1, id_of (10), FALSE);
  dfn_live_scheduler_take_offer (self, now_us, 1, id_of (11), SIZE);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_ACCEPT, &action));
  receive (self, now_us, 2, 12);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_OFFER, &action));
  g_assert_cmpuint (action.peer, ==, 1);
  dfn_live_scheduler_take_answer (self, now_us, 1, id_of (12), TRUE);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_SEND, &action));
  g_assert_cmpuint (action.peer, ==, 1);
  dfn_live_scheduler_remove_peer (self, now_us, 1);
  dfn_live_scheduler_sent (self, now_us, 1, id_of (12));
  /* Its promise is void, and another's offer good at once. */
  dfn_live_scheduler_take_offer (self, now_us, 2, id_of (11), SIZE);
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_ACCEPT, &action));
  g_assert_cmpuint (action.peer, ==, 2);
  /* Another may have its number. */
  g_assert_true (dfn_live_scheduler_add_peer (self, now_us, 1));
  g_assert_true (find (self, now_us, DFN_LIVE_ACTION_OFFER, &action));
  g_assert_cmpuint (action.peer, ==, 1);
}

/* A receiver that does not want what is being sent to it is not sent the rest. */
static void
test_abort (void)
{
  g_autoptr (DfnLiveScheduler) self = make (TRUE);
  DfnLiveAction action, sent;

  add_peers (self, 1);
  dfn_live_scheduler_add_chunk (self, 0, id_of (0), SIZE, 0);
  g_assert_true (find (self, 0, DFN_LIVE_ACTION_SEND, &sent));
  dfn_live_scheduler_take_cancel (self, 10 * MS, sent.peer, id_of (0));
  g_assert_true (find (self, 10 * MS, DFN_LIVE_ACTION_ABORT, &action));
  g_assert_cmpuint (action.peer, ==, sent.peer);
  g_assert_false (find (self, 20 * MS, DFN_LIVE_ACTION_SEND, &action));
}

/* A send that the caller never says anything of blocks neither the uplink nor the peer forever. */
static void
test_forgotten_send (void)
{
  g_autoptr (DfnLiveScheduler) self = make (TRUE);
  DfnLiveAction action;
  guint32 later = 60;

  add_peers (self, 1);
  dfn_live_scheduler_add_chunk (self, 0, id_of (0), SIZE, 0);
  g_assert_true (find (self, 0, DFN_LIVE_ACTION_SEND, &action));
  find (self, later * SLOT - 1, DFN_LIVE_ACTION_SEND, &action);
  dfn_live_scheduler_add_chunk (self, later * SLOT, id_of (later), SIZE, later * SLOT);
  g_assert_true (find (self, later * SLOT, DFN_LIVE_ACTION_SEND, &action));
  g_assert_cmpuint (action.id.sequence, ==, later);
}

/* Chunks that are over are forgotten, those that never came are missed once, for 10,000 of them. */
static void
test_window_moves (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveAction action;
  DfnLiveStats stats;
  guint64 n_missing = 0;

  add_peers (self, 2);
  for (guint32 i = 0; i < 10000; i++)
    {
      gint64 now_us = i * (gint64) SLOT;

      if (i % 10 != 7)
        receive (self, now_us, 1 + i % 2, i);
      else
        n_missing++;
      while (dfn_live_scheduler_next (self, now_us, &action))
        if (action.type == DFN_LIVE_ACTION_SEND)
          dfn_live_scheduler_sent (self, now_us, action.peer, action.id);
    }
  dfn_live_scheduler_get_stats (self, &stats);
  g_assert_cmpuint (stats.n_received, ==, 10000 - n_missing);
  g_assert_cmpuint (stats.n_missed, >=, n_missing - 3);
  g_assert_cmpuint (stats.n_missed, <=, n_missing);
  g_assert_false (dfn_live_scheduler_has (self, id_of (9000)));
  g_assert_true (dfn_live_scheduler_has (self, id_of (9999)));
  /* The last sequences that there are do not overflow anything. */
  have (self, 1000 * S, 1, G_MAXUINT32 - 3, G_MAXUINT64);
  dfn_live_scheduler_take_offer (self, 1000 * S, 1, id_of (G_MAXUINT32), SIZE);
  while (dfn_live_scheduler_next (self, 1000 * S, &action))
    g_assert_cmpint (action.type, !=, DFN_LIVE_ACTION_ACCEPT);
}

/* The numbers of tracks are kept apart, and what is not wanted is declined. */
static void
test_tracks (void)
{
  g_autoptr (DfnLiveScheduler) self = make (FALSE);
  DfnLiveAction action;

  dfn_live_scheduler_set_tracks (self, 1 | 1 << 5);
  add_peers (self, 2);
  g_assert_true (dfn_live_scheduler_received (self, SLOT, 1, (DfnChunkId){ 5, 100 }, SIZE, SLOT));
  g_assert_true (dfn_live_scheduler_has (self, (DfnChunkId){ 5, 100 }));
  g_assert_false (dfn_live_scheduler_has (self, id_of (100)));
  dfn_live_scheduler_take_offer (self, SLOT, 2, (DfnChunkId){ 3, 100 }, SIZE);
  g_assert_true (find (self, SLOT, DFN_LIVE_ACTION_DECLINE, &action));
  g_assert_cmpuint (action.id.track, ==, 3);
  /* Peer 2 wants no sound. */
  dfn_live_scheduler_set_peer_tracks (self, 2, 1);
  dfn_live_scheduler_received (self, 2 * SLOT, 1, (DfnChunkId){ 5, 101 }, SIZE, 2 * SLOT);
  while (dfn_live_scheduler_next (self, 2 * SLOT, &action))
    g_assert_false (action.type == DFN_LIVE_ACTION_OFFER && action.peer == 2 && action.id.track == 5
                    && action.id.sequence == 101);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add_func ("/streaming/live-scheduler/" name, function)
  ADD ("offer-accept-payload", test_offer_accept_payload);
  ADD ("offer-to-choose-from", test_offer_to_choose_from);
  ADD ("source-gives-again", test_source_gives_again);
  ADD ("source-trusts-witnesses", test_source_trusts_witnesses);
  ADD ("source-learns", test_source_learns);
  ADD ("tells-source", test_tells_source);
  ADD ("source-pushes", test_source_pushes);
  ADD ("source-helps-late", test_source_helps_late);
  ADD ("repair-and-hedge", test_repair_and_hedge);
  ADD ("refusal", test_refusal);
  ADD ("broken-claims", test_broken_claims);
  ADD ("invalid-chunk", test_invalid_chunk);
  ADD ("flood", test_flood);
  ADD ("liar-before-the-first-chunk", test_liar_before_the_first_chunk);
  ADD ("remove-peer", test_remove_peer);
  ADD ("abort", test_abort);
  ADD ("forgotten-send", test_forgotten_send);
  ADD ("window-moves", test_window_moves);
  ADD ("tracks", test_tracks);
  return g_test_run ();
}
