/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-announcement.h"
#include "dfn-live-manifest.h"

G_BEGIN_DECLS

/** DFN_LIVE_ANNOUNCEMENT_HOURS: for how long relays keep one that is not renewed (NIP-40) */
#define DFN_LIVE_ANNOUNCEMENT_HOURS 24
/** DFN_LIVE_ANNOUNCEMENT_STALE_S: one that claims to be live and is older is not believed (NIP-53)
 */
#define DFN_LIVE_ANNOUNCEMENT_STALE_S (60 * 60)

/**
 * DfnLiveAnnouncement:
 * @manifest: what is broadcast
 * @contact: the Nostr key that signals go to, 64 hexadecimal digits
 * @identifier: the `d` tag
 * @pubkey: who says it
 * @stream: the stream's id
 * @created_at: when, seconds since 1970
 *
 * What an event of kind %DFN_NOSTR_KIND_LIVE says.
 */
typedef struct {
  DfnLiveManifest *manifest;
  char *contact;
  char *identifier;
  char *pubkey;
  guint8 stream[DFN_LIVE_STREAM_ID_SIZE];
  gint64 created_at;
} DfnLiveAnnouncement;

/**
 * dfn_live_announcement_read:
 * @event: of kind %DFN_NOSTR_KIND_LIVE, from anybody
 *
 * Returns: (transfer full) (nullable): what it says, or %NULL with %DFN_ENGINE_ERROR_INTEGRITY;
 * also for streams that other programs announce
 */
DfnLiveAnnouncement *dfn_live_announcement_read (DfnNostrEvent *event, GError **error);
void dfn_live_announcement_free (DfnLiveAnnouncement *self);

/**
 * dfn_live_announcement_sign:
 * @key: the broadcaster
 * @identifier: the `d` tag
 * @contact: the Nostr key that signals go to
 * @now_s: seconds since 1970
 *
 * Returns: (transfer full): the event to publish
 */
DfnNostrEvent *dfn_live_announcement_sign (DfnNostrKey *key,
                                           const DfnLiveManifest *manifest,
                                           const char *identifier,
                                           const char *contact,
                                           gint64 now_s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveAnnouncement, dfn_live_announcement_free)

G_END_DECLS
