/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnNostrError:
 * @DFN_NOSTR_ERROR_INVALID_EVENT: JSON that is no event, or one beyond the limits
 * @DFN_NOSTR_ERROR_BAD_SIGNATURE: an event whose id or signature does not fit its content
 * @DFN_NOSTR_ERROR_INVALID_KEY: text or bytes that are no key
 * @DFN_NOSTR_ERROR_INVALID_ENTITY: text that is no NIP-19 entity of the kind asked for
 * @DFN_NOSTR_ERROR_INVALID_FILTER: JSON that is no filter
 * @DFN_NOSTR_ERROR_INVALID_MESSAGE: JSON that is no relay or client message
 * @DFN_NOSTR_ERROR_DECRYPT: a NIP-44 payload that is malformed, foreign or tampered with
 * @DFN_NOSTR_ERROR_TOO_LARGE: plaintext that is empty or beyond NIP-44's 65,535 bytes, or a message
 *   beyond a limit
 * @DFN_NOSTR_ERROR_INVALID_URL: text that is no `ws://` or `wss://` address
 * @DFN_NOSTR_ERROR_RELAY: a relay that refused or cannot be reached
 * @DFN_NOSTR_ERROR_STORE: the relay's database failed
 */
typedef enum {
  DFN_NOSTR_ERROR_INVALID_EVENT,
  DFN_NOSTR_ERROR_BAD_SIGNATURE,
  DFN_NOSTR_ERROR_INVALID_KEY,
  DFN_NOSTR_ERROR_INVALID_ENTITY,
  DFN_NOSTR_ERROR_INVALID_FILTER,
  DFN_NOSTR_ERROR_INVALID_MESSAGE,
  DFN_NOSTR_ERROR_DECRYPT,
  DFN_NOSTR_ERROR_TOO_LARGE,
  DFN_NOSTR_ERROR_INVALID_URL,
  DFN_NOSTR_ERROR_RELAY,
  DFN_NOSTR_ERROR_STORE,
} DfnNostrError;

#define DFN_NOSTR_ERROR (dfn_nostr_error_quark ())
GQuark dfn_nostr_error_quark (void);

G_END_DECLS
