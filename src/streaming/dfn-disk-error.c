/* SPDX-License-Identifier: MIT */
#include "dfn-disk-error.h"

#include "dfn-streaming-error.h"

#include <errno.h>

gboolean
dfn_disk_fail (GError **error, int saved_errno, const char *action, const char *path)
{
  g_autofree char *name = g_filename_display_name (path);

  if (saved_errno == ENOSPC || saved_errno == EDQUOT)
    g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE,
                 "There is no room to %s “%s”: make some; what has arrived is kept", action, name);
  else if (saved_errno == EFBIG)
    g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_NO_SPACE,
                 "Cannot %s “%s”: the file system or a limit allows no file of this size", action,
                 name);
  else
    g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_IO, "Cannot %s “%s”: %s", action,
                 name, g_strerror (saved_errno));
  return FALSE;
}
