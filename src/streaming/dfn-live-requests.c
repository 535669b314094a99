/* SPDX-License-Identifier: MIT */
#include "dfn-live-requests.h"

#include "dfn-decay-ranker.h"
#include "dfn-request-facts.h"

#define POLICY "live-1"

typedef struct {
  guint64 peer;
  guint64 chunk;
  guint64 ticket;
} Request;

struct _DfnLiveRequests {
  DfnRequestLog *log;
  DfnPeerRanker *ranker; /* measures; the scheduler chooses */
  GHashTable *requests;  /* set of owned Request */
};

static guint64
name_chunk (DfnChunkId id)
{
  return (guint64) id.track << 32 | id.sequence;
}

static guint
request_hash (gconstpointer key)
{
  const Request *request = key;
  guint64 mixed = request->chunk ^ request->peer * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return g_int64_hash (&mixed);
}

static gboolean
request_equal (gconstpointer a, gconstpointer b)
{
  const Request *first = a;
  const Request *second = b;

  return first->peer == second->peer && first->chunk == second->chunk;
}

DfnLiveRequests *
dfn_live_requests_new (DfnRequestLog *log)
{
  DfnLiveRequests *self = g_new0 (DfnLiveRequests, 1);

  self->log = log;
  self->ranker = DFN_PEER_RANKER (dfn_decay_ranker_new (0));
  self->requests = g_hash_table_new_full (request_hash, request_equal, g_free, NULL);
  return self;
}

void
dfn_live_requests_free (DfnLiveRequests *self)
{
  g_hash_table_unref (self->requests);
  g_object_unref (self->ranker);
  g_free (self);
}

void
dfn_live_requests_add_peer (DfnLiveRequests *self, gint64 now_us, guint64 peer)
{
  dfn_peer_ranker_add_peer (self->ranker, now_us, peer);
}

/* Ends what was asked of @peer, or of everybody if it is 0. */
static void
end_requests (DfnLiveRequests *self, gint64 now_us, guint64 peer, DfnPeerOutcome outcome)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->requests);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Request *request = key;

      if (peer != 0 && request->peer != peer)
        continue;
      dfn_request_log_finish (self->log, now_us, request->ticket, outcome);
      dfn_peer_ranker_failed (self->ranker, now_us, request->peer, request->chunk, outcome);
      g_hash_table_iter_remove (&iter);
    }
}

void
dfn_live_requests_remove_peer (DfnLiveRequests *self, gint64 now_us, guint64 peer)
{
  end_requests (self, now_us, peer, DFN_PEER_OUTCOME_GONE);
  dfn_peer_ranker_remove_peer (self->ranker, peer);
}

void
dfn_live_requests_cancel_all (DfnLiveRequests *self, gint64 now_us)
{
  end_requests (self, now_us, 0, DFN_PEER_OUTCOME_CANCELLED);
}

void
dfn_live_requests_asked (DfnLiveRequests *self,
                         gint64 now_us,
                         guint64 peer,
                         DfnPeer *connection,
                         DfnChunkId id,
                         guint64 bytes,
                         gint64 slack_us)
{
  Request request = { .peer = peer, .chunk = name_chunk (id) };
  DfnRequestFacts facts;

  if (self->log == NULL || g_hash_table_contains (self->requests, &request))
    return;
  dfn_request_facts_init (&facts, self->log, connection);
  dfn_request_facts_set_ranker (&facts, self->ranker, now_us, peer);
  facts.policy = POLICY;
  facts.bytes = bytes;
  facts.is_live = TRUE;
  facts.slack_us = slack_us;
  request.ticket = dfn_request_log_begin (self->log, now_us, &facts);
  if (request.ticket == 0)
    return;
  g_hash_table_add (self->requests, g_memdup2 (&request, sizeof request));
  dfn_peer_ranker_asked (self->ranker, now_us, peer, request.chunk, bytes);
}

void
dfn_live_requests_ended (
    DfnLiveRequests *self, gint64 now_us, guint64 peer, DfnChunkId id, DfnPeerOutcome outcome)
{
  Request key = { .peer = peer, .chunk = name_chunk (id) };
  Request *request;

  if (!g_hash_table_lookup_extended (self->requests, &key, (gpointer *) &request, NULL))
    return;
  dfn_request_log_finish (self->log, now_us, request->ticket, outcome);
  if (outcome == DFN_PEER_OUTCOME_DELIVERED)
    dfn_peer_ranker_answered (self->ranker, now_us, peer, request->chunk, 0);
  else
    dfn_peer_ranker_failed (self->ranker, now_us, peer, request->chunk, outcome);
  g_hash_table_remove (self->requests, &key);
}
