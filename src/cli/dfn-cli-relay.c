/* SPDX-License-Identifier: MIT */
#include "dfn-cli-commands.h"

#include "dfn-cli-exit.h"
#include "dfn-cli-listen.h"
#include "dfn-cli-loop.h"
#include "dfn-relay-server.h"

#include <glib/gi18n-lib.h>

static void
on_connected (DfnRelayServer *server, const char *peer, gpointer user_data)
{
  g_debug ("%s has connected", peer);
}

static void
on_disconnected (DfnRelayServer *server, const char *peer, const char *reason, gpointer user_data)
{
  g_debug ("%s has left: %s", peer, reason);
}

static void
on_accepted (DfnRelayServer *server, DfnNostrEvent *event, gpointer user_data)
{
  g_debug ("Took event %s of kind %u", dfn_nostr_event_get_id (event),
           dfn_nostr_event_get_kind (event));
}

static DfnRelayServer *
start (const DfnCliOptions *options, GError **error)
{
  g_autoptr (DfnRelayStore) store = NULL;
  g_autoptr (DfnRelayServer) server = NULL;
  g_autofree char *address = NULL;
  guint16 port;

  if (!dfn_cli_listen_parse (options->listen, &address, &port, error))
    return NULL;
  store = dfn_relay_store_open (options->store, error);
  if (store == NULL)
    return NULL;
  server = dfn_relay_server_new (store);
  g_signal_connect (server, "connected", G_CALLBACK (on_connected), NULL);
  g_signal_connect (server, "disconnected", G_CALLBACK (on_disconnected), NULL);
  g_signal_connect (server, "accepted", G_CALLBACK (on_accepted), NULL);
  if (!dfn_relay_server_listen (server, address, port, error))
    {
      g_prefix_error (error, _ ("Cannot listen on port %u: "), port);
      return NULL;
    }
  return g_steal_pointer (&server);
}

static void
tell (DfnRelayServer *server, const DfnCliOptions *options, DfnCliOutput *output)
{
  g_auto (GStrv) urls = dfn_relay_server_get_urls (server);
  DfnCliEvent *event = dfn_cli_event_new ("listening");

  dfn_cli_event_add_strings (event, "urls", (const char *const *) urls);
  dfn_cli_output_event (output, event);
  dfn_cli_output_say (output, _ ("The relay can be reached at:"));
  for (guint i = 0; urls[i] != NULL; i++)
    dfn_cli_output_result (output, urls[i]);
  if (options->store != NULL)
    dfn_cli_output_say (output, _ ("Events are kept in “%s”."), options->store);
  else
    dfn_cli_output_say (output, _ ("Events are kept in memory until the relay ends."));
  dfn_cli_output_say (output, _ ("Press Ctrl+C to stop."));
}

static void
say_goodbye (DfnRelayServer *server, DfnCliOutput *output)
{
  DfnRelayCounters counters;
  guint taken;

  dfn_relay_server_get_counters (server, &counters);
  taken = (guint) MIN (counters.events_accepted, G_MAXUINT);
  dfn_cli_output_say (output,
                      g_dngettext (GETTEXT_PACKAGE, "The relay has stopped. It took %u event.",
                                   "The relay has stopped. It took %u events.", taken),
                      taken);
}

int
dfn_cli_relay_run (const DfnCliOptions *options, DfnCliOutput *output)
{
  g_autoptr (DfnCliLoop) loop = dfn_cli_loop_new (output);
  g_autoptr (DfnRelayServer) server = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  server = start (options, &error);
  if (server == NULL)
    return dfn_cli_output_fail (output, error);
  tell (server, options, output);
  code = dfn_cli_loop_run (loop);
  say_goodbye (server, output);
  return code;
}
