/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_cli_main:
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * The whole program: finds the command, reads its options, runs it.
 *
 * Returns: what to end with, a #DfnCliExit
 */
int dfn_cli_main (int argc, char **argv);

G_END_DECLS
