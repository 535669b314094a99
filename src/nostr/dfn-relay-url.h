/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"

#include <glib.h>

G_BEGIN_DECLS

/** DFN_RELAY_URL_MAX_LENGTH: the bytes of the longest relay address taken */
#define DFN_RELAY_URL_MAX_LENGTH 512

/**
 * dfn_relay_url_normalise:
 * @url: text from anywhere
 * @error: return location
 *
 * Brings a relay's address into the one form that is compared and shown: scheme and host in lower
 * case, no default port, no fragment, no slash where the path is only that.
 *
 * Returns: (transfer full) (nullable): the address, or %NULL with %DFN_NOSTR_ERROR_INVALID_URL if
 *   @url is no `ws://` or `wss://` address, names no host, carries a password or is too long
 */
char *dfn_relay_url_normalise (const char *url, GError **error);

/**
 * dfn_relay_url_to_http:
 * @url: an address as dfn_relay_url_normalise() returns it
 *
 * Returns: (transfer full): the `http://` or `https://` address of the same place (NIP-11)
 */
char *dfn_relay_url_to_http (const char *url);

/**
 * dfn_relay_url_get_endpoint:
 * @url: an address as dfn_relay_url_normalise() returns it
 * @port: (out): the TCP port
 * @tls: (out): whether it is a `wss://` address
 *
 * Returns: (transfer full): the host, an IPv6 address without brackets
 */
char *dfn_relay_url_get_endpoint (const char *url, guint16 *port, gboolean *tls);

G_END_DECLS
