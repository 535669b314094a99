/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-link.h"

G_BEGIN_DECLS

#define DFN_TYPE_LOOPBACK_LINK (dfn_loopback_link_get_type ())
G_DECLARE_FINAL_TYPE (DfnLoopbackLink, dfn_loopback_link, DFN, LOOPBACK_LINK, DfnLink)

/**
 * DfnLoopbackParams:
 * @delay_us: the way from one end to the other, in microseconds
 * @jitter_us: the most that chance adds to the delay of each packet, so that one overtakes another
 * @loss: the share of packets that get lost, 0 to 1
 * @seed: decides which; the same seed loses the same packets
 * @max_payload: the largest packet that passes, in bytes; larger ones vanish
 */
typedef struct {
  gint64 delay_us;
  gint32 jitter_us;
  double loss;
  guint32 seed;
  gsize max_payload;
} DfnLoopbackParams;

/**
 * dfn_loopback_link_new_pair:
 * @context: (nullable): where packets are delivered
 * @params: (nullable): the path; %NULL for one without delay or loss
 * @a: (out) (transfer full): one end
 * @b: (out) (transfer full): the other
 *
 * Two links that are each other's peer, connected from the start.
 */
void dfn_loopback_link_new_pair (GMainContext *context,
                                 const DfnLoopbackParams *params,
                                 DfnLink **a,
                                 DfnLink **b);

/**
 * dfn_loopback_link_cut:
 *
 * Loses the path: both ends fail and carry nothing any more.
 */
void dfn_loopback_link_cut (DfnLoopbackLink *self);

G_END_DECLS
