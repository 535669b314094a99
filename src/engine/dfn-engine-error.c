/* SPDX-License-Identifier: MIT */
#include "dfn-engine-error.h"

G_DEFINE_QUARK (dfn - engine - error - quark, dfn_engine_error)
