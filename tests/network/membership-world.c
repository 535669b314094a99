/* SPDX-License-Identifier: MIT */
#include "membership-world.h"

#include "dfn-signal-queue.h"
#include "dfn-token-bucket.h"

#include <string.h>

#define ONE_WAY_US (20 * 1000)
#define ICE_US (100 * 1000)
#define TICK_US (50 * 1000)
#define ANSWER_TIMEOUT_US (10 * G_USEC_PER_SEC)
#define FORWARD_TIMEOUT_US (1 * G_USEC_PER_SEC)
#define NOTICE_US (10 * G_USEC_PER_SEC)
#define SYBIL_KNOCK_US (1 * G_USEC_PER_SEC)
#define MAX_RECORDS 20

typedef enum { OFFER, ANSWER, REFUSAL, JOIN } Kind;

/* Something on its way, or something that will be noticed. */
typedef enum { AT_RELAY, ARRIVES, REFUSED_BY_RELAY, UP, LOST, TIMED_OUT, KNOCK } What;

typedef struct {
  What what;
  Kind kind;
  guint from;
  guint to;
  gint64 since_us;
  DfnSignalUrgency urgency;
  gboolean is_forwarded;
  guint attempt;
  guint n_links;
} Message;

typedef struct {
  gint64 due_us;
  guint64 order;
  Message message;
} Event;

typedef struct {
  WorldNode node;
  DfnSignalQueue *queue;
  DfnTokenBucket bucket;
  gboolean is_listening;
  gint64 wakeup_us;
  GHashTable *meeting; /* set of numbers to whom an offer of ours is under way */
} Place;

struct _World {
  guint n;
  Place *places;
  GHashTable *by_key;
  GTree *events;
  guint64 order;
  gint64 now_us;
  double rate;
  double burst;
  gboolean has_relay;
  GRand *chance;
};

static gint
compare_events (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Event *x = a, *y = b;

  if (x->due_us != y->due_us)
    return x->due_us < y->due_us ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

static void
schedule (World *self, gint64 delay_us, const Message *message)
{
  Event *event = g_new (Event, 1);

  event->due_us = self->now_us + delay_us;
  event->order = self->order++;
  event->message = *message;
  g_tree_insert (self->events, event, event);
}

World *
world_new (guint n_nodes, guint64 seed, double events_per_second, double burst)
{
  World *self = g_new0 (World, 1);

  self->n = n_nodes;
  self->places = g_new0 (Place, n_nodes);
  self->by_key =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  self->events = g_tree_new_full (compare_events, NULL, g_free, NULL);
  self->rate = events_per_second;
  self->burst = burst;
  self->has_relay = TRUE;
  self->chance = g_rand_new_with_seed ((guint32) seed);
  for (guint i = 0; i < n_nodes; i++)
    {
      Place *place = &self->places[i];

      for (guint k = 0; k < DFN_MEMBER_KEY_SIZE; k++)
        place->node.key[k] = (guint8) g_rand_int (self->chance);
      place->node.joined_us = -1;
      place->node.block = 1 + i;
      place->node.links = g_hash_table_new (NULL, NULL);
      place->meeting = g_hash_table_new (NULL, NULL);
      place->queue = dfn_signal_queue_new (g_free);
      g_hash_table_insert (self->by_key, g_bytes_new (place->node.key, DFN_MEMBER_KEY_SIZE),
                           GUINT_TO_POINTER (i));
    }
  return self;
}

void
world_free (World *self)
{
  for (guint i = 0; i < self->n; i++)
    {
      Place *place = &self->places[i];

      g_clear_pointer (&place->node.membership, dfn_membership_free);
      g_hash_table_unref (place->node.links);
      g_hash_table_unref (place->meeting);
      dfn_signal_queue_free (place->queue);
    }
  g_free (self->places);
  g_hash_table_unref (self->by_key);
  g_tree_unref (self->events);
  g_rand_free (self->chance);
  g_free (self);
}

WorldNode *
world_get (World *self, guint n)
{
  return &self->places[n].node;
}

gint64
world_now (World *self)
{
  return self->now_us;
}

static gint64
seconds (World *self)
{
  return self->now_us / G_USEC_PER_SEC;
}

guint
world_find (World *self, const guint8 *key)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (key, DFN_MEMBER_KEY_SIZE);
  gpointer n;

  if (!g_hash_table_lookup_extended (self->by_key, bytes, NULL, &n))
    g_assert_not_reached ();
  return GPOINTER_TO_UINT (n);
}

/* Records */

static DfnMemberRecord
make_record (World *self, guint n)
{
  DfnMemberRecord record = { .expires_s = seconds (self) + DFN_MEMBER_RECORD_SECONDS };

  memcpy (record.key, self->places[n].node.key, sizeof record.key);
  return record;
}

static guint
list_sybils (World *self, DfnMemberRecord *out)
{
  guint n = 0;

  while (n < MAX_RECORDS)
    {
      guint i = (guint) g_rand_int_range (self->chance, 0, (gint32) self->n);

      if (self->places[i].node.is_sybil)
        out[n++] = make_record (self, i);
    }
  return n;
}

/* What @from says of others reaches @to. */
static void
tell_members (World *self, guint from, guint to)
{
  Place *teller = &self->places[from];
  Place *hearer = &self->places[to];
  DfnMemberRecord records[MAX_RECORDS];
  guint n_neighbours = MAX_RECORDS;
  guint n;

  if (teller->node.membership == NULL || hearer->node.membership == NULL)
    return;
  if (teller->node.is_sybil)
    n = list_sybils (self, records);
  else
    n = dfn_membership_list (teller->node.membership, hearer->node.key, seconds (self), records,
                             MAX_RECORDS, &n_neighbours);
  for (guint i = 0; i < n; i++)
    dfn_membership_learn (hearer->node.membership, &records[i], teller->node.key, i < n_neighbours,
                          seconds (self));
}

static void
tell_self (World *self, guint from, guint to)
{
  DfnMemberRecord record = make_record (self, from);

  if (self->places[to].node.membership != NULL)
    dfn_membership_learn (self->places[to].node.membership, &record, NULL, FALSE, seconds (self));
}

/* Links */

static gboolean
is_linked (World *self, guint a, guint b)
{
  return g_hash_table_contains (self->places[a].node.links, GUINT_TO_POINTER (b));
}

static void
unlink_nodes (World *self, guint a, guint b, DfnMembershipEnd end)
{
  Place *place = &self->places[a];

  if (!g_hash_table_remove (place->node.links, GUINT_TO_POINTER (b)))
    return;
  place->node.n_lost_links++;
  if (place->node.membership != NULL)
    dfn_membership_link_down (place->node.membership, self->places[b].node.key, end, self->now_us);
}

static gboolean
come_up (World *self, guint a, guint b)
{
  Place *place = &self->places[a];

  g_hash_table_remove (place->meeting, GUINT_TO_POINTER (b));
  g_hash_table_add (place->node.links, GUINT_TO_POINTER (b));
  if (place->node.joined_us < 0)
    place->node.joined_us = self->now_us;
  return dfn_membership_link_up (place->node.membership, self->places[b].node.key,
                                 self->places[b].node.block, self->now_us);
}

static void
link_nodes (World *self, guint a, guint b)
{
  gboolean ok;

  if (self->places[a].node.membership == NULL || self->places[b].node.membership == NULL)
    return;
  tell_self (self, a, b);
  tell_self (self, b, a);
  ok = come_up (self, a, b);
  ok = come_up (self, b, a) && ok;
  if (!ok)
    {
      unlink_nodes (self, a, b, DFN_MEMBERSHIP_DROPPED);
      unlink_nodes (self, b, a, DFN_MEMBERSHIP_LEFT);
      return;
    }
  tell_members (self, a, b);
  tell_members (self, b, a);
}

/* Signals */

static guint
count_up (World *self, guint n)
{
  GHashTableIter iter;
  gpointer other;
  guint n_useful = 0;

  g_hash_table_iter_init (&iter, self->places[n].node.links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    n_useful += world_get (self, GPOINTER_TO_UINT (other))->is_idle ? 0 : 1;
  return self->places[n].node.is_sybil ? 0 : n_useful;
}

static void
send_by_relay (World *self, guint from, guint to, Kind kind, guint attempt)
{
  static const DfnSignalUrgency urgencies[] = { DFN_SIGNAL_OFFER, DFN_SIGNAL_ANSWER,
                                                DFN_SIGNAL_REFUSAL, DFN_SIGNAL_JOIN };
  Message message = { AT_RELAY, kind,         from,
                      to,       self->now_us, urgencies[kind],
                      FALSE,    attempt,      count_up (self, from) };

  dfn_signal_queue_push (self->places[from].queue, urgencies[kind],
                         g_memdup2 (&message, sizeof message), self->now_us);
}

static void
send_signal (World *self, guint from, guint to, Kind kind, gboolean forwarded)
{
  Place *place = &self->places[from];
  guint8 route[DFN_MEMBER_KEY_SIZE];
  Message message = { ARRIVES, kind, from, to, self->now_us, 0, TRUE, 0, count_up (self, from) };
  gboolean has_route =
      !place->node.is_sybil
      && dfn_membership_find_route (place->node.membership, self->places[to].node.key, route);
  guint via = has_route ? world_find (self, route) : 0;

  /* An answer goes the way that the offer came. */
  if (forwarded && kind != OFFER)
    schedule (self, 2 * ONE_WAY_US, &message);
  else if (has_route && is_linked (self, via, to) && !self->places[via].node.is_sybil)
    {
      self->places[via].node.n_forwarded++;
      schedule (self, 2 * ONE_WAY_US, &message);
    }
  else if (has_route)
    {
      message.what = AT_RELAY; /* nobody carried it on: the relays, after a while */
      message.is_forwarded = FALSE;
      message.urgency = DFN_SIGNAL_OFFER;
      schedule (self, FORWARD_TIMEOUT_US, &message);
    }
  else
    send_by_relay (self, from, to, kind, 0);
}

static void
connect_to (World *self, guint from, guint to)
{
  Message timeout = { TIMED_OUT, OFFER, from, to, self->now_us, 0, FALSE };

  g_hash_table_add (self->places[from].meeting, GUINT_TO_POINTER (to));
  send_signal (self, from, to, OFFER, FALSE);
  schedule (self, ANSWER_TIMEOUT_US, &timeout);
}

static void
take_offer (World *self, const Message *message)
{
  Place *place = &self->places[message->to];
  Message up = { UP, OFFER, message->from, message->to, self->now_us, 0, FALSE };
  DfnMembershipVerdict verdict = DFN_MEMBERSHIP_ACCEPT;

  if (!place->node.is_sybil)
    verdict = dfn_membership_judge_offer (
        place->node.membership, self->places[message->from].node.key,
        self->places[message->from].node.block, message->n_links, self->now_us);
  switch (verdict)
    {
    case DFN_MEMBERSHIP_YIELD:
      g_hash_table_remove (place->meeting, GUINT_TO_POINTER (message->from));
      G_GNUC_FALLTHROUGH;
    case DFN_MEMBERSHIP_ACCEPT:
      send_signal (self, message->to, message->from, ANSWER, message->is_forwarded);
      up.kind = ANSWER;
      break;
    case DFN_MEMBERSHIP_FULL:
      send_signal (self, message->to, message->from, REFUSAL, message->is_forwarded);
      break;
    case DFN_MEMBERSHIP_IGNORE:
      break;
    }
  if (up.kind == ANSWER)
    {
      Message timeout = { TIMED_OUT, ANSWER, message->to, message->from, self->now_us, 0, FALSE };

      schedule (self, ANSWER_TIMEOUT_US, &timeout);
    }
}

static void
take_signal (World *self, const Message *message)
{
  Place *place = &self->places[message->to];
  const guint8 *from = self->places[message->from].node.key;
  gboolean is_meeting = g_hash_table_contains (place->meeting, GUINT_TO_POINTER (message->from));
  Message up = { UP, ANSWER, message->from, message->to, self->now_us, 0, FALSE };

  if (place->node.membership == NULL)
    return;
  switch (message->kind)
    {
    case OFFER:
      take_offer (self, message);
      break;
    case ANSWER:
      if (!is_meeting)
        break;
      dfn_membership_link_answered (place->node.membership, from);
      schedule (self, ICE_US, &up);
      break;
    case REFUSAL:
      if (!is_meeting)
        break;
      g_hash_table_remove (place->meeting, GUINT_TO_POINTER (message->from));
      tell_members (self, message->from, message->to);
      dfn_membership_link_down (place->node.membership, from, DFN_MEMBERSHIP_REFUSED, self->now_us);
      break;
    case JOIN:
      if (place->is_listening)
        dfn_membership_take_join (place->node.membership, from, message->attempt, self->now_us);
      break;
    }
}

static void
reach_relay (World *self, const Message *message)
{
  Place *place = &self->places[message->from];
  Message next = *message;

  if (!self->has_relay || place->node.membership == NULL)
    return;
  if (self->rate > 0 && !dfn_token_bucket_take (&place->bucket, 1, self->now_us))
    {
      place->node.n_relay_refused++;
      next.what = REFUSED_BY_RELAY;
      schedule (self, ONE_WAY_US, &next);
      return;
    }
  dfn_signal_queue_taken (place->queue);
  place->node.n_relay_events++;
  next.what = ARRIVES;
  if (message->kind != JOIN)
    schedule (self, ONE_WAY_US, &next);
  for (guint i = 0; message->kind == JOIN && i < self->n; i++)
    if (i != message->from && self->places[i].is_listening)
      {
        next.to = i;
        schedule (self, ONE_WAY_US, &next);
      }
}

static void
time_out (World *self, const Message *message)
{
  Place *place = &self->places[message->from];
  gboolean was_meeting =
      g_hash_table_remove (place->meeting, GUINT_TO_POINTER (message->to))
      || (message->kind == ANSWER && !is_linked (self, message->from, message->to));

  if (was_meeting && place->node.membership != NULL && !place->node.is_sybil)
    dfn_membership_link_down (place->node.membership, self->places[message->to].node.key,
                              DFN_MEMBERSHIP_UNREACHED, self->now_us);
}

static void
knock (World *self, const Message *message)
{
  guint to = (guint) g_rand_int_range (self->chance, 0, (gint32) self->n);

  schedule (self, SYBIL_KNOCK_US, message);
  if (self->places[to].node.membership != NULL && !self->places[to].node.is_sybil
      && !is_linked (self, message->from, to))
    connect_to (self, message->from, to);
}

static void
handle (World *self, const Message *message)
{
  self->places[message->from].wakeup_us = 0;
  self->places[message->to].wakeup_us = 0;
  switch (message->what)
    {
    case AT_RELAY:
      reach_relay (self, message);
      break;
    case REFUSED_BY_RELAY:
      dfn_signal_queue_push_back (self->places[message->from].queue, message->urgency,
                                  g_memdup2 (message, sizeof *message), message->since_us,
                                  self->now_us);
      break;
    case ARRIVES:
      take_signal (self, message);
      break;
    case UP:
      link_nodes (self, message->from, message->to);
      break;
    case LOST:
      unlink_nodes (self, message->to, message->from, DFN_MEMBERSHIP_LEFT);
      break;
    case TIMED_OUT:
      time_out (self, message);
      break;
    case KNOCK:
      knock (self, message);
      break;
    }
}

/* What a node does by itself */

static void
rate_links (World *self, Place *place)
{
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init (&iter, place->node.links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    {
      const WorldNode *node = world_get (self, GPOINTER_TO_UINT (other));

      dfn_membership_rate (place->node.membership, node->key, node->is_idle ? 0 : 0.5,
                           DFN_PEER_STANDING_GOOD,
                           node->is_idle ? self->now_us - node->started_us : 0);
    }
}

static void
exchange (World *self, guint n)
{
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init (&iter, self->places[n].node.links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    {
      tell_self (self, n, GPOINTER_TO_UINT (other));
      tell_members (self, n, GPOINTER_TO_UINT (other));
    }
}

static void
act (World *self, guint n, const DfnMembershipAction *action)
{
  Place *place = &self->places[n];
  guint other;

  switch (action->what)
    {
    case DFN_MEMBERSHIP_CONNECT:
      connect_to (self, n, world_find (self, action->key));
      break;
    case DFN_MEMBERSHIP_DROP:
      other = world_find (self, action->key);
      unlink_nodes (self, n, other, DFN_MEMBERSHIP_DROPPED);
      unlink_nodes (self, other, n, DFN_MEMBERSHIP_LEFT);
      break;
    case DFN_MEMBERSHIP_JOIN:
      send_by_relay (self, n, n, JOIN, action->attempt);
      break;
    case DFN_MEMBERSHIP_EXCHANGE:
      exchange (self, n);
      break;
    case DFN_MEMBERSHIP_LISTEN:
    case DFN_MEMBERSHIP_DEAFEN:
      place->is_listening = action->what == DFN_MEMBERSHIP_LISTEN;
      break;
    }
}

static void
tick (World *self, guint n)
{
  Place *place = &self->places[n];
  DfnMembershipAction action;
  DfnSignalUrgency urgency;
  Message *message;

  if (place->node.membership == NULL)
    return;
  if (!place->node.is_sybil && self->now_us >= place->wakeup_us)
    {
      rate_links (self, place);
      while (dfn_membership_next (place->node.membership, self->now_us, seconds (self), &action))
        act (self, n, &action);
      place->wakeup_us = dfn_membership_get_wakeup (place->node.membership, self->now_us);
    }
  while ((message = dfn_signal_queue_pop (place->queue, &urgency, self->now_us)) != NULL)
    {
      message->what = AT_RELAY;
      message->urgency = urgency;
      schedule (self, ONE_WAY_US, message);
      g_free (message);
    }
}

void
world_start (World *self, guint n, guint contact)
{
  Place *place = &self->places[n];
  DfnMembershipConfig config = {
    .seed = g_rand_int (self->chance),
    .max_links = DFN_MEMBERSHIP_MAX_LINKS,
    .accepts = TRUE,
    .seeks = n != contact,
    .hurries = place->node.hurries,
  };

  memcpy (config.key, place->node.key, sizeof config.key);
  place->node.membership = dfn_membership_new (&config, self->now_us);
  place->node.started_us = self->now_us;
  dfn_token_bucket_init (&place->bucket, self->rate, self->burst, self->now_us);
  if (place->node.is_sybil)
    {
      Message message = { KNOCK, OFFER, n, n, 0, 0, FALSE };

      schedule (self, g_rand_int_range (self->chance, 0, SYBIL_KNOCK_US), &message);
    }
  else if (n != contact)
    dfn_membership_set_contact (place->node.membership, self->places[contact].node.key,
                                self->now_us);
}

void
world_kill (World *self, guint n)
{
  Place *place = &self->places[n];
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init (&iter, place->node.links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    {
      Message lost = { LOST, OFFER, n, GPOINTER_TO_UINT (other), 0, 0, FALSE };

      schedule (self, NOTICE_US, &lost);
    }
  g_hash_table_remove_all (place->node.links);
  g_clear_pointer (&place->node.membership, dfn_membership_free);
  place->is_listening = FALSE;
}

void
world_set_relay (World *self, gboolean is_there)
{
  self->has_relay = is_there;
}

static Event *
first_event (World *self)
{
  GTreeNode *node = g_tree_node_first (self->events);

  return node != NULL ? g_tree_node_value (node) : NULL;
}

void
world_run (World *self, gint64 until_us)
{
  while (self->now_us < until_us)
    {
      gint64 next_us = self->now_us + TICK_US;
      Event *event;

      while ((event = first_event (self)) != NULL && event->due_us <= next_us)
        {
          Message message = event->message;

          self->now_us = MAX (self->now_us, event->due_us);
          g_tree_remove (self->events, event);
          handle (self, &message);
        }
      self->now_us = next_us;
      for (guint i = 0; i < self->n; i++)
        tick (self, i);
    }
}

static void
visit (World *self, guint n, GHashTable *seen)
{
  GHashTableIter iter;
  gpointer other;

  if (!g_hash_table_add (seen, GUINT_TO_POINTER (n + 1)))
    return;
  g_hash_table_iter_init (&iter, self->places[n].node.links);
  while (g_hash_table_iter_next (&iter, &other, NULL))
    visit (self, GPOINTER_TO_UINT (other), seen);
}

guint
world_count_reachable (World *self, guint n)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  visit (self, n, seen);
  return g_hash_table_size (seen);
}
