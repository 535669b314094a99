/* SPDX-License-Identifier: MIT */
#include "link-model.h"

#include <math.h>

/* However small the limit, a queue has room for a packet beside the one being sent. */
#define SMALLEST_QUEUE 3000

double
link_random_next (LinkRandom *self)
{
  guint64 z = self->state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return (double) ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

void
link_model_init (LinkModel *self)
{
  *self = (LinkModel){ 0 };
  link_settings_init (&self->settings);
  self->nominal_rate = self->settings.rate;
}

void
link_model_clear (LinkModel *self)
{
  g_assert (self->head == NULL);
  link_settings_clear (&self->settings);
}

static double
rate_at (const LinkModel *self, guint64 time_ns, guint64 *until_ns)
{
  double rate;

  *until_ns = PACKET_NEVER;
  if (self->settings.trace == NULL)
    return self->settings.rate;
  rate = rate_trace_at (self->settings.trace, time_ns - self->trace_start_ns, until_ns);
  *until_ns += self->trace_start_ns;
  return rate;
}

static gboolean
is_unlimited (const LinkModel *self)
{
  return self->settings.trace == NULL && isinf (self->settings.rate);
}

/* Bytes that the serialiser can send between two times. */
static double
capacity_between (const LinkModel *self, guint64 from_ns, guint64 to_ns)
{
  double bytes = 0;

  while (from_ns < to_ns)
    {
      guint64 until_ns;
      double rate = rate_at (self, from_ns, &until_ns);

      until_ns = MIN (until_ns, to_ns);
      bytes += rate * (double) (until_ns - from_ns) / 1e9;
      from_ns = until_ns;
    }
  return bytes;
}

void
link_model_configure (LinkModel *self, guint64 now_ns, const LinkSettings *settings)
{
  gboolean new_trace = settings->trace != self->settings.trace;

  if (self->head != NULL && !is_unlimited (self) && now_ns > self->head_clock_ns)
    {
      self->head_sent += capacity_between (self, self->head_clock_ns, now_ns);
      self->head_sent = MIN (self->head_sent, (double) self->head->length);
      self->head_clock_ns = now_ns;
    }
  link_settings_copy (&self->settings, settings);
  if (new_trace)
    self->trace_start_ns = MAX (now_ns, self->head_clock_ns);
  /* A blackout (rate 0) keeps the size that the queue had. */
  if (settings->trace != NULL)
    self->nominal_rate = rate_trace_mean (settings->trace);
  else if (settings->rate > 0)
    self->nominal_rate = settings->rate;
}

static double
queue_limit (const LinkModel *self)
{
  double limit = self->settings.queue_bytes > 0
                     ? (double) self->settings.queue_bytes
                     : self->nominal_rate * (double) self->settings.queue_ns / 1e9;

  return MAX (limit, SMALLEST_QUEUE);
}

gboolean
link_model_offer (LinkModel *self, guint64 now_ns, Packet *packet)
{
  guint64 after = self->queued_bytes + packet->length;

  if (!is_unlimited (self) && (double) after > queue_limit (self))
    {
      self->counters.overflowed++;
      return FALSE;
    }
  packet->next = NULL;
  if (self->head == NULL)
    {
      self->head = packet;
      self->head_sent = 0;
      self->head_clock_ns = MAX (now_ns, self->head_clock_ns);
    }
  else
    {
      self->tail->next = packet;
    }
  self->tail = packet;
  self->queued_bytes = after;
  self->counters.longest_queue = MAX (self->counters.longest_queue, after);
  return TRUE;
}

guint64
link_model_next_ns (const LinkModel *self)
{
  guint64 time_ns = self->head_clock_ns;
  double left;

  if (self->head == NULL)
    return PACKET_NEVER;
  if (is_unlimited (self))
    return time_ns;
  left = (double) self->head->length - self->head_sent;
  for (;;)
    {
      guint64 until_ns;
      double rate = rate_at (self, time_ns, &until_ns);
      double span;

      if (left <= 0)
        return time_ns;
      if (until_ns == PACKET_NEVER)
        return rate > 0 ? time_ns + (guint64) ceil (left / rate * 1e9) : PACKET_NEVER;
      span = (double) (until_ns - time_ns);
      if (rate * span / 1e9 >= left)
        return time_ns + (guint64) ceil (left / rate * 1e9);
      left -= rate * span / 1e9;
      time_ns = until_ns;
    }
}

/* Gilbert's model: runs of losses with a mean of @burst packets, @loss of all in the long run. */
static gboolean
is_lost (LinkModel *self, LinkRandom *random)
{
  double loss = self->settings.loss;
  double end = 1 / self->settings.burst;

  if (loss <= 0)
    return FALSE;
  if (self->settings.burst <= 1 || loss >= 1)
    return link_random_next (random) < loss;
  if (self->in_loss)
    self->in_loss = link_random_next (random) >= end;
  else
    self->in_loss = link_random_next (random) < end * loss / (1 - loss);
  return self->in_loss;
}

/* A packet that is held back does not hold up the ones behind it; jitter alone keeps the order. */
static guint64
arrival_after (LinkModel *self, guint64 sent_ns, LinkRandom *random)
{
  guint64 due_ns = sent_ns + self->settings.delay_ns;

  if (self->settings.jitter_ns > 0)
    due_ns += (guint64) (link_random_next (random) * (double) self->settings.jitter_ns);
  due_ns = MAX (due_ns, self->last_due_ns);
  if (self->settings.reorder > 0 && link_random_next (random) < self->settings.reorder)
    return due_ns + self->settings.hold_ns;
  self->last_due_ns = due_ns;
  return due_ns;
}

Packet *
link_model_take (LinkModel *self, guint64 now_ns, LinkRandom *random, gboolean *lost)
{
  guint64 sent_ns = link_model_next_ns (self);
  Packet *packet = self->head;

  if (packet == NULL || sent_ns > now_ns)
    return NULL;
  self->head = packet->next;
  packet->next = NULL;
  self->head_sent = 0;
  self->head_clock_ns = sent_ns;
  self->queued_bytes -= packet->length;
  self->counters.packets++;
  self->counters.bytes += packet->length;
  *lost = is_lost (self, random);
  if (*lost)
    self->counters.lost++;
  packet->due_ns = arrival_after (self, sent_ns, random);
  return packet;
}

Packet *
link_model_drop_all (LinkModel *self)
{
  Packet *packets = g_steal_pointer (&self->head);

  self->tail = NULL;
  self->queued_bytes = 0;
  return packets;
}
