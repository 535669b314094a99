/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

#include <math.h>

/*
 * Which chunk goes next, and to whom. All figures here are from tests/sim, whose README table in
 * doc/benchmarks.md shows what they come to.
 */

#define S 1000000.0

/* Each copy that was sent puts the scheduling deadline off by this; those of the source far. */
#define COPY_SLOTS 2
#define SOURCE_COPY_SLOTS 10
/* A chunk that a smaller share of our neighbours has goes before all others. */
#define RARE_SHARE 0.4
/* Whoever takes longer than this for one chunk gives the youngest of the others: what is sent so
 * slowly comes late to whoever has waited for it for long. Everybody else gives the oldest. */
#define SLOW_SLOTS 1.5
/* Pushed unasked: at most so many slots old, in so many copies, when so many others have it. Among
 * few neighbours two think of the same one too often; there only the source does it, and once. */
#define YOUNG_SLOTS 4
#define YOUNG_COPIES 3
#define YOUNG_HOLDERS 1
#define YOUNG_NEIGHBOURS 12
/* While no more neighbours than these have a chunk, it goes to those who pass most on. */
#define EARLY_HOLDERS 2
/* What is offered has to arrive in time: the way there and back, besides the time of sending. */
#define OFFER_MARGIN_US 100000
/* A chunk that is coming is offered so long before its last byte is here, as the answers take. */
#define COMING_AHEAD_US 90000
/* How long what a peer says of its uplink is believed without proof, and the time of the proof. */
#define BELIEF_SECONDS 3
#define PROOF_SECONDS 20
/* What is shown counts so many times: from one neighbour to another the shares differ. */
#define PROOF_FACTOR 3
#define LEAST_BELIEF 0.02
/* Of what is given late, so much goes to whoever lacks most, whether he gives or not; otherwise
 * those who give come first: more chunks than this nobody can lack. */
#define OPTIMISTIC_SHARE 0.1
#define GIVER_ADVANTAGE 1000
/* Whoever is new counts as one who gives for so long; much longer, and free riders would have the
 * start of a stream to themselves. */
#define NEWCOMER_SECONDS 1
/* Neighbours of the same peer know the same of it: chance keeps them from all offering to it. */
#define LATE_NOISE 10
/* The source's own copies of a chunk: one, and on average so many more; what is declined is no
 * copy. */
#define SOURCE_EXTRA 0.6
#define SOURCE_EXTRA_SAVED 8
/* Whoever lacks a chunk after so long gets it from the source: the swarm's uplinks do not suffice,
 * and the source's is the only one that may have something to spare. */
#define LATE_SLOTS 14

void
dfn_live_scheduler_count_copy (DfnLiveScheduler *self, DfnLiveEntry *entry, int by)
{
  int slots = self->config.is_source ? SOURCE_COPY_SLOTS : COPY_SLOTS;

  if (self->config.is_source && entry->n_copies == (by > 0 ? 1 : 2))
    self->extra_copies -= by;
  entry->n_copies += (guint) by;
  entry->order_us += by * slots * self->config.slot_us;
}

static void
set_order (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry)
{
  if (entry->order_us == 0)
    entry->order_us = now_us + 2 * self->config.slot_us;
  self->has_nothing_to_offer = self->has_nothing_young = FALSE;
}

void
dfn_live_scheduler_began_to_have (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry)
{
  if (self->config.is_source)
    self->extra_copies =
        CLAMP (self->extra_copies + SOURCE_EXTRA, -SOURCE_EXTRA_SAVED, SOURCE_EXTRA_SAVED);
  set_order (self, now_us, entry);
}

void
dfn_live_scheduler_note_coming (DfnLiveScheduler *self,
                                gint64 now_us,
                                DfnLiveEntry *entry,
                                guint8 place)
{
  const DfnLivePeer *peer = &self->peers[place];

  if (entry->size == 0)
    entry->size = self->config.chunk_size;
  entry->coming_us = now_us
                     + (peer->flow_us > 0 ? (gint64) peer->flow_us
                                          : dfn_live_scheduler_get_send_us (self, entry->size));
  set_order (self, now_us, entry);
}

gboolean
dfn_live_scheduler_is_coming (const DfnLiveEntry *entry)
{
  if (entry->state != DFN_LIVE_STATE_MISSING)
    return FALSE;
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    if (entry->claims[i].peer != DFN_LIVE_NOBODY && entry->claims[i].begun_us != 0)
      return TRUE;
  return FALSE;
}

/* Whether a chunk can be offered: it is here, or nearly, and would still come in time. */
static gboolean
is_offerable (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  gint64 from_us = entry->coming_us - COMING_AHEAD_US;

  if (dfn_live_scheduler_get_due_us (self, entry)
      < now_us + OFFER_MARGIN_US + dfn_live_scheduler_get_send_us (self, entry->size))
    return FALSE;
  if (entry->state == DFN_LIVE_STATE_HERE)
    return TRUE;
  if (!dfn_live_scheduler_is_coming (entry))
    return FALSE;
  if (now_us >= from_us)
    return TRUE;
  self->next_coming_us = MIN (self->next_coming_us, from_us);
  return FALSE;
}

gint64
dfn_live_scheduler_get_order (DfnLiveScheduler *self, const DfnLiveEntry *entry)
{
  double n = __builtin_popcountll (self->used);
  double n_have = __builtin_popcountll (self->used & (entry->have | entry->offered));
  gint64 chunk_us = dfn_live_scheduler_get_send_us (self, self->config.chunk_size);

  if (n_have < RARE_SHARE * n)
    return entry->order_us - G_MAXINT64 / 2;
  return (double) chunk_us > SLOW_SLOTS * (double) self->config.slot_us ? -entry->captured_us
                                                                        : entry->captured_us;
}

/* So young that hardly anybody can have it, or given in vain until now. */
static gboolean
is_young (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  guint n_have = (guint) __builtin_popcountll (self->used & ~self->liars & entry->have);
  gboolean is_fresh = now_us - entry->captured_us < YOUNG_SLOTS * self->config.slot_us;

  if (entry->state != DFN_LIVE_STATE_HERE)
    return FALSE;
  if (self->config.is_source && (is_fresh || entry->n_copies > 0)
      && dfn_live_scheduler_needs_copy (self, now_us, entry))
    return TRUE;
  return self->stats.n_peers >= YOUNG_NEIGHBOURS && is_fresh && entry->n_copies < YOUNG_COPIES
         && n_have <= YOUNG_HOLDERS + entry->n_copies;
}

/* The source gives what is needed, and what is late, to all who lack it; what nobody has shown yet
 * only when its time gets short, as those who lack it may be those who do not pass it on. */
static gboolean
may_copy (DfnLiveScheduler *self, gint64 now_us, const DfnLiveEntry *entry)
{
  gint64 late_us = self->config.buffer_us * 3 / 5;

  if (entry->is_shown)
    late_us = MIN (late_us, LATE_SLOTS * self->config.slot_us);
  return !self->config.is_source || dfn_live_scheduler_needs_copy (self, now_us, entry)
         || dfn_live_scheduler_may_have_copy (self, now_us, entry)
         || now_us - entry->captured_us > late_us;
}

/* Who can be offered a chunk: one that has to answer, or gets, another from us waits for that. */
static guint64
get_candidates (DfnLiveScheduler *self, guint32 track, const DfnLiveEntry *entry)
{
  guint64 candidates = self->used & ~entry->have & ~entry->offered;

  for (guint64 left = candidates; left != 0; left &= left - 1)
    {
      const DfnLivePeer *peer = &self->peers[__builtin_ctzll (left)];

      if (peer->is_source || (peer->tracks >> track & 1) == 0 || peer->n_outs > 0)
        candidates &= ~(left & -left);
    }
  return candidates;
}

DfnLiveEntry *
dfn_live_scheduler_choose_chunk (DfnLiveScheduler *self,
                                 gint64 now_us,
                                 gboolean is_unasked,
                                 guint32 *track_number,
                                 guint64 *candidates)
{
  DfnLiveEntry *best = NULL;

  for (guint64 left = self->tracks_wanted; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = track->begin; i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);
          guint64 found;

          if (entry == NULL || (self->used & ~entry->have & ~entry->offered) == 0
              || (is_unasked && !is_young (self, now_us, entry))
              || !is_offerable (self, now_us, entry) || !may_copy (self, now_us, entry)
              || (best != NULL
                  && dfn_live_scheduler_get_order (self, entry)
                         >= dfn_live_scheduler_get_order (self, best)))
            continue;
          found = get_candidates (self, track->number, entry);
          if (found == 0)
            continue;
          best = entry;
          *track_number = track->number;
          *candidates = found;
        }
    }
  return best;
}

DfnLiveEntry *
dfn_live_scheduler_choose_other (DfnLiveScheduler *self,
                                 gint64 now_us,
                                 guint32 track_number,
                                 guint8 place)
{
  DfnLiveTrack *track = self->tracks[track_number];
  guint64 bit = G_GUINT64_CONSTANT (1) << place;
  DfnLiveEntry *best = NULL;

  for (guint64 i = track->begin; i < track->end; i++)
    {
      DfnLiveEntry *entry = dfn_live_track_find (track, i);

      if (entry != NULL && ((entry->have | entry->offered) & bit) == 0
          && is_offerable (self, now_us, entry) && may_copy (self, now_us, entry)
          && (best == NULL
              || dfn_live_scheduler_get_order (self, entry)
                     < dfn_live_scheduler_get_order (self, best)))
        best = entry;
    }
  return best;
}

/* How much good a copy does there: what the peer can pass on. It says so itself, and is believed
 * for as long as it takes to show; then only as far as what it gave us, as one of about as many
 * neighbours as we have ourselves, bears it out. Nobody gives the source anything: it believes no
 * more than the stream's rate, and those who show that they pass on. */
static double
get_weight (DfnLiveScheduler *self, gint64 now_us, DfnLivePeer *peer, const DfnLiveEntry *entry)
{
  double claimed = peer->uplink > 0 ? (double) peer->uplink : dfn_live_scheduler_get_uplink (self);
  double rate = (double) self->config.chunk_size * S / (double) self->config.slot_us;
  double age = (double) (now_us - peer->added_us) / S, n = MAX (8, self->stats.n_peers), shown;
  double good = dfn_live_peer_get_score (peer, now_us) * dfn_live_scheduler_random (self);

  if (self->config.is_source)
    return good * MIN (claimed, rate) * dfn_live_scheduler_get_standing (self, now_us, peer, entry);
  dfn_live_peer_decay (peer, now_us);
  shown = peer->received / CLAMP (age, 1, PROOF_SECONDS) * self->config.chunk_size * n;
  return good
         * MIN (claimed,
                PROOF_FACTOR * shown + claimed * MAX (LEAST_BELIEF, 1 - age / BELIEF_SECONDS));
}

/* What we have of a track, and the peer does not, as far as we know. */
static guint
count_lacking (DfnLiveScheduler *self, guint32 track_number, guint8 place)
{
  DfnLiveTrack *track = self->tracks[track_number];
  guint64 bit = G_GUINT64_CONSTANT (1) << place;
  guint n = 0;

  for (guint64 i = track->begin; i < track->end; i++)
    {
      DfnLiveEntry *entry = dfn_live_track_find (track, i);

      n += entry != NULL && entry->state == DFN_LIVE_STATE_HERE
           && ((entry->have | entry->offered) & bit) == 0;
    }
  return n;
}

gboolean
dfn_live_scheduler_is_giver (DfnLiveScheduler *self, gint64 now_us, guint8 place)
{
  DfnLivePeer *peer = &self->peers[place];

  if (self->config.is_source)
    return dfn_live_scheduler_get_standing (self, now_us, peer, NULL) > 0.5;
  dfn_live_peer_decay (peer, now_us);
  return peer->received > 0.5 || (double) (now_us - peer->added_us) < NEWCOMER_SECONDS * S;
}

/* How much a peer needs a copy: those who give before others, then those who lack most of what can
 * be had here. */
static double
get_need (
    DfnLiveScheduler *self, gint64 now_us, guint32 track, guint8 place, gboolean is_optimistic)
{
  gboolean is_giver = is_optimistic || dfn_live_scheduler_is_giver (self, now_us, place);

  return LATE_NOISE * dfn_live_scheduler_random (self) + (is_giver ? GIVER_ADVANTAGE : 0)
         + count_lacking (self, track, place);
}

guint8
dfn_live_scheduler_choose_peer (DfnLiveScheduler *self,
                                gint64 now_us,
                                guint32 track,
                                guint64 candidates,
                                const DfnLiveEntry *entry)
{
  gboolean is_early = __builtin_popcountll (self->used & entry->have) <= EARLY_HOLDERS
                      || (self->config.is_source && !entry->is_shown);
  gboolean is_optimistic = dfn_live_scheduler_random (self) < OPTIMISTIC_SHARE;
  guint8 best = DFN_LIVE_NOBODY;
  double best_value = -G_MAXDOUBLE;

  for (guint64 left = candidates; left != 0; left &= left - 1)
    {
      guint8 place = (guint8) __builtin_ctzll (left);
      double value = is_early ? get_weight (self, now_us, &self->peers[place], entry)
                              : get_need (self, now_us, track, place, is_optimistic);

      if (value > best_value)
        {
          best_value = value;
          best = place;
        }
    }
  return best;
}
