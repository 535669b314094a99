/* SPDX-License-Identifier: MIT */
#include "dfn-ack-hold.h"

#define MS G_GUINT64_CONSTANT (1000000)
#define RTT (40 * MS)
#define START (1000 * MS)

/* One that knows its path. */
static DfnAckHold
make_settled (void)
{
  DfnAckHold hold = { 0 };

  for (guint i = 0; i < 200; i++)
    dfn_ack_hold_received (&hold, START + i, FALSE);
  dfn_ack_hold_written (&hold);
  return hold;
}

static void
test_count (void)
{
  DfnAckHold hold = { 0 };

  /* At the start each packet gets its pass. */
  for (guint i = 0; i < 50; i++)
    {
      dfn_ack_hold_received (&hold, START + i, TRUE);
      dfn_ack_hold_written (&hold);
      g_assert_false (dfn_ack_hold_may_wait (&hold));
    }
  hold = make_settled ();
  for (guint i = 1; i < DFN_ACK_HOLD_PACKETS; i++)
    {
      dfn_ack_hold_received (&hold, START + i, TRUE);
      g_assert_true (dfn_ack_hold_may_wait (&hold));
    }
  dfn_ack_hold_received (&hold, START, TRUE);
  g_assert_false (dfn_ack_hold_may_wait (&hold));
  dfn_ack_hold_written (&hold);
  g_assert_true (dfn_ack_hold_may_wait (&hold));
}

/* The library's own time for an acknowledgement is moved, any other one is not. */
static void
test_time (void)
{
  DfnAckHold hold = make_settled ();

  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + RTT / 8, RTT), ==, START + RTT / 8);
  dfn_ack_hold_received (&hold, START, TRUE);
  dfn_ack_hold_received (&hold, START + 3 * MS, TRUE);
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + RTT / 8, RTT), ==, START + RTT / 2);
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + 2 * MS, RTT), ==, START + 2 * MS);
  /* The round-trip time is another one by now. */
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + RTT / 4, 2 * RTT), ==,
                    START + DFN_ACK_HOLD_LONGEST_US * 1000);
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + MS / 80, MS / 10), ==, START + MS);
}

/* Once the library wants to be called later, the packet has been answered; the next one counts. */
static void
test_answered (void)
{
  DfnAckHold hold = make_settled ();

  dfn_ack_hold_received (&hold, START, TRUE);
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + 90 * MS, RTT), ==, START + 90 * MS);
  dfn_ack_hold_received (&hold, START + 50 * MS, TRUE);
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, START + 55 * MS, RTT), ==, START + 70 * MS);
  g_assert_cmpuint (dfn_ack_hold_get_expiry (&hold, G_MAXUINT64, RTT), ==, G_MAXUINT64);
}

/* It never waits longer than the peer was told. */
static void
test_told (void)
{
  DfnAckHold hold = make_settled ();

  dfn_ack_hold_received (&hold, START, TRUE);
  for (guint64 rtt = MS / 100; rtt < 2000 * MS; rtt = rtt * 5 / 4)
    {
      guint64 early = START + MIN (rtt / 8, DFN_ACK_HOLD_TOLD_MS * MS);
      guint64 expiry = dfn_ack_hold_get_expiry (&hold, early, rtt);

      g_assert_cmpuint (expiry, >=, early);
      g_assert_cmpuint (expiry, <=, START + DFN_ACK_HOLD_TOLD_MS * MS);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ack-hold/count", test_count);
  g_test_add_func ("/ack-hold/time", test_time);
  g_test_add_func ("/ack-hold/answered", test_answered);
  g_test_add_func ("/ack-hold/told", test_told);
  return g_test_run ();
}
