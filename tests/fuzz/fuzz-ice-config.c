/* SPDX-License-Identifier: MIT */
#include "dfn-candidate.h"
#include "dfn-ice-config.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_server (const DfnIceServer *server)
{
  g_assert_true (server->host != NULL && *server->host != '\0' && server->port != 0);
  g_assert_null (strpbrk (server->host, "/@?# []\n"));
}

static void
take_turn (DfnIceConfig *config, const char *text)
{
  g_autoptr (GError) error = NULL;
  const DfnIceServer *turn;

  if (!dfn_ice_config_set_turn (config, text, &error))
    {
      /* Nothing of a mistyped password is repeated. */
      g_assert_true (strlen (text) < 8 || strstr (error->message, text) == NULL
                     || strstr ("turn:USER:PASSWORD@HOST:PORT", text) != NULL);
      return;
    }
  turn = dfn_ice_config_get_turn (config);
  if (turn == NULL)
    return; /* its address has to be looked up */
  check_server (turn);
  g_assert_true (*turn->user != '\0' && *turn->password != '\0');
}

/* What a user types, and the addresses of relays, which come from anybody. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (DfnIceConfig) config = dfn_ice_config_new ();
  g_autofree char *text = g_strndup ((const char *) data, size);
  DfnScope scope = dfn_scope_of_url (text);

  g_assert_true (scope >= DFN_SCOPE_HOST && scope <= DFN_SCOPE_PUBLIC);
  take_turn (config, text);
  if (dfn_ice_config_add_stun (config, text, NULL) && dfn_ice_config_pick_stun (config) != NULL)
    check_server (dfn_ice_config_pick_stun (config));
  return 0;
}
