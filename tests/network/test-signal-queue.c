/* SPDX-License-Identifier: MIT */
#include "dfn-signal-queue.h"

#include "dfn-token-bucket.h"

#define SECOND G_USEC_PER_SEC

static guint n_dropped;

static void
drop (gpointer item)
{
  n_dropped++;
}

static void
push (DfnSignalQueue *queue, DfnSignalUrgency urgency, guint item, gint64 now_us)
{
  dfn_signal_queue_push (queue, urgency, GUINT_TO_POINTER (item), now_us);
}

static guint
pop (DfnSignalQueue *queue, gint64 now_us)
{
  DfnSignalUrgency urgency;

  return GPOINTER_TO_UINT (dfn_signal_queue_pop (queue, &urgency, now_us));
}

static void
test_order (void)
{
  g_autoptr (DfnSignalQueue) queue = dfn_signal_queue_new (NULL);
  const guint expected[] = { 4, 5, 3, 6, 2, 1 };

  push (queue, DFN_SIGNAL_REFUSAL, 1, 0);
  push (queue, DFN_SIGNAL_REFUSAL, 2, 0);
  push (queue, DFN_SIGNAL_OFFER, 3, 0);
  push (queue, DFN_SIGNAL_ANSWER, 4, 0);
  push (queue, DFN_SIGNAL_ANSWER, 5, 0);
  push (queue, DFN_SIGNAL_UPDATE, 6, 0);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (pop (queue, SECOND + i * SECOND / 20), ==, expected[i]);
  g_assert_cmpuint (dfn_signal_queue_get_length (queue), ==, 0);
}

static void
test_stale (void)
{
  n_dropped = 0;
  {
    g_autoptr (DfnSignalQueue) queue = dfn_signal_queue_new (drop);

    push (queue, DFN_SIGNAL_REFUSAL, 1, 0);
    push (queue, DFN_SIGNAL_OFFER, 2, 0);
    g_assert_cmpuint (pop (queue, 2 * SECOND), ==, 2);
    g_assert_cmpuint (n_dropped, ==, 1);
    push (queue, DFN_SIGNAL_OFFER, 3, 2 * SECOND);
  }
  g_assert_cmpuint (n_dropped, ==, 2);
}

static void
test_bounded (void)
{
  g_autoptr (DfnSignalQueue) queue = dfn_signal_queue_new (NULL);

  push (queue, DFN_SIGNAL_ANSWER, 1, 0);
  for (guint i = 0; i < 10 * DFN_SIGNAL_QUEUE_MAX; i++)
    push (queue, DFN_SIGNAL_REFUSAL, 2, 0);
  g_assert_cmpuint (dfn_signal_queue_get_length (queue), ==, DFN_SIGNAL_QUEUE_MAX);
  g_assert_cmpuint (pop (queue, SECOND), ==, 1);
}

/* A relay that takes five a second: it gets about that, with few complaints, and after a while
 * nothing is lost that it could have had. */
static void
test_finds_the_pace (void)
{
  g_autoptr (DfnSignalQueue) queue = dfn_signal_queue_new (NULL);
  DfnTokenBucket relay;
  guint n_taken = 0;
  guint n_refused = 0;

  dfn_token_bucket_init (&relay, 5, 10, 0);
  for (gint64 now_us = 0; now_us < 60 * SECOND; now_us += 10 * 1000)
    {
      DfnSignalUrgency urgency;
      gpointer item;

      if (now_us % (50 * 1000) == 0)
        push (queue, DFN_SIGNAL_ANSWER, 1, now_us);
      item = dfn_signal_queue_pop (queue, &urgency, now_us);
      if (item == NULL)
        continue;
      if (dfn_token_bucket_take (&relay, 1, now_us))
        {
          n_taken++;
          dfn_signal_queue_taken (queue);
        }
      else
        {
          n_refused++;
          dfn_signal_queue_push_back (queue, urgency, item, now_us, now_us);
        }
    }
  g_test_message ("%u taken, %u refused", n_taken, n_refused);
  g_assert_cmpuint (n_taken, >=, 250);
  g_assert_cmpuint (n_refused, <, n_taken / 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/signal-queue/order", test_order);
  g_test_add_func ("/network/signal-queue/stale", test_stale);
  g_test_add_func ("/network/signal-queue/bounded", test_bounded);
  g_test_add_func ("/network/signal-queue/finds-the-pace", test_finds_the_pace);
  return g_test_run ();
}
