/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"
#include "dfn-quic.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const DfnQuicHandler nobody;
static DfnQuicIdentity *identity;
static GBytes *first_packet; /* a real client's, as any server takes it */

static void
keep_packet (const guint8 *data, gsize length, gpointer user_data)
{
  if (first_packet == NULL)
    first_packet = g_bytes_new (data, length);
}

static void
ignore_log (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
}

static void
prepare (void)
{
  DfnLink *near_end, *far_end;
  DfnQuic *client;

  identity = dfn_quic_identity_new ();
  dfn_loopback_link_new_pair (NULL, NULL, &near_end, &far_end);
  dfn_link_set_receiver (far_end, keep_packet, NULL, NULL);
  client =
      dfn_quic_new (near_end, FALSE, identity, dfn_quic_identity_get_key (identity), &nobody, NULL);
  while (first_packet == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (client);
  g_object_unref (near_end);
  g_object_unref (far_end);
  g_log_set_default_handler (ignore_log, NULL);
}

/* What comes into the packet's place: the client's first packet with some bytes changed, or the
 * input's own bytes. */
static void
receive (DfnLink *link, guint8 kind, const uint8_t *data, size_t size)
{
  gsize length;
  const guint8 *first = g_bytes_get_data (first_packet, &length);
  g_autofree guint8 *changed = NULL;

  if (kind >= 3)
    {
      dfn_link_receive (link, data, size);
      return;
    }
  changed = g_memdup2 (first, length);
  for (size_t i = 0; kind == 1 && i + 1 < size; i += 2)
    changed[data[i] % 64] ^= data[i + 1];
  if (kind == 2 && size > 0)
    length = MIN (length, 1 + data[0] * 5u);
  dfn_link_receive (link, changed, length);
}

static void
end (DfnQuic *quic, DfnLink *ours, DfnLink *theirs)
{
  dfn_quic_close (quic, 0, NULL);
  g_assert_cmpint (dfn_quic_get_state (quic), ==, DFN_QUIC_STATE_CLOSED);
  g_object_unref (quic);
  g_object_unref (ours);
  g_object_unref (theirs);
}

/* Packets for a server, each a byte of kind, a byte of length and that many bytes; the high bit of
 * the kind lets the server answer before the next one comes. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  DfnLink *ours, *theirs;
  DfnQuic *quic;

  if (identity == NULL)
    prepare ();
  dfn_loopback_link_new_pair (NULL, NULL, &ours, &theirs);
  quic = dfn_quic_new (ours, TRUE, identity, dfn_quic_identity_get_key (identity), &nobody, NULL);
  for (guint n = 0; n < 16 && size >= 2; n++)
    {
      size_t length = MIN (data[1], size - 2);

      receive (ours, data[0] & 0x7f, data + 2, length);
      if (data[0] & 0x80)
        while (g_main_context_iteration (NULL, FALSE))
          ;
      data += 2 + length;
      size -= 2 + length;
    }
  end (quic, ours, theirs);
  return 0;
}
