/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-candidate.h"
#include "dfn-ice-config.h"
#include "dfn-link.h"

G_BEGIN_DECLS

#define DFN_TYPE_ICE_LINK (dfn_ice_link_get_type ())
G_DECLARE_FINAL_TYPE (DfnIceLink, dfn_ice_link, DFN, ICE_LINK, DfnLink)

/** DFN_ICE_CREDENTIAL_MAX: the longest ufrag or password, in characters (RFC 8839 section 5.4) */
#define DFN_ICE_CREDENTIAL_MAX 256

/**
 * DfnIceLink:
 *
 * A path found by ICE (RFC 8445, trickled as in RFC 8838, with the consent of RFC 7675) through
 * libnice. It lives in the thread-default main context of its creation.
 */

/**
 * dfn_ice_link_new:
 * @controlling: whether this side decides on the path
 *
 * Returns: (transfer full): a link that has not begun to look for a path
 */
DfnIceLink *dfn_ice_link_new (DfnIceConfig *config, gboolean controlling);

/**
 * dfn_ice_link_gather:
 *
 * Starts to collect local candidates; each that may travel is told by #DfnIceLink::candidate, the
 * first ones before this function returns.
 *
 * Returns: %FALSE with %DFN_NETWORK_ERROR_UNREACHABLE if this computer has no usable address
 */
gboolean dfn_ice_link_gather (DfnIceLink *self, GError **error);

/* This side's credentials: (transfer none). */
const char *dfn_ice_link_get_ufrag (DfnIceLink *self);
const char *dfn_ice_link_get_password (DfnIceLink *self);

/**
 * dfn_ice_link_set_remote_credentials:
 *
 * Returns: %FALSE if libnice refuses them
 */
gboolean
dfn_ice_link_set_remote_credentials (DfnIceLink *self, const char *ufrag, const char *password);

/**
 * dfn_ice_link_add_remote_candidates:
 * @candidates: (element-type DfnCandidate): what the peer said; those that may not be used, and
 *   those beyond %DFN_CANDIDATE_MAX in all, are passed over
 *
 * Returns: how many were taken
 */
guint dfn_ice_link_add_remote_candidates (DfnIceLink *self, GPtrArray *candidates);

/**
 * dfn_ice_link_is_relayed:
 *
 * Returns: %TRUE if the chosen path goes through a TURN server on either side
 */
gboolean dfn_ice_link_is_relayed (DfnIceLink *self);

/**
 * dfn_ice_link_get_family:
 *
 * Returns: 4 or 6 for IPv4 or IPv6, of the chosen path at this side; 0 while there is none
 */
guint dfn_ice_link_get_family (DfnIceLink *self);

/**
 * dfn_ice_link_get_remote_address:
 *
 * Returns: (transfer full) (nullable): the peer's address on the chosen path; a TURN server's if
 *   the peer is behind one
 */
GInetAddress *dfn_ice_link_get_remote_address (DfnIceLink *self);

/**
 * dfn_ice_link_is_stranded:
 *
 * Returns: %TRUE if the chosen path starts at an address that this computer has no more
 */
gboolean dfn_ice_link_is_stranded (DfnIceLink *self);

/**
 * dfn_ice_link_describe:
 *
 * Returns: (transfer full) (nullable): the chosen path in words for a log, e.g.
 *   "host 192.0.2.1:4000 - srflx 198.51.100.7:4001"
 */
char *dfn_ice_link_describe (DfnIceLink *self);

G_END_DECLS
