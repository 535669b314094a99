/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-chunk.h"

G_BEGIN_DECLS

/** DFN_LIVE_MANIFEST_FORMAT: the form of chunks that this program makes and understands */
#define DFN_LIVE_MANIFEST_FORMAT 1
/** DFN_LIVE_MANIFEST_MAX_TRACKS: how many tracks an announcement may name */
#define DFN_LIVE_MANIFEST_MAX_TRACKS 16
/** DFN_LIVE_MANIFEST_MAX_CAPS: the bytes of the longest description of a track */
#define DFN_LIVE_MANIFEST_MAX_CAPS 4096
#define DFN_LIVE_MANIFEST_MIN_SLOT_MS 10
#define DFN_LIVE_MANIFEST_MAX_SLOT_MS 2000
#define DFN_LIVE_MANIFEST_MAX_BITRATE (G_GUINT64_CONSTANT (1000) * 1000 * 1000)

/**
 * DfnLiveTrack:
 * @media_type: RFC 6838 type of what the track's chunks hold when they are put together;
 *   `video/mp2t` for a transport stream, `application/octet-stream` for a stream of bytes
 * @caps: (nullable): what a decoder has to know besides, as text
 * @bitrate: nominal bits per second, 0 if unknown
 *
 * One of the streams that a broadcast is made of; it is numbered by its place.
 */
typedef struct {
  char *media_type;
  char *caps;
  guint64 bitrate;
} DfnLiveTrack;

/**
 * DfnLiveManifest:
 * @title: for display; clean
 * @summary: (nullable): a description; clean
 * @key: the Ed25519 key that the chunks of @epoch are signed with
 * @epoch: which run of the broadcast; raised when it starts again: the seconds since 1970 at its
 *   start, so that nothing has to be remembered from one run to the next
 * @slot_us: nominal duration of a chunk
 * @starts_s: when this run began, seconds since 1970
 * @ends_s: when it ended, 0 if unknown
 * @is_ended: whether it is over
 * @tracks: (element-type DfnLiveTrack): at least one
 *
 * What a broadcaster says of a live stream: enough to check every chunk of one epoch.
 */
typedef struct {
  char *title;
  char *summary;
  guint8 key[DFN_LIVE_KEY_SIZE];
  guint64 epoch;
  gint64 slot_us;
  gint64 starts_s;
  gint64 ends_s;
  gboolean is_ended;
  GPtrArray *tracks;
} DfnLiveManifest;

/**
 * dfn_live_manifest_new:
 * @title: (nullable): UTF-8; cleaned, and "live" if nothing is left
 * @summary: (nullable): UTF-8; cleaned
 * @key: the signer's
 * @epoch: at least 1
 * @slot_us: within the limits above
 * @starts_s: seconds since 1970
 *
 * Returns: (transfer full): a manifest without tracks, on air
 */
DfnLiveManifest *dfn_live_manifest_new (const char *title,
                                        const char *summary,
                                        const guint8 key[DFN_LIVE_KEY_SIZE],
                                        guint64 epoch,
                                        gint64 slot_us,
                                        gint64 starts_s);
DfnLiveManifest *dfn_live_manifest_copy (const DfnLiveManifest *self);
void dfn_live_manifest_free (DfnLiveManifest *self);

/**
 * dfn_live_manifest_add_track:
 * @media_type: an RFC 6838 type
 * @caps: (nullable): UTF-8
 * @bitrate: bits per second, 0 if unknown
 *
 * Adds a track, at most %DFN_LIVE_MANIFEST_MAX_TRACKS of them.
 */
void dfn_live_manifest_add_track (DfnLiveManifest *self,
                                  const char *media_type,
                                  const char *caps,
                                  guint64 bitrate);

/**
 * dfn_live_manifest_from_tags:
 * @tags: (element-type GStrv): the tags of an announcement of kind 30311, from anywhere
 *
 * Reads the tags that dfn_live_manifest_to_tags() writes and passes over others. One of ours that
 * comes twice is refused. Other programs announce live streams that are served elsewhere; those
 * have no stream key.
 *
 * Returns: (transfer full) (nullable): the manifest, or %NULL with
 *   %DFN_STREAMING_ERROR_INVALID_MANIFEST
 */
DfnLiveManifest *dfn_live_manifest_from_tags (GPtrArray *tags, GError **error);

/**
 * dfn_live_manifest_to_tags:
 *
 * NIP-53's `title`, `summary`, `starts`, `ends` and `status` (`live` or `ended`), NIP-31's `alt`,
 * and our own `key` (hexadecimal digits), `epoch`, `slot` (milliseconds), `chunks` (the format)
 * and, for each track, `track` (number, media type, bits per second, description).
 *
 * Returns: (transfer full) (element-type GStrv): the tags, in an array that frees them
 */
GPtrArray *dfn_live_manifest_to_tags (const DfnLiveManifest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveManifest, dfn_live_manifest_free)

G_END_DECLS
