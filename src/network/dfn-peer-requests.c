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
  g_clear_pointer (&stream->data, g_byte_array_unref);
  dfn_quic_stop_stream (self->quic, request, 0);
}

/* The stream may be gone afterwards. */
static void
finish_request (DfnPeer *self, DfnPeerStream *stream, const DfnPeerResponse *response)
{
  DfnPeerResponseFunc func = g_steal_pointer (&stream->func);

  stream->is_answered = TRUE;
  if (func != NULL)
    func (self, stream->id, response, stream->user_data);
}

static gboolean
fail_response (const char *message, GError **error)
{
  g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_PROTOCOL, message);
  return FALSE;
}

static gboolean
take_header (
    DfnPeer *self, DfnPeerStream *stream, const guint8 **data, gsize *length, GError **error)
{
  g_autoptr (Dfn__Frame) frame = NULL;
  const Dfn__ContentResponse *response;

  if (!dfn_wire_reader_take (stream->reader, data, length, &frame, error))
    return FALSE;
  if (frame == NULL)
    return TRUE;
  response = frame->content_response;
  if (frame->body_case != DFN__FRAME__BODY_CONTENT_RESPONSE
      || (response->status == DFN__CONTENT_RESPONSE__STATUS__OK
          && response->size != stream->expected_size))
    return fail_response ("The peer answered a request with something else", error);
  stream->has_header = TRUE;
  stream->status = response->status;
  stream->expected_size = response->size;
  stream->proof = g_bytes_new (response->proof.data, response->proof.len);
  return TRUE;
}

static void
take_payload (DfnPeerStream *stream, const guint8 *data, gsize length)
{
  if (length == 0)
    return;
  if (stream->data == NULL)
    {
      /* The first bytes are here, so the rest is likely to come: one allocation for all. */
      stream->data = g_byte_array_sized_new ((guint) stream->expected_size);
    }
  g_byte_array_append (stream->data, data, (guint) length);
}

static void
complete_request (DfnPeer *self, DfnPeerStream *stream)
{
  g_autoptr (GBytes) data = NULL;
  g_autoptr (GBytes) proof = g_steal_pointer (&stream->proof);
  DfnPeerResponse response = {
    .status = stream->status,
    .first_byte_us = stream->first_byte_us,
    .received_us = g_get_monotonic_time (),
  };

  if (stream->data != NULL)
    {
      data = g_byte_array_free_to_bytes (g_steal_pointer (&stream->data));
      response.data = data;
      response.proof = proof;
      self->stats.chunks_received++;
    }
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
  gint64 id = stream->id;
  gsize missing;

  if (stream->is_answered && length > 0)
    return fail_response ("The peer sent more than it had announced", error);
  if (stream->func == NULL)
    return TRUE; /* cancelled, or answered before its end was known */
  if (stream->first_byte_us == 0)
    stream->first_byte_us = g_get_monotonic_time ();
  if (!stream->has_header && !take_header (self, stream, &data, &length, error))
    return FALSE;
  if (!stream->has_header)
    return !fin || fail_response ("The peer ended its answer before its end", error);
  missing = stream->expected_size - (stream->data != NULL ? stream->data->len : 0);
  if (length > missing)
    return fail_response ("The peer sent more than it had announced", error);
  if (fin && length < missing)
    return fail_response ("The peer ended its answer before its end", error);
  take_payload (stream, data, length);
  if (self->activity != NULL)
    self->activity (self, self->activity_data);
  stream = g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));
  if (stream != NULL && stream->func != NULL && length == missing)
    complete_request (self, stream);
  return TRUE;
}

/* The peer's requests */

void
dfn_peer_take_request (DfnPeer *self, DfnPeerStream *stream, const Dfn__ContentRequest *request)
{
  memcpy (stream->content, request->content.data, sizeof stream->content);
  stream->chunk = request->chunk;
  stream->has_request = TRUE;
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
  g_autoptr (DfnPeer) alive = g_object_ref (self); /* the provider may let go of it */
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
dfn_peer_drop_stream (DfnPeer *self, gint64 id)
{
  DfnPeerStream *stream = NULL;

  if (!g_hash_table_steal_extended (self->streams, GSIZE_TO_POINTER (id), NULL,
                                    (gpointer *) &stream))
    return;
  if (stream->is_waiting)
    g_queue_remove (&self->waiting, stream);
  if (stream->is_provided)
    self->n_provided--;
  finish_request (self, stream, NULL);
  dfn_peer_stream_free (stream);
}
