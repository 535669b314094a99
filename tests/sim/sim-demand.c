/* SPDX-License-Identifier: MIT */
#include "sim-demand.h"

#include "dfn-fetch-plan.h"
#include "dfn-have.h"
#include "dfn-manifest.h"
#include "dfn-upload-queue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIECE (16 * 1024)
/* Bytes on the link, packet headers included. */
#define REQUEST_BYTES 110
#define CANCEL_BYTES 80
#define HAVE_BYTES 130
#define IDLE_BYTES 110

typedef enum {
  AT_SENT,
  AT_ARRIVE,
  AT_DELIVER,
  AT_REQUEST,
  AT_CANCEL,
  AT_HAVE,
  AT_WAKE,
  AT_FLUSH,
  AT_JOIN,
  AT_LEAVE,
  AT_IDLE
} Kind;

typedef struct {
  gint64 at_us;
  guint64 order;
  guint32 chunk;
  guint16 from;
  guint16 to;
  guint16 size_k; /* of a piece, in units of 1 KiB */
  guint8 kind;
  guint8 is_last;
} Event;

typedef struct {
  guint16 other;
  gint64 half_us;
} Link;

typedef struct {
  guint16 to;
  guint32 chunk;
  guint32 left;
  gboolean is_cancelled;
} Sending;

typedef struct {
  SimDemandKind kind;
  DfnFetchPlan *plan;
  DfnUploadQueue *queue;
  DfnBitmap *has;
  double up;
  double down;
  GArray *links;    /* Link */
  GArray *sendings; /* Sending */
  GArray *news;     /* guint32, chunks to tell of */
  gint64 told_us;   /* when it told of some last */
  gint64 tell_us;   /* when it tells of those */
  gboolean is_sending;
  gboolean is_here;
  gint64 down_free_us;
  gint64 wake_us;
  gint64 joined_us;
  gint64 done_us;
  double control_debt;
  guint64 sent_bytes;
} Peer;

typedef struct {
  const SimDemandConfig *config;
  guint32 chunk_size;
  guint32 n_chunks;
  Peer *peers;
  guint n_peers;
  GArray *heap; /* Event */
  guint64 order;
  gint64 now_us;
  GRand *random;
  DfnBitmap *out; /* what has left the source */
  gint64 once_us;
  guint n_left; /* good viewers that want something */
  guint64 received_bytes;
  guint64 useful_bytes;
  guint64 control_bytes;
} Sim;

static void pump (Sim *sim, guint at);
static void serve (Sim *sim, guint at);

/* Events */

static gboolean
is_before (const Event *a, const Event *b)
{
  return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void
post (Sim *sim, Event event)
{
  Event *heap;
  guint i = sim->heap->len;

  event.order = sim->order++;
  g_array_append_val (sim->heap, event);
  heap = (Event *) (gpointer) sim->heap->data;
  while (i > 0 && is_before (&event, &heap[(i - 1) / 2]))
    {
      heap[i] = heap[(i - 1) / 2];
      i = (i - 1) / 2;
    }
  heap[i] = event;
}

static Event
take (Sim *sim)
{
  Event *heap = (Event *) (gpointer) sim->heap->data;
  Event first = heap[0], last = heap[sim->heap->len - 1];
  guint n = sim->heap->len - 1, i = 0;

  g_array_set_size (sim->heap, n);
  while (2 * i + 1 < n)
    {
      guint child = 2 * i + 1;

      child += child + 1 < n && is_before (&heap[child + 1], &heap[child]);
      if (!is_before (&heap[child], &last))
        break;
      heap[i] = heap[child];
      i = child;
    }
  if (n > 0)
    heap[i] = last;
  return first;
}

static Link *
find_link (Sim *sim, guint at, guint other)
{
  GArray *links = sim->peers[at].links;

  for (guint i = 0; i < links->len; i++)
    if (g_array_index (links, Link, i).other == other)
      return &g_array_index (links, Link, i);
  return NULL;
}

static void
send_control (Sim *sim, guint from, guint to, Kind kind, guint32 chunk, guint bytes)
{
  Link *link = find_link (sim, from, to);

  if (link == NULL)
    return;
  sim->control_bytes += bytes;
  sim->peers[from].control_debt += bytes;
  post (sim, (Event){ .at_us = sim->now_us + link->half_us,
                      .kind = (guint8) kind,
                      .from = (guint16) from,
                      .to = (guint16) to,
                      .chunk = chunk });
}

/* Links */

static void
tell_all (Sim *sim, guint from, guint to)
{
  Peer *teller = &sim->peers[from];

  if (teller->kind == SIM_DEMAND_RIDER)
    return;
  if (dfn_bitmap_get_n_set (teller->has) == sim->n_chunks)
    send_control (sim, from, to, AT_HAVE, G_MAXUINT32, HAVE_BYTES);
  else
    for (guint32 i = dfn_bitmap_next (teller->has, 0); i < sim->n_chunks;
         i = dfn_bitmap_next (teller->has, i + 1))
      send_control (sim, from, to, AT_HAVE, i, 1);
}

static void
add_half_link (Sim *sim, guint at, Link link)
{
  Peer *peer = &sim->peers[at];
  DfnBitmap *none = dfn_bitmap_new (sim->n_chunks);

  g_array_append_val (peer->links, link);
  if (peer->plan != NULL)
    g_assert_true (dfn_fetch_plan_add_peer (peer->plan, sim->now_us, link.other, none));
  g_assert_true (dfn_upload_queue_add_peer (peer->queue, sim->now_us, link.other));
  dfn_bitmap_free (none);
}

static void
connect (Sim *sim, guint a, guint b)
{
  double factor = g_rand_double_range (sim->random, 0.5, 1.5);
  gint64 half_us = (gint64) (factor * (double) sim->config->rtt_us / 2);

  if (a == b || find_link (sim, a, b) != NULL)
    return;
  add_half_link (sim, a, (Link){ .other = (guint16) b, .half_us = half_us });
  add_half_link (sim, b, (Link){ .other = (guint16) a, .half_us = half_us });
  tell_all (sim, a, b);
  tell_all (sim, b, a);
}

static void
cut_half (Sim *sim, guint at, guint other)
{
  Peer *peer = &sim->peers[at];

  for (guint i = 0; i < peer->links->len; i++)
    if (g_array_index (peer->links, Link, i).other == other)
      g_array_remove_index_fast (peer->links, i);
  for (guint i = 0; i < peer->sendings->len; i++)
    if (g_array_index (peer->sendings, Sending, i).to == other)
      g_array_index (peer->sendings, Sending, i).is_cancelled = TRUE;
  if (peer->plan != NULL)
    dfn_fetch_plan_remove_peer (peer->plan, other);
  dfn_upload_queue_remove_peer (peer->queue, other);
}

static void
disconnect (Sim *sim, guint a, guint b)
{
  cut_half (sim, a, b);
  cut_half (sim, b, a);
  pump (sim, a);
  pump (sim, b);
}

static void
join (Sim *sim, guint at)
{
  const SimDemandConfig *config = sim->config;
  Peer *peer = &sim->peers[at];
  guint n_here = 0;
  guint *here = g_new (guint, sim->n_peers);

  peer->is_here = TRUE;
  peer->joined_us = sim->now_us;
  for (guint i = 1; i < sim->n_peers; i++)
    if (i != at && sim->peers[i].is_here && sim->peers[i].links->len < config->most_links)
      here[n_here++] = i;
  if (sim->peers[0].is_here && sim->peers[0].links->len < config->source_degree)
    connect (sim, at, 0);
  for (guint i = 0; i < config->n_outbound && n_here > 0; i++)
    {
      guint place = (guint) g_rand_int_range (sim->random, 0, (gint32) n_here);

      connect (sim, at, here[place]);
      here[place] = here[--n_here];
    }
  g_free (here);
  pump (sim, at);
}

static void
leave (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];

  peer->is_here = FALSE;
  while (peer->links->len > 0)
    disconnect (sim, at, g_array_index (peer->links, Link, 0).other);
}

/* Giving */

static void
send_piece (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];
  Sending *sending;
  Link *link;
  guint32 size;
  gint64 took_us;

  for (guint i = peer->sendings->len; i > 0; i--)
    if (g_array_index (peer->sendings, Sending, i - 1).is_cancelled)
      g_array_remove_index (peer->sendings, i - 1);
  if (peer->is_sending || peer->sendings->len == 0)
    return;
  /* The one that was chosen first, as the uplink governor does it by deadlines. */
  sending = &g_array_index (peer->sendings, Sending, 0);
  link = find_link (sim, at, sending->to);
  size = MIN (PIECE, sending->left);
  took_us = (gint64) ((size + peer->control_debt) / peer->up * SIM_DEMAND_S) + 1;
  peer->control_debt = 0;
  sending->left -= size;
  peer->sent_bytes += size;
  peer->is_sending = TRUE;
  post (sim, (Event){ .at_us = sim->now_us + took_us,
                      .kind = AT_SENT,
                      .from = (guint16) at,
                      .to = sending->to,
                      .chunk = sending->chunk,
                      .is_last = sending->left == 0 });
  post (sim, (Event){ .at_us = sim->now_us + took_us + link->half_us,
                      .kind = AT_ARRIVE,
                      .from = (guint16) at,
                      .to = sending->to,
                      .chunk = sending->chunk,
                      .size_k = (guint16) (size / 1024),
                      .is_last = sending->left == 0 });
}

static void
serve (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];
  guint64 told[DFN_UPLOAD_QUEUE_MAX_TOLD];
  guint64 to;
  guint32 chunk;
  guint n_told;

  if (peer->kind == SIM_DEMAND_LIAR || peer->kind == SIM_DEMAND_RIDER
      || peer->kind == SIM_DEMAND_LEECH)
    return;
  while (dfn_upload_queue_next (peer->queue, sim->now_us, &to, &chunk))
    {
      Sending sending = { .to = (guint16) to, .chunk = chunk, .left = sim->chunk_size };

      g_array_append_val (peer->sendings, sending);
    }
  send_piece (sim, at);
  n_told = dfn_upload_queue_take_idle (peer->queue, sim->now_us, told);
  for (guint i = 0; i < n_told; i++)
    send_control (sim, at, (guint) told[i], AT_IDLE, 0, IDLE_BYTES);
}

static void
on_sent (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->from];

  peer->is_sending = FALSE;
  if (event->is_last)
    {
      for (guint i = 0; i < peer->sendings->len; i++)
        if (g_array_index (peer->sendings, Sending, i).left == 0)
          g_array_remove_index (peer->sendings, i);
      dfn_upload_queue_sent (peer->queue, sim->now_us, event->to, event->chunk);
      if (event->from == 0 && dfn_bitmap_add (sim->out, event->chunk)
          && dfn_bitmap_get_n_set (sim->out) == sim->n_chunks)
        sim->once_us = sim->now_us;
    }
  if (event->is_last)
    serve (sim, event->from);
  else
    send_piece (sim, event->from);
}

static void
on_cancel (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];

  for (guint i = 0; i < peer->sendings->len; i++)
    {
      Sending *sending = &g_array_index (peer->sendings, Sending, i);

      if (sending->to == event->from && sending->chunk == event->chunk)
        sending->is_cancelled = TRUE;
    }
  dfn_upload_queue_cancel (peer->queue, event->from, event->chunk);
  serve (sim, event->to);
}

static void
on_request (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];

  if (find_link (sim, event->to, event->from) == NULL)
    return;
  dfn_upload_queue_request (peer->queue, sim->now_us, event->from, event->chunk);
  serve (sim, event->to);
}

/* Fetching */

/* Returns whether there was any. */
static gboolean
cancel_abandoned (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];
  gboolean any = FALSE;
  guint64 from;
  guint32 chunk;

  while (dfn_fetch_plan_next_abandoned (peer->plan, sim->now_us, &from, &chunk))
    {
      send_control (sim, at, (guint) from, AT_CANCEL, chunk, CANCEL_BYTES);
      any = TRUE;
    }
  return any;
}

static gboolean
ask_next (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];
  guint64 from;
  guint32 chunk;

  if (!dfn_fetch_plan_next (peer->plan, sim->now_us, &from, &chunk))
    return FALSE;
  dfn_upload_queue_asked (peer->queue, sim->now_us, from);
  send_control (sim, at, (guint) from, AT_REQUEST, chunk, REQUEST_BYTES);
  return TRUE;
}

static void
pump (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];
  gint64 wake_us;

  if (peer->plan == NULL || !peer->is_here || peer->kind == SIM_DEMAND_LIAR)
    return;
  /* In this order, as DfnFetcher does it: a request that is moved away and back would otherwise be
   * taken back after it was made. */
  while (cancel_abandoned (sim, at) || ask_next (sim, at))
    ;
  wake_us = dfn_fetch_plan_get_wakeup (peer->plan, sim->now_us);
  if (wake_us == G_MAXINT64 || (peer->wake_us > sim->now_us && peer->wake_us <= wake_us))
    return;
  peer->wake_us = wake_us;
  post (sim, (Event){ .at_us = wake_us, .kind = AT_WAKE, .to = (guint16) at });
}

static void
on_have (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];

  if (find_link (sim, event->to, event->from) == NULL)
    return;
  if (event->chunk == G_MAXUINT32)
    {
      if (peer->plan != NULL)
        dfn_fetch_plan_set_peer_chunks (peer->plan, event->from, NULL);
      dfn_upload_queue_peer_has_all (peer->queue, event->from);
    }
  else
    {
      if (peer->plan != NULL)
        dfn_fetch_plan_add_peer_chunk (peer->plan, event->from, event->chunk);
      dfn_upload_queue_peer_has (peer->queue, sim->now_us, event->from, event->chunk);
    }
  if (event->chunk == G_MAXUINT32 || !dfn_bitmap_has (peer->has, event->chunk))
    pump (sim, event->to);
}

static void
on_idle (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];

  if (peer->plan == NULL || find_link (sim, event->to, event->from) == NULL)
    return;
  dfn_fetch_plan_peer_is_idle (peer->plan, sim->now_us, event->from);
  pump (sim, event->to);
}

static void
flush (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];

  if (peer->news->len == 0 || sim->now_us < peer->tell_us)
    return;
  for (guint i = 0; i < peer->links->len; i++)
    {
      guint other = g_array_index (peer->links, Link, i).other;
      gboolean any = FALSE;

      for (guint j = 0; j < peer->news->len; j++)
        {
          guint32 chunk = g_array_index (peer->news, guint32, j);

          send_control (sim, at, other, AT_HAVE, chunk, any ? 2 : HAVE_BYTES);
          any = TRUE;
        }
    }
  g_array_set_size (peer->news, 0);
  peer->told_us = sim->now_us;
}

static void
finish (Sim *sim, guint at)
{
  Peer *peer = &sim->peers[at];

  peer->done_us = sim->now_us;
  if (peer->kind == SIM_DEMAND_GOOD)
    sim->n_left--;
  if (sim->config->leave)
    leave (sim, at);
}

static void
take_chunk (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];

  if (sim->peers[event->from].kind == SIM_DEMAND_POLLUTER)
    {
      dfn_fetch_plan_received (peer->plan, sim->now_us, event->from, event->chunk);
      dfn_fetch_plan_failed (peer->plan, sim->now_us, event->from, event->chunk,
                             DFN_FETCH_FAILURE_HARD);
      dfn_fetch_plan_lost (peer->plan, event->chunk);
      disconnect (sim, event->from, event->to);
      return;
    }
  if (!dfn_fetch_plan_received (peer->plan, sim->now_us, event->from, event->chunk))
    return;
  sim->useful_bytes += sim->chunk_size;
  dfn_bitmap_add (peer->has, event->chunk);
  dfn_upload_queue_credit (peer->queue, sim->now_us, event->from, sim->chunk_size);
  if (peer->kind != SIM_DEMAND_RIDER)
    {
      g_array_append_val (peer->news, event->chunk);
      peer->tell_us =
          dfn_have_get_due_us (peer->told_us, (guint64) peer->news->len * sim->chunk_size);
      peer->tell_us = MAX (sim->now_us, peer->tell_us);
      post (sim, (Event){ .at_us = peer->tell_us, .kind = AT_FLUSH, .to = event->to });
    }
  if (dfn_fetch_plan_is_done (peer->plan))
    finish (sim, event->to);
}

static void
on_arrive (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];
  Event delivery = *event;

  peer->down_free_us = MAX (peer->down_free_us, sim->now_us)
                       + (gint64) (event->size_k * 1024 / peer->down * SIM_DEMAND_S);
  delivery.at_us = peer->down_free_us;
  delivery.kind = AT_DELIVER;
  post (sim, delivery);
}

static void
on_deliver (Sim *sim, const Event *event)
{
  Peer *peer = &sim->peers[event->to];

  if (!peer->is_here)
    return;
  sim->received_bytes += event->size_k * 1024u;
  dfn_fetch_plan_active (peer->plan, sim->now_us, event->from, event->chunk);
  if (!event->is_last)
    return;
  take_chunk (sim, event);
  pump (sim, event->to);
}

/* Life */

static void
handle (Sim *sim, const Event *event)
{
  switch ((Kind) event->kind)
    {
    case AT_SENT:
      on_sent (sim, event);
      break;
    case AT_ARRIVE:
      on_arrive (sim, event);
      break;
    case AT_DELIVER:
      on_deliver (sim, event);
      break;
    case AT_REQUEST:
      on_request (sim, event);
      break;
    case AT_CANCEL:
      on_cancel (sim, event);
      break;
    case AT_HAVE:
      on_have (sim, event);
      break;
    case AT_WAKE:
      pump (sim, event->to);
      break;
    case AT_FLUSH:
      flush (sim, event->to);
      break;
    case AT_JOIN:
      join (sim, event->to);
      break;
    case AT_IDLE:
      on_idle (sim, event);
      break;
    case AT_LEAVE:
      leave (sim, event->to);
      break;
    }
}

static SimDemandKind
kind_of (const SimDemandConfig *config, guint viewer)
{
  guint share = (viewer * 37 + 11) % 100, sum = 0;

  for (guint i = SIM_DEMAND_RIDER; i <= SIM_DEMAND_POLLUTER; i++)
    if (share < (sum += config->percent[i]))
      return (SimDemandKind) i;
  return SIM_DEMAND_GOOD;
}

static void
set_up_peer (Sim *sim, guint at)
{
  const SimDemandConfig *config = sim->config;
  Peer *peer = &sim->peers[at];
  gboolean is_full = at <= config->n_seeds;
  double share = config->n_viewers > 1
                     ? (double) (at * 37u % config->n_viewers) / (config->n_viewers - 1)
                     : 0.5;

  /* Who comes first has nothing to do with who is fast. Evenly from 2 / (spread + 1) to 2 spread /
   * (spread + 1) of the mean. */
  peer->up = at == 0 ? config->source_up
                     : config->up * 2 / (config->spread + 1) * (1 + share * (config->spread - 1));
  peer->down = config->down;
  peer->kind = at == 0 || is_full ? SIM_DEMAND_GOOD : kind_of (config, at);
  peer->has = is_full || peer->kind == SIM_DEMAND_LIAR ? dfn_bitmap_new_full (sim->n_chunks)
                                                       : dfn_bitmap_new (sim->n_chunks);
  if (!is_full && peer->kind != SIM_DEMAND_LIAR)
    peer->plan =
        dfn_fetch_plan_new (config->size, sim->chunk_size, NULL, config->seed * 10007 + at);
  peer->queue = dfn_upload_queue_new (sim->n_chunks, sim->chunk_size);
  if (config->knows_uplink)
    dfn_upload_queue_set_uplink (peer->queue, peer->up);
  peer->links = g_array_new (FALSE, FALSE, sizeof (Link));
  peer->sendings = g_array_new (FALSE, FALSE, sizeof (Sending));
  peer->news = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (at > 0 && !is_full && peer->kind == SIM_DEMAND_GOOD)
    sim->n_left++;
}

static void
tear_down_peer (Peer *peer)
{
  g_clear_pointer (&peer->plan, dfn_fetch_plan_free);
  dfn_upload_queue_free (peer->queue);
  dfn_bitmap_free (peer->has);
  g_array_unref (peer->links);
  g_array_unref (peer->sendings);
  g_array_unref (peer->news);
}

/*
 * What no swarm can beat. Together the uplinks that are there send at most their rates, nobody has
 * more than the source has sent by then, or than has come through the downlink since it joined,
 * or than the file. Integrated over time in steps; riders cost nothing and give nothing.
 */
static gint64
compute_bound (Sim *sim)
{
  const SimDemandConfig *config = sim->config;
  const gint64 step_us = 10 * SIM_DEMAND_MS;
  double file = (double) config->size;
  double total = 0, wanted = 0;
  gint64 t = 0;

  for (guint i = 1; i < sim->n_peers; i++)
    wanted += sim->peers[i].plan != NULL && sim->peers[i].kind == SIM_DEMAND_GOOD ? file : 0;
  for (; total < wanted - 1; t += step_us)
    {
      double rate = 0, most = 0, origin = 0;

      for (guint i = 0; i < sim->n_peers; i++)
        {
          Peer *peer = &sim->peers[i];
          gint64 since =
              i <= config->n_seeds ? 0 : (gint64) (i - 1 - config->n_seeds) * config->arrival_us;

          if (peer->kind != SIM_DEMAND_GOOD || t < since)
            continue;
          if (i > 0 || config->source_leaves_us == 0 || t < config->source_leaves_us)
            rate += peer->up;
          if (peer->plan == NULL)
            origin += peer->up;
          else
            most += MIN (file, (double) (t + step_us - since) / SIM_DEMAND_S * peer->down);
        }
      most = MIN (most, wanted / file * MIN (file, origin * (double) (t + step_us) / SIM_DEMAND_S));
      total = MIN (total + rate * (double) step_us / SIM_DEMAND_S, most);
    }
  return t;
}

static void
summarise (Sim *sim, SimDemandResult *result)
{
  const SimDemandConfig *config = sim->config;
  double could = 0, sent = 0;
  guint n_riders = 0;

  *result = (SimDemandResult){ .bound_us = compute_bound (sim) };
  for (guint i = 0; i < sim->n_peers; i++)
    {
      Peer *peer = &sim->peers[i];
      DfnFetchStats stats;

      if (peer->kind == SIM_DEMAND_RIDER && peer->done_us > 0)
        {
          result->rider_mean_us += (double) (peer->done_us - peer->joined_us);
          n_riders++;
        }
      if (peer->kind != SIM_DEMAND_GOOD)
        continue;
      could += peer->up;
      sent += (double) peer->sent_bytes;
      if (peer->plan == NULL)
        continue;
      result->n_wanting++;
      dfn_fetch_plan_get_stats (peer->plan, &stats);
      result->n_moved += stats.n_moved;
      result->n_hedges += stats.n_hedges;
      result->n_requests += stats.n_requests;
      if (peer->done_us == 0)
        continue;
      result->n_done++;
      result->last_us = MAX (result->last_us, peer->done_us);
      result->mean_us += (double) (peer->done_us - peer->joined_us);
    }
  result->mean_us /= MAX (1, result->n_done);
  result->rider_mean_us /= MAX (1, n_riders);
  result->source_copies = (double) sim->peers[0].sent_bytes / ((double) config->size);
  result->duplicates = 1 - (double) sim->useful_bytes / (double) MAX (1, sim->received_bytes);
  result->control =
      (double) sim->control_bytes / (double) (sim->control_bytes + MAX (1, sim->received_bytes));
  result->once_us = sim->once_us;
  result->used = sent / (could * (double) MAX (1, result->last_us) / SIM_DEMAND_S);
}

void
sim_demand_run (const SimDemandConfig *config, SimDemandResult *result)
{
  Sim sim = { .config = config, .n_peers = config->n_viewers + 1 };

  sim.chunk_size =
      config->chunk_size > 0 ? config->chunk_size : dfn_manifest_choose_chunk_size (config->size);
  sim.n_chunks = (guint32) (config->size / sim.chunk_size);
  sim.random = g_rand_new_with_seed (config->seed);
  sim.peers = g_new0 (Peer, sim.n_peers);
  sim.out = dfn_bitmap_new (sim.n_chunks);
  sim.heap = g_array_new (FALSE, FALSE, sizeof (Event));
  for (guint i = 0; i < sim.n_peers; i++)
    set_up_peer (&sim, i);
  /* Those who come at once are all found by all. */
  for (guint i = 0; i < sim.n_peers; i++)
    sim.peers[i].is_here = i == 0 || config->arrival_us == 0;
  for (guint i = 1; i < sim.n_peers; i++)
    post (&sim, (Event){ .at_us = i <= config->n_seeds
                                      ? 0
                                      : (gint64) (i - 1 - config->n_seeds) * config->arrival_us,
                         .kind = AT_JOIN,
                         .to = (guint16) i });
  if (config->source_leaves_us > 0)
    post (&sim, (Event){ .at_us = config->source_leaves_us, .kind = AT_LEAVE });
  while (sim.n_left > 0 && sim.heap->len > 0)
    {
      Event event = take (&sim);

      sim.now_us = event.at_us;
      if (sim.now_us > config->limit_us)
        break;
      handle (&sim, &event);
    }
  summarise (&sim, result);
  for (guint i = 0; i < sim.n_peers; i++)
    tear_down_peer (&sim.peers[i]);
  g_free (sim.peers);
  g_array_unref (sim.heap);
  dfn_bitmap_free (sim.out);
  g_rand_free (sim.random);
}
