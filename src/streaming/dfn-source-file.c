/* SPDX-License-Identifier: MIT */
#include "dfn-source-file.h"

#include "dfn-file.h"
#include "dfn-manifest.h"
#include "dfn-streaming-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct _DfnSourceFile {
  int fd;
  char *path;
  struct stat info; /* as it was when the file was opened */
  goffset hole_begin, hole_end;
};

static gboolean
refuse (const char *path, const char *reason, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE, "“%s” %s", name, reason);
  return FALSE;
}

static gboolean
refuse_for_errno (const char *path, int saved_errno, GError **error)
{
  g_autofree char *reason = NULL;

  if (saved_errno == ENOENT)
    return refuse (path, "does not exist", error);
  reason = g_strdup_printf ("cannot be read: %s", g_strerror (saved_errno));
  return refuse (path, reason, error);
}

static gboolean
check_kind (const char *path, const struct stat *info, GError **error)
{
  if (S_ISDIR (info->st_mode))
    return refuse (path, "is a folder; only single files can be shared", error);
  if (!S_ISREG (info->st_mode))
    return refuse (path, "is not a regular file and cannot be shared", error);
  if (info->st_size == 0)
    return refuse (path, "is empty (0 bytes), so there is nothing to share", error);
  if ((guint64) info->st_size > DFN_MANIFEST_MAX_SIZE)
    return refuse (path, "is larger than 8 TiB, the most that can be shared", error);
  return TRUE;
}

/* The kind is judged before opening, because opening some devices does something, and again
 * afterwards, because another file may have taken the name in between. */
DfnSourceFile *
dfn_source_file_open (const char *path, GError **error)
{
  g_autoptr (DfnSourceFile) self = g_new0 (DfnSourceFile, 1);

  self->fd = -1;
  self->path = g_strdup (path);
  if (stat (path, &self->info) != 0)
    {
      refuse_for_errno (path, errno, error);
      return NULL;
    }
  if (!check_kind (path, &self->info, error))
    return NULL;
  self->fd = g_open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
  if (self->fd < 0 || fstat (self->fd, &self->info) != 0)
    {
      refuse_for_errno (path, errno, error);
      return NULL;
    }
  if (!check_kind (path, &self->info, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
dfn_source_file_free (DfnSourceFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self);
}

const char *
dfn_source_file_get_path (DfnSourceFile *self)
{
  return self->path;
}

guint64
dfn_source_file_get_size (DfnSourceFile *self)
{
  return (guint64) self->info.st_size;
}

static gboolean
fail_changed (DfnSourceFile *self, GError **error)
{
  g_autofree char *name = g_filename_display_name (self->path);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE_CHANGED,
               "“%s” changed while it was shared; share it again to announce what it is now", name);
  return FALSE;
}

static gboolean
fail_io (DfnSourceFile *self, int saved_errno, GError **error)
{
  g_autofree char *name = g_filename_display_name (self->path);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_IO, "Reading “%s” failed: %s", name,
               g_strerror (saved_errno));
  return FALSE;
}

/* A file that was only renamed or unlinked is still the same content behind the descriptor. */
gboolean
dfn_source_file_check (DfnSourceFile *self, GError **error)
{
  struct stat now;

  if (fstat (self->fd, &now) != 0)
    return fail_io (self, errno, error);
  if (now.st_dev != self->info.st_dev || now.st_ino != self->info.st_ino
      || now.st_size != self->info.st_size || now.st_mtim.tv_sec != self->info.st_mtim.tv_sec
      || now.st_mtim.tv_nsec != self->info.st_mtim.tv_nsec)
    return fail_changed (self, error);
  return TRUE;
}

/* Reading a hole would fill the page cache with zeros that the file system does not even have.
 * Where holes are not reported, all of the file counts as data. */
static gboolean
is_in_hole (DfnSourceFile *self, gsize length, goffset offset)
{
  if (offset < self->hole_begin || offset >= self->hole_end)
    {
      goffset data = lseek (self->fd, offset, SEEK_DATA);

      if (data < 0 && errno == ENXIO)
        data = self->info.st_size;
      self->hole_begin = offset;
      self->hole_end = MAX (data, offset);
    }
  return offset + (goffset) length <= self->hole_end;
}

gboolean
dfn_source_file_read (DfnSourceFile *self, void *out, gsize length, goffset offset, GError **error)
{
  gssize n;

  if (is_in_hole (self, length, offset))
    {
      memset (out, 0, length);
      return TRUE;
    }
  n = dfn_file_read_all (self->fd, out, length, offset);
  if (n < 0)
    return fail_io (self, errno, error);
  if ((gsize) n < length)
    return fail_changed (self, error);
  return TRUE;
}

void
dfn_source_file_advise (DfnSourceFile *self, gboolean sequential)
{
  posix_fadvise (self->fd, 0, 0, sequential ? POSIX_FADV_SEQUENTIAL : POSIX_FADV_NORMAL);
}
