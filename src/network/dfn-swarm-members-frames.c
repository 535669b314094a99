/* SPDX-License-Identifier: MIT */
#include "dfn-swarm-members-private.h"

#include "dfn-bytes.h"
#include "dfn-signal-queue.h"

#include <string.h>

/* A neighbour that carries a signal gets this long, then the relays get it, too. */
#define FALL_BACK_US (1 * G_USEC_PER_SEC)
#define MAX_FALLBACKS 32
/* How long an answer goes back by the neighbour that brought the question. */
#define WAY_US (15 * G_USEC_PER_SEC)
#define MAX_WAYS 64

/* Records */

void
dfn_swarm_members_learn (DfnSwarmMembers *self,
                         const guint8 *teller,
                         Dfn__MemberRecord **records,
                         gsize n,
                         gsize n_neighbours)
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

  for (gsize i = 0; i < n; i++)
    {
      DfnMemberRecord record;
      gboolean is_self;

      dfn_wire_to_record (records[i], &record);
      is_self = memcmp (record.key, teller, sizeof record.key) == 0;
      /* A signature that was checked before is not checked again. */
      if (!dfn_membership_knows (self->membership, record.key, record.expires_s)
          && !dfn_member_record_verify (&record, self->content, now_s))
        continue;
      dfn_membership_learn (self->membership, &record, is_self ? NULL : teller, i < n_neighbours,
                            now_s);
    }
}

/* What is said */

typedef struct {
  DfnMemberRecord records[DFN_SWARM_MEMBERS_TOLD + 1];
  Dfn__MemberRecord messages[DFN_SWARM_MEMBERS_TOLD + 1];
  Dfn__MemberRecord *list[DFN_SWARM_MEMBERS_TOLD + 1];
  guint n;
  guint n_neighbours;
} Told;

/* Ourselves first, then neighbours, then others. */
static void
collect (DfnSwarmMembers *self, DfnSwarmMember *member, gboolean with_self, Told *told)
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  guint n_self = with_self ? 1 : 0;

  if (with_self)
    told->records[0] = *dfn_swarm_members_get_record (self);
  told->n = n_self
            + dfn_membership_list (self->membership, member->key, now_s, told->records + n_self,
                                   DFN_SWARM_MEMBERS_TOLD - n_self, &told->n_neighbours);
  told->n_neighbours += n_self;
  dfn_wire_from_records (told->records, told->n, told->messages, told->list);
}

void
dfn_swarm_members_send_join (DfnSwarmMembers *self, DfnSwarmMember *member)
{
  Dfn__JoinBroadcast join = DFN__JOIN_BROADCAST__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  Dfn__MemberRecord message;
  Dfn__MemberRecord *list;

  join.content.data = self->content;
  join.content.len = sizeof self->content;
  join.self = dfn_wire_from_records (dfn_swarm_members_get_record (self), 1, &message, &list)[0];
  frame.body_case = DFN__FRAME__BODY_JOIN_BROADCAST;
  frame.join_broadcast = &join;
  dfn_peer_send_frame (member->peer, &frame);
}

static void
send_join_response (DfnSwarmMembers *self, DfnSwarmMember *member, gboolean is_ours)
{
  Dfn__JoinResponse response = DFN__JOIN_RESPONSE__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  Dfn__MemberRecord message;
  Dfn__MemberRecord *list;
  Told told = { 0 };

  response.content.data = self->content;
  response.content.len = sizeof self->content;
  response.self =
      dfn_wire_from_records (dfn_swarm_members_get_record (self), 1, &message, &list)[0];
  response.status =
      is_ours ? DFN__JOIN_RESPONSE__STATUS__ACCEPTED : DFN__JOIN_RESPONSE__STATUS__NOT_FOUND;
  if (is_ours)
    {
      collect (self, member, FALSE, &told);
      response.members = told.list;
      response.n_members = told.n;
      response.n_neighbours = told.n_neighbours;
    }
  frame.body_case = DFN__FRAME__BODY_JOIN_RESPONSE;
  frame.join_response = &response;
  dfn_peer_send_frame (member->peer, &frame);
}

void
dfn_swarm_members_send_peers (DfnSwarmMembers *self, DfnSwarmMember *member)
{
  Dfn__PeerAnnouncement peers = DFN__PEER_ANNOUNCEMENT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  Told told = { 0 };

  collect (self, member, TRUE, &told);
  peers.content.data = self->content;
  peers.content.len = sizeof self->content;
  peers.members = told.list;
  peers.n_members = told.n;
  peers.n_neighbours = told.n_neighbours;
  frame.body_case = DFN__FRAME__BODY_PEER_ANNOUNCEMENT;
  frame.peer_announcement = &peers;
  dfn_peer_send_frame (member->peer, &frame);
}

void
dfn_swarm_members_send_announcement (DfnSwarmMembers *self, DfnSwarmMember *member)
{
  Dfn__BroadcastAnnouncement announcement = DFN__BROADCAST_ANNOUNCEMENT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  if (self->announcement == NULL
      || strlen (dfn_nostr_event_to_json (self->announcement)) > DFN_WIRE_MAX_EVENT)
    return;
  announcement.event = (char *) dfn_nostr_event_to_json (self->announcement);
  frame.body_case = DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT;
  frame.broadcast_announcement = &announcement;
  dfn_peer_send_frame (member->peer, &frame);
}

/* What is heard */

/* Returns whether the member may say another such thing now. */
static gboolean
allow (DfnSwarmMembers *self, DfnSwarmMember *member, DfnTokenBucket *bucket)
{
  gint64 now_us = g_get_monotonic_time ();

  if (dfn_token_bucket_take (bucket, 1, now_us))
    return TRUE;
  self->stats.frames_refused++;
  dfn_peer_score_fault (&member->score, now_us, DFN_PEER_FAULT_EXCESS);
  return FALSE;
}

static gboolean
is_our_content (DfnSwarmMembers *self, const ProtobufCBinaryData *content)
{
  return memcmp (content->data, self->content, sizeof self->content) == 0;
}

static void
take_join (DfnSwarmMembers *self, DfnSwarmMember *member, const Dfn__JoinBroadcast *join)
{
  gboolean is_ours = is_our_content (self, &join->content);

  if (member->has_joined && !allow (self, member, &member->announcements))
    return;
  member->has_joined = TRUE;
  if (is_ours)
    dfn_swarm_members_learn (self, member->key, (Dfn__MemberRecord **) &join->self, 1, 0);
  send_join_response (self, member, is_ours);
  if (is_ours)
    dfn_swarm_members_send_announcement (self, member);
}

static void
take_join_response (DfnSwarmMembers *self,
                    DfnSwarmMember *member,
                    const Dfn__JoinResponse *response)
{
  if (!is_our_content (self, &response->content) || !allow (self, member, &member->announcements))
    return;
  if (response->self != NULL)
    dfn_swarm_members_learn (self, member->key, (Dfn__MemberRecord **) &response->self, 1, 0);
  dfn_swarm_members_learn (self, member->key, response->members, response->n_members,
                           response->n_neighbours);
  /* Now that each knows the other is a member: whom we know, and what it is about. */
  dfn_swarm_members_send_peers (self, member);
  dfn_swarm_members_send_announcement (self, member);
}

static void
take_peers (DfnSwarmMembers *self, DfnSwarmMember *member, const Dfn__PeerAnnouncement *peers)
{
  if (is_our_content (self, &peers->content) && allow (self, member, &member->announcements))
    dfn_swarm_members_learn (self, member->key, peers->members, peers->n_members,
                             peers->n_neighbours);
}

static void
take_announcement (DfnSwarmMembers *self,
                   DfnSwarmMember *member,
                   const Dfn__BroadcastAnnouncement *announcement)
{
  g_autoptr (DfnNostrEvent) event = NULL;

  /* What is known already is no reason to look closer. */
  if ((self->announcement != NULL
       && strcmp (announcement->event, dfn_nostr_event_to_json (self->announcement)) == 0)
      || !allow (self, member, &member->announcements))
    return;
  event = dfn_nostr_event_from_json (announcement->event, -1, NULL);
  if (event != NULL)
    g_signal_emit_by_name (self, "announcement", event);
}

/* Signals through neighbours */

static void
remember_way (DfnSwarmMembers *self, const char *pubkey, DfnSwarmMember *via)
{
  DfnSwarmWay *way = g_new0 (DfnSwarmWay, 1);

  for (guint i = self->ways->len; i > 0; i--)
    if (strcmp (((DfnSwarmWay *) self->ways->pdata[i - 1])->pubkey, pubkey) == 0)
      g_ptr_array_remove_index (self->ways, i - 1);
  if (self->ways->len >= MAX_WAYS)
    g_ptr_array_remove_index (self->ways, 0);
  way->pubkey = g_strdup (pubkey);
  memcpy (way->via, via->key, sizeof way->via);
  way->until_us = g_get_monotonic_time () + WAY_US;
  g_ptr_array_add (self->ways, way);
}

static void
forward (DfnSwarmMembers *self, DfnSwarmMember *member, Dfn__ForwardedSignal *signal)
{
  DfnSwarmMember *target = dfn_swarm_members_find (self, signal->to.data);
  Dfn__Frame frame = DFN__FRAME__INIT;

  /* Only a neighbour's own signals, only to neighbours: nothing goes in circles. */
  if (target == NULL || target == member
      || memcmp (signal->from.data, member->key, sizeof member->key) != 0)
    return;
  frame.body_case = DFN__FRAME__BODY_FORWARDED_SIGNAL;
  frame.forwarded_signal = signal;
  dfn_peer_send_frame (target->peer, &frame);
  self->stats.signals_forwarded++;
}

static void
take_signal (DfnSwarmMembers *self, DfnSwarmMember *member, Dfn__ForwardedSignal *signal)
{
  const DfnMemberRecord *own = dfn_swarm_members_get_record (self);
  g_autofree char *from = NULL;

  if (!allow (self, member, &member->forwards))
    return;
  if (memcmp (signal->to.data, own->key, sizeof own->key) != 0)
    {
      forward (self, member, signal);
      return;
    }
  from = dfn_hex_encode (signal->from.data, signal->from.len);
  remember_way (self, from, member);
  dfn_signaling_take_payload (self->signaling, from, signal->payload);
}

static void
on_frame (DfnPeer *peer, Dfn__Frame *frame, DfnSwarmMembers *self)
{
  g_autoptr (DfnSwarmMembers) alive = g_object_ref (self);
  DfnSwarmMember *member = NULL;

  for (guint i = 0; i < self->members->len && member == NULL; i++)
    if (((DfnSwarmMember *) self->members->pdata[i])->peer == peer)
      member = self->members->pdata[i];
  if (member == NULL)
    return;
  switch (frame->body_case)
    {
    case DFN__FRAME__BODY_JOIN_BROADCAST:
      take_join (self, member, frame->join_broadcast);
      break;
    case DFN__FRAME__BODY_JOIN_RESPONSE:
      take_join_response (self, member, frame->join_response);
      break;
    case DFN__FRAME__BODY_PEER_ANNOUNCEMENT:
      take_peers (self, member, frame->peer_announcement);
      break;
    case DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT:
      take_announcement (self, member, frame->broadcast_announcement);
      break;
    case DFN__FRAME__BODY_FORWARDED_SIGNAL:
      take_signal (self, member, frame->forwarded_signal);
      break;
    case DFN__FRAME__BODY_HELLO:
    case DFN__FRAME__BODY_HAVE:
    case DFN__FRAME__BODY_HEARTBEAT:
    case DFN__FRAME__BODY_CONTENT_REQUEST:
    case DFN__FRAME__BODY_CONTENT_RESPONSE:
    case DFN__FRAME__BODY_LIVE_UPDATE:
    case DFN__FRAME__BODY_STREAM_CHUNK:
    case DFN__FRAME__BODY__NOT_SET:
    case _DFN__FRAME__BODY__CASE_IS_INT_SIZE:
      return; /* others' business */
    }
  dfn_swarm_members_run (self);
}

void
dfn_swarm_members_listen_to (DfnSwarmMembers *self, DfnSwarmMember *member)
{
  g_signal_connect (member->peer, "frame", G_CALLBACK (on_frame), self);
}

static DfnSwarmMember *
find_way (DfnSwarmMembers *self, const char *to)
{
  gint64 now_us = g_get_monotonic_time ();
  guint8 key[DFN_MEMBER_KEY_SIZE];
  guint8 via[DFN_MEMBER_KEY_SIZE];

  for (guint i = 0; i < self->ways->len; i++)
    {
      const DfnSwarmWay *way = self->ways->pdata[i];

      if (way->until_us > now_us && strcmp (way->pubkey, to) == 0)
        return dfn_swarm_members_find (self, way->via);
    }
  if (!dfn_hex_decode (to, key, sizeof key)
      || !dfn_membership_find_route (self->membership, key, via))
    return NULL;
  return dfn_swarm_members_find (self, via);
}

gboolean
dfn_swarm_members_route (const char *to, const char *payload, guint urgency, gpointer user_data)
{
  DfnSwarmMembers *self = user_data;
  DfnSwarmMember *via = self->is_started ? find_way (self, to) : NULL;
  Dfn__ForwardedSignal signal = DFN__FORWARDED_SIGNAL__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  DfnSwarmFallback *fallback;
  guint8 key[DFN_MEMBER_KEY_SIZE];

  /* After a change of address nothing reaches anybody yet, so the relays are the quicker way. */
  if (via == NULL || !dfn_hex_decode (to, key, sizeof key)
      || dfn_peer_manager_is_moving (self->manager, via->peer))
    return FALSE;
  signal.to.data = key;
  signal.to.len = sizeof key;
  signal.from.data = (guint8 *) dfn_swarm_members_get_record (self)->key;
  signal.from.len = DFN_MEMBER_KEY_SIZE;
  signal.payload = (char *) payload;
  frame.body_case = DFN__FRAME__BODY_FORWARDED_SIGNAL;
  frame.forwarded_signal = &signal;
  dfn_peer_send_frame (via->peer, &frame);
  self->stats.neighbour_signals_sent++;
  if (urgency == DFN_SIGNAL_REFUSAL)
    return TRUE; /* not worth a second way */
  if (self->fallbacks->len >= MAX_FALLBACKS)
    g_ptr_array_remove_index (self->fallbacks, 0);
  fallback = g_new (DfnSwarmFallback, 1);
  fallback->to = g_strdup (to);
  fallback->payload = g_strdup (payload);
  fallback->urgency = urgency;
  fallback->due_us = g_get_monotonic_time () + FALL_BACK_US;
  fallback->was_linked = dfn_swarm_members_find (self, key) != NULL;
  g_ptr_array_add (self->fallbacks, fallback);
  g_source_set_ready_time (self->timer, 0);
  return TRUE;
}

gint64
dfn_swarm_members_fall_back (DfnSwarmMembers *self, gint64 now_us)
{
  gint64 wakeup_us = G_MAXINT64;

  for (guint i = self->fallbacks->len; i > 0; i--)
    {
      const DfnSwarmFallback *fallback = self->fallbacks->pdata[i - 1];
      guint8 key[DFN_MEMBER_KEY_SIZE];

      if (fallback->due_us > now_us)
        {
          wakeup_us = MIN (wakeup_us, fallback->due_us);
          continue;
        }
      /* Who is linked since then needs it no more. */
      if (dfn_hex_decode (fallback->to, key, sizeof key)
          && (fallback->was_linked || dfn_swarm_members_find (self, key) == NULL))
        dfn_signaling_publish (self->signaling, fallback->to, fallback->payload, fallback->urgency);
      g_ptr_array_remove_index (self->fallbacks, i - 1);
    }
  return wakeup_us;
}
