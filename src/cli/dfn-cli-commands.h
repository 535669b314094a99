/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-cli-options.h"

G_BEGIN_DECLS

/*
 * The commands, each in a file of its name. They take what dfn_cli_options_parse() has checked and
 * return what to end with; what they print is described in the manual page.
 */

int dfn_cli_relay_run (const DfnCliOptions *options, DfnCliOutput *output);
int dfn_cli_broadcast_run (const DfnCliOptions *options, DfnCliOutput *output);
int dfn_cli_view_run (const DfnCliOptions *options, DfnCliOutput *output);
int dfn_cli_browse_run (const DfnCliOptions *options, DfnCliOutput *output);
int dfn_cli_identity_run (const DfnCliOptions *options, DfnCliOutput *output);

G_END_DECLS
