/* SPDX-License-Identifier: MIT */
#include "dfn-wire.h"

#include <string.h>

static guint8 zeros[1 << 17];

/* Packs and reads back; returns whether its limits were kept. */
static gboolean
passes (Dfn__Frame__BodyCase body_case, gpointer message)
{
  Dfn__Frame frame = DFN__FRAME__INIT;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Frame) copy = NULL;
  gsize length;
  const guint8 *data;

  frame.body_case = body_case;
  frame.hello = message; /* a union of pointers */
  packed = dfn_wire_pack_frame (&frame);
  data = g_bytes_get_data (packed, &length);
  copy = dfn_wire_unpack_frame (data + 4, length - 4, &error);
  if (copy == NULL)
    g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
  else
    g_assert_cmpint (copy->body_case, ==, body_case);
  return copy != NULL;
}

static Dfn__MemberRecord
make_member (void)
{
  Dfn__MemberRecord member = DFN__MEMBER_RECORD__INIT;

  member.key = (ProtobufCBinaryData){ 32, zeros };
  member.signature = (ProtobufCBinaryData){ 64, zeros };
  return member;
}

static Dfn__StreamChunk
make_chunk (void)
{
  Dfn__StreamChunk chunk = DFN__STREAM_CHUNK__INIT;

  chunk.size = 1;
  chunk.hash = (ProtobufCBinaryData){ 32, zeros };
  chunk.signature = (ProtobufCBinaryData){ 64, zeros };
  return chunk;
}

static void
test_announcement (void)
{
  Dfn__BroadcastAnnouncement announcement = DFN__BROADCAST_ANNOUNCEMENT__INIT;
  g_autofree char *longest = g_strnfill (60000, 'x');
  g_autofree char *too_long = g_strnfill (60001, 'x');

  g_assert_false (passes (DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT, &announcement));
  announcement.event = longest;
  g_assert_true (passes (DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT, &announcement));
  announcement.event = too_long;
  g_assert_false (passes (DFN__FRAME__BODY_BROADCAST_ANNOUNCEMENT, &announcement));
}

static void
test_join (void)
{
  Dfn__JoinBroadcast join = DFN__JOIN_BROADCAST__INIT;
  Dfn__MemberRecord member = make_member ();

  join.content = (ProtobufCBinaryData){ 32, zeros };
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join)); /* of nobody */
  join.self = &member;
  g_assert_true (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join));
  join.uplink = G_MAXUINT64;
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join));
  join.uplink = 0;
  member.key.len = 31;
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join));
  member.key.len = 32;
  member.signature.len = 63;
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join));
  member.signature.len = 64;
  member.expires = G_MAXUINT64;
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join));
  member.expires = 0;
  join.content.len = 33;
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_BROADCAST, &join));
}

static void
test_members (void)
{
  Dfn__JoinResponse response = DFN__JOIN_RESPONSE__INIT;
  Dfn__PeerAnnouncement peers = DFN__PEER_ANNOUNCEMENT__INIT;
  Dfn__MemberRecord member = make_member ();
  Dfn__MemberRecord *members[DFN_WIRE_MAX_MEMBERS + 1];

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    members[i] = &member;
  response.content = peers.content = (ProtobufCBinaryData){ 32, zeros };
  response.members = peers.members = members;
  for (gsize n = 0; n <= DFN_WIRE_MAX_MEMBERS + 1; n++)
    {
      response.n_members = peers.n_members = n;
      response.n_neighbours = peers.n_neighbours = (guint32) n;
      g_assert_true (passes (DFN__FRAME__BODY_JOIN_RESPONSE, &response)
                     == (n <= DFN_WIRE_MAX_MEMBERS));
      g_assert_true (passes (DFN__FRAME__BODY_PEER_ANNOUNCEMENT, &peers)
                     == (n <= DFN_WIRE_MAX_MEMBERS));
    }
  response.n_members = peers.n_members = 3;
  response.n_neighbours = peers.n_neighbours = 4; /* more of them than there are */
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_RESPONSE, &response));
  g_assert_false (passes (DFN__FRAME__BODY_PEER_ANNOUNCEMENT, &peers));
  response.n_neighbours = peers.n_neighbours = 3;
  member.key.len = 0;
  g_assert_false (passes (DFN__FRAME__BODY_JOIN_RESPONSE, &response));
  g_assert_false (passes (DFN__FRAME__BODY_PEER_ANNOUNCEMENT, &peers));
}

static void
test_forwarded (void)
{
  Dfn__ForwardedSignal forwarded = DFN__FORWARDED_SIGNAL__INIT;
  g_autofree char *longest = g_strnfill (40000, 'x');
  g_autofree char *too_long = g_strnfill (40001, 'x');

  forwarded.to = forwarded.from = (ProtobufCBinaryData){ 32, zeros };
  g_assert_false (passes (DFN__FRAME__BODY_FORWARDED_SIGNAL, &forwarded)); /* nothing to say */
  forwarded.payload = longest;
  g_assert_true (passes (DFN__FRAME__BODY_FORWARDED_SIGNAL, &forwarded));
  forwarded.payload = too_long;
  g_assert_false (passes (DFN__FRAME__BODY_FORWARDED_SIGNAL, &forwarded));
  forwarded.payload = longest;
  forwarded.from.len = 0;
  g_assert_false (passes (DFN__FRAME__BODY_FORWARDED_SIGNAL, &forwarded));
}

static void
test_update_have (void)
{
  Dfn__LiveUpdate update = DFN__LIVE_UPDATE__INIT;
  Dfn__HaveRange range = DFN__HAVE_RANGE__INIT;
  Dfn__HaveRange *ranges[DFN_WIRE_MAX_REFS + 1];

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    ranges[i] = &range;
  g_assert_true (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
  update.have = ranges;
  update.n_have = DFN_WIRE_MAX_REFS;
  range.first = G_MAXUINT32; /* judged by who knows the stream */
  range.bitmap = (ProtobufCBinaryData){ 256, zeros };
  g_assert_true (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
  range.bitmap.len = 257;
  g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
  range.bitmap.len = 1;
  range.track = DFN_WIRE_MAX_TRACKS;
  g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
  range.track = 0;
  update.n_have = DFN_WIRE_MAX_REFS + 1;
  g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
  update.n_have = 0;
  update.edge_us = G_MAXUINT64;
  g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
}

/* The same limits for each list of chunks. */
static void
test_update_refs (void)
{
  Dfn__LiveUpdate update = DFN__LIVE_UPDATE__INIT;
  Dfn__ChunkRef ref = DFN__CHUNK_REF__INIT;
  Dfn__ChunkRef *refs[DFN_WIRE_MAX_REFS + 1];
  struct {
    gsize *n;
    Dfn__ChunkRef ***refs;
  } lists[] = {
    { &update.n_offers, &update.offers },
    { &update.n_accepted, &update.accepted },
    { &update.n_declined, &update.declined },
    { &update.n_cancelled, &update.cancelled },
  };

  for (guint i = 0; i < G_N_ELEMENTS (refs); i++)
    refs[i] = &ref;
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      *lists[i].refs = refs;
      *lists[i].n = DFN_WIRE_MAX_REFS;
      ref.size = DFN_WIRE_MAX_LIVE_CHUNK;
      g_assert_true (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
      ref.size = DFN_WIRE_MAX_LIVE_CHUNK + 1;
      g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
      ref.size = 0;
      ref.track = DFN_WIRE_MAX_TRACKS;
      g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
      ref.track = 0;
      *lists[i].n = DFN_WIRE_MAX_REFS + 1;
      g_assert_false (passes (DFN__FRAME__BODY_LIVE_UPDATE, &update));
      *lists[i].n = 0;
    }
}

static void
test_chunk (void)
{
  Dfn__StreamChunk chunk = make_chunk ();

  g_assert_true (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.size = DFN_WIRE_MAX_LIVE_CHUNK;
  g_assert_true (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.size = DFN_WIRE_MAX_LIVE_CHUNK + 1;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.size = 0;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.flags = 2; /* the last may be empty */
  g_assert_true (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.flags = 8;
  chunk.size = 1;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.flags = 0;
  chunk.presented_us = -1;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.presented_us = 0;
  chunk.captured_us = G_MAXUINT64;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.captured_us = 0;
  chunk.hash.len = 31;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
  chunk.hash.len = 32;
  chunk.signature.len = 65;
  g_assert_false (passes (DFN__FRAME__BODY_STREAM_CHUNK, &chunk));
}

static void
test_live_response (void)
{
  Dfn__ContentResponse response = DFN__CONTENT_RESPONSE__INIT;
  Dfn__StreamChunk chunk = make_chunk ();

  response.live = &chunk;
  response.size = 1;
  g_assert_true (passes (DFN__FRAME__BODY_CONTENT_RESPONSE, &response));
  response.size = 2; /* the header says 1 */
  g_assert_false (passes (DFN__FRAME__BODY_CONTENT_RESPONSE, &response));
  response.size = 1;
  response.proof = (ProtobufCBinaryData){ 32, zeros };
  g_assert_false (passes (DFN__FRAME__BODY_CONTENT_RESPONSE, &response));
  response.proof.len = 0;
  chunk.hash.len = 0;
  g_assert_false (passes (DFN__FRAME__BODY_CONTENT_RESPONSE, &response));
  chunk.hash.len = 32;
  response.status = DFN__CONTENT_RESPONSE__STATUS__BUSY;
  response.size = 0;
  g_assert_false (passes (DFN__FRAME__BODY_CONTENT_RESPONSE, &response));
}

/* Whoever refuses may say whom else to ask. */
static void
test_refusal (void)
{
  Dfn__Signal signal = DFN__SIGNAL__INIT;
  Dfn__Refusal refusal = DFN__REFUSAL__INIT;
  Dfn__MemberRecord member = make_member ();
  Dfn__MemberRecord *members[DFN_WIRE_MAX_MEMBERS + 1];

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    members[i] = &member;
  signal.session = (ProtobufCBinaryData){ DFN_WIRE_SESSION_SIZE, zeros };
  signal.body_case = DFN__SIGNAL__BODY_REFUSAL;
  signal.refusal = &refusal;
  refusal.members = members;
  for (gsize n = DFN_WIRE_MAX_MEMBERS; n <= DFN_WIRE_MAX_MEMBERS + 1; n++)
    {
      g_autofree char *text = NULL;
      g_autoptr (Dfn__Signal) copy = NULL;

      refusal.n_members = n;
      text = dfn_wire_pack_signal (&signal);
      copy = dfn_wire_unpack_signal (text, NULL);
      g_assert_true ((copy != NULL) == (n <= DFN_WIRE_MAX_MEMBERS));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/wire-swarm/announcement", test_announcement);
  g_test_add_func ("/network/wire-swarm/join", test_join);
  g_test_add_func ("/network/wire-swarm/members", test_members);
  g_test_add_func ("/network/wire-swarm/forwarded", test_forwarded);
  g_test_add_func ("/network/wire-swarm/update/have", test_update_have);
  g_test_add_func ("/network/wire-swarm/update/refs", test_update_refs);
  g_test_add_func ("/network/wire-swarm/chunk", test_chunk);
  g_test_add_func ("/network/wire-swarm/live-response", test_live_response);
  g_test_add_func ("/network/wire-swarm/refusal", test_refusal);
  return g_test_run ();
}
