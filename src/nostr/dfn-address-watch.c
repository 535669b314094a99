/* SPDX-License-Identifier: MIT */
#include "dfn-address-watch.h"

#include "dfn-local-addresses.h"

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  GSource source;
  int fd;
} WatchSource;

/* What changed is of no interest: whoever is told looks for itself. */
static gboolean
watch_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  WatchSource *self = (WatchSource *) source;
  char buffer[4096];

  while (recv (self->fd, buffer, sizeof buffer, 0) > 0)
    continue;
  return callback (user_data);
}

static void
watch_source_finalize (GSource *source)
{
  WatchSource *self = (WatchSource *) source;

  if (self->fd >= 0)
    close (self->fd);
}

static GSourceFuncs watch_source_funcs = {
  .dispatch = watch_source_dispatch,
  .finalize = watch_source_finalize,
};

GSource *
dfn_address_watch_source_new (void)
{
  GSource *source = g_source_new (&watch_source_funcs, sizeof (WatchSource));
  WatchSource *self = (WatchSource *) source;
  struct sockaddr_nl address = {
    .nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR,
  };

  self->fd = socket (AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  /* A sandbox may forbid it; then a change is noticed when nothing comes any more. */
  if (self->fd >= 0 && bind (self->fd, (struct sockaddr *) &address, sizeof address) == 0)
    g_source_add_unix_fd (source, self->fd, G_IO_IN);
  g_source_set_static_name (source, "dfn-address-watch");
  return source;
}

#else

static gboolean
watch_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs watch_source_funcs = { .dispatch = watch_source_dispatch };

GSource *
dfn_address_watch_source_new (void)
{
  return g_source_new (&watch_source_funcs, sizeof (GSource));
}
#endif

gboolean
dfn_address_watch_is_gone (GIOStream *stream)
{
  g_autoptr (GSocketAddress) local = NULL;
  g_auto (GStrv) present = NULL;
  g_autofree char *text = NULL;
  GInetAddress *address;

  if (!G_IS_SOCKET_CONNECTION (stream))
    return FALSE;
  local = g_socket_connection_get_local_address (G_SOCKET_CONNECTION (stream), NULL);
  if (!G_IS_INET_SOCKET_ADDRESS (local))
    return FALSE;
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local));
  /* The list has none that is valid on one link only. */
  if (g_inet_address_get_is_link_local (address))
    return FALSE;
  text = g_inet_address_to_string (address);
  present = dfn_local_addresses_list ();
  return !g_strv_contains ((const char *const *) present, text);
}
