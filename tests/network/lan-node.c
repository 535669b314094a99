/* SPDX-License-Identifier: MIT */
/* lan-node announce PORT | browse | both PORT: says on standard output what it finds and loses on
 * the local network, until it is interrupted. For test_lan_discovery.py. */
#include "dfn-lan-discovery.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void
on_found (DfnLanDiscovery *discovery, const char *url, gpointer user_data)
{
  g_print ("found %s\n", url);
}

static void
on_lost (DfnLanDiscovery *discovery, const char *url, gpointer user_data)
{
  g_print ("lost %s\n", url);
}

static gboolean
on_interrupt (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

/* In a thread with a context of its own, as the engine does it. */
static gpointer
run (gpointer user_data)
{
  char **argv = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GSource) interrupt = g_unix_signal_source_new (SIGINT);
  DfnLanDiscovery *discovery;

  g_main_context_push_thread_default (context);
  discovery = dfn_lan_discovery_new ();
  g_signal_connect (discovery, "found", G_CALLBACK (on_found), NULL);
  g_signal_connect (discovery, "lost", G_CALLBACK (on_lost), NULL);
  if (!g_str_equal (argv[1], "browse"))
    dfn_lan_discovery_announce (discovery, (guint16) atoi (argv[2]));
  if (!g_str_equal (argv[1], "announce"))
    dfn_lan_discovery_browse (discovery);
  g_print ("ready %u\n", dfn_lan_discovery_get_n_interfaces (discovery));
  g_source_set_callback (interrupt, on_interrupt, loop, NULL);
  g_source_attach (interrupt, context);
  g_main_loop_run (loop);
  g_object_unref (discovery);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  return NULL;
}

int
main (int argc, char **argv)
{
  if (argc < 2 || (argc < 3 && !g_str_equal (argv[1], "browse")))
    {
      g_printerr ("usage: lan-node announce PORT | browse | both PORT\n");
      return 2;
    }
  g_thread_join (g_thread_new ("engine", run, argv));
  return 0;
}
