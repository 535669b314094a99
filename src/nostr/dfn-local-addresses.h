/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_local_addresses_list:
 *
 * The addresses of this computer's interfaces that are up: IPv4 first, then IPv6, loopback last,
 * none that is valid on one link only.
 *
 * Returns: (transfer full): addresses as text, ended by %NULL
 */
char **dfn_local_addresses_list (void);

G_END_DECLS
