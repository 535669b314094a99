/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A place for a download that nobody wants to keep: a folder in the user's cache, whose files lose
 * their names as soon as they are open, so that nothing is left however the program ends.
 */

/**
 * dfn_scratch_make:
 *
 * Returns: (transfer full) (nullable): the path for dfn_chunk_store_open_download_async(), or %NULL
 * with %DFN_ENGINE_ERROR_FILE
 */
char *dfn_scratch_make (GError **error);

/* Takes the names away from what was opened at @path, and removes the folder around it. */
void dfn_scratch_forget (const char *path);

G_END_DECLS
