/* SPDX-License-Identifier: MIT */
#include "dfn-peer-private.h"

/* Chunks on their way out */

void
dfn_peer_send_chunk (DfnPeer *self, DfnPeerStream *stream, GBytes *frame, GBytes *data)
{
  dfn_quic_send (self->quic, stream->id, frame, FALSE);
  dfn_quic_send (self->quic, stream->id, data, TRUE);
  self->stats.chunks_sent++;
  self->stats.chunk_bytes_sent += g_bytes_get_size (data);
  stream->is_sending = TRUE;
  g_queue_push_tail (&self->sending, stream);
}

static void
tell_sent (DfnPeer *self, DfnPeerStream *stream)
{
  DfnPeerPushFunc func = g_steal_pointer (&stream->push_func);

  stream->is_sending = FALSE;
  g_queue_remove (&self->sending, stream);
  if (func != NULL)
    func (self, stream->id, DFN_PEER_PUSH_SENT, stream->push_data);
  else if (stream->has_request && self->sent != NULL)
    self->sent (self, stream->id, self->sent_data);
}

void
dfn_peer_notice_sent (DfnPeer *self)
{
  GList *link = self->sending.head;

  while (link != NULL)
    {
      DfnPeerStream *stream = link->data;

      link = link->next;
      if (dfn_quic_get_stream_unsent (self->quic, stream->id) > 0)
        continue;
      tell_sent (self, stream);
      /* Whoever was told may have changed the queue. */
      link = self->sending.head;
    }
}

void
dfn_peer_set_sent (DfnPeer *self, DfnPeerSentFunc func, gpointer user_data)
{
  self->sent = func;
  self->sent_data = user_data;
}

/* Our pushes */

gint64
dfn_peer_push (DfnPeer *self,
               const Dfn__StreamChunk *header,
               GBytes *payload,
               gint64 priority,
               DfnPeerPushFunc func,
               gpointer user_data)
{
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  DfnPeerStream *stream;
  gint64 id = dfn_quic_open_stream (self->quic, priority);

  if (id < 0)
    return -1;
  frame.body_case = DFN__FRAME__BODY_STREAM_CHUNK;
  frame.stream_chunk = (Dfn__StreamChunk *) header;
  packed = dfn_wire_pack_frame (&frame);
  stream = dfn_peer_add_stream (self, id);
  stream->push_func = func;
  stream->push_data = user_data;
  dfn_peer_send_chunk (self, stream, packed, payload != NULL ? payload : nothing);
  return id;
}

void
dfn_peer_cancel_push (DfnPeer *self, gint64 push)
{
  DfnPeerStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (push));

  if (stream == NULL)
    return;
  stream->push_func = NULL;
  if (stream->is_push)
    {
      stream->is_refused = TRUE;
      g_clear_pointer (&stream->data, g_bytes_unref);
      dfn_quic_stop_stream (self->quic, push, 0);
      return;
    }
  if (stream->is_sending)
    g_queue_remove (&self->sending, stream);
  stream->is_sending = FALSE;
  dfn_quic_reset_stream (self->quic, push, 0);
}

/* The peer's pushes */

void
dfn_peer_set_push_handler (DfnPeer *self, const DfnPeerPushHandler *handler, gpointer user_data)
{
  self->push_handler = handler;
  self->push_handler_data = user_data;
}

void
dfn_peer_take_push (DfnPeer *self, DfnPeerStream *stream, Dfn__Frame *frame)
{
  stream->is_push = TRUE;
  stream->live = frame->stream_chunk;
  stream->expected_size = stream->live->size;
  frame->body_case = DFN__FRAME__BODY__NOT_SET; /* the header is the stream's now */
  frame->stream_chunk = NULL;
  dfn_quic_send (self->quic, stream->id, NULL, TRUE);
  if (self->push_handler != NULL
      && self->push_handler->begin (self, stream->id, stream->live, self->push_handler_data))
    return;
  stream->is_refused = TRUE;
  dfn_quic_stop_stream (self->quic, stream->id, 0);
}

static void
complete_push (DfnPeer *self, DfnPeerStream *stream)
{
  g_autoptr (GBytes) payload = NULL;

  if (stream->data != NULL)
    payload = g_steal_pointer (&stream->data);
  else
    payload = g_bytes_new_static ("", 0);
  stream->is_answered = TRUE;
  self->stats.chunks_received++;
  self->stats.chunk_bytes_received += g_bytes_get_size (payload);
  if (self->push_handler != NULL)
    self->push_handler->complete (self, stream->id, stream->live, payload, self->push_handler_data);
}

gboolean
dfn_peer_take_push_data (DfnPeer *self,
                         DfnPeerStream *stream,
                         const guint8 *data,
                         gsize length,
                         gboolean fin,
                         GError **error)
{
  gsize missing = stream->expected_size - stream->received;

  if (stream->is_refused)
    return TRUE; /* what was under way when it was refused */
  if (stream->is_answered)
    missing = 0;
  if (length > missing || (fin && length < missing))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                           "The peer pushed a chunk of another size than it had announced");
      return FALSE;
    }
  dfn_peer_take_payload (stream, data, length);
  if (self->activity != NULL && length > 0)
    self->activity (self, stream->id, self->activity_data);
  if (!stream->is_answered && length == missing)
    complete_push (self, stream);
  return TRUE;
}

void
dfn_peer_end_push (DfnPeer *self, DfnPeerStream *stream)
{
  DfnPeerPushFunc func = g_steal_pointer (&stream->push_func);

  if (func != NULL)
    func (self, stream->id,
          dfn_quic_get_state (self->quic) == DFN_QUIC_STATE_CLOSED ? DFN_PEER_PUSH_LOST
                                                                   : DFN_PEER_PUSH_REFUSED,
          stream->push_data);
  if (stream->is_push && !stream->is_refused && !stream->is_answered && self->push_handler != NULL)
    self->push_handler->lost (self, stream->id, stream->live, self->push_handler_data);
}
