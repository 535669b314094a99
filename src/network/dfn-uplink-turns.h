/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnUplinkTurn:
 * @deadline_us: of the most urgent that this one has to send
 * @since_us: when it began to wait
 * @served: the number of the turn it had last
 * @is_waiting: whether it waits
 *
 * One that waits for its turn at the uplink, part of its owner's own structure.
 */
typedef struct {
  gint64 deadline_us;
  gint64 since_us;
  guint64 served;
  gboolean is_waiting;
} DfnUplinkTurn;

/**
 * DfnUplinkTurns:
 *
 * Who goes next: the earliest deadline; among equal ones whose last turn is the longest ago. But
 * every eighth turn, at most, is of whoever has waited for %DFN_UPLINK_PATIENCE_US: nobody waits
 * for ever behind earlier deadlines, and each connection keeps knowing its round-trip time. Pure:
 * time is an argument.
 */
typedef struct _DfnUplinkTurns DfnUplinkTurns;

/** DFN_UPLINK_PATIENCE_US: how long one waits for its deadline's sake, in microseconds */
#define DFN_UPLINK_PATIENCE_US G_USEC_PER_SEC

DfnUplinkTurns *dfn_uplink_turns_new (void);
void dfn_uplink_turns_free (DfnUplinkTurns *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnUplinkTurns, dfn_uplink_turns_free)

/**
 * dfn_uplink_turns_wait:
 * @turn: (transfer none): stays at its address while it waits
 *
 * Begins to wait, or goes on with another deadline.
 */
void dfn_uplink_turns_wait (DfnUplinkTurns *self,
                            DfnUplinkTurn *turn,
                            gint64 now_us,
                            gint64 deadline_us);
/* Waits no longer; may be called at any time. */
void dfn_uplink_turns_leave (DfnUplinkTurns *self, DfnUplinkTurn *turn);
/* Has its turn. */
void dfn_uplink_turns_serve (DfnUplinkTurns *self, DfnUplinkTurn *turn, gint64 now_us);

/**
 * dfn_uplink_turns_get_next:
 *
 * Returns: (transfer none) (nullable): whose turn it is
 */
DfnUplinkTurn *dfn_uplink_turns_get_next (DfnUplinkTurns *self, gint64 now_us);

G_END_DECLS
