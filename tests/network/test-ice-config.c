/* SPDX-License-Identifier: MIT */
#include "dfn-ice-config.h"
#include "network-test-support.h"

#include <string.h>

static void
test_stun (void)
{
  static const struct {
    const char *text;
    const char *host;
    guint16 port;
  } good[] = {
    { "stun.example", "stun.example", 3478 },      { "stun.example:19302", "stun.example", 19302 },
    { "stun:stun.example:1", "stun.example", 1 },  { "stun:stun.example", "stun.example", 3478 },
    { "192.0.2.1:65535", "192.0.2.1", 65535 },     { "[2001:db8::1]:3479", "2001:db8::1", 3479 },
    { "stun:[2001:db8::1]", "2001:db8::1", 3478 }, { "прокси.example", "прокси.example", 3478 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
      g_autoptr (GError) error = NULL;
      const DfnIceServer *server;

      g_test_message ("%s", good[i].text);
      g_assert_true (dfn_ice_config_add_stun (config, good[i].text, &error));
      g_assert_no_error (error);
      server = dfn_ice_config_pick_stun (config);
      if (!g_hostname_is_ip_address (good[i].host))
        {
          g_assert_null (server); /* its address was not looked up */
          continue;
        }
      g_assert_cmpstr (server->host, ==, good[i].host);
      g_assert_cmpstr (server->address, ==, good[i].host);
      g_assert_cmpuint (server->port, ==, good[i].port);
      g_assert_null (server->password);
    }
}

static void
test_bad_stun (void)
{
  static const char *const bad[] = {
    "",           "stun:",         ":3478",        "host:",       "host:0",   "host:65536",
    "host:-1",    "host:http",     "host:1x",      "host: 1",     "a b",      "host/path",
    "host?x",     "2001:db8::1",   "[2001:db8::1", "[]",          "[]:3478",  "[host]:1",
    "[::1]x",     "[192.0.2.1]:1", "[::1]:",       "turn:host:1", "\xff\xfe", "a:1:2",
    "stuns:host", "https://host",
  };
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();

  g_assert_true (dfn_ice_config_add_stun (config, "192.0.2.99", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (dfn_ice_config_add_stun (config, bad[i], &error));
      g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS);
    }
  for (guint i = 0; i < 20; i++)
    g_assert_cmpstr (dfn_ice_config_pick_stun (config)->host, ==, "192.0.2.99");
}

/* Nobody outside needs to know of a transfer on the LAN, unless somebody asked for it. */
static void
test_default_stun (void)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();

  g_assert_cmpint (dfn_ice_config_get_scope (config), ==, DFN_SCOPE_PUBLIC);
  dfn_ice_config_set_scope (config, DFN_SCOPE_LAN);
  g_assert_null (dfn_ice_config_pick_stun (config));
  g_assert_true (dfn_ice_config_add_stun (config, "192.168.1.1", NULL));
  g_assert_nonnull (dfn_ice_config_pick_stun (config));
}

static void
test_choice (void)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_true (dfn_ice_config_add_stun (config, "192.0.2.1", NULL));
  g_assert_true (dfn_ice_config_add_stun (config, "192.0.2.2", NULL));
  for (guint i = 0; i < 200; i++)
    g_hash_table_add (seen, dfn_ice_config_pick_stun (config)->host);
  g_assert_cmpuint (g_hash_table_size (seen), ==, 2);
}

static void
test_look_up (void)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  const DfnIceServer *server;

  g_assert_true (dfn_ice_config_add_stun (config, "localhost:5", NULL));
  g_assert_true (dfn_ice_config_set_turn (config, "turn:a:b@localhost:6", NULL));
  g_assert_null (dfn_ice_config_pick_stun (config));
  g_assert_null (dfn_ice_config_get_turn (config));
  dfn_ice_config_resolve (config);
  WAIT_FOR (dfn_ice_config_pick_stun (config) != NULL);
  WAIT_FOR (dfn_ice_config_get_turn (config) != NULL);
  server = dfn_ice_config_pick_stun (config);
  g_assert_cmpstr (server->host, ==, "localhost");
  g_assert_cmpstr (server->address, ==, "127.0.0.1");
  g_assert_cmpuint (server->port, ==, 5);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_turn (void)
{
  static const struct {
    const char *text;
    const char *user;
    const char *password;
    const char *host;
    guint16 port;
  } good[] = {
    { "turn:user:secret@192.0.2.7:3479", "user", "secret", "192.0.2.7", 3479 },
    { "turn:user:secret@192.0.2.8", "user", "secret", "192.0.2.8", 3478 },
    { "turn:user:se:cr@et:@192.0.2.1:1", "user", "se:cr@et:", "192.0.2.1", 1 },
    { "turn:a@b:c@[2001:db8::1]:5", "a@b", "c", "2001:db8::1", 5 },
    { "turn:user: @192.0.2.9", "user", " ", "192.0.2.9", 3478 },
  };
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();

  g_assert_null (dfn_ice_config_get_turn (config));
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      const DfnIceServer *turn;

      g_test_message ("%s", good[i].text);
      g_assert_true (dfn_ice_config_set_turn (config, good[i].text, &error));
      g_assert_no_error (error);
      turn = dfn_ice_config_get_turn (config);
      g_assert_cmpstr (turn->user, ==, good[i].user);
      g_assert_cmpstr (turn->password, ==, good[i].password);
      g_assert_cmpstr (turn->host, ==, good[i].host);
      g_assert_cmpuint (turn->port, ==, good[i].port);
    }
}

static void
test_bad_turn (void)
{
  static const char *const bad[] = {
    "",
    "turn:",
    "hunter2",
    "turn:hunter2",
    "turn:hunter2@host",
    "turn::hunter2@host",
    "turn:user:@host",
    "turn:user:hunter2@",
    "turn:user:hunter2@:3478",
    "turn:user:hunter2@host:0",
    "turn:user:hunter2@host:99999",
    "turn:user:hunter2@host:hunter2",
    "turn:user:hunter2@host:1?transport=tcp",
    "turn:user:hunter2@2001:db8::1",
    "turns:user:hunter2@host",
    "user:hunter2@host",
    "turn:host@user:hunter2",
  };
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();

  g_assert_true (dfn_ice_config_set_turn (config, "turn:a:b@192.0.2.99", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (dfn_ice_config_set_turn (config, bad[i], &error));
      g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_ADDRESS);
      g_assert_null (strstr (error->message, "hunter2"));
    }
  g_assert_cmpstr (dfn_ice_config_get_turn (config)->host, ==, "192.0.2.99");
}

/* Whoever takes one option for the other must not find the password in a log. */
static void
test_turn_as_stun (void)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (dfn_ice_config_add_stun (config, "turn:user:hunter2@host:3478", &error));
  g_assert_null (strstr (error->message, "hunter2"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/ice-config/stun", test_stun);
  g_test_add_func ("/network/ice-config/bad-stun", test_bad_stun);
  g_test_add_func ("/network/ice-config/default-stun", test_default_stun);
  g_test_add_func ("/network/ice-config/choice", test_choice);
  g_test_add_func ("/network/ice-config/look-up", test_look_up);
  g_test_add_func ("/network/ice-config/turn", test_turn);
  g_test_add_func ("/network/ice-config/bad-turn", test_bad_turn);
  g_test_add_func ("/network/ice-config/turn-as-stun", test_turn_as_stun);
  return g_test_run ();
}
