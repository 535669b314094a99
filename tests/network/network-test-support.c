/* SPDX-License-Identifier: MIT */
#include "network-test-support.h"

#include "dfn-random.h"

gboolean
network_test_on_timeout (gpointer user_data)
{
  g_error ("The test waited too long for %s", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_over (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

void
network_test_run_for (guint milliseconds)
{
  gboolean over = FALSE;

  g_timeout_add (milliseconds, on_over, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

GBytes *
network_test_random_bytes (gsize length)
{
  guint8 *data = g_malloc (length);

  dfn_random_bytes (data, length);
  return g_bytes_new_take (data, length);
}
