/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_CLI_LISTEN_PORT: the port of a relay that is told none */
#define DFN_CLI_LISTEN_PORT 7447

/**
 * dfn_cli_listen_parse:
 * @text: (nullable): `ADDRESS:PORT`, `[ADDRESS]:PORT` with an IPv6 address, `ADDRESS`, `:PORT`, or
 *   %NULL; `localhost` stands for 127.0.0.1
 * @address: (out) (nullable) (transfer full): a numeric address, or %NULL for all
 * @port: (out): 0 for any
 * @error: return location
 *
 * Returns: %FALSE with %DFN_CLI_ERROR_USAGE if @text is none of these
 */
gboolean dfn_cli_listen_parse (const char *text, char **address, guint16 *port, GError **error);

G_END_DECLS
