/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-message.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
from_client (const char *text, gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrClientMessage) message =
      dfn_nostr_client_message_parse (text, length, DFN_NOSTR_MESSAGE_MAX_SIZE, &error);
  g_autoptr (DfnNostrEvent) event = NULL;

  g_assert_true ((message == NULL) == (error != NULL));
  if (message == NULL)
    return;
  if (message->event_node != NULL)
    event = dfn_nostr_client_message_verify (message, NULL);
  if (message->filters != NULL)
    {
      g_autofree char *req =
          dfn_nostr_client_message_format_req (message->subscription_id, message->filters);
      g_autoptr (DfnNostrClientMessage) again =
          dfn_nostr_client_message_parse (req, -1, strlen (req), &error);

      g_assert_no_error (error);
      g_assert_cmpuint (again->filters->len, ==, message->filters->len);
    }
}

static void
from_relay (const char *text, gssize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrRelayMessage) message =
      dfn_nostr_relay_message_parse (text, length, DFN_NOSTR_MESSAGE_MAX_SIZE, &error);
  g_autoptr (DfnNostrEvent) event = NULL;

  g_assert_true ((message == NULL) == (error != NULL));
  if (message == NULL)
    return;
  if (message->event_node != NULL)
    event = dfn_nostr_relay_message_verify (message, NULL);
  if (message->text != NULL)
    g_assert_true (g_utf8_validate (message->text, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  from_client ((const char *) data, (gssize) size);
  from_relay ((const char *) data, (gssize) size);
  return 0;
}
