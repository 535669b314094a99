/* SPDX-License-Identifier: MIT */
#include "link-model.h"

#include <math.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define SECOND (1000 * MS)

typedef struct {
  LinkModel model;
  LinkSettings settings;
  LinkRandom random;
  PacketPool pool;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  link_model_init (&self->model);
  link_settings_init (&self->settings);
  self->random.state = 42;
  packet_pool_init (&self->pool, 1500);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  Packet *packet = link_model_drop_all (&self->model);

  while (packet != NULL)
    {
      Packet *next = packet->next;
      packet_pool_give (&self->pool, packet);
      packet = next;
    }
  link_model_clear (&self->model);
  link_settings_clear (&self->settings);
  packet_pool_clear (&self->pool);
}

static void
configure (Fixture *self, guint64 now, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  link_settings_set (&self->settings, key, value, &error);
  g_assert_no_error (error);
  link_model_configure (&self->model, now, &self->settings);
}

static gboolean
offer (Fixture *self, guint64 now, guint32 length)
{
  Packet *packet = packet_pool_take (&self->pool);

  packet->length = length;
  if (link_model_offer (&self->model, now, packet))
    return TRUE;
  packet_pool_give (&self->pool, packet);
  return FALSE;
}

/* The arrival of the next packet; 0 when there is none by @now. */
static guint64
take (Fixture *self, guint64 now, gboolean *lost)
{
  gboolean is_lost = FALSE;
  Packet *packet = link_model_take (&self->model, now, &self->random, &is_lost);
  guint64 due;

  if (packet == NULL)
    return 0;
  due = packet->due_ns;
  packet_pool_give (&self->pool, packet);
  if (lost != NULL)
    *lost = is_lost;
  return due;
}

static void
test_unlimited (Fixture *self, gconstpointer data)
{
  configure (self, 0, "delay", "10ms");
  for (int i = 0; i < 10000; i++)
    g_assert_true (offer (self, 5 * MS, 1500));
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, 5 * MS);
  for (int i = 0; i < 10000; i++)
    g_assert_cmpuint (take (self, 5 * MS, NULL), ==, 15 * MS);
  g_assert_cmpuint (take (self, SECOND, NULL), ==, 0);
}

static void
test_rate (Fixture *self, gconstpointer data)
{
  configure (self, 0, "rate", "8mbit"); /* a byte a microsecond */
  g_assert_true (offer (self, MS, 1000));
  g_assert_true (offer (self, MS, 500));
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, 2 * MS);
  g_assert_cmpuint (take (self, 2 * MS - 1, NULL), ==, 0);
  g_assert_cmpuint (take (self, 2 * MS, NULL), ==, 2 * MS);
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, 2 * MS + MS / 2);
  /* It is taken late, yet was sent in time. */
  g_assert_cmpuint (take (self, 9 * MS, NULL), ==, 2 * MS + MS / 2);
  g_assert_true (offer (self, 9 * MS, 1000));
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, 10 * MS);
}

static void
test_queue (Fixture *self, gconstpointer data)
{
  int accepted = 0;

  configure (self, 0, "rate", "8mbit");
  configure (self, 0, "queue", "20ms");
  for (int i = 0; i < 100; i++)
    accepted += offer (self, 0, 1000);
  g_assert_cmpint (accepted, ==, 20);
  g_assert_cmpuint (self->model.counters.overflowed, ==, 80);
  g_assert_cmpuint (self->model.counters.longest_queue, ==, 20000);
  g_assert_cmpuint (take (self, MS, NULL), ==, MS);
  g_assert_true (offer (self, MS, 1000));
  g_assert_false (offer (self, MS, 1000));
  configure (self, MS, "queue", "25kB");
  g_assert_true (offer (self, MS, 1000));
}

static void
test_rate_change (Fixture *self, gconstpointer data)
{
  configure (self, 0, "rate", "8mbit");
  g_assert_true (offer (self, 0, 1000));
  /* Half is sent; the rest takes four times as long. */
  configure (self, MS / 2, "rate", "2mbit");
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, MS / 2 + 2 * MS);
  /* A blackout: nothing moves, and the queue keeps its size. */
  configure (self, MS, "rate", "0");
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, PACKET_NEVER);
  g_assert_cmpuint (take (self, 100 * SECOND, NULL), ==, 0);
  for (int i = 0; i < 24; i++)
    g_assert_true (offer (self, SECOND, 1000));
  g_assert_false (offer (self, SECOND, 1000));
  configure (self, 2 * SECOND, "rate", "3mbit");
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, 2 * SECOND + MS);
  configure (self, 2 * SECOND, "rate", "unlimited");
  for (int i = 0; i < 25; i++)
    g_assert_cmpuint (take (self, 2 * SECOND, NULL), ==, 2 * SECOND);
}

static void
test_trace (Fixture *self, gconstpointer data)
{
  self->settings.trace = rate_trace_parse ("0 8\n0.001 0\n0.003 4\n0.010 8\n", NULL);
  link_model_configure (&self->model, SECOND, &self->settings);
  g_assert_true (offer (self, SECOND, 2000));
  /* 1000 bytes in the first ms, none in two, the rest at half the rate. */
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, SECOND + 5 * MS);
  g_assert_cmpuint (take (self, SECOND + 5 * MS, NULL), ==, SECOND + 5 * MS);
  /* The last sample holds 7 ms, then the trace begins again. */
  g_assert_true (offer (self, SECOND + 16 * MS, 1500));
  g_assert_cmpuint (link_model_next_ns (&self->model), ==, SECOND + 17 * MS + MS / 2);
}

static void
test_jitter_keeps_order (Fixture *self, gconstpointer data)
{
  guint64 last = 0, shortest = G_MAXUINT64, longest = 0;

  configure (self, 0, "delay", "20ms");
  configure (self, 0, "jitter", "10ms");
  for (guint64 i = 1; i <= 2000; i++)
    {
      guint64 due, delay;

      g_assert_true (offer (self, i * MS, 100));
      due = take (self, i * MS, NULL);
      delay = due - i * MS;
      g_assert_cmpuint (due, >=, last);
      last = due;
      shortest = MIN (shortest, delay);
      longest = MAX (longest, delay);
    }
  g_assert_cmpuint (shortest, >=, 20 * MS);
  g_assert_cmpuint (longest, <=, 30 * MS);
  g_assert_cmpuint (longest - shortest, >=, 5 * MS);
}

static void
test_reorder (Fixture *self, gconstpointer data)
{
  guint held = 0;

  configure (self, 0, "delay", "10ms");
  configure (self, 0, "reorder", "10%");
  configure (self, 0, "hold", "3ms");
  for (guint64 i = 1; i <= 10000; i++)
    {
      guint64 delay;

      g_assert_true (offer (self, i * MS, 100));
      delay = take (self, i * MS, NULL) - i * MS;
      g_assert_true (delay == 10 * MS || delay == 13 * MS);
      held += delay == 13 * MS;
    }
  g_assert_cmpuint (held, >, 850);
  g_assert_cmpuint (held, <, 1150);
}

/* Counts losses and runs of losses among @count packets. */
static guint
count_losses (Fixture *self, guint count, guint *runs)
{
  guint losses = 0;
  gboolean before = FALSE;

  *runs = 0;
  for (guint64 i = 1; i <= count; i++)
    {
      gboolean lost = FALSE;

      g_assert_true (offer (self, i, 100));
      take (self, i, &lost);
      losses += lost;
      *runs += lost && !before;
      before = lost;
    }
  g_assert_cmpuint (self->model.counters.packets, ==, count);
  g_assert_cmpuint (self->model.counters.lost, ==, losses);
  return losses;
}

static void
test_loss (Fixture *self, gconstpointer data)
{
  guint losses, runs;

  configure (self, 0, "loss", "2%");
  losses = count_losses (self, 100000, &runs);
  g_assert_cmpuint (losses, >, 1800);
  g_assert_cmpuint (losses, <, 2200);
  g_assert_cmpfloat ((double) losses / runs, <, 1.1);
}

static void
test_burst (Fixture *self, gconstpointer data)
{
  guint losses, runs;

  configure (self, 0, "loss", "2%");
  configure (self, 0, "burst", "4");
  losses = count_losses (self, 200000, &runs);
  g_assert_cmpuint (losses, >, 3500);
  g_assert_cmpuint (losses, <, 4500);
  g_assert_cmpfloat ((double) losses / runs, >, 3.5);
  g_assert_cmpfloat ((double) losses / runs, <, 4.5);
}

static void
test_total_loss (Fixture *self, gconstpointer data)
{
  guint runs;

  configure (self, 0, "loss", "100%");
  configure (self, 0, "burst", "4");
  g_assert_cmpuint (count_losses (self, 1000, &runs), ==, 1000);
}

/* The same seed gives the same history, another seed another one. */
static void
test_seed (void)
{
  LinkRandom first = { 1 }, again = { 1 }, other = { 2 };
  guint equal = 0;

  for (int i = 0; i < 1000; i++)
    {
      double number = link_random_next (&first);

      g_assert_cmpfloat (number, >=, 0);
      g_assert_cmpfloat (number, <, 1);
      g_assert_cmpfloat (number, ==, link_random_next (&again));
      equal += number == link_random_next (&other);
    }
  g_assert_cmpuint (equal, ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*run) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/netlab/link-model/unlimited", test_unlimited },
    { "/netlab/link-model/rate", test_rate },
    { "/netlab/link-model/queue", test_queue },
    { "/netlab/link-model/rate-change", test_rate_change },
    { "/netlab/link-model/trace", test_trace },
    { "/netlab/link-model/jitter-keeps-order", test_jitter_keeps_order },
    { "/netlab/link-model/reorder", test_reorder },
    { "/netlab/link-model/loss", test_loss },
    { "/netlab/link-model/burst", test_burst },
    { "/netlab/link-model/total-loss", test_total_loss },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  g_test_add_func ("/netlab/link-model/seed", test_seed);
  return g_test_run ();
}
