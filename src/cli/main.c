/* SPDX-License-Identifier: MIT */
#include "dfn-cli.h"

int
main (int argc, char **argv)
{
  return dfn_cli_main (argc, argv);
}
