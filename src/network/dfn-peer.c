/* SPDX-License-Identifier: MIT */
#include "dfn-peer-private.h"

#include "dfn-random.h"

#include <string.h>

G_DEFINE_FINAL_TYPE (DfnPeer, dfn_peer, G_TYPE_OBJECT)

enum { SIGNAL_EARLY, SIGNAL_READY, SIGNAL_CLOSED, SIGNAL_HAVE, SIGNAL_FRAME, N_SIGNALS };

static guint signals[N_SIGNALS];

void
dfn_peer_stream_free (DfnPeerStream *stream)
{
  g_clear_pointer (&stream->reader, dfn_wire_reader_free);
  g_clear_pointer (&stream->data, g_bytes_unref);
  g_clear_pointer (&stream->proof, g_bytes_unref);
  if (stream->live != NULL)
    dfn__stream_chunk__free_unpacked (stream->live, NULL);
  g_free (stream);
}

static DfnPeerStream *
find_stream (DfnPeer *self, gint64 id)
{
  return g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));
}

DfnPeerStream *
dfn_peer_add_stream (DfnPeer *self, gint64 id)
{
  DfnPeerStream *stream = g_new0 (DfnPeerStream, 1);

  stream->id = id;
  stream->reader = dfn_wire_reader_new ();
  g_hash_table_insert (self->streams, GSIZE_TO_POINTER (id), stream);
  return stream;
}

/* Control messages */

void
dfn_peer_send_frame (DfnPeer *self, const Dfn__Frame *frame)
{
  g_autoptr (GBytes) packed = dfn_wire_pack_frame (frame);

  if (self->control >= 0 && dfn_quic_send (self->quic, self->control, packed, FALSE))
    self->stats.control_bytes_sent += g_bytes_get_size (packed);
}

gboolean
dfn_peer_send_datagram (DfnPeer *self, const Dfn__Frame *frame)
{
  gsize length = dfn__frame__get_packed_size (frame);
  g_autoptr (GBytes) packed = NULL;
  guint8 *data;

  if (length > DFN_QUIC_MAX_DATAGRAM)
    return FALSE;
  data = g_malloc (length);
  dfn__frame__pack (frame, data);
  packed = g_bytes_new_take (data, length);
  if (!dfn_quic_send_datagram (self->quic, packed))
    return FALSE;
  self->stats.control_bytes_sent += length;
  return TRUE;
}

static void
send_hello (DfnPeer *self)
{
  Dfn__Hello hello = DFN__HELLO__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  hello.version = DFN_WIRE_VERSION;
  hello.agent = (char *) DFN_AGENT;
  frame.body_case = DFN__FRAME__BODY_HELLO;
  frame.hello = &hello;
  dfn_peer_send_frame (self, &frame);
}

static void
send_heartbeat (DfnPeer *self, guint64 nonce, gboolean is_reply)
{
  Dfn__Heartbeat heartbeat = DFN__HEARTBEAT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  heartbeat.nonce = nonce;
  heartbeat.reply = is_reply;
  frame.body_case = DFN__FRAME__BODY_HEARTBEAT;
  frame.heartbeat = &heartbeat;
  dfn_peer_send_datagram (self, &frame);
}

static void
take_heartbeat (DfnPeer *self, const Dfn__Heartbeat *heartbeat)
{
  if (!heartbeat->reply)
    {
      send_heartbeat (self, heartbeat->nonce, TRUE);
      return;
    }
  if (self->heartbeat_sent_us == 0 || heartbeat->nonce != self->heartbeat_nonce)
    return;
  self->stats.heartbeat_rtt_us = g_get_monotonic_time () - self->heartbeat_sent_us;
  self->heartbeat_sent_us = 0;
}

static void
take_hello (DfnPeer *self, const Dfn__Hello *hello)
{
  if (hello->version != DFN_WIRE_VERSION)
    {
      dfn_peer_close (self, DFN__CLOSE_REASON__INCOMPATIBLE,
                      g_error_new (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                                   "The peer speaks version %u of the protocol, not %u",
                                   hello->version, DFN_WIRE_VERSION));
      return;
    }
  self->has_hello = TRUE;
}

static GError *
error_from_reason (gint64 reason)
{
  switch ((Dfn__CloseReason) reason)
    {
    case DFN__CLOSE_REASON__FULL:
      return g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED,
                                  "The peer has no room for another viewer now");
    case DFN__CLOSE_REASON__INCOMPATIBLE:
      return g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                                  "The peer speaks another version of the protocol");
    case DFN__CLOSE_REASON__MISBEHAVED:
      return g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                                  "The peer says that this side broke the protocol");
    case DFN__CLOSE_REASON__LEAVING:
    case _DFN__CLOSE_REASON_IS_INT_SIZE:
      break;
    }
  return g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED, "The peer has left");
}

/* Every kind of frame that wire.proto has is handled here, on its control stream, as a datagram or
 * as the start of a request; the rest are kinds from the future. */
static gboolean
take_frame (DfnPeer *self, DfnPeerStream *stream, Dfn__Frame *frame, GError **error)
{
  gboolean is_control = stream == NULL || stream->is_control;

  if (!self->has_hello && is_control && frame->body_case != DFN__FRAME__BODY_HELLO)
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                           "The peer did not say Hello first");
      return FALSE;
    }
  switch (frame->body_case)
    {
    case DFN__FRAME__BODY_HELLO:
      if (self->has_hello || !is_control)
        break;
      take_hello (self, frame->hello);
      return TRUE;
    case DFN__FRAME__BODY_HAVE:
      if (!is_control)
        break;
      g_signal_emit (self, signals[SIGNAL_HAVE], 0, frame->have);
      return TRUE;
    case DFN__FRAME__BODY_HEARTBEAT:
      if (!is_control)
        break;
      take_heartbeat (self, frame->heartbeat);
      return TRUE;
    case DFN__FRAME__BODY_CONTENT_REQUEST:
      if (is_control)
        break;
      dfn_peer_take_request (self, stream, frame->content_request);
      return TRUE;
    case DFN__FRAME__BODY_STREAM_CHUNK:
      if (is_control)
        break;
      dfn_peer_take_push (self, stream, frame);
      return TRUE;
    case DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT:
    case DFN__FRAME__BODY_JOIN_BROADCAST:
    case DFN__FRAME__BODY_JOIN_RESPONSE:
    case DFN__FRAME__BODY_PEER_ANNOUNCEMENT:
    case DFN__FRAME__BODY_FORWARDED_SIGNAL:
    case DFN__FRAME__BODY_LIVE_UPDATE:
      if (!is_control)
        break;
      g_signal_emit (self, signals[SIGNAL_FRAME], 0, frame);
      return TRUE;
    case DFN__FRAME__BODY_CONTENT_RESPONSE:
      break; /* never where it was not asked for */
    case DFN__FRAME__BODY__NOT_SET:
    case _DFN__FRAME__BODY__CASE_IS_INT_SIZE:
      self->stats.frames_ignored++;
      return TRUE;
    }
  g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                       "The peer sent a message where it does not belong");
  return FALSE;
}

/* What QUIC tells */

static void
misbehaved (DfnPeer *self, GError *error)
{
  dfn_peer_close (self, DFN__CLOSE_REASON__MISBEHAVED, error);
}

/* The first stream of each side is its control stream: 0 of the client, 1 of the server. */
static gboolean
is_first_stream (gint64 id)
{
  return id < 2;
}

/* Takes the frames of a peer's stream until its request, which ends all that is said on it (a
 * second one would be work for us that its flow control does not pay for), or until the header of
 * a chunk that it pushes. The stream may be gone afterwards. */
static gboolean
take_peers_frames (DfnPeer *self, gint64 id, const guint8 **data, gsize *length, GError **error)
{
  DfnPeerStream *stream;

  while (*length > 0 && (stream = find_stream (self, id)) != NULL && !stream->has_request
         && !stream->is_push)
    {
      g_autoptr (Dfn__Frame) frame = NULL;

      if (!dfn_wire_reader_take (stream->reader, data, length, &frame, error))
        return FALSE;
      if (frame != NULL && !take_frame (self, stream, frame, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_peers_stream (
    DfnPeer *self, gint64 id, const guint8 *data, gsize length, gboolean fin, GError **error)
{
  DfnPeerStream *stream;

  if (!take_peers_frames (self, id, &data, &length, error))
    return FALSE;
  stream = find_stream (self, id);
  if (stream != NULL && stream->is_push)
    return dfn_peer_take_push_data (self, stream, data, length, fin, error);
  if (!fin || stream == NULL)
    return TRUE;
  if (stream->is_control || !dfn_wire_reader_is_empty (stream->reader))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE,
                           "The peer ended a message before its end");
      return FALSE;
    }
  /* Without a request, maybe with one from the future, there is nothing to answer. */
  if (!stream->has_request)
    dfn_quic_send (self->quic, id, NULL, TRUE);
  return TRUE;
}

static void
on_stream_data (
    DfnQuic *quic, gint64 id, const guint8 *data, gsize length, gboolean fin, gpointer user_data)
{
  g_autoptr (DfnPeer) self = g_object_ref (user_data);
  DfnPeerStream *stream = find_stream (self, id);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (stream == NULL && dfn_quic_is_own_stream (quic, id))
    return; /* nobody answers on our control stream */
  if (stream == NULL)
    {
      stream = dfn_peer_add_stream (self, id);
      stream->is_control = is_first_stream (id);
      if (stream->is_control)
        dfn_quic_send (quic, id, NULL, TRUE); /* our own one is another */
    }
  if (dfn_quic_is_own_stream (quic, id))
    ok = dfn_peer_take_response (self, stream, data, length, fin, &error);
  else
    ok = take_peers_stream (self, id, data, length, fin, &error);
  if (!ok)
    misbehaved (self, g_steal_pointer (&error));
}

static void
on_stream_closed (DfnQuic *quic, gint64 id, gint64 code, gpointer user_data)
{
  g_autoptr (DfnPeer) self = g_object_ref (user_data);

  dfn_peer_drop_stream (self, id);
  /* If the provider worked on it, another request may have its turn. */
  dfn_peer_provide (self);
}

static void
on_datagram (DfnQuic *quic, const guint8 *data, gsize length, gpointer user_data)
{
  g_autoptr (DfnPeer) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Frame) frame = dfn_wire_unpack_frame (data, length, &error);

  /* A datagram overtakes streams, so it may come before Hello; it is lost then. */
  if (frame != NULL && (!self->has_hello || take_frame (self, NULL, frame, &error)))
    return;
  misbehaved (self, g_steal_pointer (&error));
}

static void
on_drained (DfnQuic *quic, gpointer user_data)
{
  g_autoptr (DfnPeer) self = g_object_ref (user_data);

  dfn_peer_notice_sent (self);
  dfn_peer_provide (self);
}

static void
drop_all_streams (DfnPeer *self)
{
  GHashTableIter iter;
  gpointer id;

  /* A request's function may make other requests fail or cancel them. */
  for (g_hash_table_iter_init (&iter, self->streams); g_hash_table_iter_next (&iter, &id, NULL);
       g_hash_table_iter_init (&iter, self->streams))
    dfn_peer_drop_stream (self, (gint64) GPOINTER_TO_SIZE (id));
}

/* A server can speak before the peer has proved its key. */
static void
open_up (DfnPeer *self)
{
  if (self->control < 0)
    {
      self->control = dfn_quic_open_stream (self->quic, G_MININT64);
      send_hello (self);
    }
  self->is_ready = !self->is_server || dfn_quic_get_state (self->quic) == DFN_QUIC_STATE_ACCEPTED;
  g_signal_emit (self, signals[self->is_ready ? SIGNAL_READY : SIGNAL_EARLY], 0);
}

static void
on_state_changed (DfnQuic *quic, gpointer user_data)
{
  g_autoptr (DfnPeer) self = g_object_ref (user_data);
  gint64 reason = dfn_quic_get_peer_code (quic);

  if (dfn_quic_get_state (quic) == DFN_QUIC_STATE_CLOSED)
    {
      self->error =
          reason >= 0 ? error_from_reason (reason) : g_error_copy (dfn_quic_get_error (quic));
      drop_all_streams (self);
      g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
    }
  else if (!self->is_ready)
    open_up (self);
}

static const DfnQuicHandler quic_handler = {
  .state_changed = on_state_changed,
  .stream_data = on_stream_data,
  .stream_closed = on_stream_closed,
  .datagram = on_datagram,
  .drained = on_drained,
};

/* Life */

static void
dfn_peer_dispose (GObject *object)
{
  DfnPeer *self = DFN_PEER (object);

  if (self->quic != NULL)
    {
      dfn_quic_detach (self->quic);
      dfn_quic_close (self->quic, DFN__CLOSE_REASON__LEAVING, NULL);
      drop_all_streams (self);
    }
  G_OBJECT_CLASS (dfn_peer_parent_class)->dispose (object);
}

static void
dfn_peer_finalize (GObject *object)
{
  DfnPeer *self = DFN_PEER (object);

  /* Not in dispose: a callback that this peer is in may still look at it. */
  g_clear_object (&self->quic);
  g_hash_table_unref (self->streams);
  g_queue_clear (&self->waiting);
  g_queue_clear (&self->sending);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (dfn_peer_parent_class)->finalize (object);
}

static void
dfn_peer_class_init (DfnPeerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_peer_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_peer_finalize;
  dfn_peer_install_properties (G_OBJECT_CLASS (klass));

  /**
   * DfnPeer::early:
   *
   * At the side that is the server: the peer is there, and what anybody may have can be pushed to
   * it, but it is still to prove its key; a round trip before #DfnPeer::ready.
   */
  signals[SIGNAL_EARLY] =
      g_signal_new ("early", DFN_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * DfnPeer::ready:
   *
   * The peer has proved its key, and requests may be sent. (Its Hello, and with it the question of
   * versions, may still be on the way: waiting for it would cost a round trip.)
   */
  signals[SIGNAL_READY] =
      g_signal_new ("ready", DFN_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * DfnPeer::closed:
   *
   * It is gone; dfn_peer_get_error() says why. All requests have been answered with %NULL.
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", DFN_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 0);
  /**
   * DfnPeer::have:
   * @have: (type gpointer): a #Dfn__Have with what it gives
   */
  signals[SIGNAL_HAVE] = g_signal_new ("have", DFN_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                       NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * DfnPeer::frame:
   * @frame: (type gpointer): a #Dfn__Frame, already checked, that others than this object handle:
   *   whatever is about a swarm
   */
  signals[SIGNAL_FRAME] = g_signal_new ("frame", DFN_TYPE_PEER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
dfn_peer_init (DfnPeer *self)
{
  self->control = -1;
  self->streams = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) dfn_peer_stream_free);
  g_queue_init (&self->waiting);
  g_queue_init (&self->sending);
}

DfnPeer *
dfn_peer_new (DfnLink *link,
              gboolean is_server,
              DfnQuicIdentity *identity,
              const guint8 peer_key[DFN_QUIC_KEY_SIZE])
{
  DfnPeer *self = g_object_new (DFN_TYPE_PEER, NULL);

  self->is_server = is_server;
  self->quic = dfn_quic_new (link, is_server, identity, peer_key, &quic_handler, self);
  return self;
}

/* Use */

DfnQuic *
dfn_peer_get_quic (DfnPeer *self)
{
  return self->quic;
}

const GError *
dfn_peer_get_error (DfnPeer *self)
{
  return self->error;
}

void
dfn_peer_set_provider (DfnPeer *self, DfnPeerProviderFunc func, gpointer user_data)
{
  self->provider = func;
  self->provider_data = user_data;
}

void
dfn_peer_set_activity (DfnPeer *self, DfnPeerActivityFunc func, gpointer user_data)
{
  self->activity = func;
  self->activity_data = user_data;
}

void
dfn_peer_send_have (DfnPeer *self, const Dfn__Have *have)
{
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_HAVE;
  frame.have = (Dfn__Have *) have;
  dfn_peer_send_frame (self, &frame);
}

void
dfn_peer_send_heartbeat (DfnPeer *self)
{
  dfn_random_bytes (&self->heartbeat_nonce, sizeof self->heartbeat_nonce);
  self->heartbeat_sent_us = g_get_monotonic_time ();
  send_heartbeat (self, self->heartbeat_nonce, FALSE);
}

void
dfn_peer_close (DfnPeer *self, Dfn__CloseReason reason, GError *error)
{
  dfn_quic_close (self->quic, reason, error);
}

void
dfn_peer_get_stats (DfnPeer *self, DfnPeerStats *stats)
{
  *stats = self->stats;
}
