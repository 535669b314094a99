/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnEngineError:
 * @DFN_ENGINE_ERROR_INVALID_LINK: text that is no link of ours
 * @DFN_ENGINE_ERROR_NOT_FOUND: the relays answered and know nothing of it
 * @DFN_ENGINE_ERROR_NETWORK: no relay can be reached, or all refused
 * @DFN_ENGINE_ERROR_INTEGRITY: what was announced or sent is not what it says it is
 * @DFN_ENGINE_ERROR_FILE: a file on this computer cannot be used
 * @DFN_ENGINE_ERROR_IDENTITY: the key cannot be read, written or replaced
 * @DFN_ENGINE_ERROR_SETTINGS: an option, e.g. a relay's address, is not usable
 */
typedef enum {
  DFN_ENGINE_ERROR_INVALID_LINK,
  DFN_ENGINE_ERROR_NOT_FOUND,
  DFN_ENGINE_ERROR_NETWORK,
  DFN_ENGINE_ERROR_INTEGRITY,
  DFN_ENGINE_ERROR_FILE,
  DFN_ENGINE_ERROR_IDENTITY,
  DFN_ENGINE_ERROR_SETTINGS,
} DfnEngineError;

#define DFN_ENGINE_ERROR (dfn_engine_error_quark ())
GQuark dfn_engine_error_quark (void);

G_END_DECLS
