/* SPDX-License-Identifier: MIT */
#include "dfn-signal-queue.h"

/* Events a second: at first, at most, and however often a relay complains. */
#define FIRST_RATE 20.0
#define SLOWEST_RATE 1.0
#define RECOVERY 0.1
/* Nothing at all for so long after a complaint, so that the relay's bucket fills. */
#define PAUSE_US (300 * 1000)

typedef struct {
  DfnSignalUrgency urgency;
  gint64 since_us;
  gpointer item;
} Entry;

struct _DfnSignalQueue {
  GArray *entries; /* of Entry, as they came */
  GDestroyNotify drop;
  double rate;
  gint64 next_us;
};

static gint64
get_lifetime (DfnSignalUrgency urgency)
{
  switch (urgency)
    {
    case DFN_SIGNAL_ANSWER:
    case DFN_SIGNAL_JOIN:
    case DFN_SIGNAL_OFFER:
    case DFN_SIGNAL_UPDATE:
      return 8 * G_USEC_PER_SEC;
    case DFN_SIGNAL_REFUSAL:
      return 1500 * 1000; /* after that, whoever was refused asks everybody */
    }
  g_assert_not_reached ();
}

DfnSignalQueue *
dfn_signal_queue_new (GDestroyNotify drop)
{
  DfnSignalQueue *self = g_new0 (DfnSignalQueue, 1);

  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self->drop = drop;
  self->rate = FIRST_RATE;
  return self;
}

static void
drop_at (DfnSignalQueue *self, guint at)
{
  gpointer item = g_array_index (self->entries, Entry, at).item;

  g_array_remove_index (self->entries, at);
  if (self->drop != NULL)
    self->drop (item);
}

void
dfn_signal_queue_free (DfnSignalQueue *self)
{
  while (self->entries->len > 0)
    drop_at (self, self->entries->len - 1);
  g_array_unref (self->entries);
  g_free (self);
}

static void
expire (DfnSignalQueue *self, gint64 now_us)
{
  for (guint i = self->entries->len; i > 0; i--)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i - 1);

      if (now_us - entry->since_us >= get_lifetime (entry->urgency))
        drop_at (self, i - 1);
    }
}

/* The oldest of the least urgent. */
static guint
find_least (DfnSignalQueue *self)
{
  guint least = 0;

  for (guint i = 1; i < self->entries->len; i++)
    if (g_array_index (self->entries, Entry, i).urgency
        > g_array_index (self->entries, Entry, least).urgency)
      least = i;
  return least;
}

static void
add (DfnSignalQueue *self, const Entry *entry, gint64 now_us)
{
  expire (self, now_us);
  if (self->entries->len >= DFN_SIGNAL_QUEUE_MAX)
    drop_at (self, find_least (self));
  g_array_append_vals (self->entries, entry, 1);
}

void
dfn_signal_queue_push (DfnSignalQueue *self, DfnSignalUrgency urgency, gpointer item, gint64 now_us)
{
  Entry entry = { urgency, now_us, item };

  add (self, &entry, now_us);
}

void
dfn_signal_queue_push_back (
    DfnSignalQueue *self, DfnSignalUrgency urgency, gpointer item, gint64 since_us, gint64 now_us)
{
  Entry entry = { urgency, since_us, item };

  self->rate = MAX (self->rate / 2, SLOWEST_RATE);
  self->next_us = MAX (self->next_us, now_us + PAUSE_US);
  add (self, &entry, now_us);
}

/* Of the most urgent the first, but of refusals the last: the newest is the likeliest to be waited
 * for. */
static guint
find_next (DfnSignalQueue *self)
{
  guint next = 0;

  for (guint i = 1; i < self->entries->len; i++)
    {
      DfnSignalUrgency urgency = g_array_index (self->entries, Entry, i).urgency;
      DfnSignalUrgency best = g_array_index (self->entries, Entry, next).urgency;

      if (urgency < best || (urgency == best && urgency == DFN_SIGNAL_REFUSAL))
        next = i;
    }
  return next;
}

gpointer
dfn_signal_queue_pop (DfnSignalQueue *self, DfnSignalUrgency *urgency, gint64 now_us)
{
  Entry entry;
  guint next;

  expire (self, now_us);
  if (self->entries->len == 0 || now_us < self->next_us)
    return NULL;
  next = find_next (self);
  entry = g_array_index (self->entries, Entry, next);
  g_array_remove_index (self->entries, next);
  /* A few at once are no burst that anybody minds. */
  self->next_us = MAX (self->next_us, now_us - (gint64) (4 * G_USEC_PER_SEC / self->rate))
                  + (gint64) (G_USEC_PER_SEC / self->rate);
  *urgency = entry.urgency;
  return entry.item;
}

void
dfn_signal_queue_taken (DfnSignalQueue *self)
{
  self->rate = MIN (self->rate + RECOVERY, FIRST_RATE);
}

gint64
dfn_signal_queue_get_wakeup (DfnSignalQueue *self, gint64 now_us)
{
  return self->entries->len > 0 ? MAX (self->next_us, now_us) : G_MAXINT64;
}

guint
dfn_signal_queue_get_length (DfnSignalQueue *self)
{
  return self->entries->len;
}
