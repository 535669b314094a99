/* SPDX-License-Identifier: MIT */
#include "dfn-fetch-peer.h"

#include "dfn-fetch-plan.h"
#include "dfn-manifest.h"

#include <math.h>

#define US_PER_S G_GINT64_CONSTANT (1000000)

/* What is assumed of a peer before it has delivered anything. */
#define UNKNOWN_RATE (1024.0 * 1024)
#define UNKNOWN_RESPONSE_US 200000.0
#define UNKNOWN_TIMEOUT_US (5 * US_PER_S)

#define MIN_TIMEOUT_US (2 * US_PER_S)
#define MAX_TIMEOUT_US (60 * US_PER_S)
#define MIN_LATE_US (1 * US_PER_S)
#define FIRST_BACKOFF_US (1 * US_PER_S)
#define MAX_DOUBLINGS 5
/* A request that later ones overtook is lost after this many timeouts. */
#define OVERTAKEN_TIMEOUTS 4
#define PROBE_EVERY 8
#define REFUSALS_IN_A_ROW 8
/* Requests that are moved to a peer which has delivered before until it delivers again. */
#define MAX_MOVED 2
#define MAX_BOOST 16.0
/* What is asked of each of many peers at least, in chunks, for it to have a choice. */
#define LEAST_SHARE 2
/* How far one sample moves the estimate of a quantile. */
#define QUANTILE_STEP 0.1

DfnFetchPeer *
dfn_fetch_peer_new (guint64 id, guint32 chunk_size, const DfnBitmap *has, gint64 now_us)
{
  DfnFetchPeer *self = g_new0 (DfnFetchPeer, 1);

  self->id = id;
  self->chunk_size = chunk_size;
  self->has = has != NULL ? dfn_bitmap_copy (has) : NULL;
  self->requests = g_array_new (FALSE, FALSE, sizeof (DfnFetchRequest));
  self->boost = 1;
  dfn_fetch_peer_share_window (self, 1);
  self->active_us = now_us;
  self->round_begin_us = now_us;
  self->newest_delivered_sent_us = G_MININT64;
  return self;
}

void
dfn_fetch_peer_free (DfnFetchPeer *self)
{
  g_clear_pointer (&self->has, dfn_bitmap_free);
  g_array_unref (self->requests);
  g_free (self);
}

static const DfnFetchRequest *
request_at (const DfnFetchPeer *self, guint place)
{
  return &g_array_index (self->requests, DfnFetchRequest, place);
}

gboolean
dfn_fetch_peer_has (const DfnFetchPeer *self, guint32 index)
{
  return self->has == NULL || dfn_bitmap_has (self->has, index);
}

/* Twice what the link holds, and two chunks for the time that the peer takes to find one. The
 * *shortest* response stands for the link: the usual one contains the queue that the window itself
 * makes, and a window made of it would grow without end. */
static double
basic_window (const DfnFetchPeer *self)
{
  return 2 * self->rate * self->shortest_us / US_PER_S + 2 * self->chunk_size;
}

void
dfn_fetch_peer_share_window (DfnFetchPeer *self, guint n_peers)
{
  gsize least = LEAST_SHARE * (gsize) self->chunk_size;

  self->first_window = MAX (DFN_FETCH_PLAN_FIRST_WINDOW / n_peers, least);
  self->least_window = MAX (DFN_FETCH_PLAN_MIN_WINDOW / n_peers, least);
}

gsize
dfn_fetch_peer_get_window (const DfnFetchPeer *self)
{
  double window;

  if (self->is_stalled)
    return self->chunk_size;
  if (self->n_received == 0)
    return self->first_window;
  window = basic_window (self) * self->boost * (self->is_probing ? 1.5 : 1);
  /* The first few samples are from a link that is still warming up. */
  if (self->delivered <= DFN_FETCH_PLAN_FIRST_WINDOW)
    window = MAX (window, self->first_window);
  return (gsize) CLAMP (window, self->least_window, DFN_FETCH_PLAN_MAX_WINDOW);
}

gboolean
dfn_fetch_peer_has_room (const DfnFetchPeer *self, guint32 length, gint64 now_us)
{
  return now_us >= self->backoff_until_us && !self->is_expiring
         && self->requests->len < DFN_FETCH_PLAN_MAX_REQUESTS
         && self->outstanding + length <= dfn_fetch_peer_get_window (self);
}

/* Whoever has been silent for a while is believed to be so for as long again. */
static double
expect_ahead (const DfnFetchPeer *self, double bytes, gint64 now_us)
{
  double rate = self->n_received > 0 ? self->rate : UNKNOWN_RATE;
  double response_us = self->n_received > 0 ? self->shortest_us : UNKNOWN_RESPONSE_US;
  double silence_us = 0;

  if (self->requests->len > 0)
    silence_us = (double) (now_us - MAX (self->active_us, request_at (self, 0)->sent_us));
  return (response_us + MAX (0, silence_us)) / US_PER_S + bytes / rate;
}

double
dfn_fetch_peer_expect (const DfnFetchPeer *self, guint64 bytes, gint64 now_us)
{
  return expect_ahead (self, (double) self->outstanding + (double) bytes, now_us);
}

double
dfn_fetch_peer_expect_request (const DfnFetchPeer *self, guint place, gint64 now_us)
{
  gsize bytes = 0;

  for (guint i = 0; i <= place; i++)
    bytes += request_at (self, i)->length;
  return expect_ahead (self, (double) bytes, now_us);
}

void
dfn_fetch_peer_ask (DfnFetchPeer *self, guint32 index, guint32 length, gint64 now_us)
{
  DfnFetchRequest request = {
    .index = index, .length = length, .sent_us = now_us, .delivered = self->delivered
  };

  /* After a pause neither silence nor a round counts from before it. */
  if (self->outstanding == 0)
    {
      self->active_us = now_us;
      self->round_begin_us = now_us;
      self->round_begin_bytes = self->delivered;
      self->round_end_bytes = self->delivered + dfn_fetch_peer_get_window (self);
      self->round_was_full = FALSE;
    }
  self->outstanding += length;
  request.was_filling = self->outstanding * 2 >= dfn_fetch_peer_get_window (self);
  if (self->outstanding + self->chunk_size > dfn_fetch_peer_get_window (self))
    self->round_was_full = TRUE;
  g_array_append_val (self->requests, request);
}

int
dfn_fetch_peer_find (const DfnFetchPeer *self, guint32 index)
{
  for (guint i = 0; i < self->requests->len; i++)
    if (request_at (self, i)->index == index)
      return (int) i;
  return -1;
}

void
dfn_fetch_peer_forget (DfnFetchPeer *self, guint place)
{
  self->outstanding -= request_at (self, place)->length;
  g_array_remove_index (self->requests, place);
  if (self->requests->len == 0)
    self->is_expiring = FALSE;
}

/* RFC 6298's smoothing, for the response and how much it varies. */
static void
learn_response (DfnFetchPeer *self, double response_us)
{
  if (self->n_received == 0)
    {
      self->response_us = response_us;
      self->deviation_us = response_us / 2;
      self->shortest_us = response_us;
      return;
    }
  self->deviation_us += (fabs (response_us - self->response_us) - self->deviation_us) / 4;
  self->response_us += (response_us - self->response_us) / 8;
  self->shortest_us = MIN (self->shortest_us, response_us);
}

/* What arrived between asking and answer, over that time: never more than the link can, and less
 * where too little was asked; so a rise is believed at once and a fall only from a full window. */
static void
learn_rate (DfnFetchPeer *self, const DfnFetchRequest *request, double response_us)
{
  double sample = (double) (self->delivered - request->delivered) / response_us * US_PER_S;

  if (sample > self->rate)
    self->rate += (sample - self->rate) / (self->n_received < 8 ? 1 : 2);
  else if (request->was_filling)
    self->rate += (sample - self->rate) / 8;
}

/* When the way has become longer, a window made of the shortest response ever seen starves the
 * link. So one round in eight asks for half as much again; if that brings more, the window grows,
 * and the next round tries again. */
static void
judge_round (DfnFetchPeer *self, double rate)
{
  gboolean is_better = self->is_probing && rate > 1.1 * self->rate_before_probe;

  if (is_better)
    self->boost = MIN (MAX_BOOST, self->boost * 1.5);
  else if (self->is_probing)
    self->boost = MAX (1, self->boost * 0.8);
  self->n_rounds++;
  self->is_probing = is_better || self->n_rounds % PROBE_EVERY == 0;
  self->rate_before_probe = rate;
}

static void
finish_round (DfnFetchPeer *self, gint64 now_us)
{
  double seconds = (double) MAX (1, now_us - self->round_begin_us) / US_PER_S;

  if (self->round_was_full)
    judge_round (self, (double) (self->delivered - self->round_begin_bytes) / seconds);
  self->round_begin_us = now_us;
  self->round_begin_bytes = self->delivered;
  self->round_end_bytes = self->delivered + dfn_fetch_peer_get_window (self);
  self->round_was_full = FALSE;
}

/* Robbins and Monro's way to a quantile: it rises by 19 steps or falls by one. */
static void
learn_quantile (DfnFetchPeer *self, const DfnFetchRequest *request, gint64 now_us)
{
  double sample_us;

  if (request->begun_us == 0 || request->length != self->chunk_size)
    return;
  sample_us = (double) MAX (1, now_us - request->begun_us);
  if (self->p95_us <= 0)
    self->p95_us = 2 * sample_us;
  else if (sample_us > self->p95_us)
    self->p95_us *= 1 + 0.95 * QUANTILE_STEP * 4;
  else
    self->p95_us *= 1 - 0.05 * QUANTILE_STEP * 4;
}

void
dfn_fetch_peer_begin (DfnFetchPeer *self, guint place, gint64 now_us)
{
  DfnFetchRequest *request = &g_array_index (self->requests, DfnFetchRequest, place);

  if (request->begun_us == 0)
    request->begun_us = now_us;
}

void
dfn_fetch_peer_deliver (DfnFetchPeer *self, guint place, gint64 now_us)
{
  const DfnFetchRequest request = *request_at (self, place);
  double response_us = (double) MAX (1, now_us - request.sent_us);

  self->delivered += request.length;
  /* The file's last chunk may be short, and its time says little about others. */
  if (request.length == self->chunk_size || self->n_received == 0)
    learn_response (self, response_us);
  learn_rate (self, &request, response_us);
  learn_quantile (self, &request, now_us);
  self->n_received++;
  self->n_silences = 0;
  self->n_hard_failures = 0;
  self->n_refusals = 0;
  self->n_moved = 0;
  self->is_stalled = FALSE;
  self->backoff_until_us = MIN (self->backoff_until_us, now_us);
  self->newest_delivered_sent_us = MAX (self->newest_delivered_sent_us, request.sent_us);
  dfn_fetch_peer_show_life (self, now_us);
  dfn_fetch_peer_forget (self, place);
  if (self->delivered >= self->round_end_bytes)
    finish_round (self, now_us);
}

void
dfn_fetch_peer_show_life (DfnFetchPeer *self, gint64 now_us)
{
  self->active_us = MAX (self->active_us, now_us);
}

static gint64
timeout_of (const DfnFetchPeer *self)
{
  gint64 timeout_us = UNKNOWN_TIMEOUT_US;

  if (self->n_received > 0)
    timeout_us = (gint64) (self->response_us + 4 * self->deviation_us);
  timeout_us = MAX (timeout_us, MIN_TIMEOUT_US) << MIN (self->n_silences, MAX_DOUBLINGS);
  return MIN (timeout_us, MAX_TIMEOUT_US);
}

static gboolean
is_overtaken (const DfnFetchPeer *self, const DfnFetchRequest *request)
{
  return self->newest_delivered_sent_us > request->sent_us;
}

/* A request waits behind those before it, so its own age says nothing while others are answered:
 * the peer's silence counts, and for a request that was lost alone, that later ones overtook it. */
gint64
dfn_fetch_peer_get_deadline (const DfnFetchPeer *self)
{
  const DfnFetchRequest *oldest;
  gint64 silence_us;

  if (self->requests->len == 0)
    return G_MAXINT64;
  oldest = request_at (self, 0);
  if (self->is_expiring)
    return G_MININT64;
  silence_us = MAX (oldest->sent_us, self->active_us) + timeout_of (self);
  if (is_overtaken (self, oldest))
    return MIN (silence_us, oldest->sent_us + OVERTAKEN_TIMEOUTS * timeout_of (self));
  return silence_us;
}

gint64
dfn_fetch_peer_get_late_us (const DfnFetchPeer *self)
{
  double usual_us = self->response_us + 4 * self->deviation_us;

  if (self->n_received == 0)
    usual_us = 4 * UNKNOWN_RESPONSE_US;
  return MAX (MIN_LATE_US, (gint64) (2 * usual_us));
}

gint64
dfn_fetch_peer_get_next_late (const DfnFetchPeer *self, gint64 now_us)
{
  gint64 late_us = dfn_fetch_peer_get_late_us (self);

  for (guint i = 0; i < self->requests->len; i++)
    if (request_at (self, i)->sent_us + late_us > now_us)
      return request_at (self, i)->sent_us + late_us;
  return G_MAXINT64;
}

static gint64
backoff (guint n_before)
{
  return FIRST_BACKOFF_US << MIN (n_before, MAX_DOUBLINGS);
}

gboolean
dfn_fetch_peer_takes_over (const DfnFetchPeer *self, gint64 now_us)
{
  guint most = self->n_received > 0 ? MAX_MOVED : 1;

  return self->n_moved < most || now_us >= self->moved_us + backoff (self->n_moved - most);
}

void
dfn_fetch_peer_take_over (DfnFetchPeer *self, gint64 now_us)
{
  self->n_moved++;
  self->moved_us = now_us;
}

void
dfn_fetch_peer_expire (DfnFetchPeer *self, gint64 now_us)
{
  self->n_timeouts++;
  if (self->is_expiring || now_us < self->active_us + timeout_of (self))
    return;
  self->backoff_until_us = now_us + backoff (self->n_silences);
  self->n_silences++;
  self->is_stalled = TRUE;
  self->is_expiring = TRUE;
}

/* Chunks are refused one by one, but whoever refuses one after the other is asked less: otherwise
 * a peer that has nothing to give would be asked for the whole file at once. */
void
dfn_fetch_peer_fail (DfnFetchPeer *self, gboolean is_hard, gint64 now_us)
{
  guint n_before = self->n_hard_failures;

  self->n_failures++;
  if (is_hard)
    self->n_hard_failures++;
  else if (++self->n_refusals % REFUSALS_IN_A_ROW != 0)
    return;
  else
    n_before = self->n_refusals / REFUSALS_IN_A_ROW - 1;
  self->backoff_until_us = MAX (self->backoff_until_us, now_us + backoff (n_before));
}
