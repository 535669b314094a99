/* SPDX-License-Identifier: MIT */
#include "packet-queue.h"

#include "link-model.h"

static void
test_order (void)
{
  PacketQueue queue = { 0 };
  LinkRandom random = { 7 };
  TimedEntry entry;
  guint64 last_due = 0, last_order = 0;
  guint count = 0;

  for (guint i = 0; i < 5000; i++)
    packet_queue_add (&queue, (guint64) (link_random_next (&random) * 500), NULL);
  while (packet_queue_pop (&queue, &entry))
    {
      g_assert_cmpuint (entry.due_ns, >=, last_due);
      if (count > 0 && entry.due_ns == last_due)
        g_assert_cmpuint (entry.order, >, last_order);
      last_due = entry.due_ns;
      last_order = entry.order;
      count++;
    }
  g_assert_cmpuint (count, ==, 5000);
  g_assert_cmpuint (packet_queue_next_ns (&queue), ==, PACKET_NEVER);
  packet_queue_clear (&queue);
}

static void
test_items (void)
{
  PacketQueue queue = { 0 };
  TimedEntry entry;
  int early, late;

  packet_queue_add (&queue, 20, &late);
  packet_queue_add (&queue, 10, &early);
  g_assert_cmpuint (packet_queue_next_ns (&queue), ==, 10);
  g_assert_true (packet_queue_pop (&queue, &entry));
  g_assert_true (entry.item == &early);
  g_assert_true (packet_queue_pop (&queue, &entry));
  g_assert_true (entry.item == &late);
  g_assert_false (packet_queue_pop (&queue, &entry));
  packet_queue_clear (&queue);
}

static void
test_pool (void)
{
  PacketPool pool;
  Packet *first, *second;

  packet_pool_init (&pool, 100);
  first = packet_pool_take (&pool);
  first->data[99] = 1;
  first->length = 100;
  first->downlink = TRUE;
  packet_pool_give (&pool, first);
  second = packet_pool_take (&pool);
  g_assert_true (second == first);
  g_assert_cmpuint (second->length, ==, 0);
  g_assert_false (second->downlink);
  packet_pool_give (&pool, second);
  packet_pool_clear (&pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/netlab/packet-queue/order", test_order);
  g_test_add_func ("/netlab/packet-queue/items", test_items);
  g_test_add_func ("/netlab/packet-queue/pool", test_pool);
  return g_test_run ();
}
