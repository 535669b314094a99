/* SPDX-License-Identifier: MIT */
#include "dfn-quic-stream.h"

#include "dfn-bytes.h"

/* A packet's worth of content. */
#define AHEAD 1472

struct _DfnQuicStream {
  gint64 id;
  gint64 priority;
  GQueue blocks;        /* of GBytes, from @first_offset to @end_offset */
  guint64 first_offset; /* where the oldest block kept starts */
  guint64 sent_offset;
  guint64 end_offset;
  gboolean fin;
  gboolean fin_sent;
};

DfnQuicStream *
dfn_quic_stream_new (gint64 id, gint64 priority)
{
  DfnQuicStream *self = g_new0 (DfnQuicStream, 1);

  self->id = id;
  self->priority = priority;
  g_queue_init (&self->blocks);
  return self;
}

void
dfn_quic_stream_free (DfnQuicStream *self)
{
  g_queue_clear_full (&self->blocks, (GDestroyNotify) g_bytes_unref);
  g_free (self);
}

gint64
dfn_quic_stream_get_id (const DfnQuicStream *self)
{
  return self->id;
}

gint64
dfn_quic_stream_get_priority (const DfnQuicStream *self)
{
  return self->priority;
}

void
dfn_quic_stream_set_priority (DfnQuicStream *self, gint64 priority)
{
  self->priority = priority;
}

void
dfn_quic_stream_append (DfnQuicStream *self, GBytes *bytes, gboolean fin)
{
  g_return_if_fail (!self->fin);

  if (bytes != NULL && g_bytes_get_size (bytes) > 0)
    {
      g_queue_push_tail (&self->blocks, g_bytes_ref (bytes));
      self->end_offset += g_bytes_get_size (bytes);
    }
  self->fin = fin;
}

gboolean
dfn_quic_stream_is_ended (const DfnQuicStream *self)
{
  return self->fin;
}

gsize
dfn_quic_stream_abandon (DfnQuicStream *self)
{
  gsize unsent = dfn_quic_stream_get_unsent (self);

  self->sent_offset = self->end_offset;
  self->fin = self->fin_sent = TRUE;
  return unsent;
}

gboolean
dfn_quic_stream_is_pending (const DfnQuicStream *self)
{
  return self->sent_offset < self->end_offset || (self->fin && !self->fin_sent);
}

gsize
dfn_quic_stream_get_unsent (const DfnQuicStream *self)
{
  return self->end_offset - self->sent_offset;
}

gsize
dfn_quic_stream_peek (const DfnQuicStream *self,
                      ngtcp2_vec *vectors,
                      gsize n_vectors,
                      gboolean *fin)
{
  guint64 skip = self->sent_offset - self->first_offset;
  gsize n = 0;
  GList *link = self->blocks.head;

  for (; link != NULL && n < n_vectors; link = link->next)
    {
      gsize length;
      const guint8 *data = g_bytes_get_data (link->data, &length);

      if (skip >= length)
        {
          skip -= length;
          continue;
        }
      vectors[n].base = (guint8 *) data + skip;
      vectors[n].len = length - skip;
      /* What the packet after this one will hold. */
      if (vectors[n].len > AHEAD)
        dfn_prefetch (data + skip + AHEAD, MIN (vectors[n].len - AHEAD, AHEAD));
      skip = 0;
      n++;
    }
  *fin = self->fin && link == NULL;
  return n;
}

void
dfn_quic_stream_sent (DfnQuicStream *self, gsize n_bytes, gboolean fin)
{
  g_return_if_fail (n_bytes <= self->end_offset - self->sent_offset);
  self->sent_offset += n_bytes;
  if (fin && self->sent_offset == self->end_offset)
    self->fin_sent = TRUE;
}

void
dfn_quic_stream_acked (DfnQuicStream *self, guint64 offset)
{
  GBytes *first;

  while ((first = g_queue_peek_head (&self->blocks)) != NULL
         && self->first_offset + g_bytes_get_size (first) <= offset)
    {
      self->first_offset += g_bytes_get_size (first);
      g_bytes_unref (g_queue_pop_head (&self->blocks));
    }
}

gint
dfn_quic_stream_compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  const DfnQuicStream *first = a;
  const DfnQuicStream *second = b;

  if (first->priority != second->priority)
    return first->priority < second->priority ? -1 : 1;
  return (first->id > second->id) - (first->id < second->id);
}
