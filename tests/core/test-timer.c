/* SPDX-License-Identifier: MIT */
#include "dfn-timer.h"

typedef struct {
  GSource *timer;
  guint n_fired;
  gint64 last_us;
} Fixture;

static gboolean
on_fired (gpointer user_data)
{
  Fixture *f = user_data;

  f->n_fired++;
  f->last_us = g_get_monotonic_time ();
  return G_SOURCE_CONTINUE;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->timer = dfn_timer_source_new ();
  g_source_set_callback (f->timer, on_fired, f, NULL);
  g_source_attach (f->timer, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_source_destroy (f->timer);
  g_source_unref (f->timer);
}

static void
run_for (gint64 microseconds)
{
  gint64 end = g_get_monotonic_time () + microseconds;

  while (g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (200);
    }
}

static void
test_fires_once (Fixture *f, gconstpointer data)
{
  gint64 when = g_get_monotonic_time () + 5000;

  dfn_timer_source_set (f->timer, when);
  run_for (30000);
  g_assert_cmpuint (f->n_fired, ==, 1);
  g_assert_cmpint (f->last_us, >=, when);
}

static void
test_past_is_now (Fixture *f, gconstpointer data)
{
  dfn_timer_source_set (f->timer, 0);
  run_for (10000);
  g_assert_cmpuint (f->n_fired, ==, 1);
}

/* Moved later, as a deadline is with every packet: fires at the last time, and once. */
static void
test_moved_later (Fixture *f, gconstpointer data)
{
  gint64 when = 0;

  for (guint i = 0; i < 20; i++)
    {
      when = g_get_monotonic_time () + 250000;
      dfn_timer_source_set (f->timer, when);
      run_for (1000);
    }
  g_assert_cmpuint (f->n_fired, ==, 0);
  run_for (400000);
  g_assert_cmpuint (f->n_fired, ==, 1);
  g_assert_cmpint (f->last_us, >=, when);
}

static void
test_moved_earlier (Fixture *f, gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();

  dfn_timer_source_set (f->timer, start + 10 * G_USEC_PER_SEC);
  dfn_timer_source_set (f->timer, start + 3000);
  run_for (50000);
  g_assert_cmpuint (f->n_fired, ==, 1);
}

static void
test_unset (Fixture *f, gconstpointer data)
{
  dfn_timer_source_set (f->timer, g_get_monotonic_time () + 3000);
  dfn_timer_source_set (f->timer, -1);
  run_for (20000);
  g_assert_cmpuint (f->n_fired, ==, 0);
  dfn_timer_source_set (f->timer, g_get_monotonic_time () + 1000);
  run_for (20000);
  g_assert_cmpuint (f->n_fired, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/core/timer/fires-once", test_fires_once);
  ADD ("/core/timer/past-is-now", test_past_is_now);
  ADD ("/core/timer/moved-later", test_moved_later);
  ADD ("/core/timer/moved-earlier", test_moved_earlier);
  ADD ("/core/timer/unset", test_unset);
  return g_test_run ();
}
