/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "cloud.h"

G_BEGIN_DECLS

/**
 * LabHost:
 * @name: what the command line calls it
 * @bare: whether it has a namespace alone, and no link to the cloud
 * @ipv4: whether it has an IPv4 address
 * @ipv6: whether it has an IPv6 address
 * @index: its index in the cloud
 * @namespace_fd: its network namespace
 * @tun_fd: the end of its link; -1 if @bare
 */
typedef struct {
  char *name;
  gboolean bare;
  gboolean ipv4;
  gboolean ipv6;
  guint index;
  int namespace_fd;
  int tun_fd;
} LabHost;

void lab_host_free (LabHost *self);

/**
 * lab_host_new:
 * @cloud: where it gets its place
 * @text: `NAME[:KEY=VALUE[,KEY=VALUE]…]`; a key of cloud_set(), or `bare`, `ipv4`, `ipv6` with 0 or
 * 1
 *
 * Returns: (transfer full) (nullable): the host, not yet built
 */
LabHost *lab_host_new (Cloud *cloud, const char *text, GError **error);

/**
 * lab_host_set:
 * @settings: `KEY=VALUE[,KEY=VALUE]…`
 *
 * Returns: %TRUE when all are set; those before a bad one stay set
 */
gboolean
lab_host_set (LabHost *self, Cloud *cloud, guint64 now_ns, const char *settings, GError **error);

/**
 * lab_host_build:
 * @mtu: the largest packet of its link in bytes
 *
 * Makes the namespace and the link's interface.
 */
gboolean lab_host_build (LabHost *self, const Cloud *cloud, int mtu, GError **error);

/**
 * lab_host_describe:
 *
 * Returns: (transfer full): a JSON object that tells its name, addresses and where its namespace is
 */
char *lab_host_describe (const LabHost *self, const Cloud *cloud);

/**
 * lab_host_report:
 *
 * Returns: (transfer full): a JSON object that tells what its links have carried
 */
char *lab_host_report (const LabHost *self, const Cloud *cloud);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabHost, lab_host_free)

G_END_DECLS
