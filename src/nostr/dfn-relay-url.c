/* SPDX-License-Identifier: MIT */
#include "dfn-relay-url.h"

#include <string.h>

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_URL,
               "This is no relay address (ws://HOST or wss://HOST): %s", why);
  return FALSE;
}

static gboolean
check_text (const char *url, GError **error)
{
  gsize length = strnlen (url, DFN_RELAY_URL_MAX_LENGTH + 1);

  if (length > DFN_RELAY_URL_MAX_LENGTH)
    return refuse (error, "it is too long");
  if (!g_utf8_validate (url, -1, NULL))
    return refuse (error, "it is not UTF-8 text");
  for (const char *p = url; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) || *p == ' ' || *p == '"' || *p == '\\')
      return refuse (error, "it contains spaces or control characters");
  return TRUE;
}

/* The host in lower case and in ASCII (RFC 5890); NULL for what is no name and no address. */
static char *
read_host (const char *text)
{
  g_autofree char *ascii = NULL;
  g_autofree char *host = NULL;

  if (text == NULL)
    return NULL;
  ascii = g_hostname_is_non_ascii (text) ? g_hostname_to_ascii (text) : g_strdup (text);
  if (ascii == NULL || *ascii == '\0')
    return NULL;
  host = g_ascii_strdown (ascii, -1);
  for (const char *p = host; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr (".-_:", *p) == NULL)
      return NULL;
  return g_steal_pointer (&host);
}

static gboolean
check_parts (GUri *uri, GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);

  if (!g_str_equal (scheme, "ws") && !g_str_equal (scheme, "wss"))
    return refuse (error, "it starts with another scheme");
  if (g_uri_get_userinfo (uri) != NULL)
    return refuse (error, "it carries a user name or password");
  if (g_uri_get_port (uri) == 0 || g_uri_get_port (uri) > G_MAXUINT16)
    return refuse (error, "its port is out of range");
  return TRUE;
}

static int
default_port (const char *scheme)
{
  return g_str_equal (scheme, "wss") ? 443 : 80;
}

char *
dfn_relay_url_normalise (const char *url, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  g_autofree char *host = NULL;
  const char *path;
  int port;

  g_return_val_if_fail (url != NULL, NULL);

  if (!check_text (url, error))
    return NULL;
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  if (uri == NULL)
    {
      refuse (error, "it cannot be parsed");
      return NULL;
    }
  if (!check_parts (uri, error))
    return NULL;

  host = read_host (g_uri_get_host (uri));
  if (host == NULL)
    {
      refuse (error, "it names no host");
      return NULL;
    }
  port = g_uri_get_port (uri);
  if (port == default_port (g_uri_get_scheme (uri)))
    port = -1;
  path = g_uri_get_path (uri);
  if (g_str_equal (path, "/") && g_uri_get_query (uri) == NULL)
    path = "";
  return g_uri_join (G_URI_FLAGS_ENCODED, g_uri_get_scheme (uri), NULL, host, port, path,
                     g_uri_get_query (uri), NULL);
}

char *
dfn_relay_url_to_http (const char *url)
{
  g_return_val_if_fail (g_str_has_prefix (url, "ws"), NULL);

  return g_strconcat ("http", url + strlen ("ws"), NULL);
}

char *
dfn_relay_url_get_endpoint (const char *url, guint16 *port, gboolean *tls)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);

  g_return_val_if_fail (uri != NULL, NULL);

  *tls = g_str_equal (g_uri_get_scheme (uri), "wss");
  *port = g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : default_port (g_uri_get_scheme (uri));
  return g_strdup (g_uri_get_host (uri));
}
