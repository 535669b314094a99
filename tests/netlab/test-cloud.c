/* SPDX-License-Identifier: MIT */
#include "cloud.h"

#include <arpa/inet.h>
#include <string.h>

#define MS G_GUINT64_CONSTANT (1000000)
#define SECOND (1000 * MS)

/* Without gaps, so that histories are compared as memory. */
typedef struct {
  guint32 host;
  guint32 mark;
  guint64 due_ns;
} Delivery;

static void
on_deliver (gpointer data, guint host, const Packet *packet)
{
  Delivery delivery = { host, packet->data[packet->length - 1], packet->due_ns };

  g_array_append_val ((GArray *) data, delivery);
}

static Cloud *
new_cloud (GArray *deliveries, guint64 seed, guint hosts)
{
  Cloud *cloud = cloud_new (1500, seed, on_deliver, deliveries);
  struct in_addr ipv4;
  struct in6_addr ipv6;

  inet_pton (AF_INET, "198.18.0.0", &ipv4);
  inet_pton (AF_INET6, "2001:2::", &ipv6);
  cloud_set_prefixes (cloud, &ipv4, &ipv6);
  for (guint i = 0; i < hosts; i++)
    g_assert_cmpuint (cloud_add_host (cloud), ==, i);
  return cloud;
}

static void
send_ipv4 (Cloud *cloud, guint from, const char *to, guint64 now, guint32 length, guint8 mark)
{
  Packet *packet = cloud_take_packet (cloud);

  memset (packet->data, 0, length);
  packet->data[0] = 0x45;
  inet_pton (AF_INET, to, packet->data + 16);
  packet->data[length - 1] = mark;
  packet->length = length;
  cloud_send (cloud, from, now, packet);
}

static void
send_ipv6 (Cloud *cloud, guint from, const char *to, guint64 now)
{
  Packet *packet = cloud_take_packet (cloud);

  memset (packet->data, 0, 60);
  packet->data[0] = 0x60;
  inet_pton (AF_INET6, to, packet->data + 24);
  packet->data[59] = 6;
  packet->length = 60;
  cloud_send (cloud, from, now, packet);
}

static void
set (Cloud *cloud, guint host, guint64 now, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  cloud_set (cloud, host, now, key, value, &error);
  g_assert_no_error (error);
}

static const Delivery *
get (GArray *deliveries, guint index)
{
  g_assert_cmpuint (deliveries->len, >, index);
  return &g_array_index (deliveries, Delivery, index);
}

static void
test_path (void)
{
  g_autoptr (GArray) deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *cloud = new_cloud (deliveries, 1, 3);

  set (cloud, 0, 0, "delay.up", "10ms");
  set (cloud, 0, 0, "rate.up", "8mbit");
  set (cloud, 1, 0, "delay.down", "5ms");
  set (cloud, 1, 0, "rate.down", "4mbit");
  send_ipv4 (cloud, 0, "198.18.2.1", 0, 1000, 1);
  send_ipv4 (cloud, 0, "198.18.2.1", 0, 1000, 2);
  cloud_run (cloud, SECOND);
  /* 1 ms up, 10 ms, 2 ms down, 5 ms; the second waits 1 ms for the downlink. */
  g_assert_cmpuint (deliveries->len, ==, 2);
  g_assert_cmpuint (get (deliveries, 0)->host, ==, 1);
  g_assert_cmpuint (get (deliveries, 0)->mark, ==, 1);
  g_assert_cmpuint (get (deliveries, 0)->due_ns, ==, 18 * MS);
  g_assert_cmpuint (get (deliveries, 1)->due_ns, ==, 20 * MS);
  g_assert_cmpuint (cloud_next_ns (cloud), ==, PACKET_NEVER);
  g_assert_cmpuint (cloud_counters (cloud, 0, LINK_UP)->bytes, ==, 2000);
  g_assert_cmpuint (cloud_counters (cloud, 1, LINK_DOWN)->packets, ==, 2);
  g_assert_cmpuint (cloud_counters (cloud, 1, LINK_UP)->packets, ==, 0);
  cloud_free (cloud);
}

static void
test_routing (void)
{
  g_autoptr (GArray) deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *cloud = new_cloud (deliveries, 1, 300);
  struct in6_addr last = cloud_ipv6 (cloud, 299);
  char text[INET6_ADDRSTRLEN];

  send_ipv4 (cloud, 0, "198.18.44.2", 0, 100, 9);
  send_ipv6 (cloud, 0, inet_ntop (AF_INET6, &last, text, sizeof text), 0);
  g_assert_cmpstr (text, ==, "2001:2:12c::1");
  g_assert_cmpuint (get (deliveries, 0)->host, ==, 299);
  g_assert_cmpuint (get (deliveries, 0)->mark, ==, 9);
  g_assert_cmpuint (get (deliveries, 1)->host, ==, 299);
  send_ipv4 (cloud, 0, "198.18.45.2", 0, 100, 9);
  send_ipv4 (cloud, 0, "198.18.1.0", 0, 100, 9);
  send_ipv4 (cloud, 0, "198.19.0.1", 0, 100, 9);
  send_ipv4 (cloud, 0, "224.0.0.1", 0, 100, 9);
  send_ipv6 (cloud, 0, "ff02::1", 0);
  send_ipv6 (cloud, 0, "2001:2:12d::1", 0);
  send_ipv6 (cloud, 0, "2001:3:1::1", 0);
  cloud_run (cloud, SECOND);
  g_assert_cmpuint (deliveries->len, ==, 2);
  g_assert_cmpuint (cloud_unroutable (cloud), ==, 7);
  cloud_free (cloud);
}

/* Each of the first 255 hosts has a /24 and a /48 of its own, and may take another address there.
 */
static void
test_networks (void)
{
  g_autoptr (GArray) deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *cloud = new_cloud (deliveries, 1, CLOUD_MAX_HOSTS);

  for (guint i = 0; i < CLOUD_MAX_HOSTS; i++)
    {
      struct in_addr ipv4 = cloud_ipv4 (cloud, i);
      struct in6_addr ipv6 = cloud_ipv6 (cloud, i);
      const guint8 *bytes = (const guint8 *) &ipv4;
      char text[INET6_ADDRSTRLEN];

      g_assert_cmpuint (bytes[2], ==, (i + 1) & 0xff);
      send_ipv4 (cloud, 0, inet_ntop (AF_INET, &ipv4, text, sizeof text), 0, 100, 1);
      send_ipv6 (cloud, 0, inet_ntop (AF_INET6, &ipv6, text, sizeof text), 0);
      g_assert_cmpuint (deliveries->len, ==, 2 * (i + 1));
      g_assert_cmpuint (get (deliveries, 2 * i)->host, ==, i);
      g_assert_cmpuint (get (deliveries, 2 * i + 1)->host, ==, i);
    }
  g_array_set_size (deliveries, 0);
  send_ipv4 (cloud, 0, "198.18.7.5", 0, 100, 1);
  send_ipv6 (cloud, 0, "2001:2:7:1::99", 0);
  g_assert_cmpuint (get (deliveries, 0)->host, ==, 6);
  g_assert_cmpuint (get (deliveries, 1)->host, ==, 6);
  cloud_free (cloud);
}

/* What is under way when a link changes arrives as the change demands. */
static void
test_change_while_running (void)
{
  g_autoptr (GArray) deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *cloud = new_cloud (deliveries, 1, 2);

  set (cloud, 0, 0, "rate.up", "8mbit");
  send_ipv4 (cloud, 0, "198.18.2.1", 0, 1000, 1);
  send_ipv4 (cloud, 0, "198.18.2.1", 0, 1000, 2);
  cloud_run (cloud, MS);
  g_assert_cmpuint (deliveries->len, ==, 1);
  set (cloud, 0, MS, "rate.up", "0");
  cloud_run (cloud, SECOND);
  g_assert_cmpuint (deliveries->len, ==, 1);
  set (cloud, 0, SECOND, "rate.up", "80mbit");
  cloud_run (cloud, 2 * SECOND);
  g_assert_cmpuint (get (deliveries, 1)->due_ns, ==, SECOND + MS / 10);
  set (cloud, 0, 2 * SECOND, "delay", "100ms");
  send_ipv4 (cloud, 0, "198.18.2.1", 2 * SECOND, 1000, 3);
  cloud_run (cloud, 3 * SECOND);
  g_assert_cmpuint (get (deliveries, 2)->due_ns, ==, 2 * SECOND + 100 * MS + MS / 10);
  cloud_free (cloud);
}

/* However coarsely time is looked at, the same things happen at the same times. */
static void
test_independent_of_step (void)
{
  g_autoptr (GArray) fine = g_array_new (FALSE, FALSE, sizeof (Delivery));
  g_autoptr (GArray) coarse = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *clouds[2] = { new_cloud (fine, 5, 2), new_cloud (coarse, 5, 2) };

  for (int i = 0; i < 2; i++)
    {
      set (clouds[i], 0, 0, "rate", "8mbit");
      set (clouds[i], 0, 0, "loss", "5%");
      set (clouds[i], 0, 0, "jitter", "3ms");
      set (clouds[i], 1, 0, "rate", "6mbit");
      set (clouds[i], 1, 0, "delay", "2ms");
      set (clouds[i], 1, 0, "reorder", "3%");
    }
  for (guint64 time = 0; time < SECOND; time += MS / 2)
    {
      cloud_run (clouds[0], time);
      if (time % (10 * MS) == 0)
        cloud_run (clouds[1], time);
      if (time % MS == 0)
        for (int i = 0; i < 2; i++)
          send_ipv4 (clouds[i], 0, "198.18.2.1", time, 900, (guint8) (time / MS));
    }
  cloud_run (clouds[0], 2 * SECOND);
  cloud_run (clouds[1], 2 * SECOND);
  g_assert_cmpuint (fine->len, >, 600);
  g_assert_cmpuint (fine->len, <, 950);
  g_assert_cmpmem (fine->data, fine->len * sizeof (Delivery), coarse->data,
                   coarse->len * sizeof (Delivery));
  cloud_free (clouds[0]);
  cloud_free (clouds[1]);
}

static void
test_bad_setting (void)
{
  g_autoptr (GArray) deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *cloud = new_cloud (deliveries, 1, 1);
  const char *keys[] = { "rate.sideways", "up", ".up", "rate.up.down" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (cloud_set (cloud, 0, 0, keys[i], "1mbit", &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
    }
  cloud_free (cloud);
}

/* Packets that are still under way are freed with the cloud. */
static void
test_free_while_busy (void)
{
  g_autoptr (GArray) deliveries = g_array_new (FALSE, FALSE, sizeof (Delivery));
  Cloud *cloud = new_cloud (deliveries, 1, 2);

  set (cloud, 0, 0, "delay.up", "1s");
  set (cloud, 1, 0, "rate.up", "0");
  send_ipv4 (cloud, 0, "198.18.2.1", 0, 1000, 1);
  send_ipv4 (cloud, 1, "198.18.1.1", 0, 1000, 1);
  cloud_free (cloud);
  g_assert_cmpuint (deliveries->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/netlab/cloud/path", test_path);
  g_test_add_func ("/netlab/cloud/routing", test_routing);
  g_test_add_func ("/netlab/cloud/networks", test_networks);
  g_test_add_func ("/netlab/cloud/change-while-running", test_change_while_running);
  g_test_add_func ("/netlab/cloud/independent-of-step", test_independent_of_step);
  g_test_add_func ("/netlab/cloud/bad-setting", test_bad_setting);
  g_test_add_func ("/netlab/cloud/free-while-busy", test_free_while_busy);
  return g_test_run ();
}
