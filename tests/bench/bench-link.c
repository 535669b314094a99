/* SPDX-License-Identifier: MIT */

/* A bare link: chunks from the memory of one process to that of another over ICE and QUIC, without
 * hashes or disks.
 *
 *   bench-link serve IN OUT
 *   bench-link fetch IN OUT --bytes N
 *
 * Each reads the other's signals from the pipe IN and writes its own to the pipe OUT. In the end
 * each prints one JSON object: the bytes, the seconds from the connection to the last byte, its own
 * processor time over the same span, the milliseconds from the moment that both sides knew each
 * other's candidates to the first byte, and the path. */

#include "dfn-peer-manager.h"
#include "dfn-udp-send.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CHUNK_SIZE (256 * 1024)

static gint64 option_bytes = 100 * 1000 * 1000;
static gint option_window = 16;
static gboolean option_no_offload;

static const GOptionEntry options[] = {
  { "bytes", 'b', 0, G_OPTION_ARG_INT64, &option_bytes, "How much to fetch", "N" },
  { "window", 'w', 0, G_OPTION_ARG_INT, &option_window, "How many chunks to ask for at once", "N" },
  { "no-offload", 0, 0, G_OPTION_ARG_NONE, &option_no_offload, "Send without GSO", NULL },
  { NULL },
};

typedef struct {
  DfnPeerManager *manager;
  GMainLoop *loop;
  GDataInputStream *in;
  int out;
  gboolean is_server;
  gboolean failed;
  GBytes *chunk;

  DfnPeer *peer;
  char *path;
  gint64 answered_us;
  gint64 connected_us;
  gint64 first_byte_us;
  gint64 last_byte_us;
  double cpu_before;
  gint64 asked;
  gint64 received;
  gint outstanding;
} Bench;

static double
processor_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + 1e-6 * (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
report (Bench *self)
{
  DfnQuicStats stats;
  double seconds = 1e-6 * (double) (self->last_byte_us - self->connected_us);

  dfn_quic_get_stats (dfn_peer_get_quic (self->peer), &stats);
  g_print (
      "{\"role\":\"%s\",\"bytes\":%" G_GINT64_FORMAT
      ",\"seconds\":%.6f,\"goodput_mbit\":%.2f,\"cpu_s\":%.6f,\"first_byte_ms\":%.2f,"
      "\"rtt_ms\":%.2f,\"min_rtt_ms\":%.2f,\"overhead\":%.4f,\"packets_sent\":%" G_GUINT64_FORMAT
      ",\"packets_received\":%" G_GUINT64_FORMAT ",\"path\":\"%s\"}\n",
      self->is_server ? "serve" : "fetch", self->received, seconds,
      seconds > 0 ? (double) self->received * 8e-6 / seconds : 0,
      processor_seconds () - self->cpu_before,
      1e-3 * (double) (self->first_byte_us - self->answered_us), 1e-3 * (double) stats.rtt_us,
      1e-3 * (double) stats.min_rtt_us, stats.overhead, stats.packets_sent, stats.packets_received,
      self->path);
}

/* Fetching */

static void ask (Bench *self);

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  Bench *self = user_data;

  self->outstanding--;
  if (response == NULL || response->data == NULL)
    return;
  if (self->first_byte_us == 0)
    self->first_byte_us = response->first_byte_us;
  self->last_byte_us = response->received_us;
  self->received += (gint64) g_bytes_get_size (response->data);
  if (self->received >= option_bytes)
    g_main_loop_quit (self->loop);
  else
    ask (self);
}

static void
ask (Bench *self)
{
  static const guint8 content[DFN_WIRE_CONTENT_SIZE];

  while (self->outstanding < option_window && self->asked < option_bytes)
    {
      if (dfn_peer_request (self->peer, content, 0, CHUNK_SIZE, on_response, self) < 0)
        return;
      self->asked += CHUNK_SIZE;
      self->outstanding++;
    }
}

/* Serving */

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *content,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  Bench *self = user_data;

  dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__OK, self->chunk, NULL);
  self->received += CHUNK_SIZE;
}

/* Meeting */

static void
on_peer_added (
    DfnPeerManager *manager, DfnPeer *peer, const char *pubkey, gpointer content, Bench *self)
{
  self->peer = g_object_ref (peer);
  self->path = dfn_ice_link_describe (dfn_peer_manager_find_link (manager, peer));
  self->connected_us = g_get_monotonic_time ();
  self->cpu_before = processor_seconds ();
  if (self->is_server)
    dfn_peer_set_provider (peer, on_wanted, self);
  else
    ask (self);
}

static void
on_peer_removed (DfnPeerManager *manager, DfnPeer *peer, GError *error, Bench *self)
{
  if (self->is_server)
    self->last_byte_us = g_get_monotonic_time ();
  else
    g_printerr ("%s\n", error->message);
  self->failed = !self->is_server;
  g_main_loop_quit (self->loop);
}

static void
on_connect_failed (DfnPeerManager *manager, const char *pubkey, GError *error, Bench *self)
{
  g_printerr ("%s\n", error->message);
  self->failed = TRUE;
  g_main_loop_quit (self->loop);
}

static void
on_send_signal (
    DfnPeerManager *manager, const char *to, const char *text, guint urgency, Bench *self)
{
  g_autofree char *line = g_strconcat (text, "\n", NULL);

  if (write (self->out, line, strlen (line)) < 0)
    g_error ("Cannot write a signal: %s", g_strerror (errno));
}

static void
on_line (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Bench *self = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish (self->in, result, NULL, NULL);
  g_autoptr (Dfn__Signal) signal = NULL;

  if (line == NULL)
    return;
  signal = dfn_wire_unpack_signal (line, NULL);
  if (signal == NULL)
    g_error ("“%s” is no signal", line);
  if (signal->body_case == DFN__SIGNAL__BODY_ANSWER)
    self->answered_us = g_get_monotonic_time ();
  dfn_peer_manager_take_signal (self->manager, "peer", signal);
  g_data_input_stream_read_line_async (self->in, G_PRIORITY_DEFAULT, NULL, on_line, self);
}

static void
start (Bench *self, const char *in, const char *out)
{
  static const guint8 content[DFN_WIRE_CONTENT_SIZE];
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  g_autoptr (GInputStream) base = NULL;
  /* For reading and writing both, so that neither waits for the other end, or ends with it. */
  int fd = open (in, O_RDWR | O_CLOEXEC);

  self->out = open (out, O_RDWR | O_CLOEXEC);
  if (fd < 0 || self->out < 0)
    g_error ("Cannot open the pipes: %s", g_strerror (errno));
  base = g_unix_input_stream_new (fd, TRUE);
  self->in = g_data_input_stream_new (base);
  self->loop = g_main_loop_new (NULL, FALSE);
  self->chunk = g_bytes_new_take (g_malloc0 (CHUNK_SIZE), CHUNK_SIZE);
  dfn_ice_config_set_scope (config, DFN_SCOPE_LAN);
  self->manager = dfn_peer_manager_new (config);
  g_signal_connect (self->manager, "send-signal", G_CALLBACK (on_send_signal), self);
  g_signal_connect (self->manager, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->manager, "peer-removed", G_CALLBACK (on_peer_removed), self);
  g_signal_connect (self->manager, "connect-failed", G_CALLBACK (on_connect_failed), self);
  g_data_input_stream_read_line_async (self->in, G_PRIORITY_DEFAULT, NULL, on_line, self);
  dfn_peer_manager_set_accepting (self->manager, self->is_server);
  if (!self->is_server)
    dfn_peer_manager_connect (self->manager, "peer", content);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("serve|fetch IN OUT");
  g_autoptr (GError) error = NULL;
  Bench self = { 0 };

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 4)
    {
      g_printerr ("%s\n", error != NULL ? error->message : "Usage: bench-link serve|fetch IN OUT");
      return 2;
    }
  dfn_udp_set_offload (!option_no_offload);
  self.is_server = g_str_equal (argv[1], "serve");
  start (&self, argv[2], argv[3]);
  g_main_loop_run (self.loop);
  if (self.peer != NULL && !self.failed)
    report (&self);
  g_clear_object (&self.peer);
  dfn_peer_manager_close (self.manager);
  return self.failed ? 1 : 0; /* the rest goes with the process */
}
