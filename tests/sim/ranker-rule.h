/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-peer-ranker.h"

G_BEGIN_DECLS

#define RANKER_TYPE_RULE (ranker_rule_get_type ())
G_DECLARE_FINAL_TYPE (RankerRule, ranker_rule, RANKER, RULE, GObject)

/**
 * RankerRuleKind:
 * @RANKER_RULE_THROUGHPUT: the highest smoothed throughput, each peer tried once first
 * @RANKER_RULE_SCORE: the highest sum of throughput, round trip, reliability and load, each
 *   between 0 and 1 and weighted, with failures counted for good
 * @RANKER_RULE_RANDOM: drawn, as probable as its share of the throughput of all
 * @RANKER_RULE_RTT: the shortest round trip
 * @RANKER_RULE_LOADED: the highest throughput divided by what is asked of the peer already
 * @RANKER_RULE_GRUDGE: the same, divided by all failures there ever were
 *
 * Rules that are often used to choose peers, to compare with.
 */
typedef enum {
  RANKER_RULE_THROUGHPUT,
  RANKER_RULE_SCORE,
  RANKER_RULE_RANDOM,
  RANKER_RULE_RTT,
  RANKER_RULE_LOADED,
  RANKER_RULE_GRUDGE,
} RankerRuleKind;

RankerRule *ranker_rule_new (RankerRuleKind kind, guint64 seed);

G_END_DECLS
