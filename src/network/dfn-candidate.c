/* SPDX-License-Identifier: MIT */
#include "dfn-candidate.h"

#include <string.h>

DfnCandidate *
dfn_candidate_new (DfnCandidateType type,
                   GInetAddress *address,
                   guint16 port,
                   guint32 priority,
                   const char *foundation)
{
  DfnCandidate *self = g_new0 (DfnCandidate, 1);

  self->type = type;
  self->address = g_object_ref (address);
  self->port = port;
  self->priority = priority;
  g_strlcpy (self->foundation, foundation, sizeof self->foundation);
  return self;
}

DfnCandidate *
dfn_candidate_copy (const DfnCandidate *self)
{
  return dfn_candidate_new (self->type, self->address, self->port, self->priority,
                            self->foundation);
}

void
dfn_candidate_free (DfnCandidate *self)
{
  g_object_unref (self->address);
  g_free (self);
}

gboolean
dfn_address_is_carrier_grade (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4 && bytes[0] == 100
         && (bytes[1] & 0xc0) == 64;
}

/* RFC 4193; GLib's "site local" means only the retired fec0::/10. */
static gboolean
is_unique_local (GInetAddress *address)
{
  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
         && (g_inet_address_to_bytes (address)[0] & 0xfe) == 0xfc;
}

DfnScope
dfn_scope_of_address (GInetAddress *address)
{
  if (g_inet_address_get_is_loopback (address))
    return DFN_SCOPE_HOST;
  if (g_inet_address_get_is_site_local (address) || g_inet_address_get_is_link_local (address)
      || dfn_address_is_carrier_grade (address) || is_unique_local (address))
    return DFN_SCOPE_LAN;
  return DFN_SCOPE_PUBLIC;
}

DfnScope
dfn_scope_of_url (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = NULL;
  g_autofree char *lower = NULL;

  if (host == NULL)
    return DFN_SCOPE_PUBLIC;
  address = g_inet_address_new_from_string (host);
  if (address != NULL)
    return dfn_scope_of_address (address);
  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return DFN_SCOPE_HOST;
  lower = g_ascii_strdown (host, -1);
  return g_str_has_suffix (lower, ".local") ? DFN_SCOPE_LAN : DFN_SCOPE_PUBLIC;
}

gboolean
dfn_candidate_may_travel (const DfnCandidate *self, DfnScope scope)
{
  /* A link-local IPv6 address means nothing without the zone it is in. */
  if (g_inet_address_get_family (self->address) == G_SOCKET_FAMILY_IPV6
      && g_inet_address_get_is_link_local (self->address))
    return FALSE;
  return dfn_scope_of_address (self->address) >= scope;
}

/* An IPv4 address in IPv6 clothes would walk around the checks of IPv4: mapped and compatible ones
 * (RFC 4291 section 2.5.5), those of a translator (RFC 6052) and of 6to4 (RFC 3056). */
static gboolean
hides_ipv4 (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  static const guint8 compatible[12];
  static const guint8 translated[12] = { 0x00, 0x64, 0xff, 0x9b };

  if (g_inet_address_get_is_loopback (address))
    return FALSE;
  return memcmp (bytes, mapped, sizeof mapped) == 0
         || memcmp (bytes, compatible, sizeof compatible) == 0
         || memcmp (bytes, translated, sizeof translated) == 0
         || (bytes[0] == 0x20 && bytes[1] == 0x02);
}

static gboolean
is_special (GInetAddress *address)
{
  const guint8 *bytes = g_inet_address_to_bytes (address);

  if (g_inet_address_get_is_multicast (address) || g_inet_address_get_is_any (address))
    return TRUE;
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    return bytes[0] == 0 || bytes[0] >= 240;
  return hides_ipv4 (address);
}

gboolean
dfn_candidate_is_acceptable (const DfnCandidate *self, DfnScope scope)
{
  return self->port != 0 && !is_special (self->address) && dfn_candidate_may_travel (self, scope);
}
