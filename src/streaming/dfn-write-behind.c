/* SPDX-License-Identifier: MIT */
#include "dfn-write-behind.h"

#include <errno.h>
#include <fcntl.h>

#define WRITE_AND_WAIT                                                                             \
  (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)

typedef struct {
  goffset offset;
  gsize length;
} Range;

struct _DfnWriteBehind {
  int fd;
  Range ranges[DFN_WRITE_BEHIND_WINDOW]; /* a ring */
  guint64 n_added;
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

/* Whoever asks hears of a failed write once: neither this nor a later fsync() tells it again, so it
 * must not be lost here. What else can fail is that this kind of file cannot be told to write. */
static gboolean
write_out (DfnWriteBehind *self, const Range *range, unsigned int flags)
{
  int result;

  do
    result = sync_file_range (self->fd, range->offset, (goffset) range->length, flags);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == ESPIPE || errno == ENOSYS
         || errno == EOPNOTSUPP;
}

gboolean
dfn_write_behind_add (DfnWriteBehind *self, goffset offset, gsize length)
{
  Range *slot = &self->ranges[self->n_added % DFN_WRITE_BEHIND_WINDOW];

  if (self->n_added >= DFN_WRITE_BEHIND_WINDOW)
    {
      if (!write_out (self, slot, WRITE_AND_WAIT))
        return FALSE;
      posix_fadvise (self->fd, slot->offset, (goffset) slot->length, POSIX_FADV_DONTNEED);
    }
  slot->offset = offset;
  slot->length = length;
  self->n_added++;
  return write_out (self, slot, SYNC_FILE_RANGE_WRITE);
}
