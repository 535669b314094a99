/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-announcement.h"
#include "dfn-presence.h"

G_BEGIN_DECLS

#define DFN_TYPE_PUBLICATION (dfn_publication_get_type ())
G_DECLARE_FINAL_TYPE (DfnPublication, dfn_publication, DFN, PUBLICATION, GObject)

/**
 * DfnPublication:
 *
 * Keeps one addressable announcement at the relays: brings a relay where none was named, publishes,
 * renews, publishes again at relays that come back, and is always newer than what they have. For
 * the engine's thread.
 *
 * Signals:
 * - `announced`: a relay has the first one; the link is good
 * - `failed` (GError *error): none took the first one, and none will
 * - `changed`: what dfn_publication_get_problem() says is another
 */

/**
 * DfnPublicationSign:
 * @created_at_s: what the event has to say, seconds since 1970
 *
 * Returns: (transfer full): the announcement as it should be now
 */
typedef DfnNostrEvent *(*DfnPublicationSign) (gint64 created_at_s, gpointer user_data);

/**
 * dfn_publication_new:
 * @presence: where it can be met
 * @address: (transfer full): where the announcement is, without relays
 * @renew_s: seconds from one to the next
 * @sign: makes the event
 *
 * Returns: (transfer full): a publication that has done nothing yet
 */
DfnPublication *dfn_publication_new (DfnPresence *presence,
                                     DfnAddress *address,
                                     guint renew_s,
                                     DfnPublicationSign sign,
                                     gpointer user_data);

/**
 * dfn_publication_add_relays:
 * @relays: (array zero-terminated=1): addresses; none: brings one for this network
 *
 * Returns: %FALSE with an error if one cannot be used
 */
gboolean dfn_publication_add_relays (DfnPublication *self, char **relays, GError **error);

/* Publishes what the signing function makes now. */
void dfn_publication_announce (DfnPublication *self);

/* Publishes nothing any more: another program announces the same by now. */
void dfn_publication_cease (DfnPublication *self);

/* Returns: (transfer full) (nullable): the link, once it is good */
char *dfn_publication_get_link (DfnPublication *self);

/* Returns: (transfer none) (array zero-terminated=1): where it is announced */
const char *const *dfn_publication_get_relays (DfnPublication *self);

/* Returns: whether it is found on this network only */
gboolean dfn_publication_is_lan (DfnPublication *self);

/* Returns: (transfer none) (nullable): what is in the way at the moment, a sentence for display */
const char *dfn_publication_get_problem (DfnPublication *self);

/* Returns: whether the relays have answered to all that was published */
gboolean dfn_publication_is_settled (DfnPublication *self);

G_END_DECLS
