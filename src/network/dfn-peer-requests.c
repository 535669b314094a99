/* SPDX-License-Identifier: MIT */
#include "dfn-peer-private.h"

#include "dfn-buffer-pool.h"
#include "dfn-bytes.h"

#include <string.h>

/* One or two chunks per peer: a longer queue would decide too early what is sent next. */
#define MAX_PROVIDED 2
#define MAX_UNSENT (512 * 1024)
/* Whole chunks of files have powers of two, from 64 KiB on as this program makes them; and so much
 * of each size is kept for the next ones. */
#define FIRST_POOLED_BIT 16
#define LAST_POOLED_BIT 20
#define MAX_IDLE_BYTES (4 * 1024 * 1024)
/* Whoever waits for a chunk hears of it with the first bytes, and again after so many. */
#define ACTIVITY_STEP 8192

static DfnPeerStream *
find_stream (DfnPeer *self, gint64 id)
{
  return g_hash_table_lookup (self->streams, GSIZE_TO_POINTER (id));
}

/* Our requests */

static gint64
send_request (DfnPeer *self,
              const guint8 *content,
              guint32 track,
              guint32 chunk,
              DfnPeerResponseFunc func,
              gpointer user_data)
{
  Dfn__ContentRequest request = DFN__CONTENT_REQUEST__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autoptr (GBytes) packed = NULL;
  DfnPeerStream *stream;
  gint64 id = dfn_quic_open_stream (self->quic, 0);

  if (id < 0)
    return -1;
  request.content.data = (guint8 *) content;
  request.content.len = DFN_WIRE_CONTENT_SIZE;
  request.track = track;
  request.chunk = chunk;
  frame.body_case = DFN__FRAME__BODY_CONTENT_REQUEST;
  frame.content_request = &request;
  packed = dfn_wire_pack_frame (&frame);
  stream = dfn_peer_add_stream (self, id);
  stream->func = func;
  stream->user_data = user_data;
  self->stats.control_bytes_sent += g_bytes_get_size (packed);
  dfn_quic_send (self->quic, id, packed, TRUE);
  return id;
}

gint64
dfn_peer_request (DfnPeer *self,
                  const guint8 *content,
                  guint32 chunk,
                  gsize size,
                  DfnPeerResponseFunc func,
                  gpointer user_data)
{
  gint64 id;

  g_return_val_if_fail (size > 0 && size <= DFN_WIRE_MAX_CHUNK, -1);

  id = send_request (self, content, 0, chunk, func, user_data);
  if (id >= 0)
    find_stream (self, id)->expected_size = size;
  return id;
}

gint64
dfn_peer_request_live (DfnPeer *self,
                       const guint8 *content,
                       guint32 track,
                       guint32 sequence,
                       DfnPeerResponseFunc func,
                       gpointer user_data)
{
  return send_request (self, content, track, sequence, func, user_data);
}

void
dfn_peer_cancel (DfnPeer *self, gint64 request)
{
  DfnPeerStream *stream = find_stream (self, request);

  if (stream == NULL || stream->func == NULL)
    return;
  stream->func = NULL;
  g_clear_pointer (&stream->data, g_bytes_unref);
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

/* Only a live chunk, whose header comes with it, may be of any size. */
static gboolean
is_as_asked (const DfnPeerStream *stream, const Dfn__ContentResponse *response)
{
  if (stream->expected_size == 0)
    return response->live != NULL;
  return response->live == NULL && response->size == stream->expected_size;
}

static gboolean
take_header (
    DfnPeer *self, DfnPeerStream *stream, const guint8 **data, gsize *length, GError **error)
{
  g_autoptr (Dfn__Frame) frame = NULL;
  Dfn__ContentResponse *response;

  if (!dfn_wire_reader_take (stream->reader, data, length, &frame, error))
    return FALSE;
  if (frame == NULL)
    return TRUE;
  response = frame->content_response;
  if (frame->body_case != DFN__FRAME__BODY_CONTENT_RESPONSE
      || (response->status == DFN__CONTENT_RESPONSE__STATUS__OK && !is_as_asked (stream, response)))
    return fail_response ("The peer answered a request with something else", error);
  stream->has_header = TRUE;
  stream->status = response->status;
  stream->expected_size = response->size;
  stream->proof = g_bytes_new (response->proof.data, response->proof.len);
  stream->live = g_steal_pointer (&response->live);
  return TRUE;
}

/* For the chunks of files, of all peers together: they come one after the other, and most are on
 * the disk soon. */
static DfnBufferPool *
get_pool (guint bit)
{
  static gsize pools[LAST_POOLED_BIT - FIRST_POOLED_BIT + 1];
  gsize *pool = &pools[bit - FIRST_POOLED_BIT];

  if (g_once_init_enter (pool))
    g_once_init_leave (pool, (gsize) dfn_buffer_pool_new ((gsize) 1 << bit, MAX_IDLE_BYTES >> bit));
  return (DfnBufferPool *) *pool;
}

static GBytes *
new_payload (gsize size, guint8 **buffer)
{
  guint bit = g_bit_storage (size) - 1;

  if (size == (gsize) 1 << bit && bit >= FIRST_POOLED_BIT && bit <= LAST_POOLED_BIT)
    return dfn_buffer_pool_take (get_pool (bit), size, buffer);
  *buffer = g_malloc (size);
  return g_bytes_new_take (*buffer, size);
}

void
dfn_peer_take_payload (DfnPeerStream *stream, const guint8 *data, gsize length)
{
  if (length == 0)
    return;
  /* The first bytes are here, so the rest is likely to come. */
  if (stream->data == NULL)
    stream->data = new_payload (stream->expected_size, &stream->buffer);
  memcpy (stream->buffer + stream->received, data, length);
  stream->received += length;
  /* The next packet brings as much. */
  dfn_prefetch_to_write (stream->buffer + stream->received,
                         MIN (length, stream->expected_size - stream->received));
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
      data = g_steal_pointer (&stream->data);
      response.data = data;
      response.proof = proof;
      response.live = stream->live;
      self->stats.chunks_received++;
      self->stats.chunk_bytes_received += g_bytes_get_size (data);
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
  gboolean is_news;
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
  missing = stream->expected_size - stream->received;
  if (length > missing)
    return fail_response ("The peer sent more than it had announced", error);
  if (fin && length < missing)
    return fail_response ("The peer ended its answer before its end", error);
  is_news = stream->received == 0
            || stream->received / ACTIVITY_STEP != (stream->received + length) / ACTIVITY_STEP;
  dfn_peer_take_payload (stream, data, length);
  if (self->activity != NULL && is_news)
    self->activity (self, id, self->activity_data);
  stream = find_stream (self, id);
  if (stream != NULL && stream->func != NULL && length == missing)
    complete_request (self, stream);
  return TRUE;
}

/* The peer's requests */

void
dfn_peer_take_request (DfnPeer *self, DfnPeerStream *stream, const Dfn__ContentRequest *request)
{
  memcpy (stream->content, request->content.data, sizeof stream->content);
  stream->track = request->track;
  stream->chunk = request->chunk;
  stream->has_request = TRUE;
  stream->is_waiting = TRUE;
  g_queue_push_tail (&self->waiting, stream);
  dfn_peer_provide (self);
}

static gboolean
takes_another (DfnPeer *self)
{
  /* Who hears what is taken back keeps the queue itself. */
  return self->taken_back != NULL
         || (self->n_provided < MAX_PROVIDED && dfn_quic_get_unsent (self->quic) < MAX_UNSENT);
}

void
dfn_peer_provide (DfnPeer *self)
{
  while (takes_another (self))
    {
      DfnPeerStream *stream = g_queue_pop_head (&self->waiting);

      if (stream == NULL)
        return;
      stream->is_waiting = FALSE;
      stream->is_provided = TRUE;
      self->n_provided++;
      if (self->provider != NULL)
        self->provider (self, stream->id, stream->content, stream->track, stream->chunk,
                        self->provider_data);
      else
        dfn_peer_respond (self, stream->id, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND, NULL, NULL);
    }
}

static gboolean
send_response (DfnPeer *self, gint64 request, Dfn__ContentResponse *response, GBytes *data)
{
  DfnPeerStream *stream = find_stream (self, request);
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (DfnPeer) alive = g_object_ref (self); /* the provider may let go of it */

  if (stream == NULL || !stream->is_provided)
    return FALSE;
  stream->is_provided = FALSE;
  self->n_provided--;
  response->size = data != NULL ? (guint32) g_bytes_get_size (data) : 0;
  frame.body_case = DFN__FRAME__BODY_CONTENT_RESPONSE;
  frame.content_response = response;
  packed = dfn_wire_pack_frame (&frame);
  if (data != NULL)
    dfn_peer_send_chunk (self, stream, packed, data);
  else
    dfn_quic_send (self->quic, request, packed, TRUE);
  dfn_peer_provide (self);
  return TRUE;
}

void
dfn_peer_respond (
    DfnPeer *self, gint64 request, Dfn__ContentResponse__Status status, GBytes *data, GBytes *proof)
{
  Dfn__ContentResponse response = DFN__CONTENT_RESPONSE__INIT;
  gboolean has_data = status == DFN__CONTENT_RESPONSE__STATUS__OK && data != NULL;

  response.status = status;
  if (has_data && proof != NULL)
    response.proof.data = (guint8 *) g_bytes_get_data (proof, &response.proof.len);
  send_response (self, request, &response, has_data ? data : NULL);
}

gboolean
dfn_peer_respond_live (
    DfnPeer *self, gint64 request, const Dfn__StreamChunk *header, GBytes *data, gint64 priority)
{
  Dfn__ContentResponse response = DFN__CONTENT_RESPONSE__INIT;

  response.status = DFN__CONTENT_RESPONSE__STATUS__OK;
  response.live = (Dfn__StreamChunk *) header;
  dfn_quic_set_priority (self->quic, request, priority);
  return send_response (self, request, &response, data);
}

void
dfn_peer_set_taken_back (DfnPeer *self, DfnPeerTakenBackFunc func, gpointer user_data)
{
  self->taken_back = func;
  self->taken_back_data = user_data;
}

void
dfn_peer_drop_stream (DfnPeer *self, gint64 id)
{
  DfnPeerStream *stream = NULL;
  gboolean was_handed;

  if (!g_hash_table_steal_extended (self->streams, GSIZE_TO_POINTER (id), NULL,
                                    (gpointer *) &stream))
    return;
  was_handed = stream->has_request && (stream->is_provided || stream->is_sending);
  if (stream->is_waiting)
    g_queue_remove (&self->waiting, stream);
  if (stream->is_provided)
    self->n_provided--;
  if (stream->is_sending)
    g_queue_remove (&self->sending, stream);
  if (was_handed && self->taken_back != NULL)
    self->taken_back (self, id, self->taken_back_data);
  dfn_peer_end_push (self, stream);
  finish_request (self, stream, NULL);
  dfn_peer_stream_free (stream);
}
