/* SPDX-License-Identifier: MIT */
#include "dfn-download-file.h"

#include "dfn-disk-error.h"
#include "dfn-download-opener.h"
#include "dfn-download-state.h"
#include "dfn-file-writer.h"
#include "dfn-file.h"
#include "dfn-hash-tree.h"
#include "dfn-streaming-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct _DfnDownloadFile {
  DfnManifest *manifest;
  DfnDownloadPaths *paths;
  DfnDownloadState *state; /* NULL once the file has its final name */
  DfnHashTree *tree;
  DfnBitmap *all;        /* what is present once state is NULL */
  DfnFileWriter *writer; /* NULL until a chunk has been written */
  int fd;
};

static DfnDownloadFile *
file_new (DfnDownloadPaths *paths, DfnManifest *manifest)
{
  DfnDownloadFile *self = g_new0 (DfnDownloadFile, 1);

  self->manifest = dfn_manifest_ref (manifest);
  self->paths = paths;
  self->fd = -1;
  return self;
}

void
dfn_download_file_free (DfnDownloadFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->state, dfn_download_state_free);
  g_clear_pointer (&self->tree, dfn_hash_tree_free);
  g_clear_pointer (&self->all, dfn_bitmap_free);
  g_clear_pointer (&self->writer, dfn_file_writer_free);
  dfn_download_paths_free (self->paths);
  dfn_manifest_unref (self->manifest);
  g_free (self);
}

/* Reads chunk @index into @buffer and hashes it; FALSE without an error where the file ends early.
 */
static gboolean
read_leaf (DfnDownloadFile *self,
           guint32 index,
           guint8 *buffer,
           guint8 leaf[DFN_HASH_SIZE],
           GError **error)
{
  gsize length = dfn_manifest_get_chunk_length (self->manifest, index);
  gssize n = dfn_file_read_all (self->fd, buffer, length,
                                dfn_manifest_get_chunk_offset (self->manifest, index));

  if (n < 0)
    return dfn_disk_fail (error, errno, "read", self->paths->part);
  if ((gsize) n < length)
    return FALSE;
  dfn_hash_tree_hash_leaf (buffer, length, leaf);
  return TRUE;
}

/* Whether chunk @index of an earlier run still proves to the root, with the path of that run. */
static gboolean
prove_again (DfnDownloadFile *self, guint32 index, guint8 *buffer)
{
  guint8 path[DFN_HASH_TREE_MAX_DEPTH * DFN_HASH_SIZE], leaf[DFN_HASH_SIZE];
  gssize path_size = dfn_download_state_read_path (self->state, index, path);

  return path_size >= 0 && read_leaf (self, index, buffer, leaf, NULL)
         && dfn_hash_tree_verify_and_add (self->tree, index, leaf, path, (gsize) path_size, NULL);
}

static gboolean
prove_present (DfnDownloadFile *self,
               DfnProgress *progress,
               GCancellable *cancellable,
               GError **error)
{
  goffset chunk_size = dfn_manifest_get_chunk_size (self->manifest);
  g_autofree guint8 *buffer = g_malloc ((gsize) chunk_size);
  const DfnBitmap *present = dfn_download_state_get_present (self->state);
  guint32 n_chunks = dfn_bitmap_get_n_bits (present);
  goffset total = dfn_bitmap_get_n_set (present) * chunk_size;
  goffset done = 0;

  if (total == 0)
    return TRUE;
  for (guint32 i = dfn_bitmap_next (present, 0); i < n_chunks; i = dfn_bitmap_next (present, i + 1))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!prove_again (self, i, buffer))
        dfn_download_state_forget (self->state, i);
      done += chunk_size;
      dfn_progress_report (progress, done, total);
    }
  return dfn_download_state_save_all (self->state, self->tree, error);
}

static DfnDownloadFile *
open_partial (DfnDownloadFile *self,
              DfnProgress *progress,
              GCancellable *cancellable,
              GError **error)
{
  g_autoptr (DfnDownloadFile) owned = self;

  self->fd = dfn_download_open_part (self->paths, self->manifest, self->state, error);
  if (self->fd < 0)
    return NULL;
  self->tree = dfn_hash_tree_new_sparse (dfn_manifest_get_n_chunks (self->manifest),
                                         dfn_manifest_get_root (self->manifest));
  if (!prove_present (self, progress, cancellable, error))
    return NULL;
  return g_steal_pointer (&owned);
}

/* Something is at OUTPUT: fine if it is this very file, and otherwise not to be touched. */
static DfnDownloadFile *
open_complete (DfnDownloadFile *self,
               DfnProgress *progress,
               GCancellable *cancellable,
               GError **error)
{
  g_autoptr (DfnDownloadFile) owned = self;
  goffset chunk_size = dfn_manifest_get_chunk_size (self->manifest);
  g_autofree guint8 *buffer = g_malloc ((gsize) chunk_size);
  guint32 n_chunks = dfn_manifest_get_n_chunks (self->manifest);
  guint8 leaf[DFN_HASH_SIZE];

  self->fd = dfn_download_open_output (self->paths, self->manifest, error);
  if (self->fd < 0)
    return NULL;
  self->tree = dfn_hash_tree_new (n_chunks);
  for (guint32 i = 0; i < n_chunks; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (!read_leaf (self, i, buffer, leaf, NULL))
        memset (leaf, 0, sizeof leaf);
      dfn_hash_tree_append_leaf (self->tree, leaf);
      dfn_progress_report (progress, (i + 1) * chunk_size, n_chunks * chunk_size);
    }
  if (memcmp (dfn_hash_tree_get_root (self->tree), dfn_manifest_get_root (self->manifest),
              DFN_HASH_SIZE)
      != 0)
    {
      dfn_download_fail_exists (self->paths->output, error);
      return NULL;
    }
  dfn_download_remove_leftover_state (self->paths);
  self->all = dfn_bitmap_new_full (n_chunks);
  return g_steal_pointer (&owned);
}

DfnDownloadFile *
dfn_download_file_open (const char *output,
                        DfnManifest *manifest,
                        DfnProgress *progress,
                        GCancellable *cancellable,
                        GError **error)
{
  g_autoptr (DfnDownloadFile) self = file_new (dfn_download_paths_new (output), manifest);

  if (!dfn_download_open_state (self->paths, manifest, &self->state, error))
    return NULL;
  if (self->state != NULL)
    return open_partial (g_steal_pointer (&self), progress, cancellable, error);
  return open_complete (g_steal_pointer (&self), progress, cancellable, error);
}

const DfnBitmap *
dfn_download_file_get_present (DfnDownloadFile *self)
{
  return self->all != NULL ? self->all : dfn_download_state_get_present (self->state);
}

static gboolean
is_zero (const guint8 *data, gsize length)
{
  return data[0] == 0 && memcmp (data, data + 1, length - 1) == 0;
}

/* A hole reads as zeros; punching works over whatever a chunk that was dropped has left there. */
static gboolean
write_chunk (DfnDownloadFile *self, guint32 index, const guint8 *data, gsize length, GError **error)
{
  goffset offset = dfn_manifest_get_chunk_offset (self->manifest, index);

  if (is_zero (data, length)
      && fallocate (self->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, (goffset) length)
             == 0)
    return TRUE;
  if (self->writer == NULL)
    self->writer = dfn_file_writer_new (self->fd);
  if (!dfn_file_writer_write (self->writer, data, length, offset))
    return dfn_disk_fail (error, errno, "write", self->paths->part);
  return TRUE;
}

gboolean
dfn_download_file_put (
    DfnDownloadFile *self, guint32 index, GBytes *data, GBytes *path, GError **error)
{
  gsize length, path_size;
  const guint8 *bytes = g_bytes_get_data (data, &length);
  const guint8 *path_bytes = g_bytes_get_data (path, &path_size);
  guint8 leaf[DFN_HASH_SIZE];
  DfnHashTreeProof proof;

  if (index >= dfn_manifest_get_n_chunks (self->manifest)
      || length != dfn_manifest_get_chunk_length (self->manifest, index))
    {
      g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY,
                   "%" G_GSIZE_FORMAT " bytes cannot be chunk %u", length, index);
      return FALSE;
    }
  dfn_hash_tree_hash_leaf (bytes, length, leaf);
  if (!dfn_hash_tree_verify (self->tree, index, leaf, path_bytes, path_size, &proof, error))
    return FALSE;
  if (dfn_bitmap_has (dfn_download_file_get_present (self), index))
    return TRUE;
  if (!write_chunk (self, index, bytes, length, error)
      || !dfn_download_state_record (self->state, index, self->tree, &proof, error))
    return FALSE;
  dfn_hash_tree_add (self->tree, &proof);
  return TRUE;
}

GBytes *
dfn_download_file_read (DfnDownloadFile *self, guint32 index, GBytes **path, GError **error)
{
  gsize length = dfn_manifest_get_chunk_length (self->manifest, index);
  g_autofree guint8 *buffer = g_malloc (length);
  g_autoptr (GError) local_error = NULL;
  guint8 leaf[DFN_HASH_SIZE];
  gboolean ok = read_leaf (self, index, buffer, leaf, &local_error);
  const guint8 *known = dfn_hash_tree_get_leaf (self->tree, index);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (!ok || known == NULL || memcmp (leaf, known, DFN_HASH_SIZE) != 0)
    {
      dfn_download_fail_changed (self->paths, self->state == NULL, error);
      return NULL;
    }
  if (path != NULL)
    *path = dfn_hash_tree_get_path (self->tree, index);
  return g_bytes_new_take (g_steal_pointer (&buffer), length);
}

gboolean
dfn_download_file_complete (DfnDownloadFile *self, GError **error)
{
  if (self->state == NULL)
    return TRUE;
  if (fsync (self->fd) != 0)
    return dfn_disk_fail (error, errno, "save", self->paths->part);
  if (!dfn_download_rename (self->paths, error))
    return FALSE;

  /* From here on the file is there under its name, and what is left to do may fail. */
  g_unlink (self->paths->state);
  g_clear_pointer (&self->state, dfn_download_state_free);
  g_clear_pointer (&self->writer, dfn_file_writer_free);
  self->all = dfn_bitmap_new_full (dfn_manifest_get_n_chunks (self->manifest));
  dfn_download_sync_folder (self->paths);
  return TRUE;
}
