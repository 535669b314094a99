/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-error.h"

G_DEFINE_QUARK (dfn - nostr - error - quark, dfn_nostr_error)
