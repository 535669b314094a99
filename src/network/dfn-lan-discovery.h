/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DFN_TYPE_LAN_DISCOVERY (dfn_lan_discovery_get_type ())
G_DECLARE_FINAL_TYPE (DfnLanDiscovery, dfn_lan_discovery, DFN, LAN_DISCOVERY, GObject)

/** DFN_LAN_DISCOVERY_TARGET: what relays of ours are called in SSDP (UPnP Device Architecture 1.0)
 */
#define DFN_LAN_DISCOVERY_TARGET "urn:defiance:service:relay:1"
/** DFN_LAN_DISCOVERY_MAX_FOUND: the most relays remembered at once */
#define DFN_LAN_DISCOVERY_MAX_FOUND 64

/**
 * dfn_lan_discovery_new:
 *
 * Makes relays known, and finds them, on the local network: SSDP over IPv4 on every interface that
 * is up, can do multicast and is not loopback. Interfaces may come and go; without any, nothing is
 * found and nothing fails. Everything happens in the context that is the thread's default now.
 *
 * Signals:
 * - `found` (const char *url): there is a relay at that `ws://` address, as
 *   dfn_relay_url_normalise() prints it. Its host is an address of the local network.
 * - `lost` (const char *url): it has said goodbye, or not been heard of for two minutes
 *
 * Returns: (transfer full): a discovery that neither announces nor browses
 */
DfnLanDiscovery *dfn_lan_discovery_new (void);

/**
 * dfn_lan_discovery_announce:
 * @port: the TCP port of a relay that listens on all addresses of this computer
 *
 * Makes a relay known until the object goes. It says goodbye then. The object's own relay is not
 * among those it finds.
 */
void dfn_lan_discovery_announce (DfnLanDiscovery *self, guint16 port);

/**
 * dfn_lan_discovery_browse:
 *
 * Looks for relays, now and for as long as the object lives. Those that are there answer within a
 * second.
 */
void dfn_lan_discovery_browse (DfnLanDiscovery *self);

/**
 * dfn_lan_discovery_get_n_interfaces:
 *
 * Returns: on how many interfaces it works at this moment
 */
guint dfn_lan_discovery_get_n_interfaces (DfnLanDiscovery *self);

/**
 * dfn_lan_discovery_check_url:
 * @location: what somebody on the network claims to be a relay's address
 * @network: (nullable): the network on which that was heard
 *
 * Judges an address before anything connects to it: a `ws://` address of a host given in numbers,
 * in a private range (RFC 1918, RFC 3927, RFC 4193) or in @network, without a path.
 *
 * Returns: (transfer full) (nullable): the address in its normal form, or %NULL
 */
char *dfn_lan_discovery_check_url (const char *location, GInetAddressMask *network);

G_END_DECLS
