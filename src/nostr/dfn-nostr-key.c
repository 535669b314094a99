/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-key.h"

#include "dfn-bech32.h"
#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nostr-key-private.h"
#include "dfn-random.h"
#include "dfn-secret.h"

#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <string.h>

/* Everything secret, in one piece of guarded memory. */
typedef struct {
  guint8 scalar[32];
  secp256k1_keypair pair;
} Secret;

struct _DfnNostrKey {
  gatomicrefcount ref_count;
  Secret *secret;
  char pubkey[2 * DFN_NOSTR_PUBKEY_SIZE + 1];
};

G_DEFINE_BOXED_TYPE (DfnNostrKey, dfn_nostr_key, dfn_nostr_key_ref, dfn_nostr_key_unref)

/* The one context of the process. Randomising it (blinding against side channels) writes to it, so
 * that happens once, before any other thread sees it; from then on it is only read. */
static const secp256k1_context *
curve (void)
{
  static gsize context;

  if (g_once_init_enter (&context))
    {
      secp256k1_context *fresh = secp256k1_context_create (SECP256K1_CONTEXT_NONE);
      guint8 seed[32];

      dfn_random_bytes (seed, sizeof seed);
      if (fresh == NULL || !secp256k1_context_randomize (fresh, seed))
        g_error ("libsecp256k1 could not be initialised");
      dfn_secret_wipe (seed, sizeof seed);
      g_once_init_leave (&context, (gsize) fresh);
    }
  return (const secp256k1_context *) context;
}

/* Takes @secret, whose scalar is set; gives %NULL if that is zero or not below the group order. */
static DfnNostrKey *
key_new (Secret *secret)
{
  secp256k1_xonly_pubkey point;
  guint8 bytes[DFN_NOSTR_PUBKEY_SIZE];
  g_autofree char *hex = NULL;
  DfnNostrKey *self;

  if (!secp256k1_keypair_create (curve (), &secret->pair, secret->scalar))
    {
      dfn_secret_free (secret);
      return NULL;
    }
  self = g_new0 (DfnNostrKey, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->secret = secret;
  if (!secp256k1_keypair_xonly_pub (curve (), &point, NULL, &secret->pair)
      || !secp256k1_xonly_pubkey_serialize (curve (), bytes, &point))
    g_assert_not_reached ();
  hex = dfn_hex_encode (bytes, sizeof bytes);
  memcpy (self->pubkey, hex, sizeof self->pubkey);
  return self;
}

DfnNostrKey *
dfn_nostr_key_generate (void)
{
  DfnNostrKey *self = NULL;

  /* One number in 2^128 is no key. */
  while (self == NULL)
    {
      Secret *secret = dfn_secret_new (sizeof *secret);

      dfn_random_bytes (secret->scalar, sizeof secret->scalar);
      self = key_new (secret);
    }
  return self;
}

/* HMAC under the secret, of a domain and the purpose: a function that nobody else can compute, and
 * that cannot be turned round. */
DfnNostrKey *
dfn_nostr_key_derive (DfnNostrKey *self, const char *purpose)
{
  DfnNostrKey *derived = NULL;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (purpose != NULL, NULL);

  for (guint i = 1; derived == NULL; i++)
    {
      g_autofree char *text = g_strdup_printf ("defiance key %u %s", i, purpose);
      Secret *secret = dfn_secret_new (sizeof *secret);

      dfn_hmac_sha256 (self->secret->scalar, sizeof self->secret->scalar, text, strlen (text),
                       secret->scalar);
      derived = key_new (secret);
    }
  return derived;
}

static gboolean
decode_nsec (const char *text, guint8 scalar[32])
{
  g_autofree char *hrp = NULL;
  guint8 *data = NULL;
  gsize length;
  gboolean is_nsec;

  if (!dfn_bech32_decode (text, &hrp, &data, &length, NULL))
    return FALSE;
  is_nsec = strcmp (hrp, "nsec") == 0 && length == 32;
  if (is_nsec)
    memcpy (scalar, data, 32);
  dfn_secret_free (data);
  return is_nsec;
}

DfnNostrKey *
dfn_nostr_key_import (const char *text, GError **error)
{
  Secret *secret;
  DfnNostrKey *self;

  g_return_val_if_fail (text != NULL, NULL);

  secret = dfn_secret_new (sizeof *secret);
  if (!dfn_hex_decode (text, secret->scalar, sizeof secret->scalar)
      && !decode_nsec (text, secret->scalar))
    {
      dfn_secret_free (secret);
      g_set_error_literal (
          error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY,
          "The text is no secret key: neither nsec1… nor 64 lower-case hexadecimal digits");
      return NULL;
    }
  self = key_new (secret);
  if (self == NULL)
    g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY,
                         "The number is no secret key of secp256k1: zero or too large");
  return self;
}

char *
dfn_nostr_key_export (DfnNostrKey *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return dfn_bech32_encode ("nsec", self->secret->scalar, sizeof self->secret->scalar);
}

DfnNostrKey *
dfn_nostr_key_ref (DfnNostrKey *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_nostr_key_unref (DfnNostrKey *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  dfn_secret_free (self->secret);
  g_free (self);
}

const char *
dfn_nostr_key_get_pubkey (DfnNostrKey *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pubkey;
}

void
dfn_nostr_key_sign_message (DfnNostrKey *self,
                            const guint8 *message,
                            gsize length,
                            const guint8 aux[32],
                            guint8 signature[64])
{
  secp256k1_schnorrsig_extraparams extra = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;

  g_return_if_fail (self != NULL);

  extra.ndata = (void *) aux;
  if (!secp256k1_schnorrsig_sign_custom (curve (), signature, message, length, &self->secret->pair,
                                         &extra))
    g_error ("libsecp256k1 could not sign");
}

void
dfn_nostr_key_sign (DfnNostrKey *self, const guint8 hash[32], guint8 signature[64])
{
  guint8 aux[32];

  dfn_random_bytes (aux, sizeof aux);
  dfn_nostr_key_sign_message (self, hash, 32, aux, signature);
  dfn_secret_wipe (aux, sizeof aux);
}

/* NIP-44 hashes nothing here: the conversation key is derived from the bare coordinate. */
static int
copy_x (unsigned char *output, const unsigned char *x, const unsigned char *y, void *data)
{
  memcpy (output, x, 32);
  return 1;
}

gboolean
dfn_nostr_key_ecdh (DfnNostrKey *self, const char *pubkey, guint8 shared_x[32], GError **error)
{
  guint8 compressed[33] = { SECP256K1_TAG_PUBKEY_EVEN };
  secp256k1_pubkey point;

  g_return_val_if_fail (self != NULL, FALSE);

  /* The x coordinate of the product is the same for both points with this x. */
  if (!dfn_hex_decode (pubkey, compressed + 1, 32)
      || !secp256k1_ec_pubkey_parse (curve (), &point, compressed, sizeof compressed))
    {
      g_set_error_literal (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY,
                           "The text is no public key of secp256k1");
      return FALSE;
    }
  if (!secp256k1_ecdh (curve (), shared_x, &point, self->secret->scalar, copy_x, NULL))
    g_error ("libsecp256k1 could not multiply");
  return TRUE;
}

gboolean
dfn_nostr_signature_verify_message (const char *pubkey,
                                    const guint8 *message,
                                    gsize length,
                                    const guint8 signature[64])
{
  guint8 bytes[DFN_NOSTR_PUBKEY_SIZE];
  secp256k1_xonly_pubkey point;

  return dfn_hex_decode (pubkey, bytes, sizeof bytes)
         && secp256k1_xonly_pubkey_parse (curve (), &point, bytes)
         && secp256k1_schnorrsig_verify (curve (), signature, message, length, &point);
}

gboolean
dfn_nostr_signature_verify (const char *pubkey, const guint8 hash[32], const guint8 signature[64])
{
  return dfn_nostr_signature_verify_message (pubkey, hash, 32, signature);
}
