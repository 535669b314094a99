/* SPDX-License-Identifier: MIT */
#include "dfn-uplink-paths.h"

#include <string.h>

/* The queue is what so many of the paths do not exceed; of many paths, no more than these. In a
 * swarm everybody's uplink is full, and acknowledgements wait in those: what few paths are free of
 * cannot be our own queue. */
#define COMMON_SHARE (1.0 / 3)
#define MOST_COMMON 4
/* A path counts while its samples are no older. */
#define FRESH_US (400 * 1000)
/* Where some were heard of so lately, only they: whoever gives chunks one after the other would see
 * the queue of a while ago in those that came before. */
#define RECENT_US (100 * 1000)
/* Fewer bytes in so long are messages, not content. */
#define CONTENT 6000
#define CONTENT_US G_USEC_PER_SEC
/* So old samples still say that there is no queue. */
#define LATELY_US (80 * 1000)
#define SHORTER_US 1000

struct _DfnUplinkPaths {
  GPtrArray *paths; /* of owned DfnUplinkPath */
  GArray *sorted;   /* of gint64, for a moment */
  guint slot;       /* of the present tick */
  gint64 fresh_queue_us;
};

DfnUplinkPaths *
dfn_uplink_paths_new (void)
{
  DfnUplinkPaths *self = g_new0 (DfnUplinkPaths, 1);

  self->paths = g_ptr_array_new_with_free_func (g_free);
  self->sorted = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->fresh_queue_us = -1;
  return self;
}

void
dfn_uplink_paths_free (DfnUplinkPaths *self)
{
  g_ptr_array_unref (self->paths);
  g_array_unref (self->sorted);
  g_free (self);
}

void
dfn_uplink_path_forget (DfnUplinkPath *path)
{
  path->base_us = path->low_us = path->old_low_us = -1;
  path->sampled_us = path->busy_us = G_MININT64 / 2;
  memset (path->delays, 0xff, sizeof path->delays);
  path->is_sure = FALSE;
}

DfnUplinkPath *
dfn_uplink_paths_add (DfnUplinkPaths *self)
{
  DfnUplinkPath *path = g_new0 (DfnUplinkPath, 1);

  dfn_uplink_path_forget (path);
  g_ptr_array_add (self->paths, path);
  return path;
}

void
dfn_uplink_paths_remove (DfnUplinkPaths *self, DfnUplinkPath *path)
{
  g_ptr_array_remove_fast (self->paths, path);
}

static gint64
shorter (gint64 a, gint64 b)
{
  return a < 0 ? b : MIN (a, b);
}

void
dfn_uplink_path_note_content (DfnUplinkPath *path, gint64 now_us)
{
  if (path->acked - path->noted >= CONTENT)
    path->busy_us = now_us;
  else if (now_us - path->noted_us < CONTENT_US)
    return;
  path->noted = path->acked;
  path->noted_us = now_us;
}

gboolean
dfn_uplink_paths_sample (DfnUplinkPaths *self, DfnUplinkPath *path, gint64 now_us, gint64 rtt_us)
{
  gboolean is_shorter = path->base_us >= 0 && rtt_us < path->base_us - SHORTER_US;

  /* Who comes while the queue is long takes that for the length of its path. */
  if (path->base_us < 0)
    path->is_sure = self->fresh_queue_us < DFN_UPLINK_CALM_US;
  path->base_us = shorter (path->base_us, rtt_us);
  path->low_us = shorter (path->low_us, rtt_us);
  path->delays[self->slot] = shorter (path->delays[self->slot], rtt_us);
  path->latest_us = rtt_us;
  path->sampled_us = now_us;
  return is_shorter;
}

static gint64
get_delay (const DfnUplinkPath *path)
{
  gint64 delay = -1;

  for (guint i = 0; i < DFN_UPLINK_N_DELAYS; i++)
    if (path->delays[i] >= 0)
      delay = shorter (delay, path->delays[i]);
  return (delay >= 0 ? delay : path->latest_us) - path->base_us;
}

static gint64
get_fresh_delay (const DfnUplinkPath *path)
{
  return path->latest_us - path->base_us;
}

static gint64
get_rtt (const DfnUplinkPath *path)
{
  return path->latest_us;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

static gboolean
is_busy (const DfnUplinkPath *path, gint64 now_us)
{
  return path->base_us >= 0 && now_us - path->busy_us <= MAX (CONTENT_US, 2 * path->latest_us);
}

static gboolean
is_fresh (const DfnUplinkPath *path, gint64 now_us)
{
  return is_busy (path, now_us) && now_us - path->sampled_us <= MAX (FRESH_US, 2 * path->latest_us);
}

static gboolean
is_recent (const DfnUplinkPath *path, gint64 now_us)
{
  return is_busy (path, now_us) && now_us - path->sampled_us <= RECENT_US;
}

static gboolean
is_any_recent (DfnUplinkPaths *self, gint64 now_us, gboolean sure_only)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      const DfnUplinkPath *path = g_ptr_array_index (self->paths, i);

      if (is_recent (path, now_us) && (path->is_sure || !sure_only))
        return TRUE;
    }
  return FALSE;
}

/* A quantile of what the recent paths say, or else the fresh ones, though no higher than @most of
 * them; -1 if there are none. */
static gint64
summarise (DfnUplinkPaths *self,
           gint64 now_us,
           gboolean sure_only,
           gint64 (*get) (const DfnUplinkPath *path),
           double share,
           guint most)
{
  gboolean is_narrow = is_any_recent (self, now_us, sure_only);
  guint place;

  g_array_set_size (self->sorted, 0);
  for (guint i = 0; i < self->paths->len; i++)
    {
      const DfnUplinkPath *path = g_ptr_array_index (self->paths, i);
      gboolean counts = is_narrow ? is_recent (path, now_us) : is_fresh (path, now_us);

      if (counts && (path->is_sure || !sure_only))
        {
          gint64 value = get (path);

          g_array_append_val (self->sorted, value);
        }
    }
  if (self->sorted->len == 0)
    return -1;
  g_array_sort (self->sorted, compare_times);
  place = MIN ((guint) ((double) (self->sorted->len - 1) * share), most - 1);
  return g_array_index (self->sorted, gint64, place);
}

/* There is no queue, so what a path has seen lately is its length. */
static void
trust_paths (DfnUplinkPaths *self, gint64 now_us)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      DfnUplinkPath *path = g_ptr_array_index (self->paths, i);

      path->is_sure |= now_us - path->sampled_us < LATELY_US;
    }
}

static gboolean
are_all_sure (DfnUplinkPaths *self, gint64 now_us)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      const DfnUplinkPath *path = g_ptr_array_index (self->paths, i);

      if (is_fresh (path, now_us) && !path->is_sure)
        return FALSE;
    }
  return TRUE;
}

void
dfn_uplink_paths_tick (DfnUplinkPaths *self, gint64 now_us, DfnUplinkDelay *delay)
{
  delay->rtt_us = summarise (self, now_us, FALSE, get_rtt, 0.5, G_MAXUINT);
  delay->n_fresh = self->sorted->len;
  delay->queue_us = summarise (self, now_us, TRUE, get_delay, COMMON_SHARE, MOST_COMMON);
  delay->fresh_queue_us =
      summarise (self, now_us, TRUE, get_fresh_delay, COMMON_SHARE, MOST_COMMON);
  if (delay->queue_us < 0)
    delay->queue_us = summarise (self, now_us, FALSE, get_delay, COMMON_SHARE, MOST_COMMON);
  if (delay->fresh_queue_us >= 0 && delay->fresh_queue_us < DFN_UPLINK_CALM_US)
    trust_paths (self, now_us);
  delay->are_all_sure = are_all_sure (self, now_us);
  self->fresh_queue_us = delay->fresh_queue_us;
  self->slot = (self->slot + 1) % DFN_UPLINK_N_DELAYS;
  for (guint i = 0; i < self->paths->len; i++)
    {
      DfnUplinkPath *path = g_ptr_array_index (self->paths, i);

      path->delays[self->slot] = -1;
    }
}

void
dfn_uplink_paths_rotate (DfnUplinkPaths *self)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      DfnUplinkPath *path = g_ptr_array_index (self->paths, i);

      if (path->low_us < 0)
        continue;
      path->base_us = shorter (path->old_low_us, path->low_us);
      path->old_low_us = path->low_us;
      path->low_us = -1;
      path->is_sure = TRUE;
    }
}

void
dfn_uplink_paths_accept (DfnUplinkPaths *self, gint64 now_us)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      DfnUplinkPath *path = g_ptr_array_index (self->paths, i);

      if (!is_fresh (path, now_us))
        continue;
      path->base_us += get_delay (path);
      path->low_us = path->old_low_us = path->base_us;
    }
}
