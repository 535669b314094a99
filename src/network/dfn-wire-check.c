/* SPDX-License-Identifier: MIT */
#include "dfn-wire-check.h"

#include <string.h>

#define MAX_AGENT 64
#define MAX_BITMAP 32768
#define MAX_CHUNKS (1u << 25)
#define MAX_PROOF (25 * 32)
#define MIN_UFRAG 4
#define MIN_PASSWORD 22
#define MAX_CREDENTIAL 256
#define MAX_PAYLOAD 40000
#define MAX_RANGE 256
#define LIVE_FLAGS 7
#define FLAG_LAST 2

static gboolean
has_size (const ProtobufCBinaryData *bytes, gsize size)
{
  return bytes->len == size;
}

static gboolean
is_between (const char *text, gsize least, gsize most)
{
  gsize length = strnlen (text, most + 1);

  return length >= least && length <= most;
}

/* RFC 8839's ice-char; also keeps libnice's parsers from anything strange. */
static gboolean
is_ice_text (const char *text, gsize least, gsize most)
{
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '+' && *c != '/')
      return FALSE;
  return is_between (text, least, most);
}

static gboolean
check_have (const Dfn__Have *have)
{
  return has_size (&have->content, DFN_WIRE_CONTENT_SIZE) && have->bitmap.len <= MAX_BITMAP
         && have->first_chunk % 8 == 0 && have->first_chunk < MAX_CHUNKS;
}

static gboolean
check_request (const Dfn__ContentRequest *request)
{
  return has_size (&request->content, DFN_WIRE_CONTENT_SIZE)
         && request->track < DFN_WIRE_MAX_TRACKS;
}

static gboolean
check_chunk (const Dfn__StreamChunk *chunk)
{
  gboolean is_last = (chunk->flags & FLAG_LAST) != 0;

  return chunk->track < DFN_WIRE_MAX_TRACKS && chunk->flags <= LIVE_FLAGS
         && chunk->size <= DFN_WIRE_MAX_LIVE_CHUNK && (chunk->size > 0 || is_last)
         && chunk->preamble <= chunk->size && chunk->presented_us >= 0
         && chunk->captured_us <= G_MAXINT64 && has_size (&chunk->hash, 32)
         && has_size (&chunk->signature, DFN_WIRE_SIGNATURE_SIZE);
}

static gboolean
check_response (const Dfn__ContentResponse *response)
{
  if (response->status != DFN__CONTENT_RESPONSE__STATUS__OK)
    return response->size == 0 && response->proof.len == 0 && response->live == NULL;
  if (response->live != NULL)
    return response->proof.len == 0 && response->size > 0 && response->size == response->live->size
           && check_chunk (response->live);
  return response->size > 0 && response->size <= DFN_WIRE_MAX_CHUNK
         && response->proof.len <= MAX_PROOF && response->proof.len % 32 == 0;
}

static gboolean
check_member (const Dfn__MemberRecord *member)
{
  return member != NULL && has_size (&member->key, DFN_WIRE_KEY_SIZE)
         && has_size (&member->signature, DFN_WIRE_SIGNATURE_SIZE) && member->expires <= G_MAXINT64;
}

static gboolean
check_members (Dfn__MemberRecord **members, gsize n)
{
  if (n > DFN_WIRE_MAX_MEMBERS)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!check_member (members[i]))
      return FALSE;
  return TRUE;
}

static gboolean
check_join (const Dfn__JoinBroadcast *join)
{
  return has_size (&join->content, DFN_WIRE_CONTENT_SIZE) && check_member (join->self)
         && join->uplink <= G_MAXINT64;
}

static gboolean
check_join_response (const Dfn__JoinResponse *response)
{
  return has_size (&response->content, DFN_WIRE_CONTENT_SIZE)
         && (response->self == NULL || check_member (response->self))
         && check_members (response->members, response->n_members)
         && response->n_neighbours <= response->n_members && response->uplink <= G_MAXINT64;
}

static gboolean
check_peers (const Dfn__PeerAnnouncement *peers)
{
  return has_size (&peers->content, DFN_WIRE_CONTENT_SIZE)
         && check_members (peers->members, peers->n_members)
         && peers->n_neighbours <= peers->n_members;
}

static gboolean
check_forwarded (const Dfn__ForwardedSignal *forwarded)
{
  return has_size (&forwarded->to, DFN_WIRE_KEY_SIZE)
         && has_size (&forwarded->from, DFN_WIRE_KEY_SIZE)
         && is_between (forwarded->payload, 1, MAX_PAYLOAD);
}

static gboolean
check_refs (Dfn__ChunkRef **refs, gsize n)
{
  if (n > DFN_WIRE_MAX_REFS)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (refs[i]->track >= DFN_WIRE_MAX_TRACKS || refs[i]->size > DFN_WIRE_MAX_LIVE_CHUNK)
      return FALSE;
  return TRUE;
}

static gboolean
check_update (const Dfn__LiveUpdate *update)
{
  if (update->n_have > DFN_WIRE_MAX_REFS || update->edge_us > G_MAXINT64)
    return FALSE;
  for (gsize i = 0; i < update->n_have; i++)
    if (update->have[i]->track >= DFN_WIRE_MAX_TRACKS || update->have[i]->bitmap.len > MAX_RANGE)
      return FALSE;
  return check_refs (update->offers, update->n_offers)
         && check_refs (update->accepted, update->n_accepted)
         && check_refs (update->declined, update->n_declined)
         && check_refs (update->cancelled, update->n_cancelled);
}

gboolean
dfn_wire_check_frame (const Dfn__Frame *frame)
{
  switch (frame->body_case)
    {
    case DFN__FRAME__BODY_HELLO:
      return is_between (frame->hello->agent, 0, MAX_AGENT);
    case DFN__FRAME__BODY_HAVE:
      return check_have (frame->have);
    case DFN__FRAME__BODY_CONTENT_REQUEST:
      return check_request (frame->content_request);
    case DFN__FRAME__BODY_CONTENT_RESPONSE:
      return check_response (frame->content_response);
    case DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT:
      return is_between (frame->broadcast_announcement->event, 1, DFN_WIRE_MAX_EVENT);
    case DFN__FRAME__BODY_JOIN_BROADCAST:
      return check_join (frame->join_broadcast);
    case DFN__FRAME__BODY_JOIN_RESPONSE:
      return check_join_response (frame->join_response);
    case DFN__FRAME__BODY_PEER_ANNOUNCEMENT:
      return check_peers (frame->peer_announcement);
    case DFN__FRAME__BODY_FORWARDED_SIGNAL:
      return check_forwarded (frame->forwarded_signal);
    case DFN__FRAME__BODY_LIVE_UPDATE:
      return check_update (frame->live_update);
    case DFN__FRAME__BODY_STREAM_CHUNK:
      return check_chunk (frame->stream_chunk);
    case DFN__FRAME__BODY_HEARTBEAT:
    case DFN__FRAME__BODY__NOT_SET:
    case _DFN__FRAME__BODY__CASE_IS_INT_SIZE:
      return TRUE;
    }
  return TRUE; /* one from the future */
}

static gboolean
check_candidates (Dfn__Candidate **candidates, gsize n)
{
  if (n > DFN_CANDIDATE_MAX)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if ((candidates[i]->address.len != 4 && candidates[i]->address.len != 16)
        || candidates[i]->port == 0 || candidates[i]->port > G_MAXUINT16
        || candidates[i]->type < DFN__CANDIDATE__TYPE__HOST
        || candidates[i]->type > DFN__CANDIDATE__TYPE__RELAYED
        || !is_ice_text (candidates[i]->foundation, 1, DFN_CANDIDATE_FOUNDATION_MAX))
      return FALSE;
  return TRUE;
}

static gboolean
check_transport (const Dfn__Transport *transport)
{
  return transport != NULL && has_size (&transport->key, DFN_WIRE_KEY_SIZE)
         && is_ice_text (transport->ufrag, MIN_UFRAG, MAX_CREDENTIAL)
         && is_ice_text (transport->password, MIN_PASSWORD, MAX_CREDENTIAL)
         && check_candidates (transport->candidates, transport->n_candidates);
}

gboolean
dfn_wire_check_signal (const Dfn__Signal *signal)
{
  if (!has_size (&signal->session, DFN_WIRE_SESSION_SIZE))
    return FALSE;
  switch (signal->body_case)
    {
    case DFN__SIGNAL__BODY_OFFER:
      return has_size (&signal->offer->content, DFN_WIRE_CONTENT_SIZE)
             && check_transport (signal->offer->transport);
    case DFN__SIGNAL__BODY_ANSWER:
      return check_transport (signal->answer->transport);
    case DFN__SIGNAL__BODY_UPDATE:
      return check_candidates (signal->update->candidates, signal->update->n_candidates);
    case DFN__SIGNAL__BODY_RESTART:
      return check_transport (signal->restart->transport) && signal->restart->number > 0
             && signal->restart->number <= DFN_WIRE_MAX_RESTARTS;
    case DFN__SIGNAL__BODY_REFUSAL:
      return check_members (signal->refusal->members, signal->refusal->n_members);
    case DFN__SIGNAL__BODY__NOT_SET:
    case _DFN__SIGNAL__BODY__CASE_IS_INT_SIZE:
      return TRUE;
    }
  return TRUE;
}
