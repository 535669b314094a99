/* SPDX-License-Identifier: MIT */
/* relay-under-test [--require-auth]: our relay in memory on any port of the loopback. Prints its
 * address as the first line and ends when standard input does. */
#include "dfn-relay-server.h"

#include <gio/gunixinputstream.h>

static void
on_end (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_input_stream_skip_finish (G_INPUT_STREAM (object), result, NULL);
  g_main_loop_quit (user_data);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) input = g_unix_input_stream_new (0, FALSE);
  g_autoptr (DfnRelayServer) server = dfn_relay_server_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) urls = NULL;

  if (argc > 1 && g_str_equal (argv[1], "--require-auth"))
    g_object_set (server, "require-auth", TRUE, NULL);
  if (!dfn_relay_server_listen (server, "127.0.0.1", 0, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  urls = dfn_relay_server_get_urls (server);
  g_print ("%s\n", urls[0]);
  g_input_stream_skip_async (input, 1, G_PRIORITY_DEFAULT, NULL, on_end, loop);
  g_main_loop_run (loop);
  return 0;
}
