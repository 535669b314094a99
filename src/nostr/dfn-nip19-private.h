/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nip19.h"

G_BEGIN_DECLS

/* What entities and their text share. */

#define DFN_NIP19_MAX_KIND 65535

struct _DfnNip19 {
  gatomicrefcount ref_count;
  DfnNip19Type type;
  char *id;
  char *pubkey;
  char *identifier;
  char *contact;
  DfnNostrKey *key;
  guint kind;
  /* Ends with %NULL from the start. */
  GPtrArray *relays;
};

DfnNip19 *dfn_nip19_alloc (DfnNip19Type type);
/* Leaves out what does not fit the limits. */
void dfn_nip19_add_relay (DfnNip19 *self, const char *relay, gsize length);

G_END_DECLS
