/* SPDX-License-Identifier: MIT */
#include "dfn-file-writer.h"

#include "dfn-file.h"
#include "dfn-write-behind.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define N_AVERAGED 16
/* No write counts for more: now and then one waits for the disk's own work, and the rest do not. */
#define MOST_US (4 * DFN_FILE_WRITER_PATIENCE_US)

struct _DfnFileWriter {
  int fd;
  int direct_fd; /* the same file, past the cache; -1 where that is not possible or not of use */
  gint64 mean_us;
  DfnWriteBehind *behind;
};

/* A way of its own to the same file: with the flag on @fd, reads would have to be aligned too. */
static int
open_directly (int fd)
{
  char path[32];

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  return g_open (path, O_WRONLY | O_DIRECT | O_CLOEXEC, 0);
}

DfnFileWriter *
dfn_file_writer_new (int fd)
{
  DfnFileWriter *self = g_new0 (DfnFileWriter, 1);

  self->fd = fd;
  self->direct_fd = open_directly (fd);
  self->behind = dfn_write_behind_new (fd);
  return self;
}

static void
stop_direct (DfnFileWriter *self)
{
  if (self->direct_fd >= 0)
    close (self->direct_fd);
  self->direct_fd = -1;
}

void
dfn_file_writer_free (DfnFileWriter *self)
{
  stop_direct (self);
  dfn_write_behind_free (self->behind);
  g_free (self);
}

static gboolean
is_aligned (const void *data, gsize length, goffset offset)
{
  return ((guintptr) data | length | (gsize) offset) % DFN_FILE_WRITER_ALIGNMENT == 0;
}

gint64
dfn_file_writer_average (gint64 mean_us, gint64 took_us)
{
  return mean_us + (MIN (took_us, MOST_US) - mean_us) / N_AVERAGED;
}

/* Returns: %TRUE if the data is on the disk; otherwise the other way is still open */
static gboolean
write_directly (DfnFileWriter *self, const void *data, gsize length, goffset offset)
{
  gint64 started_us = g_get_monotonic_time ();
  gssize n;

  do
    n = pwrite (self->direct_fd, data, length, offset);
  while (n < 0 && errno == EINTR);
  /* A write that stopped half-way is repeated through the cache, which says why it stopped. */
  if (n != (gssize) length)
    {
      if (n < 0 && errno == EINVAL)
        stop_direct (self);
      return FALSE;
    }
  self->mean_us = dfn_file_writer_average (self->mean_us, g_get_monotonic_time () - started_us);
  if (self->mean_us > DFN_FILE_WRITER_PATIENCE_US)
    {
      g_debug ("The disk takes %" G_GINT64_FORMAT
               " us for a write, so the rest goes through the cache",
               self->mean_us);
      stop_direct (self);
    }
  return TRUE;
}

gboolean
dfn_file_writer_write (DfnFileWriter *self, const void *data, gsize length, goffset offset)
{
  if (self->direct_fd >= 0 && is_aligned (data, length, offset)
      && write_directly (self, data, length, offset))
    return TRUE;
  return dfn_file_write_all (self->fd, data, length, offset)
         && dfn_write_behind_add (self->behind, offset, length);
}

gboolean
dfn_file_writer_is_direct (const DfnFileWriter *self)
{
  return self->direct_fd >= 0;
}
