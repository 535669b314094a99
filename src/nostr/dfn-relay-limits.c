/* SPDX-License-Identifier: MIT */
#include "dfn-relay-limits.h"

#include "dfn-nostr-message.h"

#include <json-glib/json-glib.h>

void
dfn_relay_limits_init (DfnRelayLimits *self)
{
  *self = (DfnRelayLimits){
    .max_message = DFN_NOSTR_EVENT_MAX_SIZE + 1024,
    .max_queue = 4 * 1024 * 1024,
    .max_connections = 512,
    .max_connections_per_address = 64,
    .max_subscriptions = 64,
    .max_subscribed = 256 * 1024,
    .max_limit = 500,
    .events_per_second = 50,
    .events_burst = 500,
    .requests_per_second = 20,
    .requests_burst = 100,
    .upgrade_ms = 10000,
    .max_future = 15 * 60,
  };
}

static void
add_number (JsonBuilder *builder, const char *name, guint value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_limitation (JsonBuilder *builder, const DfnRelayLimits *self, gboolean auth_required)
{
  json_builder_set_member_name (builder, "limitation");
  json_builder_begin_object (builder);
  add_number (builder, "max_message_length", self->max_message);
  add_number (builder, "max_subscriptions", self->max_subscriptions);
  add_number (builder, "max_filters", DFN_NOSTR_MAX_FILTERS);
  add_number (builder, "max_limit", self->max_limit);
  add_number (builder, "default_limit", self->max_limit);
  add_number (builder, "max_subid_length", DFN_NOSTR_MAX_SUBSCRIPTION_ID);
  add_number (builder, "max_event_tags", DFN_NOSTR_EVENT_MAX_TAGS);
  add_number (builder, "created_at_upper_limit", self->max_future);
  json_builder_set_member_name (builder, "auth_required");
  json_builder_add_boolean_value (builder, auth_required);
  json_builder_end_object (builder);
}

char *
dfn_relay_limits_to_info (const DfnRelayLimits *self, gboolean auth_required)
{
  static const int nips[] = { 1, 9, 11, 40, 42 };
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_text (builder, "name", "Defiance relay");
  add_text (builder, "description", "The relay inside Defiance, for live streams and files");
  add_text (builder, "software", "defiance");
  json_builder_set_member_name (builder, "supported_nips");
  json_builder_begin_array (builder);
  for (guint i = 0; i < G_N_ELEMENTS (nips); i++)
    json_builder_add_int_value (builder, nips[i]);
  json_builder_end_array (builder);
  add_limitation (builder, self, auth_required);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
