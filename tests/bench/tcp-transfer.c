/* SPDX-License-Identifier: MIT */
/*
 * One TCP transfer with a chosen congestion control, as the yardstick for links of our own.
 *
 *   tcp-transfer send PORT CONTROL BYTES [SECONDS]
 *       listens, sends BYTES to the first who connects, fewer when SECONDS have passed
 *   tcp-transfer receive ADDRESS PORT
 *       connects, reads until the end
 *
 * Each prints one JSON object: bytes, seconds from the connection to the last byte, and its own
 * processor time in seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#define BLOCK 262144

/* What the kernel holds beyond the congestion window, so that a sender that stops after a time is
 * not followed by megabytes that still wait. */
#define LOW_WATER 131072

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static double
processor_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int
fail (const char *what)
{
  g_printerr ("tcp-transfer: %s: %s\n", what, g_strerror (errno));
  return 1;
}

static void
report (const char *role, guint64 bytes, double seconds)
{
  printf ("{\"role\":\"%s\",\"bytes\":%" G_GUINT64_FORMAT
          ",\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n",
          role, bytes, seconds, processor_seconds ());
}

/* The dual-stack wildcard, so that one sender serves IPv4 and IPv6. */
static int
listen_on (guint16 port)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons (port) };
  int listener = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;

  if (listener < 0)
    return -1;
  setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind (listener, (struct sockaddr *) &address, sizeof address) < 0 || listen (listener, 1) < 0)
    return -1;
  return listener;
}

/* The transfer ends when the receiver has everything and closes, not when the kernel has taken the
 * last byte from us. */
static int
send_all (int connection, guint64 bytes, double seconds)
{
  static char block[BLOCK];
  double start = now ();
  guint64 left = bytes;

  while (left > 0 && now () - start < seconds)
    {
      gssize written = send (connection, block, MIN (left, sizeof block), MSG_NOSIGNAL);

      if (written < 0)
        return fail ("send");
      left -= (guint64) written;
    }
  shutdown (connection, SHUT_WR);
  if (read (connection, block, sizeof block) < 0)
    return fail ("read");
  report ("sender", bytes - left, now () - start);
  return 0;
}

static int
run_sender (guint16 port, const char *control, guint64 bytes, double seconds)
{
  int listener = listen_on (port);
  int low_water = LOW_WATER;
  int connection;

  if (listener < 0)
    return fail ("listen");
  if (setsockopt (listener, IPPROTO_TCP, TCP_CONGESTION, control, (socklen_t) strlen (control)) < 0)
    return fail (control);
  g_printerr ("listening\n");
  connection = accept (listener, NULL, NULL);
  if (connection < 0)
    return fail ("accept");
  setsockopt (connection, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low_water, sizeof low_water);
  return send_all (connection, bytes, seconds);
}

static int
connect_to (const char *host, guint16 port)
{
  struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons (port) };
  gboolean is_ipv4 = inet_pton (AF_INET, host, &ipv4.sin_addr) == 1;
  int connection;

  if (!is_ipv4 && inet_pton (AF_INET6, host, &ipv6.sin6_addr) != 1)
    {
      errno = EINVAL;
      return -1;
    }
  connection = socket (is_ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0)
    return -1;
  if (is_ipv4 ? connect (connection, (struct sockaddr *) &ipv4, sizeof ipv4) < 0
              : connect (connection, (struct sockaddr *) &ipv6, sizeof ipv6) < 0)
    return -1;
  return connection;
}

static int
run_receiver (const char *host, guint16 port)
{
  static char block[BLOCK];
  double start = now ();
  int connection = connect_to (host, port);
  guint64 bytes = 0;
  gssize length;

  if (connection < 0)
    return fail (host);
  while ((length = read (connection, block, sizeof block)) > 0)
    bytes += (guint64) length;
  if (length < 0)
    return fail ("read");
  report ("receiver", bytes, now () - start);
  return 0;
}

int
main (int argc, char **argv)
{
  if ((argc == 5 || argc == 6) && strcmp (argv[1], "send") == 0)
    return run_sender ((guint16) g_ascii_strtoull (argv[2], NULL, 10), argv[3],
                       g_ascii_strtoull (argv[4], NULL, 10),
                       argc == 6 ? g_ascii_strtod (argv[5], NULL) : G_MAXDOUBLE);
  if (argc == 4 && strcmp (argv[1], "receive") == 0)
    return run_receiver (argv[2], (guint16) g_ascii_strtoull (argv[3], NULL, 10));
  g_printerr ("usage: tcp-transfer send PORT CONTROL BYTES [SECONDS] | receive ADDRESS PORT\n");
  return 2;
}
