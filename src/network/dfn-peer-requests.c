/* SPDX-License-Identifier: MIT */
#include "dfn-peer-private.h"

#include <string.h>

/* One or two chunks per peer: a longer queue would decide too early what is sent next. */
#define MAX_PROVIDED 2
#define MAX_UNSENT (512 * 1024)

/* Our requests */

gint64
dfn_peer_request (DfnPeer *self,
                  const guint8 *content,
                  guint32 chunk,
                  gsize size,
                  DfnPeerResponseFunc func,
                  gpointer user_data)
{
  Dfn__ContentRequest request = DFN__CONTENT_REQUEST__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autoptr (GBytes) packed = NULL;
  DfnPeerStream *stream;
  gint64 id;

  g_return_val_if_fail (size > 0 && size <= DFN_WIRE_MAX_CHUNK, -1);

  id = dfn_quic_open_stream (self->quic, 0);
  if (id < 0)
    return -1;
  request.content.data = (guint8 *) content;
  request.content.len = DFN_WIRE_CONTENT_SIZE;
  request.chunk = chunk;
  frame.body_case = DFN__FRAME__BODY_CONTENT_REQUEST;
  frame.content_request = &request;
  packed = dfn_wire_pack_frame (&frame);
  stream = dfn_peer_add_stream (self, id);
  stream->func = func;
  stream->user_data = user_data;
  stream->expected_size = size;
  dfn_quic_send (self->quic, id, packed, TRUE);
  return id;
}

void
dfn_peer_cancel (DfnPeer *self, gint64 request)
{
  DfnPeerStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (request));

  if (stream == NULL || stream->func == NULL)
    return;
  stream->func = NULL;
  dfn_quic_stop_stream (self->quic, request, 0);
}

static void
finish_request (DfnPeer *self, DfnPeerStream *stream, const DfnPeerResponse *response)
{
  DfnPeerResponseFunc func = g_steal_pointer (&stream->func);

  if (func != NULL)
    func (self, stream->id, response, stream->user_data);
}

static gboolean
take_header (
    DfnPeer *self, DfnPeerStream *stream, const guint8 **data, gsize *length, GError **error)
{
  g_autoptr (Dfn__Frame) frame = NULL;
  DfnPeerResponse response = { 0 };

  if (!dfn_wire_reader_take (stream->reader, data, length, &frame, error))
    return FALSE;
  if (frame == NULL)
    return TRUE;
  if (frame->body_case != DFN__FRAME__BODY_CONTENT_RESPONSE
      || (frame->content_response->status == DFN__CONTENT_RESPONSE__STATUS__OK
          && frame->content_response->size != stream->expected_size))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                           "The peer answered a request with something else");
      return FALSE;
    }
  stream->has_header = TRUE;
  response.status = frame->content_response->status;
  if (response.status == DFN__CONTENT_RESPONSE__STATUS__OK)
    {
      stream->proof =
          g_bytes_new (frame->content_response->proof.data, frame->content_response->proof.len);
      return TRUE;
    }
  stream->expected_size = 0;
  finish_request (self, stream, &response);
  return TRUE;
}

static void
complete_request (DfnPeer *self, DfnPeerStream *stream)
{
  g_autoptr (GBytes) data = g_byte_array_free_to_bytes (g_steal_pointer (&stream->data));
  DfnPeerResponse response = {
    .status = DFN__CONTENT_RESPONSE__STATUS__OK,
    .data = data,
    .proof = stream->proof,
    .first_byte_us = stream->first_byte_us,
    .received_us = g_get_monotonic_time (),
  };

  self->stats.chunks_received++;
  finish_request (self, stream, &response);
}

gboolean
dfn_peer_take_response (DfnPeer *self,
                        DfnPeerStream *stream,
                        const guint8 *data,
                        gsize length,
                        gboolean fin,
                        GError **error)
{
  if (stream->func == NULL)
    return TRUE; /* cancelled, or answered without a chunk */
  if (stream->first_byte_us == 0)
    stream->first_byte_us = g_get_monotonic_time ();
  if (!stream->has_header && !take_header (self, stream, &data, &length, error))
    return FALSE;
  if (!stream->has_header || stream->func == NULL)
    return TRUE;
  if (stream->data == NULL)
    stream->data = g_byte_array_new ();
  if (length > stream->expected_size - stream->data->len)
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL,
                           "The peer sent more than it had announced");
      return FALSE;
    }
  if (stream->data->len == 0 && length > 0)
    {
      /* The first bytes are here, so the rest is likely to come: one allocation for all. */
      g_byte_array_set_size (stream->data, (guint) stream->expected_size);
      g_byte_array_set_size (stream->data, 0);
    }
  if (length > 0)
    g_byte_array_append (stream->data, data, (guint) length);
  if (self->activity != NULL)
    self->activity (self, self->activity_data);
  if (stream->func != NULL && stream->data->len == stream->expected_size)
    complete_request (self, stream);
  return TRUE;
}

/* The peer's requests */

void
dfn_peer_take_request (DfnPeer *self, DfnPeerStream *stream, const Dfn__ContentRequest *request)
{
  memcpy (stream->content, request->content.data, sizeof stream->content);
  stream->chunk = request->chunk;
  stream->is_waiting = TRUE;
  g_queue_push_tail (&self->waiting, stream);
  dfn_peer_provide (self);
}

void
dfn_peer_provide (DfnPeer *self)
{
  while (self->n_provided < MAX_PROVIDED && dfn_quic_get_unsent (self->quic) < MAX_UNSENT)
    {
      DfnPeerStream *stream = g_queue_pop_head (&self->waiting);

      if (stream == NULL)
        return;
      stream->is_waiting = FALSE;
      stream->is_provided = TRUE;
      self->n_provided++;
      if (self->provider != NULL)
        self->provider (self, stream->id, stream->content, stream->chunk, self->provider_data);
      else
        dfn_peer_respond (self, stream->id, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND, NULL, NULL);
    }
}

void
dfn_peer_respond (
    DfnPeer *self, gint64 request, Dfn__ContentResponse__Status status, GBytes *data, GBytes *proof)
{
  DfnPeerStream *stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (request));
  Dfn__ContentResponse response = DFN__CONTENT_RESPONSE__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autoptr (GBytes) packed = NULL;
  gboolean has_data = status == DFN__CONTENT_RESPONSE__STATUS__OK && data != NULL;

  if (stream == NULL || !stream->is_provided)
    return;
  stream->is_provided = FALSE;
  self->n_provided--;
  response.status = status;
  if (has_data)
    {
      response.size = (guint32) g_bytes_get_size (data);
      if (proof != NULL)
        response.proof.data = (guint8 *) g_bytes_get_data (proof, &response.proof.len);
    }
  frame.body_case = DFN__FRAME__BODY_CONTENT_RESPONSE;
  frame.content_response = &response;
  packed = dfn_wire_pack_frame (&frame);
  dfn_quic_send (self->quic, request, packed, !has_data);
  if (has_data)
    {
      dfn_quic_send (self->quic, request, data, TRUE);
      self->stats.chunks_sent++;
    }
  dfn_peer_provide (self);
}

void
dfn_peer_drop_stream (DfnPeer *self, DfnPeerStream *stream)
{
  if (stream->is_waiting)
    g_queue_remove (&self->waiting, stream);
  if (stream->is_provided)
    self->n_provided--;
  stream->is_waiting = stream->is_provided = FALSE;
  finish_request (self, stream, NULL);
  g_hash_table_remove (self->streams, GSIZE_TO_POINTER (stream->id));
}
