/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-hash.h"

#include <glib-object.h>

G_BEGIN_DECLS

/* The bytes of every chunk of a file but the last, which may be shorter: a power of two between
 * these. */
#define DFN_MANIFEST_MIN_CHUNK_SIZE (16 * 1024)
#define DFN_MANIFEST_MAX_CHUNK_SIZE (1024 * 1024)
/** DFN_MANIFEST_MAX_SIZE: the bytes of the largest file, 8 TiB */
#define DFN_MANIFEST_MAX_SIZE (G_GUINT64_CONSTANT (1) << 43)
/** DFN_MANIFEST_MAX_NAME: the bytes of the longest file name, and of the longest title */
#define DFN_MANIFEST_MAX_NAME 1024
/** DFN_MANIFEST_MAX_SUMMARY: the bytes of the longest summary */
#define DFN_MANIFEST_MAX_SUMMARY 8192
/** DFN_MANIFEST_MAX_MIME_TYPE: the bytes of the longest type (RFC 6838, section 4.2) */
#define DFN_MANIFEST_MAX_MIME_TYPE 255
/** DFN_MANIFEST_MAX_SAFE_NAME: the bytes of the longest dfn_manifest_get_safe_name() */
#define DFN_MANIFEST_MAX_SAFE_NAME 200

/**
 * DfnManifest:
 *
 * What a broadcaster says of a shared file: enough to check every byte of it. Immutable and
 * reference-counted; it may be used from any thread.
 *
 * The root of the hash tree over the chunks proves each chunk and, with the size, the file. The
 * SHA-256 of the whole file is what other programs know it by (NIP-94's `x`).
 */
typedef struct _DfnManifest DfnManifest;

#define DFN_TYPE_MANIFEST (dfn_manifest_get_type ())
GType dfn_manifest_get_type (void);

/**
 * dfn_manifest_choose_chunk_size:
 * @size: of a file, 1 to %DFN_MANIFEST_MAX_SIZE bytes
 *
 * A small chunk is soon whole, and can be passed on; each costs a request, and a word to every
 * neighbour. It follows from the size alone, so that whoever shares a file shares it in the same
 * chunks.
 *
 * Returns: the bytes of a chunk
 */
guint32 dfn_manifest_choose_chunk_size (guint64 size);

/**
 * dfn_manifest_check_chunk_size:
 * @size: of a file, in bytes
 * @chunk_size: the bytes of a chunk, from anywhere
 *
 * Returns: whether it is a power of two within the limits, and the chunks are not too many
 */
gboolean dfn_manifest_check_chunk_size (guint64 size, guint64 chunk_size);

/**
 * dfn_manifest_new:
 * @name: (nullable): the file's name for display, UTF-8 in any script; "file" if there is none
 * @title: (nullable): what people call it, UTF-8; the name if there is none
 * @summary: (nullable): a description, UTF-8
 * @mime_type: (nullable): RFC 6838 type; "application/octet-stream" if it is none
 * @size: 1 to %DFN_MANIFEST_MAX_SIZE bytes
 * @chunk_size: the bytes of a chunk, with which @size is fine for dfn_manifest_check_chunk_size()
 * @root: the root of the hash tree over the chunks
 * @sha256: the digest of the whole file
 *
 * Control characters and those that turn the direction of writing around are left out of the
 * texts, so that whoever shows one cannot be deceived by it; what is too long is cut.
 *
 * Returns: (transfer full): a manifest
 */
DfnManifest *dfn_manifest_new (const char *name,
                               const char *title,
                               const char *summary,
                               const char *mime_type,
                               guint64 size,
                               guint32 chunk_size,
                               const guint8 root[DFN_HASH_SIZE],
                               const guint8 sha256[DFN_HASH_SIZE]);

DfnManifest *dfn_manifest_ref (DfnManifest *self);
void dfn_manifest_unref (DfnManifest *self);

/**
 * dfn_manifest_from_tags:
 * @tags: (element-type GStrv): the tags of an announcement, from anywhere
 * @error: return location
 *
 * Reads the tags that dfn_manifest_to_tags() writes and passes over others. `x`, `size`, `root` and
 * `chunk` are required; a tag of ours that comes twice is refused, so that two programs never read
 * two different files from one announcement.
 *
 * Returns: (transfer full) (nullable): the manifest, or %NULL with
 *   %DFN_STREAMING_ERROR_INVALID_MANIFEST
 */
DfnManifest *dfn_manifest_from_tags (GPtrArray *tags, GError **error);

/**
 * dfn_manifest_to_tags:
 *
 * NIP-94's `x` (SHA-256 of the file), `m` (MIME type), `size` (bytes) and `alt` (NIP-31), with
 * `title`, `summary` and `name` as text, and our own `root` (of the hash tree, hexadecimal digits)
 * and `chunk` (bytes a chunk).
 *
 * Returns: (transfer full) (element-type GStrv): the tags, in an array that frees them
 */
GPtrArray *dfn_manifest_to_tags (DfnManifest *self);

/* Each returns what the manifest holds: (transfer none); only the summary may be %NULL. */
const char *dfn_manifest_get_name (DfnManifest *self);
const char *dfn_manifest_get_title (DfnManifest *self);
const char *dfn_manifest_get_summary (DfnManifest *self);
const char *dfn_manifest_get_mime_type (DfnManifest *self);
guint64 dfn_manifest_get_size (DfnManifest *self);
const guint8 *dfn_manifest_get_root (DfnManifest *self);
const guint8 *dfn_manifest_get_sha256 (DfnManifest *self);

/**
 * dfn_manifest_get_safe_name:
 *
 * A name to store the file under, harmless whatever the announcement said: one path component of
 * at most %DFN_MANIFEST_MAX_SAFE_NAME bytes without separators, control characters or marks of
 * direction, that begins neither with a dot nor with a dash and is no device's name. Letters of
 * every script stay.
 *
 * Returns: (transfer none): a file name, never empty
 */
const char *dfn_manifest_get_safe_name (DfnManifest *self);

/** dfn_manifest_get_chunk_size: the bytes of every chunk but the last */
guint32 dfn_manifest_get_chunk_size (DfnManifest *self);

/** dfn_manifest_get_n_chunks: the size over that of a chunk, rounded up */
guint32 dfn_manifest_get_n_chunks (DfnManifest *self);

/**
 * dfn_manifest_get_chunk_length:
 * @index: a chunk
 *
 * Returns: its bytes: dfn_manifest_get_chunk_size(), or less for the last
 */
gsize dfn_manifest_get_chunk_length (DfnManifest *self, guint32 index);

/**
 * dfn_manifest_get_chunk_offset:
 * @index: a chunk
 *
 * Returns: where it begins in the file, in bytes
 */
goffset dfn_manifest_get_chunk_offset (DfnManifest *self, guint32 index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnManifest, dfn_manifest_unref)

G_END_DECLS
