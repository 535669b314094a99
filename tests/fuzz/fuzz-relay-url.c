/* SPDX-License-Identifier: MIT */
#include "dfn-lan-discovery.h"
#include "dfn-relay-url.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *local = dfn_lan_discovery_check_url (text, NULL);
  g_autofree char *url = dfn_relay_url_normalise (text, NULL);
  g_autofree char *again = NULL;
  g_autofree char *host = NULL;
  g_autofree char *http = NULL;
  guint16 port = 0;
  gboolean tls;

  g_assert_true (local == NULL || g_strcmp0 (local, url) == 0);
  if (url == NULL)
    return 0;
  again = dfn_relay_url_normalise (url, NULL);
  g_assert_cmpstr (again, ==, url);
  host = dfn_relay_url_get_endpoint (url, &port, &tls);
  g_assert_true (host != NULL && *host != '\0' && port != 0);
  g_assert_null (strpbrk (url, " \r\n\t"));
  http = dfn_relay_url_to_http (url);
  g_assert_true (g_uri_is_valid (http, G_URI_FLAGS_ENCODED, NULL));
  return 0;
}
