/* SPDX-License-Identifier: MIT */
#include "dfn-cli-node.h"

#include "dfn-cli-exit.h"

#include <glib/gi18n-lib.h>

#define TURN_VARIABLE "DEFIANCE_TURN"

/* The password is in the environment because arguments show in every user's list of processes. */
static gboolean
set_turn (DfnIceConfig *ice, gboolean force_relay, GError **error)
{
  const char *turn = g_getenv (TURN_VARIABLE);

  if (turn != NULL && turn[0] != '\0')
    {
      if (!dfn_ice_config_set_turn (ice, turn, error))
        {
          g_prefix_error (error, "%s: ", TURN_VARIABLE);
          return FALSE;
        }
    }
  else if (force_relay)
    {
      g_set_error (error, DFN_CLI_ERROR, DFN_CLI_ERROR_USAGE,
                   _ ("--force-relay needs a TURN server: set the environment variable %s to "
                      "turn:USER:PASSWORD@HOST:PORT"),
                   TURN_VARIABLE);
      return FALSE;
    }
  dfn_ice_config_set_force_relay (ice, force_relay);
  return TRUE;
}

DfnNode *
dfn_cli_node_new (const DfnCliOptions *options, GError **error)
{
  g_autoptr (DfnNode) node = dfn_node_new ();
  DfnIceConfig *ice = dfn_node_get_ice_config (node);

  for (guint i = 0; options->relays != NULL && options->relays[i] != NULL; i++)
    if (!dfn_node_add_relay (node, options->relays[i], error))
      return NULL;
  for (guint i = 0; options->stun != NULL && options->stun[i] != NULL; i++)
    if (!dfn_ice_config_add_stun (ice, options->stun[i], error))
      return NULL;
  if (!set_turn (ice, options->force_relay, error))
    return NULL;
  dfn_node_set_uplink_limit (node, options->uplink_limit);
  return g_steal_pointer (&node);
}
