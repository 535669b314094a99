/* SPDX-License-Identifier: MIT */
#include "sim-events.h"

/* A heap with four children a node, which touches less memory than one with two. */
struct _SimEvents {
  SimEvent *heap;
  gsize n, n_allocated;
  guint64 n_added;
};

SimEvents *
sim_events_new (void)
{
  return g_new0 (SimEvents, 1);
}

void
sim_events_free (SimEvents *self)
{
  g_free (self->heap);
  g_free (self);
}

static inline gboolean
is_before (const SimEvent *a, const SimEvent *b)
{
  return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

void
sim_events_add (SimEvents *self, const SimEvent *event)
{
  SimEvent added = *event;
  gsize at = self->n++;

  if (self->n > self->n_allocated)
    {
      self->n_allocated = MAX (1024, self->n_allocated * 2);
      self->heap = g_renew (SimEvent, self->heap, self->n_allocated);
    }
  added.order = self->n_added++;
  while (at > 0 && is_before (&added, &self->heap[(at - 1) / 4]))
    {
      self->heap[at] = self->heap[(at - 1) / 4];
      at = (at - 1) / 4;
    }
  self->heap[at] = added;
}

gint64
sim_events_peek (SimEvents *self)
{
  return self->n > 0 ? self->heap[0].at_us : G_MAXINT64;
}

void
sim_events_take (SimEvents *self, SimEvent *event)
{
  SimEvent last;
  gsize at = 0;

  g_assert (self->n > 0);
  *event = self->heap[0];
  last = self->heap[--self->n];
  for (;;)
    {
      gsize child = 4 * at + 1, best = child;

      if (child >= self->n)
        break;
      for (gsize i = child + 1; i < MIN (child + 4, self->n); i++)
        if (is_before (&self->heap[i], &self->heap[best]))
          best = i;
      if (!is_before (&self->heap[best], &last))
        break;
      self->heap[at] = self->heap[best];
      at = best;
    }
  self->heap[at] = last;
}
