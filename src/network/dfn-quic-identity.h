/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>
#include <gnutls/gnutls.h>

G_BEGIN_DECLS

/** DFN_QUIC_KEY_SIZE: the bytes of an Ed25519 public key (RFC 8032) */
#define DFN_QUIC_KEY_SIZE 32

#define DFN_TYPE_QUIC_IDENTITY (dfn_quic_identity_get_type ())
G_DECLARE_FINAL_TYPE (DfnQuicIdentity, dfn_quic_identity, DFN, QUIC_IDENTITY, GObject)

/**
 * DfnQuicIdentity:
 *
 * The Ed25519 key with which this run of the program answers in TLS (a raw public key, RFC 7250).
 * It is made for one run and says nothing about who the user is; peers learn its public half from
 * the signed and encrypted offer.
 */

/**
 * dfn_quic_identity_new:
 *
 * Returns: (transfer full): a new random identity
 */
DfnQuicIdentity *dfn_quic_identity_new (void);

/**
 * dfn_quic_identity_get_key:
 *
 * Returns: (transfer none): the public key, %DFN_QUIC_KEY_SIZE bytes
 */
const guint8 *dfn_quic_identity_get_key (DfnQuicIdentity *self);

/**
 * dfn_quic_identity_get_credentials:
 *
 * Returns: (transfer none): what a GnuTLS session presents; valid as long as @self
 */
gnutls_certificate_credentials_t dfn_quic_identity_get_credentials (DfnQuicIdentity *self);

G_END_DECLS
