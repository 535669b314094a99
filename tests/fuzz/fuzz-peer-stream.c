/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"
#include "dfn-peer.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define MAX_STREAMS 8
#define SIZE 100

static const guint8 content[DFN_WIRE_CONTENT_SIZE];
static const DfnQuicHandler nobody;

/* A DfnPeer, and a connected end that says what the input wants. */
typedef struct {
  DfnPeer *peer;
  DfnQuic *raw;
  DfnLink *peer_link;
  DfnLink *raw_link;
  gint64 streams[MAX_STREAMS];
  guint n_streams;
  guint n_provided;
  guint n_asked;
  guint n_answered;
} Session;

static void
on_wanted (DfnPeer *peer,
           gint64 request,
           const guint8 *wanted,
           guint32 track,
           guint32 chunk,
           gpointer user_data)
{
  static const guint8 bytes[SIZE];
  g_autoptr (GBytes) data = g_bytes_new_static (bytes, sizeof bytes);
  Session *self = user_data;

  self->n_provided++;
  dfn_peer_respond (peer, request, (Dfn__ContentResponse__Status) (chunk % 4), data, NULL);
}

static void
on_response (DfnPeer *peer, gint64 request, const DfnPeerResponse *response, gpointer user_data)
{
  ((Session *) user_data)->n_answered++;
  if (response != NULL && response->status == DFN__CONTENT_RESPONSE__STATUS__OK)
    g_assert_cmpuint (g_bytes_get_size (response->data), ==, SIZE);
}

/* Every other push is refused; what is taken has the size that it said. */
static gboolean
on_begin (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, gpointer user_data)
{
  return header->sequence % 2 == 0;
}

static void
on_complete (
    DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, GBytes *payload, gpointer user_data)
{
  g_assert_cmpuint (header->sequence % 2, ==, 0);
  g_assert_cmpuint (g_bytes_get_size (payload), ==, header->size);
}

static void
on_lost (DfnPeer *peer, gint64 push, const Dfn__StreamChunk *header, gpointer user_data)
{
  g_assert_cmpuint (header->sequence % 2, ==, 0);
}

static const DfnPeerPushHandler push_handler = {
  .begin = on_begin,
  .complete = on_complete,
  .lost = on_lost,
};

static void
run (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
session_start (Session *self)
{
  static DfnQuicIdentity *identity;

  if (identity == NULL)
    identity = dfn_quic_identity_new ();
  memset (self, 0, sizeof *self);
  dfn_loopback_link_new_pair (NULL, NULL, &self->peer_link, &self->raw_link);
  self->peer = dfn_peer_new (self->peer_link, TRUE, identity, dfn_quic_identity_get_key (identity));
  dfn_peer_set_provider (self->peer, on_wanted, self);
  dfn_peer_set_push_handler (self->peer, &push_handler, self);
  self->raw = dfn_quic_new (self->raw_link, FALSE, identity, dfn_quic_identity_get_key (identity),
                            &nobody, NULL);
  while (dfn_quic_get_state (self->raw) < DFN_QUIC_STATE_ACCEPTED)
    g_main_context_iteration (NULL, TRUE);
}

static void
session_end (Session *self)
{
  dfn_quic_close (self->raw, 0, NULL);
  run ();
  g_object_unref (self->peer);
  g_assert_cmpuint (self->n_answered, ==, self->n_asked);
  g_assert_cmpuint (self->n_provided, <=, MAX_STREAMS); /* one request a stream */
  g_object_unref (self->raw);
  g_object_unref (self->peer_link);
  g_object_unref (self->raw_link);
  run ();
}

/* One thing that happens: bytes on one of the raw end's streams, on one that the peer opened, as a
 * datagram, or a request of the peer's. */
static void
step (Session *self, guint8 what, const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  gboolean fin = (what & 0x40) != 0;
  guint index = what % MAX_STREAMS;

  switch ((what >> 3) % 4)
    {
    case 0:
      while (self->n_streams <= index)
        self->streams[self->n_streams++] = dfn_quic_open_stream (self->raw, 0);
      dfn_quic_send (self->raw, self->streams[index], bytes, fin);
      break;
    case 1: /* the peer's own: 1 is its control stream, and then every fourth */
      dfn_quic_send (self->raw, 1 + 4 * index, bytes, fin);
      break;
    case 2:
      dfn_quic_send_datagram (self->raw, bytes);
      break;
    case 3:
      if (dfn_peer_request (self->peer, content, 0, SIZE, on_response, self) >= 0)
        self->n_asked++;
      break;
    }
  if (what & 0x80)
    run ();
}

/* Steps, each a byte of kind, a byte of length and that many bytes. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Session session;

  session_start (&session);
  for (guint n = 0; n < 32 && size >= 2; n++)
    {
      size_t length = MIN (data[1], size - 2);

      step (&session, data[0], data + 2, length);
      data += 2 + length;
      size -= 2 + length;
    }
  run ();
  session_end (&session);
  return 0;
}
