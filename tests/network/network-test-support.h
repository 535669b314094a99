/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean network_test_on_timeout (gpointer user_data);

/* Runs the main context until @condition holds; a test that waits longer than @seconds has failed.
 */
#define WAIT_LONG_FOR(seconds, condition)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint timeout_ =                                                                               \
        g_timeout_add_seconds (seconds, network_test_on_timeout, (gpointer) #condition);           \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timeout_);                                                                    \
  }                                                                                                \
  G_STMT_END

#define WAIT_FOR(condition) WAIT_LONG_FOR (30, condition)

/* Runs the main context for so long, for things that must not happen. */
void network_test_run_for (guint milliseconds);

GBytes *network_test_random_bytes (gsize length);

G_END_DECLS
