/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_secret_new:
 * @length: bytes wanted
 *
 * Guarded memory: between inaccessible pages, locked against swapping where the system allows,
 * left out of core dumps. It is zeroed when freed.
 *
 * Returns: (transfer full): @length zero bytes, to be freed with dfn_secret_free()
 */
void *dfn_secret_new (gsize length);

/**
 * dfn_secret_dup:
 * @data: (array length=length): secret bytes
 *
 * Returns: (transfer full): a guarded copy
 */
void *dfn_secret_dup (const void *data, gsize length);

/**
 * dfn_secret_free:
 * @secret: (nullable) (transfer full): guarded memory; wiped before it goes
 */
void dfn_secret_free (void *secret);

/**
 * dfn_secret_wipe:
 * @data: (array length=length): bytes to overwrite, in a way the compiler does not remove
 */
void dfn_secret_wipe (void *data, gsize length);

/**
 * dfn_secret_equal:
 *
 * Returns: %TRUE if the @length bytes are the same; takes the same time whatever they hold
 */
gboolean dfn_secret_equal (const void *a, const void *b, gsize length);

/**
 * dfn_secret_free_string:
 * @text: (nullable) (transfer full): a g_malloc() string that holds a secret; wiped and freed
 */
void dfn_secret_free_string (char *text);

G_END_DECLS
