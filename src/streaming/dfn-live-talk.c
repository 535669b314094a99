/* SPDX-License-Identifier: MIT */
#include "dfn-live-talk.h"

#include <string.h>

/* What a list of a LiveUpdate adds to a datagram at most, in bytes. */
#define HAVE_BYTES 26
#define REF_BYTES 16
#define UPDATE_BYTES 32
/* A peer may not listen yet when the first updates come, and datagrams have no second chance: in
 * its first time they go on the control stream, after what made it a peer. */
#define RELIABLE_US G_USEC_PER_SEC

/* The streams of one direction. */
typedef struct {
  GHashTable *by_id;     /* track and sequence: stream */
  GHashTable *by_stream; /* stream: track and sequence */
} Streams;

struct _DfnLiveTalk {
  DfnPeer *peer;
  guint8 content[DFN_LIVE_STREAM_ID_SIZE];
  const DfnLiveTalkHandler *handler;
  gpointer user_data;
  gint64 begun_us;
  gulong frame_handler;

  Streams requests; /* of ours */
  Streams asked;    /* of the peer's, not yet answered */
  Streams answers;  /* of ours to those */
  Streams pushes;   /* of ours */
  Streams coming;   /* of the peer's */

  GArray *have;  /* DfnLiveAction of type HAVE */
  GArray *other; /* the others that are told */
};

/* Streams */

static guint64
key_of (DfnChunkId id)
{
  return (guint64) id.track << 32 | id.sequence;
}

static DfnChunkId
id_of (guint64 key)
{
  return (DfnChunkId){ (guint32) (key >> 32), (guint32) key };
}

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
}

static gpointer
box (guint64 number)
{
  return g_memdup2 (&number, sizeof number);
}

static void
streams_init (Streams *streams)
{
  streams->by_id = new_table ();
  streams->by_stream = new_table ();
}

static void
streams_clear (Streams *streams)
{
  g_hash_table_unref (streams->by_id);
  g_hash_table_unref (streams->by_stream);
}

static void
streams_add (Streams *streams, DfnChunkId id, gint64 stream)
{
  g_hash_table_replace (streams->by_id, box (key_of (id)), box ((guint64) stream));
  g_hash_table_replace (streams->by_stream, box ((guint64) stream), box (key_of (id)));
}

/* Returns the stream, or -1. */
static gint64
streams_find (Streams *streams, DfnChunkId id)
{
  guint64 key = key_of (id);
  const gint64 *stream = g_hash_table_lookup (streams->by_id, &key);

  return stream != NULL ? *stream : -1;
}

/* Forgets a stream. Returns whether it was there, and which chunk's. */
static gboolean
streams_remove (Streams *streams, gint64 stream, DfnChunkId *id)
{
  const guint64 *key = g_hash_table_lookup (streams->by_stream, &stream);
  const gint64 *present;

  if (key == NULL)
    return FALSE;
  *id = id_of (*key);
  present = g_hash_table_lookup (streams->by_id, key);
  if (present != NULL && *present == stream)
    g_hash_table_remove (streams->by_id, key);
  g_hash_table_remove (streams->by_stream, &stream);
  return TRUE;
}

/* Takes the stream of @id out. Returns it, or -1. */
static gint64
streams_take (Streams *streams, DfnChunkId id)
{
  gint64 stream = streams_find (streams, id);
  DfnChunkId unused;

  if (stream >= 0)
    streams_remove (streams, stream, &unused);
  return stream;
}

static gboolean
streams_take_any (Streams *streams, gint64 *stream)
{
  GHashTableIter iter;
  gpointer key;
  DfnChunkId unused;

  g_hash_table_iter_init (&iter, streams->by_stream);
  if (!g_hash_table_iter_next (&iter, &key, NULL))
    return FALSE;
  *stream = *(gint64 *) key;
  return streams_remove (streams, *stream, &unused);
}

/* What comes */

static void
on_frame (DfnPeer *peer, const Dfn__Frame *frame, DfnLiveTalk *self)
{
  if (frame->body_case == DFN__FRAME__BODY_LIVE_UPDATE)
    self->handler->update (self, frame->live_update, self->user_data);
}

static gboolean
on_push_begin (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *message, gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnLiveHeader header;

  dfn_live_header_from_wire (message, &header);
  if (!self->handler->wants (self, &header, self->user_data))
    return FALSE;
  streams_add (&self->coming, (DfnChunkId){ header.track, header.sequence }, push);
  return TRUE;
}

static void
on_push_complete (DfnPeer *peer,
                  gint64 push,
                  const Dfn__StreamChunk *message,
                  GBytes *payload,
                  gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnLiveHeader header;
  DfnChunkId id;

  dfn_live_header_from_wire (message, &header);
  if (streams_remove (&self->coming, push, &id))
    self->handler->chunk (self, id, &header, payload, self->user_data);
}

static void
on_push_lost (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *message, gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnChunkId id;

  if (streams_remove (&self->coming, push, &id))
    self->handler->failed (self, id, DFN_LIVE_FAILURE_BROKEN, self->user_data);
}

static const DfnPeerPushHandler push_handler = {
  .begin = on_push_begin,
  .complete = on_push_complete,
  .lost = on_push_lost,
};

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnLiveHeader header;
  DfnChunkId id;

  if (!streams_remove (&self->requests, request, &id))
    return;
  if (response == NULL)
    self->handler->failed (self, id, DFN_LIVE_FAILURE_BROKEN, self->user_data);
  else if (response->status == DFN__CONTENT_RESPONSE__STATUS__BUSY)
    self->handler->failed (self, id, DFN_LIVE_FAILURE_BUSY, self->user_data);
  else if (response->data == NULL || response->live == NULL)
    self->handler->failed (self, id, DFN_LIVE_FAILURE_REFUSED, self->user_data);
  else
    {
      dfn_live_header_from_wire (response->live, &header);
      self->handler->chunk (self, id, &header, response->data, self->user_data);
    }
}

static void
on_request (DfnPeer *peer,
            gint64 request,
            const guint8 *content,
            guint32 track,
            guint32 sequence,
            gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnChunkId id = { track, sequence };

  if (memcmp (content, self->content, sizeof self->content) != 0
      || streams_find (&self->asked, id) >= 0)
    {
      dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND, NULL, NULL);
      return;
    }
  streams_add (&self->asked, id, request);
  self->handler->request (self, id, self->user_data);
}

static void
on_answered (DfnPeer *peer, gint64 request, gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnChunkId id;

  if (streams_remove (&self->answers, request, &id))
    self->handler->sent (self, id, TRUE, self->user_data);
}

static void
on_taken_back (DfnPeer *peer, gint64 request, gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnChunkId id;

  if (streams_remove (&self->answers, request, &id))
    self->handler->sent (self, id, FALSE, self->user_data);
  else if (streams_remove (&self->asked, request, &id))
    self->handler->withdrawn (self, id, self->user_data);
}

static void
on_pushed (DfnPeer *peer, gint64 push, DfnPeerPushOutcome outcome, gpointer user_data)
{
  DfnLiveTalk *self = user_data;
  DfnChunkId id;

  if (streams_remove (&self->pushes, push, &id))
    self->handler->sent (self, id, outcome == DFN_PEER_PUSH_SENT, self->user_data);
}

/* What goes out */

void
dfn_live_talk_say (DfnLiveTalk *self, const DfnLiveAction *action)
{
  g_array_append_vals (action->type == DFN_LIVE_ACTION_HAVE ? self->have : self->other, action, 1);
}

/* One LiveUpdate being put together, with its memory. */
typedef struct {
  Dfn__LiveUpdate update;
  gsize size;
  GPtrArray *lists[5]; /* have, offers, accepted, declined, cancelled */
} Draft;

static void
draft_init (Draft *draft, guint64 epoch, gint64 edge_us, guint64 uplink)
{
  dfn__live_update__init (&draft->update);
  draft->update.epoch = (guint32) (epoch & 0x7f);
  draft->update.edge_us = (guint64) MAX (edge_us, 0);
  draft->update.uplink = (guint32) MIN (uplink / 1024, G_MAXUINT32);
  draft->size = UPDATE_BYTES;
  for (guint i = 0; i < G_N_ELEMENTS (draft->lists); i++)
    draft->lists[i] = g_ptr_array_new_with_free_func (g_free);
}

/* Bit 7 of byte 0 is the first there; here it is bit 0 of the number. */
static Dfn__HaveRange *
range_from (const DfnLiveAction *action)
{
  Dfn__HaveRange *range = g_malloc0 (sizeof *range + sizeof action->have);
  guint8 *bitmap = (guint8 *) (range + 1);

  dfn__have_range__init (range);
  range->track = action->id.track;
  range->first = action->id.sequence;
  range->bitmap.data = bitmap;
  for (guint i = 0; i < 64; i++)
    if ((action->have >> i & 1) != 0)
      {
        bitmap[i / 8] |= (guint8) (0x80 >> i % 8);
        range->bitmap.len = i / 8 + 1;
      }
  return range;
}

static Dfn__ChunkRef *
ref_from (const DfnLiveAction *action)
{
  Dfn__ChunkRef *ref = g_new (Dfn__ChunkRef, 1);

  dfn__chunk_ref__init (ref);
  ref->track = action->id.track;
  ref->sequence = action->id.sequence;
  if (action->type == DFN_LIVE_ACTION_OFFER)
    ref->size = action->size;
  return ref;
}

static guint
list_of (DfnLiveActionType type)
{
  switch (type)
    {
    case DFN_LIVE_ACTION_OFFER:
      return 1;
    case DFN_LIVE_ACTION_ACCEPT:
      return 2;
    case DFN_LIVE_ACTION_DECLINE:
      return 3;
    case DFN_LIVE_ACTION_CANCEL:
    case DFN_LIVE_ACTION_ABORT:
      return 4;
    case DFN_LIVE_ACTION_HAVE:
    case DFN_LIVE_ACTION_SEND:
    case DFN_LIVE_ACTION_REFUSE:
    case DFN_LIVE_ACTION_REQUEST:
      break;
    }
  return 0;
}

static void
draft_send (Draft *draft, DfnLiveTalk *self)
{
  Dfn__Frame frame = DFN__FRAME__INIT;
  Dfn__LiveUpdate *update = &draft->update;
  gboolean is_reliable = g_get_monotonic_time () < self->begun_us + RELIABLE_US;

  update->have = (Dfn__HaveRange **) draft->lists[0]->pdata;
  update->n_have = draft->lists[0]->len;
  update->offers = (Dfn__ChunkRef **) draft->lists[1]->pdata;
  update->n_offers = draft->lists[1]->len;
  update->accepted = (Dfn__ChunkRef **) draft->lists[2]->pdata;
  update->n_accepted = draft->lists[2]->len;
  update->declined = (Dfn__ChunkRef **) draft->lists[3]->pdata;
  update->n_declined = draft->lists[3]->len;
  update->cancelled = (Dfn__ChunkRef **) draft->lists[4]->pdata;
  update->n_cancelled = draft->lists[4]->len;
  frame.body_case = DFN__FRAME__BODY_LIVE_UPDATE;
  frame.live_update = update;
  if (is_reliable || !dfn_peer_send_datagram (self->peer, &frame))
    dfn_peer_send_frame (self->peer, &frame);
  for (guint i = 0; i < G_N_ELEMENTS (draft->lists); i++)
    g_ptr_array_unref (draft->lists[i]);
}

void
dfn_live_talk_flush (DfnLiveTalk *self, guint64 epoch, gint64 edge_us, guint64 uplink)
{
  GArray *both[] = { self->have, self->other };
  Draft draft;

  if (self->have->len + self->other->len == 0)
    return;
  draft_init (&draft, epoch, edge_us, uplink);
  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    for (guint j = 0; j < both[i]->len; j++)
      {
        const DfnLiveAction *action = &g_array_index (both[i], DfnLiveAction, j);
        GPtrArray **list = &draft.lists[list_of (action->type)];
        gsize size = i == 0 ? HAVE_BYTES : REF_BYTES;

        if (draft.size + size > DFN_QUIC_MAX_DATAGRAM || (*list)->len == DFN_WIRE_MAX_REFS)
          {
            draft_send (&draft, self);
            draft_init (&draft, epoch, edge_us, uplink);
          }
        g_ptr_array_add (*list, i == 0 ? (gpointer) range_from (action) : ref_from (action));
        draft.size += size;
      }
  draft_send (&draft, self);
  g_array_set_size (self->have, 0);
  g_array_set_size (self->other, 0);
}

gboolean
dfn_live_talk_send (DfnLiveTalk *self, const DfnLiveChunk *chunk, gint64 deadline_us)
{
  DfnChunkId id = { chunk->header.track, chunk->header.sequence };
  gint64 stream = streams_take (&self->asked, id);
  Dfn__StreamChunk message;

  dfn_live_header_to_wire (&chunk->header, &message);
  if (stream >= 0)
    {
      streams_add (&self->answers, id, stream);
      if (dfn_peer_respond_live (self->peer, stream, &message, chunk->payload, deadline_us))
        return TRUE;
      streams_take (&self->answers, id);
      return FALSE;
    }
  stream = dfn_peer_push (self->peer, &message, chunk->payload, deadline_us, on_pushed, self);
  if (stream < 0)
    return FALSE;
  streams_add (&self->pushes, id, stream);
  return TRUE;
}

void
dfn_live_talk_refuse (DfnLiveTalk *self, DfnChunkId id, gboolean is_busy)
{
  gint64 stream = streams_take (&self->asked, id);

  if (stream >= 0)
    dfn_peer_respond (self->peer, stream,
                      is_busy ? DFN__CONTENT_RESPONSE__STATUS__BUSY
                              : DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND,
                      NULL, NULL);
}

gboolean
dfn_live_talk_request (DfnLiveTalk *self, DfnChunkId id)
{
  gint64 request;

  if (streams_find (&self->requests, id) >= 0)
    return TRUE;
  request =
      dfn_peer_request_live (self->peer, self->content, id.track, id.sequence, on_response, self);
  if (request < 0)
    return FALSE;
  streams_add (&self->requests, id, request);
  return TRUE;
}

gboolean
dfn_live_talk_stop_coming (DfnLiveTalk *self, DfnChunkId id)
{
  gint64 request = streams_take (&self->requests, id);
  gint64 push = streams_take (&self->coming, id);

  if (request >= 0)
    dfn_peer_cancel (self->peer, request);
  if (push >= 0)
    dfn_peer_cancel_push (self->peer, push);
  return request >= 0 || push >= 0;
}

gboolean
dfn_live_talk_stop_going (DfnLiveTalk *self, DfnChunkId id)
{
  gint64 push = streams_take (&self->pushes, id);
  gint64 answer = streams_take (&self->answers, id);

  if (push >= 0)
    dfn_peer_cancel_push (self->peer, push);
  if (answer >= 0)
    dfn_peer_cancel_push (self->peer, answer);
  return push >= 0 || answer >= 0;
}

void
dfn_live_talk_reset (DfnLiveTalk *self)
{
  gint64 stream;

  while (streams_take_any (&self->requests, &stream))
    dfn_peer_cancel (self->peer, stream);
  while (streams_take_any (&self->coming, &stream) || streams_take_any (&self->pushes, &stream)
         || streams_take_any (&self->answers, &stream))
    dfn_peer_cancel_push (self->peer, stream);
  while (streams_take_any (&self->asked, &stream))
    dfn_peer_respond (self->peer, stream, DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND, NULL, NULL);
  g_array_set_size (self->have, 0);
  g_array_set_size (self->other, 0);
}

/* Life */

DfnPeer *
dfn_live_talk_get_peer (DfnLiveTalk *self)
{
  return self->peer;
}

DfnLiveTalk *
dfn_live_talk_new (DfnPeer *peer,
                   const guint8 content[DFN_LIVE_STREAM_ID_SIZE],
                   const DfnLiveTalkHandler *handler,
                   gpointer user_data)
{
  DfnLiveTalk *self = g_new0 (DfnLiveTalk, 1);

  self->peer = g_object_ref (peer);
  memcpy (self->content, content, sizeof self->content);
  self->handler = handler;
  self->user_data = user_data;
  self->begun_us = g_get_monotonic_time ();
  streams_init (&self->requests);
  streams_init (&self->asked);
  streams_init (&self->answers);
  streams_init (&self->pushes);
  streams_init (&self->coming);
  self->have = g_array_new (FALSE, FALSE, sizeof (DfnLiveAction));
  self->other = g_array_new (FALSE, FALSE, sizeof (DfnLiveAction));
  self->frame_handler = g_signal_connect (peer, "frame", G_CALLBACK (on_frame), self);
  dfn_peer_set_push_handler (peer, &push_handler, self);
  dfn_peer_set_provider (peer, on_request, self);
  dfn_peer_set_sent (peer, on_answered, self);
  dfn_peer_set_taken_back (peer, on_taken_back, self);
  return self;
}

void
dfn_live_talk_free (DfnLiveTalk *self)
{
  g_signal_handler_disconnect (self->peer, self->frame_handler);
  dfn_peer_set_push_handler (self->peer, NULL, NULL);
  dfn_peer_set_provider (self->peer, NULL, NULL);
  dfn_peer_set_sent (self->peer, NULL, NULL);
  dfn_peer_set_taken_back (self->peer, NULL, NULL);
  dfn_live_talk_reset (self);
  streams_clear (&self->requests);
  streams_clear (&self->asked);
  streams_clear (&self->answers);
  streams_clear (&self->pushes);
  streams_clear (&self->coming);
  g_array_unref (self->have);
  g_array_unref (self->other);
  g_object_unref (self->peer);
  g_free (self);
}
