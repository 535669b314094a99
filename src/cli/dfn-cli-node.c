/* SPDX-License-Identifier: MIT */
#include "dfn-cli-node.h"

#include "dfn-cli-exit.h"
#include "dfn-paths.h"

#include <glib/gi18n-lib.h>

#define TURN_VARIABLE "DEFIANCE_TURN"
#define LOG_VARIABLE "DEFIANCE_REQUEST_LOG"
#define LOG_FILE "requests.db"

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

/* Nobody has to do without a transfer because of a log. */
static void
set_request_log (DfnNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;

  if (g_strcmp0 (g_getenv (LOG_VARIABLE), "0") == 0)
    return;
  folder = dfn_paths_data_dir (&error);
  if (folder == NULL)
    {
      g_info ("There is no request log: %s", error->message);
      return;
    }
  path = g_build_filename (folder, LOG_FILE, NULL);
  dfn_node_set_request_log (node, path);
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
  dfn_node_set_max_links (node, options->max_links);
  set_request_log (node);
  return g_steal_pointer (&node);
}
