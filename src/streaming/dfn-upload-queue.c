/* SPDX-License-Identifier: MIT */
#include "dfn-upload-queue.h"

#include "dfn-manifest.h"

#include <math.h>

#define US_PER_S 1000000.0

/* What is under way at once is what the uplink sends in this time, and two chunks at least, so
 * that one follows the other without a gap. */
#define UNDER_WAY_S 0.3
#define MIN_UNDER_WAY 2
/* Bytes, while the uplink is unknown: they share it, so each chunk more makes the first to arrive
 * later. */
#define UNKNOWN_UNDER_WAY (256 * 1024)
/* Bytes to one peer, so that the next is there when one has left a fast uplink. */
#define UNDER_WAY_TO_PEER (512 * 1024)
/* A chunk that takes this many times its share of the uplink is held up by its own way, and no
 * reason not to use the uplink for others. */
#define SLOW_FACTOR 3
#define UNKNOWN_SLOW_US 1500000

/* Service counts less as it gets older. */
#define HALF_LIFE_US 60000000.0
#define MAX_KEPT 256
/* Before that many chunks, and that much time, nobody is judged. */
#define GRACE 8
#define GRACE_US 12000000
#define LEAST_SHARE 0.05
#define LEAST_GIVEN 0.02
/* One chunk in so many goes to whoever was served longest ago, so that nobody is shut out. */
#define OPTIMISTIC_EVERY 32
/* That nothing is left to send is told no oftener, as it takes a packet a peer. */
#define IDLE_EVERY_US 100000
/* Differences in what peers have count from this part of the file on. */
#define PROGRESS_PARTS 64

typedef struct {
  guint32 index;
  gint64 since_us;
} Entry;

typedef struct {
  guint64 id;
  DfnBitmap *has;    /* NULL for everything */
  GArray *waiting;   /* Entry */
  GArray *under_way; /* Entry */
  GArray *given;     /* Entry; under way or sent, and it has not said that it has it */
  GArray *entrusted; /* Entry; given to it when nobody else had it, and not seen elsewhere since */
  gint64 served_us;

  /* In chunks, decayed. */
  gint64 decayed_us;
  double n_given;
  double n_taken;
  double n_asked;
  double n_entrusted;
  double n_forwarded;
  gint64 silent_since_us;   /* since when it has not said what it has */
  gint64 unproven_since_us; /* since when what it forwarded is too little for what it was given */
  gboolean is_sink;         /* what it gets is lost for others */
  gboolean is_idler;        /* is a sink, or gives us nothing although we ask */
} Peer;

struct _DfnUploadQueue {
  guint32 n_chunks;
  guint32 chunk_size;
  GPtrArray *peers; /* Peer */
  double uplink;
  guint64 n_served;
  guint64 n_first_copies;
  guint64 n_chosen;
  guint64 n_told_idle; /* @n_chosen when it was said that nothing is left */
  gint64 told_idle_us;
  guint told; /* whose turn it is to be told */
};

static void
peer_free (Peer *peer)
{
  g_clear_pointer (&peer->has, dfn_bitmap_free);
  g_array_unref (peer->given);
  g_array_unref (peer->entrusted);
  g_array_unref (peer->waiting);
  g_array_unref (peer->under_way);
  g_free (peer);
}

DfnUploadQueue *
dfn_upload_queue_new (guint32 n_chunks, guint32 chunk_size)
{
  DfnUploadQueue *self = g_new0 (DfnUploadQueue, 1);

  self->n_chunks = n_chunks;
  self->chunk_size = chunk_size;
  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  return self;
}

void
dfn_upload_queue_free (DfnUploadQueue *self)
{
  g_ptr_array_unref (self->peers);
  g_free (self);
}

static Peer *
peer_at (DfnUploadQueue *self, guint place)
{
  return g_ptr_array_index (self->peers, place);
}

static Peer *
lookup (DfnUploadQueue *self, guint64 id)
{
  for (guint i = 0; i < self->peers->len; i++)
    if (peer_at (self, i)->id == id)
      return peer_at (self, i);
  return NULL;
}

static Entry *
entry_at (GArray *entries, guint place)
{
  return &g_array_index (entries, Entry, place);
}

static int
find (GArray *entries, guint32 index)
{
  for (guint i = 0; i < entries->len; i++)
    if (entry_at (entries, i)->index == index)
      return (int) i;
  return -1;
}

static gboolean
drop (GArray *entries, guint32 index)
{
  int place = find (entries, index);

  if (place < 0)
    return FALSE;
  g_array_remove_index (entries, (guint) place);
  return TRUE;
}

/* Forgets the oldest rather than to grow without end. */
static void
keep (GArray *entries, Entry entry)
{
  if (entries->len >= MAX_KEPT)
    g_array_remove_index (entries, 0);
  g_array_append_val (entries, entry);
}

void
dfn_upload_queue_set_uplink (DfnUploadQueue *self, double rate)
{
  self->uplink = rate;
}

gboolean
dfn_upload_queue_add_peer (DfnUploadQueue *self, gint64 now_us, guint64 peer)
{
  Peer *added;

  g_return_val_if_fail (lookup (self, peer) == NULL, FALSE);

  if (self->peers->len >= DFN_UPLOAD_QUEUE_MAX_PEERS)
    return FALSE;
  added = g_new0 (Peer, 1);
  added->id = peer;
  added->has = dfn_bitmap_new (self->n_chunks);
  added->given = g_array_new (FALSE, FALSE, sizeof (Entry));
  added->entrusted = g_array_new (FALSE, FALSE, sizeof (Entry));
  added->waiting = g_array_new (FALSE, FALSE, sizeof (Entry));
  added->under_way = g_array_new (FALSE, FALSE, sizeof (Entry));
  added->decayed_us = added->silent_since_us = added->unproven_since_us = now_us;
  g_ptr_array_add (self->peers, added);
  return TRUE;
}

void
dfn_upload_queue_remove_peer (DfnUploadQueue *self, guint64 peer)
{
  Peer *gone = lookup (self, peer);

  if (gone != NULL)
    g_ptr_array_remove (self->peers, gone);
}

/* Who gives and who only takes */

static void
decay (Peer *peer, gint64 now_us)
{
  double factor = exp2 (-(double) (now_us - peer->decayed_us) / HALF_LIFE_US);

  peer->n_given *= factor;
  peer->n_taken *= factor;
  peer->n_asked *= factor;
  peer->n_entrusted *= factor;
  peer->n_forwarded *= factor;
  peer->decayed_us = now_us;
}

/* Three kinds of evidence. What we asked it for and what it gave, for what we gave it. What, of the
 * chunks that only it had from us, turned up at others. And whether it admits to have what we gave
 * it, without which nobody could ask it for that. */
static void
judge (Peer *peer, gint64 now_us)
{
  gboolean forwards = peer->n_forwarded >= LEAST_SHARE * peer->n_entrusted;
  gboolean gives = peer->n_taken + peer->n_forwarded >= LEAST_GIVEN * peer->n_given;

  if (forwards)
    peer->unproven_since_us = now_us;
  if (peer->given->len == peer->under_way->len)
    peer->silent_since_us = now_us;
  peer->is_sink =
      now_us >= peer->unproven_since_us + GRACE_US || now_us >= peer->silent_since_us + GRACE_US;
  peer->is_idler = peer->is_sink || (peer->n_given > GRACE && peer->n_asked > GRACE && !gives);
}

void
dfn_upload_queue_asked (DfnUploadQueue *self, gint64 now_us, guint64 peer)
{
  Peer *asked = lookup (self, peer);

  if (asked == NULL)
    return;
  decay (asked, now_us);
  asked->n_asked++;
}

void
dfn_upload_queue_credit (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint64 bytes)
{
  Peer *giver = lookup (self, peer);

  if (giver == NULL)
    return;
  decay (giver, now_us);
  giver->n_taken += (double) bytes / self->chunk_size;
  judge (giver, now_us);
}

static void
see_forwarded (DfnUploadQueue *self, gint64 now_us, Peer *at, guint32 index)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = peer_at (self, i);

      if (peer == at || !drop (peer->entrusted, index))
        continue;
      decay (peer, now_us);
      peer->n_forwarded++;
      judge (peer, now_us);
    }
}

void
dfn_upload_queue_peer_has (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint32 index)
{
  Peer *changed = lookup (self, peer);

  if (changed == NULL || changed->has == NULL || index >= self->n_chunks
      || !dfn_bitmap_add (changed->has, index))
    return;
  if (drop (changed->given, index))
    changed->silent_since_us = now_us;
  else
    see_forwarded (self, now_us, changed, index);
}

void
dfn_upload_queue_peer_has_all (DfnUploadQueue *self, guint64 peer)
{
  Peer *changed = lookup (self, peer);

  if (changed == NULL)
    return;
  g_clear_pointer (&changed->has, dfn_bitmap_free);
  g_array_set_size (changed->given, 0);
}

/* Requests */

gboolean
dfn_upload_queue_request (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint32 index)
{
  Peer *asking = lookup (self, peer);
  Entry entry = { .index = index, .since_us = now_us };

  g_return_val_if_fail (index < self->n_chunks, FALSE);

  if (asking == NULL || asking->waiting->len >= DFN_UPLOAD_QUEUE_MAX_REQUESTS
      || find (asking->waiting, index) >= 0 || find (asking->under_way, index) >= 0)
    return FALSE;
  g_array_append_val (asking->waiting, entry);
  return TRUE;
}

void
dfn_upload_queue_cancel (DfnUploadQueue *self, guint64 peer, guint32 index)
{
  Peer *asking = lookup (self, peer);

  if (asking == NULL)
    return;
  if (drop (asking->waiting, index) || !drop (asking->under_way, index))
    return;
  /* It has it from elsewhere, and says so in a moment, or it goes without. */
  drop (asking->given, index);
  drop (asking->entrusted, index);
}

/* The choice */

static guint
get_limit (DfnUploadQueue *self)
{
  double bytes = self->uplink > 0 ? self->uplink * UNDER_WAY_S : UNKNOWN_UNDER_WAY;

  return MAX (MIN_UNDER_WAY, (guint) (bytes / self->chunk_size));
}

static gint64
get_slow_us (DfnUploadQueue *self)
{
  if (self->uplink <= 0)
    return UNKNOWN_SLOW_US;
  return (gint64) (SLOW_FACTOR * get_limit (self) * self->chunk_size / self->uplink * US_PER_S);
}

static gboolean
has_room (DfnUploadQueue *self, gint64 now_us)
{
  gint64 slow_us = get_slow_us (self);
  guint n = 0;

  for (guint i = 0; i < self->peers->len; i++)
    {
      GArray *under_way = peer_at (self, i)->under_way;

      for (guint j = 0; j < under_way->len; j++)
        n += now_us - entry_at (under_way, j)->since_us < slow_us;
    }
  return n < get_limit (self);
}

/* A copy with somebody who passes nothing on is none. */
static guint
count_copies (DfnUploadQueue *self, guint32 index)
{
  guint n = 0;

  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = peer_at (self, i);

      n += !peer->is_sink
           && (peer->has == NULL || dfn_bitmap_has (peer->has, index)
               || find (peer->given, index) >= 0);
    }
  return n;
}

typedef struct {
  Peer *peer;
  guint place;
  gboolean is_idler;
  guint n_copies;
  guint n_unproven; /* chunks that it was entrusted with and nobody else has */
  guint n_unsaid;   /* chunks that it was given and does not say that it has */
  guint progress;   /* in parts of the file */
} Candidate;

static gboolean
is_better (const Candidate *a, const Candidate *b, gboolean is_optimistic)
{
  if (is_optimistic && a->peer != b->peer)
    return a->peer->served_us < b->peer->served_us;
  if (a->is_idler != b->is_idler)
    return !a->is_idler;
  if (a->n_copies == 0 || b->n_copies == 0)
    {
      if (a->n_copies != b->n_copies)
        return a->n_copies < b->n_copies;
      /* Who still has to show that it passes on what it was entrusted with waits for others. */
      if (a->n_unproven != b->n_unproven)
        return a->n_unproven < b->n_unproven;
    }
  if (a->n_unsaid != b->n_unsaid)
    return a->n_unsaid < b->n_unsaid;
  if (a->progress != b->progress)
    return a->progress < b->progress;
  if (a->n_copies != b->n_copies)
    return a->n_copies < b->n_copies;
  /* The chunk that waits longest of the peer that waits longest. */
  if (a->peer != b->peer)
    return a->peer->served_us < b->peer->served_us;
  return FALSE;
}

static guint
get_progress (DfnUploadQueue *self, const Peer *peer)
{
  if (peer->has == NULL)
    return PROGRESS_PARTS;
  return (guint) ((guint64) dfn_bitmap_get_n_set (peer->has) * PROGRESS_PARTS / self->n_chunks);
}

/* @peer gets a chunk that nobody else has; whoever was given it before has not passed it on. */
static void
entrust (DfnUploadQueue *self, gint64 now_us, Peer *peer, Entry entry)
{
  for (guint i = 0; i < self->peers->len; i++)
    drop (peer_at (self, i)->entrusted, entry.index);
  if (peer->n_forwarded >= LEAST_SHARE * peer->n_entrusted)
    peer->unproven_since_us = now_us;
  decay (peer, now_us);
  peer->n_entrusted++;
  keep (peer->entrusted, entry);
}

/* With a second copy from here nobody can tell any more who passes it on. */
static void
annul_trust (DfnUploadQueue *self, gint64 now_us, guint32 index)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = peer_at (self, i);

      if (!drop (peer->entrusted, index))
        continue;
      decay (peer, now_us);
      peer->n_entrusted = MAX (0, peer->n_entrusted - 1);
    }
}

static gboolean
choose (DfnUploadQueue *self, Candidate *best)
{
  guint most_to_peer = MAX (MIN_UNDER_WAY, UNDER_WAY_TO_PEER / self->chunk_size);
  gboolean is_optimistic = self->n_chosen % OPTIMISTIC_EVERY == OPTIMISTIC_EVERY - 1;

  best->peer = NULL;
  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = peer_at (self, i);

      if (peer->under_way->len >= most_to_peer)
        continue;
      for (guint j = 0; j < peer->waiting->len; j++)
        {
          Candidate candidate = { .peer = peer,
                                  .place = j,
                                  .is_idler = peer->is_idler,
                                  .n_unproven = peer->entrusted->len,
                                  .n_unsaid = peer->given->len,
                                  .progress = get_progress (self, peer),
                                  .n_copies =
                                      count_copies (self, entry_at (peer->waiting, j)->index) };

          if (best->peer == NULL || is_better (&candidate, best, is_optimistic))
            *best = candidate;
        }
    }
  return best->peer != NULL;
}

gboolean
dfn_upload_queue_next (DfnUploadQueue *self, gint64 now_us, guint64 *peer, guint32 *index)
{
  Candidate chosen = { 0 };
  Entry entry;

  if (!has_room (self, now_us))
    return FALSE;
  for (guint i = 0; i < self->peers->len; i++)
    judge (peer_at (self, i), now_us);
  if (!choose (self, &chosen))
    return FALSE;
  entry = *entry_at (chosen.peer->waiting, chosen.place);
  g_array_remove_index (chosen.peer->waiting, chosen.place);
  entry.since_us = now_us;
  g_array_append_val (chosen.peer->under_way, entry);
  chosen.peer->served_us = now_us;
  self->n_chosen++;
  if (chosen.n_copies == 0)
    {
      self->n_first_copies++;
      entrust (self, now_us, chosen.peer, entry);
    }
  else
    annul_trust (self, now_us, entry.index);
  if (chosen.peer->has != NULL && !dfn_bitmap_has (chosen.peer->has, entry.index))
    keep (chosen.peer->given, entry);
  *peer = chosen.peer->id;
  *index = entry.index;
  return TRUE;
}

guint
dfn_upload_queue_take_idle (DfnUploadQueue *self, gint64 now_us, guint64 *peers)
{
  guint n = 0, n_peers = self->peers->len;

  if (self->n_chosen == self->n_told_idle || now_us < self->told_idle_us + IDLE_EVERY_US)
    return 0;
  for (guint i = 0; i < n_peers; i++)
    if (peer_at (self, i)->waiting->len + peer_at (self, i)->under_way->len > 0)
      return 0;
  self->n_told_idle = self->n_chosen;
  self->told_idle_us = now_us;
  for (guint i = 0; i < n_peers && n < DFN_UPLOAD_QUEUE_MAX_TOLD; i++)
    {
      const Peer *peer = peer_at (self, self->told++ % n_peers);

      if (peer->has != NULL && dfn_bitmap_get_n_set (peer->has) < self->n_chunks)
        peers[n++] = peer->id;
    }
  return n;
}

void
dfn_upload_queue_sent (DfnUploadQueue *self, gint64 now_us, guint64 peer, guint32 index)
{
  Peer *receiver = lookup (self, peer);
  int place;

  if (receiver == NULL || (place = find (receiver->under_way, index)) < 0)
    return;
  g_array_remove_index (receiver->under_way, (guint) place);
  decay (receiver, now_us);
  receiver->n_given++;
  judge (receiver, now_us);
  self->n_served++;
}

gint64
dfn_upload_queue_get_wakeup (DfnUploadQueue *self, gint64 now_us)
{
  gint64 slow_us = get_slow_us (self);
  gint64 wakeup_us = G_MAXINT64;
  gboolean any = FALSE;

  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = peer_at (self, i);

      any |= peer->waiting->len > 0;
      for (guint j = 0; j < peer->under_way->len; j++)
        {
          gint64 at_us = entry_at (peer->under_way, j)->since_us + slow_us;

          if (at_us > now_us)
            wakeup_us = MIN (wakeup_us, at_us);
        }
    }
  return any ? wakeup_us : G_MAXINT64;
}

void
dfn_upload_queue_get_stats (DfnUploadQueue *self, DfnUploadQueueStats *stats)
{
  *stats = (DfnUploadQueueStats){ .n_peers = self->peers->len,
                                  .n_served = self->n_served,
                                  .n_first_copies = self->n_first_copies };
  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = peer_at (self, i);

      stats->n_waiting += peer->waiting->len;
      stats->n_under_way += peer->under_way->len;
      stats->n_idlers += peer->is_idler;
    }
}
