/* SPDX-License-Identifier: MIT */
#include "dfn-network-error.h"

G_DEFINE_QUARK (dfn - network - error - quark, dfn_network_error)
