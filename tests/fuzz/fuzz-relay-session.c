/* SPDX-License-Identifier: MIT */
/* Messages of one client, a line each, to a relay without a socket. Whatever comes, the relay's
 * answers are messages that a client of ours understands. A first line "AUTH" asks for NIP-42. */
#include "dfn-nostr-message.h"
#include "dfn-relay-session.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NOW 1700000000

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
on_reply (DfnRelaySession *session, const char *text, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrRelayMessage) message =
      dfn_nostr_relay_message_parse (text, -1, DFN_NOSTR_MESSAGE_MAX_SIZE, &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
}

static void
on_accepted (DfnRelaySession *session, DfnNostrEvent *event, gpointer user_data)
{
  dfn_relay_session_offer (session, event);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 64);
  gboolean auth = lines[0] != NULL && g_str_equal (lines[0], "AUTH");
  /* Opening one is what costs; while nothing is in it, it is as good as new. */
  static DfnRelayStore *store;
  g_autoptr (DfnRelaySession) session = NULL;
  DfnRelayLimits limits;

  if (store == NULL || dfn_relay_store_get_usage (store, NULL) > 0)
    {
      g_clear_object (&store);
      store = dfn_relay_store_open (NULL, NULL);
    }
  dfn_relay_limits_init (&limits);
  limits.max_subscriptions = 4;
  limits.max_limit = 8;
  session = dfn_relay_session_new (store, &limits, "relay.example:7777", auth);
  g_signal_connect (session, "reply", G_CALLBACK (on_reply), NULL);
  g_signal_connect (session, "accepted", G_CALLBACK (on_accepted), NULL);
  dfn_relay_session_start (session);
  for (guint i = 0; lines[i] != NULL; i++)
    dfn_relay_session_handle (session, lines[i], NOW, i * 100000);
  g_assert_cmpuint (dfn_relay_session_get_n_subscriptions (session), <=, 4);
  return 0;
}
