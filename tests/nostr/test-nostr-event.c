/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-nostr-event.h"

#include <string.h>

/* An event that nostr-tools 2.17.0 made with the secret key 3, in parts. */
#define FOREIGN_ID "6fbf74d991324517b575e64c9e4a0f2a7a3dfe21a85a96feaeb2a58dc06df088"
#define FOREIGN_PUBKEY "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
#define FOREIGN_SIG                                                                                \
  "b83c1d5bcef946b54b54e092463cd18456d9aaab0c8d5ab818e02c0ccc8ca87b"                               \
  "6a8e395244aae7c50bef387643703e2493c79e78bc09b07570b3419212cc0aaa"
#define FOREIGN_TAGS "[[\"d\",\"première\"],[\"t\",\"a\\\"b\\\\c\"],[\"e\"]]"
#define FOREIGN_CONTENT                                                                            \
  "\"line\\nbreak\\ttab \\\"quoted\\\" \\\\ back/slash \x7f é 漢字 😀 \xe2\x80\xa8\""
#define EVENT(kind, created_at, tags, content, pubkey, id, sig)                                    \
  "{\"kind\":" kind ",\"created_at\":" created_at ",\"tags\":" tags ",\"content\":" content        \
  ",\"pubkey\":" pubkey ",\"id\":" id ",\"sig\":" sig "}"
#define Q(text) "\"" text "\""

static DfnNostrEvent *
make_event (DfnNostrKey *key)
{
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();

  dfn_nostr_tags_add (tags, "d", "a\"b", NULL);
  dfn_nostr_tags_add (tags, "t", NULL);
  dfn_nostr_tags_add (tags, "t", "é", "", "\\", NULL);
  dfn_nostr_tags_add (tags, "expiration", "1700000100", NULL);
  return dfn_nostr_event_new (key, 30311, 1700000000, tags, "line\nbreak \"quoted\" \x7f é 😀 /");
}

static void
test_round_trip (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (DfnNostrEvent) event = make_event (key);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrEvent) read = NULL;
  const char *json = dfn_nostr_event_to_json (event);
  g_autofree char *address = dfn_nostr_event_get_address (event);
  g_autofree char *expected = g_strdup_printf ("30311:%s:a\"b", dfn_nostr_key_get_pubkey (key));

  g_assert_null (strchr (json, '\n'));
  read = dfn_nostr_event_from_json (json, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (dfn_nostr_event_get_id (read), ==, dfn_nostr_event_get_id (event));
  g_assert_cmpstr (dfn_nostr_event_get_pubkey (read), ==, dfn_nostr_key_get_pubkey (key));
  g_assert_cmpint (dfn_nostr_event_get_created_at (read), ==, 1700000000);
  g_assert_cmpuint (dfn_nostr_event_get_kind (read), ==, 30311);
  g_assert_cmpstr (dfn_nostr_event_get_content (read), ==, dfn_nostr_event_get_content (event));
  g_assert_cmpuint (dfn_nostr_event_get_tags (read)->len, ==, 4);
  g_assert_cmpstr (dfn_nostr_event_get_tag (read, "t"), ==, "é");
  g_assert_null (dfn_nostr_event_get_tag (read, "x"));
  g_assert_cmpint (dfn_nostr_event_get_expiration (read), ==, 1700000100);
  g_assert_cmpstr (dfn_nostr_event_to_json (read), ==, json);
  g_assert_cmpstr (address, ==, expected);
}

static void
test_foreign (void)
{
  static const char *const texts[] = {
    EVENT ("30023", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT, Q (FOREIGN_PUBKEY), Q (FOREIGN_ID),
           Q (FOREIGN_SIG)),
    /* The same told otherwise: spaces, escapes and a member of the future. */
    "{ \"future\" : {\"id\":[1.5,null]},\n"
    "\"content\":\"line\\u000abreak\\ttab \\u0022quoted\\\" \\\\ back\\/slash \\u007f \\u00E9 "
    "\\u6f22字 \\ud83d\\ude00 \\u2028\", \"id\":" Q (FOREIGN_ID) ",\"sig\":" Q (
        FOREIGN_SIG) ",\"pubkey\":" Q (FOREIGN_PUBKEY) ",\"tags\":" FOREIGN_TAGS
                                                       ",\"created_at\":1700000000,\"kind\":30023}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DfnNostrEvent) event = dfn_nostr_event_from_json (texts[i], -1, &error);
      g_autofree char *address = NULL;

      g_assert_no_error (error);
      address = dfn_nostr_event_get_address (event);
      g_assert_cmpstr (address, ==, "30023:" FOREIGN_PUBKEY ":première");
      g_assert_cmpstr (dfn_nostr_event_get_tag (event, "t"), ==, "a\"b\\c");
      g_assert_null (dfn_nostr_event_get_tag (event, "e"));
      g_assert_cmpint (dfn_nostr_event_get_expiration (event), ==, G_MAXINT64);
    }
}

/* The same content, hashed as nostr-tools does and as NIP-01 says. */
static void
test_control_characters (void)
{
#define CONTROL(id, sig)                                                                           \
  EVENT ("1", "1700000000", "[[\"t\",\"\\u001f\"]]", "\"bell \\u0007 esc \\u001b\"",               \
         Q (FOREIGN_PUBKEY), Q (id), Q (sig))
#define VERBATIM_ID "2e69c78709a078c2f8892be3ae177930f3cc4205c3ece64e5c4bedc492b7b09a"
  static const char foreign[] =
      CONTROL ("184d2f09d90b6d2ce3c749b798384b3cf3c66b086430cc5e3c36e603f8e33453",
               "b9bf3a3ef27782d25ecce85872bdce3aeb936fcd74955a66284d1ef15c03fcd5"
               "012b20696940dabbe1e3890919be8ef9fca2902428068e434bae16d6be986d14");
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (
      "0000000000000000000000000000000000000000000000000000000000000003", &error);
  guint8 hash[32], signature[64];
  g_autofree char *sig = NULL;
  g_auto (GStrv) parts = g_strsplit (CONTROL (VERBATIM_ID, "SIG"), "SIG", 2);
  g_autofree char *verbatim = NULL;

  g_assert_true (dfn_hex_decode (VERBATIM_ID, hash, sizeof hash));
  dfn_nostr_key_sign (key, hash, signature);
  sig = dfn_hex_encode (signature, sizeof signature);
  verbatim = g_strjoinv (sig, parts);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (DfnNostrEvent) event =
          dfn_nostr_event_from_json (i == 0 ? foreign : verbatim, -1, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (dfn_nostr_event_get_content (event), ==, "bell \x07 esc \x1b");
      g_assert_cmpstr (dfn_nostr_event_get_tag (event, "t"), ==, "\x1f");
    }
#undef VERBATIM_ID
#undef CONTROL
}

/* What programs hash differently is not signed at all. */
static void
test_control_characters_replaced (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (DfnNostrEvent) event = NULL;

  dfn_nostr_tags_add (tags, "title", "a\x1b\n", "é\x01", NULL);
  dfn_nostr_tags_add (tags, "d", "x", NULL);
  event = dfn_nostr_event_new (key, 35910, 0, tags, "\x07 ü\r\n\t\b\f\x7f");
  g_assert_cmpstr (dfn_nostr_event_get_content (event), ==, "\uFFFD ü\r\n\t\b\f\x7f");
  g_assert_cmpstr (dfn_nostr_event_get_tag (event, "title"), ==, "a\uFFFD\n");
  g_assert_cmpstr (((char **) dfn_nostr_event_get_tags (event)->pdata[0])[2], ==, "é\uFFFD");
  g_assert_cmpstr (dfn_nostr_event_get_tag (event, "d"), ==, "x");
  g_assert_cmpstr (dfn_nostr_tags_lookup (tags, "title"), ==, "a\x1b\n");
}

static void
assert_refused (const char *json, int code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrEvent) event = dfn_nostr_event_from_json (json, -1, &error);

  if (event != NULL)
    g_error ("Accepted: %s", json);
  g_assert_error (error, DFN_NOSTR_ERROR, code);
}

static void
test_tampered (void)
{
  static const char *const texts[] = {
    EVENT ("30024", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT, Q (FOREIGN_PUBKEY), Q (FOREIGN_ID),
           Q (FOREIGN_SIG)),
    EVENT ("30023", "1700000001", FOREIGN_TAGS, FOREIGN_CONTENT, Q (FOREIGN_PUBKEY), Q (FOREIGN_ID),
           Q (FOREIGN_SIG)),
    EVENT ("30023", "1700000000", "[]", FOREIGN_CONTENT, Q (FOREIGN_PUBKEY), Q (FOREIGN_ID),
           Q (FOREIGN_SIG)),
    EVENT ("30023", "1700000000", FOREIGN_TAGS, "\"\"", Q (FOREIGN_PUBKEY), Q (FOREIGN_ID),
           Q (FOREIGN_SIG)),
    EVENT ("30023", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT, Q (FOREIGN_ID), Q (FOREIGN_ID),
           Q (FOREIGN_SIG)),
    EVENT ("30023", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT, Q (FOREIGN_PUBKEY),
           Q (FOREIGN_PUBKEY), Q (FOREIGN_SIG)),
    EVENT ("30023", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT, Q (FOREIGN_PUBKEY), Q (FOREIGN_ID),
           Q (FOREIGN_ID FOREIGN_ID)),
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], DFN_NOSTR_ERROR_BAD_SIGNATURE);
}

/* Forms that are refused before anything is hashed. */
static void
test_malformed (void)
{
#define WITH(kind, created_at, tags, content)                                                      \
  EVENT (kind, created_at, tags, content, Q (FOREIGN_PUBKEY), Q (FOREIGN_ID), Q (FOREIGN_SIG))
  static const char *const texts[] = {
    "",
    "[]",
    "{}",
    "null",
    WITH ("30023.0", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("-1", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("65536", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("\"30023\"", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("30023", "1.7e9", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("30023", "-1", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("30023", "253402300800", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("30023", "18446744073709551617", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("30023", "true", FOREIGN_TAGS, FOREIGN_CONTENT),
    WITH ("30023", "1700000000", "{}", FOREIGN_CONTENT),
    WITH ("30023", "1700000000", "[[]]", FOREIGN_CONTENT),
    WITH ("30023", "1700000000", "[\"d\"]", FOREIGN_CONTENT),
    WITH ("30023", "1700000000", "[[\"d\",1]]", FOREIGN_CONTENT),
    WITH ("30023", "1700000000", "[[\"d\",null]]", FOREIGN_CONTENT),
    WITH ("30023", "1700000000", "[[\"d\",[\"x\"]]]", FOREIGN_CONTENT),
    WITH ("30023", "1700000000", FOREIGN_TAGS, "null"),
    WITH ("30023", "1700000000", FOREIGN_TAGS, "1"),
    WITH ("30023", "1700000000", FOREIGN_TAGS, "\"a\\u0000b\""),
    WITH ("30023", "1700000000", FOREIGN_TAGS, "\"\xff\""),
    WITH ("30023", "1700000000", FOREIGN_TAGS, FOREIGN_CONTENT ",\"content\":\"other\""),
    EVENT ("1", "1", "[]", "\"\"", Q (FOREIGN_PUBKEY), Q (FOREIGN_ID), "\"\""),
    EVENT ("1", "1", "[]", "\"\"", Q (FOREIGN_PUBKEY), "1", Q (FOREIGN_SIG)),
    EVENT ("1", "1", "[]", "\"\"", Q ("F9308A"), Q (FOREIGN_ID), Q (FOREIGN_SIG)),
  };
#undef WITH

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    assert_refused (texts[i], DFN_NOSTR_ERROR_INVALID_EVENT);
}

static void
test_limits (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autofree char *content = g_strnfill (DFN_NOSTR_EVENT_MAX_SIZE, 'x');
  g_autoptr (DfnNostrEvent) large = dfn_nostr_event_new (key, 1, 0, NULL, content);
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (DfnNostrEvent) fits = NULL, many = NULL, read = NULL;
  g_autoptr (GError) error = NULL;

  assert_refused (dfn_nostr_event_to_json (large), DFN_NOSTR_ERROR_TOO_LARGE);
  for (guint i = 0; i < DFN_NOSTR_EVENT_MAX_TAGS; i++)
    dfn_nostr_tags_add (tags, "t", "x", NULL);
  fits = dfn_nostr_event_new (key, 1, DFN_NOSTR_EVENT_MAX_CREATED_AT, tags, "");
  read = dfn_nostr_event_from_json (dfn_nostr_event_to_json (fits), -1, &error);
  g_assert_no_error (error);
  g_clear_pointer (&fits, dfn_nostr_event_unref);
  dfn_nostr_tags_add (tags, "t", NULL);
  many = dfn_nostr_event_new (key, 1, 0, tags, "");
  assert_refused (dfn_nostr_event_to_json (many), DFN_NOSTR_ERROR_INVALID_EVENT);
}

static void
test_expiration (void)
{
  static const struct {
    const char *text;
    gint64 seconds;
  } cases[] = {
    { "1700000000", 1700000000 }, { "0", 0 },
    { "", G_MAXINT64 },           { "-1", G_MAXINT64 },
    { "1.5", G_MAXINT64 },        { "9223372036854775808", G_MAXINT64 },
    { "soon", G_MAXINT64 },
  };
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
      g_autoptr (DfnNostrEvent) event = NULL;

      dfn_nostr_tags_add (tags, "expiration", cases[i].text, NULL);
      event = dfn_nostr_event_new (key, 1, 0, tags, "");
      g_assert_cmpint (dfn_nostr_event_get_expiration (event), ==, cases[i].seconds);
    }
}

static void
test_kinds (void)
{
  static const struct {
    guint kind;
    gboolean replaceable, ephemeral, addressable;
  } cases[] = {
    { 0, 1, 0, 0 },     { 1, 0, 0, 0 },     { 3, 1, 0, 0 },     { 4, 0, 0, 0 },
    { 9999, 0, 0, 0 },  { 10000, 1, 0, 0 }, { 19999, 1, 0, 0 }, { 20000, 0, 1, 0 },
    { 29999, 0, 1, 0 }, { 30000, 0, 0, 1 }, { 39999, 0, 0, 1 }, { 40000, 0, 0, 0 },
  };
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint kind = cases[i].kind;
      g_autoptr (DfnNostrEvent) event = dfn_nostr_event_new (key, kind, 0, NULL, "");
      g_autofree char *address = dfn_nostr_event_get_address (event);
      g_autofree char *expected = g_strdup_printf ("%u:%s:", kind, dfn_nostr_key_get_pubkey (key));
      gboolean has_address = cases[i].replaceable || cases[i].addressable;

      g_assert_cmpint (dfn_nostr_kind_is_replaceable (kind), ==, cases[i].replaceable);
      g_assert_cmpint (dfn_nostr_kind_is_ephemeral (kind), ==, cases[i].ephemeral);
      g_assert_cmpint (dfn_nostr_kind_is_addressable (kind), ==, cases[i].addressable);
      g_assert_cmpstr (address, ==, has_address ? expected : NULL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/event/round-trip", test_round_trip);
  g_test_add_func ("/nostr/event/foreign", test_foreign);
  g_test_add_func ("/nostr/event/control-characters", test_control_characters);
  g_test_add_func ("/nostr/event/control-characters-replaced", test_control_characters_replaced);
  g_test_add_func ("/nostr/event/tampered", test_tampered);
  g_test_add_func ("/nostr/event/malformed", test_malformed);
  g_test_add_func ("/nostr/event/limits", test_limits);
  g_test_add_func ("/nostr/event/expiration", test_expiration);
  g_test_add_func ("/nostr/event/kinds", test_kinds);
  return g_test_run ();
}
