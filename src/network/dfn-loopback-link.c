/* SPDX-License-Identifier: MIT */
#include "dfn-loopback-link.h"

#include "dfn-source.h"
#include "dfn-timer.h"

#define DEFAULT_MAX_PAYLOAD 1452

typedef struct {
  gint64 due_us;
  GBytes *data;
} Packet;

struct _DfnLoopbackLink {
  DfnLink parent_instance;

  DfnLoopbackLink *other; /* weak; NULL when it is gone or the path was cut */
  DfnLoopbackParams params;
  GRand *rand;
  GQueue *arriving; /* of Packet, by due_us */
  GSource *timer;
};

G_DEFINE_FINAL_TYPE (DfnLoopbackLink, dfn_loopback_link, DFN_TYPE_LINK)

static void
packet_free (Packet *packet)
{
  g_bytes_unref (packet->data);
  g_free (packet);
}

static void
arm (DfnLoopbackLink *self)
{
  Packet *next = g_queue_peek_head (self->arriving);

  dfn_timer_source_set (self->timer, next != NULL ? next->due_us : -1);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnLoopbackLink) self = g_object_ref (user_data);
  gint64 now = g_get_monotonic_time ();
  Packet *next;

  while ((next = g_queue_peek_head (self->arriving)) != NULL && next->due_us <= now)
    {
      gsize length;
      const guint8 *data;

      g_queue_pop_head (self->arriving);
      data = g_bytes_get_data (next->data, &length);
      dfn_link_receive (DFN_LINK (self), data, length);
      packet_free (next);
    }
  arm (self);
  return G_SOURCE_CONTINUE;
}

static gint
compare_packets (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Packet *first = a;
  const Packet *second = b;

  return (first->due_us > second->due_us) - (first->due_us < second->due_us);
}

static void
deliver_later (DfnLoopbackLink *self, Packet *packet)
{
  Packet *last = g_queue_peek_tail (self->arriving);

  if (last == NULL || last->due_us <= packet->due_us)
    g_queue_push_tail (self->arriving, packet);
  else
    g_queue_insert_sorted (self->arriving, packet, compare_packets, NULL);
}

static DfnLinkResult
dfn_loopback_link_send (DfnLink *link, const guint8 *data, gsize length, gsize segment)
{
  DfnLoopbackLink *self = DFN_LOOPBACK_LINK (link);

  if (self->other == NULL)
    return DFN_LINK_BROKEN;
  for (gsize at = 0; at < length; at += segment)
    {
      gsize size = MIN (segment, length - at);
      Packet *packet;

      if (size > self->params.max_payload || g_rand_double (self->rand) < self->params.loss)
        continue;
      packet = g_new (Packet, 1);
      packet->due_us = g_get_monotonic_time () + self->params.delay_us;
      if (self->params.jitter_us > 0)
        packet->due_us += g_rand_int_range (self->rand, 0, self->params.jitter_us);
      packet->data = g_bytes_new (data + at, size);
      deliver_later (self->other, packet);
    }
  arm (self->other);
  return DFN_LINK_SENT;
}

static gsize
dfn_loopback_link_get_max_payload (DfnLink *link)
{
  return DEFAULT_MAX_PAYLOAD;
}

static void
dfn_loopback_link_dispose (GObject *object)
{
  DfnLoopbackLink *self = DFN_LOOPBACK_LINK (object);

  if (self->other != NULL)
    self->other->other = NULL;
  self->other = NULL;
  dfn_source_clear (&self->timer);
  G_OBJECT_CLASS (dfn_loopback_link_parent_class)->dispose (object);
}

static void
dfn_loopback_link_finalize (GObject *object)
{
  DfnLoopbackLink *self = DFN_LOOPBACK_LINK (object);

  g_queue_free_full (self->arriving, (GDestroyNotify) packet_free);
  g_rand_free (self->rand);
  G_OBJECT_CLASS (dfn_loopback_link_parent_class)->finalize (object);
}

static void
dfn_loopback_link_class_init (DfnLoopbackLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_loopback_link_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_loopback_link_finalize;
  DFN_LINK_CLASS (klass)->send = dfn_loopback_link_send;
  DFN_LINK_CLASS (klass)->get_max_payload = dfn_loopback_link_get_max_payload;
}

static void
dfn_loopback_link_init (DfnLoopbackLink *self)
{
  self->arriving = g_queue_new ();
}

static DfnLoopbackLink *
new_end (GMainContext *context, const DfnLoopbackParams *params, guint32 seed)
{
  DfnLoopbackLink *self = g_object_new (DFN_TYPE_LOOPBACK_LINK, NULL);

  if (params != NULL)
    self->params = *params;
  if (self->params.max_payload == 0)
    self->params.max_payload = DEFAULT_MAX_PAYLOAD;
  self->rand = g_rand_new_with_seed (seed);
  self->timer = dfn_source_attach (dfn_timer_source_new (), context, on_timer, self);
  dfn_link_set_state (DFN_LINK (self), DFN_LINK_STATE_CONNECTED);
  return self;
}

void
dfn_loopback_link_new_pair (GMainContext *context,
                            const DfnLoopbackParams *params,
                            DfnLink **a,
                            DfnLink **b)
{
  guint32 seed = params != NULL ? params->seed : 0;
  DfnLoopbackLink *first = new_end (context, params, 2 * seed);
  DfnLoopbackLink *second = new_end (context, params, 2 * seed + 1);

  first->other = second;
  second->other = first;
  *a = DFN_LINK (first);
  *b = DFN_LINK (second);
}

void
dfn_loopback_link_cut (DfnLoopbackLink *self)
{
  DfnLoopbackLink *other = self->other;

  g_return_if_fail (DFN_IS_LOOPBACK_LINK (self));
  if (other == NULL)
    return;
  self->other = other->other = NULL;
  dfn_link_set_state (DFN_LINK (self), DFN_LINK_STATE_FAILED);
  dfn_link_set_state (DFN_LINK (other), DFN_LINK_STATE_FAILED);
}
