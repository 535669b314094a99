/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"
#include "dfn-nostr-key.h"

#include <glib-object.h>

G_BEGIN_DECLS

/** DFN_NIP19_MAX_RELAYS: the most relays kept in an entity */
#define DFN_NIP19_MAX_RELAYS 20
/** DFN_NIP19_MAX_VALUE: the bytes of the longest relay address or identifier (a TLV's limit) */
#define DFN_NIP19_MAX_VALUE 255
/** DFN_NIP19_NO_KIND: what stands where an entity names no kind */
#define DFN_NIP19_NO_KIND G_MAXUINT

/**
 * DfnNip19Type:
 * @DFN_NIP19_NPUB: a public key
 * @DFN_NIP19_NSEC: a secret key
 * @DFN_NIP19_NOTE: an event's id
 * @DFN_NIP19_NPROFILE: a public key with relays
 * @DFN_NIP19_NEVENT: an event's id with relays and, perhaps, author and kind
 * @DFN_NIP19_NADDR: the address of a replaceable or addressable event with relays
 */
typedef enum {
  DFN_NIP19_NPUB,
  DFN_NIP19_NSEC,
  DFN_NIP19_NOTE,
  DFN_NIP19_NPROFILE,
  DFN_NIP19_NEVENT,
  DFN_NIP19_NADDR,
} DfnNip19Type;

/**
 * DfnNip19:
 *
 * A NIP-19 entity: the form in which keys, events and addresses are shown, shared and typed.
 * Immutable and reference-counted; may be used from any thread.
 */
typedef struct _DfnNip19 DfnNip19;

#define DFN_TYPE_NIP19 (dfn_nip19_get_type ())
GType dfn_nip19_get_type (void);

/**
 * dfn_nip19_parse:
 * @text: text from anywhere, with or without NIP-21's `nostr:` before it, which a secret key never
 *   has
 * @error: return location
 *
 * Unknown TLVs are ignored, and so are relays that are no printable ASCII text or beyond
 * %DFN_NIP19_MAX_RELAYS: they are hints. A relay's address is not checked further.
 *
 * Returns: (transfer full) (nullable): the entity, or %NULL with %DFN_NOSTR_ERROR_INVALID_ENTITY,
 *   whose message never repeats @text
 */
DfnNip19 *dfn_nip19_parse (const char *text, GError **error);

/*
 * Entities to be shown. Keys and ids are 64 lower-case hexadecimal digits; @relays is (nullable)
 * (transfer none), and what does not fit the limits is left out of it.
 */
DfnNip19 *dfn_nip19_new_npub (const char *pubkey);
DfnNip19 *dfn_nip19_new_note (const char *id);
DfnNip19 *dfn_nip19_new_nprofile (const char *pubkey, const char *const *relays);

/**
 * dfn_nip19_new_nevent:
 * @id: the event
 * @author: (nullable): its author
 * @kind: its kind, or %DFN_NIP19_NO_KIND
 * @relays: (nullable): where it may be found
 *
 * Returns: (transfer full): the entity
 */
DfnNip19 *
dfn_nip19_new_nevent (const char *id, const char *author, guint kind, const char *const *relays);

/**
 * dfn_nip19_new_naddr:
 * @kind: the event's kind, 0 to 65535
 * @author: its author
 * @identifier: the value of its `d` tag, UTF-8; empty for a replaceable event
 * @relays: (nullable): where it may be found
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the entity, or %NULL with %DFN_NOSTR_ERROR_INVALID_ENTITY if
 *   @identifier is longer than %DFN_NIP19_MAX_VALUE bytes
 */
DfnNip19 *dfn_nip19_new_naddr (guint kind,
                               const char *author,
                               const char *identifier,
                               const char *const *relays,
                               GError **error);

/**
 * dfn_nip19_new_naddr_with_contact:
 * @contact: (nullable): a key that may be written to about the event before it is found: a TLV of
 *   our own (type 223), which other programs ignore
 *
 * As dfn_nip19_new_naddr().
 */
DfnNip19 *dfn_nip19_new_naddr_with_contact (guint kind,
                                            const char *author,
                                            const char *identifier,
                                            const char *const *relays,
                                            const char *contact,
                                            GError **error);

DfnNip19 *dfn_nip19_ref (DfnNip19 *self);
void dfn_nip19_unref (DfnNip19 *self);

/**
 * dfn_nip19_to_string:
 *
 * Returns: (transfer full): the entity as Bech32, without a scheme; for a secret key to be freed
 *   with dfn_secret_free_string()
 */
char *dfn_nip19_to_string (DfnNip19 *self);

DfnNip19Type dfn_nip19_get_entity_type (DfnNip19 *self);

/* Each is (transfer none) (nullable): %NULL where the type has none or the text named none. */
const char *dfn_nip19_get_id (DfnNip19 *self);         /* note, nevent */
const char *dfn_nip19_get_pubkey (DfnNip19 *self);     /* all but note; of nsec, the public half */
DfnNostrKey *dfn_nip19_get_key (DfnNip19 *self);       /* nsec */
const char *dfn_nip19_get_identifier (DfnNip19 *self); /* naddr */
const char *dfn_nip19_get_contact (DfnNip19 *self);    /* naddr: a hint, 64 hexadecimal digits */

/* The kind of an naddr or nevent, or %DFN_NIP19_NO_KIND. */
guint dfn_nip19_get_kind (DfnNip19 *self);

/* Returns: (transfer none) (array zero-terminated=1): the relays, perhaps none, never %NULL */
const char *const *dfn_nip19_get_relays (DfnNip19 *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNip19, dfn_nip19_unref)

G_END_DECLS
