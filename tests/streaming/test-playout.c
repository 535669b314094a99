/* SPDX-License-Identifier: MIT */
#include "dfn-playout.h"

#include <string.h>

/* Histories with a clock of their own: the broadcaster's is ahead of ours by EPOCH_US - START_US.
 */

#define SLOT_US 100000
#define START_US (1000 * G_USEC_PER_SEC)
#define EPOCH_US (G_GINT64_CONSTANT (1764081240) * G_USEC_PER_SEC)
#define GOP 10

typedef struct {
  DfnPlayout *playout;
  gint64 now_us;
  GArray *played;    /* sequences, guint32 */
  GArray *played_at; /* gint64 */
  guint n_begins;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  DfnPlayoutConfig config;

  dfn_playout_config_init (&config, SLOT_US);
  self->playout = dfn_playout_new (&config);
  self->now_us = START_US;
  self->played = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->played_at = g_array_new (FALSE, FALSE, sizeof (gint64));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  dfn_playout_free (self->playout);
  g_array_unref (self->played);
  g_array_unref (self->played_at);
}

static gint64
captured (guint32 sequence)
{
  return EPOCH_US + (gint64) sequence * SLOT_US;
}

/* When the chunk leaves the broadcaster, in our time. */
static gint64
leaves (guint32 sequence)
{
  return START_US + (gint64) sequence * SLOT_US;
}

static DfnLiveChunk *
make (guint32 sequence, guint32 flags)
{
  DfnLiveChunk *chunk = g_new0 (DfnLiveChunk, 1);

  g_atomic_ref_count_init (&chunk->ref_count);
  chunk->payload = g_bytes_new_static ("x", 1);
  chunk->header.sequence = sequence;
  chunk->header.captured_us = captured (sequence);
  chunk->header.size = 1;
  chunk->header.flags = flags | (sequence % GOP == 0 ? DFN_LIVE_FLAG_JOIN : 0);
  return chunk;
}

static void
add_with (Fixture *self, guint32 sequence, guint32 flags, gboolean is_fresh)
{
  g_autoptr (DfnLiveChunk) chunk = make (sequence, flags);

  dfn_playout_add (self->playout, self->now_us, chunk, is_fresh);
}

/* Lets time pass until @until_us, and plays what is due when it is. */
static void
pass (Fixture *self, gint64 until_us)
{
  while (TRUE)
    {
      gboolean begins;
      DfnLiveChunk *chunk = dfn_playout_next (self->playout, self->now_us, &begins);
      gint64 wakeup;

      if (chunk != NULL)
        {
          g_array_append_val (self->played, chunk->header.sequence);
          g_array_append_val (self->played_at, self->now_us);
          self->n_begins += begins;
          g_assert_true (!begins
                         || (chunk->header.flags & (DFN_LIVE_FLAG_JOIN | DFN_LIVE_FLAG_END)) != 0);
          dfn_live_chunk_unref (chunk);
          continue;
        }
      wakeup = dfn_playout_get_wakeup (self->playout, self->now_us);
      g_assert_cmpint (wakeup, >, self->now_us);
      if (wakeup > until_us)
        break;
      self->now_us = wakeup;
    }
  self->now_us = MAX (self->now_us, until_us);
}

/* The chunk comes @late_us after it left; time passes until then. */
static void
arrive (Fixture *self, guint32 sequence, gint64 late_us)
{
  pass (self, leaves (sequence) + late_us);
  add_with (self, sequence, 0, TRUE);
}

static DfnPlayoutStats
stats_of (Fixture *self)
{
  DfnPlayoutStats stats;

  dfn_playout_get_stats (self->playout, &stats);
  return stats;
}

static void
assert_in_order (Fixture *self, guint32 first, guint n)
{
  g_assert_cmpuint (self->played->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (self->played, guint32, i), ==, first + i);
}

/* A smooth stream: everything is played in order, at its pace, and the delay sinks to the least. */
static void
test_smooth (Fixture *self, gconstpointer data)
{
  DfnPlayoutStats stats;

  for (guint32 i = 0; i < 3000; i++)
    arrive (self, i, 40000);
  stats = stats_of (self);
  g_assert_cmpuint (stats.n_missed, ==, 0);
  g_assert_cmpuint (stats.n_stalls, ==, 0);
  g_assert_cmpuint (self->n_begins, ==, 1);
  g_assert_cmpint (stats.delay_us, >=, G_USEC_PER_SEC / 2 - 30000);
  g_assert_cmpint (stats.delay_us, <=, G_USEC_PER_SEC / 2 + 30000);
  for (guint i = 1; i < self->played_at->len; i++)
    {
      gint64 step = g_array_index (self->played_at, gint64, i)
                    - g_array_index (self->played_at, gint64, i - 1);

      g_assert_cmpint (step, >=, SLOT_US * 95 / 100);
      g_assert_cmpint (step, <=, SLOT_US * 105 / 100);
    }
  assert_in_order (self, 0, self->played->len);
}

/* Out of order within the target's time: nobody notices. */
static void
test_reordered (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 200; i += 4)
    {
      arrive (self, i + 3, 20000);
      for (guint32 j = 3; j-- > 0;)
        add_with (self, i + j, 0, TRUE);
    }
  pass (self, self->now_us + 10 * G_USEC_PER_SEC);
  assert_in_order (self, 0, 200);
  g_assert_cmpuint (stats_of (self).n_stalls, ==, 0);
}

/* Jitter raises the target, and the delay follows before the next one would hurt. */
static void
test_jitter (Fixture *self, gconstpointer data)
{
  guint32 state = 12345;

  for (guint32 i = 0; i < 2900; i++)
    {
      state = state * 1664525 + 1013904223;
      arrive (self, i, state / 65536 % 80000);
      /* Now and then everything waits for more than a second. */
      if (i % 200 == 199)
        pass (self, self->now_us + 1200000);
    }
  g_assert_cmpint (stats_of (self).target_us, >, 1150000);
  g_assert_cmpuint (stats_of (self).n_stalls, <=, 1);
  g_assert_cmpuint (stats_of (self).n_missed, ==, 0);
}

/* A chunk that never comes: playing goes on where a reader can begin. */
static void
test_gap (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 100; i++)
    if (i != 33)
      arrive (self, i, 30000);
  pass (self, leaves (110));
  g_assert_cmpuint (stats_of (self).n_missed, ==, 1);
  g_assert_cmpuint (stats_of (self).n_skipped, ==, 6); /* 34 to 39 */
  g_assert_cmpuint (stats_of (self).n_stalls, ==, 1);
  g_assert_cmpint (stats_of (self).stalled_us, >, 0);
  g_assert_cmpuint (self->n_begins, ==, 2);
  g_assert_cmpuint (g_array_index (self->played, guint32, 33), ==, 40);
}

/* One that comes while playing waits for such a place fills the gap; nothing is passed over. */
static void
test_gap_filled (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 100; i++)
    {
      if (i == 50)
        add_with (self, 33, 0, TRUE);
      if (i != 33)
        arrive (self, i, 30000);
    }
  pass (self, leaves (130));
  assert_in_order (self, 0, 100);
  g_assert_cmpuint (stats_of (self).n_missed, ==, 0);
}

/* Nothing for a long time, then everything at once: playing returns to the live edge. */
static void
test_blackout (Fixture *self, gconstpointer data)
{
  DfnPlayoutStats stats;
  guint32 last;

  for (guint32 i = 0; i < 50; i++)
    arrive (self, i, 30000);
  dfn_playout_note_edge (self->playout, captured (200));
  pass (self, leaves (200));
  for (guint32 i = 50; i < 200; i++)
    add_with (self, i, 0, TRUE);
  for (guint32 i = 200; i < 400; i++)
    arrive (self, i, 30000);
  stats = stats_of (self);
  g_assert_cmpuint (stats.n_stalls, ==, 1);
  g_assert_cmpint (stats.stalled_us, >, 10 * G_USEC_PER_SEC);
  g_assert_cmpuint (stats.n_skipped, >, 50);
  last = g_array_index (self->played, guint32, self->played->len - 1);
  g_assert_cmpint (self->now_us - leaves (last), <, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (stats.delay_us, <, 10 * G_USEC_PER_SEC);
}

/* A broadcaster that says nothing for a while makes nothing stall. */
static void
test_silence (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 50; i++)
    arrive (self, i, 30000);
  pass (self, leaves (200));
  g_assert_cmpuint (stats_of (self).n_stalls, ==, 0);
  assert_in_order (self, 0, 50);
}

/* Whoever comes first gets chunks in the middle of something: the first that can be played is the
 * next one that a reader can begin with, or the last one that was brought from before. */
static void
test_join (Fixture *self, gconstpointer data)
{
  for (guint32 i = 13; i < 60; i++)
    arrive (self, i, 30000);
  pass (self, leaves (80));
  assert_in_order (self, 20, 40);
}

static void
test_join_with_past (Fixture *self, gconstpointer data)
{
  pass (self, leaves (47));
  add_with (self, 47, 0, TRUE);
  for (guint32 i = 15; i < 47; i++)
    add_with (self, i, 0, FALSE);
  for (guint32 i = 48; i < 100; i++)
    arrive (self, i, 30000);
  /* 30 is the last beginning that was due by then, 1.5 s behind. */
  pass (self, leaves (120));
  assert_in_order (self, 30, 70);
}

/* Paused for longer than the buffer may lag: playing goes on there, and says what it needs. */
static void
test_pause (Fixture *self, gconstpointer data)
{
  guint32 sequence;
  guint n;
  gint64 delay_us;

  for (guint32 i = 0; i < 100; i++)
    arrive (self, i, 30000);
  delay_us = stats_of (self).delay_us;
  sequence = g_array_index (self->played, guint32, self->played->len - 1);
  dfn_playout_set_paused (self->playout, self->now_us, TRUE);
  for (guint32 i = 100; i < 200; i++)
    arrive (self, i, 30000);
  g_assert_cmpuint (g_array_index (self->played, guint32, self->played->len - 1), ==, sequence);
  dfn_playout_set_paused (self->playout, self->now_us, FALSE);
  for (guint32 i = 200; i < 300; i++)
    arrive (self, i, 30000);
  assert_in_order (self, 0, self->played->len);
  g_assert_cmpint (stats_of (self).delay_us, >, delay_us + 9 * G_USEC_PER_SEC);
  g_assert_false (dfn_playout_get_needed (self->playout, &sequence, &n));

  dfn_playout_go_live (self->playout);
  for (guint32 i = 300; i < 400; i++)
    arrive (self, i, 30000);
  g_assert_cmpint (stats_of (self).delay_us, <, 2 * G_USEC_PER_SEC);
}

static void
test_seek (Fixture *self, gconstpointer data)
{
  guint32 sequence;
  guint n;

  for (guint32 i = 0; i < 300; i++)
    arrive (self, i, 30000);
  g_array_set_size (self->played, 0);
  dfn_playout_seek (self->playout, self->now_us, 100, captured (100));
  g_assert_true (dfn_playout_get_needed (self->playout, &sequence, &n));
  g_assert_cmpuint (sequence, ==, 100);
  g_assert_cmpuint (n, ==, 64);
  for (guint32 i = 0; i < 64; i++)
    add_with (self, sequence + i, 0, FALSE);
  pass (self, self->now_us + 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (self->played->len, >=, 50);
  assert_in_order (self, 100, self->played->len);
  /* The live edge is far: what comes from there waits its turn. */
  arrive (self, 360, 30000);
  g_assert_true (dfn_playout_get_needed (self->playout, &sequence, &n));
  g_assert_cmpuint (sequence, ==, 164);
}

static void
test_end (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 19; i++)
    arrive (self, i, 30000);
  add_with (self, 19, DFN_LIVE_FLAG_END, TRUE);
  g_assert_false (dfn_playout_is_ended (self->playout));
  pass (self, leaves (60));
  g_assert_true (dfn_playout_is_ended (self->playout));
  assert_in_order (self, 0, 20);
  g_assert_cmpint (dfn_playout_get_wakeup (self->playout, self->now_us), ==, G_MAXINT64);
}

/* What is missing right before the end is waited for longer than elsewhere: nothing follows that
 * would be late. */
static void
test_gap_before_end (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 19; i++)
    if (i != 17)
      arrive (self, i, 30000);
  add_with (self, 19, DFN_LIVE_FLAG_END, TRUE);
  pass (self, leaves (50));
  g_assert_false (dfn_playout_is_ended (self->playout));
  add_with (self, 17, 0, TRUE);
  pass (self, leaves (100));
  assert_in_order (self, 0, 20);
}

static void
test_lost_before_end (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 19; i++)
    if (i != 17)
      arrive (self, i, 30000);
  add_with (self, 19, DFN_LIVE_FLAG_END, TRUE);
  pass (self, leaves (100));
  g_assert_true (dfn_playout_is_ended (self->playout));
  g_assert_cmpuint (stats_of (self).n_missed, ==, 1);
}

/* Nothing more comes: what is here is played at once. */
static void
test_finish (Fixture *self, gconstpointer data)
{
  for (guint32 i = 0; i < 40; i++)
    if (i != 25)
      arrive (self, i, 30000);
  dfn_playout_finish (self->playout);
  pass (self, self->now_us);
  g_assert_cmpuint (g_array_index (self->played, guint32, self->played->len - 1), ==, 39);
}

/* Memory is bounded, whatever comes. */
static void
test_bounded (Fixture *self, gconstpointer data)
{
  dfn_playout_set_paused (self->playout, self->now_us, TRUE);
  for (guint32 i = 0; i < 2 * DFN_PLAYOUT_MAX_CHUNKS; i++)
    add_with (self, i, 0, FALSE);
  g_assert_cmpint (stats_of (self).buffered_us, <=, DFN_PLAYOUT_MAX_CHUNKS * SLOT_US);
}

int
main (int argc, char **argv)
{
#define ADD(name, func) g_test_add ("/playout/" name, Fixture, NULL, set_up, func, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("smooth", test_smooth);
  ADD ("reordered", test_reordered);
  ADD ("jitter", test_jitter);
  ADD ("gap", test_gap);
  ADD ("gap-filled", test_gap_filled);
  ADD ("blackout", test_blackout);
  ADD ("silence", test_silence);
  ADD ("join", test_join);
  ADD ("join-with-past", test_join_with_past);
  ADD ("pause", test_pause);
  ADD ("seek", test_seek);
  ADD ("end", test_end);
  ADD ("gap-before-end", test_gap_before_end);
  ADD ("lost-before-end", test_lost_before_end);
  ADD ("finish", test_finish);
  ADD ("bounded", test_bounded);
  return g_test_run ();
}
