/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_hex_encode:
 * @data: (array length=length): bytes
 *
 * Returns: (transfer full): @length bytes as 2 * @length lower-case hexadecimal digits
 */
char *dfn_hex_encode (const void *data, gsize length);

/**
 * dfn_hex_decode:
 * @hex: (nullable): text from anywhere, or %NULL
 * @out: (out caller-allocates): receives @length bytes; undefined after a failure
 * @length: the number of bytes wanted
 *
 * Returns: %TRUE if @hex is exactly 2 * @length lower-case hexadecimal digits; upper case is
 *   refused because NIP-01 asks for lower case
 */
gboolean dfn_hex_decode (const char *hex, void *out, gsize length);

/**
 * dfn_read_be32:
 * @data: at least 4 bytes
 *
 * Returns: the big-endian number at @data
 */
guint32 dfn_read_be32 (const void *data);

/**
 * dfn_write_be32:
 * @data: room for 4 bytes
 * @value: the number to write, big-endian
 */
void dfn_write_be32 (void *data, guint32 value);

/**
 * dfn_prefetch:
 * @data: (array length=length): bytes that will be read soon
 *
 * Asks the processor to fetch them meanwhile: what another processor has used last, as a chunk
 * between the network and the disk, comes slowly and would be waited for.
 */
void dfn_prefetch (const void *data, gsize length);

/** dfn_prefetch_to_write: the same for bytes that will be overwritten */
void dfn_prefetch_to_write (void *data, gsize length);

G_END_DECLS
