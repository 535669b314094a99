/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** DFN_CANDIDATE_MAX: the most candidates taken from, and told to, a peer (DESIGN: 10 an offer) */
#define DFN_CANDIDATE_MAX 10
/** DFN_CANDIDATE_FOUNDATION_MAX: the longest foundation, in characters (RFC 8839 section 5.1) */
#define DFN_CANDIDATE_FOUNDATION_MAX 32

/**
 * DfnCandidateType:
 *
 * The types of RFC 8445 section 5.1.1, with its numbers' meaning.
 */
typedef enum {
  DFN_CANDIDATE_HOST,
  DFN_CANDIDATE_SERVER_REFLEXIVE,
  DFN_CANDIDATE_PEER_REFLEXIVE,
  DFN_CANDIDATE_RELAYED,
} DfnCandidateType;

/**
 * DfnCandidate:
 * @address: (transfer full): where packets may reach the peer; UDP
 * @port: 1 to 65535
 * @priority: of RFC 8445 section 5.1.2
 * @foundation: at most %DFN_CANDIDATE_FOUNDATION_MAX characters
 */
typedef struct {
  DfnCandidateType type;
  GInetAddress *address;
  guint16 port;
  guint32 priority;
  char foundation[DFN_CANDIDATE_FOUNDATION_MAX + 1];
} DfnCandidate;

/**
 * DfnScope:
 * @DFN_SCOPE_HOST: this computer alone
 * @DFN_SCOPE_LAN: a private network
 * @DFN_SCOPE_PUBLIC: anybody
 *
 * How far an address reaches, or how far what we say through a relay is heard.
 */
typedef enum {
  DFN_SCOPE_HOST,
  DFN_SCOPE_LAN,
  DFN_SCOPE_PUBLIC,
} DfnScope;

DfnCandidate *dfn_candidate_new (DfnCandidateType type,
                                 GInetAddress *address,
                                 guint16 port,
                                 guint32 priority,
                                 const char *foundation);
DfnCandidate *dfn_candidate_copy (const DfnCandidate *self);
void dfn_candidate_free (DfnCandidate *self);

/**
 * dfn_scope_of_address:
 *
 * Returns: how far @address reaches: RFC 1918, RFC 6598, link-local and unique local addresses are
 *   a LAN's
 */
DfnScope dfn_scope_of_address (GInetAddress *address);

/**
 * dfn_address_is_carrier_grade:
 *
 * Returns: %TRUE for the addresses of RFC 6598, between a carrier's NAT and its customers
 */
gboolean dfn_address_is_carrier_grade (GInetAddress *address);

/**
 * dfn_scope_of_url:
 * @url: a relay's `ws://` or `wss://` address
 *
 * Returns: how far what is said there is heard; %DFN_SCOPE_PUBLIC for every name but `localhost`
 *   and those below `.local`
 */
DfnScope dfn_scope_of_url (const char *url);

/**
 * dfn_candidate_may_travel:
 * @scope: how far it would be heard
 *
 * Returns: %TRUE if one of our own candidates may be told: private addresses stay on the LAN
 */
gboolean dfn_candidate_may_travel (const DfnCandidate *self, DfnScope scope);

/**
 * dfn_candidate_is_acceptable:
 * @scope: where it was said
 *
 * Returns: %TRUE if packets may be sent to a stranger's candidate: never to multicast or broadcast
 *   addresses; to loopback or private ones only if it was said there
 */
gboolean dfn_candidate_is_acceptable (const DfnCandidate *self, DfnScope scope);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnCandidate, dfn_candidate_free)

G_END_DECLS
