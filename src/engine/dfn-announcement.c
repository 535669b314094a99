/* SPDX-License-Identifier: MIT */
#include "dfn-announcement.h"

#include "dfn-bytes.h"
#include "dfn-nip19.h"
#include "dfn-nostr-kinds.h"

#include <string.h>

#define SCHEME "defiance:"
#define SECONDS_PER_DAY (24 * 60 * 60)
/* The bytes of the root that name the content within one broadcaster's announcements. */
#define IDENTIFIER_BYTES 16

static void
invalid_link (GError **error, const char *why)
{
  g_set_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INVALID_LINK,
               "This is no Defiance link: %s. A link looks like defiance:naddr1…", why);
}

DfnAddress *
dfn_address_new (const char *pubkey, const char *identifier, const char *const *relays)
{
  DfnAddress *self = g_new0 (DfnAddress, 1);

  self->kind = DFN_NOSTR_KIND_FILE;
  self->pubkey = g_strdup (pubkey);
  self->identifier = g_strdup (identifier);
  self->relays = g_strdupv ((char **) relays);
  return self;
}

DfnAddress *
dfn_address_new_live (const char *pubkey, const char *identifier, const char *const *relays)
{
  DfnAddress *self = dfn_address_new (pubkey, identifier, relays);

  self->kind = DFN_NOSTR_KIND_LIVE;
  return self;
}

void
dfn_address_free (DfnAddress *self)
{
  g_free (self->pubkey);
  g_free (self->identifier);
  g_strfreev (self->relays);
  g_free (self->contact);
  g_free (self);
}

DfnAddress *
dfn_address_parse (const char *link, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (DfnNip19) entity = NULL;
  DfnAddress *self;
  const char *text = link;

  if (g_ascii_strncasecmp (text, SCHEME, strlen (SCHEME)) == 0)
    text += strlen (SCHEME);
  if (g_str_has_prefix (text, "//"))
    text += 2;
  entity = dfn_nip19_parse (text, &reason);
  if (entity == NULL)
    {
      invalid_link (error, "it is damaged or of another program");
      return NULL;
    }
  if (dfn_nip19_get_entity_type (entity) != DFN_NIP19_NADDR)
    {
      invalid_link (error, "it names no announcement");
      return NULL;
    }
  if (dfn_nip19_get_kind (entity) != DFN_NOSTR_KIND_FILE
      && dfn_nip19_get_kind (entity) != DFN_NOSTR_KIND_LIVE)
    {
      invalid_link (error, "it names something that only other programs can open");
      return NULL;
    }
  if (strlen (dfn_nip19_get_identifier (entity)) > DFN_ANNOUNCEMENT_IDENTIFIER_MAX)
    {
      invalid_link (error, "the name in it is too long");
      return NULL;
    }
  self = dfn_address_new (dfn_nip19_get_pubkey (entity), dfn_nip19_get_identifier (entity),
                          dfn_nip19_get_relays (entity));
  self->kind = dfn_nip19_get_kind (entity);
  self->contact = g_strdup (dfn_nip19_get_contact (entity));
  return self;
}

char *
dfn_address_to_link (const DfnAddress *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNip19) entity =
      dfn_nip19_new_naddr_with_contact (self->kind, self->pubkey, self->identifier,
                                        (const char *const *) self->relays, self->contact, &error);
  g_autofree char *text = NULL;

  if (entity == NULL)
    {
      g_critical ("An address of our own cannot be written: %s", error->message);
      return g_strdup (SCHEME);
    }
  text = dfn_nip19_to_string (entity);
  return g_strconcat (SCHEME, text, NULL);
}

DfnNostrFilter *
dfn_address_to_filter (const DfnAddress *self)
{
  DfnNostrFilter *filter = dfn_nostr_filter_new ();

  dfn_nostr_filter_add_kind (filter, self->kind);
  dfn_nostr_filter_add_author (filter, self->pubkey);
  dfn_nostr_filter_add_tag (filter, 'd', self->identifier);
  return filter;
}

gboolean
dfn_address_matches (const DfnAddress *self, DfnNostrEvent *event)
{
  g_autoptr (DfnNostrFilter) filter = dfn_address_to_filter (self);

  return dfn_nostr_filter_matches (filter, event);
}

void
dfn_announcement_free (DfnAnnouncement *self)
{
  g_clear_pointer (&self->manifest, dfn_manifest_unref);
  g_free (self->contact);
  g_free (self->identifier);
  g_free (self->pubkey);
  g_free (self);
}

DfnAnnouncement *
dfn_announcement_read (DfnNostrEvent *event, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (DfnManifest) manifest = NULL;
  const char *contact = dfn_nostr_event_get_tag (event, "contact");
  const char *identifier = dfn_nostr_event_get_tag (event, "d");
  guint8 key[DFN_NOSTR_PUBKEY_SIZE];
  DfnAnnouncement *self;

  manifest = dfn_manifest_from_tags (dfn_nostr_event_get_tags (event), &reason);
  if (manifest == NULL || !dfn_hex_decode (contact, key, sizeof key) || identifier == NULL
      || strlen (identifier) > DFN_ANNOUNCEMENT_IDENTIFIER_MAX)
    {
      g_set_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_INTEGRITY,
                   "The announcement is damaged: %s",
                   reason != NULL ? reason->message : "it does not say whom to ask");
      return NULL;
    }
  self = g_new0 (DfnAnnouncement, 1);
  self->manifest = g_steal_pointer (&manifest);
  self->contact = g_strdup (contact);
  self->identifier = g_strdup (identifier);
  self->pubkey = g_strdup (dfn_nostr_event_get_pubkey (event));
  self->created_at = dfn_nostr_event_get_created_at (event);
  return self;
}

char *
dfn_announcement_identify (DfnManifest *manifest)
{
  return dfn_hex_encode (dfn_manifest_get_root (manifest), IDENTIFIER_BYTES);
}

DfnNostrEvent *
dfn_announcement_sign (DfnNostrKey *key, DfnManifest *manifest, const char *contact, gint64 now_s)
{
  g_autoptr (GPtrArray) tags = dfn_manifest_to_tags (manifest);
  g_autofree char *identifier = dfn_announcement_identify (manifest);
  g_autofree char *expiration =
      g_strdup_printf ("%" G_GINT64_FORMAT, now_s + DFN_ANNOUNCEMENT_DAYS * SECONDS_PER_DAY);

  dfn_nostr_tags_add (tags, "d", identifier, NULL);
  dfn_nostr_tags_add (tags, "contact", contact, NULL);
  dfn_nostr_tags_add (tags, "expiration", expiration, NULL);
  return dfn_nostr_event_new (key, DFN_NOSTR_KIND_FILE, now_s, tags, "");
}
