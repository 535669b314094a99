/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-quic-identity.h"

#include <ngtcp2/ngtcp2_crypto.h>

G_BEGIN_DECLS

/**
 * DfnQuicTls:
 *
 * The TLS 1.3 half of one QUIC connection: both sides show a raw public key (RFC 7250) and accept
 * nothing but the key they were told to expect; ALPN is mandatory.
 */
typedef struct _DfnQuicTls DfnQuicTls;

/**
 * dfn_quic_tls_new:
 * @identity: whom this side is
 * @is_server: the role in the handshake
 * @peer_key: the 32 bytes that the other side must prove to hold
 *
 * Returns: (transfer full): a session ready for its handshake
 */
DfnQuicTls *dfn_quic_tls_new (DfnQuicIdentity *identity,
                              gboolean is_server,
                              const guint8 peer_key[DFN_QUIC_KEY_SIZE]);
void dfn_quic_tls_free (DfnQuicTls *self);

/**
 * dfn_quic_tls_attach:
 * @conn: (transfer none): the connection that this session secures; to be freed before @self
 *
 * Joins the two, so that each finds the other in its callbacks.
 */
void dfn_quic_tls_attach (DfnQuicTls *self, ngtcp2_conn *conn);

/**
 * dfn_quic_tls_get_wrong_key:
 *
 * Returns: %TRUE if the handshake failed because the peer showed another key
 */
gboolean dfn_quic_tls_get_wrong_key (DfnQuicTls *self);

/* For DfnQuicIdentity: installs the check on its credentials; reads the key out of the DER
 * SubjectPublicKeyInfo of RFC 8410, answering FALSE if it is anything but Ed25519. */
void dfn_quic_tls_watch_peer_key (gnutls_certificate_credentials_t credentials);
gboolean dfn_quic_tls_spki_to_key (const guint8 *spki, gsize length, guint8 key[DFN_QUIC_KEY_SIZE]);

G_END_DECLS
