/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-uplink-paths.h"

G_BEGIN_DECLS

/**
 * DfnUplinkEstimate:
 *
 * How fast an uplink may be used, found out from what many paths through it report. Pure: time is
 * an argument, in microseconds of any clock that does not go back.
 *
 * As long as the queue that they see together stays short nothing is limited. Afterwards the
 * rate is what the network took off our hands lately, a little more or less so that the queue comes
 * to %DFN_UPLINK_TARGET_US (more for a few links): then the uplink is never idle, and the queue
 * short. As that rate falls with a competing TCP flow's rise, it gives way to it as LEDBAT (RFC
 * 6817) does, but not below %DFN_UPLINK_FLOOR of the capacity. Every 10 s the queue is emptied for
 * a moment, so that all paths, also the new ones, see their shortest round-trip time (as in
 * LEDBAT++).
 */
typedef struct _DfnUplinkEstimate DfnUplinkEstimate;

/** DFN_UPLINK_TARGET_US: the queueing delay wanted, so that the uplink is never idle */
#define DFN_UPLINK_TARGET_US 18000
/**
 * DFN_UPLINK_FEW_US: how much longer the queue is with one link, half of it with two, and so on:
 * now and then a link's own congestion control (BBR) sends next to nothing, and few cannot make up
 * for it
 */
#define DFN_UPLINK_FEW_US 24000
/** DFN_UPLINK_RISE_US: such a rise above what is wanted means that the queue is out of control */
#define DFN_UPLINK_RISE_US 25000
/** DFN_UPLINK_FLOOR: the share of the capacity that a competing flow cannot push us below */
#define DFN_UPLINK_FLOOR 0.40
/** DFN_UPLINK_TICK_US: how often dfn_uplink_estimate_tick() wants to be called while data flow */
#define DFN_UPLINK_TICK_US 20000

/**
 * DfnUplinkReport:
 * @sent: packets' bytes given to the link since the connection began, with all headers
 * @in_flight: the part of them that is neither acknowledged nor given up
 * @acked: stream bytes acknowledged since the connection began
 * @rtt_us: a new sample of the round-trip time, less what the peer waited before it acknowledged;
 *   -1: none
 */
typedef struct {
  guint64 sent;
  guint64 in_flight;
  guint64 acked;
  gint64 rtt_us;
} DfnUplinkReport;

DfnUplinkEstimate *dfn_uplink_estimate_new (void);
void dfn_uplink_estimate_free (DfnUplinkEstimate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnUplinkEstimate, dfn_uplink_estimate_free)

/**
 * dfn_uplink_estimate_add:
 *
 * Returns: (transfer none): a new path; dfn_uplink_estimate_remove() frees it
 */
DfnUplinkPath *dfn_uplink_estimate_add (DfnUplinkEstimate *self);
void dfn_uplink_estimate_remove (DfnUplinkEstimate *self, DfnUplinkPath *path);

/**
 * dfn_uplink_estimate_report:
 *
 * Takes what has become of a path's packets.
 *
 * Returns: the bytes sent since the path's last report
 */
guint64 dfn_uplink_estimate_report (DfnUplinkEstimate *self,
                                    DfnUplinkPath *path,
                                    gint64 now_us,
                                    const DfnUplinkReport *report);

/**
 * dfn_uplink_estimate_set_waiting:
 * @waiting: whether somebody would send more if the rate (not a user's limit) allowed it
 */
void dfn_uplink_estimate_set_waiting (DfnUplinkEstimate *self, gint64 now_us, gboolean waiting);

/**
 * dfn_uplink_estimate_tick:
 *
 * Looks at the queue and settles the rate; more than one call in %DFN_UPLINK_TICK_US does nothing.
 */
void dfn_uplink_estimate_tick (DfnUplinkEstimate *self, gint64 now_us);

/**
 * dfn_uplink_estimate_is_idle:
 *
 * Returns: %TRUE if nothing was sent for so long that no ticks are needed until something is
 */
gboolean dfn_uplink_estimate_is_idle (const DfnUplinkEstimate *self, gint64 now_us);

/**
 * dfn_uplink_estimate_get_rate:
 *
 * Returns: bytes a second that may be sent now, or 0 while nothing is known that limits it
 */
double dfn_uplink_estimate_get_rate (const DfnUplinkEstimate *self);

/**
 * dfn_uplink_estimate_get_capacity:
 *
 * Returns: the uplink's capacity in bytes a second; if it was never filled, the most that was sent
 */
double dfn_uplink_estimate_get_capacity (const DfnUplinkEstimate *self);

/**
 * dfn_uplink_estimate_get_queue_delay:
 *
 * Returns: how long a packet waits in front of the uplink, in microseconds
 */
gint64 dfn_uplink_estimate_get_queue_delay (const DfnUplinkEstimate *self);

/**
 * dfn_uplink_estimate_is_competing:
 *
 * Returns: %TRUE while the queue stays long though we hold back: somebody else fills it
 */
gboolean dfn_uplink_estimate_is_competing (const DfnUplinkEstimate *self);

G_END_DECLS
