/* SPDX-License-Identifier: MIT */
#include "dfn-nip44.h"

#include "dfn-hash.h"
#include "dfn-nip44-private.h"
#include "dfn-random.h"
#include "dfn-secret.h"

#include <sodium.h>
#include <string.h>

#define VERSION 2
#define KEY_SIZE 32
#define NONCE_SIZE 32
#define MAC_SIZE 32
#define PREFIX_SIZE 2
#define MIN_PAYLOAD 132
/* The layout before base64: version, nonce, ciphertext, MAC. */
#define OVERHEAD (1 + NONCE_SIZE + MAC_SIZE)
#define MIN_DATA (OVERHEAD + PREFIX_SIZE + 32)
#define MAX_DATA (OVERHEAD + PREFIX_SIZE + 65536)

struct _DfnNip44Conversation {
  gatomicrefcount ref_count;
  guint8 *key;
};

G_DEFINE_BOXED_TYPE (DfnNip44Conversation,
                     dfn_nip44_conversation,
                     dfn_nip44_conversation_ref,
                     dfn_nip44_conversation_unref)

/* Takes the guarded @key. */
static DfnNip44Conversation *
conversation_new (guint8 *key)
{
  DfnNip44Conversation *self = g_new0 (DfnNip44Conversation, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->key = key;
  return self;
}

DfnNip44Conversation *
dfn_nip44_conversation_new (DfnNostrKey *own, const char *peer_pubkey, GError **error)
{
  static const char salt[] = "nip44-v2";
  guint8 *shared_x, *key;

  g_return_val_if_fail (own != NULL, NULL);
  g_return_val_if_fail (peer_pubkey != NULL, NULL);

  shared_x = dfn_secret_new (KEY_SIZE);
  if (!dfn_nostr_key_ecdh (own, peer_pubkey, shared_x, error))
    {
      dfn_secret_free (shared_x);
      return NULL;
    }
  /* HKDF-Extract (RFC 5869, section 2.2). */
  key = dfn_secret_new (KEY_SIZE);
  dfn_hmac_sha256 (salt, strlen (salt), shared_x, KEY_SIZE, key);
  dfn_secret_free (shared_x);
  return conversation_new (key);
}

DfnNip44Conversation *
dfn_nip44_conversation_new_for_key (const guint8 conversation_key[KEY_SIZE])
{
  return conversation_new (dfn_secret_dup (conversation_key, KEY_SIZE));
}

const guint8 *
dfn_nip44_conversation_get_key (DfnNip44Conversation *self)
{
  return self->key;
}

DfnNip44Conversation *
dfn_nip44_conversation_ref (DfnNip44Conversation *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_nip44_conversation_unref (DfnNip44Conversation *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  dfn_secret_free (self->key);
  g_free (self);
}

/* HKDF-Expand (RFC 5869, section 2.3) with the nonce as its info, to 76 bytes in three blocks:
 * T(n) = HMAC (key, T(n - 1) | info | n). */
DfnNip44MessageKeys *
dfn_nip44_derive_message_keys (DfnNip44Conversation *self, const guint8 nonce[NONCE_SIZE])
{
  struct {
    guint8 previous[DFN_HASH_SIZE];
    guint8 info[NONCE_SIZE];
    guint8 counter;
    guint8 okm[3 * DFN_HASH_SIZE];
  } *expand = dfn_secret_new (sizeof *expand);
  DfnNip44MessageKeys *keys;

  memcpy (expand->info, nonce, NONCE_SIZE);
  for (guint i = 0; i < 3; i++)
    {
      gsize skip = i == 0 ? DFN_HASH_SIZE : 0;

      expand->counter = (guint8) (i + 1);
      dfn_hmac_sha256 (self->key, KEY_SIZE, expand->previous + skip,
                       DFN_HASH_SIZE + NONCE_SIZE + 1 - skip, expand->okm + i * DFN_HASH_SIZE);
      memcpy (expand->previous, expand->okm + i * DFN_HASH_SIZE, DFN_HASH_SIZE);
    }
  keys = dfn_secret_dup (expand->okm, sizeof *keys);
  dfn_secret_free (expand);
  return keys;
}

gsize
dfn_nip44_padded_length (gsize length)
{
  gsize next_power, chunk;

  if (length <= 32)
    return 32;
  next_power = (gsize) 1 << g_bit_storage (length - 1);
  chunk = next_power <= 256 ? 32 : next_power / 8;
  return chunk * ((length - 1) / chunk + 1);
}

char *
dfn_nip44_encrypt_with_nonce (DfnNip44Conversation *self,
                              const void *plaintext,
                              gsize length,
                              const guint8 nonce[NONCE_SIZE],
                              GError **error)
{
  g_autofree guint8 *data = NULL;
  guint8 *ciphertext;
  gsize encrypted;
  DfnNip44MessageKeys *keys;

  if (length < 1 || length > DFN_NIP44_MAX_PLAINTEXT)
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE,
                   "NIP-44 encrypts 1 to %u bytes, not %" G_GSIZE_FORMAT, DFN_NIP44_MAX_PLAINTEXT,
                   length);
      return NULL;
    }
  encrypted = PREFIX_SIZE + dfn_nip44_padded_length (length);
  data = g_malloc0 (OVERHEAD + encrypted);
  data[0] = VERSION;
  memcpy (data + 1, nonce, NONCE_SIZE);
  ciphertext = data + 1 + NONCE_SIZE;
  ciphertext[0] = (guint8) (length >> 8);
  ciphertext[1] = (guint8) length;
  memcpy (ciphertext + PREFIX_SIZE, plaintext, length);

  keys = dfn_nip44_derive_message_keys (self, nonce);
  crypto_stream_chacha20_ietf_xor (ciphertext, ciphertext, encrypted, keys->chacha_nonce,
                                   keys->chacha_key);
  dfn_hmac_sha256 (keys->hmac_key, sizeof keys->hmac_key, data + 1, NONCE_SIZE + encrypted,
                   ciphertext + encrypted);
  dfn_secret_free (keys);
  return g_base64_encode (data, OVERHEAD + encrypted);
}

char *
dfn_nip44_encrypt (DfnNip44Conversation *self, const void *plaintext, gsize length, GError **error)
{
  guint8 nonce[NONCE_SIZE];

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (plaintext != NULL || length == 0, NULL);

  dfn_random_bytes (nonce, sizeof nonce);
  return dfn_nip44_encrypt_with_nonce (self, plaintext, length, nonce, error);
}

static gboolean
fail (GError **error, const char *problem)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_DECRYPT,
               "The encrypted message cannot be read: %s", problem);
  return FALSE;
}

/* Gives (transfer full) the bytes of a payload whose length and version are right. GLib's decoder
 * skips what is no base64, so two texts would be one message; libsodium's is strict. */
static guint8 *
decode_payload (const char *payload, gsize *size, GError **error)
{
  gsize length = strnlen (payload, DFN_NIP44_MAX_PAYLOAD + 1);
  g_autofree guint8 *data = NULL;

  if (payload[0] == '#')
    {
      fail (error, "it is of a version that this program does not know");
      return NULL;
    }
  if (length < MIN_PAYLOAD || length > DFN_NIP44_MAX_PAYLOAD)
    {
      fail (error, "its length is impossible");
      return NULL;
    }
  data = g_malloc (length / 4 * 3 + 3);
  if (sodium_base642bin (data, length / 4 * 3 + 3, payload, length, NULL, size, NULL,
                         sodium_base64_VARIANT_ORIGINAL)
      != 0)
    {
      fail (error, "it is no base64");
      return NULL;
    }
  if (*size < MIN_DATA || *size > MAX_DATA)
    {
      fail (error, "its length is impossible");
      return NULL;
    }
  if (data[0] != VERSION)
    {
      fail (error, "it is of a version that this program does not know");
      return NULL;
    }
  return g_steal_pointer (&data);
}

/* Checks the MAC of the whole and only then decrypts in place. */
static gboolean
open_data (DfnNip44Conversation *self, guint8 *data, gsize encrypted, GError **error)
{
  guint8 *ciphertext = data + 1 + NONCE_SIZE;
  DfnNip44MessageKeys *keys = dfn_nip44_derive_message_keys (self, data + 1);
  guint8 mac[MAC_SIZE];
  gboolean is_authentic;

  dfn_hmac_sha256 (keys->hmac_key, sizeof keys->hmac_key, data + 1, NONCE_SIZE + encrypted, mac);
  is_authentic = dfn_secret_equal (mac, ciphertext + encrypted, MAC_SIZE);
  if (is_authentic)
    crypto_stream_chacha20_ietf_xor (ciphertext, ciphertext, encrypted, keys->chacha_nonce,
                                     keys->chacha_key);
  dfn_secret_free (keys);
  return is_authentic || fail (error, "it is for another key or was changed on the way");
}

char *
dfn_nip44_decrypt (DfnNip44Conversation *self, const char *payload, gsize *length, GError **error)
{
  g_autofree guint8 *data = NULL;
  char *plaintext = NULL;
  guint8 *padded;
  gsize size, encrypted, claimed;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (payload != NULL, NULL);

  data = decode_payload (payload, &size, error);
  if (data == NULL)
    return NULL;
  encrypted = size - OVERHEAD;
  if (!open_data (self, data, encrypted, error))
    return NULL;

  padded = data + 1 + NONCE_SIZE;
  claimed = (gsize) padded[0] << 8 | padded[1];
  if (claimed == 0 || encrypted != PREFIX_SIZE + dfn_nip44_padded_length (claimed))
    fail (error, "its padding is wrong");
  else
    {
      plaintext = g_malloc (claimed + 1);
      memcpy (plaintext, padded + PREFIX_SIZE, claimed);
      plaintext[claimed] = '\0';
      if (length != NULL)
        *length = claimed;
    }
  dfn_secret_wipe (data, size);
  return plaintext;
}
