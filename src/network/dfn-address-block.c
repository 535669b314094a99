/* SPDX-License-Identifier: MIT */
#include "dfn-address-block.h"

#include "dfn-candidate.h"

#include <string.h>

#define IPV4_MARK (G_GUINT64_CONSTANT (4) << 56)
#define IPV6_MARK (G_GUINT64_CONSTANT (6) << 56)

static guint64
number_of (const guint8 *bytes, guint n)
{
  guint64 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | bytes[i];
  return number;
}

/* Finds the IPv4 address of @address: itself, or the one inside. Returns NULL when there is none.
 */
static const guint8 *
find_ipv4 (GInetAddress *address)
{
  static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  static const guint8 translated[12] = { 0, 0x64, 0xff, 0x9b };
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    return bytes;
  if (memcmp (bytes, mapped, sizeof mapped) == 0
      || memcmp (bytes, translated, sizeof translated) == 0)
    return bytes + 12;
  if (bytes[0] == 0x20 && bytes[1] == 0x02) /* 6to4 */
    return bytes + 2;
  return NULL;
}

guint64
dfn_address_block_of (GInetAddress *address)
{
  const guint8 *ipv4 = find_ipv4 (address);
  g_autoptr (GInetAddress) inner = NULL;

  if (ipv4 != NULL)
    address = inner = g_inet_address_new_from_bytes (ipv4, G_SOCKET_FAMILY_IPV4);
  if (dfn_scope_of_address (address) != DFN_SCOPE_PUBLIC)
    return DFN_ADDRESS_BLOCK_EXEMPT;
  if (ipv4 != NULL)
    return IPV4_MARK | number_of (ipv4, 3);
  return IPV6_MARK | number_of (g_inet_address_to_bytes (address), 6);
}

void
dfn_address_holder_of (GInetAddress *address, guint8 out[DFN_ADDRESS_HOLDER_SIZE])
{
  const guint8 *ipv4 = find_ipv4 (address);

  memset (out, 0, DFN_ADDRESS_HOLDER_SIZE);
  out[0] = ipv4 != NULL ? 4 : 6;
  if (ipv4 != NULL)
    memcpy (out + 1, ipv4, 4);
  else
    memcpy (out + 1, g_inet_address_to_bytes (address), 8);
}
