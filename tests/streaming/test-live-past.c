/* SPDX-License-Identifier: MIT */
#include "dfn-live-past.h"

/* A stream in which any chunk has a time of capture, and a window of it. */
typedef struct {
  guint32 newest;
  guint32 oldest; /* of those that somebody has */
  gint64 (*captured) (guint32 sequence);
} World;

static gint64
steady (guint32 sequence)
{
  return G_GINT64_CONSTANT (1700000000000000) + sequence * G_GINT64_CONSTANT (50000);
}

/* Ten times as many chunks a second from the middle on. */
static gint64
uneven (guint32 sequence)
{
  return sequence < 5000 ? steady (sequence)
                         : steady (5000) + (sequence - 5000) * G_GINT64_CONSTANT (5000);
}

/* Chunks of one moment. */
static gint64
bursts (guint32 sequence)
{
  return steady (0) + sequence / 40 * G_GINT64_CONSTANT (2000000);
}

/* Searches until it is over; returns the number of chunks that were asked for. */
static guint
search (const World *world, DfnLivePast *past)
{
  guint32 sequence;
  guint n = 0;

  while (dfn_live_past_get_probe (past, &sequence))
    {
      g_assert_cmpuint (sequence, <, world->newest);
      g_assert_cmpuint (n++, <, 30);
      if (sequence >= world->oldest)
        dfn_live_past_found (past, sequence, world->captured (sequence));
      else
        dfn_live_past_missing (past, sequence);
    }
  return n;
}

static void
check (const World *world, gint64 behind_us, gint64 error_us, guint n_most)
{
  gint64 wanted_us = world->captured (world->newest) - behind_us;
  g_autoptr (DfnLivePast) past =
      dfn_live_past_new (wanted_us, world->newest, world->captured (world->newest), 100000);
  guint n = search (world, past);
  guint32 sequence;
  gint64 captured_us;

  g_assert_true (dfn_live_past_get_place (past, &sequence, &captured_us));
  g_assert_cmpuint (sequence, >=, world->oldest);
  g_assert_cmpint (captured_us, ==, world->captured (sequence));
  g_assert_cmpint (ABS (captured_us - wanted_us), <=, error_us);
  g_assert_cmpuint (n, <=, n_most);
}

static void
test_finds (void)
{
  const World steadily = { 20000, 0, steady }, unevenly = { 40000, 0, uneven };
  const World in_bursts = { 9999, 0, bursts };

  for (gint64 behind_s = 5; behind_s < 900; behind_s += 15)
    check (&steadily, behind_s * G_USEC_PER_SEC, G_USEC_PER_SEC, 5);
  for (gint64 behind_s = 5; behind_s < 400; behind_s += 15)
    {
      check (&unevenly, behind_s * G_USEC_PER_SEC, G_USEC_PER_SEC, 24);
      check (&in_bursts, behind_s * G_USEC_PER_SEC, 4 * G_USEC_PER_SEC, 24);
    }
}

/* Older than what anybody has: the oldest there is, or nearly. */
static void
test_window (void)
{
  const World world = { 50000, 30123, steady };
  g_autoptr (DfnLivePast) past = dfn_live_past_new (world.captured (10000), world.newest,
                                                    world.captured (world.newest), 50000);
  guint32 sequence;
  gint64 captured_us;

  g_assert_cmpuint (search (&world, past), <=, 24);
  g_assert_true (dfn_live_past_get_place (past, &sequence, &captured_us));
  g_assert_cmpuint (sequence, >=, 30123);
  g_assert_cmpuint (sequence, <=, 30130);
}

static void
test_nothing (void)
{
  const World world = { 1000, 1000, steady }, first = { 0, 0, steady };
  g_autoptr (DfnLivePast) past =
      dfn_live_past_new (world.captured (10), world.newest, world.captured (world.newest), 50000);
  g_autoptr (DfnLivePast) at_once =
      dfn_live_past_new (steady (0) - 10 * G_USEC_PER_SEC, 0, steady (0), 50000);
  guint32 sequence;
  gint64 captured_us;

  search (&world, past);
  g_assert_false (dfn_live_past_get_place (past, &sequence, &captured_us));
  g_assert_cmpuint (sequence, ==, 1000);
  g_assert_cmpuint (search (&first, at_once), ==, 0);
}

/* Times of capture that make no sense, which a broadcaster can sign, end it as well. */
static void
test_nonsense (void)
{
  g_autoptr (DfnLivePast) past = dfn_live_past_new (steady (0), 4000000, steady (4000000), 1);
  guint32 sequence;
  gint64 captured_us;
  guint n = 0;

  while (dfn_live_past_get_probe (past, &sequence) && n++ < 100)
    dfn_live_past_found (past, sequence, n % 2 ? 0 : G_MAXINT64 / 4);
  g_assert_cmpuint (n, <, 30);
  dfn_live_past_get_place (past, &sequence, &captured_us);
  dfn_live_past_found (past, 4000001, 5);
  dfn_live_past_missing (past, 4000001);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live-past/finds", test_finds);
  g_test_add_func ("/live-past/window", test_window);
  g_test_add_func ("/live-past/nothing", test_nothing);
  g_test_add_func ("/live-past/nonsense", test_nonsense);
  return g_test_run ();
}
