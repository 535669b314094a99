/* SPDX-License-Identifier: MIT */
#include "dfn-manifest.h"

#include "dfn-bytes.h"
#include "dfn-hash-tree.h"
#include "dfn-safe-name.h"
#include "dfn-streaming-error.h"
#include "dfn-tag-reader.h"

#include <string.h>

#define DEFAULT_NAME "file"
#define DEFAULT_MIME_TYPE "application/octet-stream"

/* What is chosen: for a large file a large chunk, and so many of them otherwise. */
#define SMALL_CHUNK_SIZE (64 * 1024)
#define LARGE_CHUNK_SIZE (256 * 1024)
#define MANY_CHUNKS 1024

G_STATIC_ASSERT (DFN_MANIFEST_MAX_SIZE / LARGE_CHUNK_SIZE <= DFN_HASH_TREE_MAX_LEAVES);

struct _DfnManifest {
  gatomicrefcount ref_count;
  char *name;
  char *title;
  char *summary;
  char *mime_type;
  char *safe_name;
  guint64 size;
  guint32 chunk_size;
  guint8 root[DFN_HASH_SIZE];
  guint8 sha256[DFN_HASH_SIZE];
};

G_DEFINE_BOXED_TYPE (DfnManifest, dfn_manifest, dfn_manifest_ref, dfn_manifest_unref)

static char *
text_or (const char *text, const char *otherwise)
{
  char *clean = dfn_clean_text (text, DFN_MANIFEST_MAX_NAME, FALSE);

  return clean != NULL ? clean : g_strdup (otherwise);
}

guint32
dfn_manifest_choose_chunk_size (guint64 size)
{
  guint32 chunk_size = SMALL_CHUNK_SIZE;

  while (chunk_size < LARGE_CHUNK_SIZE && size > (guint64) chunk_size * MANY_CHUNKS)
    chunk_size *= 2;
  return chunk_size;
}

gboolean
dfn_manifest_check_chunk_size (guint64 size, guint64 chunk_size)
{
  return chunk_size >= DFN_MANIFEST_MIN_CHUNK_SIZE && chunk_size <= DFN_MANIFEST_MAX_CHUNK_SIZE
         && (chunk_size & (chunk_size - 1)) == 0 && size <= chunk_size * DFN_HASH_TREE_MAX_LEAVES;
}

DfnManifest *
dfn_manifest_new (const char *name,
                  const char *title,
                  const char *summary,
                  const char *mime_type,
                  guint64 size,
                  guint32 chunk_size,
                  const guint8 root[DFN_HASH_SIZE],
                  const guint8 sha256[DFN_HASH_SIZE])
{
  DfnManifest *self;

  g_return_val_if_fail (size >= 1 && size <= DFN_MANIFEST_MAX_SIZE, NULL);
  g_return_val_if_fail (dfn_manifest_check_chunk_size (size, chunk_size), NULL);

  self = g_new0 (DfnManifest, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->name = text_or (name, DEFAULT_NAME);
  self->title = text_or (title, self->name);
  self->summary = dfn_clean_text (summary, DFN_MANIFEST_MAX_SUMMARY, TRUE);
  self->mime_type = g_ascii_strdown (
      mime_type != NULL && dfn_tag_is_mime_type (mime_type) ? mime_type : DEFAULT_MIME_TYPE, -1);
  self->safe_name = dfn_safe_name (self->name, DFN_MANIFEST_MAX_SAFE_NAME);
  self->size = size;
  self->chunk_size = chunk_size;
  memcpy (self->root, root, DFN_HASH_SIZE);
  memcpy (self->sha256, sha256, DFN_HASH_SIZE);
  return self;
}

DfnManifest *
dfn_manifest_ref (DfnManifest *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_manifest_unref (DfnManifest *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->name);
  g_free (self->title);
  g_free (self->summary);
  g_free (self->mime_type);
  g_free (self->safe_name);
  g_free (self);
}

/* What the tags say, not yet judged. */
typedef struct {
  guint64 size;
  guint64 chunk;
  guint8 root[DFN_HASH_SIZE];
  guint8 sha256[DFN_HASH_SIZE];
  const char *name;
  const char *title;
  const char *summary;
  const char *mime_type;
} Found;

G_GNUC_PRINTF (2, 3)
static gboolean
invalid (GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INVALID_MANIFEST,
               "The announcement describes no file that can be fetched: %s", reason);
  return FALSE;
}

static gboolean
find_tags (GPtrArray *tags, Found *found, GError **error)
{
  return dfn_tag_find_number (tags, "size", &found->size, error)
         && dfn_tag_find_number (tags, "chunk", &found->chunk, error)
         && dfn_tag_find_bytes (tags, "root", found->root, DFN_HASH_SIZE, error)
         && dfn_tag_find_bytes (tags, "x", found->sha256, DFN_HASH_SIZE, error)
         && dfn_tag_find_text (tags, "name", DFN_MANIFEST_MAX_NAME, &found->name, error)
         && dfn_tag_find_text (tags, "title", DFN_MANIFEST_MAX_NAME, &found->title, error)
         && dfn_tag_find_text (tags, "summary", DFN_MANIFEST_MAX_SUMMARY, &found->summary, error)
         && dfn_tag_find_text (tags, "m", DFN_MANIFEST_MAX_MIME_TYPE, &found->mime_type, error);
}

DfnManifest *
dfn_manifest_from_tags (GPtrArray *tags, GError **error)
{
  g_autoptr (GError) reason = NULL;
  Found found;

  if (!find_tags (tags, &found, &reason))
    {
      invalid (error, "%s", reason->message);
      return NULL;
    }
  if (found.size > DFN_MANIFEST_MAX_SIZE)
    {
      invalid (error, "%" G_GUINT64_FORMAT " bytes are more than 8 TiB", found.size);
      return NULL;
    }
  if (!dfn_manifest_check_chunk_size (found.size, found.chunk))
    {
      invalid (error,
               "its chunks have %" G_GUINT64_FORMAT " bytes, and only powers of two from %u to %u "
               "are understood, and at most %u chunks",
               found.chunk, DFN_MANIFEST_MIN_CHUNK_SIZE, DFN_MANIFEST_MAX_CHUNK_SIZE,
               DFN_HASH_TREE_MAX_LEAVES);
      return NULL;
    }
  return dfn_manifest_new (found.name != NULL ? found.name : found.title, found.title,
                           found.summary, found.mime_type, found.size, (guint32) found.chunk,
                           found.root, found.sha256);
}

GPtrArray *
dfn_manifest_to_tags (DfnManifest *self)
{
  GPtrArray *tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *root = dfn_hex_encode (self->root, DFN_HASH_SIZE);
  g_autofree char *sha256 = dfn_hex_encode (self->sha256, DFN_HASH_SIZE);
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, self->size);
  g_autofree char *chunk = g_strdup_printf ("%u", self->chunk_size);
  g_autofree char *alt = g_strdup_printf ("Shared file: %s", self->title);

  dfn_tag_add (tags, "title", self->title);
  if (self->summary != NULL)
    dfn_tag_add (tags, "summary", self->summary);
  dfn_tag_add (tags, "name", self->name);
  dfn_tag_add (tags, "m", self->mime_type);
  dfn_tag_add (tags, "size", size);
  dfn_tag_add (tags, "x", sha256);
  dfn_tag_add (tags, "root", root);
  dfn_tag_add (tags, "chunk", chunk);
  dfn_tag_add (tags, "alt", alt);
  return tags;
}

const char *
dfn_manifest_get_name (DfnManifest *self)
{
  return self->name;
}

const char *
dfn_manifest_get_title (DfnManifest *self)
{
  return self->title;
}

const char *
dfn_manifest_get_summary (DfnManifest *self)
{
  return self->summary;
}

const char *
dfn_manifest_get_mime_type (DfnManifest *self)
{
  return self->mime_type;
}

guint64
dfn_manifest_get_size (DfnManifest *self)
{
  return self->size;
}

const guint8 *
dfn_manifest_get_root (DfnManifest *self)
{
  return self->root;
}

const guint8 *
dfn_manifest_get_sha256 (DfnManifest *self)
{
  return self->sha256;
}

const char *
dfn_manifest_get_safe_name (DfnManifest *self)
{
  return self->safe_name;
}

guint32
dfn_manifest_get_chunk_size (DfnManifest *self)
{
  return self->chunk_size;
}

guint32
dfn_manifest_get_n_chunks (DfnManifest *self)
{
  return (guint32) ((self->size - 1) / self->chunk_size + 1);
}

gsize
dfn_manifest_get_chunk_length (DfnManifest *self, guint32 index)
{
  g_return_val_if_fail (index < dfn_manifest_get_n_chunks (self), 0);

  return (gsize) MIN (self->chunk_size, self->size - (guint64) index * self->chunk_size);
}

goffset
dfn_manifest_get_chunk_offset (DfnManifest *self, guint32 index)
{
  return (goffset) index * self->chunk_size;
}
