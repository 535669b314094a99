/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-candidate.h"
#include "dfn-network-error.h"

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * DfnIceServer:
 * @host: a name or address
 * @address: (nullable): the address in numbers, once it is known
 * @port: 1 to 65535
 * @user: (nullable): for TURN
 * @password: (nullable): for TURN; in guarded memory
 */
typedef struct {
  char *host;
  char *address;
  guint16 port;
  char *user;
  char *password;
} DfnIceServer;

#define DFN_TYPE_ICE_CONFIG (dfn_ice_config_get_type ())
G_DECLARE_FINAL_TYPE (DfnIceConfig, dfn_ice_config, DFN, ICE_CONFIG, GObject)

/**
 * DfnIceConfig:
 *
 * Which servers help peers to find a path, and how much of their own addresses they show.
 */

/**
 * dfn_ice_config_new:
 *
 * Returns: (transfer full): a configuration with the default STUN servers and no TURN server
 */
DfnIceConfig *dfn_ice_config_new (void);

/**
 * dfn_ice_config_copy:
 *
 * Returns: (transfer full): an independent configuration with the same content
 */
DfnIceConfig *dfn_ice_config_copy (DfnIceConfig *self);

/**
 * dfn_ice_config_add_stun:
 * @text: `HOST`, `HOST:PORT` or `stun:HOST:PORT`; the first one replaces the defaults
 *
 * Returns: %FALSE with %DFN_NETWORK_ERROR_INVALID_ADDRESS if it is none of these
 */
gboolean dfn_ice_config_add_stun (DfnIceConfig *self, const char *text, GError **error);

/**
 * dfn_ice_config_set_turn:
 * @text: `turn:USER:PASSWORD@HOST:PORT`; the message of an error never repeats it
 *
 * Returns: %FALSE with %DFN_NETWORK_ERROR_INVALID_ADDRESS if it is nothing of that form
 */
gboolean dfn_ice_config_set_turn (DfnIceConfig *self, const char *text, GError **error);

/**
 * dfn_ice_config_resolve:
 *
 * Starts to look up the addresses of servers that are given by name, in this thread's default
 * context. Until an answer comes, and when none comes, a server is not used.
 */
void dfn_ice_config_resolve (DfnIceConfig *self);

/**
 * dfn_ice_config_is_settled:
 *
 * Signal `settled`: this became true.
 *
 * Returns: whether no address is being looked up
 */
gboolean dfn_ice_config_is_settled (DfnIceConfig *self);

/* Hides this side's addresses: everything goes through the TURN server. */
void dfn_ice_config_set_force_relay (DfnIceConfig *self, gboolean force_relay);
gboolean dfn_ice_config_get_force_relay (DfnIceConfig *self);

/* How far signalling is heard; decides which addresses are told and believed. */
void dfn_ice_config_set_scope (DfnIceConfig *self, DfnScope scope);
DfnScope dfn_ice_config_get_scope (DfnIceConfig *self);

/**
 * dfn_ice_config_pick_stun:
 *
 * Returns: (transfer none) (nullable): one of the STUN servers whose address is known, by chance;
 *   none of the default ones on a LAN, where nobody outside needs to know
 */
const DfnIceServer *dfn_ice_config_pick_stun (DfnIceConfig *self);

/**
 * dfn_ice_config_get_turn:
 *
 * Returns: (transfer none) (nullable): the TURN server, if its address is known
 */
const DfnIceServer *dfn_ice_config_get_turn (DfnIceConfig *self);

G_END_DECLS
