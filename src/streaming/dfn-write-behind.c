/* SPDX-License-Identifier: MIT */
#include "dfn-write-behind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Ranges go to the disk this many at once: chunks that come in order make one large request. */
#define BATCH 8
#define N_BATCHES (DFN_WRITE_BEHIND_WINDOW / BATCH)
#define WRITE_AND_WAIT                                                                             \
  (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)

typedef struct {
  goffset begin, end;
} Range;

typedef struct {
  Range ranges[BATCH];
  guint n;
} Batch;

struct _DfnWriteBehind {
  int fd;
  Batch batches[N_BATCHES]; /* a ring */
  guint current;            /* the batch that is being filled */
};

DfnWriteBehind *
dfn_write_behind_new (int fd)
{
  DfnWriteBehind *self = g_new0 (DfnWriteBehind, 1);

  self->fd = fd;
  return self;
}

void
dfn_write_behind_free (DfnWriteBehind *self)
{
  g_free (self);
}

static int
compare_ranges (const void *a, const void *b)
{
  const Range *first = a;
  const Range *second = b;

  return (first->begin > second->begin) - (first->begin < second->begin);
}

/* Makes one range of those that touch. */
static void
merge (Batch *batch)
{
  guint n = 0;

  qsort (batch->ranges, batch->n, sizeof (Range), compare_ranges);
  for (guint i = 1; i < batch->n; i++)
    {
      if (batch->ranges[i].begin <= batch->ranges[n].end)
        batch->ranges[n].end = MAX (batch->ranges[n].end, batch->ranges[i].end);
      else
        batch->ranges[++n] = batch->ranges[i];
    }
  batch->n = n + 1;
}

/* Whoever asks hears of a failed write once: neither this nor a later fsync() tells it again, so it
 * must not be lost here. What else can fail is that this kind of file cannot be told to write. */
static gboolean
write_out (DfnWriteBehind *self, const Range *range, unsigned int flags)
{
  int result;

  do
    result = sync_file_range (self->fd, range->begin, range->end - range->begin, flags);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == ESPIPE || errno == ENOSYS
         || errno == EOPNOTSUPP;
}

static gboolean
start_writing (DfnWriteBehind *self, Batch *batch)
{
  merge (batch);
  for (guint i = 0; i < batch->n; i++)
    if (!write_out (self, &batch->ranges[i], SYNC_FILE_RANGE_WRITE))
      return FALSE;
  return TRUE;
}

static gboolean
let_go (DfnWriteBehind *self, Batch *batch)
{
  for (; batch->n > 0; batch->n--)
    {
      const Range *range = &batch->ranges[batch->n - 1];

      if (!write_out (self, range, WRITE_AND_WAIT))
        return FALSE;
      posix_fadvise (self->fd, range->begin, range->end - range->begin, POSIX_FADV_DONTNEED);
    }
  return TRUE;
}

gboolean
dfn_write_behind_add (DfnWriteBehind *self, goffset offset, gsize length)
{
  Batch *batch = &self->batches[self->current];

  batch->ranges[batch->n].begin = offset;
  batch->ranges[batch->n].end = offset + (goffset) length;
  batch->n++;
  if (batch->n < BATCH)
    return TRUE;
  self->current = (self->current + 1) % N_BATCHES;
  return start_writing (self, batch) && let_go (self, &self->batches[self->current]);
}
