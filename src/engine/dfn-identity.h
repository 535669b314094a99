/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-engine-error.h"
#include "dfn-nostr-key.h"

G_BEGIN_DECLS

/*
 * The key that broadcasts are signed with, kept in the file `identity` of the data folder with mode
 * 0600 and replaced in one step, so that it is never lost half-way. It never signals and is never
 * used for watching.
 */

/**
 * dfn_identity_load:
 *
 * Returns: (transfer full) (nullable): the key; %NULL without an error if there is none yet, %NULL
 *   with %DFN_ENGINE_ERROR_IDENTITY if the file cannot be read or others may read it
 */
DfnNostrKey *dfn_identity_load (GError **error);

/**
 * dfn_identity_load_or_create:
 *
 * Returns: (transfer full) (nullable): the key, a new one if there was none; %NULL with
 *   %DFN_ENGINE_ERROR_IDENTITY
 */
DfnNostrKey *dfn_identity_load_or_create (GError **error);

/**
 * dfn_identity_store:
 * @key: the key to keep
 * @replace: whether one that is there may be replaced; the old one stays beside it as
 *   `identity.old-N`
 *
 * Returns: %FALSE with %DFN_ENGINE_ERROR_IDENTITY
 */
gboolean dfn_identity_store (DfnNostrKey *key, gboolean replace, GError **error);

G_END_DECLS
