/* SPDX-License-Identifier: MIT */
#include "dfn-manifest.h"

#include "dfn-bytes.h"
#include "dfn-hash-tree.h"
#include "dfn-safe-name.h"
#include "dfn-streaming-error.h"

#include <string.h>

#define DEFAULT_NAME "file"
#define DEFAULT_MIME_TYPE "application/octet-stream"
/* More digits than this are no number of bytes within our limits. */
#define MAX_DIGITS 15

G_STATIC_ASSERT (DFN_MANIFEST_MAX_SIZE / DFN_CHUNK_SIZE == DFN_HASH_TREE_MAX_LEAVES);

struct _DfnManifest {
  gatomicrefcount ref_count;
  char *name;
  char *title;
  char *summary;
  char *mime_type;
  char *safe_name;
  guint64 size;
  guint8 root[DFN_HASH_SIZE];
  guint8 sha256[DFN_HASH_SIZE];
};

G_DEFINE_BOXED_TYPE (DfnManifest, dfn_manifest, dfn_manifest_ref, dfn_manifest_unref)

/* RFC 6838, section 4.2: type and subtype, each of restricted-name characters. */
static gboolean
is_mime_type (const char *text)
{
  const char *slash = strchr (text, '/');

  if (slash == NULL || slash == text || slash[1] == '\0'
      || strlen (text) > DFN_MANIFEST_MAX_MIME_TYPE)
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    if (p != slash && !g_ascii_isalnum (*p) && strchr ("!#$&-^_.+", *p) == NULL)
      return FALSE;
  return TRUE;
}

static char *
text_or (const char *text, const char *otherwise)
{
  char *clean = dfn_clean_text (text, DFN_MANIFEST_MAX_NAME, FALSE);

  return clean != NULL ? clean : g_strdup (otherwise);
}

DfnManifest *
dfn_manifest_new (const char *name,
                  const char *title,
                  const char *summary,
                  const char *mime_type,
                  guint64 size,
                  const guint8 root[DFN_HASH_SIZE],
                  const guint8 sha256[DFN_HASH_SIZE])
{
  DfnManifest *self;

  g_return_val_if_fail (size >= 1 && size <= DFN_MANIFEST_MAX_SIZE, NULL);

  self = g_new0 (DfnManifest, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->name = text_or (name, DEFAULT_NAME);
  self->title = text_or (title, self->name);
  self->summary = dfn_clean_text (summary, DFN_MANIFEST_MAX_SUMMARY, TRUE);
  self->mime_type = g_ascii_strdown (
      mime_type != NULL && is_mime_type (mime_type) ? mime_type : DEFAULT_MIME_TYPE, -1);
  self->safe_name = dfn_safe_name (self->name, DFN_MANIFEST_MAX_SAFE_NAME);
  self->size = size;
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

/* Finds the one tag @name, and its value as text of at most @max_size bytes. */
static gboolean
find_text (GPtrArray *tags, const char *name, gsize max_size, const char **value, GError **error)
{
  *value = NULL;
  for (guint i = 0; i < tags->len; i++)
    {
      char **tag = g_ptr_array_index (tags, i);

      if (tag == NULL || g_strcmp0 (tag[0], name) != 0)
        continue;
      if (*value != NULL)
        return invalid (error, "the tag “%s” comes twice", name);
      if (tag[1] == NULL)
        return invalid (error, "the tag “%s” is empty", name);
      if (strnlen (tag[1], max_size + 1) > max_size)
        return invalid (error, "the tag “%s” is longer than %" G_GSIZE_FORMAT " bytes", name,
                        max_size);
      if (!g_utf8_validate (tag[1], -1, NULL))
        return invalid (error, "the tag “%s” is not UTF-8", name);
      *value = tag[1];
    }
  return TRUE;
}

static gboolean
find_hash (GPtrArray *tags, const char *name, guint8 hash[DFN_HASH_SIZE], GError **error)
{
  const char *text;

  if (!find_text (tags, name, 2 * DFN_HASH_SIZE, &text, error))
    return FALSE;
  if (!dfn_hex_decode (text, hash, DFN_HASH_SIZE))
    return invalid (error, "the tag “%s” is no SHA-256 in lower-case hexadecimal digits", name);
  return TRUE;
}

static gboolean
find_number (GPtrArray *tags, const char *name, guint64 *number, GError **error)
{
  const char *text;

  if (!find_text (tags, name, MAX_DIGITS, &text, error))
    return FALSE;
  if (text == NULL || !g_ascii_isdigit (text[0]) || text[0] == '0'
      || text[strspn (text, "0123456789")] != '\0')
    return invalid (error, "the tag “%s” is no number of bytes", name);
  *number = g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

DfnManifest *
dfn_manifest_from_tags (GPtrArray *tags, GError **error)
{
  guint8 root[DFN_HASH_SIZE], sha256[DFN_HASH_SIZE];
  const char *name, *title, *summary, *mime_type;
  guint64 size, chunk;

  if (!find_number (tags, "size", &size, error) || !find_number (tags, "chunk", &chunk, error)
      || !find_hash (tags, "root", root, error) || !find_hash (tags, "x", sha256, error)
      || !find_text (tags, "name", DFN_MANIFEST_MAX_NAME, &name, error)
      || !find_text (tags, "title", DFN_MANIFEST_MAX_NAME, &title, error)
      || !find_text (tags, "summary", DFN_MANIFEST_MAX_SUMMARY, &summary, error)
      || !find_text (tags, "m", DFN_MANIFEST_MAX_MIME_TYPE, &mime_type, error))
    return NULL;
  if (size > DFN_MANIFEST_MAX_SIZE)
    {
      invalid (error, "%" G_GUINT64_FORMAT " bytes are more than 8 TiB", size);
      return NULL;
    }
  if (chunk != DFN_CHUNK_SIZE)
    {
      invalid (error, "its chunks have %" G_GUINT64_FORMAT " bytes, and only %u are understood",
               chunk, DFN_CHUNK_SIZE);
      return NULL;
    }
  return dfn_manifest_new (name != NULL ? name : title, title, summary, mime_type, size, root,
                           sha256);
}

static void
add_tag (GPtrArray *tags, const char *name, const char *value)
{
  const char *tag[] = { name, value, NULL };

  g_ptr_array_add (tags, g_strdupv ((char **) tag));
}

GPtrArray *
dfn_manifest_to_tags (DfnManifest *self)
{
  GPtrArray *tags = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *root = dfn_hex_encode (self->root, DFN_HASH_SIZE);
  g_autofree char *sha256 = dfn_hex_encode (self->sha256, DFN_HASH_SIZE);
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, self->size);
  g_autofree char *chunk = g_strdup_printf ("%u", DFN_CHUNK_SIZE);
  g_autofree char *alt = g_strdup_printf ("Shared file: %s", self->title);

  add_tag (tags, "title", self->title);
  if (self->summary != NULL)
    add_tag (tags, "summary", self->summary);
  add_tag (tags, "name", self->name);
  add_tag (tags, "m", self->mime_type);
  add_tag (tags, "size", size);
  add_tag (tags, "x", sha256);
  add_tag (tags, "root", root);
  add_tag (tags, "chunk", chunk);
  add_tag (tags, "alt", alt);
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
dfn_manifest_get_n_chunks (DfnManifest *self)
{
  return (guint32) ((self->size - 1) / DFN_CHUNK_SIZE + 1);
}

gsize
dfn_manifest_get_chunk_length (DfnManifest *self, guint32 index)
{
  g_return_val_if_fail (index < dfn_manifest_get_n_chunks (self), 0);

  return (gsize) MIN (DFN_CHUNK_SIZE, self->size - (guint64) index * DFN_CHUNK_SIZE);
}

goffset
dfn_manifest_get_chunk_offset (DfnManifest *self, guint32 index)
{
  return (goffset) index * DFN_CHUNK_SIZE;
}
