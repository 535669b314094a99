/* SPDX-License-Identifier: MIT */
#include "dfn-nostr-message.h"

#include <string.h>

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static DfnNostrClientMessage *
from_client (const char *text)
{
  g_autoptr (GError) error = NULL;
  DfnNostrClientMessage *message =
      dfn_nostr_client_message_parse (text, -1, DFN_NOSTR_MESSAGE_MAX_SIZE, &error);

  g_assert_no_error (error);
  return message;
}

static DfnNostrRelayMessage *
from_relay (const char *text)
{
  g_autoptr (GError) error = NULL;
  DfnNostrRelayMessage *message =
      dfn_nostr_relay_message_parse (text, -1, DFN_NOSTR_MESSAGE_MAX_SIZE, &error);

  g_assert_no_error (error);
  return message;
}

static DfnNostrEvent *
make_event (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();

  return dfn_nostr_event_new (key, 1, 1700000000, NULL, "say \"hello\"");
}

static void
test_client_events (void)
{
  g_autoptr (DfnNostrEvent) event = make_event ();
  g_autofree char *publish = dfn_nostr_client_message_format_event (event);
  g_autofree char *auth = dfn_nostr_client_message_format_auth (event);
  g_autoptr (DfnNostrClientMessage) published = from_client (publish);
  g_autoptr (DfnNostrClientMessage) authenticated = from_client (auth);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrEvent) verified = dfn_nostr_client_message_verify (published, &error);

  g_assert_no_error (error);
  g_assert_cmpint (published->type, ==, DFN_NOSTR_CLIENT_EVENT);
  g_assert_cmpstr (published->event_id, ==, dfn_nostr_event_get_id (event));
  g_assert_cmpstr (dfn_nostr_event_to_json (verified), ==, dfn_nostr_event_to_json (event));
  g_assert_cmpint (authenticated->type, ==, DFN_NOSTR_CLIENT_AUTH);
  g_assert_cmpstr (authenticated->event_id, ==, dfn_nostr_event_get_id (event));
}

static void
test_req (void)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  g_autofree char *text = NULL;
  g_autoptr (DfnNostrClientMessage) message = NULL;
  DfnNostrFilter *filter;

  for (guint i = 0; i < DFN_NOSTR_MAX_FILTERS; i++)
    {
      filter = dfn_nostr_filter_new ();
      dfn_nostr_filter_set_limit (filter, i);
      g_ptr_array_add (filters, filter);
    }
  text = dfn_nostr_client_message_format_req ("a \"name\"", filters);
  g_assert_true (g_str_has_prefix (text, "[\"REQ\",\"a \\\"name\\\"\",{\"limit\":0},"));
  message = from_client (text);
  g_assert_cmpint (message->type, ==, DFN_NOSTR_CLIENT_REQ);
  g_assert_cmpstr (message->subscription_id, ==, "a \"name\"");
  g_assert_null (message->problem);
  g_assert_cmpuint (message->filters->len, ==, DFN_NOSTR_MAX_FILTERS);
  filter = message->filters->pdata[DFN_NOSTR_MAX_FILTERS - 1];
  g_assert_cmpuint (dfn_nostr_filter_get_limit (filter), ==, DFN_NOSTR_MAX_FILTERS - 1);
}

/* The subscription is known, so the relay can say CLOSED. */
static void
test_req_with_problem (void)
{
  static const char *const texts[] = {
    "[\"REQ\",\"s\"]",
    "[\"REQ\",\"s\",[]]",
    "[\"REQ\",\"s\",{},{\"kinds\":[-1]}]",
    "[\"REQ\",\"s\",{},{},{},{},{},{},{},{},{},{},{}]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (DfnNostrClientMessage) message = from_client (texts[i]);

      g_assert_cmpstr (message->subscription_id, ==, "s");
      g_assert_null (message->filters);
      g_assert_nonnull (message->problem);
    }
}

static void
test_close_and_count (void)
{
  g_autofree char *text = dfn_nostr_client_message_format_close ("s");
  g_autoptr (DfnNostrClientMessage) close = from_client (text);
  g_autoptr (DfnNostrClientMessage) count = from_client ("[\"COUNT\",\"c\",{\"kinds\":[7]}]");

  g_assert_cmpstr (text, ==, "[\"CLOSE\",\"s\"]");
  g_assert_cmpint (close->type, ==, DFN_NOSTR_CLIENT_CLOSE);
  g_assert_cmpstr (close->subscription_id, ==, "s");
  g_assert_cmpint (count->type, ==, DFN_NOSTR_CLIENT_COUNT);
  g_assert_cmpstr (count->subscription_id, ==, "c");
}

static void
test_subscription_id (void)
{
  g_autofree char *longest = g_strnfill (64, 'x');
  g_autofree char *too_long = g_strnfill (65, 'x');
  g_autofree char *good = dfn_nostr_client_message_format_close (longest);
  g_autofree char *bad = dfn_nostr_client_message_format_close (too_long);
  g_autoptr (DfnNostrClientMessage) message = from_client (good);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (message->subscription_id, ==, longest);
  g_assert_null (dfn_nostr_client_message_parse (bad, -1, 1000, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE);
}

static void
test_relay_event (void)
{
  g_autoptr (DfnNostrEvent) event = make_event ();
  g_autofree char *text = dfn_nostr_relay_message_format_event ("s", event);
  g_autofree char *tampered = NULL;
  g_autoptr (DfnNostrRelayMessage) message = from_relay (text);
  g_autoptr (DfnNostrRelayMessage) lie = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrEvent) verified = dfn_nostr_relay_message_verify (message, &error);

  g_assert_no_error (error);
  g_assert_cmpint (message->type, ==, DFN_NOSTR_RELAY_EVENT);
  g_assert_cmpstr (message->subscription_id, ==, "s");
  g_assert_cmpstr (message->event_id, ==, dfn_nostr_event_get_id (event));
  g_assert_cmpstr (dfn_nostr_event_to_json (verified), ==, dfn_nostr_event_to_json (event));

  /* Parsing believes a lying relay; verifying does not. */
  tampered = g_strdup (text);
  memcpy (strstr (tampered, "hello"), "howdy", 5);
  lie = from_relay (tampered);
  g_assert_cmpstr (lie->event_id, ==, dfn_nostr_event_get_id (event));
  g_assert_null (dfn_nostr_relay_message_verify (lie, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_BAD_SIGNATURE);
}

static void
test_relay_words (void)
{
  g_autofree char *eose_text = dfn_nostr_relay_message_format_eose ("s");
  g_autofree char *ok_text = dfn_nostr_relay_message_format_ok (ID, FALSE, "blocked: \"no\"");
  g_autofree char *closed_text = dfn_nostr_relay_message_format_closed ("s", "auth-required: x");
  g_autofree char *notice_text = dfn_nostr_relay_message_format_notice ("hear\x01");
  g_autofree char *auth_text = dfn_nostr_relay_message_format_auth ("challenge");
  g_autoptr (DfnNostrRelayMessage) eose = from_relay (eose_text);
  g_autoptr (DfnNostrRelayMessage) ok = from_relay (ok_text);
  g_autoptr (DfnNostrRelayMessage) silent_ok = from_relay ("[\"OK\",\"" ID "\",true]");
  g_autoptr (DfnNostrRelayMessage) closed = from_relay (closed_text);
  g_autoptr (DfnNostrRelayMessage) notice = from_relay (notice_text);
  g_autoptr (DfnNostrRelayMessage) auth = from_relay (auth_text);

  g_assert_cmpint (eose->type, ==, DFN_NOSTR_RELAY_EOSE);
  g_assert_cmpstr (eose->subscription_id, ==, "s");
  g_assert_cmpint (ok->type, ==, DFN_NOSTR_RELAY_OK);
  g_assert_cmpstr (ok->event_id, ==, ID);
  g_assert_false (ok->accepted);
  g_assert_cmpstr (ok->text, ==, "blocked: \"no\"");
  g_assert_true (silent_ok->accepted);
  g_assert_cmpstr (silent_ok->text, ==, "");
  g_assert_cmpint (closed->type, ==, DFN_NOSTR_RELAY_CLOSED);
  g_assert_cmpstr (closed->subscription_id, ==, "s");
  g_assert_cmpstr (closed->text, ==, "auth-required: x");
  g_assert_cmpint (notice->type, ==, DFN_NOSTR_RELAY_NOTICE);
  g_assert_cmpstr (notice->text, ==, "hear\x01");
  g_assert_cmpint (auth->type, ==, DFN_NOSTR_RELAY_AUTH);
  g_assert_cmpstr (auth->text, ==, "challenge");
}

static void
test_long_words (void)
{
  for (gsize length = DFN_NOSTR_MAX_TEXT - 4; length <= DFN_NOSTR_MAX_TEXT + 1; length++)
    {
      g_autofree char *fill = g_strnfill (length, 'x');
      g_autofree char *words = g_strconcat (fill, "😀😀", NULL);
      g_autofree char *text = dfn_nostr_relay_message_format_notice (words);
      g_autoptr (DfnNostrRelayMessage) message = from_relay (text);

      g_assert_true (g_utf8_validate (message->text, -1, NULL));
      g_assert_true (g_str_has_prefix (words, message->text));
      g_assert_cmpuint (strlen (message->text), <=, DFN_NOSTR_MAX_TEXT);
      g_assert_cmpuint (strlen (message->text), >, DFN_NOSTR_MAX_TEXT - 4);
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = {
    "",
    "{}",
    "[]",
    "[\"EVENT\"]",
    "[\"CLOSE\"]",
    "[1,2]",
    "[[\"EVENT\"],{}]",
    "[\"HELLO\",\"x\"]",
    "[\"event\",{\"id\":\"" ID "\"}]",
    "[\"EVENT\",{}]",
    "[\"EVENT\",[]]",
    "[\"EVENT\",{\"id\":\"0123\"}]",
    "[\"EVENT\",{\"id\":1}]",
    "[\"EVENT\",\"s\"]",
    "[\"EVENT\",\"s\",{}]",
    "[\"EVENT\",\"\",{\"id\":\"" ID "\"}]",
    "[\"EVENT\",1,{\"id\":\"" ID "\"}]",
    "[\"REQ\",\"\",{}]",
    "[\"REQ\",1,{}]",
    "[\"REQ\",{}]",
    "[\"CLOSE\",null]",
    "[\"COUNT\",[]]",
    "[\"EOSE\",1]",
    "[\"OK\",\"" ID "\"]",
    "[\"OK\",\"" ID "\",\"true\"]",
    "[\"OK\",\"" ID "\",1,\"\"]",
    "[\"OK\",\"0123\",true,\"\"]",
    "[\"CLOSED\",{}]",
    "[\"AUTH\",\"\"]",
    "[\"AUTH\",1]",
    "[\"AUTH\",{}]",
    "[\"AUTH\",[]]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) client_error = NULL, relay_error = NULL;

      g_test_message ("%s", texts[i]);
      g_assert_null (dfn_nostr_client_message_parse (texts[i], -1, 1000, &client_error));
      g_assert_error (client_error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE);
      g_assert_null (dfn_nostr_relay_message_parse (texts[i], -1, 1000, &relay_error));
      g_assert_error (relay_error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE);
    }
}

static void
test_size_limit (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (dfn_nostr_client_message_parse ("[\"CLOSE\",\"s\"]", -1, 12, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (dfn_nostr_relay_message_parse ("[\"EOSE\",\"s\"]", -1, 11, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/message/client-events", test_client_events);
  g_test_add_func ("/nostr/message/req", test_req);
  g_test_add_func ("/nostr/message/req-with-problem", test_req_with_problem);
  g_test_add_func ("/nostr/message/close-and-count", test_close_and_count);
  g_test_add_func ("/nostr/message/subscription-id", test_subscription_id);
  g_test_add_func ("/nostr/message/relay-event", test_relay_event);
  g_test_add_func ("/nostr/message/relay-words", test_relay_words);
  g_test_add_func ("/nostr/message/long-words", test_long_words);
  g_test_add_func ("/nostr/message/refused", test_refused);
  g_test_add_func ("/nostr/message/size-limit", test_size_limit);
  return g_test_run ();
}
