/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_paths_data_dir:
 * @error: return location
 *
 * The folder for what must not be lost (keys, partial downloads): `defiance` below
 * `XDG_DATA_HOME`, made with mode 0700 when it is not there.
 *
 * Returns: (transfer full) (nullable): its path, or %NULL with a %G_FILE_ERROR
 */
char *dfn_paths_data_dir (GError **error);

G_END_DECLS
