/* SPDX-License-Identifier: MIT */

/* One process that gives to many peers at once, for as long as it is let, and its peers.
 *
 *   bench-uplink serve FOLDER
 *   bench-uplink fetch FOLDER
 *
 * Both know each other's signals from the pipes offers-N and answers-N in FOLDER, two for each
 * link. The peers are one process, of a host whose own links do not matter. Twice a second the
 * server prints one JSON object: what its governor thinks. */

#include "dfn-peer-manager.h"
#include "dfn-uplink-governor.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_SIZE (256 * 1024)
#define WINDOW 4
#define MAX_LINKS 64

static gint option_links = 16;
static gint option_limit;
static gboolean option_no_governor;

static const GOptionEntry options[] = {
  { "links", 'l', 0, G_OPTION_ARG_INT, &option_links, "How many", "N" },
  { "limit", 0, 0, G_OPTION_ARG_INT, &option_limit, "Bytes a second that may be sent", "N" },
  { "no-governor", 0, 0, G_OPTION_ARG_NONE, &option_no_governor, "Each link for itself", NULL },
  { NULL },
};

/* One link; the server has one manager for all of them, each peer its own. */
typedef struct {
  char *name;
  GDataInputStream *in;
  int out;
  DfnPeerManager *manager;
  guint64 received;
} Line;

static Line lines[MAX_LINKS];
static GMainLoop *loop;
static GBytes *chunk;
static gboolean is_server;

static gboolean
on_report (gpointer user_data)
{
  guint64 limit, rate, estimate, granted;
  gint64 queue;
  gboolean competing;

  g_object_get (dfn_uplink_governor_get_default (), "limit", &limit, "rate", &rate, "estimate",
                &estimate, "queue-delay", &queue, "bytes-granted", &granted, "competing",
                &competing, NULL);
  if (rate == DFN_UPLINK_UNLIMITED)
    rate = 0;
  g_print ("{\"event\":\"uplink\",\"time\":%.3f,\"rate_mbit\":%.3f,\"estimate_mbit\":%.3f,"
           "\"queue_ms\":%.1f,\"bytes\":%" G_GUINT64_FORMAT ",\"competing\":%s}\n",
           1e-6 * (double) g_get_monotonic_time (), 8e-6 * (double) rate, 8e-6 * (double) estimate,
           1e-3 * (double) queue, granted, competing ? "true" : "false");
  return G_SOURCE_CONTINUE;
}

/* Fetching */

static void ask (DfnPeer *peer, Line *line);

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  Line *line = user_data;

  if (response == NULL || response->data == NULL)
    return;
  line->received += g_bytes_get_size (response->data);
  ask (peer, line);
}

static void
ask (DfnPeer *peer, Line *line)
{
  static const guint8 content[DFN_WIRE_CONTENT_SIZE];

  dfn_peer_request (peer, content, 0, CHUNK_SIZE, on_response, line);
}

/* Serving */

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *content,
           guint32 track,
           guint32 number,
           gpointer user_data)
{
  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__OK, chunk, NULL);
}

/* Meeting */

static void
on_peer_added (
    DfnPeerManager *manager, DfnPeer *peer, const char *pubkey, gpointer content, Line *line)
{
  if (is_server)
    dfn_peer_set_provider (peer, on_wanted, NULL);
  for (guint i = 0; !is_server && i < WINDOW; i++)
    ask (peer, line);
}

static void
on_peer_removed (DfnPeerManager *manager, DfnPeer *peer, GError *error, Line *line)
{
  g_printerr ("A peer has gone: %s\n", error->message);
}

static void
on_connect_failed (DfnPeerManager *manager, const char *pubkey, GError *error, Line *line)
{
  g_error ("A peer cannot be reached: %s", error->message);
}

static void
on_send_signal (DfnPeerManager *manager, const char *to, const char *text, Line *line)
{
  g_autofree char *row = g_strconcat (text, "\n", NULL);

  /* The server is told the number of the link; to a peer the server has the name of the line. */
  line = &lines[g_ascii_strtoull (to, NULL, 10)];
  if (write (line->out, row, strlen (row)) < 0)
    g_error ("Cannot write a signal: %s", g_strerror (errno));
}

static void
on_line (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Line *line = user_data;
  g_autofree char *text = g_data_input_stream_read_line_finish (line->in, result, NULL, NULL);
  g_autoptr (Dfn__Signal) signal = NULL;

  if (text == NULL)
    return;
  signal = dfn_wire_unpack_signal (text, NULL);
  if (signal == NULL)
    g_error ("“%s” is no signal", text);
  dfn_peer_manager_take_signal (line->manager, line->name, signal);
  g_data_input_stream_read_line_async (line->in, G_PRIORITY_DEFAULT, NULL, on_line, line);
}

static int
open_pipe (const char *folder, const char *name, gint number)
{
  g_autofree char *path = g_strdup_printf ("%s/%s-%d", folder, name, number);
  /* For reading and writing both, so that neither waits for the other end, or ends with it. */
  int fd = open (path, O_RDWR | O_CLOEXEC);

  if (fd < 0)
    g_error ("Cannot open %s: %s", path, g_strerror (errno));
  return fd;
}

static DfnPeerManager *
make_manager (Line *line)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  DfnPeerManager *manager;

  dfn_ice_config_set_scope (config, DFN_SCOPE_LAN);
  manager = dfn_peer_manager_new (config);
  g_signal_connect (manager, "send-signal", G_CALLBACK (on_send_signal), line);
  g_signal_connect (manager, "peer-added", G_CALLBACK (on_peer_added), line);
  g_signal_connect (manager, "peer-removed", G_CALLBACK (on_peer_removed), line);
  g_signal_connect (manager, "connect-failed", G_CALLBACK (on_connect_failed), line);
  dfn_peer_manager_set_accepting (manager, is_server);
  return manager;
}

static void
start (const char *folder)
{
  static const guint8 content[DFN_WIRE_CONTENT_SIZE];
  DfnPeerManager *shared = is_server ? make_manager (NULL) : NULL;

  for (gint i = 0; i < option_links; i++)
    {
      Line *line = &lines[i];
      g_autoptr (GInputStream) base =
          g_unix_input_stream_new (open_pipe (folder, is_server ? "offers" : "answers", i), TRUE);

      line->name = g_strdup_printf ("%d", i);
      line->in = g_data_input_stream_new (base);
      line->out = open_pipe (folder, is_server ? "answers" : "offers", i);
      line->manager = is_server ? shared : make_manager (line);
      g_data_input_stream_read_line_async (line->in, G_PRIORITY_DEFAULT, NULL, on_line, line);
      if (!is_server)
        dfn_peer_manager_connect (line->manager, line->name, content);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("serve|fetch FOLDER");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 3
      || option_links > MAX_LINKS)
    {
      g_printerr ("%s\n",
                  error != NULL ? error->message : "Usage: bench-uplink serve|fetch FOLDER");
      return 2;
    }
  is_server = g_str_equal (argv[1], "serve");
  loop = g_main_loop_new (NULL, FALSE);
  chunk = g_bytes_new_take (g_malloc0 (CHUNK_SIZE), CHUNK_SIZE);
  dfn_uplink_governor_set_enabled (dfn_uplink_governor_get_default (), !option_no_governor);
  dfn_uplink_governor_set_limit (dfn_uplink_governor_get_default (), (guint64) option_limit);
  if (is_server)
    g_timeout_add (500, on_report, NULL);
  start (argv[2]);
  g_main_loop_run (loop); /* until it is killed */
  return 0;
}
