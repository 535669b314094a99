/* SPDX-License-Identifier: MIT */
#include "dfn-quic-stream.h"

#include <string.h>

static void
append (DfnQuicStream *stream, const char *text, gboolean fin)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  dfn_quic_stream_append (stream, bytes, fin);
}

static void
test_offsets (void)
{
  DfnQuicStream *stream = dfn_quic_stream_new (3, 0);
  ngtcp2_vec vectors[4];
  gboolean fin;

  g_assert_false (dfn_quic_stream_is_pending (stream));
  append (stream, "hello", FALSE);
  append (stream, "", FALSE);
  append (stream, "world!", TRUE);
  g_assert_cmpuint (dfn_quic_stream_get_unsent (stream), ==, 11);
  g_assert_cmpuint (dfn_quic_stream_peek (stream, vectors, 1, &fin), ==, 1);
  g_assert_false (fin);
  g_assert_cmpuint (dfn_quic_stream_peek (stream, vectors, 4, &fin), ==, 2);
  g_assert_true (fin);

  dfn_quic_stream_sent (stream, 7, FALSE);
  g_assert_cmpuint (dfn_quic_stream_peek (stream, vectors, 4, &fin), ==, 1);
  g_assert_cmpmem (vectors[0].base, vectors[0].len, "rld!", 4);

  /* Part of the first block is not acknowledged: nothing may go. */
  dfn_quic_stream_acked (stream, 4);
  g_assert_cmpuint (dfn_quic_stream_peek (stream, vectors, 4, &fin), ==, 1);
  dfn_quic_stream_acked (stream, 6);
  g_assert_cmpuint (dfn_quic_stream_peek (stream, vectors, 4, &fin), ==, 1);
  g_assert_cmpmem (vectors[0].base, vectors[0].len, "rld!", 4);

  dfn_quic_stream_sent (stream, 4, FALSE);
  g_assert_true (dfn_quic_stream_is_pending (stream)); /* its end is not sent yet */
  dfn_quic_stream_sent (stream, 0, TRUE);
  g_assert_false (dfn_quic_stream_is_pending (stream));
  dfn_quic_stream_free (stream);
}

static void
test_order (void)
{
  DfnQuicStream *urgent = dfn_quic_stream_new (7, -5);
  DfnQuicStream *older = dfn_quic_stream_new (3, 1);
  DfnQuicStream *newer = dfn_quic_stream_new (11, 1);

  g_assert_cmpint (dfn_quic_stream_compare (urgent, older, NULL), <, 0);
  g_assert_cmpint (dfn_quic_stream_compare (newer, older, NULL), >, 0);
  g_assert_cmpint (dfn_quic_stream_compare (older, older, NULL), ==, 0);
  dfn_quic_stream_free (urgent);
  dfn_quic_stream_free (older);
  dfn_quic_stream_free (newer);
}

static void
test_abandon (void)
{
  DfnQuicStream *stream = dfn_quic_stream_new (3, 0);

  append (stream, "hello", FALSE);
  dfn_quic_stream_sent (stream, 2, FALSE);
  g_assert_cmpuint (dfn_quic_stream_abandon (stream), ==, 3);
  g_assert_false (dfn_quic_stream_is_pending (stream));
  g_assert_true (dfn_quic_stream_is_ended (stream));
  g_assert_cmpuint (dfn_quic_stream_abandon (stream), ==, 0);
  dfn_quic_stream_free (stream);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/quic-stream/offsets", test_offsets);
  g_test_add_func ("/network/quic-stream/order", test_order);
  g_test_add_func ("/network/quic-stream/abandon", test_abandon);
  return g_test_run ();
}
