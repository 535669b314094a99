/* SPDX-License-Identifier: MIT */
#include "dfn-streaming-error.h"

G_DEFINE_QUARK (dfn_streaming_error, dfn_streaming_error)
