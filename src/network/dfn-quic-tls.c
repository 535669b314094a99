/* SPDX-License-Identifier: MIT */
#include "dfn-quic-tls.h"

#include "dfn-secret.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <string.h>

#define ALPN "defiance/1"
#define PRIORITY                                                                                   \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:"        \
  "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:%DISABLE_TLS13_COMPAT_MODE:"                          \
  "-CTYPE-ALL:+CTYPE-RAWPK"

struct _DfnQuicTls {
  ngtcp2_crypto_conn_ref conn_ref; /* first: GnuTLS hands its address back to us */
  ngtcp2_conn *conn;

  gnutls_session_t session;
  DfnQuicIdentity *identity;
  guint8 peer_key[DFN_QUIC_KEY_SIZE];
  gboolean wrong_key;
};

/* SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING } around the 32 bytes, RFC 8410 section 4 */
static const guint8 spki_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

gboolean
dfn_quic_tls_spki_to_key (const guint8 *spki, gsize length, guint8 key[DFN_QUIC_KEY_SIZE])
{
  if (length != sizeof spki_prefix + DFN_QUIC_KEY_SIZE
      || memcmp (spki, spki_prefix, sizeof spki_prefix) != 0)
    return FALSE;
  memcpy (key, spki + sizeof spki_prefix, DFN_QUIC_KEY_SIZE);
  return TRUE;
}

static int
on_verify_peer (gnutls_session_t session)
{
  DfnQuicTls *self = gnutls_session_get_ptr (session);
  guint8 key[DFN_QUIC_KEY_SIZE];
  unsigned int n = 0;
  const gnutls_datum_t *shown = gnutls_certificate_get_peers (session, &n);

  if (gnutls_certificate_type_get2 (session, GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK && n == 1
      && dfn_quic_tls_spki_to_key (shown[0].data, shown[0].size, key)
      && dfn_secret_equal (key, self->peer_key, sizeof key))
    return 0;
  self->wrong_key = TRUE;
  return GNUTLS_E_CERTIFICATE_ERROR;
}

void
dfn_quic_tls_watch_peer_key (gnutls_certificate_credentials_t credentials)
{
  gnutls_certificate_set_verify_function (credentials, on_verify_peer);
}

static void
check (int result, const char *what)
{
  if (result < 0)
    g_error ("GnuTLS cannot %s: %s", what, gnutls_strerror (result));
}

static ngtcp2_conn *
get_conn (ngtcp2_crypto_conn_ref *conn_ref)
{
  return ((DfnQuicTls *) conn_ref)->conn;
}

DfnQuicTls *
dfn_quic_tls_new (DfnQuicIdentity *identity,
                  gboolean is_server,
                  const guint8 peer_key[DFN_QUIC_KEY_SIZE])
{
  DfnQuicTls *self = g_new0 (DfnQuicTls, 1);
  gnutls_datum_t alpn = { (unsigned char *) ALPN, strlen (ALPN) };
  unsigned int flags = (is_server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_ENABLE_RAWPK
                       | GNUTLS_NO_TICKETS | GNUTLS_NO_END_OF_EARLY_DATA;

  self->identity = g_object_ref (identity);
  memcpy (self->peer_key, peer_key, sizeof self->peer_key);
  check (gnutls_init (&self->session, flags), "start TLS");
  check (gnutls_priority_set_direct (self->session, PRIORITY, NULL), "do TLS 1.3 with raw keys");
  check (is_server ? ngtcp2_crypto_gnutls_configure_server_session (self->session)
                   : ngtcp2_crypto_gnutls_configure_client_session (self->session),
         "be used for QUIC");
  self->conn_ref.get_conn = get_conn;
  gnutls_session_set_ptr (self->session, &self->conn_ref);
  check (gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE,
                                 dfn_quic_identity_get_credentials (identity)),
         "use its credentials");
  check (gnutls_alpn_set_protocols (self->session, &alpn, 1, GNUTLS_ALPN_MANDATORY), "do ALPN");
  if (is_server)
    gnutls_certificate_server_set_request (self->session, GNUTLS_CERT_REQUIRE);
  return self;
}

void
dfn_quic_tls_free (DfnQuicTls *self)
{
  gnutls_deinit (self->session);
  g_object_unref (self->identity);
  g_free (self);
}

void
dfn_quic_tls_attach (DfnQuicTls *self, ngtcp2_conn *conn)
{
  self->conn = conn;
  ngtcp2_conn_set_tls_native_handle (conn, self->session);
}

gboolean
dfn_quic_tls_get_wrong_key (DfnQuicTls *self)
{
  return self->wrong_key;
}
