/* SPDX-License-Identifier: MIT */
#include "dfn-download-state.h"

#include "dfn-bytes.h"
#include "dfn-disk-error.h"
#include "dfn-file.h"
#include "dfn-streaming-error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "DFNSTATE"
#define VERSION 1
#define HEADER_SIZE 96

struct _DfnDownloadState {
  int fd;
  char *path;
  DfnManifest *manifest;
  guint32 n_chunks;
  DfnBitmap *present;
};

DfnDownloadState *
dfn_download_state_new (int fd, const char *path, DfnManifest *manifest)
{
  DfnDownloadState *self = g_new0 (DfnDownloadState, 1);

  self->fd = fd;
  self->path = g_strdup (path);
  self->manifest = dfn_manifest_ref (manifest);
  self->n_chunks = dfn_manifest_get_n_chunks (manifest);
  self->present = dfn_bitmap_new (self->n_chunks);
  return self;
}

void
dfn_download_state_free (DfnDownloadState *self)
{
  close (self->fd);
  g_free (self->path);
  dfn_manifest_unref (self->manifest);
  dfn_bitmap_free (self->present);
  g_free (self);
}

static gsize
bitmap_size (DfnDownloadState *self)
{
  return ((gsize) self->n_chunks + 7) / 8;
}

static goffset
node_offset (DfnDownloadState *self, guint64 position)
{
  return (goffset) (HEADER_SIZE + bitmap_size (self) + position * DFN_HASH_SIZE);
}

static void
format_header (DfnDownloadState *self, guint8 header[HEADER_SIZE])
{
  guint64 size = dfn_manifest_get_size (self->manifest);

  memset (header, 0, HEADER_SIZE);
  memcpy (header, MAGIC, 8);
  dfn_write_be32 (header + 8, VERSION);
  dfn_write_be32 (header + 12, dfn_manifest_get_chunk_size (self->manifest));
  dfn_write_be32 (header + 16, (guint32) (size >> 32));
  dfn_write_be32 (header + 20, (guint32) size);
  memcpy (header + 24, dfn_manifest_get_root (self->manifest), DFN_HASH_SIZE);
  memcpy (header + 56, dfn_manifest_get_sha256 (self->manifest), DFN_HASH_SIZE);
  dfn_write_be32 (header + 88, self->n_chunks);
}

static gboolean
write_at (DfnDownloadState *self, const void *data, gsize length, goffset offset, GError **error)
{
  if (!dfn_file_write_all (self->fd, data, length, offset))
    return dfn_disk_fail (error, errno, "write", self->path);
  return TRUE;
}

gboolean
dfn_download_state_create (DfnDownloadState *self, GError **error)
{
  guint8 header[HEADER_SIZE];

  format_header (self, header);
  if (!write_at (self, header, sizeof header, 0, error))
    return FALSE;
  if (ftruncate (self->fd, node_offset (self, 2 * (guint64) self->n_chunks - 1)) != 0)
    return dfn_disk_fail (error, errno, "create", self->path);
  return TRUE;
}

static gboolean
refuse (DfnDownloadState *self, const char *reason, GError **error)
{
  g_autofree char *name = g_filename_display_name (self->path);

  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_EXISTS,
               "“%s” %s: choose another name for this download, or remove that file and the one "
               "without “.state” to start anew",
               name, reason);
  return FALSE;
}

/* The content decides, not what people call it: the header is a function of size and hashes. */
static gboolean
check_header (DfnDownloadState *self, const guint8 *header, gsize length, GError **error)
{
  guint8 wanted[HEADER_SIZE];

  format_header (self, wanted);
  if (length < HEADER_SIZE || memcmp (header, MAGIC, 8) != 0)
    return refuse (self, "does not describe a download", error);
  if (memcmp (header + 8, wanted + 8, 4) != 0)
    return refuse (self, "is from another version of this program", error);
  if (memcmp (header + 12, wanted + 12, 4) != 0 && memcmp (header + 16, wanted + 16, 8) == 0
      && memcmp (header + 56, wanted + 56, DFN_HASH_SIZE) == 0)
    return refuse (self, "holds the same file in chunks of another size", error);
  if (memcmp (header, wanted, HEADER_SIZE) != 0)
    return refuse (self, "belongs to the download of another file", error);
  return TRUE;
}

gboolean
dfn_download_state_load (DfnDownloadState *self, GError **error)
{
  gsize size = bitmap_size (self);
  g_autofree guint8 *bitmap = g_malloc0 (size);
  guint8 header[HEADER_SIZE];
  gssize n = dfn_file_read_all (self->fd, header, sizeof header, 0);
  DfnBitmap *present;

  if (n < 0)
    return dfn_disk_fail (error, errno, "read", self->path);
  if (!check_header (self, header, (gsize) n, error))
    return FALSE;
  if (dfn_file_read_all (self->fd, bitmap, size, HEADER_SIZE) < 0)
    return dfn_disk_fail (error, errno, "read", self->path);

  /* A file cut short says less, and stray bits behind the last chunk say nothing. */
  if (self->n_chunks % 8 != 0)
    bitmap[size - 1] &= (guint8) ((1u << (self->n_chunks % 8)) - 1);
  present = dfn_bitmap_new_from_bytes (bitmap, size, self->n_chunks);
  g_assert (present != NULL);
  dfn_bitmap_free (self->present);
  self->present = present;
  return TRUE;
}

const DfnBitmap *
dfn_download_state_get_present (DfnDownloadState *self)
{
  return self->present;
}

gssize
dfn_download_state_read_path (DfnDownloadState *self,
                              guint32 index,
                              guint8 path[DFN_HASH_TREE_MAX_DEPTH * DFN_HASH_SIZE])
{
  guint64 positions[DFN_HASH_TREE_MAX_DEPTH];
  guint n = dfn_hash_tree_get_path_positions (self->n_chunks, index, positions);

  for (guint i = 0; i < n; i++)
    if (dfn_file_read_all (self->fd, path + i * DFN_HASH_SIZE, DFN_HASH_SIZE,
                           node_offset (self, positions[i]))
        != DFN_HASH_SIZE)
      return -1;
  return (gssize) n * DFN_HASH_SIZE;
}

void
dfn_download_state_forget (DfnDownloadState *self, guint32 index)
{
  dfn_bitmap_remove (self->present, index);
}

gboolean
dfn_download_state_save_all (DfnDownloadState *self, DfnHashTree *tree, GError **error)
{
  g_autoptr (GBytes) bitmap = dfn_bitmap_to_bytes (self->present);

  for (guint64 i = 0; i < 2 * (guint64) self->n_chunks - 1; i++)
    {
      const guint8 *hash = dfn_hash_tree_get_node (tree, i);

      if (hash != NULL && !write_at (self, hash, DFN_HASH_SIZE, node_offset (self, i), error))
        return FALSE;
    }
  return write_at (self, g_bytes_get_data (bitmap, NULL), g_bytes_get_size (bitmap), HEADER_SIZE,
                   error);
}

gboolean
dfn_download_state_record (DfnDownloadState *self,
                           guint32 index,
                           DfnHashTree *tree,
                           const DfnHashTreeProof *proof,
                           GError **error)
{
  guint8 byte;

  for (guint i = 0; i < proof->n_nodes; i++)
    {
      guint64 position = proof->nodes[i].position;

      if (dfn_hash_tree_get_node (tree, position) == NULL
          && !write_at (self, proof->nodes[i].hash, DFN_HASH_SIZE, node_offset (self, position),
                        error))
        return FALSE;
    }
  dfn_bitmap_add (self->present, index);
  byte = dfn_bitmap_get_byte (self->present, index / 8);
  if (write_at (self, &byte, 1, HEADER_SIZE + index / 8, error))
    return TRUE;
  dfn_bitmap_remove (self->present, index);
  return FALSE;
}
