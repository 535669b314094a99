/* SPDX-License-Identifier: MIT */
#include "dfn-nip19.h"

#include "dfn-bytes.h"
#include "dfn-nip19-private.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (DfnNip19, dfn_nip19, dfn_nip19_ref, dfn_nip19_unref)

DfnNip19 *
dfn_nip19_alloc (DfnNip19Type type)
{
  DfnNip19 *self = g_new0 (DfnNip19, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->kind = DFN_NIP19_NO_KIND;
  self->relays = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->relays, NULL);
  return self;
}

void
dfn_nip19_add_relay (DfnNip19 *self, const char *relay, gsize length)
{
  if (length == 0 || length > DFN_NIP19_MAX_VALUE || self->relays->len > DFN_NIP19_MAX_RELAYS)
    return;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (relay[i]))
      return;
  g_ptr_array_insert (self->relays, (gint) self->relays->len - 1, g_strndup (relay, length));
}

static void
add_relays (DfnNip19 *self, const char *const *relays)
{
  for (guint i = 0; relays != NULL && relays[i] != NULL; i++)
    dfn_nip19_add_relay (self, relays[i], strlen (relays[i]));
}

static gboolean
is_hash (const char *hex)
{
  guint8 bytes[32];

  return dfn_hex_decode (hex, bytes, sizeof bytes);
}

DfnNip19 *
dfn_nip19_new_npub (const char *pubkey)
{
  DfnNip19 *self;

  g_return_val_if_fail (is_hash (pubkey), NULL);

  self = dfn_nip19_alloc (DFN_NIP19_NPUB);
  self->pubkey = g_strdup (pubkey);
  return self;
}

DfnNip19 *
dfn_nip19_new_note (const char *id)
{
  DfnNip19 *self;

  g_return_val_if_fail (is_hash (id), NULL);

  self = dfn_nip19_alloc (DFN_NIP19_NOTE);
  self->id = g_strdup (id);
  return self;
}

DfnNip19 *
dfn_nip19_new_nprofile (const char *pubkey, const char *const *relays)
{
  DfnNip19 *self;

  g_return_val_if_fail (is_hash (pubkey), NULL);

  self = dfn_nip19_alloc (DFN_NIP19_NPROFILE);
  self->pubkey = g_strdup (pubkey);
  add_relays (self, relays);
  return self;
}

DfnNip19 *
dfn_nip19_new_nevent (const char *id, const char *author, guint kind, const char *const *relays)
{
  DfnNip19 *self;

  g_return_val_if_fail (is_hash (id), NULL);
  g_return_val_if_fail (author == NULL || is_hash (author), NULL);
  g_return_val_if_fail (kind <= DFN_NIP19_MAX_KIND || kind == DFN_NIP19_NO_KIND, NULL);

  self = dfn_nip19_alloc (DFN_NIP19_NEVENT);
  self->id = g_strdup (id);
  self->pubkey = g_strdup (author);
  self->kind = kind;
  add_relays (self, relays);
  return self;
}

DfnNip19 *
dfn_nip19_new_naddr (guint kind,
                     const char *author,
                     const char *identifier,
                     const char *const *relays,
                     GError **error)
{
  DfnNip19 *self;

  g_return_val_if_fail (kind <= DFN_NIP19_MAX_KIND, NULL);
  g_return_val_if_fail (is_hash (author), NULL);
  g_return_val_if_fail (identifier != NULL && g_utf8_validate (identifier, -1, NULL), NULL);

  if (strlen (identifier) > DFN_NIP19_MAX_VALUE)
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_ENTITY,
                           "The identifier is too long for a Nostr link");
      return NULL;
    }
  self = dfn_nip19_alloc (DFN_NIP19_NADDR);
  self->kind = kind;
  self->pubkey = g_strdup (author);
  self->identifier = g_strdup (identifier);
  add_relays (self, relays);
  return self;
}

DfnNip19 *
dfn_nip19_new_naddr_with_contact (guint kind,
                                  const char *author,
                                  const char *identifier,
                                  const char *const *relays,
                                  const char *contact,
                                  GError **error)
{
  DfnNip19 *self;

  g_return_val_if_fail (contact == NULL || is_hash (contact), NULL);

  self = dfn_nip19_new_naddr (kind, author, identifier, relays, error);
  if (self != NULL)
    self->contact = g_strdup (contact);
  return self;
}

DfnNip19 *
dfn_nip19_ref (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_nip19_unref (DfnNip19 *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->id);
  g_free (self->pubkey);
  g_free (self->identifier);
  g_free (self->contact);
  g_clear_pointer (&self->key, dfn_nostr_key_unref);
  g_ptr_array_unref (self->relays);
  g_free (self);
}

DfnNip19Type
dfn_nip19_get_entity_type (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, DFN_NIP19_NPUB);

  return self->type;
}

const char *
dfn_nip19_get_id (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

const char *
dfn_nip19_get_pubkey (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pubkey;
}

DfnNostrKey *
dfn_nip19_get_key (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->key;
}

const char *
dfn_nip19_get_identifier (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->identifier;
}

guint
dfn_nip19_get_kind (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, DFN_NIP19_NO_KIND);

  return self->kind;
}

const char *const *
dfn_nip19_get_relays (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *) self->relays->pdata;
}

const char *
dfn_nip19_get_contact (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->contact;
}
