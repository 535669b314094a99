/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_random_bytes:
 * @out: (out caller-allocates): receives @length unpredictable bytes from the system
 */
void dfn_random_bytes (void *out, gsize length);

/**
 * dfn_random_uniform:
 * @bound: exclusive upper bound, at least 1
 *
 * Returns: an unpredictable number below @bound, without modulo bias
 */
guint32 dfn_random_uniform (guint32 bound);

/**
 * dfn_random_hex:
 * @length: the number of random bytes
 *
 * Returns: (transfer full): @length random bytes in hexadecimal digits
 */
char *dfn_random_hex (gsize length);

G_END_DECLS
