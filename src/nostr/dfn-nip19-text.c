/* SPDX-License-Identifier: MIT */
#include "dfn-nip19.h"

#include "dfn-bech32.h"
#include "dfn-bytes.h"
#include "dfn-nip19-private.h"
#include "dfn-secret.h"

#include <string.h>

/* The bytes that fit DFN_BECH32_MAX_LENGTH besides the longest name, the 1 and the checksum. */
#define MAX_DATA ((DFN_BECH32_MAX_LENGTH - 8 - 1 - 6) * 5 / 8)

enum {
  TLV_SPECIAL = 0,
  TLV_RELAY = 1,
  TLV_AUTHOR = 2,
  TLV_KIND = 3,
  TLV_CONTACT = 223, /* of our own: far from what NIP-19 may number next */
};

static const char *const names[] = {
  [DFN_NIP19_NPUB] = "npub",         [DFN_NIP19_NSEC] = "nsec",     [DFN_NIP19_NOTE] = "note",
  [DFN_NIP19_NPROFILE] = "nprofile", [DFN_NIP19_NEVENT] = "nevent", [DFN_NIP19_NADDR] = "naddr",
};

static gboolean
fail (GError **error, const char *problem)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_ENTITY, "The Nostr link %s",
               problem);
  return FALSE;
}

/* A value that may come once: a second one could be what another program reads. */
static gboolean
read_hash (char **target, const guint8 *value, gsize length, GError **error)
{
  if (*target != NULL || length != 32)
    return fail (error, "holds a key or an id that is none");
  *target = dfn_hex_encode (value, length);
  return TRUE;
}

/* A hint: what another program means by the same number is passed over. */
static void
read_contact (DfnNip19 *self, const guint8 *value, gsize length)
{
  if (self->contact == NULL && length == 32)
    self->contact = dfn_hex_encode (value, length);
}

static gboolean
read_kind (DfnNip19 *self, const guint8 *value, gsize length, GError **error)
{
  if (self->kind != DFN_NIP19_NO_KIND || length != 4 || dfn_read_be32 (value) > DFN_NIP19_MAX_KIND)
    return fail (error, "holds a kind that is none");
  self->kind = dfn_read_be32 (value);
  return TRUE;
}

static gboolean
read_special (DfnNip19 *self, const guint8 *value, gsize length, GError **error)
{
  if (self->type == DFN_NIP19_NPROFILE)
    return read_hash (&self->pubkey, value, length, error);
  if (self->type == DFN_NIP19_NEVENT)
    return read_hash (&self->id, value, length, error);
  if (self->identifier != NULL || !g_utf8_validate_len ((const char *) value, length, NULL))
    return fail (error, "holds an identifier that is no text");
  self->identifier = g_strndup ((const char *) value, length);
  return TRUE;
}

static gboolean
read_tlv (DfnNip19 *self, guint8 type, const guint8 *value, gsize length, GError **error)
{
  gboolean is_event = self->type == DFN_NIP19_NEVENT || self->type == DFN_NIP19_NADDR;

  if (type == TLV_SPECIAL)
    return read_special (self, value, length, error);
  if (type == TLV_RELAY)
    dfn_nip19_add_relay (self, (const char *) value, length);
  else if (type == TLV_AUTHOR && is_event)
    return read_hash (&self->pubkey, value, length, error);
  else if (type == TLV_KIND && is_event)
    return read_kind (self, value, length, error);
  else if (type == TLV_CONTACT && self->type == DFN_NIP19_NADDR)
    read_contact (self, value, length);
  return TRUE;
}

static gboolean
read_tlvs (DfnNip19 *self, const guint8 *data, gsize length, GError **error)
{
  while (length > 0)
    {
      if (length < 2 || (gsize) data[1] > length - 2)
        return fail (error, "ends in the middle");
      if (!read_tlv (self, data[0], data + 2, data[1], error))
        return FALSE;
      length -= 2u + data[1];
      data += 2u + data[1];
    }
  if (self->type == DFN_NIP19_NPROFILE && self->pubkey == NULL)
    return fail (error, "names no public key");
  if (self->type == DFN_NIP19_NEVENT && self->id == NULL)
    return fail (error, "names no event");
  if (self->type == DFN_NIP19_NADDR
      && (self->identifier == NULL || self->pubkey == NULL || self->kind == DFN_NIP19_NO_KIND))
    return fail (error, "names no address");
  return TRUE;
}

static gboolean
read_secret (DfnNip19 *self, const char *text, GError **error)
{
  self->key = dfn_nostr_key_import (text, NULL);
  if (self->key == NULL)
    return fail (error, "holds a secret key that is none");
  self->pubkey = g_strdup (dfn_nostr_key_get_pubkey (self->key));
  return TRUE;
}

static gboolean
read_data (DfnNip19 *self, const char *text, const guint8 *data, gsize length, GError **error)
{
  switch (self->type)
    {
    case DFN_NIP19_NPUB:
      return read_hash (&self->pubkey, data, length, error);
    case DFN_NIP19_NOTE:
      return read_hash (&self->id, data, length, error);
    case DFN_NIP19_NSEC:
      return read_secret (self, text, error);
    case DFN_NIP19_NPROFILE:
    case DFN_NIP19_NEVENT:
    case DFN_NIP19_NADDR:
      break;
    }
  return read_tlvs (self, data, length, error);
}

static gboolean
find_type (const char *name, DfnNip19Type *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (name, names[i]) == 0)
      {
        *type = i;
        return TRUE;
      }
  return FALSE;
}

DfnNip19 *
dfn_nip19_parse (const char *text, GError **error)
{
  g_autoptr (DfnNip19) self = NULL;
  g_autofree char *name = NULL;
  guint8 *data = NULL;
  gsize length;
  DfnNip19Type type;
  gboolean has_scheme, is_good;

  g_return_val_if_fail (text != NULL, NULL);

  has_scheme = g_ascii_strncasecmp (text, "nostr:", 6) == 0;
  if (has_scheme)
    text += 6;
  if (!dfn_bech32_decode (text, &name, &data, &length, error))
    return NULL;
  if (!find_type (name, &type) || (has_scheme && type == DFN_NIP19_NSEC))
    {
      fail (error, "is of a type that this program does not know");
      dfn_secret_free (data);
      return NULL;
    }
  self = dfn_nip19_alloc (type);
  is_good = read_data (self, text, data, length, error);
  dfn_secret_free (data);
  return is_good ? g_steal_pointer (&self) : NULL;
}

static void
write_tlv (GByteArray *data, guint8 type, const void *value, gsize length)
{
  const guint8 head[] = { type, (guint8) length };

  g_byte_array_append (data, head, sizeof head);
  g_byte_array_append (data, value, (guint) length);
}

static void
write_hash (GByteArray *data, guint8 type, const char *hex)
{
  guint8 bytes[32];

  if (hex != NULL && dfn_hex_decode (hex, bytes, sizeof bytes))
    write_tlv (data, type, bytes, sizeof bytes);
}

/* Relays come last: a hint that does not fit our own limit of reading is left out. */
static char *
write_tlvs (DfnNip19 *self)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();

  if (self->type == DFN_NIP19_NADDR)
    write_tlv (data, TLV_SPECIAL, self->identifier, strlen (self->identifier));
  else
    write_hash (data, TLV_SPECIAL, self->type == DFN_NIP19_NEVENT ? self->id : self->pubkey);
  if (self->type != DFN_NIP19_NPROFILE)
    write_hash (data, TLV_AUTHOR, self->pubkey);
  if (self->kind != DFN_NIP19_NO_KIND)
    {
      guint8 kind[4];

      dfn_write_be32 (kind, self->kind);
      write_tlv (data, TLV_KIND, kind, sizeof kind);
    }
  write_hash (data, TLV_CONTACT, self->contact);
  for (guint i = 0; i + 1 < self->relays->len; i++)
    {
      const char *relay = self->relays->pdata[i];

      if (data->len + 2 + strlen (relay) <= MAX_DATA)
        write_tlv (data, TLV_RELAY, relay, strlen (relay));
    }
  return dfn_bech32_encode (names[self->type], data->data, data->len);
}

static char *
write_bare (const char *name, const char *hex)
{
  guint8 bytes[32];

  if (!dfn_hex_decode (hex, bytes, sizeof bytes))
    g_assert_not_reached ();
  return dfn_bech32_encode (name, bytes, sizeof bytes);
}

char *
dfn_nip19_to_string (DfnNip19 *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  switch (self->type)
    {
    case DFN_NIP19_NPUB:
      return write_bare (names[self->type], self->pubkey);
    case DFN_NIP19_NOTE:
      return write_bare (names[self->type], self->id);
    case DFN_NIP19_NSEC:
      return dfn_nostr_key_export (self->key);
    case DFN_NIP19_NPROFILE:
    case DFN_NIP19_NEVENT:
    case DFN_NIP19_NADDR:
      break;
    }
  return write_tlvs (self);
}
