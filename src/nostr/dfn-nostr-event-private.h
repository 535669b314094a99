/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-hash.h"
#include "dfn-nostr-event.h"

G_BEGIN_DECLS

/* What making and reading an event share. */

#define DFN_NOSTR_EVENT_MAX_KIND 65535
#define DFN_NOSTR_EVENT_SIGNATURE_SIZE 64

struct _DfnNostrEvent {
  gatomicrefcount ref_count;
  char id[2 * DFN_HASH_SIZE + 1];
  char pubkey[2 * DFN_NOSTR_PUBKEY_SIZE + 1];
  char signature[2 * DFN_NOSTR_EVENT_SIGNATURE_SIZE + 1];
  gint64 created_at;
  guint kind;
  GPtrArray *tags;
  char *content;
  /* Made when first asked for, then set once with an atomic exchange. */
  char *json;
};

/* How a string is written into the serialisation below the id. */
typedef void (*DfnNostrAppendString) (GString *json, const char *text);

DfnNostrEvent *dfn_nostr_event_alloc (void);
void dfn_nostr_event_compute_id (DfnNostrEvent *self,
                                 DfnNostrAppendString append_string,
                                 guint8 hash[DFN_HASH_SIZE]);

/* Whether @text has a control character that NIP-01 names no escape for. */
gboolean dfn_nostr_event_text_is_ambiguous (const char *text);

G_END_DECLS
