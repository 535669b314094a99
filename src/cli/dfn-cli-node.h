/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-options.h"
#include "dfn-node.h"

G_BEGIN_DECLS

/**
 * dfn_cli_node_new:
 * @options: relays, STUN servers and whether the address is to be hidden
 * @error: return location
 *
 * Starts the engine as the options and the environment variables `DEFIANCE_TURN` and
 * `DEFIANCE_REQUEST_LOG` want it.
 *
 * Returns: (transfer full) (nullable): the engine, or %NULL with an error of the settings, which
 *   never repeats the TURN server's password
 */
DfnNode *dfn_cli_node_new (const DfnCliOptions *options, GError **error);

G_END_DECLS
