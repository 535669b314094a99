/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-announcement.h"
#include "dfn-presence.h"

G_BEGIN_DECLS

#define DFN_TYPE_FINDER (dfn_finder_get_type ())
G_DECLARE_FINAL_TYPE (DfnFinder, dfn_finder, DFN, FINDER, GObject)

/**
 * DfnFinder:
 *
 * Looks for the announcement that a link means, at the relays that the user and the link name and,
 * where none is public, at those of this network, and goes on to hear of newer ones. For the
 * engine's thread.
 *
 * Signals:
 * - `found` (DfnNostrEvent *event): an announcement of that address, properly signed; each version
 *   that a relay has
 * - `failed` (GError *error): there is none, or no relay; a #DfnEngineError
 * - `changed`: what is in the way is another
 */

/**
 * dfn_finder_new:
 * @presence: takes the relays
 * @address: what to look for
 * @relays: (array zero-terminated=1): that the user named
 *
 * Returns: (transfer full): a finder that has begun
 */
DfnFinder *dfn_finder_new (DfnPresence *presence, const DfnAddress *address, char **relays);

/* It has been found: the search may take as long as it likes from now on. */
void dfn_finder_succeed (DfnFinder *self);

G_END_DECLS
