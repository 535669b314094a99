/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

/* How long a chunk that came may wait for others to be told of together. A datagram costs about 60
 * bytes before its first word, so this decides what control costs. */
#define TELL_SLOTS 3
/* The source is told sooner: what it does not hear of it gives again. */
#define TELL_SOURCE_SLOTS 1.5

static gint64
get_patience_us (DfnLiveScheduler *self, const DfnLivePeer *peer)
{
  return (gint64) ((peer->is_source ? TELL_SOURCE_SLOTS : TELL_SLOTS)
                   * (double) self->config.slot_us);
}

/* Those that lack a chunk may want it, or should not get it from another and offer it here. Those
 * that have it are told when there is something else to say to them. */
void
dfn_live_scheduler_mark_untold (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  for (guint64 left = self->used & ~entry->told; left != 0; left &= left - 1)
    {
      DfnLivePeer *peer = &self->peers[__builtin_ctzll (left)];

      if (peer->untold_us != 0 || (!peer->is_source && (entry->have & left & -left) != 0)
          || (peer->is_source && entry->state != DFN_LIVE_STATE_HERE))
        continue;
      peer->untold_us = now_us;
      self->next_tell_us = MIN (self->next_tell_us, now_us + get_patience_us (self, peer));
    }
}

/* What somebody promised us is told as if we had it: nobody else need offer it. But not to the
 * source, that wants to know what was passed on. */
static gboolean
is_tellable (const DfnLivePeer *peer, const DfnLiveEntry *entry)
{
  if (peer->is_source || entry->state != DFN_LIVE_STATE_MISSING)
    return entry->state == DFN_LIVE_STATE_HERE;
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    if (entry->claims[i].peer != DFN_LIVE_NOBODY)
      return TRUE;
  return FALSE;
}

/* The first chunks that the peer is to be told of, and up to 63 behind it. */
static gboolean
collect (DfnLiveScheduler *self, guint8 place, DfnLiveAction *action)
{
  guint64 bit = G_GUINT64_CONSTANT (1) << place;

  for (guint64 left = self->tracks_wanted & self->peers[place].tracks; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);

          if (action->have != 0 && i - action->id.sequence >= DFN_LIVE_SCHEDULER_HAVE_BITS)
            break;
          if (entry == NULL || (entry->told & bit) != 0
              || !is_tellable (&self->peers[place], entry))
            continue;
          if (action->have == 0)
            action->id = (DfnChunkId){ track->number, (guint32) i };
          action->have |= G_GUINT64_CONSTANT (1) << (i - action->id.sequence);
          entry->told |= bit;
        }
      if (action->have != 0)
        return TRUE;
    }
  return FALSE;
}

/* Whether there is anything that it lacks, as far as we know, and does not know that we have. The
 * source lacks nothing, and wants to know all the same. */
static gboolean
lacks_untold (DfnLiveScheduler *self, guint8 place)
{
  const DfnLivePeer *peer = &self->peers[place];
  guint64 bit = G_GUINT64_CONSTANT (1) << place;

  for (guint64 left = self->tracks_wanted & peer->tracks; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);

          if (entry != NULL && ((entry->told | (peer->is_source ? 0 : entry->have)) & bit) == 0
              && is_tellable (peer, entry))
            return TRUE;
        }
    }
  return FALSE;
}

gboolean
dfn_live_scheduler_next_have (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action)
{
  gint64 next_us = G_MAXINT64;

  if (now_us < self->next_tell_us && self->touched == 0)
    return FALSE;
  for (guint64 left = self->used; left != 0; left &= left - 1)
    {
      guint8 place = (guint8) __builtin_ctzll (left);
      DfnLivePeer *peer = &self->peers[place];
      gint64 patience_us = get_patience_us (self, peer);

      if ((self->touched >> place & 1) == 0
          && (peer->untold_us == 0 || peer->untold_us + patience_us > now_us))
        {
          if (peer->untold_us != 0)
            next_us = MIN (next_us, peer->untold_us + patience_us);
          continue;
        }
      if (((self->touched >> place & 1) != 0 || lacks_untold (self, place))
          && collect (self, place, action))
        {
          action->type = DFN_LIVE_ACTION_HAVE;
          action->peer = peer->id;
          return TRUE;
        }
      peer->untold_us = 0;
      self->touched &= ~(G_GUINT64_CONSTANT (1) << place);
    }
  self->next_tell_us = next_us;
  return FALSE;
}
