/* SPDX-License-Identifier: MIT */
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* libnice passes over interfaces whose names begin with "veth", "vnet", "virbr" or "docker". */
#define INTERFACE "eth0"
#define TRANSMIT_QUEUE 1000

/* linux/ipv6.h clashes with netinet/in.h. */
typedef struct {
  struct in6_addr address;
  guint32 prefix_length;
  int interface_index;
} Ipv6Request;

static gboolean
fail (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s: %s", what,
               g_strerror (code));
  return FALSE;
}

static int
open_current (GError **error)
{
  int fd = open ("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    fail (error, "Cannot open this process's network namespace");
  return fd;
}

gboolean
namespace_prepare (GError **error)
{
  int home = open_current (error);
  gboolean done;

  if (home < 0)
    return FALSE;
  done = setns (home, CLONE_NEWNET) == 0 || unshare (CLONE_NEWNET) == 0;
  close (home);
  return done || fail (error, "Network namespaces are not permitted");
}

static void
name_request (struct ifreq *request, const char *interface)
{
  memset (request, 0, sizeof *request);
  g_strlcpy (request->ifr_name, interface, sizeof request->ifr_name);
}

static gboolean
bring_up (int socket_fd, const char *interface, GError **error)
{
  struct ifreq request;

  name_request (&request, interface);
  if (ioctl (socket_fd, SIOCGIFFLAGS, &request) < 0)
    return fail (error, interface);
  request.ifr_flags |= IFF_UP;
  if (ioctl (socket_fd, SIOCSIFFLAGS, &request) < 0)
    return fail (error, interface);
  return TRUE;
}

static gboolean
bring_up_loopback (GError **error)
{
  int socket_fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean done = socket_fd >= 0 ? bring_up (socket_fd, "lo", error) : fail (error, "socket");

  if (socket_fd >= 0)
    close (socket_fd);
  return done;
}

int
namespace_new (GError **error)
{
  int home = open_current (error);
  int made = -1;

  if (home < 0)
    return -1;
  if (unshare (CLONE_NEWNET) < 0)
    {
      fail (error, "Cannot make a network namespace");
    }
  else
    {
      made = bring_up_loopback (error) ? open_current (error) : -1;
      if (setns (home, CLONE_NEWNET) < 0)
        g_error ("Cannot return to the home network namespace: %s", g_strerror (errno));
    }
  close (home);
  return made;
}

gboolean
namespace_enter (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && setns (fd, CLONE_NEWNET) == 0;

  if (!done)
    fail (error, path);
  if (fd >= 0)
    close (fd);
  return done;
}

static gboolean
set_ipv4 (int socket_fd, const struct in_addr *ipv4, GError **error)
{
  struct ifreq request;
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = *ipv4 };

  name_request (&request, INTERFACE);
  memcpy (&request.ifr_addr, &address, sizeof address);
  if (ioctl (socket_fd, SIOCSIFADDR, &request) < 0)
    return fail (error, "Cannot set an IPv4 address");
  address.sin_addr.s_addr = htonl (0xffff0000);
  memcpy (&request.ifr_netmask, &address, sizeof address);
  if (ioctl (socket_fd, SIOCSIFNETMASK, &request) < 0)
    return fail (error, "Cannot set an IPv4 netmask");
  return TRUE;
}

static gboolean
set_ipv6 (const struct in6_addr *ipv6, GError **error)
{
  Ipv6Request request = { *ipv6, 32, (int) if_nametoindex (INTERFACE) };
  int socket_fd = socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean done = socket_fd >= 0 && ioctl (socket_fd, SIOCSIFADDR, &request) == 0;

  if (!done)
    fail (error, "Cannot set an IPv6 address");
  if (socket_fd >= 0)
    close (socket_fd);
  return done;
}

static int
open_tun (GError **error)
{
  struct ifreq request;
  int fd = open ("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    {
      fail (error, "/dev/net/tun");
      return -1;
    }
  name_request (&request, INTERFACE);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl (fd, TUNSETIFF, &request) < 0)
    {
      fail (error, "Cannot make a TUN interface");
      close (fd);
      return -1;
    }
  return fd;
}

static gboolean
size_tun (int socket_fd, int mtu, GError **error)
{
  struct ifreq request;

  name_request (&request, INTERFACE);
  request.ifr_mtu = mtu;
  if (ioctl (socket_fd, SIOCSIFMTU, &request) < 0)
    return fail (error, "Cannot set the MTU");
  /* Only real root may; in a user namespace the kernel's 500 packets have to do. */
  name_request (&request, INTERFACE);
  request.ifr_qlen = TRANSMIT_QUEUE;
  if (ioctl (socket_fd, SIOCSIFTXQLEN, &request) < 0 && errno != EPERM)
    return fail (error, "Cannot set the length of the transmit queue");
  return TRUE;
}

/* Runs inside the new namespace. */
static int
make_interface (int mtu, const struct in_addr *ipv4, const struct in6_addr *ipv6, GError **error)
{
  int tun = open_tun (error);
  int socket_fd;
  gboolean done;

  if (tun < 0)
    return -1;
  socket_fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  done = socket_fd >= 0 ? size_tun (socket_fd, mtu, error) : fail (error, "socket");
  done = done && (ipv4 == NULL || set_ipv4 (socket_fd, ipv4, error));
  done = done && bring_up (socket_fd, INTERFACE, error);
  done = done && (ipv6 == NULL || set_ipv6 (ipv6, error));
  if (socket_fd >= 0)
    close (socket_fd);
  if (!done)
    {
      close (tun);
      return -1;
    }
  return tun;
}

int
namespace_add_tun (int namespace_fd,
                   int mtu,
                   const struct in_addr *ipv4,
                   const struct in6_addr *ipv6,
                   GError **error)
{
  int home = open_current (error);
  int tun = -1;

  if (home < 0)
    return -1;
  if (setns (namespace_fd, CLONE_NEWNET) < 0)
    {
      fail (error, "Cannot enter a network namespace");
    }
  else
    {
      tun = make_interface (mtu, ipv4, ipv6, error);
      if (setns (home, CLONE_NEWNET) < 0)
        g_error ("Cannot return to the home network namespace: %s", g_strerror (errno));
    }
  close (home);
  return tun;
}
