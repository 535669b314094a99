/* SPDX-License-Identifier: MIT */
#include "dfn-live-scheduler-private.h"

/* What has not come by itself when this share of the buffer is over is requested. */
#define REPAIR_SHARE 0.8
/* Earlier by whom fewer of many neighbours than this give anything. */
#define FEW_GIVERS 0.34
#define MANY_NEIGHBOURS 8
#define FEW_GIVERS_REPAIR_SHARE 0.45
/* Who promised, broke that and never gave anything is asked when all others are so many times
 * slower. */
#define NEVER_KEPT_FACTOR 20
/* A newcomer begins this share of the buffer behind the edge. */
#define START_SHARE 0.1
/* What is older than this share of the buffer is taken first, from those that bring it in so many
 * slots; but not before it is so many times as old as chunks are when they come here: where all are
 * late, what is rare must not wait for what is old. */
#define URGENT_SHARE 0.46
#define URGENT_DELAYS 1.2
#define QUICK_SLOTS 2.5
#define URGENT_BONUS 1000
#define DELAY_GAIN 0.02
/* Chunks that one peer may have promised us at once; a peer that breaks its promises gets one. */
#define MAX_CLAIMS 6
#define LOW_SCORE 0.3
/* Offers that a peer may make, as a multiple of the stream's chunks. */
#define OFFER_EXCESS 20

static void
close_claim (DfnLiveScheduler *self, DfnLiveClaim *claim)
{
  claim->begun_us = 0;
  self->peers[claim->peer].n_claims--;
  claim->peer = DFN_LIVE_NOBODY;
}

void
dfn_live_scheduler_drop_claims (DfnLiveScheduler *self, gint64 now_us, guint8 place)
{
  for (guint i = 0; i < DFN_LIVE_SCHEDULER_MAX_TRACKS; i++)
    for (guint j = 0; self->tracks[i] != NULL && j < DFN_LIVE_WINDOW_SIZE; j++)
      {
        DfnLiveEntry *entry = &self->tracks[i]->entries[j];
        DfnLiveClaim *claim =
            entry->state != DFN_LIVE_STATE_UNUSED ? dfn_live_entry_get_claim (entry, place) : NULL;

        if (claim != NULL)
          close_claim (self, claim);
      }
  self->next_pull_us = MIN (self->next_pull_us, now_us);
}

/* Where a newcomer begins: a little behind the first chunk that it hears of. */
static void
begin_behind (DfnLiveScheduler *self, DfnLiveTrack *track, guint64 newest)
{
  guint64 behind = (guint64) (START_SHARE * (double) self->config.buffer_us / track->interval_us);

  dfn_live_track_begin_at (track, newest > behind ? newest - behind : 0);
}

void
dfn_live_scheduler_take_have (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId first, guint64 have)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, first.track);

  if (from == NULL || track == NULL || have == 0)
    return;
  for (guint64 left = have; left != 0; left &= left - 1)
    {
      guint64 sequence = first.sequence + (guint64) __builtin_ctzll (left);
      DfnLiveEntry *entry = dfn_live_scheduler_touch (self, track, now_us, sequence);

      if (entry == NULL)
        {
          self->stats.n_ignored++;
          continue;
        }
      if (sequence >= track->begin)
        {
          dfn_live_scheduler_note_shown (self, now_us, entry, place);
          dfn_live_scheduler_note_has (self, entry, place);
        }
      entry->refused &= ~(G_GUINT64_CONSTANT (1) << place);
    }
  begin_behind (self, track, first.sequence + 63 - (guint64) __builtin_clzll (have));
  self->next_pull_us = MIN (self->next_pull_us, now_us);
}

static void
claim (DfnLiveScheduler *self,
       gint64 now_us,
       DfnLiveEntry *entry,
       guint8 place,
       gboolean is_request,
       guint32 size)
{
  DfnLivePeer *peer = &self->peers[place];
  gint64 late_us =
      now_us + dfn_live_peer_get_late_us (peer, size, self->config.slot_us, self->config.uplink);

  if (dfn_live_entry_add_claim (entry, place, is_request, now_us, late_us))
    peer->n_claims++;
  dfn_live_scheduler_mark_untold (self, now_us, entry);
  self->next_pull_us = MIN (self->next_pull_us, late_us);
}

static gboolean
is_wanted (DfnLiveScheduler *self, gint64 now_us, DfnLiveTrack *track, const DfnLiveEntry *entry)
{
  return entry->state == DFN_LIVE_STATE_MISSING && entry->sequence >= track->start
         && dfn_live_scheduler_get_due_us (self, entry) > now_us;
}

/* One claim a chunk; a second when the first is late, or is of a peer that keeps few. */
static gboolean
shall_accept (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry, guint8 place)
{
  DfnLivePeer *peer = &self->peers[place];
  gboolean is_bad = dfn_live_peer_get_score (peer, now_us) < LOW_SCORE;
  guint n_good, n = dfn_live_entry_count_claims (entry, now_us, &n_good);

  if (n >= DFN_LIVE_MAX_CLAIMS || peer->n_claims >= (is_bad ? 1 : MAX_CLAIMS))
    return FALSE;
  if (n_good == 0)
    return TRUE;
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    {
      guint8 other = entry->claims[i].peer;

      if (other != DFN_LIVE_NOBODY
          && dfn_live_peer_get_score (&self->peers[other], now_us) >= LOW_SCORE)
        return FALSE;
    }
  return !is_bad;
}

void
dfn_live_scheduler_take_offer (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id, guint32 size)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, id.track);
  DfnLiveEntry *entry;

  if (from == NULL || size == 0 || size > DFN_LIVE_SCHEDULER_MAX_CHUNK
      || self->n_offers == DFN_LIVE_MAX_OFFERS
      || !dfn_live_peer_may_speak (from, now_us,
                                   OFFER_EXCESS * 1e6 / (double) self->config.slot_us))
    {
      self->stats.n_ignored++;
      return;
    }
  self->stats.n_offers_got++;
  self->offers[self->n_offers++] = (DfnLiveOffer){ .peer = place, .id = id, .size = size };
  entry = track != NULL ? dfn_live_scheduler_touch (self, track, now_us, id.sequence) : NULL;
  if (entry == NULL)
    return;
  begin_behind (self, track, id.sequence);
  if (id.sequence >= track->begin)
    dfn_live_scheduler_note_has (self, entry, place);
}

static gboolean
is_acceptable (DfnLiveScheduler *self, gint64 now_us, const DfnLiveOffer *offer)
{
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, offer->id.track);
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, offer->id);

  return entry != NULL && is_wanted (self, now_us, track, entry)
         && (dfn_live_entry_get_claim (entry, offer->peer) != NULL
             || shall_accept (self, now_us, entry, offer->peer));
}

/* How good it is to have an offered chunk: the fewer have it the better, as what is rare is what
 * others want of us; but what is late comes first, the oldest before all, if it comes soon. */
static double
get_worth (DfnLiveScheduler *self, gint64 now_us, const DfnLiveOffer *offer)
{
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, offer->id);
  gint64 age_us = now_us - entry->captured_us;

  if ((double) age_us
          > MAX (URGENT_SHARE * (double) self->config.buffer_us, URGENT_DELAYS * self->delay_us)
      && self->peers[offer->peer].wait_us < QUICK_SLOTS * (double) self->config.slot_us)
    return URGENT_BONUS + (double) age_us;
  return -__builtin_popcountll (self->used & entry->have);
}

/* What a peer offered at one time is one offer to choose from: the best that is wanted. */
static const DfnLiveOffer *
choose_offered (DfnLiveScheduler *self, gint64 now_us, guint first)
{
  const DfnLiveOffer *best = NULL;
  double best_worth = 0;

  for (guint i = first; i < self->n_offers; i++)
    {
      const DfnLiveOffer *offer = &self->offers[i];
      double worth;

      if (offer->peer != self->offers[first].peer || !is_acceptable (self, now_us, offer))
        continue;
      worth = get_worth (self, now_us, offer);
      if (best != NULL && worth <= best_worth)
        continue;
      best = offer;
      best_worth = worth;
    }
  return best;
}

/* One answer for all that a peer offered at one time: it takes what is declined for what we have.
 */
static void
decline (DfnLiveScheduler *self, guint first)
{
  guint8 place = self->offers[first].peer;

  for (guint i = first; i < self->n_offers; i++)
    {
      DfnLiveEntry *entry = dfn_live_scheduler_find (self, self->offers[i].id);

      if (self->offers[i].peer == place && entry != NULL)
        entry->told |= G_GUINT64_CONSTANT (1) << place;
    }
  dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_DECLINE, place, self->offers[first].id, 0);
}

void
dfn_live_scheduler_answer_offers (DfnLiveScheduler *self, gint64 now_us)
{
  guint64 answered = ~self->used;

  for (guint i = 0; i < self->n_offers; i++)
    {
      guint8 place = self->offers[i].peer;
      const DfnLiveOffer *chosen;
      DfnLiveEntry *entry;

      if ((answered >> place & 1) != 0)
        continue;
      answered |= G_GUINT64_CONSTANT (1) << place;
      chosen = choose_offered (self, now_us, i);
      if (chosen == NULL)
        {
          decline (self, i);
          continue;
        }
      entry = dfn_live_scheduler_find (self, chosen->id);
      if (dfn_live_entry_get_claim (entry, place) == NULL)
        claim (self, now_us, entry, place, FALSE, chosen->size);
      dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_ACCEPT, place, chosen->id, 0);
    }
  self->n_offers = 0;
}

/* What others promised, but have not begun to send, is called off. */
static void
cancel_others (DfnLiveScheduler *self, DfnLiveEntry *entry, DfnChunkId id, guint8 place)
{
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    {
      DfnLiveClaim *other = &entry->claims[i];

      if (other->peer == DFN_LIVE_NOBODY || other->peer == place || other->begun_us != 0)
        continue;
      dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_CANCEL, other->peer, id, 0);
      close_claim (self, other);
    }
}

gboolean
dfn_live_scheduler_wants (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id)
{
  guint8 place;
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, id.track);
  DfnLiveEntry *entry;
  DfnLiveClaim *begun;

  if (dfn_live_scheduler_find_peer (self, peer, &place) == NULL || track == NULL)
    return FALSE;
  entry = dfn_live_scheduler_touch (self, track, now_us, id.sequence);
  if (entry == NULL)
    return !track->is_anchored;
  begin_behind (self, track, id.sequence);
  dfn_live_scheduler_note_has (self, entry, place);
  begun = dfn_live_entry_get_claim (entry, place);
  if (!is_wanted (self, now_us, track, entry))
    return FALSE;
  if (begun == NULL)
    {
      for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
        if (entry->claims[i].peer != DFN_LIVE_NOBODY && entry->claims[i].begun_us != 0
            && now_us < entry->claims[i].late_us)
          return FALSE;
      cancel_others (self, entry, id, place);
      claim (self, now_us, entry, place, FALSE, self->config.chunk_size);
      begun = dfn_live_entry_get_claim (entry, place);
    }
  if (begun == NULL)
    return TRUE;
  begun->begun_us = now_us;
  dfn_live_scheduler_note_coming (self, now_us, entry, place);
  return TRUE;
}

static void
note_delay (DfnLiveScheduler *self, double delay_us)
{
  if (self->delay_us > 0)
    self->delay_us += DELAY_GAIN * (delay_us - self->delay_us);
  else
    self->delay_us = MAX (delay_us, 1);
}

gboolean
dfn_live_scheduler_received (DfnLiveScheduler *self,
                             gint64 now_us,
                             guint64 peer,
                             DfnChunkId id,
                             guint32 size,
                             gint64 captured_us)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveTrack *track = dfn_live_scheduler_get_track (self, id.track);
  DfnLiveEntry *entry;
  DfnLiveClaim *kept;

  if (track == NULL || size == 0 || size > DFN_LIVE_SCHEDULER_MAX_CHUNK)
    return FALSE;
  entry = dfn_live_scheduler_anchor (self, track, id.sequence, captured_us);
  if (entry == NULL)
    return FALSE;
  if (from != NULL)
    {
      from->n_received++;
      dfn_live_peer_decay (from, now_us);
      from->received += 1;
      kept = dfn_live_entry_get_claim (entry, place);
      if (kept != NULL)
        {
          dfn_live_peer_kept (from, now_us, now_us - kept->since_us);
          if (kept->begun_us != 0)
            dfn_live_peer_flowed (from, now_us - kept->begun_us);
          close_claim (self, kept);
        }
      dfn_live_scheduler_note_has (self, entry, place);
      entry->told |= G_GUINT64_CONSTANT (1) << place;
    }
  if (entry->state == DFN_LIVE_STATE_HERE)
    {
      self->stats.n_duplicates++;
      return FALSE;
    }
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    if (entry->claims[i].peer != DFN_LIVE_NOBODY)
      {
        dfn_live_scheduler_reply (self, DFN_LIVE_ACTION_CANCEL, entry->claims[i].peer, id, 0);
        close_claim (self, &entry->claims[i]);
      }
  self->stats.n_received++;
  note_delay (self, (double) (now_us - captured_us));
  return dfn_live_scheduler_add_chunk (self, now_us, id, size, captured_us);
}

void
dfn_live_scheduler_take_cancel (DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id)
{
  guint8 place;
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);
  DfnLiveClaim *withdrawn;

  if (dfn_live_scheduler_find_peer (self, peer, &place) == NULL)
    return;
  dfn_live_scheduler_cancel_out (self, now_us, place, id);
  withdrawn = entry != NULL ? dfn_live_entry_get_claim (entry, place) : NULL;
  if (withdrawn == NULL)
    return;
  entry->refused |= G_GUINT64_CONSTANT (1) << place;
  close_claim (self, withdrawn);
  self->next_pull_us = MIN (self->next_pull_us, now_us);
}

static void
ban (DfnLiveScheduler *self, gint64 now_us, guint8 place)
{
  dfn_live_scheduler_drop_outs (self, now_us, place);
  dfn_live_scheduler_drop_claims (self, now_us, place);
  self->peers[place].is_banned = TRUE;
  self->used &= ~(G_GUINT64_CONSTANT (1) << place);
  self->touched &= self->used;
}

void
dfn_live_scheduler_failed (
    DfnLiveScheduler *self, gint64 now_us, guint64 peer, DfnChunkId id, DfnLiveFailure failure)
{
  guint8 place;
  DfnLivePeer *from = dfn_live_scheduler_find_peer (self, peer, &place);
  DfnLiveEntry *entry = dfn_live_scheduler_find (self, id);
  DfnLiveClaim *broken;

  if (from == NULL)
    return;
  broken = entry != NULL ? dfn_live_entry_get_claim (entry, place) : NULL;
  if (broken != NULL)
    close_claim (self, broken);
  if (entry != NULL)
    entry->refused |= G_GUINT64_CONSTANT (1) << place;
  switch (failure)
    {
    case DFN_LIVE_FAILURE_REFUSED:
    case DFN_LIVE_FAILURE_BUSY:
      break;
    case DFN_LIVE_FAILURE_BROKEN:
      dfn_live_peer_broke (from, now_us);
      break;
    case DFN_LIVE_FAILURE_INVALID:
      ban (self, now_us, place);
      break;
    }
  self->next_pull_us = MIN (self->next_pull_us, now_us);
}

/* Who would bring a missing chunk soonest, of those that have it. */
static guint8
choose_provider (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry)
{
  guint8 best = DFN_LIVE_NOBODY;
  double best_us = G_MAXDOUBLE;

  for (guint64 left = self->used & entry->have & ~entry->refused; left != 0; left &= left - 1)
    {
      guint8 place = (guint8) __builtin_ctzll (left);
      DfnLivePeer *peer = &self->peers[place];
      double expected_us = (peer->wait_us > 0 ? peer->wait_us : 3 * (double) self->config.slot_us)
                           * (1 + peer->n_claims)
                           / MAX (0.05, dfn_live_peer_get_score (peer, now_us))
                           * (0.75 + 0.5 * dfn_live_scheduler_random (self));

      if (peer->n_broken > 0 && peer->received < 0.5)
        expected_us *= NEVER_KEPT_FACTOR;
      if (dfn_live_entry_get_claim (entry, place) != NULL || peer->n_claims >= MAX_CLAIMS
          || expected_us >= best_us)
        continue;
      best = place;
      best_us = expected_us;
    }
  return best;
}

/* When a claim has been late for as long again, it is broken. */
static void
break_claims (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry, gint64 *next_us)
{
  for (guint i = 0; i < DFN_LIVE_MAX_CLAIMS; i++)
    {
      DfnLiveClaim *late = &entry->claims[i];
      gint64 broken_us;

      if (late->peer == DFN_LIVE_NOBODY)
        continue;
      broken_us = late->late_us + (late->late_us - late->since_us);
      if (now_us < late->late_us)
        *next_us = MIN (*next_us, late->late_us);
      else if (now_us < broken_us)
        *next_us = MIN (*next_us, broken_us);
      else
        {
          dfn_live_peer_broke (&self->peers[late->peer], now_us);
          entry->refused |= G_GUINT64_CONSTANT (1) << late->peer;
          self->stats.n_broken++;
          close_claim (self, late);
        }
    }
}

/* Whoever few give anything cannot wait for what is offered. */
static gboolean
is_among_takers (DfnLiveScheduler *self)
{
  guint n_givers = 0;

  if (self->stats.n_peers < MANY_NEIGHBOURS)
    return FALSE;
  for (guint64 left = self->used; left != 0; left &= left - 1)
    n_givers += self->peers[__builtin_ctzll (left)].received > 0.5;
  return n_givers < FEW_GIVERS * __builtin_popcountll (self->used);
}

/* Whether a chunk that is missing is to be requested now; if not, when to look again. */
static gboolean
is_repair_due (DfnLiveScheduler *self, gint64 now_us, DfnLiveEntry *entry, gint64 *next_us)
{
  double share = is_among_takers (self) ? FEW_GIVERS_REPAIR_SHARE : REPAIR_SHARE;
  gint64 repair_us = entry->captured_us + (gint64) (share * (double) self->config.buffer_us);
  guint n_good, n;

  break_claims (self, now_us, entry, next_us);
  n = dfn_live_entry_count_claims (entry, now_us, &n_good);
  if (n_good > 0 || n == DFN_LIVE_MAX_CLAIMS)
    return FALSE;
  if (now_us < repair_us)
    {
      *next_us = MIN (*next_us, repair_us);
      return FALSE;
    }
  return TRUE;
}

gboolean
dfn_live_scheduler_next_request (DfnLiveScheduler *self, gint64 now_us, DfnLiveAction *action)
{
  gint64 next_us = G_MAXINT64;

  if (now_us < self->next_pull_us)
    return FALSE;
  for (guint64 left = self->tracks_wanted; left != 0; left &= left - 1)
    {
      DfnLiveTrack *track = self->tracks[__builtin_ctzll (left)];

      for (guint64 i = MAX (track->begin, track->start); i < track->end; i++)
        {
          DfnLiveEntry *entry = dfn_live_track_find (track, i);
          guint8 place;

          if (entry == NULL || !is_wanted (self, now_us, track, entry)
              || !is_repair_due (self, now_us, entry, &next_us))
            continue;
          place = choose_provider (self, now_us, entry);
          if (place == DFN_LIVE_NOBODY)
            continue;
          if (dfn_live_entry_get_claim (entry, DFN_LIVE_NOBODY) == &entry->claims[0]
              && entry->claims[1].peer == DFN_LIVE_NOBODY)
            self->stats.n_repairs++;
          else
            self->stats.n_hedges++;
          claim (self, now_us, entry, place, TRUE, self->config.chunk_size);
          *action = (DfnLiveAction){ .type = DFN_LIVE_ACTION_REQUEST,
                                     .peer = self->peers[place].id,
                                     .id = { track->number, (guint32) i } };
          return TRUE;
        }
    }
  self->next_pull_us = next_us;
  return FALSE;
}
