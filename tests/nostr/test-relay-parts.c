/* SPDX-License-Identifier: MIT */
/* The pure parts below relays: times, rates, addresses, words, documents, memories. */
#include "dfn-backoff.h"
#include "dfn-event-memory.h"
#include "dfn-relay-info.h"
#include "dfn-relay-url.h"
#include "dfn-relay-words.h"
#include "dfn-token-bucket.h"

#include <string.h>

static void
test_backoff (void)
{
  static const guint high[] = { 1000, 2000, 4000, 8000, 16000, 16000, 16000 };

  for (guint i = 0; i < G_N_ELEMENTS (high); i++)
    {
      g_assert_cmpuint (dfn_backoff_delay_ms (i + 1, 0), ==, high[i] / 2);
      g_assert_cmpuint (dfn_backoff_delay_ms (i + 1, high[i] / 2), ==, high[i]);
      for (guint32 random = 1; random != 0; random *= 2)
        {
          guint delay = dfn_backoff_delay_ms (i + 1, random - 1);
          g_assert_cmpuint (delay, >=, high[i] / 2);
          g_assert_cmpuint (delay, <=, high[i]);
        }
    }
  g_assert_cmpuint (dfn_backoff_delay_ms (0, 0), ==, DFN_BACKOFF_MIN_MS);
  g_assert_cmpuint (dfn_backoff_delay_ms (G_MAXUINT, G_MAXUINT32), <=, DFN_BACKOFF_MAX_MS);
}

static void
test_token_bucket (void)
{
  DfnTokenBucket bucket;

  dfn_token_bucket_init (&bucket, 2, 3, 0);
  for (guint i = 0; i < 3; i++)
    g_assert_true (dfn_token_bucket_take (&bucket, 1, 0));
  g_assert_false (dfn_token_bucket_take (&bucket, 1, 0));
  g_assert_false (dfn_token_bucket_take (&bucket, 1, 400000));
  g_assert_true (dfn_token_bucket_take (&bucket, 1, 500000));
  g_assert_false (dfn_token_bucket_take (&bucket, 4, 3600 * (gint64) G_USEC_PER_SEC));
  g_assert_true (dfn_token_bucket_take (&bucket, 3, 3600 * (gint64) G_USEC_PER_SEC));
  /* A clock that goes back gives nothing. */
  g_assert_false (dfn_token_bucket_take (&bucket, 1, 0));

  dfn_token_bucket_init (&bucket, 2, 3, 0);
  dfn_token_bucket_charge (&bucket, 5, 0);
  g_assert_false (dfn_token_bucket_take (&bucket, 0, 900000));
  g_assert_true (dfn_token_bucket_take (&bucket, 0, 1000000));
}

static void
check_url (const char *url, const char *normal)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *got = dfn_relay_url_normalise (url, &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (got, ==, normal);
  again = dfn_relay_url_normalise (got, &error);
  g_assert_cmpstr (again, ==, normal);
}

static void
test_urls (void)
{
  static const char *const bad[] = {
    "",
    "relay.example",
    "http://relay.example",
    "ws:",
    "ws://",
    "ws:///path",
    "wss://a b",
    "wss://user:password@relay.example",
    "wss://relay.example:0",
    "wss://relay.example:65536",
    "wss://relay.example/\x01",
    "wss://relay.example/\xff",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "wss://relay.example:x",
    "wss://relay.example\r\nHost: other",
    "ws://%2f/",

    "ws://<script>/",
    "ws://[::1%25eth0]/",
  };
  g_autofree char *longest = g_strnfill (600, 'a');
  g_autofree char *too_long = g_strconcat ("wss://", longest, NULL);
  g_autofree char *http = dfn_relay_url_to_http ("wss://relay.example/x");
  g_autofree char *host = NULL;
  guint16 port;
  gboolean tls;

  check_url ("wss://relay.example", "wss://relay.example");
  check_url ("WSS://Relay.Example/", "wss://relay.example");
  check_url ("wss://relay.example:443/", "wss://relay.example");
  check_url ("ws://relay.example:80", "ws://relay.example");
  check_url ("ws://relay.example:443", "ws://relay.example:443");
  check_url ("wss://relay.example/Path/#fragment", "wss://relay.example/Path/");
  check_url ("wss://relay.example/?a=B", "wss://relay.example/?a=B");
  check_url ("wss://relay.example/%2f", "wss://relay.example/%2F");
  check_url ("wss://B\xc3\xbc"
             "cher.example",
             "wss://xn--bcher-kva.example");
  check_url ("ws://[2001:DB8::1]:7777", "ws://[2001:db8::1]:7777");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (dfn_relay_url_normalise (bad[i], &error));
      g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_URL);
    }
  g_assert_null (dfn_relay_url_normalise (too_long, NULL));
  g_assert_cmpstr (http, ==, "https://relay.example/x");

  host = dfn_relay_url_get_endpoint ("ws://[::1]:7777", &port, &tls);
  g_assert_cmpstr (host, ==, "::1");
  g_assert_cmpuint (port, ==, 7777);
  g_assert_false (tls);
}

static void
check_words (const char *text, const char *clean)
{
  g_autofree char *got = dfn_relay_words_clean (text);

  g_assert_cmpstr (got, ==, clean);
}

static void
test_words (void)
{
  g_autofree char *endless = g_strnfill (5000, 'x');
  g_autofree char *cut = NULL;

  check_words (NULL, "");
  check_words ("blocked: no", "blocked: no");
  check_words (" a\nb\tc\033[0m ", "a b c [0m");
  check_words ("\xd7\xa9\xd7\x9c\xe2\x80\xae", "\xd7\xa9\xd7\x9c");
  check_words ("bad \xff byte", "bad \xef\xbf\xbd byte");
  cut = dfn_relay_words_clean (endless);
  g_assert_cmpuint (strlen (cut), ==, DFN_RELAY_WORDS_MAX);
}

static void
test_info (void)
{
  static const char good[] = "{\"name\":\"x\",\"limitation\":{\"max_message_length\":100,"
                             "\"max_subscriptions\":-5,\"max_limit\":\"7\",\"max_filters\":3.5,"
                             "\"max_event_tags\":9223372036854775807,\"auth_required\":true,"
                             "\"created_at_lower_limit\":60}}";
  static const char *const bad[] = { "", "[]", "7", "{", "{\"limitation\":{}" };
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (key, 1, 1000, NULL, "");
  g_autoptr (GError) error = NULL;
  DfnRelayInfo info;

  g_assert_true (dfn_relay_info_parse (&info, good, strlen (good), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (info.max_message_length, ==, 100);
  g_assert_cmpuint (info.max_subscriptions, ==, 0);
  g_assert_cmpuint (info.max_limit, ==, 0);
  g_assert_cmpuint (info.max_filters, ==, 0);
  g_assert_cmpuint (info.max_event_tags, ==, G_MAXINT);
  g_assert_true (info.auth_required);
  g_assert_false (dfn_relay_info_check_event (&info, event, 1000, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
  g_clear_error (&error);
  info.max_message_length = 1000;
  g_assert_true (dfn_relay_info_check_event (&info, event, 1060, &error));
  g_assert_false (dfn_relay_info_check_event (&info, event, 1061, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_RELAY);
  g_clear_error (&error);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (dfn_relay_info_parse (&info, bad[i], strlen (bad[i]), &error));
      g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE);
      g_clear_error (&error);
    }
  g_assert_true (dfn_relay_info_parse (&info, "{\"limitation\":[]}", 17, &error));
  g_assert_cmpuint (info.max_limit, ==, 0);
}

static void
test_memory (void)
{
  g_autoptr (DfnEventMemory) memory = dfn_event_memory_new (2);
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) one = dfn_nostr_event_new (key, 1, 1, NULL, "one");
  g_autoptr (DfnNostrEvent) two = dfn_nostr_event_new (key, 1, 1, NULL, "two");
  g_autoptr (DfnNostrEvent) three = dfn_nostr_event_new (key, 1, 1, NULL, "three");

  g_assert_true (dfn_event_memory_admit (memory, one));
  g_assert_false (dfn_event_memory_admit (memory, one));
  g_assert_true (dfn_event_memory_admit (memory, two));
  /* The one that came up last stays; the other one makes room. */
  g_assert_true (dfn_event_memory_knows (memory, dfn_nostr_event_get_id (one)));
  g_assert_true (dfn_event_memory_admit (memory, three));
  g_assert_true (dfn_event_memory_knows (memory, dfn_nostr_event_get_id (one)));
  g_assert_false (dfn_event_memory_knows (memory, dfn_nostr_event_get_id (two)));
  g_assert_true (dfn_event_memory_knows (memory, dfn_nostr_event_get_id (three)));
}

static void
test_memory_versions (void)
{
  g_autoptr (DfnEventMemory) memory = dfn_event_memory_new (8);
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) old = dfn_nostr_event_new (key, 0, 100, NULL, "old");
  g_autoptr (DfnNostrEvent) one = dfn_nostr_event_new (key, 0, 200, NULL, "one");
  g_autoptr (DfnNostrEvent) two = dfn_nostr_event_new (key, 0, 200, NULL, "two");
  gboolean one_is_low = strcmp (dfn_nostr_event_get_id (one), dfn_nostr_event_get_id (two)) < 0;

  g_assert_true (dfn_event_memory_admit (memory, one_is_low ? two : one));
  g_assert_false (dfn_event_memory_admit (memory, old));
  g_assert_true (dfn_event_memory_admit (memory, one_is_low ? one : two));
  g_assert_false (dfn_event_memory_admit (memory, one_is_low ? two : one));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/relay-parts/backoff", test_backoff);
  g_test_add_func ("/relay-parts/token-bucket", test_token_bucket);
  g_test_add_func ("/relay-parts/urls", test_urls);
  g_test_add_func ("/relay-parts/words", test_words);
  g_test_add_func ("/relay-parts/info", test_info);
  g_test_add_func ("/relay-parts/memory", test_memory);
  g_test_add_func ("/relay-parts/memory-versions", test_memory_versions);

  return g_test_run ();
}
