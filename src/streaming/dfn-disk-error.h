/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * dfn_disk_fail:
 * @error: return location
 * @saved_errno: why
 * @action: what was tried, e.g. "write"
 * @path: on which file, in the file system's encoding
 *
 * Sets %DFN_STREAMING_ERROR_NO_SPACE where a disk, a quota or the file system's limit is reached
 * (ENOSPC, EDQUOT, EFBIG), else %DFN_STREAMING_ERROR_IO.
 *
 * Returns: %FALSE
 */
gboolean dfn_disk_fail (GError **error, int saved_errno, const char *action, const char *path);

G_END_DECLS
