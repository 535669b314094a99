/* SPDX-License-Identifier: MIT */
#include "dfn-local-addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

enum { RANK_IPV4, RANK_IPV6, RANK_LOOPBACK, N_RANKS };

/* The address as text and where it belongs in the list; NULL for what others cannot use. */
static char *
print_address (const struct ifaddrs *entry, int *rank)
{
  char text[INET6_ADDRSTRLEN];

  if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0)
    return NULL;
  if (entry->ifa_addr->sa_family == AF_INET)
    {
      const struct sockaddr_in *in = (const struct sockaddr_in *) entry->ifa_addr;
      *rank = RANK_IPV4;
      inet_ntop (AF_INET, &in->sin_addr, text, sizeof text);
    }
  else if (entry->ifa_addr->sa_family == AF_INET6)
    {
      const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) entry->ifa_addr;
      if (IN6_IS_ADDR_LINKLOCAL (&in6->sin6_addr))
        return NULL;
      *rank = RANK_IPV6;
      inet_ntop (AF_INET6, &in6->sin6_addr, text, sizeof text);
    }
  else
    return NULL;
  if ((entry->ifa_flags & IFF_LOOPBACK) != 0)
    *rank = RANK_LOOPBACK;
  return g_strdup (text);
}

char **
dfn_local_addresses_list (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  struct ifaddrs *entries = NULL;

  if (getifaddrs (&entries) < 0)
    return g_strv_builder_end (builder);
  for (int wanted = 0; wanted < N_RANKS; wanted++)
    for (const struct ifaddrs *entry = entries; entry != NULL; entry = entry->ifa_next)
      {
        int rank = -1;
        g_autofree char *text = print_address (entry, &rank);
        if (text != NULL && rank == wanted)
          g_strv_builder_add (builder, text);
      }
  freeifaddrs (entries);
  return g_strv_builder_end (builder);
}
