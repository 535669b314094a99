/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * DFN_ADDRESS_BLOCK_EXEMPT: the block of addresses that are not counted: private, loopback and
 * link-local ones, of which everybody has as many as he likes and which reach nobody far away
 */
#define DFN_ADDRESS_BLOCK_EXEMPT G_GUINT64_CONSTANT (0)

/**
 * dfn_address_block_of:
 * @address: a peer's address
 *
 * Addresses that one owner gets cheaply together: an IPv4 /24, an IPv6 /48. An IPv4 address inside
 * IPv6 (RFC 4291 section 2.5.5.2, RFC 6052, RFC 3056) counts as what it is.
 *
 * Returns: a number that two addresses share if and only if they are in one block, or
 *   %DFN_ADDRESS_BLOCK_EXEMPT
 */
guint64 dfn_address_block_of (GInetAddress *address);

/** DFN_ADDRESS_HOLDER_SIZE: the bytes of what dfn_address_holder_of() writes */
#define DFN_ADDRESS_HOLDER_SIZE 9

/**
 * dfn_address_holder_of:
 * @out: (out caller-allocates): %DFN_ADDRESS_HOLDER_SIZE bytes
 *
 * Who holds an address, as closely as it tells: an IPv4 address, an IPv6 /64. For remembering,
 * hashed with a salt, who has proved to be bad.
 */
void dfn_address_holder_of (GInetAddress *address, guint8 out[DFN_ADDRESS_HOLDER_SIZE]);

G_END_DECLS
