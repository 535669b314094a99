/* SPDX-License-Identifier: MIT */
#include "dfn-membership.h"

#include <string.h>

#define SECOND G_USEC_PER_SEC
#define NOW_S 1000

static const guint8 *
key_of (guint n)
{
  static guint8 keys[8][DFN_MEMBER_KEY_SIZE];
  static guint at;
  guint8 *key = keys[at++ % 8];
  guint32 mixed = n * 2654435761u;

  memset (key, 0, DFN_MEMBER_KEY_SIZE);
  memcpy (key, &n, sizeof n);
  memcpy (key + 8, &mixed, sizeof mixed);
  return key;
}

static guint
number_of (const guint8 *key)
{
  guint n;

  memcpy (&n, key, sizeof n);
  return n;
}

static DfnMembership *
make (guint n)
{
  DfnMembershipConfig config = {
    .seed = 1, .max_links = DFN_MEMBERSHIP_MAX_LINKS, .accepts = TRUE, .seeks = TRUE
  };

  memcpy (config.key, key_of (n), sizeof config.key);
  return dfn_membership_new (&config, 0);
}

static gboolean
learn (DfnMembership *membership, guint n, guint teller, gboolean is_neighbour)
{
  DfnMemberRecord record = { .expires_s = NOW_S + 900 };

  memcpy (record.key, key_of (n), sizeof record.key);
  return dfn_membership_learn (membership, &record, teller > 0 ? key_of (teller) : NULL,
                               is_neighbour, NOW_S);
}

/* Does everything but @what, and returns whether that is wanted, of whom. */
static gboolean
expect (DfnMembership *membership, gint64 now_us, DfnMembershipDo what, guint *who)
{
  DfnMembershipAction action;

  while (dfn_membership_next (membership, now_us, NOW_S, &action))
    {
      if (action.what == what)
        {
          if (who != NULL)
            *who = number_of (action.key);
          return TRUE;
        }
      if (action.what == DFN_MEMBERSHIP_DROP)
        dfn_membership_link_down (membership, action.key, DFN_MEMBERSHIP_DROPPED, now_us);
    }
  return FALSE;
}

static void
accept_link (DfnMembership *membership, guint n, gint64 now_us)
{
  g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (n), 0, 0, now_us), ==,
                   DFN_MEMBERSHIP_ACCEPT);
  g_assert_true (dfn_membership_link_up (membership, key_of (n), 0, now_us));
}

/* The contact first and at once; then, because it says nothing, everybody. */
static void
test_join (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  guint who = 0;

  dfn_membership_set_contact (membership, key_of (2), 0);
  g_assert_true (expect (membership, 0, DFN_MEMBERSHIP_CONNECT, &who));
  g_assert_cmpuint (who, ==, 2);
  g_assert_false (expect (membership, SECOND, DFN_MEMBERSHIP_JOIN, NULL));
  g_assert_cmpint (dfn_membership_get_wakeup (membership, SECOND), ==,
                   DFN_MEMBERSHIP_JOIN_AFTER_US);
  g_assert_true (expect (membership, DFN_MEMBERSHIP_JOIN_AFTER_US, DFN_MEMBERSHIP_JOIN, NULL));
  g_assert_false (expect (membership, DFN_MEMBERSHIP_JOIN_AFTER_US, DFN_MEMBERSHIP_JOIN, NULL));
  dfn_membership_link_down (membership, key_of (2), DFN_MEMBERSHIP_UNREACHED, 10 * SECOND);
  g_assert_false (expect (membership, 10 * SECOND, DFN_MEMBERSHIP_CONNECT, &who));
  g_assert_true (expect (membership, 11 * SECOND, DFN_MEMBERSHIP_CONNECT, &who));
  g_assert_cmpuint (who, ==, 2);
}

static void
test_answered_contact_is_waited_for (void)
{
  g_autoptr (DfnMembership) membership = make (1);

  dfn_membership_set_contact (membership, key_of (2), 0);
  g_assert_true (expect (membership, 0, DFN_MEMBERSHIP_CONNECT, NULL));
  dfn_membership_link_answered (membership, key_of (2));
  g_assert_false (expect (membership, 3 * SECOND, DFN_MEMBERSHIP_JOIN, NULL));
  /* There may be no path to it. */
  g_assert_true (expect (membership, 5 * SECOND, DFN_MEMBERSHIP_JOIN, NULL));
}

static void
test_referred (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  guint who = 0;

  dfn_membership_set_contact (membership, key_of (2), 0);
  g_assert_true (expect (membership, 0, DFN_MEMBERSHIP_CONNECT, NULL));
  g_assert_true (learn (membership, 3, 2, TRUE));
  dfn_membership_link_down (membership, key_of (2), DFN_MEMBERSHIP_REFUSED, SECOND);
  g_assert_true (expect (membership, SECOND, DFN_MEMBERSHIP_CONNECT, &who));
  g_assert_cmpuint (who, ==, 3);
  g_assert_false (expect (membership, 2 * SECOND, DFN_MEMBERSHIP_JOIN, NULL));
}

/* Strangers cannot have the places that are kept for those that this side chooses. */
static void
test_reserve (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  guint n = 0;

  while (n < 100
         && dfn_membership_judge_offer (membership, key_of (10 + n), 0, 0, 0)
                == DFN_MEMBERSHIP_ACCEPT)
    dfn_membership_link_up (membership, key_of (10 + n++), 0, 0);
  g_assert_cmpuint (n, ==, DFN_MEMBERSHIP_MAX_LINKS - DFN_MEMBERSHIP_MAX_LINKS / 3);
  g_assert_true (learn (membership, 200, 10, TRUE));
  g_assert_true (expect (membership, 0, DFN_MEMBERSHIP_CONNECT, NULL));
}

static void
test_blocks (void)
{
  g_autoptr (DfnMembership) membership = make (1);

  for (guint i = 0; i < DFN_MEMBERSHIP_MAX_PER_BLOCK; i++)
    {
      g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (10 + i), 77, 0, 0), ==,
                       DFN_MEMBERSHIP_ACCEPT);
      g_assert_true (dfn_membership_link_up (membership, key_of (10 + i), 77, 0));
    }
  g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (20), 77, 0, 0), ==,
                   DFN_MEMBERSHIP_FULL);
  /* What an offer names is a claim; where the peer is reached is not. */
  g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (20), 78, 0, 0), ==,
                   DFN_MEMBERSHIP_ACCEPT);
  g_assert_false (dfn_membership_link_up (membership, key_of (20), 77, 0));
}

/* Both offer at once: whoever looks from either side sees the same one go on. */
static void
test_both_offer (void)
{
  g_autoptr (DfnMembership) first = make (1);
  g_autoptr (DfnMembership) second = make (2);
  DfnMembershipVerdict a, b;

  dfn_membership_set_contact (first, key_of (2), 0);
  dfn_membership_set_contact (second, key_of (1), 0);
  g_assert_true (expect (first, 0, DFN_MEMBERSHIP_CONNECT, NULL));
  g_assert_true (expect (second, 0, DFN_MEMBERSHIP_CONNECT, NULL));
  a = dfn_membership_judge_offer (first, key_of (2), 0, 0, 0);
  b = dfn_membership_judge_offer (second, key_of (1), 0, 0, 0);
  g_assert_cmpint (MIN (a, b), ==, DFN_MEMBERSHIP_YIELD);
  g_assert_cmpint (MAX (a, b), ==, DFN_MEMBERSHIP_IGNORE);
}

/* One teller cannot fill the table, nor own the links. */
static void
test_one_teller (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  DfnMembershipStats stats;
  guint n = 0;

  accept_link (membership, 2, 0);
  for (guint i = 0; i < 200; i++)
    learn (membership, 100 + i, 2, TRUE);
  dfn_membership_get_stats (membership, &stats);
  g_assert_cmpuint (stats.n_known, ==, DFN_MEMBERSHIP_MAX_PER_SOURCE);
  for (gint64 now_us = 0; now_us < 20 * SECOND; now_us += SECOND)
    {
      guint who = 0;

      while (expect (membership, now_us, DFN_MEMBERSHIP_CONNECT, &who))
        {
          g_assert_true (dfn_membership_link_up (membership, key_of (who), 0, now_us));
          n++;
        }
    }
  g_assert_cmpuint (n, ==, DFN_MEMBERSHIP_MAX_LINKS_PER_SOURCE);
}

static void
test_many_tellers (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  DfnMembershipStats stats;

  for (guint teller = 2; teller < 50; teller++)
    for (guint i = 0; i < 50; i++)
      learn (membership, teller * 100 + i, teller, TRUE);
  dfn_membership_get_stats (membership, &stats);
  g_assert_cmpuint (stats.n_known, ==, DFN_MEMBERSHIP_MAX_KNOWN);
}

static void
test_routes (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  guint8 route[DFN_MEMBER_KEY_SIZE];

  accept_link (membership, 2, 0);
  learn (membership, 3, 2, FALSE);
  g_assert_false (dfn_membership_find_route (membership, key_of (3), route));
  learn (membership, 3, 2, TRUE);
  g_assert_true (dfn_membership_find_route (membership, key_of (3), route));
  g_assert_cmpuint (number_of (route), ==, 2);
  dfn_membership_link_down (membership, key_of (2), DFN_MEMBERSHIP_LEFT, 0);
  g_assert_false (dfn_membership_find_route (membership, key_of (3), route));
}

static void
test_list (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  DfnMemberRecord records[20];
  guint n, n_neighbours;

  for (guint i = 10; i < 40; i++)
    learn (membership, i, 9, FALSE);
  for (guint i = 10; i < 13; i++)
    accept_link (membership, i, 0);
  n = dfn_membership_list (membership, key_of (12), NOW_S, records, 20, &n_neighbours);
  g_assert_cmpuint (n, ==, 20);
  g_assert_cmpuint (n_neighbours, ==, 2);
  for (guint i = 0; i < n; i++)
    g_assert_true (number_of (records[i].key) != 12
                   && (number_of (records[i].key) < 12) == (i < n_neighbours));
  g_assert_cmpuint (dfn_membership_list (membership, NULL, NOW_S + 900, records, 20, &n_neighbours),
                    ==, 0);
}

static void
rate_all (DfnMembership *membership, guint first, guint n, gint64 idle_us)
{
  for (guint i = 0; i < n; i++)
    dfn_membership_rate (membership, key_of (first + i), 0.1 * i, DFN_PEER_STANDING_GOOD, idle_us);
}

/* A full member lets a newcomer in for one that is of no use, one at a time. */
static void
test_replace (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  const guint n = DFN_MEMBERSHIP_MAX_LINKS;
  gint64 later_us = 70 * SECOND;
  guint who = 0;

  dfn_membership_set_seeks (membership, FALSE);
  for (guint i = 0; i < n; i++)
    accept_link (membership, 10 + i, 0);
  rate_all (membership, 10, n, 0);
  g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (5), 0, 0, later_us), ==,
                   DFN_MEMBERSHIP_FULL);
  rate_all (membership, 10, n, 65 * SECOND);
  g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (5), 0, 0, later_us), ==,
                   DFN_MEMBERSHIP_ACCEPT);
  g_assert_false (expect (membership, later_us, DFN_MEMBERSHIP_DROP, NULL));
  g_assert_true (dfn_membership_link_up (membership, key_of (5), 0, later_us));
  g_assert_true (expect (membership, later_us, DFN_MEMBERSHIP_DROP, &who));
  g_assert_cmpuint (who, ==, 10);
  dfn_membership_link_down (membership, key_of (10), DFN_MEMBERSHIP_DROPPED, later_us);
  g_assert_cmpint (dfn_membership_judge_offer (membership, key_of (6), 0, 0, later_us), ==,
                   DFN_MEMBERSHIP_FULL);
}

static void
test_bad_standing (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  guint who = 0;

  accept_link (membership, 2, 0);
  dfn_membership_rate (membership, key_of (2), -0.7, DFN_PEER_STANDING_DROP, 0);
  g_assert_true (expect (membership, 0, DFN_MEMBERSHIP_DROP, &who));
  g_assert_cmpuint (who, ==, 2);
}

static void
test_newcomers (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  gint64 now_us = SECOND;
  guint n = 0;
  guint who = 0;

  g_assert_false (expect (membership, 0, DFN_MEMBERSHIP_LISTEN, NULL));
  accept_link (membership, 5000000, 0);
  g_assert_true (expect (membership, 0, DFN_MEMBERSHIP_LISTEN, NULL));
  dfn_membership_take_join (membership, key_of (2), 0, now_us);
  dfn_membership_take_join (membership, key_of (2), 0, now_us);
  dfn_membership_take_join (membership, key_of (1), 0, now_us);
  now_us += SECOND;
  g_assert_true (expect (membership, now_us, DFN_MEMBERSHIP_CONNECT, &who));
  g_assert_cmpuint (who, ==, 2);
  g_assert_false (expect (membership, now_us, DFN_MEMBERSHIP_CONNECT, &who));
  /* However many ask, only so many are answered. */
  for (guint i = 0; i < 10000; i++)
    {
      dfn_membership_take_join (membership, key_of (100 + i), 0, now_us);
      now_us += SECOND / 100;
      while (expect (membership, now_us, DFN_MEMBERSHIP_CONNECT, &who))
        {
          dfn_membership_link_down (membership, key_of (who), DFN_MEMBERSHIP_UNREACHED, now_us);
          n++;
        }
    }
  g_assert_cmpuint (n, >, 10);
  g_assert_cmpuint (n, <, DFN_MEMBERSHIP_JOINS_PER_MINUTE * 3);
}

/* Somebody else was quicker. */
static void
test_served_newcomer (void)
{
  g_autoptr (DfnMembership) membership = make (1);

  dfn_membership_take_join (membership, key_of (2), 0, 0);
  learn (membership, 2, 3, TRUE);
  accept_link (membership, 4, 0);
  dfn_membership_set_seeks (membership, FALSE);
  g_assert_false (expect (membership, SECOND, DFN_MEMBERSHIP_CONNECT, NULL));
}

static void
test_exchange (void)
{
  g_autoptr (DfnMembership) membership = make (1);
  guint n = 0;

  accept_link (membership, 2, 0);
  for (gint64 now_us = 0; now_us < 600 * SECOND; now_us += SECOND)
    n += expect (membership, now_us, DFN_MEMBERSHIP_EXCHANGE, NULL) ? 1 : 0;
  g_assert_cmpuint (n, >=, 16);
  g_assert_cmpuint (n, <=, 24);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/membership/join", test_join);
  g_test_add_func ("/network/membership/answered-contact", test_answered_contact_is_waited_for);
  g_test_add_func ("/network/membership/referred", test_referred);
  g_test_add_func ("/network/membership/reserve", test_reserve);
  g_test_add_func ("/network/membership/blocks", test_blocks);
  g_test_add_func ("/network/membership/both-offer", test_both_offer);
  g_test_add_func ("/network/membership/one-teller", test_one_teller);
  g_test_add_func ("/network/membership/many-tellers", test_many_tellers);
  g_test_add_func ("/network/membership/routes", test_routes);
  g_test_add_func ("/network/membership/list", test_list);
  g_test_add_func ("/network/membership/replace", test_replace);
  g_test_add_func ("/network/membership/bad-standing", test_bad_standing);
  g_test_add_func ("/network/membership/newcomers", test_newcomers);
  g_test_add_func ("/network/membership/served-newcomer", test_served_newcomer);
  g_test_add_func ("/network/membership/exchange", test_exchange);
  return g_test_run ();
}
