/* SPDX-License-Identifier: MIT */
#include "dfn-live-segment.h"

#include "dfn-disk-error.h"
#include "dfn-file.h"
#include "dfn-streaming-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

struct _DfnLiveSegment {
  gatomicrefcount ref_count;
  char *folder;
  int fd; /* -1 before the first write */
};

DfnLiveSegment *
dfn_live_segment_new (const char *folder)
{
  DfnLiveSegment *self = g_new0 (DfnLiveSegment, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->folder = g_strdup (folder);
  self->fd = -1;
  return self;
}

DfnLiveSegment *
dfn_live_segment_ref (DfnLiveSegment *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_live_segment_unref (DfnLiveSegment *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->fd >= 0)
    g_close (self->fd, NULL);
  g_free (self->folder);
  g_free (self);
}

guint64
dfn_live_segment_measure (const DfnLiveChunk *chunk)
{
  return sizeof (DfnLiveHeader) + chunk->header.size;
}

/* The name goes at once: whatever ends the program, the system takes the file back. */
static gboolean
open_file (DfnLiveSegment *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, "live-XXXXXX", NULL);

  if (self->fd >= 0)
    return TRUE;
  if (g_mkdir_with_parents (self->folder, 0700) != 0)
    return dfn_disk_fail (error, errno, "create", self->folder);
  self->fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  if (self->fd < 0)
    return dfn_disk_fail (error, errno, "create", path);
  g_unlink (path);
  return TRUE;
}

gboolean
dfn_live_segment_write (DfnLiveSegment *self,
                        guint64 offset,
                        const DfnLiveChunk *chunk,
                        GError **error)
{
  gsize size;
  const void *data = g_bytes_get_data (chunk->payload, &size);

  if (!open_file (self, error))
    return FALSE;
  if (!dfn_file_write_all (self->fd, &chunk->header, sizeof chunk->header, (goffset) offset)
      || !dfn_file_write_all (self->fd, data, size, (goffset) (offset + sizeof chunk->header)))
    return dfn_disk_fail (error, errno, "write", self->folder);
  return TRUE;
}

DfnLiveChunk *
dfn_live_segment_read (DfnLiveSegment *self, guint64 offset, gsize size, GError **error)
{
  gsize total = sizeof (DfnLiveHeader) + size;
  g_autofree guint8 *data = g_malloc (total);
  gssize n = dfn_file_read_all (self->fd, data, total, (goffset) offset);
  g_autoptr (GBytes) payload = NULL;

  if (n < 0)
    {
      dfn_disk_fail (error, errno, "read", self->folder);
      return NULL;
    }
  if ((gsize) n < total)
    {
      g_set_error_literal (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY,
                           "A chunk on the disk has been cut off");
      return NULL;
    }
  payload = g_bytes_new (data + sizeof (DfnLiveHeader), size);
  return dfn_live_chunk_new_stored ((const DfnLiveHeader *) data, payload, error);
}
