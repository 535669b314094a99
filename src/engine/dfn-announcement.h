/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-engine-error.h"
#include "dfn-manifest.h"
#include "dfn-nostr-event.h"
#include "dfn-nostr-filter.h"

G_BEGIN_DECLS

/** DFN_ANNOUNCEMENT_IDENTIFIER_MAX: the bytes of the longest `d` tag taken */
#define DFN_ANNOUNCEMENT_IDENTIFIER_MAX 64
/** DFN_ANNOUNCEMENT_DAYS: for how long relays keep an announcement that is not renewed (NIP-40) */
#define DFN_ANNOUNCEMENT_DAYS 7

/**
 * DfnAddress:
 * @kind: %DFN_NOSTR_KIND_FILE or %DFN_NOSTR_KIND_LIVE
 * @pubkey: the broadcaster's Nostr key, 64 hexadecimal digits
 * @identifier: the announcement's `d` tag
 * @relays: (array zero-terminated=1): where to look for it, perhaps nowhere
 * @contact: (nullable): the Nostr key that signals go to, as far as the link knows: 64 hexadecimal
 *   digits; what the announcement says counts
 *
 * What a link says: where an addressable announcement is.
 */
typedef struct {
  guint32 kind;
  char *pubkey;
  char *identifier;
  char **relays;
  char *contact;
} DfnAddress;

/**
 * dfn_address_parse:
 * @link: `defiance:naddr1…`, `defiance://naddr1…` or a bare `naddr1…`, from anywhere
 *
 * Returns: (transfer full) (nullable): what it says, or %NULL with %DFN_ENGINE_ERROR_INVALID_LINK
 *   whose message says what is wrong with it
 */
DfnAddress *dfn_address_parse (const char *link, GError **error);

/**
 * dfn_address_to_link:
 *
 * Returns: (transfer full): `defiance:naddr1…`
 */
char *dfn_address_to_link (const DfnAddress *self);
/* Of a file. */
DfnAddress *dfn_address_new (const char *pubkey, const char *identifier, const char *const *relays);
/* Of a live stream. */
DfnAddress *
dfn_address_new_live (const char *pubkey, const char *identifier, const char *const *relays);
void dfn_address_free (DfnAddress *self);

/**
 * dfn_address_to_filter:
 *
 * Returns: (transfer full): what to ask relays for
 */
DfnNostrFilter *dfn_address_to_filter (const DfnAddress *self);

/** dfn_address_matches: whether @event, from anywhere, is the one that was asked for */
gboolean dfn_address_matches (const DfnAddress *self, DfnNostrEvent *event);

/**
 * DfnAnnouncement:
 * @manifest: what is shared
 * @contact: the Nostr key that signals go to, 64 hexadecimal digits
 * @identifier: the `d` tag
 * @pubkey: who says it
 * @created_at: when, seconds since 1970
 *
 * What an event of kind %DFN_NOSTR_KIND_FILE says.
 */
typedef struct {
  DfnManifest *manifest;
  char *contact;
  char *identifier;
  char *pubkey;
  gint64 created_at;
} DfnAnnouncement;

/**
 * dfn_announcement_read:
 * @event: of kind %DFN_NOSTR_KIND_FILE, from anybody
 *
 * Returns: (transfer full) (nullable): what it says, or %NULL with %DFN_ENGINE_ERROR_INTEGRITY
 */
DfnAnnouncement *dfn_announcement_read (DfnNostrEvent *event, GError **error);
void dfn_announcement_free (DfnAnnouncement *self);

/**
 * dfn_announcement_identify:
 *
 * Returns: (transfer full): the `d` tag for @manifest: the same content of the same broadcaster
 *   always has the same address, so that links outlive the program
 */
char *dfn_announcement_identify (DfnManifest *manifest);

/**
 * dfn_announcement_sign:
 * @key: the broadcaster
 * @manifest: what is shared
 * @contact: the Nostr key that signals go to
 * @now_s: seconds since 1970
 *
 * Returns: (transfer full): the event to publish
 */
DfnNostrEvent *
dfn_announcement_sign (DfnNostrKey *key, DfnManifest *manifest, const char *contact, gint64 now_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnAddress, dfn_address_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnAnnouncement, dfn_announcement_free)

G_END_DECLS
