/* SPDX-License-Identifier: MIT */
#include "dfn-paths.h"

#include <errno.h>
#include <glib/gstdio.h>

char *
dfn_paths_data_dir (GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_data_dir (), "defiance", NULL);

  if (g_mkdir_with_parents (path, 0700) != 0)
    {
      int saved_errno = errno;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno),
                   "Cannot create the folder “%s”: %s", path, g_strerror (saved_errno));
      return NULL;
    }
  return g_steal_pointer (&path);
}
