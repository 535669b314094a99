/* SPDX-License-Identifier: MIT */
#include "uplink-model.h"

#include <math.h>

#define PACKET 1500
#define STREAM_BYTES 1415
#define TCP UPLINK_MODEL_MAX_SENDERS
#define SAMPLE_US 10000

UplinkModel *
uplink_model_new (guint n_senders, double capacity, gint64 queue_us)
{
  UplinkModel *self = g_new0 (UplinkModel, 1);

  g_assert_cmpuint (n_senders, <=, UPLINK_MODEL_MAX_SENDERS);
  self->estimate = dfn_uplink_estimate_new ();
  self->turns = dfn_uplink_turns_new ();
  self->is_governed = TRUE;
  self->random = g_rand_new_with_seed (7);
  self->capacity = capacity;
  self->queue_us = queue_us;
  self->n_senders = n_senders;
  self->delays = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < n_senders; i++)
    {
      UplinkSender *sender = &self->senders[i];

      sender->path = dfn_uplink_estimate_add (self->estimate);
      sender->is_on = TRUE;
      sender->rtt_us = 40000 + 1000 * (gint64) i;
      sender->window = PACKET; /* a handshake */
      sender->start_us = 20000 * (gint64) i;
      sender->most = G_MAXUINT32;
      sender->left = G_MAXUINT64;
      sender->is_starting = TRUE;
    }
  return self;
}

void
uplink_model_free (UplinkModel *self)
{
  for (guint i = 0; i < self->n_senders; i++)
    {
      dfn_uplink_turns_leave (self->turns, &self->senders[i].turn);
      g_queue_clear_full (&self->senders[i].on_way, g_free);
    }
  g_queue_clear_full (&self->queue, g_free);
  g_queue_clear_full (&self->tcp.on_way, g_free);
  dfn_uplink_estimate_free (self->estimate);
  dfn_uplink_turns_free (self->turns);
  g_rand_free (self->random);
  g_array_unref (self->delays);
  g_free (self);
}

/* TCP */

void
uplink_model_start_tcp (UplinkModel *self, UplinkTcp kind, gint64 rtt_us)
{
  self->tcp.kind = kind;
  self->tcp.rtt_us = rtt_us;
  self->tcp.window = 10 * PACKET;
  self->tcp.is_starting = TRUE;
  self->tcp.most_before_loss = 0;
  self->tcp.rate = self->tcp.window * G_USEC_PER_SEC / (double) rtt_us;
  self->tcp.shortest_us = rtt_us;
  self->tcp.round_us = self->tcp.lost_us = self->tcp.next_us = self->now_us;
}

/* RFC 9438: slow start, then the cubic function of the time since the last loss. */
static void
cubic_hear (UplinkModel *self, const UplinkPacket *packet, gint64 rtt_us)
{
  UplinkFlow *tcp = &self->tcp;
  double seconds, plateau;

  if (packet->is_lost)
    {
      if (packet->sent_us < tcp->lost_us)
        return;
      tcp->most_before_loss = tcp->window;
      tcp->window = MAX (0.7 * tcp->window, 2 * PACKET);
      tcp->is_starting = FALSE;
      tcp->lost_us = self->now_us;
      return;
    }
  if (tcp->is_starting)
    {
      tcp->window += packet->size;
      return;
    }
  seconds = (double) (self->now_us + rtt_us - tcp->lost_us) / G_USEC_PER_SEC;
  plateau = cbrt (tcp->most_before_loss / PACKET * 0.3 / 0.4);
  tcp->window = MIN (PACKET * 0.4 * pow (seconds - plateau, 3) + tcp->most_before_loss,
                     tcp->window + packet->size * 0.5);
  tcp->window = MAX (tcp->window, 2 * PACKET);
}

/* The most that was delivered over a round trip of the last ten; probes with 1.25 of it every
 * eighth round trip; holds at most two round trips of it in flight; losses do not count. */
static void
bbr_hear (UplinkModel *self, const UplinkPacket *packet, gint64 rtt_us)
{
  static const double gains[] = { 1.25, 0.75, 1, 1, 1, 1, 1, 1 };
  UplinkFlow *tcp = &self->tcp;
  double rate = (double) (tcp->delivered - packet->delivered) * G_USEC_PER_SEC
                / (double) (self->now_us - packet->sent_us);
  double most = 0;

  if (packet->is_lost)
    return;
  tcp->shortest_us = MIN (tcp->shortest_us, rtt_us);
  if (self->now_us - tcp->round_us >= tcp->shortest_us)
    {
      tcp->round_us = self->now_us;
      tcp->round++;
      tcp->rates[tcp->round % G_N_ELEMENTS (tcp->rates)] = 0;
    }
  tcp->rates[tcp->round % 10] = MAX (tcp->rates[tcp->round % 10], rate);
  for (guint i = 0; i < G_N_ELEMENTS (tcp->rates); i++)
    most = MAX (most, tcp->rates[i]);
  if (tcp->is_starting && tcp->round > 12)
    tcp->is_starting = FALSE;
  tcp->rate = most * (tcp->is_starting ? 2 : gains[tcp->round % G_N_ELEMENTS (gains)]);
  tcp->window = MAX (2 * most * (double) tcp->shortest_us / G_USEC_PER_SEC, 4 * PACKET);
}

/* The uplink */

static UplinkPacket *
enter (UplinkModel *self, guint owner, guint64 delivered)
{
  UplinkPacket *packet = g_new0 (UplinkPacket, 1);

  packet->owner = owner;
  packet->size = PACKET;
  packet->sent_us = self->now_us;
  packet->delivered = delivered;
  return packet;
}

static GQueue *
way_of (UplinkModel *self, const UplinkPacket *packet)
{
  return packet->owner == TCP ? &self->tcp.on_way : &self->senders[packet->owner].on_way;
}

static gint64
rtt_of (UplinkModel *self, const UplinkPacket *packet)
{
  return packet->owner == TCP ? self->tcp.rtt_us : self->senders[packet->owner].rtt_us;
}

static gint
compare_known (gconstpointer a, gconstpointer b, gpointer unused)
{
  const UplinkPacket *first = a;
  const UplinkPacket *second = b;

  return (first->known_us > second->known_us) - (first->known_us < second->known_us);
}

static void
put_on_link (UplinkModel *self, UplinkPacket *packet)
{
  guint64 longest = (guint64) (self->capacity * (double) self->queue_us / G_USEC_PER_SEC);

  if (self->queued + packet->size > longest)
    {
      packet->is_lost = TRUE;
      packet->known_us = self->now_us + self->queue_us + rtt_of (self, packet) * 9 / 8;
      g_queue_insert_sorted (way_of (self, packet), packet, compare_known, NULL);
      return;
    }
  self->queued += packet->size;
  g_queue_push_tail (&self->queue, packet);
}

/* What acknowledgements wait at the receiver, whose uplink is in use, too: up and down. */
static gint64
back_of (UplinkModel *self, const UplinkPacket *packet)
{
  const UplinkSender *sender = &self->senders[packet->owner];

  if (packet->owner == TCP || sender->back_us == 0)
    return 0;
  return (gint64) ((double) sender->back_us
                   * (0.5 + 0.5 * sin (sender->back_step * (double) self->now_us)));
}

static void
serve (UplinkModel *self)
{
  UplinkPacket *packet;

  if (self->is_halted)
    return;
  self->credit += self->capacity * UPLINK_MODEL_STEP_US / G_USEC_PER_SEC;
  while ((packet = g_queue_peek_head (&self->queue)) != NULL && self->credit >= packet->size)
    {
      self->credit -= packet->size;
      self->queued -= packet->size;
      self->served += packet->size;
      self->tcp_served += packet->owner == TCP ? packet->size : 0;
      /* What a receiver's own scheduling adds. */
      packet->known_us = self->now_us + rtt_of (self, packet) + back_of (self, packet)
                         + g_rand_int_range (self->random, 0, 3000);
      if (packet->owner != TCP && self->senders[packet->owner].loss > 0)
        packet->is_lost = g_rand_double (self->random) < self->senders[packet->owner].loss;
      g_queue_insert_sorted (way_of (self, packet), g_queue_pop_head (&self->queue), compare_known,
                             NULL);
    }
  if (g_queue_is_empty (&self->queue))
    self->credit = MIN (self->credit, PACKET);
}

/* Senders */

static void
report (UplinkModel *self, UplinkSender *sender, gint64 rtt_us)
{
  DfnUplinkReport report = {
    .sent = sender->sent,
    .in_flight = sender->in_flight,
    .acked = sender->acked,
    .rtt_us = rtt_us,
  };
  guint64 sent = dfn_uplink_estimate_report (self->estimate, sender->path, self->now_us, &report);

  dfn_uplink_bucket_take (&self->bucket, self->now_us, sent);
}

/* Doubles until a loss, then gives way to each as Reno does, but to those by chance less. */
static void
adapt (UplinkModel *self, UplinkSender *sender, const UplinkPacket *packet)
{
  if (sender->window <= PACKET)
    sender->window = 10 * PACKET;
  else if (!packet->is_lost)
    sender->window += packet->size * (sender->is_starting ? 1 : 2 * packet->size / sender->window);
  else if (packet->sent_us >= sender->lost_us)
    {
      sender->window = MAX (sender->window * (sender->loss > 0 ? 0.98 : 0.5), 4 * PACKET);
      sender->is_starting = FALSE;
      sender->lost_us = self->now_us;
    }
  sender->window = MIN (sender->window, sender->most);
}

static void
hear (UplinkModel *self, UplinkSender *sender)
{
  UplinkPacket *packet;

  while ((packet = g_queue_peek_head (&sender->on_way)) != NULL && packet->known_us <= self->now_us)
    {
      g_queue_pop_head (&sender->on_way);
      sender->in_flight -= packet->size;
      if (!packet->is_lost)
        {
          sender->acked += STREAM_BYTES;
          sender->delivered += packet->size;
        }
      adapt (self, sender, packet);
      report (self, sender, packet->is_lost ? -1 : self->now_us - packet->sent_us);
      g_free (packet);
    }
}

static void
hear_tcp (UplinkModel *self)
{
  UplinkFlow *tcp = &self->tcp;
  UplinkPacket *packet;

  while ((packet = g_queue_peek_head (&tcp->on_way)) != NULL && packet->known_us <= self->now_us)
    {
      g_queue_pop_head (&tcp->on_way);
      tcp->in_flight -= packet->size;
      tcp->delivered += packet->is_lost ? 0 : packet->size;
      if (tcp->kind == UPLINK_TCP_CUBIC)
        cubic_hear (self, packet, self->now_us - packet->sent_us);
      else
        bbr_hear (self, packet, self->now_us - packet->sent_us);
      g_free (packet);
    }
  if (tcp->kind == UPLINK_TCP_NONE)
    return;
  tcp->next_us = MAX (tcp->next_us, self->now_us - UPLINK_MODEL_STEP_US);
  while ((double) (tcp->in_flight + PACKET) <= tcp->window
         && (tcp->kind == UPLINK_TCP_CUBIC || tcp->next_us <= self->now_us))
    {
      tcp->in_flight += PACKET;
      tcp->next_us += (gint64) (PACKET * G_USEC_PER_SEC / MAX (tcp->rate, 1));
      put_on_link (self, enter (self, TCP, tcp->delivered));
    }
}

static gboolean
can_send (const UplinkSender *sender)
{
  return sender->is_on && sender->left >= PACKET
         && (double) (sender->in_flight + PACKET) <= sender->window;
}

static void
send_some (UplinkModel *self, UplinkSender *sender, gsize allowed)
{
  for (gsize used = 0; used + PACKET <= allowed && can_send (sender); used += PACKET)
    {
      sender->sent += PACKET;
      sender->left -= PACKET;
      sender->in_flight += PACKET;
      put_on_link (self, enter (self, (guint) (sender - self->senders), 0));
    }
  report (self, sender, -1);
}

/* Whoever serves chunks to many does so one after the other. */
static void
give_chunks (UplinkModel *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_senders; i++)
    n += self->senders[i].left >= PACKET;
  for (; n < 2; n++)
    {
      UplinkSender *next;

      do
        next = &self->senders[self->turn++ % self->n_senders];
      while (next->left >= PACKET);
      next->left = self->chunk;
    }
}

static void
send (UplinkModel *self)
{
  DfnUplinkTurn *next;
  gsize allowed;
  gboolean is_waiting;

  if (self->chunk > 0)
    give_chunks (self);
  for (guint i = 0; i < self->n_senders; i++)
    {
      UplinkSender *sender = &self->senders[i];

      hear (self, sender);
      if (self->now_us < sender->start_us)
        continue;
      if (!self->is_governed)
        send_some (self, sender, G_MAXSIZE);
      else if (can_send (sender))
        dfn_uplink_turns_wait (self->turns, &sender->turn, self->now_us, sender->deadline_us);
      else
        dfn_uplink_turns_leave (self->turns, &sender->turn);
    }
  while ((next = dfn_uplink_turns_get_next (self->turns, self->now_us)) != NULL
         && (allowed = dfn_uplink_bucket_get (&self->bucket, self->now_us)) > 0)
    {
      UplinkSender *sender = (UplinkSender *) next;

      dfn_uplink_turns_serve (self->turns, next, self->now_us);
      send_some (self, sender, allowed);
      if (can_send (sender))
        dfn_uplink_turns_wait (self->turns, next, self->now_us, sender->deadline_us);
    }
  is_waiting = next != NULL && self->bucket.rate > 0
               && (self->limit <= 0 || self->bucket.rate < self->limit);
  dfn_uplink_estimate_set_waiting (self->estimate, self->now_us, is_waiting);
  dfn_uplink_estimate_tick (self->estimate, self->now_us);
  if (self->is_governed)
    dfn_uplink_bucket_set (&self->bucket, self->now_us,
                           dfn_uplink_estimate_get_rate (self->estimate), self->limit);
}

/* Running */

void
uplink_model_run (UplinkModel *self, double seconds)
{
  gint64 end_us = self->now_us + (gint64) (seconds * G_USEC_PER_SEC);

  for (; self->now_us < end_us; self->now_us += UPLINK_MODEL_STEP_US)
    {
      serve (self);
      hear_tcp (self);
      send (self);
      self->most_in_window = MAX (self->most_in_window, self->bucket.in_window);
      if (self->now_us % SAMPLE_US == 0)
        {
          gint64 delay_us = (gint64) ((double) self->queued * G_USEC_PER_SEC / self->capacity);

          g_array_append_val (self->delays, delay_us);
          if (g_test_verbose () && self->now_us % 200000 == 0)
            g_test_message ("%.2f s: rate %.0f capacity %.0f queue %.1f ms (really %.1f)%s",
                            1e-6 * (double) self->now_us,
                            dfn_uplink_estimate_get_rate (self->estimate),
                            dfn_uplink_estimate_get_capacity (self->estimate),
                            1e-3 * (double) dfn_uplink_estimate_get_queue_delay (self->estimate),
                            1e-3 * (double) delay_us,
                            dfn_uplink_estimate_is_competing (self->estimate) ? " competing" : "");
        }
    }
}

void
uplink_model_watch (UplinkModel *self)
{
  self->watched_us = self->now_us;
  self->served = self->tcp_served = self->most_in_window = 0;
  g_array_set_size (self->delays, 0);
}

static double
share_of_capacity (UplinkModel *self, guint64 bytes)
{
  return (double) bytes * G_USEC_PER_SEC / (double) (self->now_us - self->watched_us)
         / self->capacity;
}

double
uplink_model_get_utilisation (UplinkModel *self)
{
  return share_of_capacity (self, self->served);
}

double
uplink_model_get_tcp_share (UplinkModel *self)
{
  return share_of_capacity (self, self->tcp_served);
}

static gint
compare_delays (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

double
uplink_model_get_delay (UplinkModel *self, double share)
{
  g_array_sort (self->delays, compare_delays);
  return 1e-3
         * (double) g_array_index (self->delays, gint64,
                                   (guint) ((double) (self->delays->len - 1) * share));
}
