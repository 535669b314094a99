/* SPDX-License-Identifier: MIT */
/*
 * The command line, turned against its peers: it joins, meets and speaks as everybody does, but
 * what it gives is not what it should. The linker (--wrap) puts the functions here in the place of
 * those through which all that a member gives goes out. DFN_ATTACK says what it does:
 *
 *   pollute    answers and pushes chunks with changed bytes
 *   replay     answers and pushes the first chunk it was asked for, whatever is wanted
 *   claim      says that it has everything, accepts every request and never answers
 *   refuse     takes but gives nothing: every request is answered BUSY
 *   flood      gives as it should, and says a thousand useless things a second beside
 *
 * It is only good for tests.
 */
#include "dfn-cli.h"

#include <string.h>

#include "dfn-peer.h"

#define FLOOD_INTERVAL_MS 20
#define FLOOD_MESSAGES 20
#define MOST_VICTIMS 64

typedef enum {
  ATTACK_NONE,
  ATTACK_POLLUTE,
  ATTACK_REPLAY,
  ATTACK_CLAIM,
  ATTACK_REFUSE,
  ATTACK_FLOOD,
} Attack;

static Attack attack;

/* Everybody that was ever met. Never let go: the process ends soon. */
static GPtrArray *victims;

/* The first chunk given, for replays. */
static GBytes *old_data;
static GBytes *old_proof;
static GBytes *old_header;

DfnPeer *__real_dfn_peer_new (DfnLink *, gboolean, DfnQuicIdentity *, const guint8 *);
DfnPeer *__wrap_dfn_peer_new (DfnLink *, gboolean, DfnQuicIdentity *, const guint8 *);
void __real_dfn_peer_respond (
    DfnPeer *, gint64, Dfn__ContentResponse__Status, GBytes *data, GBytes *proof);
void __wrap_dfn_peer_respond (
    DfnPeer *, gint64, Dfn__ContentResponse__Status, GBytes *data, GBytes *proof);
void
__real_dfn_peer_respond_live (DfnPeer *, gint64, const Dfn__StreamChunk *, GBytes *data, gint64);
void
__wrap_dfn_peer_respond_live (DfnPeer *, gint64, const Dfn__StreamChunk *, GBytes *data, gint64);
gint64 __real_dfn_peer_push (
    DfnPeer *, const Dfn__StreamChunk *, GBytes *, gint64, DfnPeerPushFunc, gpointer);
gint64 __wrap_dfn_peer_push (
    DfnPeer *, const Dfn__StreamChunk *, GBytes *, gint64, DfnPeerPushFunc, gpointer);
void __real_dfn_peer_send_have (DfnPeer *, const Dfn__Have *);
void __wrap_dfn_peer_send_have (DfnPeer *, const Dfn__Have *);

static GBytes *
change (GBytes *data)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (data, &length);
  guint8 *changed = g_memdup2 (bytes, length);

  if (length > 0)
    changed[length / 2] ^= 0x55;
  return g_bytes_new_take (changed, length);
}

static GBytes *
pack_header (const Dfn__StreamChunk *header)
{
  gsize length = dfn__stream_chunk__get_packed_size (header);
  guint8 *packed = g_malloc (length);

  dfn__stream_chunk__pack (header, packed);
  return g_bytes_new_take (packed, length);
}

static Dfn__StreamChunk *
unpack_header (GBytes *packed)
{
  return dfn__stream_chunk__unpack (NULL, g_bytes_get_size (packed),
                                    g_bytes_get_data (packed, NULL));
}

static void
remember (const Dfn__StreamChunk *header, GBytes *data, GBytes *proof)
{
  if (old_data != NULL || data == NULL)
    return;
  old_data = g_bytes_ref (data);
  old_proof = proof != NULL ? g_bytes_ref (proof) : NULL;
  old_header = header != NULL ? pack_header (header) : NULL;
}

/* Floods */

static void
flood_with_have (DfnPeer *peer)
{
  static guint8 content[DFN_WIRE_CONTENT_SIZE];
  static guint8 bitmap[32768];
  Dfn__Have have = DFN__HAVE__INIT;

  memset (bitmap, g_random_int_range (0, 256), sizeof bitmap);
  for (guint i = 0; i < sizeof content; i++)
    content[i] = (guint8) g_random_int ();
  have.content.data = content;
  have.content.len = sizeof content;
  have.first_chunk = (guint32) g_random_int_range (0, 1 << 20) * 8;
  have.bitmap.data = bitmap;
  have.bitmap.len = sizeof bitmap;
  __real_dfn_peer_send_have (peer, &have);
}

static void
flood_with_offers (DfnPeer *peer)
{
  Dfn__LiveUpdate update = DFN__LIVE_UPDATE__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;
  Dfn__ChunkRef refs[60];
  Dfn__ChunkRef *pointers[G_N_ELEMENTS (refs)];

  for (guint i = 0; i < G_N_ELEMENTS (refs); i++)
    {
      dfn__chunk_ref__init (&refs[i]);
      refs[i].track = (guint32) g_random_int_range (0, 64);
      refs[i].sequence = g_random_int ();
      refs[i].size = (guint32) g_random_int_range (1, 65537);
      pointers[i] = &refs[i];
    }
  update.n_offers = G_N_ELEMENTS (refs);
  update.offers = pointers;
  frame.body_case = DFN__FRAME__BODY_LIVE_UPDATE;
  frame.live_update = &update;
  if (!dfn_peer_send_datagram (peer, &frame))
    dfn_peer_send_frame (peer, &frame);
}

static void
on_nothing (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
}

static void
flood_with_requests (DfnPeer *peer)
{
  guint8 content[DFN_WIRE_CONTENT_SIZE];

  for (guint i = 0; i < sizeof content; i++)
    content[i] = (guint8) g_random_int ();
  dfn_peer_request (peer, content, g_random_int (), 1024, on_nothing, NULL);
}

static gboolean
on_flood (gpointer user_data)
{
  for (guint i = 0; i < victims->len; i++)
    for (guint message = 0; message < FLOOD_MESSAGES; message++)
      {
        DfnPeer *peer = victims->pdata[i];

        if (message % 10 == 0)
          flood_with_have (peer);
        else if (message % 3 == 0)
          flood_with_requests (peer);
        else
          flood_with_offers (peer);
      }
  return G_SOURCE_CONTINUE;
}

static void
notice (DfnPeer *peer)
{
  if (attack != ATTACK_FLOOD || victims->len >= MOST_VICTIMS
      || g_ptr_array_find (victims, peer, NULL))
    return;
  if (victims->len == 0)
    {
      g_autoptr (GSource) source = g_timeout_source_new (FLOOD_INTERVAL_MS);

      g_source_set_callback (source, on_flood, NULL, NULL);
      g_source_attach (source, g_main_context_get_thread_default ());
    }
  g_ptr_array_add (victims, g_object_ref (peer));
}

/* What goes out */

DfnPeer *
__wrap_dfn_peer_new (DfnLink *link,
                     gboolean is_server,
                     DfnQuicIdentity *identity,
                     const guint8 *peer_key)
{
  DfnPeer *peer = __real_dfn_peer_new (link, is_server, identity, peer_key);

  notice (peer);
  return peer;
}

void
__wrap_dfn_peer_respond (
    DfnPeer *peer, gint64 request, Dfn__ContentResponse__Status status, GBytes *data, GBytes *proof)
{
  g_autoptr (GBytes) changed = NULL;

  switch (attack)
    {
    case ATTACK_NONE:
    case ATTACK_FLOOD:
      break;
    case ATTACK_POLLUTE:
      if (data != NULL)
        data = changed = change (data);
      break;
    case ATTACK_REPLAY:
      remember (NULL, data, proof);
      if (data != NULL && g_bytes_get_size (data) == g_bytes_get_size (old_data))
        {
          data = old_data;
          proof = old_proof;
        }
      break;
    case ATTACK_CLAIM:
      return;
    case ATTACK_REFUSE:
      status = DFN__CONTENT_RESPONSE__STATUS__BUSY;
      data = proof = NULL;
      break;
    }
  __real_dfn_peer_respond (peer, request, status, data, proof);
}

/* Returns: FALSE if nothing is to be given; else what is to be given instead. */
static gboolean
twist (const Dfn__StreamChunk *header,
       GBytes *data,
       Dfn__StreamChunk **other_header,
       GBytes **other_data)
{
  switch (attack)
    {
    case ATTACK_NONE:
    case ATTACK_FLOOD:
      return TRUE;
    case ATTACK_POLLUTE:
      *other_data = data != NULL ? change (data) : NULL;
      return TRUE;
    case ATTACK_REPLAY:
      remember (header, data, NULL);
      if (old_header != NULL)
        {
          *other_header = unpack_header (old_header);
          *other_data = g_bytes_ref (old_data);
        }
      return TRUE;
    case ATTACK_CLAIM:
    case ATTACK_REFUSE:
      break;
    }
  return FALSE;
}

void
__wrap_dfn_peer_respond_live (
    DfnPeer *peer, gint64 request, const Dfn__StreamChunk *header, GBytes *data, gint64 priority)
{
  Dfn__StreamChunk *other_header = NULL;
  g_autoptr (GBytes) other_data = NULL;

  if (twist (header, data, &other_header, &other_data))
    __real_dfn_peer_respond_live (peer, request, other_header != NULL ? other_header : header,
                                  other_data != NULL ? other_data : data, priority);
  else if (attack == ATTACK_REFUSE)
    __real_dfn_peer_respond (peer, request, DFN__CONTENT_RESPONSE__STATUS__BUSY, NULL, NULL);
  if (other_header != NULL)
    dfn__stream_chunk__free_unpacked (other_header, NULL);
}

gint64
__wrap_dfn_peer_push (DfnPeer *peer,
                      const Dfn__StreamChunk *header,
                      GBytes *payload,
                      gint64 priority,
                      DfnPeerPushFunc func,
                      gpointer user_data)
{
  Dfn__StreamChunk *other_header = NULL;
  g_autoptr (GBytes) other_payload = NULL;
  gint64 push = -1;

  if (twist (header, payload, &other_header, &other_payload))
    push = __real_dfn_peer_push (peer, other_header != NULL ? other_header : header,
                                 other_payload != NULL ? other_payload : payload, priority, func,
                                 user_data);
  if (other_header != NULL)
    dfn__stream_chunk__free_unpacked (other_header, NULL);
  return push;
}

void
__wrap_dfn_peer_send_have (DfnPeer *peer, const Dfn__Have *have)
{
  Dfn__Have all = *have;

  if (attack == ATTACK_CLAIM && !all.withdrawn)
    {
      all.complete = TRUE;
      all.first_chunk = 0;
      all.bitmap.len = 0;
    }
  __real_dfn_peer_send_have (peer, &all);
}

static Attack
parse_attack (const char *name)
{
  static const char *const names[] = { "none", "pollute", "replay", "claim", "refuse", "flood" };

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (names); i++)
    if (strcmp (name, names[i]) == 0)
      return (Attack) i;
  g_error ("DFN_ATTACK is no attack: %s", name);
}

int
main (int argc, char **argv)
{
  victims = g_ptr_array_new_with_free_func (g_object_unref);
  attack = parse_attack (g_getenv ("DFN_ATTACK"));
  return dfn_cli_main (argc, argv);
}
