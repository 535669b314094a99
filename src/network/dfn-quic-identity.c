/* SPDX-License-Identifier: MIT */
#include "dfn-quic-identity.h"

#include "dfn-quic-tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>

struct _DfnQuicIdentity {
  GObject parent_instance;

  gnutls_certificate_credentials_t credentials;
  guint8 key[DFN_QUIC_KEY_SIZE];
};

G_DEFINE_FINAL_TYPE (DfnQuicIdentity, dfn_quic_identity, G_TYPE_OBJECT)

/* None of these calls depends on anything from outside; a failure means that GnuTLS lacks Ed25519
 * or memory, and there is no connection without either. */
static void
check (int result, const char *what)
{
  if (result < 0)
    g_error ("GnuTLS cannot %s: %s", what, gnutls_strerror (result));
}

static void
dfn_quic_identity_finalize (GObject *object)
{
  DfnQuicIdentity *self = DFN_QUIC_IDENTITY (object);

  gnutls_certificate_free_credentials (self->credentials);
  G_OBJECT_CLASS (dfn_quic_identity_parent_class)->finalize (object);
}

static void
dfn_quic_identity_class_init (DfnQuicIdentityClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_quic_identity_finalize;
}

static void
export_public_key (gnutls_x509_privkey_t key, gnutls_datum_t *spki)
{
  gnutls_privkey_t private_key;
  gnutls_pubkey_t public_key;

  check (gnutls_privkey_init (&private_key), "start a private key");
  check (gnutls_pubkey_init (&public_key), "start a public key");
  check (gnutls_privkey_import_x509 (private_key, key, 0), "read its own key");
  check (gnutls_pubkey_import_privkey (public_key, private_key, 0, 0), "derive a public key");
  check (gnutls_pubkey_export2 (public_key, GNUTLS_X509_FMT_DER, spki), "export a public key");
  gnutls_pubkey_deinit (public_key);
  gnutls_privkey_deinit (private_key);
}

static void
dfn_quic_identity_init (DfnQuicIdentity *self)
{
  gnutls_x509_privkey_t key;
  gnutls_datum_t spki, pkcs8;

  check (gnutls_x509_privkey_init (&key), "start a key");
  check (gnutls_x509_privkey_generate (key, GNUTLS_PK_EDDSA_ED25519, 256, 0), "make Ed25519 keys");
  export_public_key (key, &spki);
  check (
      gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &pkcs8),
      "export a key");
  check (gnutls_certificate_allocate_credentials (&self->credentials), "hold credentials");
  check (gnutls_certificate_set_rawpk_key_mem (self->credentials, &spki, &pkcs8,
                                               GNUTLS_X509_FMT_DER, NULL, 0, NULL, 0, 0),
         "use raw public keys");
  dfn_quic_tls_watch_peer_key (self->credentials);
  if (!dfn_quic_tls_spki_to_key (spki.data, spki.size, self->key))
    g_error ("GnuTLS exported an Ed25519 key in an unknown form");

  gnutls_memset (pkcs8.data, 0, pkcs8.size);
  gnutls_free (pkcs8.data);
  gnutls_free (spki.data);
  gnutls_x509_privkey_deinit (key);
}

DfnQuicIdentity *
dfn_quic_identity_new (void)
{
  return g_object_new (DFN_TYPE_QUIC_IDENTITY, NULL);
}

const guint8 *
dfn_quic_identity_get_key (DfnQuicIdentity *self)
{
  return self->key;
}

gnutls_certificate_credentials_t
dfn_quic_identity_get_credentials (DfnQuicIdentity *self)
{
  return self->credentials;
}
