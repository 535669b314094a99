/* SPDX-License-Identifier: MIT */
#include "dfn-hash.h"
#include "dfn-nip44-private.h"
#include "dfn-nip44.h"
#include "dfn-secret.h"

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
decrypt (DfnNip44Conversation *conversation, const char *payload)
{
  g_autoptr (GError) error = NULL;
  gsize length = 0;
  g_autofree char *text = dfn_nip44_decrypt (conversation, payload, &length, &error);

  g_assert_true ((text == NULL) == (error != NULL));
  if (text != NULL)
    g_assert_true (length >= 1 && length <= DFN_NIP44_MAX_PLAINTEXT && text[length] == '\0');
}

/* A block of any length and padding, rightly encrypted and authenticated: only the peer can send
 * such a thing, and it must be judged all the same. */
static void
decrypt_padded (DfnNip44Conversation *conversation, const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autofree char *payload = NULL;
  guint8 head[33] = { 2, 7 };
  guint8 mac[32];
  DfnNip44MessageKeys *keys = dfn_nip44_derive_message_keys (conversation, head + 1);

  g_byte_array_append (whole, head, sizeof head);
  g_byte_array_append (whole, data, (guint) size);
  crypto_stream_chacha20_ietf_xor (whole->data + 33, whole->data + 33, size, keys->chacha_nonce,
                                   keys->chacha_key);
  dfn_hmac_sha256 (keys->hmac_key, 32, whole->data + 1, whole->len - 1, mac);
  g_byte_array_append (whole, mac, sizeof mac);
  dfn_secret_free (keys);
  payload = g_base64_encode (whole->data, whole->len);
  decrypt (conversation, payload);
}

static void
round_trip (DfnNip44Conversation *conversation, const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *payload = dfn_nip44_encrypt (conversation, data, size, &error);
  g_autofree char *text = NULL;
  gsize length;

  if (payload == NULL)
    return;
  text = dfn_nip44_decrypt (conversation, payload, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (text, length, data, size);
}

/* The first byte says what the rest is: a payload, a padded block or a plaintext. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const guint8 key[32] = { 1, 2, 3 };
  static DfnNip44Conversation *conversation;
  g_autofree char *payload = NULL;

  if (conversation == NULL)
    conversation = dfn_nip44_conversation_new_for_key (key);
  if (size == 0)
    return 0;
  if (data[0] == 'b')
    decrypt_padded (conversation, data + 1, size - 1);
  else if (data[0] == 'p')
    round_trip (conversation, data + 1, size - 1);
  else
    {
      payload = g_strndup ((const char *) data + 1, size - 1);
      decrypt (conversation, payload);
    }
  return 0;
}
