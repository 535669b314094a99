/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-broadcast-session.h"
#include "dfn-relay-server.h"
#include "dfn-watch-session.h"

/* A broadcaster of a file and a viewer in one process, each with an engine of its own, which find
 * each other through a relay on the test's own thread. */
typedef struct {
  DfnRelayServer *relay;
  char *folder;
  char *source;
  char *output;
  DfnNode *broadcaster;
  DfnNode *viewer;
  DfnNostrKey *key;
} FileWorld;

#define WAIT_FOR(condition)                                                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint timeout_ = g_timeout_add_seconds (40, file_world_on_timeout, (gpointer) #condition);     \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (timeout_);                                                                    \
  }                                                                                                \
  G_STMT_END

/* For g_test_add(). Without a relay the broadcast brings its own. */
void file_world_set_up (FileWorld *f, gconstpointer data);
void file_world_set_up_with_relay (FileWorld *f, gconstpointer data);
void file_world_tear_down (FileWorld *f, gconstpointer data);

void file_world_write_source (FileWorld *f, gsize length);
gboolean file_world_on_timeout (gpointer user_data);

/* Returns: (transfer full): a broadcast of the source that has its link */
DfnBroadcastSession *file_world_broadcast (FileWorld *f);
DfnWatchState file_world_watch_state (DfnWatchSession *session);

/* @path has what the source has. */
void file_world_assert_copy (FileWorld *f, const char *path);
