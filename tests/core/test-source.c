/* SPDX-License-Identifier: MIT */
#include "dfn-source.h"

static gboolean
on_event (gpointer user_data)
{
  (*(guint *) user_data)++;
  return G_SOURCE_CONTINUE;
}

static void
test_life (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  guint n_events = 0;
  GSource *source = dfn_source_attach (g_idle_source_new (), context, on_event, &n_events);

  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (n_events, ==, 0);
  g_main_context_iteration (context, FALSE);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (n_events, ==, 2);
  dfn_source_clear (&source);
  g_assert_null (source);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (n_events, ==, 2);
  dfn_source_clear (&source);
}

/* As timers do that fire once. */
static gboolean
on_once (gpointer user_data)
{
  dfn_source_clear (user_data);
  return G_SOURCE_CONTINUE;
}

static void
test_cleared_by_itself (void)
{
  GSource *source = NULL;

  source = dfn_source_attach (g_idle_source_new (), NULL, on_once, &source);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_null (source);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/source/life", test_life);
  g_test_add_func ("/source/cleared-by-itself", test_cleared_by_itself);
  return g_test_run ();
}
