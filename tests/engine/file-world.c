/* SPDX-License-Identifier: MIT */
#include "file-world.h"

#include "dfn-random.h"

#include <glib/gstdio.h>
#include <string.h>

void
file_world_set_up (FileWorld *f, gconstpointer data)
{
  f->folder = g_dir_make_tmp ("dfn-transfer-XXXXXX", NULL);
  f->source = g_build_filename (f->folder, "source.bin", NULL);
  f->output = g_build_filename (f->folder, "copy.bin", NULL);
  f->broadcaster = dfn_node_new ();
  f->viewer = dfn_node_new ();
  f->key = dfn_nostr_key_generate ();
}

void
file_world_set_up_with_relay (FileWorld *f, gconstpointer data)
{
  g_auto (GStrv) urls = NULL;
  g_autoptr (GError) error = NULL;

  file_world_set_up (f, data);
  f->relay = dfn_relay_server_new (NULL);
  g_assert_true (dfn_relay_server_listen (f->relay, "127.0.0.1", 0, &error));
  g_assert_no_error (error);
  urls = dfn_relay_server_get_urls (f->relay);
  g_assert_true (dfn_node_add_relay (f->broadcaster, urls[0], &error));
  g_assert_no_error (error);
}

void
file_world_tear_down (FileWorld *f, gconstpointer data)
{
  const char *name;
  GDir *folder;

  g_assert_finalize_object (f->viewer);
  if (f->broadcaster != NULL)
    g_assert_finalize_object (f->broadcaster);
  g_clear_object (&f->relay);
  dfn_nostr_key_unref (f->key);
  folder = g_dir_open (f->folder, 0, NULL);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_dir_close (folder);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->folder);
  g_free (f->source);
  g_free (f->output);
}

void
file_world_write_source (FileWorld *f, gsize length)
{
  g_autofree char *data = g_malloc (length);

  dfn_random_bytes (data, length);
  g_assert_true (g_file_set_contents (f->source, data, (gssize) length, NULL));
}

gboolean
file_world_on_timeout (gpointer user_data)
{
  g_error ("Waited too long for %s", (const char *) user_data);
  return G_SOURCE_REMOVE;
}

DfnBroadcastSession *
file_world_broadcast (FileWorld *f)
{
  DfnBroadcastSession *session =
      dfn_broadcast_session_new_file (f->broadcaster, f->key, f->source, "A title");

  WAIT_FOR (dfn_broadcast_session_get_report (session)->state >= DFN_BROADCAST_SERVING);
  g_assert_no_error (dfn_broadcast_session_get_report (session)->error);
  return session;
}

DfnWatchState
file_world_watch_state (DfnWatchSession *session)
{
  return dfn_watch_session_get_report (session)->state;
}

void
file_world_assert_copy (FileWorld *f, const char *path)
{
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  gsize a_length, b_length;

  g_assert_true (g_file_get_contents (f->source, &a, &a_length, NULL));
  g_assert_true (g_file_get_contents (path, &b, &b_length, NULL));
  g_assert_cmpmem (a, a_length, b, b_length);
}
