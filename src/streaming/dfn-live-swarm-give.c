/* SPDX-License-Identifier: MIT */
#include "dfn-live-swarm-private.h"

/* What is served from the past waits for everything that is not. */
#define PAST_DEADLINE_US (60 * G_USEC_PER_SEC)
/* What is so old nobody asks for who plays the live edge: when there is no turn for it any more it
 * is of the past, though the scheduler still has it. */
#define PAST_AGE_US (4 * G_USEC_PER_SEC)

typedef struct {
  DfnLiveSwarm *swarm;
  DfnPeer *peer;
  DfnChunkId id;
} PastRequest;

static void
past_request_free (PastRequest *request)
{
  g_object_unref (request->swarm);
  g_object_unref (request->peer);
  g_free (request);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PastRequest, past_request_free)

/* Returns FALSE if it was given no such chunk of the past. */
static gboolean
end_past (DfnLiveMember *member, DfnChunkId id)
{
  for (guint i = 0; i < member->n_past; i++)
    if (id.track == 0 && member->past[i] == id.sequence)
      {
        member->past[i] = member->past[--member->n_past];
        return TRUE;
      }
  return FALSE;
}

static void
on_past_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (PastRequest) request = user_data;
  DfnLiveSwarm *self = request->swarm;
  g_autoptr (DfnLiveChunk) chunk =
      dfn_live_store_read_finish (DFN_LIVE_STORE (source), result, NULL);
  DfnLiveMember *member = g_hash_table_lookup (self->members, request->peer);
  gboolean is_sent = FALSE;

  if (member == NULL)
    return;
  if (chunk != NULL && chunk->header.epoch == self->manifest->epoch)
    is_sent = dfn_live_talk_send (member->talk, chunk, g_get_monotonic_time () + PAST_DEADLINE_US);
  if (is_sent)
    return;
  end_past (member, request->id);
  dfn_live_talk_refuse (member->talk, request->id, FALSE);
}

static void
serve_past (DfnLiveSwarm *self, DfnLiveMember *member, DfnChunkId id)
{
  PastRequest *request;

  if (self->store == NULL || id.track != 0
      || !dfn_live_store_has (self->store, id.track, id.sequence))
    {
      dfn_live_talk_refuse (member->talk, id, FALSE);
      return;
    }
  if (member->n_past == DFN_LIVE_SWARM_MAX_PAST)
    {
      dfn_live_talk_refuse (member->talk, id, TRUE);
      return;
    }
  member->past[member->n_past++] = id.sequence;
  request = g_new (PastRequest, 1);
  *request = (PastRequest){ g_object_ref (self),
                            g_object_ref (dfn_live_talk_get_peer (member->talk)), id };
  dfn_live_store_read_async (self->store, id.track, id.sequence, self->epoch_cancellable,
                             on_past_read, request);
}

void
dfn_live_swarm_take_request (DfnLiveTalk *talk, DfnChunkId id, gpointer user_data)
{
  DfnLiveSwarm *self = user_data;
  DfnLiveMember *member = dfn_live_swarm_find_member (self, talk);

  if (self->scheduler != NULL && dfn_live_scheduler_has (self->scheduler, id))
    dfn_live_scheduler_take_request (self->scheduler, g_get_monotonic_time (), member->id, id);
  else
    serve_past (self, member, id);
  dfn_live_swarm_wake (self);
}

void
dfn_live_swarm_take_sent (DfnLiveTalk *talk, DfnChunkId id, gboolean has_left, gpointer user_data)
{
  DfnLiveSwarm *self = user_data;
  DfnLiveMember *member = dfn_live_swarm_find_member (self, talk);
  g_autoptr (DfnPeer) peer = g_object_ref (dfn_live_talk_get_peer (talk));
  g_autoptr (DfnLiveChunk) chunk = dfn_live_store_lookup (self->store, id.track, id.sequence);

  if (!end_past (member, id))
    dfn_live_scheduler_sent (self->scheduler, g_get_monotonic_time (), member->id, id);
  dfn_live_swarm_wake (self);
  if (!has_left || chunk == NULL)
    return;
  self->stats.chunks_sent++;
  self->stats.bytes_sent += chunk->header.size;
  g_signal_emit (self, dfn_live_swarm_signals[DFN_LIVE_SWARM_SIGNAL_TOOK], 0, peer,
                 chunk->header.size);
}

void
dfn_live_swarm_take_withdrawal (DfnLiveTalk *talk, DfnChunkId id, gpointer user_data)
{
  DfnLiveSwarm *self = user_data;

  dfn_live_scheduler_take_cancel (self->scheduler, g_get_monotonic_time (),
                                  dfn_live_swarm_find_member (self, talk)->id, id);
  dfn_live_swarm_wake (self);
}

/* Newcomers */

#define WELCOME_KEY "dfn-live-welcome"

/* What a peer was given before it was a member. */
typedef struct {
  guint64 epoch;
  guint32 sequence;
} Welcome;

static void
on_welcome_sent (DfnPeer *peer, gint64 push, DfnPeerPushOutcome outcome, gpointer user_data)
{
  g_autoptr (DfnLiveSwarm) self = user_data;

  if (outcome == DFN_PEER_PUSH_SENT)
    self->stats.chunks_sent++;
}

void
dfn_live_swarm_welcome (DfnLiveSwarm *self, DfnPeer *peer)
{
  g_autoptr (DfnLiveChunk) chunk = NULL;
  Dfn__StreamChunk message;
  Welcome *welcome;

  if (self->store != NULL && self->has_join)
    chunk = dfn_live_store_lookup (self->store, 0, self->join_sequence);
  if (chunk == NULL)
    return;
  dfn_live_header_to_wire (&chunk->header, &message);
  if (dfn_peer_push (peer, &message, chunk->payload, g_get_monotonic_time (), on_welcome_sent,
                     g_object_ref (self))
      < 0)
    {
      g_object_unref (self);
      return;
    }
  self->stats.bytes_sent += chunk->header.size;
  welcome = g_new (Welcome, 1);
  *welcome = (Welcome){ chunk->header.epoch, chunk->header.sequence };
  g_object_set_data_full (G_OBJECT (peer), WELCOME_KEY, welcome, g_free);
}

void
dfn_live_swarm_note_welcome (DfnLiveSwarm *self, DfnLiveMember *member)
{
  const Welcome *welcome =
      g_object_get_data (G_OBJECT (dfn_live_talk_get_peer (member->talk)), WELCOME_KEY);

  if (welcome != NULL && self->scheduler != NULL && welcome->epoch == self->manifest->epoch)
    dfn_live_scheduler_take_have (self->scheduler, g_get_monotonic_time (), member->id,
                                  (DfnChunkId){ 0, welcome->sequence }, 1);
}

static DfnLiveMember *
find_member_by_id (DfnLiveSwarm *self, guint64 id)
{
  GHashTableIter iter;
  gpointer member;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member))
    if (((DfnLiveMember *) member)->id == id)
      return member;
  return NULL;
}

/* Doing what the scheduler says */

static void
refuse (DfnLiveSwarm *self, DfnLiveMember *member, DfnChunkId id)
{
  g_autoptr (DfnLiveChunk) chunk = dfn_live_store_lookup (self->store, id.track, id.sequence);

  if (chunk != NULL && self->edge_us - chunk->header.captured_us > PAST_AGE_US)
    serve_past (self, member, id);
  else
    dfn_live_talk_refuse (member->talk, id, TRUE);
}

static void
send_chunk (DfnLiveSwarm *self, gint64 now_us, DfnLiveMember *member, const DfnLiveAction *action)
{
  g_autoptr (DfnLiveChunk) chunk =
      dfn_live_store_lookup (self->store, action->id.track, action->id.sequence);

  if (chunk != NULL && dfn_live_talk_send (member->talk, chunk, action->deadline_us))
    return;
  dfn_live_talk_refuse (member->talk, action->id, TRUE);
  dfn_live_scheduler_sent (self->scheduler, now_us, member->id, action->id);
}

void
dfn_live_swarm_perform (DfnLiveSwarm *self, gint64 now_us, const DfnLiveAction *action)
{
  DfnLiveMember *member = find_member_by_id (self, action->peer);

  if (member == NULL)
    return;
  switch (action->type)
    {
    case DFN_LIVE_ACTION_HAVE:
    case DFN_LIVE_ACTION_OFFER:
    case DFN_LIVE_ACTION_ACCEPT:
    case DFN_LIVE_ACTION_DECLINE:
      dfn_live_talk_say (member->talk, action);
      break;
    case DFN_LIVE_ACTION_CANCEL:
      dfn_live_requests_ended (self->requests, now_us, member->id, action->id,
                               DFN_PEER_OUTCOME_CANCELLED);
      dfn_live_talk_stop_coming (member->talk, action->id);
      dfn_live_talk_say (member->talk, action);
      break;
    case DFN_LIVE_ACTION_ABORT:
      if (!dfn_live_talk_stop_going (member->talk, action->id))
        dfn_live_talk_say (member->talk, action);
      break;
    case DFN_LIVE_ACTION_SEND:
      send_chunk (self, now_us, member, action);
      break;
    case DFN_LIVE_ACTION_REFUSE:
      refuse (self, member, action->id);
      break;
    case DFN_LIVE_ACTION_REQUEST:
      if (dfn_live_talk_request (member->talk, action->id))
        dfn_live_requests_asked (self->requests, now_us, member->id,
                                 dfn_live_talk_get_peer (member->talk), action->id,
                                 DFN_LIVE_SWARM_CHUNK_SIZE, G_MAXINT64);
      else
        dfn_live_scheduler_failed (self->scheduler, now_us, member->id, action->id,
                                   DFN_LIVE_FAILURE_REFUSED);
      break;
    }
}
