/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-error.h"
#include "dfn-nostr-event.h"
#include "dfn-nostr-filter.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/*
 * The JSON arrays that clients and relays send each other (NIP-01, NIP-42, NIP-45). Parsing pays
 * for no signature: an event inside is looked at as far as its id, so that a duplicate or a flood
 * can be dropped first, and becomes a #DfnNostrEvent through dfn_nostr_client_message_verify() or
 * dfn_nostr_relay_message_verify().
 */

/** DFN_NOSTR_MESSAGE_MAX_SIZE: the bytes of the largest message taken from anybody */
#define DFN_NOSTR_MESSAGE_MAX_SIZE (256 * 1024)
/** DFN_NOSTR_MAX_SUBSCRIPTION_ID: the characters of the longest subscription id (NIP-01) */
#define DFN_NOSTR_MAX_SUBSCRIPTION_ID 64
/** DFN_NOSTR_MAX_FILTERS: the most filters in a REQ */
#define DFN_NOSTR_MAX_FILTERS 10
/** DFN_NOSTR_MAX_TEXT: the bytes kept of a relay's words to people */
#define DFN_NOSTR_MAX_TEXT 1024
/** DFN_NOSTR_MAX_CHALLENGE: the bytes of the longest challenge (NIP-42) */
#define DFN_NOSTR_MAX_CHALLENGE 1024

/**
 * DfnNostrClientMessageType:
 * @DFN_NOSTR_CLIENT_EVENT: an event to publish: `event_id`, `event_node`
 * @DFN_NOSTR_CLIENT_REQ: a subscription: `subscription_id`, and `filters` or `problem`
 * @DFN_NOSTR_CLIENT_CLOSE: its end: `subscription_id`
 * @DFN_NOSTR_CLIENT_AUTH: an answer to a challenge: `event_id`, `event_node`
 * @DFN_NOSTR_CLIENT_COUNT: a question for a number (NIP-45), which our relay answers with CLOSED
 *   and "unsupported:": `subscription_id`
 */
typedef enum {
  DFN_NOSTR_CLIENT_EVENT,
  DFN_NOSTR_CLIENT_REQ,
  DFN_NOSTR_CLIENT_CLOSE,
  DFN_NOSTR_CLIENT_AUTH,
  DFN_NOSTR_CLIENT_COUNT,
} DfnNostrClientMessageType;

/**
 * DfnNostrClientMessage:
 * @type: says which of the others are set
 * @subscription_id: 1 to %DFN_NOSTR_MAX_SUBSCRIPTION_ID characters
 * @filters: (nullable) (element-type DfnNostrFilter): 1 to %DFN_NOSTR_MAX_FILTERS filters
 * @problem: (nullable): of a REQ whose filters are not acceptable, what is wrong: @filters is then
 *   %NULL and a relay says CLOSED with it
 * @event_id: what the event calls its id, 64 lower-case hexadecimal digits, unproven
 * @event_node: the event as it came
 *
 * What a client says to a relay. To be read only.
 */
typedef struct {
  DfnNostrClientMessageType type;
  char *subscription_id;
  GPtrArray *filters;
  char *problem;
  char *event_id;
  JsonNode *event_node;
} DfnNostrClientMessage;

/**
 * dfn_nostr_client_message_parse:
 * @text: bytes from anywhere
 * @length: how many, or -1 if they end with a zero byte
 * @max_size: the most bytes to accept, at most %DFN_NOSTR_MESSAGE_MAX_SIZE by habit
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the message, or %NULL with %DFN_NOSTR_ERROR_TOO_LARGE or
 *   %DFN_NOSTR_ERROR_INVALID_MESSAGE, the latter for unknown types too
 */
DfnNostrClientMessage *
dfn_nostr_client_message_parse (const char *text, gssize length, gsize max_size, GError **error);
void dfn_nostr_client_message_free (DfnNostrClientMessage *message);

/**
 * dfn_nostr_client_message_verify:
 * @message: an EVENT or AUTH
 *
 * Returns: (transfer full) (nullable): the event, or %NULL as dfn_nostr_event_from_node()
 */
DfnNostrEvent *dfn_nostr_client_message_verify (const DfnNostrClientMessage *message,
                                                GError **error);

/* Each returns (transfer full) the text of a message. @filters: (element-type DfnNostrFilter) */
char *dfn_nostr_client_message_format_event (DfnNostrEvent *event);
char *dfn_nostr_client_message_format_req (const char *subscription_id, GPtrArray *filters);
char *dfn_nostr_client_message_format_close (const char *subscription_id);
char *dfn_nostr_client_message_format_auth (DfnNostrEvent *event);

/**
 * DfnNostrRelayMessageType:
 * @DFN_NOSTR_RELAY_EVENT: `subscription_id`, `event_id`, `event_node`
 * @DFN_NOSTR_RELAY_EOSE: all that was stored has been sent: `subscription_id`
 * @DFN_NOSTR_RELAY_OK: the fate of an event: `event_id`, `accepted`, `text`
 * @DFN_NOSTR_RELAY_CLOSED: the relay ended a subscription: `subscription_id`, `text`
 * @DFN_NOSTR_RELAY_NOTICE: words for people: `text`
 * @DFN_NOSTR_RELAY_AUTH: a challenge (NIP-42): `text`
 */
typedef enum {
  DFN_NOSTR_RELAY_EVENT,
  DFN_NOSTR_RELAY_EOSE,
  DFN_NOSTR_RELAY_OK,
  DFN_NOSTR_RELAY_CLOSED,
  DFN_NOSTR_RELAY_NOTICE,
  DFN_NOSTR_RELAY_AUTH,
} DfnNostrRelayMessageType;

/**
 * DfnNostrRelayMessage:
 * @type: says which of the others are set
 * @subscription_id: 1 to %DFN_NOSTR_MAX_SUBSCRIPTION_ID characters
 * @event_id: 64 lower-case hexadecimal digits; of an EVENT unproven
 * @event_node: the event as it came
 * @accepted: whether the relay took the event
 * @text: UTF-8: a challenge, never empty; or what the relay says, perhaps nothing, beginning with a
 *   word for machines ("auth-required:"), cut at %DFN_NOSTR_MAX_TEXT bytes
 *
 * What a relay says to a client. To be read only.
 */
typedef struct {
  DfnNostrRelayMessageType type;
  char *subscription_id;
  char *event_id;
  JsonNode *event_node;
  gboolean accepted;
  char *text;
} DfnNostrRelayMessage;

/**
 * dfn_nostr_relay_message_parse:
 * @text: bytes from anywhere
 * @length: how many, or -1 if they end with a zero byte
 * @max_size: the most bytes to accept
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the message, or %NULL with %DFN_NOSTR_ERROR_TOO_LARGE or
 *   %DFN_NOSTR_ERROR_INVALID_MESSAGE, the latter for unknown types too
 */
DfnNostrRelayMessage *
dfn_nostr_relay_message_parse (const char *text, gssize length, gsize max_size, GError **error);
void dfn_nostr_relay_message_free (DfnNostrRelayMessage *message);

/**
 * dfn_nostr_relay_message_verify:
 * @message: an EVENT
 *
 * Returns: (transfer full) (nullable): the event, or %NULL as dfn_nostr_event_from_node()
 */
DfnNostrEvent *dfn_nostr_relay_message_verify (const DfnNostrRelayMessage *message, GError **error);

/* Each returns (transfer full) the text of a message. */
char *dfn_nostr_relay_message_format_event (const char *subscription_id, DfnNostrEvent *event);
char *dfn_nostr_relay_message_format_eose (const char *subscription_id);
char *dfn_nostr_relay_message_format_ok (const char *event_id, gboolean accepted, const char *text);
char *dfn_nostr_relay_message_format_closed (const char *subscription_id, const char *text);
char *dfn_nostr_relay_message_format_notice (const char *text);
char *dfn_nostr_relay_message_format_auth (const char *challenge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNostrClientMessage, dfn_nostr_client_message_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnNostrRelayMessage, dfn_nostr_relay_message_free)

G_END_DECLS
