/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-hash.h"
#include "dfn-nip44-private.h"
#include "dfn-nip44.h"
#include "dfn-secret.h"
#include "dfn-test-vectors.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* The first example of NIP-44's own vectors. */
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO "0000000000000000000000000000000000000000000000000000000000000002"
#define CONVERSATION_KEY "c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d"
#define PAYLOAD                                                                                    \
  "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABee0G5VSK0/9YypIObAtDKfYEAjD35uVkHyB0F4DwrcNaCXlC"   \
  "WZKaArsGrY6M9wnuTMxWfp1RTN9Xga8no+kF5Vsb"

static DfnNip44Conversation *
conversation_of (const char *secret, const char *peer_secret)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) own = dfn_nostr_key_import (secret, &error);
  g_autoptr (DfnNostrKey) peer = dfn_nostr_key_import (peer_secret, &error);
  DfnNip44Conversation *conversation;

  g_assert_no_error (error);
  conversation = dfn_nip44_conversation_new (own, dfn_nostr_key_get_pubkey (peer), &error);
  g_assert_no_error (error);
  return conversation;
}

static DfnNip44Conversation *
conversation_for (const char *conversation_key)
{
  guint8 key[32];

  g_assert_true (dfn_hex_decode (conversation_key, key, sizeof key));
  return dfn_nip44_conversation_new_for_key (key);
}

static void
assert_key (DfnNip44Conversation *conversation, const char *expected)
{
  g_autofree char *hex = dfn_hex_encode (dfn_nip44_conversation_get_key (conversation), 32);

  g_assert_cmpstr (hex, ==, expected);
}

static char *
encrypt (DfnNip44Conversation *conversation, const char *plaintext, const char *nonce_hex)
{
  g_autoptr (GError) error = NULL;
  guint8 nonce[32];
  char *payload;

  g_assert_true (dfn_hex_decode (nonce_hex, nonce, sizeof nonce));
  payload =
      dfn_nip44_encrypt_with_nonce (conversation, plaintext, strlen (plaintext), nonce, &error);
  g_assert_no_error (error);
  return payload;
}

static void
assert_decrypts (DfnNip44Conversation *conversation, const char *payload, const char *plaintext)
{
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *text = dfn_nip44_decrypt (conversation, payload, &length, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (text, length, plaintext, strlen (plaintext));
}

static void
assert_refused (DfnNip44Conversation *conversation, const char *payload)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = dfn_nip44_decrypt (conversation, payload, NULL, &error);

  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_DECRYPT);
  g_assert_null (text);
}

static void
test_published (void)
{
  g_autoptr (DfnNip44Conversation) a = conversation_of (ONE, TWO);
  g_autoptr (DfnNip44Conversation) b = conversation_of (TWO, ONE);
  g_autofree char *payload = encrypt (a, "a", ONE);

  assert_key (a, CONVERSATION_KEY);
  assert_key (b, CONVERSATION_KEY);
  g_assert_cmpstr (payload, ==, PAYLOAD);
  assert_decrypts (a, PAYLOAD, "a");
  assert_decrypts (b, PAYLOAD, "a");
}

static void
test_every_bit_counts (void)
{
  g_autoptr (DfnNip44Conversation) conversation = conversation_of (ONE, TWO);
  g_autoptr (DfnNip44Conversation) stranger = conversation_of (ONE, ONE);
  gsize length;
  g_autofree guchar *data = g_base64_decode (PAYLOAD, &length);

  assert_refused (stranger, PAYLOAD);
  for (gsize i = 0; i < length; i++)
    {
      g_autofree char *payload = NULL;

      data[i] ^= 1 << (i % 8);
      payload = g_base64_encode (data, length);
      assert_refused (conversation, payload);
      data[i] ^= 1 << (i % 8);
    }
}

static void
test_malformed (void)
{
  g_autoptr (DfnNip44Conversation) conversation = conversation_of (ONE, TWO);
  g_autofree char *spaced = g_strdup (PAYLOAD);
  g_autofree char *unpadded = g_strdup (PAYLOAD);
  g_autofree char *tail = g_strconcat (PAYLOAD, "====", NULL);
  g_autofree char *line = g_strconcat (PAYLOAD, "\n", NULL);
  g_autofree char *endless = g_strnfill (DFN_NIP44_MAX_PAYLOAD + 4, 'A');

  assert_refused (conversation, "");
  assert_refused (conversation, "#" PAYLOAD);
  assert_refused (conversation, "Ag==");
  spaced[70] = ' ';
  assert_refused (conversation, spaced);
  unpadded[strlen (unpadded) - 1] = '\0';
  assert_refused (conversation, unpadded);
  assert_refused (conversation, tail);
  assert_refused (conversation, line);
  assert_refused (conversation, endless);
}

static void
test_lengths (void)
{
  static const gsize lengths[] = { 1, 2, 32, 33, 64, 65, 256, 257, 1024, 65534, 65535 };
  g_autoptr (DfnNip44Conversation) a = conversation_of (ONE, TWO);
  g_autoptr (DfnNip44Conversation) b = conversation_of (TWO, ONE);
  g_autofree char *text = g_strnfill (65536, 'x');
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      gsize length;
      g_autofree char *payload = dfn_nip44_encrypt (a, text, lengths[i], &error);
      g_autofree char *again = dfn_nip44_encrypt (a, text, lengths[i], &error);
      g_autofree char *plaintext = NULL;

      g_assert_no_error (error);
      g_assert_cmpstr (payload, !=, again);
      plaintext = dfn_nip44_decrypt (b, payload, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (plaintext, length, text, lengths[i]);
      g_assert_cmpint (plaintext[length], ==, '\0');
    }
  g_assert_null (dfn_nip44_encrypt (a, text, 0, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (dfn_nip44_encrypt (a, text, 65536, &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
}

static void
test_bad_peer (void)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_generate ();
  g_autoptr (GError) error = NULL;

  g_assert_null (dfn_nip44_conversation_new (key, "0123", &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY);
}

/* The published file, a function for each of its sections. */

static const char *
get (JsonObject *vector, const char *name)
{
  return json_object_get_string_member (vector, name);
}

static void
check_conversation_key (JsonObject *vector)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (get (vector, "sec1"), &error);
  g_autoptr (DfnNip44Conversation) conversation = NULL;

  g_assert_no_error (error);
  conversation = dfn_nip44_conversation_new (key, get (vector, "pub2"), &error);
  g_assert_no_error (error);
  assert_key (conversation, get (vector, "conversation_key"));
}

static void
check_no_conversation_key (JsonObject *vector)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (get (vector, "sec1"), &error);

  if (key != NULL)
    g_assert_null (dfn_nip44_conversation_new (key, get (vector, "pub2"), &error));
  g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_KEY);
}

static void
check_message_keys (DfnNip44Conversation *conversation, JsonObject *vector)
{
  guint8 nonce[32];
  DfnNip44MessageKeys *keys;
  g_autofree char *chacha_key = NULL, *chacha_nonce = NULL, *hmac_key = NULL;

  g_assert_true (dfn_hex_decode (get (vector, "nonce"), nonce, sizeof nonce));
  keys = dfn_nip44_derive_message_keys (conversation, nonce);
  chacha_key = dfn_hex_encode (keys->chacha_key, sizeof keys->chacha_key);
  chacha_nonce = dfn_hex_encode (keys->chacha_nonce, sizeof keys->chacha_nonce);
  hmac_key = dfn_hex_encode (keys->hmac_key, sizeof keys->hmac_key);
  g_assert_cmpstr (chacha_key, ==, get (vector, "chacha_key"));
  g_assert_cmpstr (chacha_nonce, ==, get (vector, "chacha_nonce"));
  g_assert_cmpstr (hmac_key, ==, get (vector, "hmac_key"));
  dfn_secret_free (keys);
}

static void
check_encrypt_decrypt (JsonObject *vector)
{
  g_autoptr (DfnNip44Conversation) a = conversation_of (get (vector, "sec1"), get (vector, "sec2"));
  g_autoptr (DfnNip44Conversation) b = conversation_of (get (vector, "sec2"), get (vector, "sec1"));
  g_autofree char *payload = encrypt (a, get (vector, "plaintext"), get (vector, "nonce"));

  assert_key (a, get (vector, "conversation_key"));
  assert_key (b, get (vector, "conversation_key"));
  g_assert_cmpstr (payload, ==, get (vector, "payload"));
  assert_decrypts (b, payload, get (vector, "plaintext"));
}

static void
assert_sha256 (const char *text, const char *expected)
{
  guint8 hash[DFN_HASH_SIZE];
  g_autofree char *hex = NULL;

  dfn_sha256 (text, strlen (text), hash);
  hex = dfn_hex_encode (hash, sizeof hash);
  g_assert_cmpstr (hex, ==, expected);
}

static void
check_long_message (JsonObject *vector)
{
  g_autoptr (DfnNip44Conversation) conversation =
      conversation_for (get (vector, "conversation_key"));
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *payload = NULL;

  for (gint64 i = 0; i < json_object_get_int_member (vector, "repeat"); i++)
    g_string_append (text, get (vector, "pattern"));
  assert_sha256 (text->str, get (vector, "plaintext_sha256"));
  payload = encrypt (conversation, text->str, get (vector, "nonce"));
  assert_sha256 (payload, get (vector, "payload_sha256"));
  assert_decrypts (conversation, payload, text->str);
}

static void
check_no_decrypt (JsonObject *vector)
{
  g_autoptr (DfnNip44Conversation) conversation =
      conversation_for (get (vector, "conversation_key"));

  g_test_message ("%s", get (vector, "note"));
  assert_refused (conversation, get (vector, "payload"));
}

static void
for_each (JsonObject *section, const char *name, guint at_least, void (*check) (JsonObject *vector))
{
  JsonArray *vectors = json_object_get_array_member (section, name);

  g_assert_cmpuint (json_array_get_length (vectors), >=, at_least);
  for (guint i = 0; i < json_array_get_length (vectors); i++)
    check (json_array_get_object_element (vectors, i));
}

static void
check_valid (JsonObject *valid)
{
  JsonObject *message_keys = json_object_get_object_member (valid, "get_message_keys");
  g_autoptr (DfnNip44Conversation) conversation =
      conversation_for (get (message_keys, "conversation_key"));
  JsonArray *keys = json_object_get_array_member (message_keys, "keys");
  JsonArray *lengths = json_object_get_array_member (valid, "calc_padded_len");

  for_each (valid, "get_conversation_key", 35, check_conversation_key);
  for_each (valid, "encrypt_decrypt", 10, check_encrypt_decrypt);
  for_each (valid, "encrypt_decrypt_long_msg", 3, check_long_message);
  g_assert_cmpuint (json_array_get_length (keys), >=, 32);
  for (guint i = 0; i < json_array_get_length (keys); i++)
    check_message_keys (conversation, json_array_get_object_element (keys, i));
  g_assert_cmpuint (json_array_get_length (lengths), >=, 24);
  for (guint i = 0; i < json_array_get_length (lengths); i++)
    {
      JsonArray *pair = json_array_get_array_element (lengths, i);

      g_assert_cmpint (dfn_nip44_padded_length (json_array_get_int_element (pair, 0)), ==,
                       json_array_get_int_element (pair, 1));
    }
}

static void
check_invalid (JsonObject *invalid)
{
  JsonArray *lengths = json_object_get_array_member (invalid, "encrypt_msg_lengths");
  g_autoptr (DfnNip44Conversation) conversation = conversation_for (CONVERSATION_KEY);

  for_each (invalid, "get_conversation_key", 8, check_no_conversation_key);
  for_each (invalid, "decrypt", 12, check_no_decrypt);
  g_assert_cmpuint (json_array_get_length (lengths), >=, 4);
  for (guint i = 0; i < json_array_get_length (lengths); i++)
    {
      gsize length = (gsize) json_array_get_int_element (lengths, i);
      g_autofree char *text = g_strnfill (length, 'x');
      g_autoptr (GError) error = NULL;

      g_assert_null (dfn_nip44_encrypt (conversation, text, length, &error));
      g_assert_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_TOO_LARGE);
    }
}

static void
assert_members (JsonObject *object, guint count)
{
  g_assert_cmpuint (json_object_get_size (object), ==, count);
}

static void
test_vectors (void)
{
  g_autofree char *text = dfn_test_vectors_read ("nip44", "nip44.vectors.json");
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *v2, *valid, *invalid;

  if (text == NULL)
    return;
  root = json_from_string (text, &error);
  g_assert_no_error (error);
  v2 = json_object_get_object_member (json_node_get_object (root), "v2");
  valid = json_object_get_object_member (v2, "valid");
  invalid = json_object_get_object_member (v2, "invalid");
  /* A section that this test does not know must not pass unseen. */
  assert_members (json_node_get_object (root), 1);
  assert_members (v2, 2);
  assert_members (valid, 5);
  assert_members (invalid, 3);
  check_valid (valid);
  check_invalid (invalid);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nostr/nip44/published", test_published);
  g_test_add_func ("/nostr/nip44/every-bit-counts", test_every_bit_counts);
  g_test_add_func ("/nostr/nip44/malformed", test_malformed);
  g_test_add_func ("/nostr/nip44/lengths", test_lengths);
  g_test_add_func ("/nostr/nip44/bad-peer", test_bad_peer);
  g_test_add_func ("/nostr/nip44/vectors", test_vectors);
  return g_test_run ();
}
