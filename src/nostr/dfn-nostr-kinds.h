/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * SECTION: dfn-nostr-kinds
 *
 * The kinds of event that this program writes and reads. Two are its own; both were looked for, and
 * not found, in the table of kinds in `README.md` of github.com/nostr-protocol/nips, in
 * `schema.yaml` of github.com/nostr-protocol/registry-of-kinds and in the text of public
 * repositories ("kind 35910", "kind: 35910", "kind 24910", "kind: 24910"). 25910 is taken by
 * ContextVM's JSON-RPC and 25050 by NIP-100's WebRTC signalling.
 */

/** DFN_NOSTR_KIND_METADATA: a profile (NIP-01) */
#define DFN_NOSTR_KIND_METADATA 0
/** DFN_NOSTR_KIND_DELETION: a request to delete earlier events (NIP-09) */
#define DFN_NOSTR_KIND_DELETION 5
/** DFN_NOSTR_KIND_LIVE_CHAT: a chat message of a live broadcast (NIP-53) */
#define DFN_NOSTR_KIND_LIVE_CHAT 1311
/** DFN_NOSTR_KIND_AUTH: a client's answer to a relay's challenge (NIP-42); never published */
#define DFN_NOSTR_KIND_AUTH 22242
/** DFN_NOSTR_KIND_SIGNAL: offers, answers, candidates, goodbyes: ours, ephemeral, NIP-44 content */
#define DFN_NOSTR_KIND_SIGNAL 24910
/** DFN_NOSTR_KIND_LIVE: a live broadcast (NIP-53), addressable */
#define DFN_NOSTR_KIND_LIVE 30311
/** DFN_NOSTR_KIND_FILE: a shared file: ours, addressable, with NIP-94's tags */
#define DFN_NOSTR_KIND_FILE 35910
