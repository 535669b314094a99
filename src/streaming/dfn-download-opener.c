/* SPDX-License-Identifier: MIT */
#include "dfn-download-opener.h"

#include "dfn-disk-error.h"
#include "dfn-streaming-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Each round means that another process took or finished the same download in between. */
#define MAX_ROUNDS 10
#define OPEN_FLAGS (O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

DfnDownloadPaths *
dfn_download_paths_new (const char *output)
{
  DfnDownloadPaths *self = g_new0 (DfnDownloadPaths, 1);

  self->output = g_strdup (output);
  self->part = g_strconcat (output, ".part", NULL);
  self->state = g_strconcat (output, ".part.state", NULL);
  self->folder = g_path_get_dirname (output);
  return self;
}

void
dfn_download_paths_free (DfnDownloadPaths *self)
{
  g_free (self->output);
  g_free (self->part);
  g_free (self->state);
  g_free (self->folder);
  g_free (self);
}

gboolean
dfn_download_fail_exists (const char *path, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_EXISTS,
               "“%s” exists already and is something else: move it away or choose another name",
               name);
  return FALSE;
}

gboolean
dfn_download_fail_changed (DfnDownloadPaths *paths, gboolean is_complete, GError **error)
{
  g_autofree char *name = g_filename_display_name (is_complete ? paths->output : paths->part);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE_CHANGED,
               "“%s” is no longer what was downloaded", name);
  return FALSE;
}

static gboolean
fail_locked (DfnDownloadPaths *paths, GError **error)
{
  g_autofree char *name = g_filename_display_name (paths->output);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_BUSY,
               "“%s” is being downloaded by another process: wait for it or choose another name",
               name);
  return FALSE;
}

static gboolean
exists (const char *path)
{
  GStatBuf info;

  return g_lstat (path, &info) == 0;
}

/* Whether @path still names the file behind @fd, or another process removed or replaced it. */
static gboolean
is_same_file (int fd, const char *path)
{
  struct stat ours, named;

  return fstat (fd, &ours) == 0 && lstat (path, &named) == 0 && ours.st_dev == named.st_dev
         && ours.st_ino == named.st_ino;
}

static gboolean
check_regular (int fd, const char *path, struct stat *info, GError **error)
{
  if (fstat (fd, info) != 0)
    return dfn_disk_fail (error, errno, "read", path);
  return S_ISREG (info->st_mode) || dfn_download_fail_exists (path, error);
}

/* Opens and locks the state file: *fd is -1, without an error, if it went away meanwhile. */
static gboolean
lock_state (DfnDownloadPaths *paths, int *fd, struct stat *info, GError **error)
{
  *fd = g_open (paths->state, OPEN_FLAGS | O_CREAT, 0600);
  if (*fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
    return dfn_download_fail_exists (paths->state, error);
  if (*fd < 0)
    return dfn_disk_fail (error, errno, "create", paths->state);
  if (!check_regular (*fd, paths->state, info, error))
    {
      close (*fd);
      return FALSE;
    }
  if (flock (*fd, LOCK_EX | LOCK_NB) != 0)
    {
      int saved_errno = errno;

      close (*fd);
      return saved_errno == EWOULDBLOCK ? fail_locked (paths, error)
                                        : dfn_disk_fail (error, saved_errno, "lock", paths->state);
    }
  if (!is_same_file (*fd, paths->state))
    {
      close (*fd);
      *fd = -1;
    }
  return TRUE;
}

/* An empty state file is new, or is what a run left that was killed before it wrote anything; the
 * data file is made after it, so data that is there then belongs to somebody else. */
static gboolean
begin_state (DfnDownloadPaths *paths, DfnDownloadState *state, gboolean is_new, GError **error)
{
  if (!is_new)
    return dfn_download_state_load (state, error);
  if (!exists (paths->part))
    {
      if (dfn_download_state_create (state, error))
        return TRUE;
    }
  else
    dfn_download_fail_exists (paths->part, error);
  g_unlink (paths->state);
  return FALSE;
}

gboolean
dfn_download_open_state (DfnDownloadPaths *paths,
                         DfnManifest *manifest,
                         DfnDownloadState **state,
                         GError **error)
{
  *state = NULL;
  for (guint round = 0; round < MAX_ROUNDS; round++)
    {
      g_autoptr (DfnDownloadState) opened = NULL;
      struct stat info;
      int fd;

      if (exists (paths->output))
        return TRUE;
      if (!lock_state (paths, &fd, &info, error))
        return FALSE;
      if (fd < 0)
        continue;
      opened = dfn_download_state_new (fd, paths->state, manifest);
      if (fstat (fd, &info) == 0 && info.st_size == 0 && exists (paths->output))
        {
          /* Another process finished between the two looks, and this state is a new one. */
          g_unlink (paths->state);
          return TRUE;
        }
      if (!begin_state (paths, opened, info.st_size == 0, error))
        return FALSE;
      *state = g_steal_pointer (&opened);
      return TRUE;
    }
  return fail_locked (paths, error);
}

static gboolean
check_space (DfnDownloadPaths *paths, guint64 needed, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *free_text = NULL;
  g_autofree char *needed_text = NULL;
  g_autofree char *missing_text = NULL;
  struct statvfs info;
  guint64 available;

  /* A file system that does not know its size cannot be asked; writing will tell. */
  if (statvfs (paths->folder, &info) != 0 || info.f_blocks == 0)
    return TRUE;
  available = (guint64) info.f_bavail * info.f_frsize;
  if (available >= needed)
    return TRUE;
  name = g_filename_display_name (paths->folder);
  free_text = g_format_size (available);
  needed_text = g_format_size (needed);
  missing_text = g_format_size (needed - available);
  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE,
               "“%s” has %s free and the download needs %s: %s are missing", name, free_text,
               needed_text, missing_text);
  return FALSE;
}

/* What the data still needs, and the state's hashes with a little for the file system. */
static guint64
space_needed (DfnManifest *manifest, const struct stat *info)
{
  guint64 size = dfn_manifest_get_size (manifest);
  guint64 allocated = (guint64) info->st_blocks * 512;
  guint64 hashes = (guint64) dfn_manifest_get_n_chunks (manifest) * 2 * DFN_HASH_SIZE;

  return (size > allocated ? size - allocated : 0) + hashes + 4096;
}

static gboolean
prepare_part (DfnDownloadPaths *paths, int fd, DfnManifest *manifest, GError **error)
{
  struct stat info;

  if (!check_regular (fd, paths->part, &info, error)
      || !check_space (paths, space_needed (manifest, &info), error))
    return FALSE;
  if (ftruncate (fd, (goffset) dfn_manifest_get_size (manifest)) != 0)
    return dfn_disk_fail (error, errno, "create", paths->part);
  return TRUE;
}

int
dfn_download_open_part (DfnDownloadPaths *paths,
                        DfnManifest *manifest,
                        DfnDownloadState *state,
                        GError **error)
{
  gboolean is_new = !exists (paths->part);
  int fd = g_open (paths->part, OPEN_FLAGS | (is_new ? O_CREAT | O_EXCL : 0), 0666);

  if (fd < 0)
    {
      if (errno == ELOOP || errno == EISDIR || errno == ENXIO || errno == EEXIST)
        dfn_download_fail_exists (paths->part, error);
      else
        dfn_disk_fail (error, errno, is_new ? "create" : "open", paths->part);
    }
  else if (prepare_part (paths, fd, manifest, error))
    return fd;
  if (fd >= 0)
    close (fd);
  if (is_new)
    {
      /* Nothing has arrived yet, so nothing needs to stay. */
      if (fd >= 0)
        g_unlink (paths->part);
      g_unlink (paths->state);
    }
  return -1;
}

int
dfn_download_open_output (DfnDownloadPaths *paths, DfnManifest *manifest, GError **error)
{
  struct stat info;
  int fd = -1;

  if (stat (paths->output, &info) != 0 || !S_ISREG (info.st_mode)
      || (guint64) info.st_size != dfn_manifest_get_size (manifest))
    {
      dfn_download_fail_exists (paths->output, error);
      return -1;
    }
  fd = g_open (paths->output, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
  if (fd < 0)
    dfn_disk_fail (error, errno, "read", paths->output);
  return fd;
}

void
dfn_download_remove_leftover_state (DfnDownloadPaths *paths)
{
  struct stat info;
  int fd = -1;

  if (exists (paths->part) || !exists (paths->state) || !lock_state (paths, &fd, &info, NULL))
    return;
  if (fd < 0)
    return;
  g_unlink (paths->state);
  close (fd);
}

/* For file systems without RENAME_NOREPLACE: a hard link never replaces anything either. */
static int
link_and_unlink (const char *from, const char *to)
{
  if (link (from, to) != 0)
    return -1;
  g_unlink (from);
  return 0;
}

gboolean
dfn_download_rename (DfnDownloadPaths *paths, GError **error)
{
  int result = renameat2 (AT_FDCWD, paths->part, AT_FDCWD, paths->output, RENAME_NOREPLACE);

  if (result != 0 && (errno == EINVAL || errno == ENOSYS))
    result = link_and_unlink (paths->part, paths->output);
  if (result == 0)
    return TRUE;
  if (errno != EEXIST)
    return dfn_disk_fail (error, errno, "give its final name to", paths->part);
  return dfn_download_fail_exists (paths->output, error);
}

/* Best effort: some file systems cannot sync a folder, and the file is under its name already. */
void
dfn_download_sync_folder (DfnDownloadPaths *paths)
{
  int fd = g_open (paths->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

  if (fd < 0)
    return;
  fsync (fd);
  close (fd);
}
