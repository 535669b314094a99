/* SPDX-License-Identifier: MIT */
#include "dfn-live-announcement.h"

#include "dfn-bytes.h"
#include "dfn-nostr-kinds.h"
#include "dfn-nostr-tags.h"

#include <string.h>

#define SECONDS_PER_HOUR (60 * 60)

void
dfn_live_announcement_free (DfnLiveAnnouncement *self)
{
  g_clear_pointer (&self->manifest, dfn_live_manifest_free);
  g_free (self->contact);
  g_free (self->identifier);
  g_free (self->pubkey);
  g_free (self);
}

DfnLiveAnnouncement *
dfn_live_announcement_read (DfnNostrEvent *event, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (DfnLiveManifest) manifest =
      dfn_live_manifest_from_tags (dfn_nostr_event_get_tags (event), &reason);
  const char *contact = dfn_nostr_event_get_tag (event, "contact");
  const char *identifier = dfn_nostr_event_get_tag (event, "d");
  guint8 key[DFN_NOSTR_PUBKEY_SIZE];
  DfnLiveAnnouncement *self;

  if (manifest == NULL || !dfn_hex_decode (contact, key, sizeof key) || identifier == NULL
      || strlen (identifier) > DFN_ANNOUNCEMENT_IDENTIFIER_MAX)
    {
      g_set_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INTEGRITY,
                   "The announcement is damaged: %s",
                   reason != NULL ? reason->message : "it does not say whom to ask");
      return NULL;
    }
  self = g_new0 (DfnLiveAnnouncement, 1);
  self->manifest = g_steal_pointer (&manifest);
  self->contact = g_strdup (contact);
  self->identifier = g_strdup (identifier);
  self->pubkey = g_strdup (dfn_nostr_event_get_pubkey (event));
  self->created_at = dfn_nostr_event_get_created_at (event);
  dfn_hex_decode (self->pubkey, key, sizeof key);
  dfn_live_stream_id (key, identifier, self->stream);
  return self;
}

DfnNostrEvent *
dfn_live_announcement_sign (DfnNostrKey *key,
                            const DfnLiveManifest *manifest,
                            const char *identifier,
                            const char *contact,
                            gint64 now_s)
{
  g_autoptr (GPtrArray) tags = dfn_live_manifest_to_tags (manifest);
  g_autofree char *expiration =
      g_strdup_printf ("%" G_GINT64_FORMAT, now_s + DFN_LIVE_ANNOUNCEMENT_HOURS * SECONDS_PER_HOUR);

  dfn_nostr_tags_add (tags, "d", identifier, NULL);
  dfn_nostr_tags_add (tags, "p", dfn_nostr_key_get_pubkey (key), "", "Host", NULL);
  dfn_nostr_tags_add (tags, "contact", contact, NULL);
  dfn_nostr_tags_add (tags, "expiration", expiration, NULL);
  return dfn_nostr_event_new (key, DFN_NOSTR_KIND_LIVE, now_s, tags, "");
}
