/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <netinet/in.h>

G_BEGIN_DECLS

/**
 * namespace_prepare:
 *
 * Inside a user namespace that did not make the network namespace it runs in, one may leave that
 * one but not return. There this process moves into an empty one for good, so that the functions
 * below can come back to it.
 *
 * Returns: %FALSE with @error where network namespaces are not permitted
 */
gboolean namespace_prepare (GError **error);

/**
 * namespace_new:
 *
 * Makes a network namespace with its loopback interface up. It has no name anywhere: it lives as
 * long as this process holds the descriptor, or another process is inside, and so cannot be left
 * behind. Others reach it as /proc/PID/fd/FD of this process. Needs CAP_SYS_ADMIN, possibly that of
 * a user namespace.
 *
 * Returns: its file descriptor, or -1 with @error; the caller stays where it was
 */
int namespace_new (GError **error);

/**
 * namespace_enter:
 * @path: where a namespace is found
 */
gboolean namespace_enter (const char *path, GError **error);

/**
 * namespace_add_tun:
 * @namespace_fd: a namespace
 * @mtu: the largest packet in bytes
 * @ipv4: (nullable): its address, in a network of 16 bits
 * @ipv6: (nullable): its address, in a network of 64 bits
 *
 * Makes an interface named "eth0", whose packets travel through the
 * descriptor, one a read or write, with no header before the IP header and no offloads: what the
 * kernel had joined for segmentation comes as single packets.
 *
 * Returns: the non-blocking descriptor, or -1 with @error
 */
int namespace_add_tun (int namespace_fd,
                       int mtu,
                       const struct in_addr *ipv4,
                       const struct in6_addr *ipv6,
                       GError **error);

G_END_DECLS
