/* SPDX-License-Identifier: MIT */
#include "dfn-udp-send.h"

#include "network-test-support.h"

#include <gio/gunixsocketaddress.h>

typedef struct {
  GSocket *sender;
  GSocket *receiver;
  GSocketAddress *to;
} Fixture;

static GSocket *
open_socket (void)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  g_assert_true (g_socket_bind (socket, any, FALSE, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
fixture_init (Fixture *f)
{
  f->sender = open_socket ();
  f->receiver = open_socket ();
  f->to = g_socket_get_local_address (f->receiver, NULL);
  dfn_udp_prepare (f->sender);
  dfn_udp_prepare (f->receiver);
}

static void
fixture_clear (Fixture *f)
{
  g_clear_object (&f->to);
  g_assert_finalize_object (f->sender);
  g_assert_finalize_object (f->receiver);
  dfn_udp_set_offload (TRUE);
}

/* Receives @length bytes in packets of @segment and compares them. */
static void
expect_packets (Fixture *f, const guint8 *data, gsize length, gsize segment)
{
  char buffer[65536];

  for (gsize at = 0; at < length; at += segment)
    {
      gssize n = g_socket_receive (f->receiver, buffer, sizeof buffer, NULL, NULL);

      g_assert_cmpint (n, ==, MIN (segment, length - at));
      g_assert_cmpmem (buffer, n, data + at, n);
    }
  g_assert_cmpint (g_socket_receive (f->receiver, buffer, sizeof buffer, NULL, NULL), ==, -1);
}

static void
send_and_expect (Fixture *f, gsize length, gsize segment)
{
  g_autoptr (GBytes) bytes = network_test_random_bytes (length);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  gsize sent = 0;

  g_assert_cmpint (dfn_udp_send (f->sender, f->to, data, length, segment, &sent), ==, DFN_UDP_SENT);
  g_assert_cmpuint (sent, ==, length);
  expect_packets (f, data, length, segment);
}

static void
test_packets (gconstpointer offload)
{
  Fixture f;

  fixture_init (&f);
  dfn_udp_set_offload (GPOINTER_TO_INT (offload));
  send_and_expect (&f, 1, 1);
  send_and_expect (&f, 1200, 1200);
  send_and_expect (&f, 1201, 1200);
  send_and_expect (&f, 2400, 1200);
  send_and_expect (&f, 64000, 1452);
  send_and_expect (&f, 200, 1); /* more packets than one call takes */
  fixture_clear (&f);
}

/* What was sent before is not sent again. */
static void
test_continues (gconstpointer offload)
{
  Fixture f;
  g_autoptr (GBytes) bytes = network_test_random_bytes (10000);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  gsize sent = 3000;

  fixture_init (&f);
  dfn_udp_set_offload (GPOINTER_TO_INT (offload));
  g_assert_cmpint (dfn_udp_send (f.sender, f.to, data, 10000, 1000, &sent), ==, DFN_UDP_SENT);
  expect_packets (&f, data + 3000, 7000, 1000);
  fixture_clear (&f);
}

static GSocket *
open_local_socket (GSocketAddress *address)
{
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  if (address != NULL)
    g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

/* A local socket's queue really fills up, unlike that of UDP over loopback. */
static void
test_blocked (void)
{
  g_autofree char *name = g_strdup_printf ("defiance-test-%" G_GINT64_FORMAT, g_get_real_time ());
  Fixture f = { 0 };
  g_autoptr (GBytes) bytes = network_test_random_bytes (64000);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  guint8 packet[2000];
  gsize sent = 0;
  guint n_blocked = 0;

  f.to = g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  f.receiver = open_local_socket (f.to);
  f.sender = open_local_socket (NULL);
  dfn_udp_set_offload (FALSE);
  while (sent < 64000)
    {
      gsize before = sent;
      DfnUdpResult result = dfn_udp_send (f.sender, f.to, data, 64000, 1000, &sent);

      g_assert_cmpint (result, ==, sent < 64000 ? DFN_UDP_BLOCKED : DFN_UDP_SENT);
      g_assert_cmpuint (sent, >, before);
      n_blocked += result == DFN_UDP_BLOCKED ? 1 : 0;
      /* Every packet counted as sent is there, once. */
      for (gsize at = before; at < sent; at += 1000)
        {
          g_assert_cmpint (
              g_socket_receive (f.receiver, (char *) packet, sizeof packet, NULL, NULL), ==, 1000);
          g_assert_cmpmem (packet, 1000, data + at, 1000);
        }
    }
  g_assert_cmpuint (n_blocked, >, 0);
  fixture_clear (&f);
}

/* A packet longer than any is lost like one on the way; those of another size still pass. */
static void
test_too_long (gconstpointer offload)
{
  Fixture f;
  g_autoptr (GBytes) bytes = network_test_random_bytes (66000);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  gsize sent = 0;

  fixture_init (&f);
  dfn_udp_set_offload (GPOINTER_TO_INT (offload));
  g_assert_cmpint (dfn_udp_send (f.sender, f.to, data, 66000, 65600, &sent), ==, DFN_UDP_SENT);
  g_assert_cmpuint (sent, ==, 66000);
  expect_packets (&f, data + 65600, 400, 400);
  send_and_expect (&f, 5000, 1000);
  fixture_clear (&f);
}

static void
test_no_way (void)
{
  Fixture f;
  guint8 packet[100] = { 0 };
  g_autoptr (GInetAddress) reserved = g_inet_address_new_from_string ("255.255.255.255");
  g_autoptr (GSocketAddress) to = g_inet_socket_address_new (reserved, 9);
  gsize sent = 0;

  fixture_init (&f);
  g_assert_cmpint (dfn_udp_send (f.sender, to, packet, 100, 100, &sent), ==, DFN_UDP_BROKEN);
  g_assert_cmpuint (sent, ==, 0);
  fixture_clear (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/network/udp-send/packets/offload", GINT_TO_POINTER (TRUE), test_packets);
  g_test_add_data_func ("/network/udp-send/packets/one-by-one", NULL, test_packets);
  g_test_add_data_func ("/network/udp-send/continues/offload", GINT_TO_POINTER (TRUE),
                        test_continues);
  g_test_add_data_func ("/network/udp-send/continues/one-by-one", NULL, test_continues);
  g_test_add_func ("/network/udp-send/blocked", test_blocked);
  g_test_add_data_func ("/network/udp-send/too-long/offload", GINT_TO_POINTER (TRUE),
                        test_too_long);
  g_test_add_data_func ("/network/udp-send/too-long/one-by-one", NULL, test_too_long);
  g_test_add_func ("/network/udp-send/no-way", test_no_way);
  return g_test_run ();
}
