/* SPDX-License-Identifier: MIT */
#include "dfn-relay-requests.h"

#include "dfn-nostr-message.h"

#include <string.h>

/* What may come before EOSE, where a filter names no limit. */
#define MAX_STORED 5000

typedef enum {
  STAGE_NEW,
  STAGE_SENT,
  STAGE_WANTS_AUTH,
  STAGE_ASK_AGAIN,
  STAGE_REFUSED,
} Stage;

typedef struct {
  char *id;
  GPtrArray *filters;
  Stage stage;
  gboolean eose;
  gboolean tried_auth;
  guint n_stored;
  guint max_stored;
} Request;

struct _DfnRelayRequests {
  const DfnRelayRequestCalls *calls;
  gpointer user_data;
  GHashTable *table;
  guint last_id;
};

static void
request_free (gpointer data)
{
  Request *request = data;

  g_ptr_array_unref (request->filters);
  g_free (request->id);
  g_free (request);
}

static Request *
find_open (DfnRelayRequests *self, const char *id)
{
  Request *request = g_hash_table_lookup (self->table, id);

  return request != NULL && request->stage == STAGE_SENT ? request : NULL;
}

/* The ids of all requests at a stage, as a copy: refusing one calls back. */
static GPtrArray *
list_ids (DfnRelayRequests *self, Stage stage)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  Request *request;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &request))
    if (request->stage == stage)
      g_ptr_array_add (ids, g_strdup (request->id));
  return ids;
}

static void
refuse (DfnRelayRequests *self, Request *request, Stage stage, const char *reason)
{
  g_autofree char *id = g_strdup (request->id);

  request->stage = stage;
  self->calls->refused (id, reason, self->user_data);
}

static DfnNostrFilter *
clamp_filter (DfnNostrFilter *filter, guint max_limit)
{
  guint limit = dfn_nostr_filter_get_limit (filter);
  g_autoptr (JsonNode) node = NULL;

  if (max_limit == 0 || limit == G_MAXUINT || limit <= max_limit)
    return dfn_nostr_filter_ref (filter);
  node = dfn_nostr_filter_to_node (filter);
  json_object_set_int_member (json_node_get_object (node), "limit", max_limit);
  return dfn_nostr_filter_from_node (node, NULL);
}

static char *
format_request (Request *request, const DfnRelayInfo *info)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  for (guint i = 0; i < request->filters->len; i++)
    g_ptr_array_add (filters,
                     clamp_filter (request->filters->pdata[i], info != NULL ? info->max_limit : 0));
  return dfn_nostr_client_message_format_req (request->id, filters);
}

/* Why the relay's limits do not allow the request; NULL when they do. */
static char *
judge_limits (DfnRelayRequests *self, Request *request, const char *text, const DfnRelayInfo *info)
{
  g_autoptr (GPtrArray) sent = list_ids (self, STAGE_SENT);

  if (info->max_subscriptions > 0 && sent->len >= info->max_subscriptions)
    return g_strdup_printf ("it allows at most %u subscriptions", info->max_subscriptions);
  if (info->max_filters > 0 && request->filters->len > info->max_filters)
    return g_strdup_printf ("it allows at most %u filters", info->max_filters);
  if (info->max_message_length > 0 && strlen (text) > info->max_message_length)
    return g_strdup_printf ("it takes at most %u bytes at once", info->max_message_length);
  return NULL;
}

static void
send_request (DfnRelayRequests *self, Request *request, const DfnRelayInfo *info)
{
  g_autofree char *text = format_request (request, info);
  g_autofree char *refusal = info != NULL ? judge_limits (self, request, text, info) : NULL;

  if (refusal != NULL)
    {
      refuse (self, request, STAGE_REFUSED, refusal);
      return;
    }
  request->stage = STAGE_SENT;
  request->eose = FALSE;
  request->n_stored = 0;
  self->calls->send (text, self->user_data);
}

void
dfn_relay_requests_flush (DfnRelayRequests *self, const DfnRelayInfo *info)
{
  g_autoptr (GPtrArray) ids = list_ids (self, STAGE_NEW);

  for (guint i = 0; i < ids->len; i++)
    {
      Request *request = g_hash_table_lookup (self->table, ids->pdata[i]);
      if (request != NULL && request->stage == STAGE_NEW)
        send_request (self, request, info);
    }
}

const char *
dfn_relay_requests_add (DfnRelayRequests *self, GPtrArray *filters)
{
  Request *request = g_new0 (Request, 1);

  request->id = g_strdup_printf ("%u", ++self->last_id);
  request->filters = g_ptr_array_ref (filters);
  for (guint i = 0; i < filters->len; i++)
    request->max_stored += MIN (dfn_nostr_filter_get_limit (filters->pdata[i]), MAX_STORED);
  g_hash_table_insert (self->table, request->id, request);
  return request->id;
}

void
dfn_relay_requests_remove (DfnRelayRequests *self, const char *id)
{
  if (find_open (self, id) != NULL)
    {
      g_autofree char *text = dfn_nostr_client_message_format_close (id);
      self->calls->send (text, self->user_data);
    }
  g_hash_table_remove (self->table, id);
}

static void
move (DfnRelayRequests *self, Stage from, Stage to)
{
  GHashTableIter iter;
  Request *request;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &request))
    if (request->stage == from)
      request->stage = to;
}

void
dfn_relay_requests_renew (DfnRelayRequests *self)
{
  move (self, STAGE_ASK_AGAIN, STAGE_NEW);
}

void
dfn_relay_requests_reset (DfnRelayRequests *self)
{
  GHashTableIter iter;
  Request *request;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &request))
    {
      request->stage = STAGE_NEW;
      request->tried_auth = FALSE;
    }
}

void
dfn_relay_requests_authenticated (DfnRelayRequests *self, const char *refusal)
{
  g_autoptr (GPtrArray) ids = NULL;

  if (refusal == NULL)
    {
      move (self, STAGE_WANTS_AUTH, STAGE_NEW);
      return;
    }
  ids = list_ids (self, STAGE_WANTS_AUTH);
  for (guint i = 0; i < ids->len; i++)
    {
      Request *request = g_hash_table_lookup (self->table, ids->pdata[i]);
      if (request != NULL && request->stage == STAGE_WANTS_AUTH)
        refuse (self, request, STAGE_REFUSED, refusal);
    }
}

DfnRelayVerdict
dfn_relay_requests_judge (DfnRelayRequests *self, const char *id)
{
  Request *request = find_open (self, id);

  if (request == NULL)
    return DFN_RELAY_STRAY;
  if (!request->eose && ++request->n_stored > request->max_stored)
    return DFN_RELAY_EXCESS;
  return DFN_RELAY_WANTED;
}

gboolean
dfn_relay_requests_matches (DfnRelayRequests *self, const char *id, DfnNostrEvent *event)
{
  Request *request = find_open (self, id);

  if (request == NULL)
    return FALSE;
  for (guint i = 0; i < request->filters->len; i++)
    if (dfn_nostr_filter_matches (request->filters->pdata[i], event))
      return TRUE;
  return FALSE;
}

gboolean
dfn_relay_requests_eose (DfnRelayRequests *self, const char *id)
{
  Request *request = find_open (self, id);

  if (request == NULL || request->eose)
    return FALSE;
  request->eose = TRUE;
  return TRUE;
}

DfnRelayClosedOutcome
dfn_relay_requests_closed (DfnRelayRequests *self,
                           const char *id,
                           const char *reason,
                           gboolean can_authenticate)
{
  Request *request = find_open (self, id);

  if (request == NULL)
    return DFN_RELAY_CLOSED_IGNORED;
  if (g_str_has_prefix (reason, "auth-required:") && can_authenticate && !request->tried_auth)
    {
      request->stage = STAGE_WANTS_AUTH;
      request->tried_auth = TRUE;
      return DFN_RELAY_CLOSED_WANTS_AUTH;
    }
  if (g_str_has_prefix (reason, "rate-limited:") || g_str_has_prefix (reason, "error:"))
    {
      refuse (self, request, STAGE_ASK_AGAIN, reason);
      return DFN_RELAY_CLOSED_ASK_AGAIN;
    }
  refuse (self, request, STAGE_REFUSED, reason);
  return DFN_RELAY_CLOSED_REFUSED;
}

DfnRelayRequests *
dfn_relay_requests_new (const DfnRelayRequestCalls *calls, gpointer user_data)
{
  DfnRelayRequests *self = g_new0 (DfnRelayRequests, 1);

  self->calls = calls;
  self->user_data = user_data;
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, request_free);
  return self;
}

void
dfn_relay_requests_free (DfnRelayRequests *self)
{
  g_hash_table_unref (self->table);
  g_free (self);
}
