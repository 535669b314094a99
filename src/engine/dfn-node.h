/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-engine-error.h"
#include "dfn-ice-config.h"
#include "dfn-nostr-key.h"
#include "dfn-request-log.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_NODE (dfn_node_get_type ())
G_DECLARE_FINAL_TYPE (DfnNode, dfn_node, DFN, NODE, GObject)

/**
 * DfnNode:
 *
 * The engine of one process: it owns the thread on which relays, peers and chunks are handled.
 * Sessions and the catalog are made with a node; they are used, and emit their signals, on the
 * thread that made them, whose main context must run.
 */

/**
 * dfn_node_new:
 *
 * Starts the engine's thread. Unreferencing the node ends all that runs on it, in good order, and
 * waits for that (peers are told, files closed).
 *
 * Returns: (transfer full): a node
 */
DfnNode *dfn_node_new (void);

/**
 * dfn_node_add_relay:
 * @url: a `ws://` or `wss://` address
 *
 * Names a relay for the sessions that are made from now on. Without any, sessions stay on this
 * network: a broadcast brings a relay of its own, and a viewer looks around.
 *
 * Returns: %FALSE with %DFN_ENGINE_ERROR_SETTINGS if it is no relay's address
 */
gboolean dfn_node_add_relay (DfnNode *self, const char *url, GError **error);

/**
 * dfn_node_get_relays:
 *
 * Returns: (transfer none) (array zero-terminated=1): the relays named, perhaps none
 */
const char *const *dfn_node_get_relays (DfnNode *self);

/**
 * dfn_node_get_ice_config:
 *
 * Returns: (transfer none): STUN and TURN servers; to be set before sessions are made
 */
DfnIceConfig *dfn_node_get_ice_config (DfnNode *self);

/**
 * dfn_node_set_uplink_limit:
 * @bytes_per_second: the most that all sessions together may send, headers included; 0: as much as
 *   the uplink takes without getting in the way of others (dfn-uplink-governor.h)
 */
void dfn_node_set_uplink_limit (DfnNode *self, guint64 bytes_per_second);

/** DFN_NODE_MAX_LINKS: peers that one session keeps at once, at the most */
#define DFN_NODE_MAX_LINKS 64

/**
 * dfn_node_set_max_links:
 * @max_links: how many peers each session keeps, up to %DFN_NODE_MAX_LINKS; 0, as it is at first:
 *   as many as a swarm needs. To be set before sessions are made
 */
void dfn_node_set_max_links (DfnNode *self, guint max_links);
guint dfn_node_get_max_links (DfnNode *self);

/**
 * dfn_node_set_request_log:
 * @path: a file
 *
 * Has requests for chunks logged there, as #DfnRequestLog describes; without it, nothing is. To be
 * called once, before sessions are made.
 */
void dfn_node_set_request_log (DfnNode *self, const char *path);

/**
 * dfn_node_get_request_log:
 *
 * To be used on the engine's thread alone.
 *
 * Returns: (transfer none) (nullable): the log, which lives as long as anything on that thread
 */
DfnRequestLog *dfn_node_get_request_log (DfnNode *self);

/**
 * dfn_node_get_context:
 *
 * Returns: (transfer none): the context of the engine's thread
 */
GMainContext *dfn_node_get_context (DfnNode *self);

G_END_DECLS
