/* SPDX-License-Identifier: MIT */
#include "dfn-uplink-turns.h"

/* Where everybody waits for long, as on a slow uplink with many connections, deadlines still decide
 * about the rest. */
#define IMPATIENT_INTERVAL 8

struct _DfnUplinkTurns {
  GPtrArray *waiting; /* of DfnUplinkTurn, a few dozen: one for each connection that waits */
  guint64 n_served;
  guint64 impatient; /* the number of the last turn of one who had waited for too long */
};

DfnUplinkTurns *
dfn_uplink_turns_new (void)
{
  DfnUplinkTurns *self = g_new0 (DfnUplinkTurns, 1);

  self->waiting = g_ptr_array_new ();
  return self;
}

void
dfn_uplink_turns_free (DfnUplinkTurns *self)
{
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

void
dfn_uplink_turns_wait (DfnUplinkTurns *self, DfnUplinkTurn *turn, gint64 now_us, gint64 deadline_us)
{
  turn->deadline_us = deadline_us;
  if (turn->is_waiting)
    return;
  turn->is_waiting = TRUE;
  turn->since_us = now_us;
  g_ptr_array_add (self->waiting, turn);
}

void
dfn_uplink_turns_leave (DfnUplinkTurns *self, DfnUplinkTurn *turn)
{
  if (!turn->is_waiting)
    return;
  turn->is_waiting = FALSE;
  g_ptr_array_remove_fast (self->waiting, turn);
}

static gboolean
has_waited_long (const DfnUplinkTurn *turn, gint64 now_us)
{
  return turn->is_waiting && now_us - turn->since_us >= DFN_UPLINK_PATIENCE_US;
}

void
dfn_uplink_turns_serve (DfnUplinkTurns *self, DfnUplinkTurn *turn, gint64 now_us)
{
  gboolean is_early = TRUE;

  for (guint i = 0; i < self->waiting->len && has_waited_long (turn, now_us); i++)
    {
      const DfnUplinkTurn *other = g_ptr_array_index (self->waiting, i);

      is_early &= other->deadline_us >= turn->deadline_us;
    }
  turn->served = ++self->n_served;
  if (!is_early)
    self->impatient = self->n_served;
  dfn_uplink_turns_leave (self, turn);
}

static gboolean
goes_before (DfnUplinkTurns *self,
             const DfnUplinkTurn *turn,
             const DfnUplinkTurn *other,
             gint64 now_us)
{
  gboolean is_due = self->n_served - self->impatient + 1 >= IMPATIENT_INTERVAL;
  gboolean is_impatient = is_due && has_waited_long (turn, now_us);
  gboolean is_other_impatient = is_due && has_waited_long (other, now_us);

  if (is_impatient != is_other_impatient)
    return is_impatient;
  if (is_impatient)
    return turn->since_us < other->since_us;
  if (turn->deadline_us != other->deadline_us)
    return turn->deadline_us < other->deadline_us;
  return turn->served < other->served;
}

DfnUplinkTurn *
dfn_uplink_turns_get_next (DfnUplinkTurns *self, gint64 now_us)
{
  DfnUplinkTurn *next = NULL;

  for (guint i = 0; i < self->waiting->len; i++)
    {
      DfnUplinkTurn *turn = g_ptr_array_index (self->waiting, i);

      if (next == NULL || goes_before (self, turn, next, now_us))
        next = turn;
    }
  return next;
}
