/* SPDX-License-Identifier: MIT */
#include "dfn-lan-discovery.h"

static void
check (const char *location, const char *network, const char *url)
{
  g_autoptr (GInetAddressMask) mask =
      network != NULL ? g_inet_address_mask_new_from_string (network, NULL) : NULL;
  g_autofree char *got = dfn_lan_discovery_check_url (location, mask);

  g_assert_cmpstr (got, ==, url);
}

static void
test_check_url (void)
{
  check ("ws://192.168.1.2:7777", NULL, "ws://192.168.1.2:7777");
  check ("ws://10.0.0.1:80/", NULL, "ws://10.0.0.1");
  check ("ws://172.16.5.5:7777", NULL, "ws://172.16.5.5:7777");
  check ("ws://169.254.1.1:7777", NULL, "ws://169.254.1.1:7777");
  check ("ws://[fd00::1]:7777", NULL, "ws://[fd00::1]:7777");
  check ("ws://198.18.0.5:7777", "198.18.0.0/16", "ws://198.18.0.5:7777");

  check ("ws://198.18.0.5:7777", NULL, NULL);
  check ("ws://198.18.0.5:7777", "192.168.1.0/24", NULL);
  check ("ws://172.32.0.1:7777", NULL, NULL);
  check ("ws://8.8.8.8:7777", NULL, NULL);
  check ("ws://127.0.0.1:7777", NULL, NULL);
  check ("ws://127.0.0.1:7777", "127.0.0.0/8", NULL);
  check ("ws://0.0.0.0:7777", NULL, NULL);
  check ("ws://224.0.0.1:7777", "0.0.0.0/0", NULL);
  check ("ws://[::1]:7777", NULL, NULL);
  check ("wss://192.168.1.2:7777", NULL, NULL);
  check ("http://192.168.1.2:7777", NULL, NULL);
  check ("ws://router.local:7777", NULL, NULL);
  check ("ws://3232235778:7777", NULL, NULL);
  check ("ws://192.168.1.2:7777/admin", NULL, NULL);
  check ("ws://192.168.1.2:7777?reboot", NULL, NULL);
  check ("ws://user@192.168.1.2:7777", NULL, NULL);
  check ("file:///etc/passwd", NULL, NULL);
  check ("", NULL, NULL);
}

/* Whatever interfaces this computer has, also none. */
static void
test_life (void)
{
  DfnLanDiscovery *discovery = dfn_lan_discovery_new ();

  g_assert_cmpuint (dfn_lan_discovery_get_n_interfaces (discovery), ==, 0);
  dfn_lan_discovery_announce (discovery, 7777);
  dfn_lan_discovery_browse (discovery);
  dfn_lan_discovery_browse (discovery);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (discovery);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/lan-discovery/check-url", test_check_url);
  g_test_add_func ("/lan-discovery/life", test_life);

  return g_test_run ();
}
