/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

/**
 * dfn_test_wait_until:
 * @condition: an expression, evaluated after each turn of the default main context
 *
 * Runs the default context until @condition holds; fails the test after ten seconds.
 */
#define dfn_test_wait_until(condition)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 dfn_deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;                           \
    while (!(condition))                                                                           \
      {                                                                                            \
        dfn_test_turn ();                                                                          \
        if (g_get_monotonic_time () > dfn_deadline)                                                \
          g_error ("%s:%d: this did not become true in time: %s", __FILE__, __LINE__, #condition); \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

static inline gboolean
dfn_test_on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* One turn of the default context, at most 20 ms long. */
static inline void
dfn_test_turn (void)
{
  guint tick = g_timeout_add (20, dfn_test_on_tick, NULL);

  g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

/* Turns the default context for so many milliseconds. */
static inline void
dfn_test_run_for (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * (gint64) 1000;

  while (g_get_monotonic_time () < end)
    dfn_test_turn ();
}
