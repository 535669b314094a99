/* SPDX-License-Identifier: MIT */
#include "dfn-membership.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define NOW_S 1000
#define MOST_ACTIONS 200

static void
make_key (uint8_t n, guint8 key[DFN_MEMBER_KEY_SIZE])
{
  memset (key, 0, DFN_MEMBER_KEY_SIZE);
  key[0] = key[9] = n;
}

/* Whatever is wanted is done at once, so that every action ends. */
static void
act (DfnMembership *membership, gint64 now_us)
{
  DfnMembershipAction action;
  guint n = 0;

  while (dfn_membership_next (membership, now_us, NOW_S, &action))
    {
      if (action.what == DFN_MEMBERSHIP_DROP)
        dfn_membership_link_down (membership, action.key, DFN_MEMBERSHIP_DROPPED, now_us);
      g_assert_cmpuint (++n, <, MOST_ACTIONS);
    }
}

static void
step (DfnMembership *membership, uint8_t op, uint8_t arg, gint64 now_us)
{
  DfnMemberRecord record = { .expires_s = NOW_S + arg };
  DfnMemberRecord listed[20];
  guint8 key[DFN_MEMBER_KEY_SIZE];
  guint8 other[DFN_MEMBER_KEY_SIZE];
  guint n;

  make_key (arg, key);
  make_key (op, other);
  memcpy (record.key, key, sizeof record.key);
  switch (op % 10)
    {
    case 0:
      dfn_membership_learn (membership, &record, other, op > 128, NOW_S);
      break;
    case 1:
      dfn_membership_judge_offer (membership, key, arg % 4, op % 7, now_us);
      break;
    case 2:
      dfn_membership_link_up (membership, key, arg % 4, now_us);
      break;
    case 3:
      dfn_membership_link_down (membership, key, (DfnMembershipEnd) (op / 10 % 4), now_us);
      break;
    case 4:
      dfn_membership_rate (membership, key, op / 128.0 - 1, (DfnPeerStanding) (op / 10 % 4),
                           (gint64) op * G_USEC_PER_SEC);
      break;
    case 5:
      dfn_membership_take_join (membership, key, op, now_us);
      break;
    case 6:
      dfn_membership_set_contact (membership, key, now_us);
      break;
    case 7:
      dfn_membership_set_seeks (membership, arg & 1);
      dfn_membership_set_accepts (membership, arg & 2);
      break;
    case 8:
      g_assert_cmpuint (dfn_membership_list (membership, key, NOW_S, listed, 20, &n), <=, 20);
      break;
    case 9:
      dfn_membership_find_route (membership, key, other);
      break;
    }
}

/* Whatever happens in whatever order, what is kept stays bounded and decisions end. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  DfnMembershipConfig config = { .seed = 1, .max_links = 20, .accepts = TRUE, .seeks = TRUE };
  g_autoptr (DfnMembership) membership = NULL;
  DfnMembershipStats stats;
  gint64 now_us = 0;

  make_key (0, config.key);
  membership = dfn_membership_new (&config, 0);
  for (size_t i = 0; i + 1 < size; i += 2)
    {
      now_us += (gint64) data[i] * data[i + 1] * 1000;
      step (membership, data[i], data[i + 1], now_us);
      act (membership, now_us);
      dfn_membership_get_stats (membership, &stats);
      g_assert_cmpuint (stats.n_known, <=, DFN_MEMBERSHIP_MAX_KNOWN);
      g_assert_cmpint (dfn_membership_get_wakeup (membership, now_us), >, now_us);
    }
  return 0;
}
