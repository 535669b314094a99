/* SPDX-License-Identifier: MIT */
#include "dfn-udp-send.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define BUFFER_SIZE (4 * 1024 * 1024)
/* Linux takes at most 64 segments and 65,507 bytes in one call. */
#define MAX_SEGMENTS 64

#ifdef __linux__
#include <netinet/udp.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define HAVE_GSO 1
#else
#define HAVE_GSO 0
#endif

/* By this kernel or network device, or by dfn_udp_set_offload(); not tried again. */
static gboolean gso_refused = !HAVE_GSO;

static gssize
send_once (int fd,
           struct sockaddr *to,
           socklen_t to_length,
           const guint8 *data,
           gsize length,
           gsize segment)
{
  struct iovec vector = { .iov_base = (void *) data, .iov_len = length };
  struct msghdr message = {
    .msg_name = to,
    .msg_namelen = to_length,
    .msg_iov = &vector,
    .msg_iovlen = 1,
  };
#if HAVE_GSO
  union {
    char bytes[CMSG_SPACE (sizeof (guint16))];
    struct cmsghdr align;
  } control;

  if (length > segment)
    {
      guint16 size = (guint16) segment;
      struct cmsghdr *header;

      memset (&control, 0, sizeof control);
      message.msg_control = control.bytes;
      message.msg_controllen = sizeof control.bytes;
      header = CMSG_FIRSTHDR (&message);
      header->cmsg_level = IPPROTO_UDP;
      header->cmsg_type = UDP_SEGMENT;
      header->cmsg_len = CMSG_LEN (sizeof size);
      memcpy (CMSG_DATA (header), &size, sizeof size);
    }
#endif
  return sendmsg (fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

DfnUdpResult
dfn_udp_send (GSocket *socket,
              GSocketAddress *to,
              const guint8 *data,
              gsize length,
              gsize segment,
              gsize *sent)
{
  struct sockaddr_storage address;
  gssize address_length = g_socket_address_get_native_size (to);
  gboolean use_gso;

  if (address_length < 0 || !g_socket_address_to_native (to, &address, sizeof address, NULL))
    return DFN_UDP_BROKEN;
  use_gso = !g_atomic_int_get (&gso_refused);
  while (*sent < length)
    {
      gsize size = MIN (length - *sent, use_gso ? segment * MAX_SEGMENTS : segment);
      gssize n = send_once (g_socket_get_fd (socket), (struct sockaddr *) &address,
                            (socklen_t) address_length, data + *sent, size, segment);

      if (n >= 0)
        *sent += size;
      else if (errno == EINTR)
        continue;
      else if (errno == EAGAIN || errno == EWOULDBLOCK)
        return DFN_UDP_BLOCKED;
      else if (size > segment && (errno == EIO || errno == EOPNOTSUPP))
        {
          use_gso = FALSE;
          g_atomic_int_set (&gso_refused, TRUE);
        }
      else if (size > segment && (errno == EINVAL || errno == EMSGSIZE))
        use_gso = FALSE; /* some packets are too long for the device, as QUIC's probes may be */
      else if (errno == EMSGSIZE || errno == ECONNREFUSED || errno == ENOBUFS)
        *sent +=
            size; /* lost: too long for the path, an answer to an earlier packet, a full queue */
      else
        return DFN_UDP_BROKEN;
    }
  return DFN_UDP_SENT;
}

void
dfn_udp_set_offload (gboolean offload)
{
  g_atomic_int_set (&gso_refused, !HAVE_GSO || !offload);
}

/* A system that does not know the option would take many packets for one long one. */
static void
check_offload (GSocket *socket)
{
#if HAVE_GSO
  gint value;

  if (!g_socket_get_option (socket, IPPROTO_UDP, UDP_SEGMENT, &value, NULL))
    g_atomic_int_set (&gso_refused, TRUE);
#endif
}

void
dfn_udp_prepare (GSocket *socket)
{
  check_offload (socket);
  /* Each of these may be refused or clipped by the system; the link then works less well. */
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, BUFFER_SIZE, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, BUFFER_SIZE, NULL);
#ifdef IP_PMTUDISC_PROBE
  if (g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV4)
    g_socket_set_option (socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, NULL);
#endif
#ifdef IPV6_PMTUDISC_PROBE
  if (g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE, NULL);
#endif
}
