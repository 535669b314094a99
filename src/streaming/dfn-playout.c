/* SPDX-License-Identifier: MIT */
#include "dfn-playout.h"

#include "dfn-playout-clock.h"

#define MIN_TARGET_US (G_USEC_PER_SEC / 2)
#define MAX_TARGET_US (6 * G_USEC_PER_SEC)
#define START_TARGET_US (3 * G_USEC_PER_SEC / 2)
#define MAX_BEHIND_US (4 * G_USEC_PER_SEC)
#define MAX_NEEDED 64
/* Key frames are no further apart. */
#define MAX_SEEK_LEEWAY_US (10 * G_USEC_PER_SEC)
/* Playing begins where so much is here in one piece, as it would soon stand still where chunks come
 * late; after this time beyond the target, anywhere. */
#define RUN_SLOTS 8
#define BEGIN_PATIENCE_US G_USEC_PER_SEC
/* How often it is looked whether that is so. */
#define BEGIN_CHECK_US 50000

struct _DfnPlayout {
  DfnPlayoutConfig config;
  DfnPlayoutClock clock;
  GTree *chunks; /* sequence: owned DfnLiveChunk */
  gsize n_bytes;
  gint64 played_us; /* capture of the chunk that was played last */
  gint64 edge_us;   /* capture of the newest chunk that exists, as far as known */

  gboolean has_begun;
  guint32 next; /* the sequence to be played next */
  gboolean is_live;
  gboolean is_seeking; /* from @next on, a place to begin is looked for */
  gint64 leeway_us;    /* how far from there it may be */
  gboolean is_paused;
  gint64 paused_us;
  gboolean is_finishing;
  gboolean is_ended;
  gint64 stalled_since_us; /* 0 while playing does not stand still */

  DfnPlayoutStats stats;
};

void
dfn_playout_config_init (DfnPlayoutConfig *config, gint64 slot_us)
{
  *config = (DfnPlayoutConfig){
    .slot_us = slot_us,
    .min_target_us = MIN_TARGET_US,
    .max_target_us = MAX_TARGET_US,
    .start_target_us = START_TARGET_US,
    .max_behind_us = MAX_BEHIND_US,
  };
}

static int
compare_sequences (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint32 first = GPOINTER_TO_UINT (a), second = GPOINTER_TO_UINT (b);

  return first < second ? -1 : first > second;
}

static void
chunk_unref (gpointer chunk)
{
  dfn_live_chunk_unref (chunk);
}

DfnPlayout *
dfn_playout_new (const DfnPlayoutConfig *config)
{
  DfnPlayout *self = g_new0 (DfnPlayout, 1);

  self->config = *config;
  dfn_playout_clock_init (&self->clock, &self->config);
  self->chunks = g_tree_new_full (compare_sequences, NULL, NULL, chunk_unref);
  self->is_live = TRUE;
  return self;
}

void
dfn_playout_free (DfnPlayout *self)
{
  g_tree_unref (self->chunks);
  g_free (self);
}

static void
drop (DfnPlayout *self, guint32 sequence)
{
  DfnLiveChunk *chunk = g_tree_lookup (self->chunks, GUINT_TO_POINTER (sequence));

  self->n_bytes -= chunk->header.size;
  g_tree_remove (self->chunks, GUINT_TO_POINTER (sequence));
}

/* Lets go of everything before @sequence; returns how many chunks that were. */
static guint
drop_before (DfnPlayout *self, guint32 sequence)
{
  GTreeNode *node;
  guint n = 0;

  while ((node = g_tree_node_first (self->chunks)) != NULL
         && GPOINTER_TO_UINT (g_tree_node_key (node)) < sequence)
    {
      drop (self, GPOINTER_TO_UINT (g_tree_node_key (node)));
      n++;
    }
  return n;
}

static gboolean
is_full (DfnPlayout *self)
{
  return g_tree_nnodes (self->chunks) >= DFN_PLAYOUT_MAX_CHUNKS
         || self->n_bytes >= DFN_PLAYOUT_MAX_BYTES;
}

void
dfn_playout_add (DfnPlayout *self, gint64 now_us, DfnLiveChunk *chunk, gboolean is_fresh)
{
  guint32 sequence = chunk->header.sequence;
  gint64 captured_us = chunk->header.captured_us;

  if (g_tree_lookup (self->chunks, GUINT_TO_POINTER (sequence)) != NULL)
    {
      self->stats.n_duplicates++;
      return;
    }
  if (is_fresh || !self->clock.has_offset)
    dfn_playout_clock_measure (&self->clock, now_us, captured_us);
  self->edge_us = MAX (self->edge_us, captured_us);
  if (self->has_begun && sequence < self->next)
    {
      self->stats.n_late += is_fresh;
      return;
    }
  if (is_full (self))
    {
      guint32 last = GPOINTER_TO_UINT (g_tree_node_key (g_tree_node_last (self->chunks)));

      if (sequence > last)
        return;
      drop (self, last);
    }
  g_tree_insert (self->chunks, GUINT_TO_POINTER (sequence), dfn_live_chunk_ref (chunk));
  self->n_bytes += chunk->header.size;
}

void
dfn_playout_note_edge (DfnPlayout *self, gint64 captured_us)
{
  self->edge_us = MAX (self->edge_us, captured_us);
}

static gint64
due (DfnPlayout *self, const DfnLiveChunk *chunk)
{
  return self->is_finishing ? G_MININT64
                            : dfn_playout_clock_due (&self->clock, chunk->header.captured_us);
}

static gboolean
can_begin (const DfnLiveChunk *chunk)
{
  return (chunk->header.flags & (DFN_LIVE_FLAG_JOIN | DFN_LIVE_FLAG_END)) != 0;
}

/* When what is missing before @chunk is waited for no longer. After the end nothing is in a hurry.
 */
static gint64
skip_due (DfnPlayout *self, const DfnLiveChunk *chunk)
{
  gboolean is_end = (chunk->header.flags & DFN_LIVE_FLAG_END) != 0;

  return self->is_finishing ? G_MININT64
                            : due (self, chunk) + (is_end ? self->config.max_behind_us : 0);
}

/* The first chunk from @sequence on that a reader can begin with. */
static const DfnLiveChunk *
find_beginning (DfnPlayout *self, guint32 sequence)
{
  for (GTreeNode *node = g_tree_lower_bound (self->chunks, GUINT_TO_POINTER (sequence));
       node != NULL; node = g_tree_node_next (node))
    if (can_begin (g_tree_node_value (node)))
      return g_tree_node_value (node);
  return NULL;
}

/* Whether enough follows a chunk in one piece, or it has waited for that long enough. */
static gboolean
has_run (DfnPlayout *self, GTreeNode *node, gint64 now_us)
{
  const DfnLiveChunk *first = g_tree_node_value (node), *last = first;

  if (self->has_begun || self->is_finishing || due (self, first) + BEGIN_PATIENCE_US <= now_us)
    return TRUE;
  while (last->header.captured_us < first->header.captured_us + RUN_SLOTS * self->config.slot_us
         && (last->header.flags & DFN_LIVE_FLAG_END) == 0)
    {
      const DfnLiveChunk *next;

      node = g_tree_node_next (node);
      next = node != NULL ? g_tree_node_value (node) : NULL;
      if (next == NULL || next->header.sequence != last->header.sequence + 1)
        return FALSE;
      last = next;
    }
  return TRUE;
}

/* The last chunk that a reader can begin with and that is due by @now_us. */
static const DfnLiveChunk *
find_latest_beginning (DfnPlayout *self, gint64 now_us)
{
  for (GTreeNode *node = g_tree_node_last (self->chunks); node != NULL;
       node = g_tree_node_previous (node))
    {
      const DfnLiveChunk *chunk = g_tree_node_value (node);

      if (can_begin (chunk) && due (self, chunk) <= now_us && has_run (self, node, now_us))
        return chunk;
    }
  return NULL;
}

static void
skip_to (DfnPlayout *self, const DfnLiveChunk *chunk)
{
  guint32 sequence = chunk->header.sequence;
  guint n_here = drop_before (self, sequence);

  if (self->has_begun)
    {
      self->stats.n_skipped += n_here;
      self->stats.n_missed += sequence - self->next - n_here;
    }
  self->has_begun = TRUE;
  self->next = sequence;
}

/* Too far behind: back to the target's distance from the live edge, if one can begin there. */
static gboolean
catch_up (DfnPlayout *self, gint64 now_us)
{
  gint64 delay_us = self->clock.delay_us;
  const DfnLiveChunk *chunk;

  if (!self->is_live || self->is_finishing
      || delay_us - self->clock.target_us <= self->config.max_behind_us)
    return FALSE;
  self->clock.delay_us = self->clock.target_us;
  chunk = find_latest_beginning (self, now_us);
  if (chunk == NULL || chunk->header.sequence <= self->next)
    {
      self->clock.delay_us = delay_us;
      return FALSE;
    }
  dfn_playout_clock_anchor (&self->clock, now_us, chunk->header.captured_us);
  skip_to (self, chunk);
  return TRUE;
}

static void
begin_stall (DfnPlayout *self, gint64 since_us)
{
  self->stalled_since_us = MAX (since_us, 1);
  self->stats.n_stalls++;
}

static void
note_stall (DfnPlayout *self, gint64 now_us)
{
  GTreeNode *later = g_tree_lower_bound (self->chunks, GUINT_TO_POINTER (self->next));
  gint64 edge_due_us = later != NULL ? due (self, g_tree_node_value (later))
                                     : dfn_playout_clock_due (&self->clock, self->edge_us);

  if (self->stalled_since_us != 0 || edge_due_us >= now_us || self->is_finishing)
    return;
  /* Without a later one the newest that exists may be the one that was played last. */
  if (later == NULL && self->edge_us <= self->played_us)
    return;
  begin_stall (self, edge_due_us);
}

static void
end_stall (DfnPlayout *self, gint64 now_us)
{
  if (self->stalled_since_us != 0)
    self->stats.stalled_us += now_us - self->stalled_since_us;
  self->stalled_since_us = 0;
}

/* After a jump playing begins at the first chunk there that a reader can begin with; those before
 * it come first, or never: nothing is waited for once one is here. */
static gboolean
find_sought_place (DfnPlayout *self, gint64 now_us, gboolean *begins)
{
  const DfnLiveChunk *chunk = find_beginning (self, self->next);

  if (chunk == NULL || due (self, chunk) > now_us + self->leeway_us)
    return FALSE;
  drop_before (self, chunk->header.sequence);
  self->next = chunk->header.sequence;
  self->is_seeking = FALSE;
  dfn_playout_clock_anchor (&self->clock, now_us, chunk->header.captured_us);
  *begins = TRUE;
  return TRUE;
}

/* Goes to where playing can begin, or go on after a gap. Returns FALSE if it cannot yet. */
static gboolean
find_place (DfnPlayout *self, gint64 now_us, gboolean *begins)
{
  const DfnLiveChunk *chunk;

  *begins = FALSE;
  if (self->is_seeking)
    return find_sought_place (self, now_us, begins);
  if (self->has_begun && g_tree_lookup (self->chunks, GUINT_TO_POINTER (self->next)) != NULL)
    return TRUE;
  chunk =
      self->has_begun ? find_beginning (self, self->next) : find_latest_beginning (self, now_us);
  if (chunk == NULL || skip_due (self, chunk) > now_us)
    {
      if (self->has_begun)
        note_stall (self, now_us);
      return FALSE;
    }
  *begins = TRUE;
  if (self->has_begun && !self->is_finishing)
    dfn_playout_clock_missed (&self->clock, now_us);
  skip_to (self, chunk);
  return TRUE;
}

DfnLiveChunk *
dfn_playout_next (DfnPlayout *self, gint64 now_us, gboolean *begins)
{
  gboolean is_beginning, is_late;
  DfnLiveChunk *chunk;
  gint64 due_us;

  if (self->is_paused || self->is_ended || !self->clock.has_offset)
    return NULL;
  dfn_playout_clock_move (&self->clock, now_us,
                          self->has_begun && self->is_live && self->stalled_since_us == 0);
  if (!find_place (self, now_us, &is_beginning))
    return NULL;
  chunk = g_tree_lookup (self->chunks, GUINT_TO_POINTER (self->next));
  due_us = due (self, chunk);
  if (due_us > now_us)
    return NULL;
  /* It came too late, or nobody asked in time: what follows it comes as much later. */
  is_late = !self->is_finishing && !is_beginning && now_us - due_us > self->config.slot_us;
  if (is_late || (is_beginning && !self->is_finishing))
    dfn_playout_clock_anchor (&self->clock, now_us, chunk->header.captured_us);
  if (catch_up (self, now_us))
    {
      is_beginning = TRUE;
      chunk = g_tree_lookup (self->chunks, GUINT_TO_POINTER (self->next));
    }
  if (self->stalled_since_us == 0 && is_late)
    begin_stall (self, due_us);
  end_stall (self, now_us);
  dfn_live_chunk_ref (chunk);
  self->played_us = chunk->header.captured_us;
  self->is_ended = (chunk->header.flags & DFN_LIVE_FLAG_END) != 0;
  self->stats.n_played++;
  drop (self, self->next++);
  if (begins != NULL)
    *begins = is_beginning;
  return chunk;
}

gint64
dfn_playout_get_wakeup (DfnPlayout *self, gint64 now_us)
{
  const DfnLiveChunk *chunk = NULL;

  if (self->is_paused || self->is_ended || !self->clock.has_offset)
    return G_MAXINT64;
  if (self->has_begun)
    chunk = g_tree_lookup (self->chunks, GUINT_TO_POINTER (self->next));
  if (chunk != NULL)
    return MAX (due (self, chunk), now_us + 1);
  chunk = find_beginning (self, self->has_begun ? self->next : 0);
  if (chunk != NULL && skip_due (self, chunk) > now_us)
    return skip_due (self, chunk);
  if (chunk != NULL)
    return now_us + (self->has_begun ? 1 : BEGIN_CHECK_US);
  /* When what is known to exist and is not here begins to be missed. */
  if (self->has_begun && self->edge_us > self->played_us && self->stalled_since_us == 0)
    return MAX (dfn_playout_clock_due (&self->clock, self->edge_us), now_us) + 1;
  return G_MAXINT64;
}

void
dfn_playout_set_paused (DfnPlayout *self, gint64 now_us, gboolean is_paused)
{
  if (self->is_paused == is_paused)
    return;
  self->is_paused = is_paused;
  end_stall (self, now_us);
  if (is_paused)
    {
      self->paused_us = now_us;
      return;
    }
  /* Whoever stopped for a while wants to go on where that was. */
  if (now_us - self->paused_us > self->config.max_behind_us)
    self->is_live = FALSE;
  if (self->has_begun)
    self->clock.delay_us += now_us - self->paused_us;
  self->clock.moved_us = now_us;
}

gboolean
dfn_playout_get_needed (DfnPlayout *self, guint32 *sequence, guint *n)
{
  GTreeNode *later;

  if (!self->has_begun || self->is_ended)
    return FALSE;
  *sequence = self->next;
  for (guint i = 0; i < MAX_NEEDED; i++, (*sequence)++)
    if (g_tree_lookup (self->chunks, GUINT_TO_POINTER (*sequence)) == NULL)
      break;
  later = g_tree_lower_bound (self->chunks, GUINT_TO_POINTER (*sequence));
  *n = MAX_NEEDED;
  if (later != NULL)
    *n = MIN (GPOINTER_TO_UINT (g_tree_node_key (later)) - *sequence, MAX_NEEDED);
  return *n > 0;
}

static void
forget_all (DfnPlayout *self)
{
  drop_before (self, G_MAXUINT32);
  self->stalled_since_us = 0;
  self->is_ended = FALSE;
}

void
dfn_playout_seek (DfnPlayout *self, gint64 now_us, guint32 sequence, gint64 captured_us)
{
  forget_all (self);
  self->has_begun = TRUE;
  self->next = sequence;
  self->is_live = FALSE;
  self->is_seeking = TRUE;
  self->leeway_us = CLAMP ((self->edge_us - captured_us) / 2, 0, MAX_SEEK_LEEWAY_US);
  dfn_playout_clock_anchor (&self->clock, now_us, captured_us);
}

void
dfn_playout_go_live (DfnPlayout *self)
{
  forget_all (self);
  self->has_begun = FALSE;
  self->is_seeking = FALSE;
  self->is_live = TRUE;
  dfn_playout_clock_stop (&self->clock);
}

void
dfn_playout_finish (DfnPlayout *self)
{
  self->is_finishing = TRUE;
}

gboolean
dfn_playout_is_ended (DfnPlayout *self)
{
  return self->is_ended;
}

gboolean
dfn_playout_get_offset (DfnPlayout *self, gint64 *offset_us)
{
  *offset_us = self->clock.offset_us;
  return self->clock.has_offset;
}

void
dfn_playout_get_stats (DfnPlayout *self, DfnPlayoutStats *stats)
{
  GTreeNode *first = g_tree_node_first (self->chunks), *last = g_tree_node_last (self->chunks);

  *stats = self->stats;
  stats->target_us = self->clock.target_us;
  stats->delay_us = self->clock.delay_us;
  stats->jitter_us = self->clock.peak_us;
  stats->rate = self->clock.rate;
  if (first != NULL)
    stats->buffered_us = ((const DfnLiveChunk *) g_tree_node_value (last))->header.captured_us
                         - ((const DfnLiveChunk *) g_tree_node_value (first))->header.captured_us;
}
