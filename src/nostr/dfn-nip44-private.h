/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nip44.h"

G_BEGIN_DECLS

/* What published vectors need and the program must not use: for tests alone. */

/** DfnNip44MessageKeys: what one message is encrypted with, in the order HKDF gives it */
typedef struct {
  guint8 chacha_key[32];
  guint8 chacha_nonce[12];
  guint8 hmac_key[32];
} DfnNip44MessageKeys;

DfnNip44Conversation *dfn_nip44_conversation_new_for_key (const guint8 conversation_key[32]);
const guint8 *dfn_nip44_conversation_get_key (DfnNip44Conversation *self);

/* Returns: (transfer full): guarded memory, to be freed with dfn_secret_free() */
DfnNip44MessageKeys *dfn_nip44_derive_message_keys (DfnNip44Conversation *self,
                                                    const guint8 nonce[32]);

/* The bytes that @length bytes of plaintext are padded to, the length prefix aside. */
gsize dfn_nip44_padded_length (gsize length);

/* A nonce used twice gives both plaintexts away. */
char *dfn_nip44_encrypt_with_nonce (DfnNip44Conversation *self,
                                    const void *plaintext,
                                    gsize length,
                                    const guint8 nonce[32],
                                    GError **error);

G_END_DECLS
