/* SPDX-License-Identifier: MIT */

/* Our half of the comparison with another Nostr library: reads a JSON object a line, whose "do"
 * names a function below, and answers each with a line: the result, or {"error":…}. */

#include "dfn-nip19.h"
#include "dfn-nip44.h"
#include "dfn-nostr-event.h"
#include "dfn-nostr-filter.h"
#include "dfn-nostr-json.h"
#include "dfn-secret.h"

#include <stdio.h>
#include <string.h>

#define MAX_LINE (1 << 20)

typedef gboolean (*Command) (JsonObject *question, JsonObject *answer, GError **error);

static const char *
get_string (JsonObject *question, const char *name)
{
  const char *text = dfn_nostr_json_get_string (json_object_get_member (question, name));

  return text != NULL ? text : "";
}

static guint
get_kind (JsonObject *question)
{
  gint64 kind;

  if (!dfn_nostr_json_get_integer (json_object_get_member (question, "kind"), 0, 65535, &kind))
    return DFN_NIP19_NO_KIND;
  return (guint) kind;
}

static GStrv
get_strings (JsonNode *node)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_strv_builder_add (builder, json_array_get_string_element (array, i));
  return g_strv_builder_end (builder);
}

static gboolean
do_key (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (get_string (question, "secret"), error);
  char *nsec;

  if (key == NULL)
    return FALSE;
  nsec = dfn_nostr_key_export (key);
  json_object_set_string_member (answer, "pubkey", dfn_nostr_key_get_pubkey (key));
  json_object_set_string_member (answer, "nsec", nsec);
  dfn_secret_free_string (nsec);
  return TRUE;
}

static gboolean
do_sign (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (get_string (question, "secret"), error);
  JsonArray *array = json_object_get_array_member (question, "tags");
  g_autoptr (GPtrArray) tags = dfn_nostr_tags_new ();
  g_autoptr (DfnNostrEvent) event = NULL;

  if (key == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++)
    g_ptr_array_add (tags, get_strings (json_array_get_element (array, i)));
  event = dfn_nostr_event_new (key, get_kind (question),
                               json_object_get_int_member (question, "created_at"), tags,
                               get_string (question, "content"));
  json_object_set_string_member (answer, "event", dfn_nostr_event_to_json (event));
  return TRUE;
}

static gboolean
do_verify (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNostrEvent) event =
      dfn_nostr_event_from_json (get_string (question, "event"), -1, error);

  if (event == NULL)
    return FALSE;
  json_object_set_string_member (answer, "event", dfn_nostr_event_to_json (event));
  return TRUE;
}

static gboolean
do_match (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNostrFilter) filter =
      dfn_nostr_filter_from_node (json_object_get_member (question, "filter"), error);
  g_autoptr (DfnNostrEvent) event = NULL;

  if (filter == NULL)
    return FALSE;
  event = dfn_nostr_event_from_json (get_string (question, "event"), -1, error);
  if (event == NULL)
    return FALSE;
  json_object_set_boolean_member (answer, "matches", dfn_nostr_filter_matches (filter, event));
  return TRUE;
}

static DfnNip44Conversation *
get_conversation (JsonObject *question, GError **error)
{
  g_autoptr (DfnNostrKey) key = dfn_nostr_key_import (get_string (question, "secret"), error);

  if (key == NULL)
    return NULL;
  return dfn_nip44_conversation_new (key, get_string (question, "pubkey"), error);
}

static gboolean
do_encrypt (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNip44Conversation) conversation = get_conversation (question, error);
  const char *plaintext = get_string (question, "plaintext");
  g_autofree char *payload = NULL;

  if (conversation == NULL)
    return FALSE;
  payload = dfn_nip44_encrypt (conversation, plaintext, strlen (plaintext), error);
  if (payload == NULL)
    return FALSE;
  json_object_set_string_member (answer, "payload", payload);
  return TRUE;
}

static gboolean
do_decrypt (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNip44Conversation) conversation = get_conversation (question, error);
  g_autofree char *plaintext = NULL;

  if (conversation == NULL)
    return FALSE;
  plaintext = dfn_nip44_decrypt (conversation, get_string (question, "payload"), NULL, error);
  if (plaintext == NULL)
    return FALSE;
  json_object_set_string_member (answer, "plaintext", plaintext);
  return TRUE;
}

static DfnNip19 *
make_entity (JsonObject *question, GError **error)
{
  const char *type = get_string (question, "type");
  const char *pubkey = get_string (question, "pubkey");
  const char *id = get_string (question, "id");
  g_auto (GStrv) relays = get_strings (json_object_get_member (question, "relays"));
  const char *const *hints = (const char *const *) relays;

  if (strcmp (type, "npub") == 0)
    return dfn_nip19_new_npub (pubkey);
  if (strcmp (type, "note") == 0)
    return dfn_nip19_new_note (id);
  if (strcmp (type, "nprofile") == 0)
    return dfn_nip19_new_nprofile (pubkey, hints);
  if (strcmp (type, "nevent") == 0)
    return dfn_nip19_new_nevent (id, *pubkey != '\0' ? pubkey : NULL, get_kind (question), hints);
  return dfn_nip19_new_naddr_with_contact (
      get_kind (question), pubkey, get_string (question, "identifier"), hints,
      json_object_get_string_member_with_default (question, "contact", NULL), error);
}

static gboolean
do_encode (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNip19) entity = make_entity (question, error);
  g_autofree char *text = NULL;

  if (entity == NULL)
    return FALSE;
  text = dfn_nip19_to_string (entity);
  json_object_set_string_member (answer, "text", text);
  return TRUE;
}

static void
set_string (JsonObject *answer, const char *name, const char *text)
{
  if (text != NULL)
    json_object_set_string_member (answer, name, text);
}

static gboolean
do_decode (JsonObject *question, JsonObject *answer, GError **error)
{
  g_autoptr (DfnNip19) entity = dfn_nip19_parse (get_string (question, "text"), error);
  JsonArray *relays;

  if (entity == NULL)
    return FALSE;
  set_string (answer, "id", dfn_nip19_get_id (entity));
  set_string (answer, "pubkey", dfn_nip19_get_pubkey (entity));
  set_string (answer, "identifier", dfn_nip19_get_identifier (entity));
  if (dfn_nip19_get_kind (entity) != DFN_NIP19_NO_KIND)
    json_object_set_int_member (answer, "kind", dfn_nip19_get_kind (entity));
  relays = json_array_new ();
  for (guint i = 0; dfn_nip19_get_relays (entity)[i] != NULL; i++)
    json_array_add_string_element (relays, dfn_nip19_get_relays (entity)[i]);
  json_object_set_array_member (answer, "relays", relays);
  return TRUE;
}

static Command
find_command (const char *name)
{
  static const struct {
    const char *name;
    Command command;
  } commands[] = {
    { "key", do_key },       { "sign", do_sign },       { "verify", do_verify },
    { "match", do_match },   { "encrypt", do_encrypt }, { "decrypt", do_decrypt },
    { "encode", do_encode }, { "decode", do_decode },
  };

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (name, commands[i].name) == 0)
      return commands[i].command;
  return NULL;
}

static gboolean
answer_line (const char *line, JsonObject *answer, GError **error)
{
  g_autoptr (JsonNode) node =
      dfn_nostr_json_parse (line, -1, MAX_LINE, DFN_NOSTR_ERROR_INVALID_MESSAGE, error);
  JsonObject *question;
  Command command;

  if (node == NULL)
    return FALSE;
  question = json_node_get_object (node);
  command = find_command (get_string (question, "do"));
  if (command == NULL)
    {
      g_set_error (error, DFN_NOSTR_ERROR, DFN_NOSTR_ERROR_INVALID_MESSAGE,
                   "There is no command \"%s\"", get_string (question, "do"));
      return FALSE;
    }
  return command (question, answer, error);
}

int
main (void)
{
  char *line = NULL;
  size_t size = 0;

  while (getline (&line, &size, stdin) > 0)
    {
      g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      JsonObject *answer = json_object_new ();

      if (!answer_line (line, answer, &error))
        json_object_set_string_member (answer, "error", error->message);
      json_node_take_object (node, answer);
      text = json_to_string (node, FALSE);
      puts (text);
      fflush (stdout);
    }
  free (line);
  return 0;
}
