/* SPDX-License-Identifier: MIT */
#include "dfn-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static gboolean
fail (GError **error, const char *action, const char *path)
{
  int saved_errno = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno), "Cannot %s “%s”: %s",
               action, path, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
sync_folder_of (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    fail (error, "save the folder", folder);
  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
write_and_sync (int fd, const void *data, gsize length, int mode)
{
  return fchmod (fd, (mode_t) mode) == 0 && dfn_file_write_all (fd, data, length, 0)
         && fsync (fd) == 0;
}

gboolean
dfn_file_write_atomically (
    const char *path, const void *data, gsize length, int mode, GError **error)
{
  g_autofree char *temporary = g_strdup_printf ("%s.XXXXXX", path);
  int fd = g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0600);
  gboolean ok;

  if (fd < 0)
    return fail (error, "create a file beside", path);
  ok = write_and_sync (fd, data, length, mode);
  if (!ok)
    fail (error, "write", temporary);
  if (close (fd) != 0 && ok)
    ok = fail (error, "write", temporary);
  if (ok && g_rename (temporary, path) != 0)
    ok = fail (error, "replace", path);
  if (!ok)
    {
      g_unlink (temporary);
      return FALSE;
    }
  return sync_folder_of (path, error);
}

gssize
dfn_file_read_all (int fd, void *out, gsize length, goffset offset)
{
  gsize done = 0;

  while (done < length)
    {
      gssize n = pread (fd, (guint8 *) out + done, length - done, offset + (goffset) done);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += (gsize) n;
    }
  return (gssize) done;
}

gboolean
dfn_file_write_all (int fd, const void *data, gsize length, goffset offset)
{
  gsize done = 0;

  while (done < length)
    {
      gssize n = pwrite (fd, (const guint8 *) data + done, length - done, offset + (goffset) done);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      done += (gsize) n;
    }
  return TRUE;
}
