/* SPDX-License-Identifier: MIT */
#include "dfn-cli-listen.h"

#include "dfn-cli-exit.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>

#include <string.h>

/* Takes the text apart at the colon before the port; the colons of an IPv6 address count only in
 * brackets. */
static gboolean
split (const char *text, char **address, const char **port)
{
  const char *colon;

  if (text[0] == '[')
    {
      const char *end = strchr (text, ']');

      if (end == NULL || (end[1] != '\0' && end[1] != ':'))
        return FALSE;
      *address = g_strndup (text + 1, (gsize) (end - text - 1));
      *port = end[1] == ':' ? end + 2 : NULL;
      return TRUE;
    }
  colon = strchr (text, ':');
  if (colon != NULL && strchr (colon + 1, ':') != NULL)
    {
      *address = g_strdup (text);
      *port = NULL;
      return TRUE;
    }
  *address = colon != NULL ? g_strndup (text, (gsize) (colon - text)) : g_strdup (text);
  *port = colon != NULL ? colon + 1 : NULL;
  return TRUE;
}

static gboolean
parse (const char *text, char **address, guint16 *port)
{
  const char *port_text = NULL;
  guint64 number = DFN_CLI_LISTEN_PORT;

  if (!split (text, address, &port_text))
    return FALSE;
  if (port_text != NULL && !g_ascii_string_to_unsigned (port_text, 10, 0, 65535, &number, NULL))
    return FALSE;
  *port = (guint16) number;
  if ((*address)[0] == '\0')
    {
      g_clear_pointer (address, g_free);
      return port_text != NULL && text[0] == ':';
    }
  if (g_str_equal (*address, "localhost"))
    {
      g_free (*address);
      *address = g_strdup ("127.0.0.1");
    }
  return g_hostname_is_ip_address (*address);
}

gboolean
dfn_cli_listen_parse (const char *text, char **address, guint16 *port, GError **error)
{
  g_autofree char *found = NULL;

  *address = NULL;
  *port = DFN_CLI_LISTEN_PORT;
  if (text == NULL)
    return TRUE;
  if (!parse (text, &found, port))
    {
      g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                   _ ("“%s” is no address and port to listen on, as 192.168.1.5:7447 or "
                      "[fd00::5]:7447 are"),
                   text);
      return FALSE;
    }
  *address = g_steal_pointer (&found);
  return TRUE;
}
