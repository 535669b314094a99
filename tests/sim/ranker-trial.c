/* SPDX-License-Identifier: MIT */
#include "ranker-trial.h"

#include "sim-events.h"
#include "sim-random.h"

#include <math.h>

/* Round trips lie between these. */
#define SHORTEST_RTT_US 10000
#define LONGEST_RTT_US 160000

const RankerTrialSettings ranker_trial_defaults = {
  .n_providers = 24,
  .n_requesters = 48,
  .degree = 8,
  .slowest = 125e3,
  .spread = 11,
  .load = 0.7,
  .chunk = 32 * 1024,
  .deadline_us = 2 * G_USEC_PER_SEC,
  .duration_us = 120 * G_USEC_PER_SEC,
  .warmup_us = 10 * G_USEC_PER_SEC,
};

typedef enum {
  EVENT_ASK,     /* a requester needs its next chunk */
  EVENT_REQUEST, /* a request reaches its provider */
  EVENT_SENT,    /* a provider's uplink has sent a chunk */
  EVENT_ARRIVAL, /* its last byte reaches the requester */
  EVENT_DEADLINE,
} EventKind;

typedef struct {
  guint64 chunk;
  guint requester;
  guint provider;
  gint64 asked_us;
  gint64 first_byte_us;
  gboolean is_over; /* arrived, or given up */
  guint n_refs;
} Request;

typedef struct {
  RateTrace *trace;
  double scale;
  gint64 offset_us;
  GQueue *queues; /* one a requester, of Request */
  guint turn;
  Request *sending;
} Provider;

typedef struct {
  DfnPeerRanker *ranker;
  guint64 *peers; /* providers' numbers */
  gint64 *rtt_us;
  guint64 n_asked;
} Requester;

typedef struct {
  const RankerTrialSettings *settings;
  SimRandom random;
  SimEvents *events;
  Provider *providers;
  Requester *requesters;
  gint64 interval_us;
  RankerTrialResult *result;
} Trial;

static Request *
request_ref (Request *request)
{
  if (request != NULL)
    request->n_refs++;
  return request;
}

static void
request_unref (Request *request)
{
  if (request != NULL && --request->n_refs == 0)
    g_free (request);
}

/* The event keeps a reference to the request. */
static void
schedule (Trial *self, gint64 at_us, EventKind kind, guint who, Request *request)
{
  SimEvent event = {
    .at_us = at_us, .kind = kind, .node = who, .cookie = GPOINTER_TO_SIZE (request_ref (request))
  };

  sim_events_add (self->events, &event);
}

/* Providers */

static gint64
send_bytes (Provider *provider, gint64 now_us, double bytes)
{
  guint64 at_ns = (guint64) (now_us + provider->offset_us) * 1000;

  for (;;)
    {
      guint64 until_ns;
      double rate = rate_trace_at (provider->trace, at_ns, &until_ns) * provider->scale;
      double room = rate * (double) (until_ns - at_ns) / 1e9;

      if (room >= bytes)
        {
          at_ns += (guint64) (bytes / rate * 1e9);
          return (gint64) (at_ns / 1000) - provider->offset_us;
        }
      bytes -= room;
      at_ns = until_ns;
    }
}

/* The requester whose turn it is has its oldest request served. */
static void
serve_next (Trial *self, guint who, gint64 now_us)
{
  Provider *provider = &self->providers[who];

  for (guint i = 0; provider->sending == NULL && i < self->settings->n_requesters; i++)
    {
      GQueue *queue;

      provider->turn = (provider->turn + 1) % self->settings->n_requesters;
      queue = &provider->queues[provider->turn];
      while (provider->sending == NULL && !g_queue_is_empty (queue))
        {
          provider->sending = g_queue_pop_head (queue);
          if (provider->sending->is_over)
            g_clear_pointer (&provider->sending, request_unref);
        }
    }
  if (provider->sending == NULL)
    return;
  provider->sending->first_byte_us = now_us;
  schedule (self, send_bytes (provider, now_us, (double) self->settings->chunk), EVENT_SENT, who,
            NULL);
}

static void
take_sent (Trial *self, guint who, gint64 now_us)
{
  Provider *provider = &self->providers[who];
  Request *request = provider->sending;
  gint64 half_us = self->requesters[request->requester].rtt_us[who] / 2;

  provider->sending = NULL;
  request->first_byte_us += half_us;
  schedule (self, now_us + half_us, EVENT_ARRIVAL, request->requester, request);
  request_unref (request);
  serve_next (self, who, now_us);
}

static void
take_request (Trial *self, guint who, gint64 now_us, Request *request)
{
  Provider *provider = &self->providers[who];

  g_queue_push_tail (&provider->queues[request->requester], request_ref (request));
  if (provider->sending == NULL)
    serve_next (self, who, now_us);
}

/* Requesters */

static void
ask (Trial *self, guint who, gint64 now_us)
{
  const RankerTrialSettings *settings = self->settings;
  Requester *requester = &self->requesters[who];
  Request *request = g_new0 (Request, 1);
  double probability;
  guint place = dfn_peer_ranker_choose (requester->ranker, now_us, requester->peers,
                                        settings->degree, settings->chunk, &probability);

  g_assert_cmpuint (place, <, settings->degree);
  g_assert_true (probability > 0 && probability <= 1);
  request->n_refs = 1;
  request->chunk = requester->n_asked++;
  request->requester = who;
  request->provider = (guint) requester->peers[place];
  request->asked_us = now_us;
  dfn_peer_ranker_asked (requester->ranker, now_us, request->provider, request->chunk,
                         settings->chunk);
  schedule (self, now_us + requester->rtt_us[request->provider] / 2, EVENT_REQUEST,
            request->provider, request);
  schedule (self, now_us + settings->deadline_us, EVENT_DEADLINE, who, request);
  if (now_us + self->interval_us < settings->duration_us)
    schedule (self, now_us + self->interval_us, EVENT_ASK, who, NULL);
  request_unref (request);
}

static void
end_request (Trial *self, gint64 now_us, Request *request, gboolean is_late)
{
  DfnPeerRanker *ranker = self->requesters[request->requester].ranker;

  if (request->is_over)
    return;
  request->is_over = TRUE;
  if (is_late)
    dfn_peer_ranker_failed (ranker, now_us, request->provider, request->chunk,
                            DFN_PEER_OUTCOME_TIMED_OUT);
  else
    dfn_peer_ranker_answered (ranker, now_us, request->provider, request->chunk,
                              request->first_byte_us);
  if (request->asked_us < self->settings->warmup_us)
    return;
  self->result->n_chunks++;
  self->result->n_late += is_late;
  if (!is_late)
    self->result->delivery_us += now_us - request->asked_us;
}

static void
take_event (Trial *self, const SimEvent *event)
{
  Request *request = GSIZE_TO_POINTER (event->cookie);

  switch ((EventKind) event->kind)
    {
    case EVENT_ASK:
      ask (self, event->node, event->at_us);
      break;
    case EVENT_REQUEST:
      take_request (self, event->node, event->at_us, request);
      break;
    case EVENT_SENT:
      take_sent (self, event->node, event->at_us);
      break;
    case EVENT_ARRIVAL:
      end_request (self, event->at_us, request, FALSE);
      break;
    case EVENT_DEADLINE:
      end_request (self, event->at_us, request, TRUE);
      break;
    }
  request_unref (request);
}

/* Setting up */

static void
set_up_providers (Trial *self, GPtrArray *traces)
{
  const RankerTrialSettings *settings = self->settings;
  double sum = 0;

  self->providers = g_new0 (Provider, settings->n_providers);
  for (guint i = 0; i < settings->n_providers; i++)
    {
      Provider *provider = &self->providers[i];
      double mean = settings->slowest * pow (settings->spread, sim_random_unit (&self->random));

      provider->trace = traces->pdata[(guint) (sim_random_unit (&self->random) * traces->len)];
      provider->scale = mean / rate_trace_mean (provider->trace);
      provider->offset_us = (gint64) (sim_random_unit (&self->random) * 300 * G_USEC_PER_SEC);
      provider->queues = g_new0 (GQueue, settings->n_requesters);
      sum += mean;
    }
  self->interval_us = (gint64) ((double) settings->chunk * settings->n_requesters * G_USEC_PER_SEC
                                / (sum * settings->load));
}

static void
set_up_requester (Trial *self, guint who, RankerTrialMake make, gconstpointer data)
{
  const RankerTrialSettings *settings = self->settings;
  Requester *requester = &self->requesters[who];
  double longest = (double) LONGEST_RTT_US / SHORTEST_RTT_US;

  requester->rtt_us = g_new (gint64, settings->n_providers);
  requester->peers = g_new (guint64, settings->n_providers);
  for (guint i = 0; i < settings->n_providers; i++)
    {
      guint k = (guint) (sim_random_unit (&self->random) * (i + 1));

      requester->rtt_us[i] =
          (gint64) (SHORTEST_RTT_US * pow (longest, sim_random_unit (&self->random)));
      requester->peers[i] = requester->peers[k];
      requester->peers[k] = i;
    }
  requester->ranker = make (sim_random_next (&self->random), data);
  for (guint i = 0; i < settings->degree; i++)
    {
      guint64 peer = requester->peers[i];

      dfn_peer_ranker_add_peer (requester->ranker, 0, peer);
      dfn_peer_ranker_set_path (requester->ranker, peer, requester->rtt_us[peer], 0);
    }
  schedule (self, (gint64) (sim_random_unit (&self->random) * (double) self->interval_us),
            EVENT_ASK, who, NULL);
}

static void
tear_down (Trial *self)
{
  for (guint i = 0; i < self->settings->n_providers; i++)
    {
      Provider *provider = &self->providers[i];

      for (guint k = 0; k < self->settings->n_requesters; k++)
        g_queue_clear_full (&provider->queues[k], (GDestroyNotify) request_unref);
      g_free (provider->queues);
    }
  for (guint i = 0; i < self->settings->n_requesters; i++)
    {
      g_assert_finalize_object (self->requesters[i].ranker);
      g_free (self->requesters[i].peers);
      g_free (self->requesters[i].rtt_us);
    }
  g_free (self->providers);
  g_free (self->requesters);
  sim_events_free (self->events);
}

void
ranker_trial_run (const RankerTrialSettings *settings,
                  GPtrArray *traces,
                  guint64 seed,
                  RankerTrialMake make,
                  gconstpointer data,
                  RankerTrialResult *result)
{
  Trial self = { .settings = settings, .result = result };
  SimEvent event;

  sim_random_init (&self.random, seed);
  self.events = sim_events_new ();
  set_up_providers (&self, traces);
  self.requesters = g_new0 (Requester, settings->n_requesters);
  for (guint i = 0; i < settings->n_requesters; i++)
    set_up_requester (&self, i, make, data);
  while (sim_events_peek (self.events) < G_MAXINT64)
    {
      sim_events_take (self.events, &event);
      take_event (&self, &event);
    }
  tear_down (&self);
}
