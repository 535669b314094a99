/* SPDX-License-Identifier: MIT */
#include "dfn-live-manifest.h"

#include "dfn-bytes.h"
#include "dfn-manifest.h"
#include "dfn-safe-name.h"
#include "dfn-streaming-error.h"
#include "dfn-tag-reader.h"

#include <string.h>

#define DEFAULT_TITLE "live"
#define US_PER_MS 1000

static void
track_free (gpointer data)
{
  DfnLiveTrack *track = data;

  g_free (track->media_type);
  g_free (track->caps);
  g_free (track);
}

DfnLiveManifest *
dfn_live_manifest_new (const char *title,
                       const char *summary,
                       const guint8 key[DFN_LIVE_KEY_SIZE],
                       guint64 epoch,
                       gint64 slot_us,
                       gint64 starts_s)
{
  DfnLiveManifest *self = g_new0 (DfnLiveManifest, 1);

  self->title = dfn_clean_text (title, DFN_MANIFEST_MAX_NAME, FALSE);
  if (self->title == NULL)
    self->title = g_strdup (DEFAULT_TITLE);
  self->summary = dfn_clean_text (summary, DFN_MANIFEST_MAX_SUMMARY, TRUE);
  memcpy (self->key, key, DFN_LIVE_KEY_SIZE);
  self->epoch = epoch;
  self->slot_us = slot_us;
  self->starts_s = starts_s;
  self->tracks = g_ptr_array_new_with_free_func (track_free);
  return self;
}

void
dfn_live_manifest_add_track (DfnLiveManifest *self,
                             const char *media_type,
                             const char *caps,
                             guint64 bitrate)
{
  DfnLiveTrack *track;

  g_return_if_fail (self->tracks->len < DFN_LIVE_MANIFEST_MAX_TRACKS);

  track = g_new0 (DfnLiveTrack, 1);
  track->media_type = g_strdup (media_type);
  track->caps = g_strdup (caps);
  track->bitrate = bitrate;
  g_ptr_array_add (self->tracks, track);
}

DfnLiveManifest *
dfn_live_manifest_copy (const DfnLiveManifest *self)
{
  DfnLiveManifest *copy = dfn_live_manifest_new (self->title, self->summary, self->key, self->epoch,
                                                 self->slot_us, self->starts_s);

  copy->ends_s = self->ends_s;
  copy->is_ended = self->is_ended;
  for (guint i = 0; i < self->tracks->len; i++)
    {
      const DfnLiveTrack *track = self->tracks->pdata[i];

      dfn_live_manifest_add_track (copy, track->media_type, track->caps, track->bitrate);
    }
  return copy;
}

void
dfn_live_manifest_free (DfnLiveManifest *self)
{
  g_free (self->title);
  g_free (self->summary);
  g_ptr_array_unref (self->tracks);
  g_free (self);
}

static gboolean
invalid (GError **error, const char *reason)
{
  g_set_error_literal (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST, reason);
  return FALSE;
}

/* A track's tag: its name, number, media type, bitrate, description. */
static gboolean
read_track (DfnLiveManifest *self, char **tag, GError **error)
{
  guint64 number, bitrate;

  if (self->tracks->len == DFN_LIVE_MANIFEST_MAX_TRACKS)
    return invalid (error, "it names too many tracks");
  if (g_strv_length (tag) < 4 || !dfn_tag_parse_number (tag[1], &number)
      || !dfn_tag_parse_number (tag[3], &bitrate) || bitrate > DFN_LIVE_MANIFEST_MAX_BITRATE
      || !dfn_tag_is_mime_type (tag[2]))
    return invalid (error, "a track is not described as it should be");
  if (number != self->tracks->len)
    return invalid (error, "its tracks are not in order");
  if (tag[4] != NULL
      && (strnlen (tag[4], DFN_LIVE_MANIFEST_MAX_CAPS + 1) > DFN_LIVE_MANIFEST_MAX_CAPS
          || !g_utf8_validate (tag[4], -1, NULL)))
    return invalid (error, "a track's description is too long or not UTF-8");
  dfn_live_manifest_add_track (self, tag[2], tag[4], bitrate);
  return TRUE;
}

static gboolean
read_tracks (DfnLiveManifest *self, GPtrArray *tags, GError **error)
{
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = g_ptr_array_index (tags, i);

      if (tag != NULL && g_strcmp0 (tag[0], "track") == 0 && !read_track (self, tag, error))
        return FALSE;
    }
  return self->tracks->len > 0 || invalid (error, "it names no track");
}

/* What the tags say, not yet judged. */
typedef struct {
  const char *title;
  const char *summary;
  const char *status;
  const char *starts;
  const char *ends;
  guint8 key[DFN_LIVE_KEY_SIZE];
  guint64 epoch;
  guint64 slot_ms;
  guint64 format;
} Found;

static gboolean
find_tags (GPtrArray *tags, Found *found, GError **error)
{
  return dfn_tag_find_bytes (tags, "key", found->key, DFN_LIVE_KEY_SIZE, error)
         && dfn_tag_find_number (tags, "epoch", &found->epoch, error)
         && dfn_tag_find_number (tags, "slot", &found->slot_ms, error)
         && dfn_tag_find_number (tags, "chunks", &found->format, error)
         && dfn_tag_find_text (tags, "title", DFN_MANIFEST_MAX_NAME, &found->title, error)
         && dfn_tag_find_text (tags, "summary", DFN_MANIFEST_MAX_SUMMARY, &found->summary, error)
         && dfn_tag_find_text (tags, "status", DFN_MANIFEST_MAX_NAME, &found->status, error)
         && dfn_tag_find_text (tags, "starts", DFN_MANIFEST_MAX_NAME, &found->starts, error)
         && dfn_tag_find_text (tags, "ends", DFN_MANIFEST_MAX_NAME, &found->ends, error);
}

static gint64
parse_time (const char *text)
{
  guint64 seconds = 0;

  return dfn_tag_parse_number (text, &seconds) ? (gint64) seconds : 0;
}

static DfnLiveManifest *
from_tags (GPtrArray *tags, GError **error)
{
  g_autoptr (DfnLiveManifest) self = NULL;
  Found found;

  if (!find_tags (tags, &found, error))
    return NULL;
  if (found.format != DFN_LIVE_MANIFEST_FORMAT)
    {
      invalid (error, "its chunks have a form that this version does not understand");
      return NULL;
    }
  if (found.slot_ms < DFN_LIVE_MANIFEST_MIN_SLOT_MS
      || found.slot_ms > DFN_LIVE_MANIFEST_MAX_SLOT_MS)
    {
      invalid (error, "its chunks are too short or too long");
      return NULL;
    }
  self = dfn_live_manifest_new (found.title, found.summary, found.key, found.epoch,
                                (gint64) found.slot_ms * US_PER_MS, parse_time (found.starts));
  self->is_ended = g_strcmp0 (found.status, "ended") == 0;
  self->ends_s = parse_time (found.ends);
  return read_tracks (self, tags, error) ? g_steal_pointer (&self) : NULL;
}

DfnLiveManifest *
dfn_live_manifest_from_tags (GPtrArray *tags, GError **error)
{
  DfnLiveManifest *self = from_tags (tags, error);

  if (self == NULL)
    g_prefix_error (error, "The announcement describes no stream that can be watched: ");
  return self;
}

static void
add_number (GPtrArray *tags, const char *name, guint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  dfn_tag_add (tags, name, text);
}

GPtrArray *
dfn_live_manifest_to_tags (const DfnLiveManifest *self)
{
  GPtrArray *tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *key = dfn_hex_encode (self->key, DFN_LIVE_KEY_SIZE);
  g_autofree char *alt = g_strdup_printf ("Live: %s", self->title);

  dfn_tag_add (tags, "title", self->title);
  if (self->summary != NULL)
    dfn_tag_add (tags, "summary", self->summary);
  dfn_tag_add (tags, "status", self->is_ended ? "ended" : "live");
  add_number (tags, "starts", (guint64) self->starts_s);
  if (self->ends_s > 0)
    add_number (tags, "ends", (guint64) self->ends_s);
  dfn_tag_add (tags, "key", key);
  add_number (tags, "epoch", self->epoch);
  add_number (tags, "slot", (guint64) (self->slot_us / US_PER_MS));
  add_number (tags, "chunks", DFN_LIVE_MANIFEST_FORMAT);
  for (guint i = 0; i < self->tracks->len; i++)
    {
      const DfnLiveTrack *track = self->tracks->pdata[i];
      g_autofree char *number = g_strdup_printf ("%u", i);
      g_autofree char *bitrate = g_strdup_printf ("%" G_GUINT64_FORMAT, track->bitrate);
      const char *tag[] = { "track", number, track->media_type, bitrate, track->caps, NULL };

      g_ptr_array_add (tags, g_strdupv ((char **) tag));
    }
  dfn_tag_add (tags, "alt", alt);
  return tags;
}
