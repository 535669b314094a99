/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/** DFN_HOME_RELAY_PORT: where a relay of ours listens if nothing else does, so that links last */
#define DFN_HOME_RELAY_PORT 7447

#define DFN_TYPE_HOME_RELAY (dfn_home_relay_get_type ())
G_DECLARE_FINAL_TYPE (DfnHomeRelay, dfn_home_relay, DFN, HOME_RELAY, GObject)

/**
 * dfn_home_relay_new:
 *
 * A relay inside this process, announced on this network: what a broadcast brings when the user
 * named none. It lives in the thread-default context of its creation.
 *
 * Returns: (transfer full) (nullable): the relay, or %NULL with a %G_IO_ERROR
 */
DfnHomeRelay *dfn_home_relay_new (GError **error);

/**
 * dfn_home_relay_get_urls:
 *
 * Returns: (transfer full): by which addresses others reach it, at most a few, ended by %NULL
 */
char **dfn_home_relay_get_urls (DfnHomeRelay *self);

/**
 * dfn_home_relay_get_local_url:
 *
 * Returns: (transfer full): by which address this process reaches it
 */
char *dfn_home_relay_get_local_url (DfnHomeRelay *self);

G_END_DECLS
