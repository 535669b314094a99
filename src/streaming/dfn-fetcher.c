/* SPDX-License-Identifier: MIT */
#include "dfn-fetcher.h"

#include "dfn-have.h"
#include "dfn-random.h"
#include "dfn-request-facts.h"
#include "dfn-source.h"
#include "dfn-streaming-error.h"
#include "dfn-timer.h"

#include <string.h>

/* No more is asked for while this much waits for the disk. */
#define MAX_BEHIND (DFN_CHUNK_STORE_QUEUE_LIMIT / 2)

/* The mark of a peer of which this has been told. */
#define MISBEHAVED "dfn-fetcher-misbehaved"

/* A provider, and what was asked of it. */
typedef struct {
  DfnFetcher *fetcher;
  DfnPeer *peer;
  guint64 id;
  GHashTable *requests; /* chunk: owned Request */
  GHashTable *chunks;   /* id of a request: chunk */
} Provider;

/* What is asked of a provider. Goes with its entry above, whether answered or taken back. */
typedef struct {
  Provider *provider;
  guint32 chunk;
  gint64 id;
  guint64 ticket;         /* of the request log */
  DfnPeerOutcome outcome; /* if it goes without an answer */
} Request;

struct _DfnFetcher {
  GObject parent_instance;

  DfnChunkStore *store;
  DfnManifest *manifest;
  DfnFetchPlan *plan;
  DfnRequestLog *log;   /* not ours; NULL for none */
  GPtrArray *providers; /* of owned Provider */
  guint64 last_id;
  GSource *timer;
  gboolean is_over;
};

G_DEFINE_FINAL_TYPE (DfnFetcher, dfn_fetcher, G_TYPE_OBJECT)

enum {
  SIGNAL_ASKED,
  SIGNAL_STORED,
  SIGNAL_COMPLETE,
  SIGNAL_MISBEHAVED,
  SIGNAL_WITHDRAWN,
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* A chunk on its way to the disk. */
typedef struct {
  DfnFetcher *fetcher;
  DfnPeer *peer;
  guint64 provider;
  guint32 chunk;
  guint64 ticket;
  gint64 received_us;
} Errand;

static void pump (DfnFetcher *self);

static Provider *
find_provider (DfnFetcher *self, guint64 id)
{
  for (guint i = 0; i < self->providers->len; i++)
    if (((Provider *) self->providers->pdata[i])->id == id)
      return self->providers->pdata[i];
  return NULL;
}

static void
request_free (gpointer data)
{
  Request *request = data;

  dfn_request_log_finish (request->provider->fetcher->log, g_get_monotonic_time (), request->ticket,
                          request->outcome);
  g_free (request);
}

static void
provider_free (Provider *provider)
{
  GHashTableIter iter;
  gpointer request;

  g_signal_handlers_disconnect_by_data (provider->peer, provider);
  dfn_peer_set_activity (provider->peer, NULL, NULL);
  g_hash_table_iter_init (&iter, provider->requests);
  while (g_hash_table_iter_next (&iter, NULL, &request))
    {
      if (provider->fetcher->is_over)
        ((Request *) request)->outcome = DFN_PEER_OUTCOME_CANCELLED;
      dfn_peer_cancel (provider->peer, ((Request *) request)->id);
    }
  g_hash_table_unref (provider->requests);
  g_hash_table_unref (provider->chunks);
  g_object_unref (provider->peer);
  g_free (provider);
}

static void
remove_provider (DfnFetcher *self, Provider *provider)
{
  dfn_fetch_plan_remove_peer (self->plan, provider->id);
  g_ptr_array_remove (self->providers, provider);
}

static void
set_over (DfnFetcher *self)
{
  self->is_over = TRUE;
  dfn_timer_source_set (self->timer, -1);
  while (self->providers->len > 0)
    remove_provider (self, self->providers->pdata[0]);
}

/* The disk */

static void
chunk_is_wrong (DfnFetcher *self, const Errand *errand)
{
  Provider *provider = find_provider (self, errand->provider);

  dfn_fetch_plan_failed (self->plan, g_get_monotonic_time (), errand->provider, errand->chunk,
                         DFN_FETCH_FAILURE_HARD);
  dfn_fetch_plan_lost (self->plan, errand->chunk);
  if (provider != NULL)
    remove_provider (self, provider);
  /* Several wrong chunks of one peer may have waited for the disk, and it may have left meanwhile.
   */
  if (g_object_get_data (G_OBJECT (errand->peer), MISBEHAVED) != NULL)
    return;
  g_object_set_data (G_OBJECT (errand->peer), MISBEHAVED, GINT_TO_POINTER (TRUE));
  g_signal_emit (self, signals[SIGNAL_MISBEHAVED], 0, errand->peer);
}

static void
take_put_error (DfnFetcher *self, const Errand *errand, const GError *error)
{
  if (g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY))
    chunk_is_wrong (self, errand);
  else if (g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY))
    dfn_fetch_plan_lost (self->plan, errand->chunk);
  else
    {
      set_over (self);
      g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
    }
}

static void
on_put (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Errand *errand = user_data;
  g_autoptr (DfnFetcher) self = errand->fetcher;
  g_autoptr (DfnPeer) peer = errand->peer;
  g_autoptr (GError) error = NULL;
  gboolean ok = dfn_chunk_store_put_finish (DFN_CHUNK_STORE (source), result, &error);
  gboolean is_wrong = g_error_matches (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY);

  dfn_request_log_finish (self->log, errand->received_us, errand->ticket,
                          is_wrong ? DFN_PEER_OUTCOME_INVALID : DFN_PEER_OUTCOME_DELIVERED);
  if (!self->is_over && ok)
    {
      guint64 length = dfn_manifest_get_chunk_length (self->manifest, errand->chunk);

      g_signal_emit (self, signals[SIGNAL_STORED], 0, length, errand->chunk, errand->peer);
      if (dfn_chunk_store_is_full (self->store) && !self->is_over)
        {
          set_over (self);
          g_signal_emit (self, signals[SIGNAL_COMPLETE], 0);
        }
    }
  else if (!self->is_over)
    take_put_error (self, errand, error);
  g_free (errand);
  pump (self);
}

/* Peers */

static void
forget_request (Provider *provider, Request *request)
{
  g_hash_table_remove (provider->chunks, GSIZE_TO_POINTER (request->id));
  g_hash_table_remove (provider->requests, GUINT_TO_POINTER (request->chunk));
}

/* What came is logged when it has turned out to be right. */
static void
take_chunk (Provider *provider, guint32 chunk, guint64 ticket, const DfnPeerResponse *response)
{
  DfnFetcher *self = provider->fetcher;
  Errand *errand;

  if (!dfn_fetch_plan_received (self->plan, response->received_us, provider->id, chunk))
    {
      dfn_request_log_finish (self->log, response->received_us, ticket, DFN_PEER_OUTCOME_DELIVERED);
      return;
    }
  errand = g_new (Errand, 1);
  errand->fetcher = g_object_ref (self);
  errand->peer = g_object_ref (provider->peer);
  errand->provider = provider->id;
  errand->chunk = chunk;
  errand->ticket = ticket;
  errand->received_us = response->received_us;
  dfn_chunk_store_put_async (self->store, chunk, response->data, response->proof, on_put, errand);
}

static void
withdrawn (Provider *provider)
{
  DfnFetcher *self = provider->fetcher;
  g_autoptr (DfnPeer) peer = g_object_ref (provider->peer);

  remove_provider (self, provider);
  g_signal_emit (self, signals[SIGNAL_WITHDRAWN], 0, peer);
}

static void
on_response (DfnPeer *peer, gint64 id, const DfnPeerResponse *response, gpointer user_data)
{
  Request *request = user_data;
  Provider *provider = request->provider;
  g_autoptr (DfnFetcher) self = g_object_ref (provider->fetcher);
  guint32 chunk = request->chunk;
  gboolean is_ok = response != NULL && response->status == DFN__CONTENT_RESPONSE__STATUS__OK;
  guint64 ticket = request->ticket;

  if (is_ok)
    request->ticket = 0;
  else if (response != NULL)
    request->outcome = DFN_PEER_OUTCOME_REFUSED;
  forget_request (provider, request);
  if (is_ok)
    take_chunk (provider, chunk, ticket, response);
  else if (response != NULL && response->status == DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN)
    withdrawn (provider);
  else
    dfn_fetch_plan_failed (self->plan, g_get_monotonic_time (), provider->id, chunk,
                           DFN_FETCH_FAILURE_REFUSED);
  pump (self);
}

/* Keeps what was known when the plan chose. */
static guint64
log_request (DfnFetcher *self, Provider *provider, guint32 chunk)
{
  gint64 now = g_get_monotonic_time ();
  DfnRequestFacts facts;
  DfnFetchChoice choice;

  dfn_fetch_plan_get_choice (self->plan, &choice);
  dfn_request_facts_init (&facts, self->log, provider->peer);
  dfn_request_facts_set_ranker (&facts, dfn_fetch_plan_get_ranker (self->plan), now, provider->id);
  facts.policy = choice.policy;
  facts.probability = choice.probability;
  facts.n_candidates = choice.n_candidates;
  facts.is_hedge = choice.is_hedge;
  facts.bytes = dfn_manifest_get_chunk_length (self->manifest, chunk);
  return dfn_request_log_begin (self->log, now, &facts);
}

static gint64
get_rtt_us (const Provider *provider)
{
  DfnQuicStats stats;

  dfn_quic_get_stats (dfn_peer_get_quic (provider->peer), &stats);
  return stats.rtt_us;
}

static void
ask (DfnFetcher *self, guint64 id, guint32 chunk)
{
  Provider *provider = find_provider (self, id);
  Request *request = g_new0 (Request, 1);

  request->provider = provider;
  request->chunk = chunk;
  request->outcome = DFN_PEER_OUTCOME_GONE;
  request->id = dfn_peer_request (provider->peer, dfn_manifest_get_root (self->manifest), chunk,
                                  dfn_manifest_get_chunk_length (self->manifest, chunk),
                                  on_response, request);
  dfn_peer_ranker_set_path (dfn_fetch_plan_get_ranker (self->plan), id, get_rtt_us (provider), 0);
  if (request->id >= 0)
    {
      if (self->log != NULL)
        request->ticket = log_request (self, provider, chunk);
      g_hash_table_insert (provider->requests, GUINT_TO_POINTER (chunk), request);
      g_hash_table_insert (provider->chunks, GSIZE_TO_POINTER (request->id),
                           GUINT_TO_POINTER (chunk));
      g_signal_emit (self, signals[SIGNAL_ASKED], 0, provider->peer);
      return;
    }
  g_free (request);
  dfn_fetch_plan_failed (self->plan, g_get_monotonic_time (), id, chunk, DFN_FETCH_FAILURE_REFUSED);
}

/* Returns whether there was any. */
static gboolean
cancel_abandoned (DfnFetcher *self, gint64 now)
{
  gboolean any = FALSE;
  guint64 id;
  guint32 chunk;

  while (dfn_fetch_plan_next_abandoned (self->plan, now, &id, &chunk))
    {
      Provider *provider = find_provider (self, id);
      Request *request = provider != NULL
                             ? g_hash_table_lookup (provider->requests, GUINT_TO_POINTER (chunk))
                             : NULL;

      any = TRUE;
      if (request == NULL)
        continue;
      request->outcome = dfn_fetch_plan_get_abandoned_outcome (self->plan);
      dfn_peer_cancel (provider->peer, request->id);
      forget_request (provider, request);
    }
  return any;
}

static gboolean
ask_next (DfnFetcher *self, gint64 now)
{
  guint64 id;
  guint32 chunk;

  if (dfn_chunk_store_get_bytes_in_flight (self->store) >= MAX_BEHIND
      || !dfn_fetch_plan_next (self->plan, now, &id, &chunk))
    return FALSE;
  ask (self, id, chunk);
  return TRUE;
}

/* Does what the plan says is due. */
static void
pump (DfnFetcher *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 wakeup;

  if (self->is_over)
    return;
  while (cancel_abandoned (self, now) || ask_next (self, now))
    ;
  wakeup = dfn_fetch_plan_get_wakeup (self->plan, now);
  dfn_timer_source_set (self->timer, wakeup == G_MAXINT64 ? -1 : wakeup);
}

static gboolean
on_timer (gpointer user_data)
{
  pump (user_data);
  return G_SOURCE_CONTINUE;
}

static void
add_chunks (Provider *provider, const Dfn__Have *have)
{
  for (gsize i = 0; i < have->bitmap.len * 8; i++)
    if (dfn_have_contains (have, i))
      dfn_fetch_plan_add_peer_chunk (provider->fetcher->plan, provider->id,
                                     have->first_chunk + (guint32) i);
}

static void
on_have (DfnPeer *peer, const Dfn__Have *have, Provider *provider)
{
  DfnFetcher *self = provider->fetcher;

  if (memcmp (have->content.data, dfn_manifest_get_root (self->manifest), DFN_WIRE_CONTENT_SIZE)
      != 0)
    return;
  if (have->withdrawn)
    {
      withdrawn (provider);
      return;
    }
  if (have->complete)
    dfn_fetch_plan_set_peer_chunks (self->plan, provider->id, NULL);
  else
    add_chunks (provider, have);
  if (have->idle)
    dfn_fetch_plan_peer_is_idle (self->plan, g_get_monotonic_time (), provider->id);
  pump (self);
}

static void
on_activity (DfnPeer *peer, gint64 request, gpointer user_data)
{
  Provider *provider = user_data;
  DfnFetcher *self = provider->fetcher;
  gpointer chunk;

  if (g_hash_table_lookup_extended (provider->chunks, GSIZE_TO_POINTER (request), NULL, &chunk))
    dfn_fetch_plan_active (self->plan, g_get_monotonic_time (), provider->id,
                           GPOINTER_TO_UINT (chunk));
}

static void
on_peer_closed (DfnPeer *peer, Provider *provider)
{
  DfnFetcher *self = provider->fetcher;

  remove_provider (self, provider);
  pump (self);
}

/* Life */

static void
dfn_fetcher_dispose (GObject *object)
{
  DfnFetcher *self = DFN_FETCHER (object);

  if (self->timer != NULL)
    {
      set_over (self);
      g_source_destroy (self->timer);
    }
  g_clear_pointer (&self->timer, g_source_unref);
  G_OBJECT_CLASS (dfn_fetcher_parent_class)->dispose (object);
}

static void
dfn_fetcher_finalize (GObject *object)
{
  DfnFetcher *self = DFN_FETCHER (object);

  g_clear_pointer (&self->plan, dfn_fetch_plan_free);
  g_clear_pointer (&self->manifest, dfn_manifest_unref);
  g_clear_object (&self->store);
  g_ptr_array_unref (self->providers);
  G_OBJECT_CLASS (dfn_fetcher_parent_class)->finalize (object);
}

static void
dfn_fetcher_class_init (DfnFetcherClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_fetcher_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_fetcher_finalize;

  signals[SIGNAL_ASKED] = g_signal_new ("asked", DFN_TYPE_FETCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, DFN_TYPE_PEER);
  signals[SIGNAL_STORED] =
      g_signal_new ("stored", DFN_TYPE_FETCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    3, G_TYPE_UINT64, G_TYPE_UINT, DFN_TYPE_PEER);
  signals[SIGNAL_COMPLETE] = g_signal_new ("complete", DFN_TYPE_FETCHER, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_MISBEHAVED] = g_signal_new ("misbehaved", DFN_TYPE_FETCHER, G_SIGNAL_RUN_LAST, 0,
                                             NULL, NULL, NULL, G_TYPE_NONE, 1, DFN_TYPE_PEER);
  signals[SIGNAL_WITHDRAWN] = g_signal_new ("withdrawn", DFN_TYPE_FETCHER, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 1, DFN_TYPE_PEER);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", DFN_TYPE_FETCHER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dfn_fetcher_init (DfnFetcher *self)
{
  self->providers = g_ptr_array_new_with_free_func ((GDestroyNotify) provider_free);
  self->timer = dfn_source_attach (dfn_timer_source_new (), g_main_context_get_thread_default (),
                                   on_timer, self);
}

DfnFetcher *
dfn_fetcher_new (DfnChunkStore *store)
{
  DfnFetcher *self = g_object_new (DFN_TYPE_FETCHER, NULL);
  guint32 seed;

  dfn_random_bytes (&seed, sizeof seed);
  self->store = g_object_ref (store);
  self->manifest = dfn_manifest_ref (dfn_chunk_store_get_manifest (store));
  self->plan = dfn_fetch_plan_new (dfn_manifest_get_size (self->manifest),
                                   dfn_manifest_get_chunk_size (self->manifest),
                                   dfn_chunk_store_get_present (store), seed);
  return self;
}

void
dfn_fetcher_set_request_log (DfnFetcher *self, DfnRequestLog *log)
{
  self->log = log;
}

void
dfn_fetcher_add_peer (DfnFetcher *self, DfnPeer *peer)
{
  g_autoptr (DfnBitmap) nothing = dfn_bitmap_new (dfn_manifest_get_n_chunks (self->manifest));
  Provider *provider;

  /* It is asked for what it says that it has, and not before. */
  if (self->is_over
      || !dfn_fetch_plan_add_peer (self->plan, g_get_monotonic_time (), self->last_id + 1, nothing))
    return;
  provider = g_new0 (Provider, 1);
  provider->fetcher = self;
  provider->peer = g_object_ref (peer);
  provider->id = ++self->last_id;
  provider->requests = g_hash_table_new_full (NULL, NULL, NULL, request_free);
  provider->chunks = g_hash_table_new (NULL, NULL);
  g_ptr_array_add (self->providers, provider);
  dfn_peer_set_activity (peer, on_activity, provider);
  g_signal_connect (peer, "have", G_CALLBACK (on_have), provider);
  g_signal_connect (peer, "closed", G_CALLBACK (on_peer_closed), provider);
}

void
dfn_fetcher_set_playhead (DfnFetcher *self, guint32 chunk, guint32 n_ahead)
{
  dfn_fetch_plan_set_playhead (self->plan, chunk, n_ahead);
  pump (self);
}

void
dfn_fetcher_remove_peer (DfnFetcher *self, DfnPeer *peer)
{
  for (guint i = 0; i < self->providers->len; i++)
    {
      Provider *provider = self->providers->pdata[i];

      if (provider->peer != peer)
        continue;
      remove_provider (self, provider);
      pump (self);
      return;
    }
}

guint
dfn_fetcher_get_n_peers (DfnFetcher *self)
{
  return self->providers->len;
}

void
dfn_fetcher_get_stats (DfnFetcher *self, DfnFetchStats *stats)
{
  dfn_fetch_plan_get_stats (self->plan, stats);
}
